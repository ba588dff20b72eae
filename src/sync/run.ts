import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { OutcomeError } from '../model/outcome.ts'
import { placeOfId, targetId } from '../model/target-kind.ts'
import { refuse } from '../plan/change.ts'
import { ownedByAnother } from '../plan/plan-secret.ts'
import { deletionsMax } from '../plan/prune.ts'
import { finish } from './attempt.ts'
import { dueState } from './due.ts'
import { foreignGenerator } from './generators.ts'
import { createLanes } from './lanes.ts'
import { startReading } from './reading.ts'
import { refusalOfError, skipped } from './result.ts'
import {
  type Context,
  type Deletion,
  type Done,
  type Due,
  leave,
  type RunOptions,
  type RunPorts,
  untouched,
} from './run-context.ts'
import type { Statuses } from './status-part.ts'
import { foreignClass } from './store-gate.ts'
import type { Work } from './work.ts'

// One run: observe → which are due → read → plan → write. Nothing is written for an ExternalSecret before all of its reads
// have been answered (R5), and nothing at all after the run was stopped.

const WRITES_AT_ONCE = 16

/** What became of all the work. */
export interface Run {
  readonly done: readonly Done[]
  readonly readCount: number
}

/** Runs all of the work; never rejects because of one ExternalSecret. Results are in the order of the work. */
export async function runWork(
  work: Work,
  statuses: Statuses,
  { options, ports }: { readonly options: RunOptions; readonly ports: RunPorts },
): Promise<Run> {
  const lanes = createLanes(WRITES_AT_ONCE)
  const context: Context = { options, ports, statuses, lanes }
  const entries = await Promise.all(
    claimants(work, options)
      .filter(({ externalSecret }) => options.isMine(externalSecret))
      .map((entry) => lanes(() => prepare(entry, work, context))),
  )
  const due = entries.flatMap((entry) => ('observed' in entry ? [entry] : []))
  const reading = await startReading(
    due.map(({ externalSecret }) => externalSecret),
    ports.reading,
  )
  const attempts = await Promise.all(
    entries.map((entry) =>
      'observed' in entry ? finish(entry, reading, context) : Promise.resolve(entry),
    ),
  )
  const done = await deleteConfirmed(attempts, goneElsewhere(work, context), context)
  await reading.close()
  return { done, readCount: reading.readCount() }
}

/** An ExternalSecret and what is wrong with it already. */
interface Entry {
  readonly externalSecret: ExternalSecret
  readonly errors: readonly OutcomeError[]
}

/** MT-8: of two that own one Secret the first keeps it. Those that merge share. */
function claimants(work: Work, { forbiddenNamespaces }: RunOptions): readonly Entry[] {
  const taken = new Set<string>()
  return work.candidates.map(({ externalSecret, errors }) => {
    const { namespace, target } = externalSecret
    if (errors.length > 0) return { externalSecret, errors }
    if (forbiddenNamespaces.has(namespace)) {
      const message = `Secrets of namespace ${namespace} are not written`
      return { externalSecret, errors: [{ code: 'Refused', field: 'metadata.namespace', message }] }
    }
    const isOwning = target.creationPolicy === 'Owner' || target.creationPolicy === 'Orphan'
    const key = `${namespace}/${placeOfId(targetId(externalSecret))}`
    if (isOwning && taken.has(key)) return { externalSecret, errors: ownedByAnother().errors }
    if (isOwning) taken.add(key)
    return { externalSecret, errors }
  })
}

