import type { ExternalSecret } from '../model/external-secret.ts'
import { placeOfId, targetId } from '../model/target-kind.ts'
import { specHash } from '../plan/schedule.ts'
import type { Done } from './run-context.ts'
import type { DroppedSecret, Memory, StatusEntry, Statuses } from './status-part.ts'

// What a run remembers of an ExternalSecret:
//
//  it            │ last sync, spec, version │ owned Secret       │ gone since     │ next refresh
//                │ and number of made keys  │                    │                │
//  ──────────────┼──────────────────────────┼────────────────────┼────────────────┼─────────────
//  was not due   │ as before                │ as before          │ as before      │ as before
//  failed        │ as before                │ as before          │ never          │ unknown
//  seen gone     │ of this run              │ of Owner, if there │ first sighting │ of this run
//  anything else │ of this run              │ of Owner, if there │ never          │ of this run
//
// A Secret that was owned, and that no entry owns any more, is dropped from now on; one that is asked for again, by
// whomever, is not. Only a complete bundle tells that.

/** What the memory of a run is made of. */
export interface AfterRun {
  readonly namespace: string
  readonly nowMs: number
  /** Every ExternalSecret that there is, and not only those of this run; undefined when nobody knows them all. */
  readonly all: readonly ExternalSecret[] | undefined
}

/** What the next run has to know. Of what is no longer there only the Secrets stay, until they are pruned. */
export function memoryAfter(done: readonly Done[], before: Memory, after: AfterRun): Memory {
  const entries = new Map<string, StatusEntry>(kept(before.entries, after))
  for (const one of done) {
    const { name } = one.externalSecret
    if (one.externalSecret.namespace !== after.namespace || name === '') continue
    const entry = entryAfter(one, before.entries.get(name), after.nowMs)
    if (entry === undefined) entries.delete(name)
    else entries.set(name, entry)
  }
  return { entries, dropped: droppedAfter(entries, before, after) }
}

/** Entries of ExternalSecrets that are still there. */
function kept(entries: Statuses, { all, namespace }: AfterRun): Statuses {
  if (all === undefined) return entries
  const names = new Set(all.filter((one) => one.namespace === namespace).map(({ name }) => name))
  return new Map([...entries].filter(([name]) => names.has(name)))
}

/** Secrets that we own, or may own, and that no entry speaks of: it is gone, or has another target now. */
function droppedAfter(
  entries: Statuses,
  before: Memory,
  after: AfterRun,
): ReadonlyMap<string, DroppedSecret> {
  const dropped = new Map(before.dropped)
  for (const [externalSecret, { ownedSecret }] of before.entries) {
    const isLeft = ownedSecret !== entries.get(externalSecret)?.ownedSecret
    if (ownedSecret !== '' && isLeft) {
      dropped.set(ownedSecret, { externalSecret, since: '', isKnown: true })
    }
  }
  // By place: an object that is asked for in another version of its kind is the same object.
  const owned = new Set([...entries.values()].map(({ ownedSecret }) => placeOfId(ownedSecret)))
  const left = [...dropped].filter(([id]) => !owned.has(placeOfId(id)))
  const asked = placesAsked(after)
  return new Map(left.map(([id, one]) => [id, dated(one, asked?.has(placeOfId(id)), after)]))
}

/** Of everything that is asked for now; undefined when nobody knows all of it. */
function placesAsked({ all, namespace }: AfterRun): ReadonlySet<string> | undefined {
  if (all === undefined) return undefined
  const here = all.filter((each) => each.namespace === namespace)
  return new Set(here.map((each) => placeOfId(targetId(each))))
}

/** From the first complete bundle on that does not ask for it. */
function dated(
  one: DroppedSecret,
  isAsked: boolean | undefined,
  { nowMs }: AfterRun,
): DroppedSecret {
  if (isAsked === undefined) return one
  if (isAsked) return { ...one, since: '' }
  return one.since === '' ? { ...one, since: new Date(nowMs).toISOString() } : one
}

/**
 * What a run writes down before it writes Secrets: those that it may be about to make count as dropped until an entry owns
 * them. A run that is killed in between leaves no Secret that nobody knows of. Undefined when everything is known already.
 */
export function intentOf(
  candidates: readonly ExternalSecret[],
  before: Memory,
  namespace: string,
): Memory | undefined {
  const unknown = candidates.filter((one) => {
    if (one.namespace !== namespace || one.target.creationPolicy !== 'Owner') return false
    const place = placeOfId(targetId(one))
    const owned = before.entries.get(one.name)?.ownedSecret
    const isOwned = owned !== undefined && placeOfId(owned) === place
    return !isOwned && !before.dropped.has(targetId(one))
  })
  if (unknown.length === 0) return undefined
  const intents = unknown.map(
    (one) => [targetId(one), { externalSecret: one.name, since: '', isKnown: false }] as const,
  )
  return { ...before, dropped: new Map([...before.dropped, ...intents]) }
}

/** What failed keeps the memory of the last success; what was not due keeps all of it. */
function entryAfter(
  done: Done,
  before: StatusEntry | undefined,
  nowMs: number,
): StatusEntry | undefined {
  const { result, isGone, isRead } = done
  if (result.outcome === 'skipped' && !isRead) return before
  const isFailed = result.outcome === 'failed'
  const now = new Date(nowMs).toISOString()
  const since = before?.goneSince ?? now
  return {
    ...(isFailed ? (before ?? NEVER) : successOf(done, now)),
    goneSince: isGone ? since : undefined,
    outcome: result.outcome,
    reason: result.condition.reason,
    message: result.condition.message,
    nextRefresh: isFailed ? undefined : result.nextRefresh,
  }
}

/** What a later failure keeps. */
type Success = Pick<
  StatusEntry,
  'lastSync' | 'specHash' | 'secretVersion' | 'ownedSecret' | 'madeKeys'
>

const NEVER: Success = {
  lastSync: undefined,
  specHash: '',
  secretVersion: '',
  ownedSecret: '',
  madeKeys: undefined,
}

function successOf({ externalSecret, secretVersion, madeKeys }: Done, now: string): Success {
  const ownedSecret = ownedBy(externalSecret, secretVersion)
  return {
    lastSync: now,
    specHash: specHash(externalSecret),
    secretVersion,
    ownedSecret,
    madeKeys,
  }
}

/** Only what Owner made goes with its ExternalSecret. */
function ownedBy(externalSecret: ExternalSecret, secretVersion: string): string {
  const isOwner = externalSecret.target.creationPolicy === 'Owner'
  return isOwner && secretVersion !== '' ? targetId(externalSecret) : ''
}
