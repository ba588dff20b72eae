import { dig, type JsonObject, member, text } from '../model/json.ts'
import { KubeError } from './api.ts'
import type { Listing } from './list.ts'
import type { KubeWatch } from './watch.ts'

// Keeps up with the objects of a kind: list, then watch from there, for ever.
//
//  what happened                     │ then
//  ──────────────────────────────────┼──────────────────────────────────────────────
//  the server ended the watch        │ watch again from the last version
//  410: the version is too old       │ list, after up to a second at random
//  cut, silence, 429, 5xx            │ watch again, after 1 s doubling to 30 s
//  the list fails                    │ list again, after 1 s doubling to 30 s
//  three failures in a row           │ list
//  an optional kind is not there     │ what was known is gone; list again after half a minute
//  10 min since the last list        │ list: an event that was lost is found
//
// A list is compared with what is known, so that what went meanwhile is told as gone. The caller is never told twice of
// the same version.

/** Told to whoever follows. */
export interface Follower {
  readonly listing: Listing
  /** New, changed, or gone (`isGone`, as it was last). */
  readonly onChange: (object: JsonObject, isGone: boolean) => void
  /** After each complete list. */
  readonly onListed: () => void
  /** After each answer of the API server, however it came. */
  readonly onHeard: () => void
  /** A list or a watch failed; it is tried again. */
  readonly onTrouble: (error: KubeError) => void
  /** Given for a kind that may be absent: called each time that it is, or that we may not see it. */
  readonly onAbsent?: ((error: KubeError) => void) | undefined
  /** What is kept and told of an object; without it all but managedFields. */
  readonly shape?: ((object: JsonObject) => JsonObject) | undefined
}

/** Clock and chance; the clock is monotonic. */
export interface FollowClock {
  readonly nowMs: () => number
  /** Rejects as soon as the signal aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** Uniform in [0, 1). */
  readonly random: () => number
}

const RELIST_MS = 600_000
const FIRST_DELAY_MS = 1_000
const DELAY_MS_MAX = 30_000
const FAILURES_BEFORE_LIST = 3
const ABSENT_MS = 30_000

/** What is known: versions by `namespace/name`. */
interface Known {
  readonly objects: Map<string, JsonObject>
  version: string
  listedMs: number
  /** In a row. */
  failures: number
}

/** Follows until the signal aborts; then it resolves. Rejects only for a bug. */
export async function follow(
  kube: KubeWatch,
  follower: Follower,
  { clock, signal }: { readonly clock: FollowClock; readonly signal: AbortSignal },
): Promise<void> {
  const known: Known = {
    objects: new Map(),
    version: '',
    listedMs: Number.NEGATIVE_INFINITY,
    failures: 0,
  }
  while (!signal.aborted) {
    const { version } = known
    const end = await keepUp(kube, known, { follower, clock })
    if (signal.aborted) return
    const isAbsent = end instanceof KubeError && tellAbsence(end, known, follower)
    if (end instanceof KubeError && !isAbsent) follower.onTrouble(end)
    const delayMs = isAbsent
      ? ABSENT_MS * (0.9 + clock.random() * 0.2)
      : restAfter(end, known, { isFurther: known.version !== version, clock })
    if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined)
  }
}

/** Whether the kind is not there; its objects are gone then. An answer it is all the same. */
function tellAbsence(error: KubeError, known: Known, follower: Follower): boolean {
  const { onAbsent } = follower
  if (onAbsent === undefined || !['not-found', 'forbidden'].includes(error.code)) return false
  follower.onHeard()
  known.version = ''
  known.failures = 0
  // Without the right to look nobody knows what became of them.
  if (error.code === 'not-found') {
    for (const object of known.objects.values()) follower.onChange(object, true)
    known.objects.clear()
  }
  onAbsent(error)
  return true
}

/** How long to wait before the next attempt, and whether it has to list. */
function restAfter(
  end: End,
  known: Known,
  { isFurther, clock }: { readonly isFurther: boolean; readonly clock: FollowClock },
): number {
  if (end === 'expired') {
    known.version = ''
    return clock.random() * FIRST_DELAY_MS
  }
  // A watch that brought something before it was cut was a good one.
  if (end === 'ended' || isFurther) known.failures = 0
  if (end === 'ended') return 0
  known.failures++
  // A version that the server does not come to know, as after a restore of etcd, would fail for ever.
  if (known.failures >= FAILURES_BEFORE_LIST) known.version = ''
  return delayOf(known.failures, clock.random())
}

type End = KubeError | 'expired' | 'ended'

/** A list where one is due, and one watch. */
async function keepUp(
  kube: KubeWatch,
  known: Known,
  { follower, clock }: { readonly follower: Follower; readonly clock: FollowClock },
): Promise<End> {
  try {
    if (known.version === '' || clock.nowMs() - known.listedMs >= RELIST_MS) {
      await list(kube, known, { follower, clock })
    }
    return await watchOnce(kube, known, follower)
  } catch (error) {
    if (error instanceof KubeError) return error
    throw error
  }
}

/** 1 s doubling to 30 s, up to a tenth more or less. */
function delayOf(failures: number, random: number): number {
  const delayMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 10))
  return delayMs * (0.9 + random * 0.2)
}

/** Tells what differs from what was known, as if each had been watched. */
async function list(
  kube: KubeWatch,
  known: Known,
  { follower, clock }: { readonly follower: Follower; readonly clock: FollowClock },
): Promise<void> {
  const { items, resourceVersion } = await kube.list(follower.listing)
  follower.onHeard()
  const present = new Set(items.map(keyOf))
  for (const [key, object] of known.objects) {
    if (present.has(key)) continue
    known.objects.delete(key)
    follower.onChange(object, true)
  }
  for (const object of items) learn(object, known, follower)
  known.version = resourceVersion
  known.listedMs = clock.nowMs()
  follower.onListed()
}

async function watchOnce(
  kube: KubeWatch,
  known: Known,
  follower: Follower,
): Promise<'ended' | 'expired'> {
  const end = await kube.watch(follower.listing, known.version, ({ event, object }) => {
    follower.onHeard()
    known.version = versionOf(object) || known.version
    if (event === 'set') learn(object, known, follower)
    if (event !== 'gone' || !known.objects.delete(keyOf(object))) return
    follower.onChange(shapeOf(follower)(object), true)
  })
  follower.onHeard()
  return end
}

function learn(whole: JsonObject, { objects }: Known, follower: Follower): void {
  const object = shapeOf(follower)(whole)
  const key = keyOf(object)
  const before = objects.get(key)
  if (before !== undefined && versionOf(before) === versionOf(object)) return
  objects.set(key, object)
  follower.onChange(object, false)
}

function shapeOf({ shape = withoutManagers }: Follower): (object: JsonObject) => JsonObject {
  return shape
}

/** Who owns which field is most of a small object, and nobody asks here. */
function withoutManagers(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = (member(object, 'metadata') ?? {}) as JsonObject
  return { ...object, metadata }
}

function versionOf(object: JsonObject): string {
  return text(dig(object, 'metadata', 'resourceVersion')) ?? ''
}

function keyOf(object: JsonObject): string {
  const namespace = text(dig(object, 'metadata', 'namespace')) ?? ''
  return `${namespace}/${text(dig(object, 'metadata', 'name')) ?? ''}`
}