/** Reads the target Secret and decides whether the provider has to be asked. */
async function prepare(
  { externalSecret, errors }: Entry,
  work: Work,
  { options, ports, statuses }: Context,
): Promise<Due | Done> {
  const { parity, force, controllerClass } = options
  const { namespace, name, target } = externalSecret
  if (errors.length > 0) {
    return untouched(externalSecret, { action: 'refuse', step: 'read', errors }, parity)
  }
  try {
    const { gate, generators } = ports.reading
    const foreign =
      (await foreignClass(externalSecret, namespace, { gate, controllerClass })) ??
      (await foreignGenerator(externalSecret, namespace, { ...generators, controllerClass }))
    if (foreign !== undefined) {
      const error = { code: 'ControllerClass', ...foreign }
      return leave(externalSecret, skipped(externalSecret, foreign.message, { errors: [error] }))
    }
    const entry = statuses.get(name)
    const leftAs = leftVersion(externalSecret, entry?.secretVersion, ports)
    const isSeen = target.creationPolicy !== 'None' && leftAs === undefined
    const observed = isSeen ? await ports.target.observe(externalSecret) : undefined
    const { anchor } = options.claimOf(externalSecret)
    const nowMs = ports.nowMs()
    const state = { externalSecret, entry, observed, isAsLeft: leftAs !== undefined, anchor, nowMs }
    const isForced = force.has(name) || force.has(`${namespace}/${name}`)
    if (isForced || dueState(state, work.periodSeconds)) return { externalSecret, observed, leftAs }
    const until = entry?.nextRefresh
    const message = until === undefined ? 'not due' : `not due before ${until}`
    const result = skipped(externalSecret, message, { nextRefresh: until })
    return { ...leave(externalSecret, result), secretVersion: entry?.secretVersion ?? '' }
  } catch (error) {
    return untouched(externalSecret, refusalOfError(error), parity, error instanceof KubeError)
  }
}

/** A look at the Secret is spared only when the status speaks of the same version. */
function leftVersion(
  externalSecret: ExternalSecret,
  secretVersion: string | undefined,
  { asLeft }: RunPorts,
): string | undefined {
  const version = asLeft?.versionOf(externalSecret)
  return version === secretVersion ? version : undefined
}

const LATELY_MS = 3_600_000

/**
 * What other runs see to: the other pods of an Indexed Job, or a controller's other turns. What lately went there counts
 * here: a store that says "gone" of everything is not believed a quarter at a time.
 */
function goneElsewhere(
  work: Work,
  { options, statuses, ports }: Context,
): { readonly items: number; readonly gone: number } {
  const others = work.candidates.filter(({ externalSecret }) => !options.isMine(externalSecret))
  const gone = others.filter(({ externalSecret: { name } }) => {
    const since = statuses.get(name)?.goneSince
    return since !== undefined && ports.nowMs() - Date.parse(since) < LATELY_MS
  })
  return { items: others.length, gone: gone.length }
}

/** Never more than a quarter of what there is, but one always: then none of them goes, and each says why. */
async function deleteConfirmed(
  attempts: readonly (Done | Deletion)[],
  elsewhere: { readonly items: number; readonly gone: number },
  context: Context,
): Promise<readonly Done[]> {
  const count = attempts.filter((attempt) => 'deletion' in attempt).length + elsewhere.gone
  const inventory = attempts.length + elsewhere.items
  const { confirmsDeletions } = context.options
  const isAllowed = confirmsDeletions || count <= deletionsMax(inventory)
  return Promise.all(
    attempts.map((attempt) => {
      if (!('deletion' in attempt)) return attempt
      if (isAllowed) return context.lanes(() => deleteOne(attempt, context))
      const message = `${count} of ${inventory} Secrets would be deleted at once, more than a quarter: nothing was deleted; if that is meant, run once with --confirm-deletions`
      const refusal = refuse('delete', 'TooManyDeletions', { field: '', message })
      return { ...untouched(attempt.externalSecret, refusal, context.options.parity), isGone: true }
    }),
  )
}

/** One deletion that the plan and the limits allow; in a dry run nothing is asked of the target. */
async function deleteOne(
  { externalSecret, deletion }: Deletion,
  { options, ports }: Context,
): Promise<Done> {
  const { parity, isDryRun } = options
  try {
    if (!isDryRun) await ports.target.write(deletion, externalSecret)
    const done = untouched(externalSecret, deletion, parity)
    return { ...done, isGone: true, isRead: true }
  } catch (error) {
    return untouched(externalSecret, refusalOfError(error), parity, error instanceof KubeError)
  }
}
