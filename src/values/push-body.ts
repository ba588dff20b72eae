import type { PushBody, PushDialect, PushItem, RemoteSecret } from '../model/push.ts'
import type { PushData } from '../model/push-secret.ts'
import { SecretValue } from '../model/secret-value.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, toBinary } from './binary.ts'
import { readJson } from './json.ts'
import { encodeStringMap } from './json-map.ts'
import {
  literalPath,
  type PathPart,
  parsePath,
  propertyAt,
  sameJson,
  withoutProperty,
  withProperty,
} from './json-property.ts'

// What a remote secret holds after a push. Where the providers differ:
//
//                        │ without a property      │ property
//   ─────────────────────┼─────────────────────────┼──────────────────────────────
//   AWS Secrets Manager  │ the value               │ a path into a JSON
//   AWS Parameter Store  │ the value               │ refused: a parameter is one value
//   GCP Secret Manager   │ the value               │ a path into a JSON
//   Vault                │ the value, an object    │ a key of the data map
//   kubernetes           │ all keys, one by one    │ a key of the Secret
//   fake                 │ the value               │ refused

type PropertyForm = 'path' | 'name' | 'key' | 'none'

/** How a dialect is written to. */
const FORMS: Readonly<Record<PushDialect, PropertyForm>> = {
  'aws-secrets-manager': 'path',
  'aws-parameter-store': 'none',
  'gcp-secret-manager': 'path',
  'vault-kv1': 'name',
  'vault-kv2': 'name',
  kubernetes: 'key',
  fake: 'none',
}

/** The body with `item` in it. Fails when the provider cannot hold it so. */
export function bodyWith(
  dialect: PushDialect,
  body: PushBody | undefined,
  item: PushItem,
): Attempt<PushBody> {
  const form = FORMS[dialect]
  if (form === 'key') return dataWith(body, item)
  const value = pushedBytes(item, dialect)
  if (value.failure !== undefined) return value
  const { property } = item.entry
  if (property !== undefined) return textWith(body, item, { form, value: value.value })
  return form === 'name' ? objectOf(value.value) : done(bytesBody(value.value))
}

function bytesBody(bytes: Uint8Array): PushBody {
  return { shape: 'bytes', bytes: new SecretValue(bytes) }
}

/** Vault keeps maps only. */
function objectOf(value: Uint8Array): Attempt<PushBody> {
  if (readJson(toBinary(value))?.shape === 'object') return done(bytesBody(value))
  const message = 'vault keeps maps: without a property the value has to be a JSON object'
  return failed('NotJson', message, '.match.remoteRef')
}

/** One key of the source, or JSON of several. */
function pushedBytes(
  { entry, source, bundled }: PushItem,
  dialect: PushDialect,
): Attempt<Uint8Array> {
  if (entry.secretKey !== '') {
    const value = source.data.get(entry.secretKey)
    if (value !== undefined) return done(value.reveal())
    const message = `${source.subject} has no key ${JSON.stringify(entry.secretKey)}`
    return failed('SecretNotFound', message, '.match.secretKey')
  }
  const isBase64 = dialect === 'aws-parameter-store' && !isDecoded(entry)
  const keys = bundled.length === 0 ? [...source.data.keys()] : [...bundled]
  const texts = keys.sort().map((key): [string, string] => {
    const bytes = source.data.get(key)?.reveal() ?? new Uint8Array()
    return [key, isBase64 ? btoa(toBinary(bytes)) : new TextDecoder().decode(bytes)]
  })
  return done(fromBinary(encodeStringMap(new Map(texts), false)))
}

/** Upstream: a whole Secret goes to the Parameter Store with its values in base64, unless the metadata say otherwise. */
function isDecoded({ metadata }: PushData): boolean {
  const spec = metadata?.spec
  return typeof spec === 'object' && spec !== null && 'encodeAsDecoded' in spec
    ? spec.encodeAsDecoded === true
    : false
}

