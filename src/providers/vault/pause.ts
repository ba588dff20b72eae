import type { HttpFailureCode } from '../../model/http.ts'
import { fullJitterMs, type RetrySettings, retryAfterMs } from '../retry.ts'

/** One attempt that failed. */
export interface Attempt {
  /** Counted from 1. */
  readonly attempt: number
  readonly network: HttpFailureCode | undefined
  /** 0 without an answer. */
  readonly status: number
  readonly retryAfter: string | undefined
}

/**
 * How long to wait before the next attempt; undefined: there is none. Nearly as Vault's own client does it:
 *
 *   5xx, sealed, connection cut       2 more: behind a load balancer another node may answer
 *   412 (not replicated yet),
 *   472, 473 (a secondary answered)   3 more
 *   429                               4 more, after what Retry-After says
 *   anything else, timeouts           none: the deadline of the run is better spent elsewhere
 */
export function pauseMs(
  tried: Attempt,
  retry: RetrySettings | undefined,
  random: number,
): number | undefined {
  const natural = retriesOf(tried)
  // Upstream: retrySettings without maxRetries means none at all (R153).
  const retries = retry === undefined || natural === 0 ? natural : (retry.maxRetries ?? 0)
  if (tried.attempt > retries) return undefined
  if (retry?.delayMs !== undefined) return retry.delayMs
  if (tried.status === 429) {
    return retryAfterMs(tried.retryAfter) ?? fullJitterMs(tried.attempt, random)
  }
  return Math.round(1000 + 500 * random)
}

/** Vault's own client's numbers; 501 (not initialised) will not pass by itself. */
function retriesOf({ network, status }: Attempt): number {
  if (network !== undefined) return ['refused', 'reset', 'unresolved'].includes(network) ? 2 : 0
  if (status === 429) return 4
  if (status === 412 || status === 472 || status === 473) return 3
  return status >= 500 && status !== 501 ? 2 : 0
}
