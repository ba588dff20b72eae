import { isArray, isObject, type JsonObject, type JsonValue, member } from './json.ts'

// What an administrator allows tenants to read, and where from: a small document of the administrator's own, from a
// file or a ConfigMap. It can only take away: credentials of the store and conditions decide as before.
//
// Trust: a mistake in it must not open anything, so whatever is not understood refuses the document as a whole.

/** A StorePolicy. Undefined members restrict nothing. */
export interface StorePolicy {
  /** A ClusterSecretStore without `conditions` serves nobody (MT-4). */
  readonly requiresConditions: boolean
  /** Undefined: every namespace may read everything; else a namespace that no entry names may read nothing (MT-5). */
  readonly namespaces: readonly NamespacePolicy[] | undefined
  readonly network: NetworkPolicy
}

/** What some namespaces may read; where several entries name one namespace, each of them allows. */
export interface NamespacePolicy {
  /** Names, or beginnings of names that end in `*`. */
  readonly names: readonly string[]
  /** Names below `spec.provider`; undefined: all. */
  readonly providers: readonly string[] | undefined
  /** Beginnings of remote keys, `{namespace}` stands for the namespace; undefined: all. */
  readonly keys: readonly string[] | undefined
  /** Kinds of generators; undefined: all. */
  readonly generators: readonly string[] | undefined
}

/** Where stores may be, beyond what is refused to all of them. */
export interface NetworkPolicy {
  /** Hosts, addresses and CIDR ranges; they win over `deny`, and over the fence of namespaced stores. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** Plain http is refused. */
  readonly requiresTls: boolean
}

/** What holds without a document. */
export const OPEN_POLICY: StorePolicy = {
  requiresConditions: false,
  namespaces: undefined,
  network: { allow: [], deny: [], requiresTls: false },
}

/** A policy, or the first thing that is wrong with it, lower case and without a full stop. */
export type DecodedPolicy =
  | { readonly outcome: 'read'; readonly policy: StorePolicy }
  | { readonly outcome: 'invalid'; readonly message: string }

/** Members by place; anything else is a mistake that would otherwise restrict nothing. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  '': ['apiVersion', 'kind', 'metadata', 'requireStoreConditions', 'namespaces', 'network'],
  namespaces: ['names', 'providers', 'keys', 'generators'],
  network: ['allow', 'deny', 'requireTLS'],
}

/** Reads a StorePolicy. Never throws. */
export function decodeStorePolicy(value: JsonValue | undefined): DecodedPolicy {
  try {
    return { outcome: 'read', policy: policyOf(value) }
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    return { outcome: 'invalid', message: error.message }
  }
}

/** Stays within this file. */
class PolicyFault extends Error {}

function policyOf(value: JsonValue | undefined): StorePolicy {
  const object = objectAt(value, '')
  if (object.apiVersion !== 'waybill.dev/v1' || object.kind !== 'StorePolicy') {
    throw new PolicyFault('expected apiVersion waybill.dev/v1 and kind StorePolicy')
  }
  const namespaces = member(object, 'namespaces')
  const network =
    object.network === undefined ? Object.create(null) : objectAt(object.network, 'network')
  return {
    requiresConditions: flag(object, 'requireStoreConditions'),
    namespaces:
      namespaces === undefined ? undefined : list(namespaces, 'namespaces').map(namespaceOf),
    network: {
      allow: checked(strings(network, 'allow'), (entry) => isRange(entry) || isHost(entry)),
      deny: checked(strings(network, 'deny'), isRange),
      requiresTls: flag(network, 'requireTLS'),
    },
  }
}

function namespaceOf(value: JsonValue): NamespacePolicy {
  const object = objectAt(value, 'namespaces')
  const names = strings(object, 'names')
  if (names === undefined || names.length === 0) {
    throw new PolicyFault('an entry of namespaces has no names')
  }
  for (const name of names) {
    if (!/^[a-z0-9-]*\*?$/.test(name) || name === '') {
      throw new PolicyFault(
        `${JSON.stringify(name)} is no name of a namespace, nor the beginning of one with * at its end`,
      )
    }
  }
  const providers = strings(object, 'providers')
  const keys = strings(object, 'keys')
  return { names, providers, keys, generators: strings(object, 'generators') }
}

function objectAt(value: JsonValue | undefined, place: string): JsonObject {
  const where = place === '' ? 'the policy' : place
  if (!isObject(value)) throw new PolicyFault(`${where} is no mapping`)
  const unknown = Object.keys(value).find((name) => !MEMBERS[place]?.includes(name))
  if (unknown !== undefined) {
    const known = MEMBERS[place]?.join(', ')
    throw new PolicyFault(`${where} has no member ${JSON.stringify(unknown)}, expected ${known}`)
  }
  return value
}

function list(value: JsonValue, name: string): readonly JsonValue[] {
  if (isArray(value)) return value
  throw new PolicyFault(`${name} is no list`)
}

/** Undefined when absent; an empty list allows nothing. */
function strings(object: JsonObject, name: string): readonly string[] | undefined {
  const value = member(object, name)
  if (value === undefined) return undefined
  const items = list(value, name).filter((item) => typeof item === 'string')
  if (items.length === list(value, name).length) return items
  throw new PolicyFault(`${name} holds something else than text`)
}

function checked(
  entries: readonly string[] | undefined,
  isValid: (entry: string) => boolean,
): readonly string[] {
  const bad = entries?.find((entry) => !isValid(entry))
  if (bad === undefined) return entries ?? []
  throw new PolicyFault(`network: ${JSON.stringify(bad)} is no address, range or host of that list`)
}

/** An address, or a range as 10.0.0.0/8. */
function isRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const isV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/.test(address)
  const isAddress = isV4
    ? address.split('.').every((part) => Number(part) < 256)
    : /^[0-9a-f:]+$/i.test(address) && URL.canParse(`http://[${address}]/`)
  const isPrefix =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isV4 ? 32 : 128))
  return isAddress && isPrefix && rest.length === 0
}

/** A name has a letter in its last label: 10.0.0 is a mistake and no host. */
function isHost(entry: string): boolean {
  return /^(?:[a-z0-9-]+\.)*[a-z0-9-]*[a-z][a-z0-9-]*\.?$/i.test(entry)
}

function flag(object: JsonObject, name: string): boolean {
  const value = member(object, name)
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw new PolicyFault(`${name} is neither true nor false`)
}
