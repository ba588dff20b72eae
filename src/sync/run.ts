import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import { type Answer, readKey } from '../model/provider.ts'
import type { ObservedSecret } from '../model/secret.ts'
import { type Change, refuse } from '../plan/change.ts'
import type { Claim } from '../plan/marks.ts'
import { ownedByAnother } from '../plan/plan-secret.ts'
import { nextRefreshMs } from '../plan/schedule.ts'
import { type Sources, settle } from '../plan/settle.ts'
import type { Lookup } from './credentials.ts'
import { dueState } from './due.ts'
import type { EngineLoader } from './engines.ts'
import { foreignGenerator } from './generators.ts'
import { createLanes, type Lanes } from './lanes.ts'
import { type Reading, type ReadingOptions, startReading } from './reading.ts'
import { redact } from './redact.ts'
import { type RunResult, refusalOfCluster, resultOfChange, skipped } from './result.ts'
import type { Statuses } from './status.ts'
import { foreignClass } from './store-gate.ts'
import type { Target, WriteChange } from './target.ts'
import { readTemplateSources } from './template-sources.ts'
import type { Work } from './work.ts'

// One run: observe → which are due → read → plan → write. Nothing is written for an ExternalSecret before all of its reads
// have been answered (R5), and nothing at all after the run was stopped.

export interface RunOptions {
  readonly parity: Parity
  /** Computes, and writes nothing. */
  readonly isDryRun: boolean
  /** Names, or `namespace/name`, of ExternalSecrets that are read whether they are due or not. */
  readonly force: ReadonlySet<string>
  readonly claimOf: (externalSecret: ExternalSecret) => Claim
  /** Namespaces whose Secrets are nobody's targets (MT-7). */
  readonly forbiddenNamespaces: ReadonlySet<string>
}

export interface RunPorts {
  readonly target: Target
  readonly lookup: Lookup
  readonly reading: ReadingOptions
  readonly engines: EngineLoader
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

/** One ExternalSecret after the run; `secretVersion` and `goneSince` are what the status remembers. */
export interface Done {
  readonly externalSecret: ExternalSecret
  readonly result: RunResult
  readonly secretVersion: string
  readonly isGone: boolean
  /** Whether its reads were asked, so that the status gets a new time. */
  readonly isRead: boolean
}

const WRITES_AT_ONCE = 16
const CONFLICTS_MAX = 3
/** A deletion needs two sightings so far apart. */
export const SIGHTINGS_MS = 30_000

export interface Run {
  readonly done: readonly Done[]
  readonly readCount: number
}

interface Context {
  readonly options: RunOptions
  readonly ports: RunPorts
  readonly statuses: Statuses
  readonly lanes: Lanes
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
    claimants(work, options).map((entry) => lanes(() => prepare(entry, work, context))),
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
  const done = await deleteConfirmed(attempts, context)
  await reading.close()
  return { done, readCount: reading.readCount() }
}

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
    const key = `${namespace}/${target.name}`
    if (isOwning && taken.has(key)) return { externalSecret, errors: ownedByAnother().errors }
    if (isOwning) taken.add(key)
    return { externalSecret, errors }
  })
}

/** Ready to be read. */
interface Due {
  readonly externalSecret: ExternalSecret
  readonly observed: ObservedSecret | undefined
}

async function prepare(
  { externalSecret, errors }: Entry,
  work: Work,
  { options, ports, statuses }: Context,
): Promise<Due | Done> {
  const { parity, force } = options
  const { namespace, name, target } = externalSecret
  if (errors.length > 0) {
    return untouched(externalSecret, { action: 'refuse', step: 'read', errors }, parity)
  }
  try {
    const { gate, generators } = ports.reading
    const foreign =
      (await foreignClass(externalSecret, namespace, gate)) ??
      (await foreignGenerator(externalSecret, namespace, generators.find))
    if (foreign !== undefined) {
      const error = { code: 'ControllerClass', ...foreign }
      return leave(externalSecret, skipped(externalSecret, foreign.message, { errors: [error] }))
    }
    const observed =
      target.creationPolicy === 'None' ? undefined : await ports.target.observe(externalSecret)
    const entry = statuses.get(name)
    const state = { externalSecret, entry, observed, nowMs: ports.nowMs() }
    const isForced = force.has(name) || force.has(`${namespace}/${name}`)
    if (isForced || dueState(state, work.periodSeconds)) return { externalSecret, observed }
    const until = entry?.nextRefresh
    const message = until === undefined ? 'not due' : `not due before ${until}`
    const result = skipped(externalSecret, message, { nextRefresh: until })
    return { ...leave(externalSecret, result), secretVersion: entry?.secretVersion ?? '' }
  } catch (error) {
    return untouched(externalSecret, refusalOfCluster(error), parity, true)
  }
}

function leave(externalSecret: ExternalSecret, result: RunResult): Done {
  return { externalSecret, result, secretVersion: '', isGone: false, isRead: false }
}

function untouched(
  externalSecret: ExternalSecret,
  change: Change,
  parity: Parity,
  isClusterFailure = false,
): Done {
  const result = resultOfChange(externalSecret, change, { parity, nextRefresh: undefined })
  return leave(externalSecret, { ...result, isClusterFailure })
}

