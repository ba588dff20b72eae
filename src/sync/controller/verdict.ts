import { createHash } from 'node:crypto'
import { isWindowOpen, nextRefreshMs } from '../../plan/schedule.ts'
import type { Done } from '../run-context.ts'
import type { Verdict } from './source.ts'

// When an ExternalSecret is looked at again:
//
//  it                             │ again
//  ───────────────────────────────┼──────────────────────────────────────────
//  failed                         │ after its back-off
//  is gone at its provider, once  │ after 31 s: the second sighting
//  is due, but no window is open  │ within a minute
//  fell due while it was run      │ after a second, and up to a tenth of its interval later
//  else                           │ after its interval, and up to a tenth later
//
// The tenth is the same for all of a bundle with one interval: they stay together and share their reads, while bundles
// that began together drift apart.

const SECOND_SIGHTING_MS = 31_000
const WINDOW_MS = 60_000
/** A run that takes longer than the interval does not make the next one begin in its place. */
const BREATH_MS = 1_000
const SPREAD_MS_MAX = 300_000

/** `spread` is what shares one delay; `nowMs` is the clock that wrote `nextRefresh`. */
export function verdictOf(
  { externalSecret, result, isGone }: Done,
  { nowMs, spread }: { readonly nowMs: number; readonly spread: string },
): Verdict {
  if (result.outcome === 'failed') return { outcome: 'failed' }
  if (isGone && result.outcome !== 'deleted') {
    return { outcome: 'done', againInMs: SECOND_SIGHTING_MS }
  }
  const told = result.nextRefresh === undefined ? undefined : Date.parse(result.nextRefresh)
  const nextMs = told ?? nextRefreshMs(externalSecret, nowMs)
  if (nextMs === undefined) return { outcome: 'done', againInMs: undefined }
  const isShut = nextMs <= nowMs && !isWindowOpen(externalSecret, nowMs)
  if (isShut) return { outcome: 'done', againInMs: WINDOW_MS }
  const leftMs = nextMs > nowMs ? nextMs - nowMs : BREATH_MS
  const intervalMs = (nextRefreshMs(externalSecret, nowMs) ?? nowMs) - nowMs
  return { outcome: 'done', againInMs: leftMs + delayOf(spread, intervalMs) }
}

/** A fixed part of a tenth of the interval, at most of five minutes. */
export function delayOf(spread: string, intervalMs: number): number {
  const hash = createHash('sha256').update(`${spread} ${intervalMs}`).digest().readUInt32BE()
  return (hash / 2 ** 32) * Math.min(intervalMs / 10, SPREAD_MS_MAX)
}
