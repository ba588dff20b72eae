import { KubeError } from '../../kube/api.ts'
import { type PushSource, pushedName, type SyncedPushSecrets } from '../../model/push.ts'
import type { PushData, PushSecret } from '../../model/push-secret.ts'
import { deletionsMax } from '../../plan/prune.ts'
import { reverseKeys } from '../../values/reverse-keys.ts'
import type { PushPorts } from './ports.ts'
import type { Told } from './result.ts'
import { readSources } from './source.ts'

// What would be taken back, and why:
//
//  the author dropped the entry, or names another store  │ at once, as External Secrets Operator does: it was meant
//  the source is gone, or its key                        │ never more than a quarter of what the app has pushed, in one run
//
// A namespace that was wiped or a label that was renamed looks like the second: Secrets come back, what a provider has
// deleted may not.

/** Whether the entry would go because nothing of its source is left; then the author may still want it. */
export function isLost(
  { secretKey, conversion }: PushData,
  sources: readonly PushSource[],
): boolean {
  return !sources.some(({ data }) => {
    if (secretKey === '') return data.size > 0
    const keys = reverseKeys(conversion, data)
    return keys.failure === undefined && keys.value.has(secretKey)
  })
}

/** Remote keys of one PushSecret that have lost their source; only those that a push would take back. Never rejects. */
export async function countLost(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  ports: PushPorts,
): Promise<number> {
  const isSafe = pushSecret.deletionPolicy !== 'Delete' || remembered.size === 0
  // A generator that fails is an error, and never gone.
  if (isSafe || pushSecret.selector.generatorRef !== undefined) return 0
  try {
    const found = await readSources(pushSecret, ports)
    if (found.outcome === 'gone') return countKeys(remembered, () => true)
    if (found.outcome === 'failed') return 0
    const { sources } = found
    const wanted = new Set(sources.length === 0 ? [] : pushSecret.data.map(pushedName))
    return countKeys(
      remembered,
      (entry) => !wanted.has(pushedName(entry)) && isLost(entry, sources),
    )
  } catch (error) {
    if (error instanceof KubeError) return 0
    throw error
  }
}

/** Remote keys, each once however many properties of it were pushed. */
export function countKeys(
  remembered: SyncedPushSecrets,
  counts: (entry: PushData) => boolean,
): number {
  const keysOf = (entries: ReadonlyMap<string, PushData>): number =>
    new Set([...entries.values()].filter(counts).map(({ remoteKey }) => remoteKey)).size
  return [...remembered.values()].reduce((sum, entries) => sum + keysOf(entries), 0)
}

/** How much would go in one run, of how much. */
export interface Loss {
  readonly lost: number
  readonly inventory: number
}

/** Why nothing that has lost its source is taken back; undefined when it may be. */
export function refusalOfLoss({ lost, inventory }: Loss): Told | undefined {
  if (lost <= deletionsMax(inventory)) return undefined
  return {
    code: 'TooManyDeletions',
    message: `${lost} of ${inventory} remote keys have lost their source at once, more than a quarter: nothing of them is taken back; if that is meant, run once with --confirm-deletions`,
  }
}

/** A source that goes while the run is on its way was not counted. */
export const LOST_MEANWHILE: Told = {
  code: 'SourceGone',
  message: 'the source went away during the run: the next run looks again',
}
