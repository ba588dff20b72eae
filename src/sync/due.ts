import type { ExternalSecret } from '../model/external-secret.ts'
import type { ObservedSecret } from '../model/secret.ts'
import type { OwnerWish } from '../plan/change.ts'
import { isPredecessor } from '../plan/restamp.ts'
import { isDue, type LastSync } from '../plan/schedule.ts'
import type { StatusEntry } from './status-part.ts'

// What is compared with the last run (R3); schedule.ts decides about the rest.
//
//  Secret │ the last run left │ its version is │ its values                     │ the target counts as
//  ───────┼───────────────────┼────────────────┼────────────────────────────────┼─────────────────────────────────────
//  absent │ none              │                │                                │ as left: deleted by policy, or Merge
//  absent │ one               │                │                                │ absent
//  there  │ one or none       │ as remembered  │                                │ as left
//  there  │ one or none       │ another        │ made, all ours, and none fewer │ as left: only metadata was edited
//  there  │ one or none       │ another        │ else                           │ edited
//
// Before all that: a Secret that a former anchor owns is due, for the collector is about to take it.

/** What the status and the cluster say about one ExternalSecret. */
export interface DueState {
  readonly externalSecret: ExternalSecret
  /** Undefined when no run remembers it. */
  readonly entry: StatusEntry | undefined
  readonly observed: ObservedSecret | undefined
  /** It is known to be as it was left, and was not looked at. */
  readonly isAsLeft: boolean
  /** What is to own the Secret. */
  readonly anchor: OwnerWish
  readonly nowMs: number
}

/** Whether this run reads it. What falls due within half a period is due now: a run that comes early is not in vain. */
export function dueState(
  { externalSecret, entry, observed, isAsLeft, anchor, nowMs }: DueState,
  periodSeconds: number,
): boolean {
  if (observed !== undefined && isOwnedByPredecessor(observed, anchor)) return true
  return isDue({
    externalSecret,
    last: lastOf(entry),
    target: isAsLeft ? 'as-left' : targetState(externalSecret, entry, observed),
    nowMs,
    marginMs: (periodSeconds * 1000) / 2,
  })
}

/** The collector deletes what an anchor owned that is no more: such a Secret must not wait for its interval. */
function isOwnedByPredecessor({ owners }: ObservedSecret, anchor: OwnerWish): boolean {
  if (typeof anchor === 'string') return false
  return owners.some((owner) => isPredecessor(owner, anchor))
}

/** Undefined for an ExternalSecret that no run has read completely. */
function lastOf(entry: StatusEntry | undefined): LastSync | undefined {
  if (entry?.lastSync === undefined) return undefined
  return {
    atMs: Date.parse(entry.lastSync),
    specHash: entry.specHash,
    // A Secret that is to be deleted waits for its second sighting.
    isFailed: entry.outcome === 'failed' || entry.goneSince !== undefined,
  }
}

/**
 * Told by resourceVersion: any edit counts, except that made values stay as long as the data is
 * ours.
 */
function targetState(
  externalSecret: ExternalSecret,
  entry: StatusEntry | undefined,
  observed: ObservedSecret | undefined,
): 'as-left' | 'edited' | 'absent' {
  if (observed === undefined) {
    // A Secret that was deleted by policy, or that there never was, is not missing.
    return entry?.secretVersion === '' ? 'as-left' : 'absent'
  }
  if (observed.resourceVersion === entry?.secretVersion) return 'as-left'
  const isWhole = entry?.madeKeys === undefined || observed.data.size === entry.madeKeys
  return makesValues(externalSecret) && isWhole && isDataOurs(observed) ? 'as-left' : 'edited'
}

/** A read of a generator would replace the values, so an edit of mere metadata must not cause one. */
export function makesValues({ dataFrom }: ExternalSecret): boolean {
  return dataFrom.some(({ sourceRef }) => sourceRef?.generatorRef !== undefined)
}

/**
 * Whether every value is still the one that we applied. Reading a store again costs nothing, but a generator must not
 * make a new password because somebody put a label on the Secret (R3: only the data counts).
 */
function isDataOurs({ data, ownedKeys, othersKeys }: ObservedSecret): boolean {
  return data.size > 0 && othersKeys.size === 0 && [...data.keys()].every((k) => ownedKeys.has(k))
}