/** A deletion waits until the run knows how many there are. */
interface Deletion {
  readonly externalSecret: ExternalSecret
  readonly deletion: Extract<WriteChange, { action: 'delete' }>
}

async function finish(due: Due, reading: Reading, context: Context): Promise<Done | Deletion> {
  const { options, ports, lanes } = context
  const { externalSecret } = due
  const answers = await reading.answersFor(externalSecret)
  try {
    return await lanes(() => settleAndWrite(due, answers, context))
  } catch (error) {
    const refusal = refusalOfCluster(error)
    const isOurs = ports.signal.aborted && error instanceof KubeError
    const change = isOurs
      ? refuse('update', 'Interrupted', { field: '', message: 'the run was stopped' })
      : refusal
    return untouched(externalSecret, change, options.parity, true)
  }
}

async function settleAndWrite(
  due: Due,
  answers: ReadonlyMap<string, Answer>,
  context: Context,
): Promise<Done | Deletion> {
  const { externalSecret } = due
  const sources = await sourcesOf(externalSecret, answers, context)
  let { observed } = due
  for (let conflicts = 0; ; conflicts++) {
    const { change, isGone } = settleNow({ externalSecret, observed }, sources, context)
    if (change.action === 'delete' && change.observed !== undefined) {
      return { externalSecret, deletion: change }
    }
    try {
      const secretVersion = await writeChange(change, externalSecret, context)
      return doneWith(externalSecret, change, { secretVersion, isGone, answers, context })
    } catch (error) {
      const isConflict = error instanceof KubeError && error.code === 'conflict'
      if (!isConflict || conflicts >= CONFLICTS_MAX) throw error
      observed = await context.ports.target.observe(externalSecret)
    }
  }
}

function settleNow(
  { externalSecret, observed }: Due,
  sources: Sources,
  { options, statuses, ports }: Context,
): ReturnType<typeof settle> {
  const { parity, claimOf } = options
  const since = statuses.get(externalSecret.name)?.goneSince
  const isConfirmed = since !== undefined && ports.nowMs() - Date.parse(since) >= SIGHTINGS_MS
  const target = { externalSecret, observed, claim: claimOf(externalSecret), parity }
  return settle(target, sources, isConfirmed)
}

async function sourcesOf(
  externalSecret: ExternalSecret,
  answers: ReadonlyMap<string, Answer>,
  { ports }: Context,
): Promise<Sources> {
  return {
    defaultNamespace: externalSecret.namespace,
    answerTo: (read) => answers.get(readKey(read)) ?? UNANSWERED,
    templateSources: await readTemplateSources(externalSecret, ports.lookup),
    engines: await ports.engines.enginesFor(externalSecret),
  }
}

const UNANSWERED: Answer = {
  outcome: 'failed',
  failure: { code: 'malformed', message: 'the read was not answered', hint: undefined },
}

/** The resourceVersion that the Secret has afterwards. */
async function writeChange(
  change: Change,
  externalSecret: ExternalSecret,
  { options, ports }: Context,
): Promise<string> {
  if (change.action === 'unchanged' || change.action === 'retain') {
    return change.observed?.resourceVersion ?? ''
  }
  if (change.action !== 'create' && change.action !== 'update') return ''
  if (ports.signal.aborted)
    throw new KubeError('timeout', 0, 'the run was stopped before the write')
  return options.isDryRun ? '' : ports.target.write(change, externalSecret)
}

function doneWith(
  externalSecret: ExternalSecret,
  change: Change,
  {
    secretVersion,
    isGone,
    answers,
    context,
  }: {
    readonly secretVersion: string
    readonly isGone: boolean
    readonly answers: ReadonlyMap<string, Answer>
    readonly context: Context
  },
): Done {
  const next = nextRefreshMs(externalSecret, context.ports.nowMs())
  const nextRefresh = next === undefined ? undefined : new Date(next).toISOString()
  const { parity } = context.options
  const clean = change.action === 'refuse' ? cleaned(change, answers) : change
  const result = resultOfChange(externalSecret, clean, { parity, nextRefresh })
  return { externalSecret, result, secretVersion, isGone, isRead: true }
}

function cleaned(
  change: Extract<Change, { action: 'refuse' }>,
  answers: ReadonlyMap<string, Answer>,
): Change {
  const errors = change.errors.map((error) => ({
    ...error,
    message: redact(error.message, answers.values()),
  }))
  return { ...change, errors }
}

/** Never more than a quarter of what there is, but one always: then none of them goes, and each says why. */
async function deleteConfirmed(
  attempts: readonly (Done | Deletion)[],
  context: Context,
): Promise<readonly Done[]> {
  const count = attempts.filter((attempt) => 'deletion' in attempt).length
  const countMax = Math.max(1, Math.floor(attempts.length / 4))
  return Promise.all(
    attempts.map((attempt) => {
      if (!('deletion' in attempt)) return attempt
      if (count <= countMax) return context.lanes(() => deleteOne(attempt, context))
      const message = `${count} of ${attempts.length} Secrets would be deleted at once, more than a quarter: nothing was deleted`
      const refusal = refuse('delete', 'TooManyDeletions', { field: '', message })
      return { ...untouched(attempt.externalSecret, refusal, context.options.parity), isGone: true }
    }),
  )
}

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
    return untouched(externalSecret, refusalOfCluster(error), parity, true)
  }
}
