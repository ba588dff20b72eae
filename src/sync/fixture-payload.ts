import { stringMap } from '../model/external-secret.ts'
import {
  canonicalJson,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { Dialect, Payload, ProviderErrorCode } from '../model/provider.ts'
import { SecretValue } from '../model/secret-value.ts'
import type { Store } from '../model/store.ts'
import { fromBinary, textOfBinary, toBinary } from '../values/binary.ts'
import { readJson } from '../values/json.ts'

// One payload of a fixtures file, and how the provider of a store would return it:
//   text              SecretString, parameter value, payload of GCP; for Vault and kubernetes the JSON of the data
//   {binary: base64}  AWS SecretBinary; raw bytes elsewhere
//   {json: {…}}       Vault's data, a remote Secret's data, JSON text elsewhere
//   {versions: {"2": payload, …}, tags: {…}, metadata: {…}}
//   {error: NotFound}

/** One version of a secret in a fixtures file. */
export interface FixtureVersion {
  readonly text: SecretValue | undefined
  readonly binary: SecretValue | undefined
  readonly json: JsonObject | undefined
  readonly error: ProviderErrorCode | 'absent' | undefined
}

/** A secret in a fixtures file with all its versions, or the error that stands for it. */
export interface FixturePayload {
  /** The payload itself, without `versions`, is the version of the empty name. */
  readonly versions: ReadonlyMap<string, FixtureVersion>
  readonly tags: ReadonlyMap<string, string> | undefined
  readonly metadata: ReadonlyMap<string, string> | undefined
  readonly metadataJson: SecretValue | undefined
  readonly error: ProviderErrorCode | 'absent' | undefined
}

/** Undefined when the value is none of the forms. */
export function readPayload(value: JsonValue): FixturePayload | undefined {
  const metadata = member(value, 'metadata')
  const rest = {
    tags: stringMap(member(value, 'tags')),
    metadata: stringMap(metadata),
    metadataJson: isObject(metadata) ? SecretValue.fromText(canonicalJson(metadata)) : undefined,
  }
  const versions = member(value, 'versions')
  if (isObject(versions)) {
    const read = readVersions(versions)
    return read && { versions: read, ...rest, error: undefined }
  }
  const version = readVersion(value)
  if (version !== undefined) {
    return { versions: new Map([['', version]]), ...rest, error: version.error }
  }
  // Metadata of a secret whose value nobody reads.
  const isBare = rest.tags !== undefined || rest.metadata !== undefined
  return isBare ? { versions: new Map(), ...rest, error: undefined } : undefined
}

/** Undefined when one of them is none of the forms. */
function readVersions(versions: JsonObject): ReadonlyMap<string, FixtureVersion> | undefined {
  const read = new Map<string, FixtureVersion>()
  for (const [name, item] of Object.entries(versions)) {
    const version = item === undefined ? undefined : readVersion(item)
    if (version === undefined) return undefined
    read.set(name, version)
  }
  return read
}

/** Numbers and booleans become the text that a provider would hold. */
function readVersion(value: JsonValue): FixtureVersion | undefined {
  const none = { text: undefined, binary: undefined, json: undefined, error: undefined }
  if (typeof value === 'string') return { ...none, text: SecretValue.fromText(value) }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return { ...none, text: SecretValue.fromText(canonicalJson(value)) }
  }
  const binary = text(member(value, 'binary'))
  if (binary !== undefined) {
    return { ...none, binary: new SecretValue(Uint8Array.from(Buffer.from(binary, 'base64'))) }
  }
  const json = member(value, 'json')
  if (isObject(json)) return { ...none, json }
  if (json !== undefined) return { ...none, text: SecretValue.fromText(canonicalJson(json)) }
  const plain = text(member(value, 'text')) ?? text(member(value, 'value'))
  if (plain !== undefined) return { ...none, text: SecretValue.fromText(plain) }
  const error = text(member(value, 'error'))
  return error === undefined ? undefined : { ...none, error: errorOf(error) }
}

