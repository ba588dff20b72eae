import { stringMap } from '../../model/external-secret.ts'
import { dig, isArray, isObject, type JsonObject, text } from '../../model/json.ts'
import type { Answer, Payload, PayloadMetadata, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { objectOf } from '../../values/azure.ts'
import { inLanes } from '../lanes.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { ProviderError } from '../provider.ts'
import { type AzureVault, askVault } from './vault.ts'

// Key Vault has no batch: a read is a call, and a find is the pages of the list and a call for each hit.

const LANES = 16
const PAGE = '25'

type Get = Extract<Read, { readonly op: 'get' }>
type Find = Extract<Read, { readonly op: 'find' }>

/** Object type → its path, its call and its noun. */
const TYPES: ReadonlyMap<string, readonly [path: string, call: string]> = new Map([
  ['secret', ['secrets', 'keyvault:GetSecret']],
  ['key', ['keys', 'keyvault:GetKey']],
  ['cert', ['certificates', 'keyvault:GetCertificate']],
])

/** Throws ProviderError, and the signal's reason. */
export async function answerRead(
  vault: AzureVault,
  read: Read,
  signal: AbortSignal,
): Promise<Answer> {
  if (read.op === 'get') return get(vault, read, signal)
  if (read.op === 'find') return find(vault, read, signal)
  throw new ProviderError('unsupported', 'an azurekv store generates nothing')
}

/** Trust: names and versions become parts of a path. */
async function get(vault: AzureVault, read: Get, signal: AbortSignal): Promise<Answer> {
  const { type, name } = objectOf(read.key)
  const known = TYPES.get(type)
  if (known === undefined) {
    const message = `key ${JSON.stringify(read.key)}: no object type of Key Vault is called ${JSON.stringify(type)}`
    throw new ProviderError('invalid', message, 'use secret/, key/ or cert/, or the name alone')
  }
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    const message = `key ${JSON.stringify(read.key)} is no name of Key Vault`
    throw new ProviderError('invalid', message, 'letters, digits and dashes, at most 127')
  }
  const version = read.version ?? ''
  if (!/^[0-9a-zA-Z]{0,64}$/.test(version)) {
    throw new ProviderError('invalid', `the version of key ${read.key} is none of Key Vault`)
  }
  const [place, call] = known
  const path = version === '' ? `/${place}/${name}` : `/${place}/${name}/${version}`
  const json = await askVault(vault, { call, path, what: `${type} ${name}` }, signal)
  if (json === undefined) return { outcome: 'absent' }
  const payload = payloadOf(json, type)
  if (!read.metadata) return { outcome: 'found', payload }
  const bare = { ...payload, text: undefined, binary: undefined }
  return { outcome: 'found', payload: bare }
}

/** Each of them is another member. Throws for an answer without it. */
function payloadOf(json: JsonObject, type: string): Payload {
  const cer = text(json.cer)
  const value = type === 'key' ? jwkOf(json.key) : text(json.value)
  if (type === 'cert' ? cer === undefined : value === undefined) {
    throw new ProviderError(
      'malformed',
      `Key Vault answered without the ${type} that it was asked for`,
    )
  }
  const isText = type !== 'cert' && value !== undefined
  return {
    dialect: 'azure-key-vault',
    text: isText ? SecretValue.fromText(value) : undefined,
    binary: isText ? undefined : new SecretValue(Buffer.from(cer ?? '', 'base64')),
    data: undefined,
    metadata: metadataOf(json),
  }
}

// The order of the members in ESO's SDK, which property paths cannot see but whole keys show.
const JWK = ['kid', 'kty', 'key_ops', 'n', 'e', 'd', 'dp', 'dq', 'qi', 'p', 'q', 'k', 'key_hsm']
const JWK_CURVE = ['crv', 'x', 'y']

/** The key as compact JSON. */
function jwkOf(key: unknown): string | undefined {
  const jwk = key as JsonObject | undefined
  if (!isObject(jwk)) return undefined
  const known = [...JWK, ...JWK_CURVE].filter((name) => jwk[name] !== undefined)
  return JSON.stringify(Object.fromEntries(known.map((name) => [name, jwk[name]])))
}

const TIMES = [
  ['exp', 'expires'],
  ['created', 'created'],
  ['updated', 'updated'],
  ['nbf', 'notBefore'],
] as const

/** Upstream: times stand among the tags. */
function metadataOf(json: JsonObject): PayloadMetadata {
  const tags = new Map(stringMap(json.tags) ?? [])
  for (const [member, name] of TIMES) {
    const seconds = dig(json, 'attributes', member)
    if (typeof seconds === 'number') tags.set(`attribute.${name}`, rfc3339(seconds))
  }
  return { tags, labels: undefined, annotations: undefined, json: undefined }
}

/** Go writes whole seconds without a fraction. */
function rfc3339(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Enabled secrets whose tags and name match; without either all of them, as upstream. */
async function find(vault: AzureVault, read: Find, signal: AbortSignal): Promise<Answer> {
  const { nameRegexp, tags } = read
  const isMatch = nameRegexp === undefined ? () => true : await compileNamePattern(nameRegexp)
  const names: string[] = []
  for await (const item of listed(vault, signal)) {
    const name = text(item.id)?.split('/').at(-1) ?? ''
    if (dig(item, 'attributes', 'enabled') !== true || !isTagged(item, tags)) continue
    if (isMatch(name)) names.push(name)
  }
  const payloads = await inLanes(names, LANES, async (name) => {
    const what = { call: 'keyvault:GetSecret', path: `/secrets/${encodeURIComponent(name)}` }
    const json = await askVault(vault, { ...what, what: `secret ${name}` }, signal)
    // It went between the list and this call.
    return json === undefined ? [] : [[name, payloadOf(json, 'secret')] as const]
  })
  return { outcome: 'found-many', payloads: new Map(payloads.flat()) }
}

function isTagged(item: JsonObject, tags: ReadonlyMap<string, string> | undefined): boolean {
  const own = stringMap(item.tags)
  return [...(tags ?? [])].every(([name, value]) => own?.get(name) === value)
}

/** All pages. Trust: `nextLink` comes with the answer, and only its query is used, so that no token follows it elsewhere. */
async function* listed(vault: AzureVault, signal: AbortSignal): AsyncGenerator<JsonObject> {
  const list = { call: 'keyvault:GetSecrets', path: '/secrets', what: 'the list of secrets' }
  const seen = new Set<string>()
  let query: Record<string, string> | undefined = { maxresults: PAGE }
  while (query !== undefined) {
    const page: JsonObject | undefined = await askVault(vault, { ...list, query }, signal)
    const items = dig(page, 'value')
    if (!isArray(items)) throw new ProviderError('malformed', 'Key Vault gave no list of secrets')
    yield* items.filter(isObject)
    query = nextQuery(text(dig(page, 'nextLink')) ?? '', vault, seen)
  }
}

/** Undefined at the end. A page that was there already would go round for ever. */
function nextQuery(
  nextLink: string,
  { settings }: AzureVault,
  seen: Set<string>,
): Record<string, string> | undefined {
  if (nextLink === '') return undefined
  const url = URL.canParse(nextLink) ? new URL(nextLink) : undefined
  const isOwn = url?.origin === settings.vaultUrl && /^\/+secrets\/*$/.test(url.pathname)
  if (url === undefined || !isOwn || seen.has(url.search)) {
    throw new ProviderError('malformed', 'Key Vault named a next page that is none of its list')
  }
  seen.add(url.search)
  return Object.fromEntries(url.searchParams)
}
