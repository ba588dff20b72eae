import { dig, isArray, isObject } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'
import { errorsOf, hasWarnings, type VaultAnswer } from './answer.ts'
import type { Door } from './door.ts'
import { encodePath } from './path.ts'
import { principalOf } from './refusal.ts'
import type { VaultSession } from './session.ts'

/** A store that is logged in. */
export interface OpenVaultStore extends Door {
  readonly session: VaultSession
}

/** An unencoded path below `/v1/`. */
export interface Question {
  readonly method: 'read' | 'list' | 'write' | 'delete'
  readonly path: string
  /** Encoded, with its question mark; empty for none. */
  readonly query: string
  /** Of a write; a text is JSON already. */
  readonly body?: object | string
  readonly call: string
}

/** What a policy calls them. */
const CAPABILITIES: Readonly<Record<Question['method'], string>> = {
  read: '"read"',
  list: '"list"',
  write: '"create", "update"',
  delete: '"delete"',
}

/** 403 may be a dead token: one login and one more try before it counts as a refusal. Resolves with 2xx and 404. */
export async function ask(
  vault: OpenVaultStore,
  question: Question,
  signal: AbortSignal,
): Promise<VaultAnswer> {
  const { api, session, settings } = vault
  const { method, path, query, body = {}, call } = question
  const encoded = encodePath(path) + query
  for (;;) {
    const token = await session.token(signal)
    const { namespace } = settings
    const options = { call, token: token?.value, namespace, signal, isRetried: true }
    const answer =
      method === 'write'
        ? await api.write(encoded, body, options)
        : await api[method](encoded, options)
    const { status } = answer
    if (status === 200 || status === 204 || status === 404) return answer
    if (status !== 403) throw unexpected(answer, question)
    if (!session.replace(token)) throw forbidden(vault, question)
  }
}

/** Vault's own words may repeat what was sent, so they are not passed on. */
function unexpected(answer: VaultAnswer, { method, path }: Question): ProviderError {
  const { status } = answer
  if (status === 400 && /check-and-set/i.test(errorsOf(answer))) {
    const message = `vault path ${path} has a newer version than the one that was read (HTTP 400)`
    return new ProviderError('conflict', message)
  }
  return new ProviderError(
    status >= 400 && status < 500 ? 'invalid' : 'malformed',
    `vault does not answer a ${method} of ${path} (HTTP ${status})`,
    method === 'read'
      ? 'check path, version and key of the store and the reference'
      : 'check the path, and what the engine there wants to be told',
  )
}

/** Names who asked for what, and the policy line that would allow it. */
function forbidden(
  { settings, opening }: OpenVaultStore,
  { method, path }: Question,
): ProviderError {
  const { auth } = settings
  const namespace = settings.namespace === '' ? '' : ` in namespace ${settings.namespace}`
  const policy = `give it a policy with: path "${path}" { capabilities = [${CAPABILITIES[method]}] }`
  // Vault has one answer for a token that it does not know and for one that may not.
  const isLoggedIn = auth.method !== 'token' && auth.method !== 'none'
  return new ProviderError(
    'forbidden',
    `vault does not allow ${principalOf(auth, opening)} to ${method} ${path}${namespace} (HTTP 403)`,
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
      `set ${settings.field}.version to ${version === 'v1' ? 'v2' : 'v1'}`,
    )
  }
  if (isObject(dig(answer.json, 'data'))) return true
  refuseUnmounted(answer, path)
  return true
}

/** Throws ProviderError for a 404 that has words: about the mount, or of somebody else than Vault. */
export function refuseUnmounted(answer: VaultAnswer, path: string): void {
  if (isArray(dig(answer.json, 'errors')) && errorsOf(answer) === '') return
  throw new ProviderError(
    'invalid',
    `no secrets engine is mounted at vault path ${path} (HTTP 404)`,
    'check path and namespace of the store: vault secrets list',
  )
}
