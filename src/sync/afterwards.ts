import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { targetOfId } from '../model/target-kind.ts'
import type { Claim } from '../plan/marks.ts'
import { recordRun } from './events.ts'
import { type Pruned, prune } from './prune.ts'
import type { Run } from './run.ts'
import type { SessionPorts, SessionSettings } from './session-context.ts'
import { partOf, type Remembered, type StatusHome, writeStatus } from './status.ts'
import { memoryAfter } from './status-after.ts'
import type { DroppedSecret, Memory } from './status-part.ts'
import type { Work } from './work.ts'

/** What the end of a run needs. */
export interface Aftermath {
  readonly work: Work
  readonly settings: SessionSettings
  readonly ports: SessionPorts
  readonly home: StatusHome | undefined
  /** Undefined when the status could not be read: then it is not overwritten. */
  readonly remembered: Remembered | undefined
  /** On whose behalf the Secrets of an ExternalSecret are written. */
  readonly claimOf: (externalSecret: Pick<ExternalSecret, 'namespace' | 'name'>) => Claim
}

/** Prunes, writes status and events, and answers notes for the user. A dry run leaves nothing. */
export async function afterwards(run: Run, after: Aftermath): Promise<readonly string[]> {
  const { work, settings, ports, home, remembered } = after
  const notes = [...remarks(run, after)]
  if (home === undefined) return notes
  const kept = remembered && (await remember(run, { ...after, home, remembered }))
  notes.push(...(kept?.notes ?? []))
  if (settings.dryRun === 'none' && work.anchor !== undefined) {
    const { namespace } = settings
    const results = run.done.map(({ result }) => result)
    const eventHome = { kube: home.kube, namespace, about: work.anchor, nowMs: ports.nowMs() }
    notes.push(...(await recordRun(results, kept?.deleted ?? [], eventHome)))
  }
  return notes
}

/** What a reader cannot see in the results. */
function remarks({ done }: Run, { work, ports, home }: Aftermath): readonly string[] {
  const owns = done.some(({ externalSecret }) => externalSecret.target.creationPolicy === 'Owner')
  const isUnowned = work.anchor === undefined && owns && !ports.isLocal
  const isForgotten = home === undefined && done.some(({ isGone }) => isGone)
  return [
    ...(isUnowned
      ? ['without an anchor no Secret gets an ownerReference: deleting them is up to you']
      : []),
    ...(isForgotten
      ? ['without --app no run remembers the one before: what is gone is never removed']
      : []),
  ]
}

type Remembering = Aftermath & { readonly home: StatusHome; readonly remembered: Remembered }

/** The memory of this run, without what it has pruned. A status that cannot be written costs reads, not this run's success. */
async function remember(run: Run, after: Remembering): Promise<Pick<Pruned, 'notes' | 'deleted'>> {
  const { work, settings, ports, home, remembered } = after
  const { namespace, fieldManager, dryRun } = settings
  const memory = memoryAfter(run.done, remembered, {
    namespace,
    nowMs: ports.nowMs(),
    all: work.isComplete ? work.candidates.map(({ externalSecret }) => externalSecret) : undefined,
  })
  const { dropped, notes, deleted } = await pruned(memory, after)
  if (dryRun !== 'none') return { notes, deleted }
  try {
    const how = { before: remembered, fieldManager, isMine: ownParts(settings) }
    await writeStatus(home, { ...memory, dropped }, how)
    return { notes, deleted }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    return { notes: [...notes, `the status could not be written: ${error.message}`], deleted }
  }
}

/** The pods of an Indexed Job keep the parts that have their number. */
export function ownParts({ share }: Pick<SessionSettings, 'share'>): (part: number) => boolean {
  return (part) => share === undefined || part % share.count === share.index
}

/** Only a whole bundle can miss something, and only a run that was not stopped has the time to look. */
async function pruned(
  memory: Memory,
  after: Remembering,
): Promise<Pick<Pruned, 'dropped' | 'notes' | 'deleted'>> {
  const { work, settings, ports, home, claimOf } = after
  const { namespace, fieldManager, dryRun } = settings
  const { parts } = home
  const isOrphan = ([, { externalSecret, since }]: readonly [string, DroppedSecret]): boolean =>
    since !== '' && ownParts(settings)(partOf(namespace, externalSecret, parts))
  const mine = new Map([...memory.dropped].filter(isOrphan))
  const isWhole = work.isComplete && work.refused.length === 0 && !ports.signal.aborted
  const { dropped: all } = memory
  if (mine.size === 0 || !isWhole) return { dropped: all, notes: [], deleted: [] }
  if (!settings.prunes && !work.prunes)
    return { dropped: all, notes: orphansNotes(mine), deleted: [] }
  const { dropped, notes, deleted } = await prune(
    { entries: memory.entries, dropped: mine },
    {
      kube: ports.kube,
      namespace,
      fieldManager,
      isDryRun: dryRun !== 'none',
      targets: settings.targets,
      isConfirmed: settings.confirmsDeletions,
      nowMs: ports.nowMs(),
      claimOf: (name) => claimOf({ namespace, name }),
    },
  )
  const others = [...all].filter((one) => !isOrphan(one))
  return { dropped: new Map([...others, ...dropped]), notes, deleted }
}

const NAMES_MAX = 5

function toldTarget(id: string): string {
  const { object, name } = targetOfId(id)
  return object === undefined ? name : `${object.kind} ${name}`
}

/** Of Secrets that were never told to be there nothing is said. */
function orphansNotes(orphans: Memory['dropped']): readonly string[] {
  const known = [...orphans].filter(([, { isKnown }]) => isKnown).map(([name]) => name)
  if (known.length === 0) return []
  const more = known.length > NAMES_MAX ? ` and ${known.length - NAMES_MAX} more` : ''
  const list = known.sort().slice(0, NAMES_MAX).map(toldTarget).join(', ')
  return [
    `no ExternalSecret asks any more for ${list}${more}: render with --orphans=delete to have them pruned, or delete them`,
  ]
}
