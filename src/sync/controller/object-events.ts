import { FAN_OUTS, type FanOut } from '../../model/fan-out.ts'
import type { JsonObject } from '../../model/json.ts'
import type { NamespaceFailure } from '../../plan/fan-out-status.ts'
import { type EventHome, recordEvent, type Told } from '../events.ts'
import type { PushOutcome } from '../push/result.ts'
import { type Rival, rivalWords } from './rival.ts'
import { refOfObject, uidOf } from './status-writer.ts'

// Events about objects of the cluster, in ESO's reasons where it has one:
//
//  kind                  │ what was done                 │ what failed
//  ──────────────────────┼───────────────────────────────┼─────────────
//  PushSecret            │ Synced, SourceDeleted         │ Errored
//  ClusterPushSecret     │ Created, Updated, Deleted     │ Errored
//  ClusterExternalSecret │ Created, Updated, Deleted     │ UpdateFailed
//
// A Warning is told once for each cause, and not at every try.

/** Who tells, and when. */
export interface Teller extends Pick<EventHome, 'kube' | 'nowMs'> {
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
}

/** Events about an object as it was watched or read. They stop nothing; why they could not be made is a warning. */
export async function tellOf(
  object: JsonObject,
  told: readonly Told[],
  { kube, nowMs, warn }: Teller,
): Promise<void> {
  const { apiVersion, kind, namespace, name } = refOfObject(object)
  const about = { apiVersion, kind, name, uid: uidOf(object) }
  for (const one of told) {
    const refusal = await recordEvent(one, { kube, namespace, about, nowMs })
    if (refusal !== undefined) warn(`events could not be written: ${refusal}`)
  }
}

/** Another controller keeps it: told once, whenever that one writes. */
export function toldOfRival(kind: string, rival: Rival): Told {
  const reason = 'ManagedByAnother'
  const topic = `${reason} ${rival.manager}`
  return { type: 'Warning', reason, message: rivalWords(kind, rival), topic }
}

/** What a push came to; nothing for one that found everything as it was, unless the last one had failed. */
export function toldOfPush(
  { outcome, condition }: PushOutcome,
  { wasReady, nowMs }: { readonly wasReady: boolean; readonly nowMs: number },
): readonly Told[] {
  const { reason, message } = condition
  if (outcome === 'failed') return [{ type: 'Warning', reason, message }]
  if (outcome !== 'pushed' && wasReady) return []
  return [{ type: 'Normal', reason, message, occasion: String(nowMs) }]
}

/** In which namespaces a look at a fan-out did what. */
export type Deeds = Readonly<Record<'created' | 'updated' | 'deleted', readonly string[]>>

// A message is cut at a kilobyte: these fit, and the rest is in the status.
const NAMES_MAX = 10

/** One event for each sort of deed, and one for all failures. */
export function toldOfFanOut(
  { kind }: Pick<FanOut, 'kind'>,
  { deeds, failed }: { readonly deeds: Deeds; readonly failed: readonly NamespaceFailure[] },
  nowMs: number,
): readonly Told[] {
  const { childKind, failedReason } = FAN_OUTS[kind]
  const done = DEEDS.flatMap(([verb, reason]): readonly Told[] => {
    if (deeds[verb].length === 0) return []
    const message = `${childKind} ${verb} in ${listed(deeds[verb])}`
    return [{ type: 'Normal', reason, message, occasion: String(nowMs) }]
  })
  if (failed.length === 0) return done
  const causes = failed.map(({ namespace, reason }) => `namespace ${namespace}: ${reason}`)
  return [...done, { type: 'Warning', reason: failedReason, message: listed(causes, '; ') }]
}

const DEEDS = [
  ['created', 'Created'],
  ['updated', 'Updated'],
  ['deleted', 'Deleted'],
] as const

/** In order, whatever order they were done in: the same has to read the same. */
function listed(words: readonly string[], separator = ', '): string {
  const shown = words.toSorted().slice(0, NAMES_MAX)
  const more = words.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(separator)
}
