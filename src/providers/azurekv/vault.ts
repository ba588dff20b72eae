import { dig, type JsonObject, text } from '../../model/json.ts'
import { codeOfStatus, exchange, objectOf } from '../exchange.ts'
import { ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import { decodeRetry } from '../retry.ts'
import type { TokenCache } from '../token-cache.ts'
import type { AzureDoor } from './client.ts'
import type { AzureToken } from './login.ts'

const API_VERSION = '7.4'

/** A vault that is logged in. */
export interface AzureVault extends AzureDoor {
  readonly tokens: TokenCache<AzureToken>
  /** One request with its body. */
  readonly requestMs: number
}

/** A path of the vault, and how it is called in messages and counts. */
export interface VaultQuestion {
  readonly call: string
  readonly path: string
  readonly what: string
  /** Besides the version of the API. */
  readonly query?: Readonly<Record<string, string>>
}

/** Undefined for a 404 that a vault gave. 401 may be a dead token: one login and one more try. Throws ProviderError. */
export async function askVault(
  vault: AzureVault,
  { call, path, what, query }: VaultQuestion,
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  const { settings, opening, tokens, requestMs } = vault
  const search = new URLSearchParams({ 'api-version': API_VERSION, ...query })
  const words = `${what} of ${settings.vaultUrl}`
  for (;;) {
    const token = await tokens.token(signal)
    const request = {
      method: 'GET',
      url: `${settings.vaultUrl}${path}?${search}`,
      headers: { authorization: `Bearer ${revealText(token.value)}`, accept: 'application/json' },
      body: undefined,
      tls: undefined,
      timeoutMs: requestMs,
    } as const
    const question = {
      ...{ call, what: words, request, isRepeatable: true, hidesHost: false },
      retry: decodeRetry(opening.store),
    }
    const { status, body } = await exchange(opening.context, question, signal)
    const json = objectOf(body)
    if (status === 200 && json !== undefined) return json
    if (status === 401 && tokens.renew(token)) continue
    if (status === 404 && /NotFound$/.test(text(dig(json, 'error', 'code')) ?? '')) return undefined
    throw refusal(status, json, words)
  }
}

/** A disabled secret is a 403 as well, but no matter of rights. The vault's own words are dropped. */
function refusal(status: number, json: JsonObject | undefined, what: string): ProviderError {
  const error = dig(json, 'error')
  const inner = text(dig(error, 'innererror', 'code')) ?? text(dig(error, 'innerError', 'code'))
  const fail = (words: string, hint?: string): ProviderError =>
    new ProviderError(codeOfStatus(status), `${what}: ${words} (HTTP ${status})`, hint)
  if (/Disabled$/.test(inner ?? '')) return fail('it is disabled', 'enable it, or name a version')
  if (status === 403) {
    const hint =
      'give the identity the role Key Vault Secrets User (find needs list; keys and certificates have roles of their own), and see that the firewall of the vault lets this cluster in'
    return fail('not allowed', hint)
  }
  if (status === 401) return fail('the token is not accepted', 'check tenantId and environmentType')
  if (status === 429) return fail('too many requests')
  return status === 404 || status === 200
    ? new ProviderError('malformed', `${what}: the answer is not one of Key Vault (HTTP ${status})`)
    : fail('the vault failed')
}
