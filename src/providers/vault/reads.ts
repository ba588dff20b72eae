import { dig, isArray, isObject, member } from '../../model/json.ts'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { vaultPaths } from '../../values/vault-path.ts'
import { failureOf, ProviderError } from '../provider.ts'
import { errorsOf, hasWarnings, type VaultAnswer } from './answer.ts'
import { type Door, principalOf } from './login.ts'
import { encodePath } from './path.ts'
import { rawMember } from './raw-json.ts'
import type { VaultSession } from './session.ts'

export interface OpenVaultStore extends Door {
  readonly session: VaultSession
}

type Get = Read & { readonly op: 'get' }

/** One read, one call. Rejects only when the signal is aborted. */
export async function answerRead(
  vault: OpenVaultStore,
  read: Read,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    if (read.op !== 'get') {
      throw new ProviderError('unsupported', `vault cannot answer ${read.op} yet`)
    }
    // Without this an empty key would read the mount itself.
    if (!/[^/]/.test(read.key)) throw new ProviderError('invalid', 'the key is empty')
    return read.metadata
      ? await readMetadata(vault, read, signal)
      : await readData(vault, read, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ProviderError)) throw error
    return { outcome: 'failed', failure: failureOf(error) }
  }
}

async function readData(
  vault: OpenVaultStore,
  { key, version }: Get,
  signal: AbortSignal,
): Promise<Answer> {
  const { settings } = vault
  const { data: path } = vaultPaths({ path: settings.path, version: settings.version, key })
  const isV2 = settings.version === 'v2'
  const query = isV2 && version !== undefined && version !== '' ? versionQuery(path, version) : ''
  const answer = await get(vault, { path, query, call: 'vault:read' }, signal)
  if (isAbsent(answer, path, vault)) return { outcome: 'absent' }
  return isV2 ? payloadV2(answer, path) : payloadV1(answer, path)
}

/** Trust: the version comes from a tenant and goes into a query. */
function versionQuery(path: string, version: string): string {
  if (/^\d{1,9}$/.test(version)) return `?version=${version}`
  throw new ProviderError(
    'invalid',
    `version ${JSON.stringify(version)} of vault ${path} is no number`,
    'versions of KV v2 are 1, 2, 3 …',
  )
}

interface Question {
  readonly path: string
  readonly query: string
  readonly call: string
}

/** 403 may be a dead token: one login and one more try before it counts as a refusal. */
async function get(
  vault: OpenVaultStore,
  { path, query, call }: Question,
  signal: AbortSignal,
): Promise<VaultAnswer> {
  const { api, session, settings } = vault
  const encoded = encodePath(path) + query
  for (;;) {
    const token = await session.token(signal)
    const { namespace } = settings
    const options = { call, token: token?.value, namespace, signal, isRetried: true }
    const answer = await api.read(encoded, options)
    if (answer.status === 200 || answer.status === 404) return answer
    if (answer.status !== 403) throw unexpected(answer, path)
    if (!session.renew(token)) throw forbidden(vault, path)
  }
}

/** Vault's own words may repeat what was sent, so they are not passed on. */
function unexpected({ status }: VaultAnswer, path: string): ProviderError {
  return new ProviderError(
    status >= 400 && status < 500 ? 'invalid' : 'malformed',
    `vault does not answer a read of ${path} (HTTP ${status})`,
    'check path, version and key of the store and the reference',
  )
}

function forbidden({ settings, opening }: OpenVaultStore, path: string): ProviderError {
  const { auth } = settings
  const namespace = settings.namespace === '' ? '' : ` in namespace ${settings.namespace}`
  const policy = `give it a policy with: path "${path}" { capabilities = ["read"] }; waybill policy --for vault prints the whole policy`
  // Vault has one answer for a token that it does not know and for one that may not.
  const isLoggedIn = auth.method !== 'token' && auth.method !== 'none'
  return new ProviderError(
    'forbidden',
    `vault does not allow ${principalOf(auth, opening)} to read ${path}${namespace} (HTTP 403)`,
    isLoggedIn
      ? policy
      : `see whether the token is alive with: vault token lookup; if it is, ${policy}`,
  )
}