// By letters alone, so that AWS', Google's and our own spellings all do.
const ERRORS: Readonly<Record<string, ProviderErrorCode | 'absent'>> = {
  notfound: 'absent',
  absent: 'absent',
  resourcenotfound: 'absent',
  gone: 'absent',
  forbidden: 'forbidden',
  accessdenied: 'forbidden',
  permissiondenied: 'forbidden',
  unauthenticated: 'unauthenticated',
  unauthorized: 'unauthenticated',
  throttled: 'throttled',
  throttling: 'throttled',
  resourceexhausted: 'throttled',
  sealed: 'sealed',
  unavailable: 'unavailable',
  timeout: 'timeout',
  deadlineexceeded: 'timeout',
  untrusted: 'untrusted',
  malformed: 'malformed',
  invalid: 'invalid',
  unsupported: 'unsupported',
  storenotfound: 'store-not-found',
  storenotpermitted: 'store-not-permitted',
  credentialsnotfound: 'credentials-not-found',
}

/** Names in any case, with or without `Exception`, `-`, `_`; an unknown one is a provider that does not answer. */
function errorOf(name: string): ProviderErrorCode | 'absent' {
  const key = name
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/(exception|error)$/, '')
  return ERRORS[key] ?? 'unavailable'
}

// Names that mean the latest version at one provider or other.
const CURRENT = ['', 'AWSCURRENT', 'latest', 'current']

/** What a read without a version gets: the one that is named current, else the highest number, else the last written. */
export function latestOf({ versions }: FixturePayload): FixtureVersion | undefined {
  for (const name of CURRENT) {
    const version = versions.get(name)
    if (version !== undefined) return version
  }
  const names = [...versions.keys()]
  const numbers = names.filter((name) => /^\d{1,9}$/.test(name)).map(Number)
  const newest = numbers.length === 0 ? names.at(-1) : String(Math.max(...numbers))
  return newest === undefined ? undefined : versions.get(newest)
}

/** The payload in the form in which the store's provider returns one. */
export function payloadOf(version: FixtureVersion | undefined, store: Store): Payload {
  const dialect = dialectOf(store)
  const json = version?.json
  const body = version?.text ?? (json && SecretValue.fromText(canonicalJson(json)))
  const isAws = dialect === 'aws-secrets-manager'
  return {
    dialect,
    text: body ?? (isAws ? undefined : version?.binary),
    binary: isAws ? version?.binary : undefined,
    data: dialect === 'kubernetes' ? dataOf(version) : undefined,
    metadata: undefined,
  }
}

/** A kubernetes Secret out of an object of texts. */
function dataOf(version: FixtureVersion | undefined): ReadonlyMap<string, SecretValue> {
  if (version?.json === undefined) return membersOf(version?.text)
  const data = new Map<string, SecretValue>()
  for (const [key, value] of Object.entries(version.json)) {
    if (value === undefined) continue
    data.set(key, SecretValue.fromText(typeof value === 'string' ? value : canonicalJson(value)))
  }
  return data
}

/** Members of a text that is a JSON object; what is no string stays as written, so that numbers keep their digits. */
function membersOf(value: SecretValue | undefined): ReadonlyMap<string, SecretValue> {
  const data = new Map<string, SecretValue>()
  const json = value === undefined ? undefined : readJson(toBinary(value.reveal()))
  if (json?.shape !== 'object') return data
  for (const { key, value: item } of json.members) {
    const binary = item.shape === 'string' ? item.text : item.raw
    data.set(textOfBinary(key), new SecretValue(fromBinary(binary)))
  }
  return data
}

/** Providers without rules of their own are read like the fake one. */
export function dialectOf({ provider, settings }: Store): Dialect {
  switch (provider) {
    case 'aws':
      return member(settings, 'service') === 'ParameterStore'
        ? 'aws-parameter-store'
        : 'aws-secrets-manager'
    case 'openBao':
    case 'vault':
      return member(settings, 'version') === 'v1' ? 'vault-kv1' : 'vault-kv2'
    case 'kubernetes':
      return 'kubernetes'
    case 'gcpsm':
      return 'gcp-secret-manager'
    case 'azurekv':
      return 'azure-key-vault'
    case 'webhook':
      return 'webhook'
    default:
      return 'fake'
  }
}
