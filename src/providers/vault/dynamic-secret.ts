import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { Store } from '../../model/store.ts'
import { fromBinary, textOfBinary, toBinary } from '../../values/binary.ts'
import { formatSecretValue } from '../../values/go-print.ts'
import { goValueOf } from '../../values/go-value.ts'
import { readJson } from '../../values/json.ts'
import type { Ask } from '../generators/asking.ts'
import type { Generated } from '../generators/generated.ts'
import { flag, word, wrong } from '../generators/spec.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import type { VaultAnswer } from './answer.ts'
import { ask, type Question, refuseUnmounted } from './ask.ts'
import { openDoor } from './door.ts'
import { rawMember } from './raw-json.ts'
import { openSession, type VaultSession } from './session.ts'

// The generator VaultDynamicSecret: one call to any path of Vault, and the part of its answer that is wanted.
//
// Trap: leases and child tokens die with the token that made them. So the login of a generator is left to end by itself
// as soon as its answer has a lease or a token; otherwise the new database user would be gone before anybody uses it.

/** `spec`, decoded. */
interface DynamicSecret {
  readonly question: Question
  readonly part: 'Data' | 'Auth' | 'Raw'
  readonly isEmptyAllowed: boolean
}

/** Members of an `auth` as Vault's client decodes them, and what stands for one that is missing. */
const AUTH: Readonly<Record<string, string>> = {
  accessor: '""',
  client_token: '""',
  entity_id: '""',
  identity_policies: 'null',
  lease_duration: '0',
  metadata: 'null',
  mfa_requirement: 'null',
  orphan: 'false',
  policies: 'null',
  renewable: 'false',
  token_policies: 'null',
}

/** The same for a whole answer. */
const ANSWER: Readonly<Record<string, string>> = {
  data: 'null',
  lease_duration: '0',
  lease_id: '""',
  mount_type: '""',
  renewable: 'false',
  request_id: '""',
  warnings: 'null',
}

/** Asks with this limit for a request. */
export function dynamicSecretAsker({ requestMs }: { readonly requestMs: number }): Ask {
  return async (spec, context) => {
    const wanted = decode(spec)
    const door = await openDoor(
      { store: storeOf(spec, context), context },
      'spec.provider',
      requestMs,
    )
    const session = openSession(door)
    const answer = await askOnce(session, () =>
      ask({ ...door, session }, wanted.question, context.signal),
    )
    return generatedFrom(answer, wanted)
  }
}

/** Ends the session, unless something lives by it. */
async function askOnce(
  session: VaultSession,
  send: () => Promise<VaultAnswer>,
): Promise<VaultAnswer> {
  let isLeased = false
  try {
    const answer = await send()
    const leaseId = text(dig(answer.json, 'lease_id')) ?? ''
    isLeased = leaseId !== '' || isObject(dig(answer.json, 'auth'))
    return answer
  } finally {
    if (!isLeased) await session.close()
  }
}

/** A generator has no store: its `provider` reads like the settings of one in its own namespace. */
function storeOf(spec: JsonValue | undefined, { namespace }: OpenContext): Store {
  const settings = member(spec, 'provider')
  if (!isObject(settings)) throw wrong('provider', 'the settings of a vault')
  const object: JsonObject = { spec: spec ?? null }
  const name = 'VaultDynamicSecret'
  return {
    kind: 'SecretStore',
    name,
    namespace,
    controller: '',
    provider: 'vault',
    settings,
    object,
  }
}

/** ESO: GET without a method, and every unknown method is a write. */
function decode(spec: JsonValue | undefined): DynamicSecret {
  const path = (word(spec, 'path') ?? '').replace(/^\/+/, '')
  if (path === '') throw wrong('path', 'a path below /v1/ of Vault')
  const part = word(spec, 'resultType') || 'Data'
  if (part !== 'Data' && part !== 'Auth' && part !== 'Raw') {
    throw wrong('resultType', 'Data, Auth or Raw')
  }
  return {
    question: { ...questionOf(word(spec, 'method') ?? '', spec), path },
    part,
    isEmptyAllowed: flag(spec, 'allowEmptyResponse'),
  }
}

