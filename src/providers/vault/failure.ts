import type { HttpFailure, HttpFailureCode } from '../../model/http.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { errorsOf, type VaultAnswer } from './answer.ts'
import type { VaultSettings } from './settings.ts'

/** Words of a refused login, whatever its status. */
const REFUSAL = /^invalid (?:username or password|role or secret id|secret id|role id)/i

/** A code and what the user can do. */
interface Meaning {
  readonly code: ProviderErrorCode
  readonly hint: string | undefined
}

const UNREACHABLE =
  'see that Vault is up at the server of the store, and that no NetworkPolicy is in the way'

/** A new failure of the transport does not compile until it has a meaning here. */
const NETWORK: Readonly<Record<HttpFailureCode, Meaning>> = {
  refused: { code: 'unavailable', hint: UNREACHABLE },
  unresolved: { code: 'unavailable', hint: 'check server of the store' },
  timeout: { code: 'timeout', hint: UNREACHABLE },
  reset: { code: 'unavailable', hint: undefined },
  'untrusted-certificate': {
    code: 'untrusted',
    hint: "set caBundle or caProvider of the store to the CA that signed the server's certificate",
  },
  'too-large': { code: 'malformed', hint: undefined },
  aborted: { code: 'timeout', hint: undefined },
  'forbidden-address': { code: 'invalid', hint: 'check server of the store' },
  redirect: {
    code: 'invalid',
    hint: 'redirects are not followed, because the token would follow them: name the active node or a load balancer as server of the store',
  },
}

/** The transport's message names host and port only, and is ours. */
export function networkFailure(failure: HttpFailure, { server }: VaultSettings): ProviderError {
  const { code, hint } = NETWORK[failure.code]
  return new ProviderError(code, `vault ${server}: ${failure.message}`, hint)
}

/** Statuses that are no answer to any question; undefined for 2xx and for those that the caller has to read. */
export function statusFailure(
  answer: VaultAnswer,
  { server }: VaultSettings,
): ProviderError | undefined {
  const { status } = answer
  const fail = (code: ProviderErrorCode, words: string, hint?: string): ProviderError =>
    new ProviderError(code, `vault ${server} ${words} (HTTP ${status})`, hint)
  if (status === 429) return fail('throttled', 'has a rate limit that is used up')
  if (status === 412) return fail('unavailable', 'has not replicated its state yet')
  if (status === 472 || status === 473) {
    return fail('unavailable', 'is a secondary that does not answer reads')
  }
  if (status === 503 && /vault is sealed/i.test(errorsOf(answer))) {
    return fail('sealed', 'is sealed', 'vault operator unseal')
  }
  if (status === 501) return fail('unavailable', 'is not initialised', 'vault operator init')
  // Upstream: Vault 1.13 answers a wrong password with 500.
  if (status === 500 && REFUSAL.test(errorsOf(answer))) return undefined
  if (status >= 500) return fail('unavailable', 'failed inside')
  if (status !== 204 && answer.json === undefined) {
    const words =
      'answered with something else than JSON: it is not Vault, or something stands before it'
    return fail('malformed', words, 'check server of the store')
  }
  return undefined
}
