import { parseDuration } from '../model/duration.ts'
import { dig } from '../model/json.ts'
import type { Store } from '../model/store.ts'

/** A store's `retrySettings`; members are undefined where it says nothing. */
export interface RetrySettings {
  readonly maxRetries: number | undefined
  readonly delayMs: number | undefined
}

/** Longer pauses would eat a run's deadline. */
const DELAY_MS_MAX = 30_000

/** Undefined without `spec.retrySettings`: the provider's own policy holds. */
export function decodeRetry({ object }: Store): RetrySettings | undefined {
  const settings = dig(object, 'spec', 'retrySettings')
  if (settings === undefined || settings === null) return undefined
  const maxRetries = dig(settings, 'maxRetries')
  const interval = dig(settings, 'retryInterval')
  const ns = typeof interval === 'string' ? parseDuration(interval) : undefined
  return {
    maxRetries: typeof maxRetries === 'number' ? maxRetries : undefined,
    delayMs: ns === undefined ? undefined : Math.min(Number(ns / 1_000_000n), DELAY_MS_MAX),
  }
}

/** Full jitter: anything between nothing and a doubling bound. `attempt` counts from 1, `random` is in [0, 1). */
export function fullJitterMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(DELAY_MS_MAX, 500 * 2 ** (attempt - 1)))
}

/** `Retry-After` in seconds; a date or nonsense says nothing. Capped, so that no server can park a run. */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined
  return Math.min(Number(header) * 1000, DELAY_MS_MAX)
}
