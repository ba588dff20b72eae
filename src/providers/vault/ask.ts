import { dig, isArray, isObject } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'
import { errorsOf, hasWarnings, type VaultAnswer } from './answer.ts'
import { type Door, principalOf } from './login.ts'
import { encodePath } from './path.ts'
import type { VaultSession } from './session.ts'

/** A store that is logged in. */
export interface OpenVaultStore extends Door {
  readonly session: VaultSession
}

/** An unencoded path below `/v1/`. */
export interface Question {
  readonly method: 'read' | 'list'
  readonly path: string
  readonly query: string
  readonly call: string
}

/** 403 may be a dead token: one login and one more try before it counts as a refusal. */
export async function ask(
  vault: OpenVaultStore,
  { method, path, query, call }: Question,
  signal: AbortSignal,
): Promise<VaultAnswer> {
  const { api, session, settings } = vault
  const encoded = encodePath(path) + query
  for (;;) {
    const token = await session.token(signal)
    const { namespace } = settings
    const options = { call, token: token?.value, namespace, signal, isRetried: true }
    const answer = await api[method](encoded, options)
    if (answer.status === 200 || answer.status === 404) return answer
    if (answer.status !== 403) throw unexpected(answer, path)
    if (!session.replace(token)) throw forbidden(vault, path)
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

/** Names who asked for what, and the policy line that would allow it. */
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
export function isAbsent(answer: VaultAnswer, path: string, { settings }: OpenVaultStore): boolean {
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
