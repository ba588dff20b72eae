import type { OpenContext } from '../provider.ts'

// AWS allows 100 BatchGetSecretValue a second and account, which nobody can raise, and 10,000 GetSecretValue: when the
// batch is the bottleneck, single calls carry a part of what would only wait. Whether it is, is learnt from the first
// refusal, for the quota is shared with whoever else reads in this account. Only a part: twenty single calls cost as
// much of a processor as ten batches, so that without a bound they would be slower than to wait.

/** Turns of the batch call. */
export interface BatchPace {
  /** Turns that one batch may take until its ids are read one by one. */
  readonly attempts: number
  /** Waits for a turn. False when the turn is far away, and this batch had better be read one by one. */
  readonly turn: (signal: AbortSignal) => Promise<boolean>
  /** A batch was refused for its rate: from now on batches keep to the quota, after the pause that AWS asks for. */
  readonly throttled: (retryAfterMs?: number) => void
}

/** The quota, and how often one batch may meet it. */
export interface BatchQuota {
  readonly perSecond: number
  readonly attempts: number
}

/** A turn that is further away than this need not be waited for: five batches, a hundred secrets. */
const PATIENCE_MS = 50
/** One batch is read one by one in this time, the others wait: 200 single calls a second, a tenth of what batches bring. */
const SPILL_MS = 100

/** Free of any limit until the first refusal. */
export function batchPace(
  { nowMs, sleep }: Pick<OpenContext, 'nowMs' | 'sleep'>,
  { perSecond, attempts }: BatchQuota,
): BatchPace {
  const turnMs = 1000 / perSecond
  let nextMs: number | undefined
  let nextSpillMs = 0
  return {
    attempts,
    turn: async (signal) => {
      if (nextMs === undefined) return true
      const now = nowMs()
      const waitMs = Math.max(0, nextMs - now)
      if (waitMs > PATIENCE_MS && now >= nextSpillMs) {
        nextSpillMs = now + SPILL_MS
        return false
      }
      nextMs = now + waitMs + turnMs
      if (waitMs > 0) await sleep(waitMs, signal)
      return true
    },
    throttled: (retryAfterMs = turnMs) => {
      nextMs = Math.max(nextMs ?? 0, nowMs() + retryAfterMs)
    },
  }
}
