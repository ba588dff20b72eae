import type { Payload } from '../model/provider.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { binaryOfText, fromBinary, toBinary } from './binary.ts'
import { gjsonText } from './gjson.ts'
import { encodeStringMap, extractJson, jsonToMap } from './json-map.ts'
import type { PayloadReader, PayloadRef } from './payload-reader.ts'

// Azure Key Vault. A key is `name`, `secret/name`, `key/name` or `cert/name`: a secret is its text, a key its JSON Web Key,
// a certificate its DER. Tags and times of all three are one map; a time is called `attribute.expires` and so on.

/** Upstream: a certificate knows no property, and only secrets can be extracted. */
export const azureReader: PayloadReader = {
  select,
  extract(payload, ref) {
    const { type } = objectOf(ref.key)
    if (type !== 'secret') {
      const message = `${type} ${ref.key} has no keys to extract: only secrets have`
      return failed('InvalidEntry', message, 'key')
    }
    const selected = select(payload, ref)
    if (selected.failure !== undefined) return selected
    return ref.metadata ? done(tagMap(payload, ref)) : extractJson(selected.value, ref.key)
  },
}

/** Trap: what follows a second slash is ignored. */
export function objectOf(key: string): { readonly type: string; readonly name: string } {
  const [first = '', second] = key.split('/')
  return second === undefined ? { type: 'secret', name: first } : { type: first, name: second }
}

function select(payload: Payload, ref: PayloadRef): Attempt<Uint8Array> {
  if (ref.metadata) return selectTag(tagsOf(payload), ref)
  if (payload.binary !== undefined) return done(payload.binary.reveal())
  const body = payload.text?.reveal()
  if (body === undefined) return failed('EmptySecret', `secret ${ref.key} holds no value`, 'key')
  return ref.property === undefined ? done(body) : property(toBinary(body), ref.property, ref)
}

/** Trap: unlike AWS, a property with a dot is a path first, and a literal key only when the path finds nothing. */
function property(json: string, path: string, ref: PayloadRef): Attempt<Uint8Array> {
  const literal = (): string | undefined =>
    path.includes('.') ? gjsonText(json, path.replaceAll('.', '\\.')) : undefined
  const found = path === '' ? json : (gjsonText(json, path) ?? literal())
  return found === undefined ? missing(ref) : done(fromBinary(found))
}

function missing({ key, property: path = '', metadata }: PayloadRef): Attempt<never> {
  const noun = metadata ? 'tag' : 'property'
  return failed('PropertyNotFound', `${noun} ${path} does not exist in ${key}`, 'property')
}

function tagsOf({ metadata }: Payload): ReadonlyMap<string, string> {
  return metadata?.tags ?? new Map()
}

/** All as JSON, one by name, or a path in one that is JSON. */
function selectTag(tags: ReadonlyMap<string, string>, ref: PayloadRef): Attempt<Uint8Array> {
  const name = ref.property
  if (name === undefined) return done(fromBinary(encodeStringMap(tags, true)))
  const exact = tags.get(name)
  if (exact !== undefined) return done(new TextEncoder().encode(exact))
  const dot = name.indexOf('.')
  const holder = dot > 0 ? tags.get(name.slice(0, dot)) : undefined
  return holder === undefined
    ? missing(ref)
    : property(binaryOfText(holder), name.slice(dot + 1), ref)
}

/** Upstream: names begin with the secret's, and a tag that is a JSON object of texts is taken apart. */
function tagMap(
  payload: Payload,
  { key, property: only }: PayloadRef,
): ReadonlyMap<string, Uint8Array> {
  const { name } = objectOf(key)
  const encode = (value: string): Uint8Array => new TextEncoder().encode(value)
  const all = new Map<string, Uint8Array>()
  for (const [tag, value] of tagsOf(payload)) {
    const inner = /^\s*\{/.test(value) ? textsOf(value) : undefined
    if (inner === undefined) all.set(`${name}_${tag}`, encode(value))
    for (const [member, bytes] of inner ?? []) all.set(`${name}_${tag}_${member}`, bytes)
  }
  // Upstream builds this name of the whole key, so `secret/name` finds nothing: an empty value.
  return only === undefined
    ? all
    : new Map([[`${key}_${only}`, all.get(`${key}_${only}`) ?? new Uint8Array()]])
}

/** Undefined unless every member is a text. */
function textsOf(json: string): ReadonlyMap<string, Uint8Array> | undefined {
  const isTexts = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  try {
    const bytes = new TextEncoder().encode(json)
    return isTexts(JSON.parse(json)) ? jsonToMap(bytes) : undefined
  } catch {
    return undefined
  }
}