/** The call that `method` stands for; each kind has its own name in the counts. */
function questionOf(method: string, spec: JsonValue | undefined): Omit<Question, 'path'> {
  switch (method) {
    case '':
    case 'GET':
      return { method: 'read', query: queryOf(member(spec, 'getParameters')), call: 'vault:read' }
    case 'LIST':
      return { method: 'list', query: '', call: 'vault:list' }
    case 'DELETE':
      return { method: 'delete', query: '', call: 'vault:delete' }
    default: {
      const body = member(spec, 'parameters') ?? {}
      if (!isObject(body)) throw wrong('parameters', 'an object')
      return { method: 'write', query: '', body, call: 'vault:write' }
    }
  }
}

/** Each name may have several values; sorted by name, as Go encodes them. */
function queryOf(parameters: JsonValue | undefined): string {
  if (parameters === undefined || parameters === null) return ''
  if (!isObject(parameters)) throw wrong('getParameters', 'a map of lists')
  const pairs: string[] = []
  for (const [name, values] of Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isArray(values)) throw wrong(`getParameters.${name}`, 'a list of texts')
    for (const value of values) {
      if (typeof value !== 'string') throw wrong(`getParameters.${name}`, 'a list of texts')
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    }
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** Upstream: an answer without the wanted part gives no keys at all; here that is an error, unless it is allowed. */
function generatedFrom(
  answer: VaultAnswer,
  { question, part, isEmptyAllowed }: DynamicSecret,
): Generated {
  const { path } = question
  if (answer.status === 404) refuseUnmounted(answer, path)
  const json = answer.status === 200 ? partOf(answer.text, part) : undefined
  if (json !== undefined) return valuesOf(json, path)
  if (isEmptyAllowed) return new Map()
  if (answer.status !== 200) {
    const words = `vault gave an empty answer to a ${question.method} of ${path} (HTTP ${answer.status})`
    throw new ProviderError('invalid', words, 'set spec.allowEmptyResponse if that is meant')
  }
  const hint = isObject(dig(answer.json, 'auth'))
    ? 'it has a part "auth": set spec.resultType to Auth'
    : 'see its parts with spec.resultType Raw'
  throw new ProviderError(
    'invalid',
    `the answer of vault path ${path} has no part "${part.toLowerCase()}"`,
    hint,
  )
}

/** JSON text of the wanted part; undefined when the answer does not have it. */
function partOf(answer: string, part: DynamicSecret['part']): string | undefined {
  if (part === 'Data') return objectIn(answer, 'data')
  const auth = objectIn(answer, 'auth')
  const known = auth === undefined ? undefined : onlyKnown(auth, AUTH)
  if (part === 'Auth') return known
  const wrapping = objectIn(answer, 'wrap_info')
  const more = [
    ...(known === undefined ? [] : [`"auth":${known}`]),
    ...(wrapping === undefined ? [] : [`"wrap_info":${wrapping}`]),
  ]
  return `${[onlyKnown(answer, ANSWER).slice(0, -1), ...more].join(',')}}`
}

/** The text of a member that is an object. */
function objectIn(json: string, name: string): string | undefined {
  const raw = rawMember(json, name)
  return raw?.startsWith('{') ? raw : undefined
}

/** What Vault's client would have decoded, with the text of every number. */
function onlyKnown(json: string, known: Readonly<Record<string, string>>): string {
  const members = Object.entries(known).map(
    ([name, otherwise]) => `"${name}":${rawMember(json, name) ?? otherwise}`,
  )
  return `{${members.join(',')}}`
}

/** Values by R50. */
function valuesOf(text: string, path: string): Generated {
  const json = readJson(toBinary(new TextEncoder().encode(text)))
  const value = json === undefined ? undefined : goValueOf(json, 'text')
  if (value?.go !== 'map[string]interface {}') {
    throw new ProviderError('malformed', `vault path ${path} answered with no object`)
  }
  const values = new Map<string, SecretValue>()
  for (const [name, item] of value.entries) {
    values.set(textOfBinary(name), new SecretValue(fromBinary(formatSecretValue(item) ?? '')))
  }
  return values
}