/** The property set in the JSON that is there; the very same bytes when it has that value already. */
function textWith(
  body: PushBody | undefined,
  { entry }: PushItem,
  { form, value }: { readonly form: PropertyForm; readonly value: Uint8Array },
): Attempt<PushBody> {
  const property = entry.property ?? ''
  const parts = partsOf(form, property)
  if (parts.failure !== undefined) return parts
  const before = body?.shape === 'bytes' ? toBinary(body.bytes.reveal()) : ''
  const json = readJson(before)
  if (json === undefined && before !== '') {
    const message = `${entry.remoteKey} holds no JSON: property ${JSON.stringify(property)} cannot be set in it`
    return failed('NotJson', message, '.match.remoteRef.property')
  }
  const current = propertyAt(json, parts.value)
  const wanted = toBinary(value)
  if (body !== undefined && current?.shape === 'string' && current.text === wanted)
    return done(body)
  const text = withProperty(json, parts.value, wanted)
  return text.failure === undefined ? done(bytesBody(fromBinary(text.value))) : text
}

function partsOf(form: PropertyForm, property: string): Attempt<readonly PathPart[]> {
  if (form === 'name') return done(literalPath(property))
  if (form === 'path') return parsePath(property)
  const message = 'this provider keeps one value per key: a property cannot be pushed'
  return failed('Unsupported', message, '.match.remoteRef.property')
}

/** Keys of a Kubernetes Secret; those of others stay. */
function dataWith(body: PushBody | undefined, item: PushItem): Attempt<PushBody> {
  const { entry, source, bundled } = item
  const before = body?.shape === 'data' ? body.data : new Map<string, SecretValue>()
  if (entry.property !== undefined) {
    const value = pushedBytes(item, 'kubernetes')
    if (value.failure !== undefined) return value
    const data = new Map([...before, [entry.property, new SecretValue(value.value)] as const])
    return done({ shape: 'data', data })
  }
  if (entry.secretKey !== '') {
    const message = 'a key of a Secret needs a property to be pushed to'
    return failed('InvalidEntry', message, '.match.remoteRef.property')
  }
  const keys = bundled.length === 0 ? [...source.data.keys()] : bundled
  const added = keys.flatMap((key) => {
    const value = source.data.get(key)
    return value === undefined ? [] : [[key, value] as const]
  })
  return done({ shape: 'data', data: new Map([...before, ...added]) })
}

/** What is left without a property; `empty` when nothing is, so that the secret as a whole may go. */
export function bodyWithout(
  dialect: PushDialect,
  body: PushBody,
  property: string,
): PushBody | 'empty' {
  if (body.shape === 'data') {
    const data = new Map([...body.data].filter(([key]) => key !== property))
    return data.size === 0 ? 'empty' : { shape: 'data', data }
  }
  const parts = partsOf(FORMS[dialect], property)
  const json = readJson(toBinary(body.bytes.reveal()))
  if (parts.failure !== undefined || json === undefined) return body
  if (propertyAt(json, parts.value) === undefined) return body
  const text = withoutProperty(json, parts.value)
  return text === '{}' ? 'empty' : bytesBody(fromBinary(text))
}

/** Whether a push may be left out under `IfNotExists`: what it would write is there, whatever its value. */
export function isThere(
  dialect: PushDialect,
  remote: RemoteSecret,
  { property }: PushData,
): boolean {
  const { body } = remote
  if (body === undefined || property === undefined) return body !== undefined
  if (body.shape === 'data') return body.data.has(property)
  const parts = partsOf(FORMS[dialect], property)
  const json = readJson(toBinary(body.bytes.reveal()))
  return parts.failure === undefined && propertyAt(json, parts.value) !== undefined
}

/** Whether two bodies mean the same to their readers: Vault's maps have no order. */
export function sameBody(dialect: PushDialect, a: PushBody | undefined, b: PushBody): boolean {
  if (a === undefined || a.shape !== b.shape) return false
  if (a.shape === 'data') return b.shape === 'data' && sameData(a.data, b.data)
  if (b.shape !== 'bytes') return false
  if (a.bytes.equals(b.bytes)) return true
  return (
    FORMS[dialect] === 'name' && sameJson(toBinary(a.bytes.reveal()), toBinary(b.bytes.reveal()))
  )
}

function sameData(
  a: ReadonlyMap<string, SecretValue>,
  b: ReadonlyMap<string, SecretValue>,
): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([key, value]) => b.get(key)?.equals(value) === true)
}