/**
 * Whether the answer says that the secret, or this version of it, is gone. A 404 with words of complaint is about the
 * question, not about the secret: no engine is mounted there, or it is one of the other version.
 */
function isAbsent(answer: VaultAnswer, path: string, { settings }: OpenVaultStore): boolean {
  if (answer.status !== 404) return false
  const { version } = settings
  if (hasWarnings(answer)) {
    throw new ProviderError(
      'invalid',
      `the engine at vault path ${path} is not KV ${version} (HTTP 404)`,
      `set spec.provider.vault.version to ${version === 'v1' ? 'v2' : 'v1'}`,
    )
  }
  const isDeleted = isObject(dig(answer.json, 'data'))
  if (isDeleted || (isArray(dig(answer.json, 'errors')) && errorsOf(answer) === '')) return true
  throw new ProviderError(
    'invalid',
    `no secrets engine is mounted at vault path ${path} (HTTP 404)`,
    'check path and namespace of the store: vault secrets list',
  )
}

/** A deleted version may also come as 200 with a null: gone, not malformed (R138). */
function payloadV2({ json, text }: VaultAnswer, path: string): Answer {
  const data = dig(json, 'data', 'data')
  if (data === null) return { outcome: 'absent' }
  const raw = isObject(data) ? rawMember(rawMember(text, 'data') ?? '', 'data') : undefined
  if (raw === undefined) {
    throw new ProviderError(
      'malformed',
      `vault path ${path} holds no data map of KV v2`,
      'if the engine is KV v1, set spec.provider.vault.version to v1',
    )
  }
  return found({ dialect: 'vault-kv2', text: SecretValue.fromText(raw) })
}

/** KV v1 has no versions and no metadata: `data` is the secret. */
function payloadV1({ json, text }: VaultAnswer, path: string): Answer {
  const data = member(json, 'data')
  const raw = isObject(data) || data === null ? rawMember(text, 'data') : undefined
  if (raw === undefined)
    throw new ProviderError('malformed', `vault path ${path} holds no data map`)
  return found({ dialect: 'vault-kv1', text: SecretValue.fromText(raw) })
}

function found(payload: Partial<Payload> & Pick<Payload, 'dialect'>): Answer {
  const nothing = { text: undefined, binary: undefined, data: undefined, metadata: undefined }
  return { outcome: 'found', payload: { ...nothing, ...payload } }
}

/** R142. A missing entry is an error here, not an absence: it says nothing about the value. */
async function readMetadata(
  vault: OpenVaultStore,
  { key }: Get,
  signal: AbortSignal,
): Promise<Answer> {
  const { version, path: mount } = vault.settings
  if (version === 'v1') {
    throw new ProviderError(
      'unsupported',
      'cannot perform metadata fetch operations with kv version v1',
    )
  }
  const { metadata: path } = vaultPaths({ path: mount, version, key })
  if (path === undefined) {
    throw new ProviderError(
      'invalid',
      `key ${JSON.stringify(key)} names no path of metadata`,
      'set spec.provider.vault.path, or write the key with /data/',
    )
  }
  const answer = await get(vault, { path, query: '', call: 'vault:metadata' }, signal)
  if (isAbsent(answer, path, vault)) {
    throw new ProviderError('invalid', `secret not found: vault has no metadata at ${path}`)
  }
  const raw = rawMember(answer.text, 'data')
  if (raw === undefined) throw new ProviderError('malformed', `vault path ${path} has no metadata`)
  const json = SecretValue.fromText(raw)
  const metadata = { tags: undefined, labels: undefined, annotations: undefined, json }
  return found({ dialect: 'vault-kv2', metadata })
}
