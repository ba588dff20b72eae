import { durationMs } from '../model/duration.ts'
import { dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import type { PushSecret } from '../model/push-secret.ts'
import { syncedVersionOf } from './synced-version.ts'

// When a PushSecret is pushed again:
//
//  never pushed, or the last push failed       │ now
//  its spec, labels or annotations changed     │ now
//  refreshInterval is 0                        │ not otherwise
//  the Secret that it pushes changed           │ now
//  refreshInterval has passed                  │ now
//  refreshTime lies in the future              │ now: a clock was wrong

/** Milliseconds until it is pushed: 0 is now, undefined is not by time alone. */
export function pushDueInMs(
  { object, refreshInterval }: Pick<PushSecret, 'object' | 'refreshInterval'>,
  { nowMs, isSourceChanged }: { readonly nowMs: number; readonly isSourceChanged: boolean },
): number | undefined {
  const status = member(object, 'status')
  const isSame = member(status, 'syncedResourceVersion') === syncedVersionOf(object)
  if (!isSame || !isReady(object)) return 0
  const intervalMs = durationMs(refreshInterval)
  if (intervalMs <= 0) return undefined
  const refreshMs = Date.parse(text(member(status, 'refreshTime')) ?? '')
  if (isSourceChanged || Number.isNaN(refreshMs) || refreshMs > nowMs) return 0
  return Math.max(0, refreshMs + intervalMs - nowMs)
}

function isReady(object: JsonObject): boolean {
  const conditions = dig(object, 'status', 'conditions')
  const ready = isArray(conditions)
    ? conditions.find((item) => member(item, 'type') === 'Ready')
    : undefined
  return member(ready, 'status') === 'True'
}
