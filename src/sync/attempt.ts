import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { type Answer, readKey } from '../model/provider.ts'
import { type Change, refuse, type Write } from '../plan/change.ts'
import { planRestamp } from '../plan/restamp.ts'
import { nextRefreshMs } from '../plan/schedule.ts'
import { secretAfter } from '../plan/secret-after.ts'
import { type Sources, settle } from '../plan/settle.ts'
import { readsOf } from '../values/assemble.ts'
import { isWholeWish } from './as-left.ts'
import { makesValues } from './due.ts'
import type { Reading } from './reading.ts'
import { redact } from './redact.ts'
import { refusalOfError, resultOfChange } from './result.ts'
import { type Context, type Deletion, type Done, type Due, untouched } from './run-context.ts'
import { readTemplateSources } from './template-sources.ts'

// One ExternalSecret of a run, from its answers to the write. A Secret that changed under our hands is looked at again.

// Somebody who edits a Secret again and again must not hold the run.
const CONFLICTS_MAX = 3
/** A deletion needs two sightings so far apart. */
const SIGHTINGS_MS = 30_000

/** Waits for the answers, plans and writes; a deletion is handed back. Never rejects. */
export async function finish(
  due: Due,
  reading: Reading,
  context: Context,
): Promise<Done | Deletion> {
  const { options, ports, lanes } = context
  const { externalSecret } = due
  const answers = await reading.answersFor(externalSecret)
  try {
    return await lanes(() => settleAndWrite(due, answers, context))
  } catch (error) {
    const refusal = refusalOfError(error)
    const isOurs = ports.signal.aborted && error instanceof KubeError
    const change = isOurs
      ? refuse('update', 'Interrupted', { field: '', message: 'the run was stopped' })
      : refusal
    return untouched(externalSecret, change, options.parity, error instanceof KubeError)
  }
}

async function settleAndWrite(
  due: Due,
  answers: ReadonlyMap<string, Answer>,
  context: Context,
): Promise<Done | Deletion> {
  const { externalSecret } = due
  const sources = await sourcesOf(externalSecret, answers, context)
  const left = stillAsLeft(due, sources, context)
  if (left !== undefined) {
    return doneWith(externalSecret, UNCHANGED, { ...left, isGone: false, answers, context })
  }
  const observed =
    due.leftAs === undefined ? due.observed : await context.ports.target.observe(externalSecret)
  return writeSettled({ externalSecret, observed }, { sources, answers }, context)
}

/** What a plan is made from. */
interface Given {
  readonly sources: Sources
  readonly answers: ReadonlyMap<string, Answer>
}

/** Plans and writes, again when somebody else was at the Secret meanwhile. */
async function writeSettled(
  { externalSecret, observed: first }: Seen,
  given: Given,
  context: Context,
): Promise<Done | Deletion> {
  let observed = first
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await writeOnce({ externalSecret, observed }, given, context)
    } catch (error) {
      if (!isConflict(error) || conflicts >= CONFLICTS_MAX) throw error
      observed = await context.ports.target.observe(externalSecret)
    }
  }
}

async function writeOnce(
  seen: Seen,
  { sources, answers }: Given,
  context: Context,
): Promise<Done | Deletion> {
  const { externalSecret } = seen
  const { change: planned, isGone } = settleNow(seen, sources, context)
  if (planned.action === 'delete' && planned.observed !== undefined) {
    return { externalSecret, deletion: planned }
  }
  const left = await restampLeft(planned, seen, context)
  const secretVersion = left ?? (await writeChange(planned, externalSecret, context))
  const change = asWritten(planned, secretVersion)
  if (change.action === 'unchanged') rememberWish(externalSecret, secretVersion, sources, context)
  const done = doneWith(externalSecret, change, { secretVersion, isGone, answers, context })
  return left === undefined ? done : { ...done, result: { ...done.result, restamped: true } }
}

/**
 * The API server keeps some values in other words than ours, e.g. the quantity `1000m` as `1`, and JSON rounds integers
 * beyond 2^53: they seem to differ, and to write them makes no new version.
 */
function asWritten(change: Change, version: string): Change {
  if (change.action !== 'update' || version === '') return change
  const { observed } = change
  return observed.resourceVersion === version ? { action: 'unchanged', observed } : change
}

/** Saves a Secret that is left as it is from the collector; its new version, or undefined where nothing has to be saved. */
async function restampLeft(
  { action }: Change,
  { externalSecret, observed }: Seen,
  { options, ports }: Context,
): Promise<string | undefined> {
  if (action !== 'refuse' && action !== 'retain') return undefined
  const claim = options.claimOf(externalSecret)
  const change = planRestamp({ externalSecret, observed, claim })
  if (change === undefined || ports.signal.aborted) return undefined
  return options.isDryRun
    ? change.observed.resourceVersion
    : ports.target.restamp(change, externalSecret)
}

function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === 'conflict'
}

/** An ExternalSecret and its Secret as it was last looked at. */
type Seen = Pick<Due, 'externalSecret' | 'observed'>

const UNCHANGED: Change = { action: 'unchanged', observed: undefined }

/** The version of a Secret that is as the same wish has found it before; undefined when it has to be looked at. */
function stillAsLeft(
  { externalSecret, leftAs }: Due,
  sources: Sources,
  context: Context,
): { readonly secretVersion: string } | undefined {
  const { asLeft } = context.ports
  if (leftAs === undefined || asLeft === undefined) return undefined
  const wish = wishOf(externalSecret, sources, context)
  return wish !== undefined && asLeft.isSameWish(externalSecret, wish)
    ? { secretVersion: leftAs }
    : undefined
}

function rememberWish(
  externalSecret: ExternalSecret,
  version: string,
  sources: Sources,
  context: Context,
): void {
  const { asLeft } = context.ports
  if (asLeft === undefined || !isWholeWish(externalSecret)) return
  const wish = wishOf(externalSecret, sources, context)
  if (wish !== undefined) asLeft.remember(externalSecret, version, wish)
}

/** What would be made if nothing was there; undefined when that is not a Secret. */
function wishOf(
  externalSecret: ExternalSecret,
  sources: Sources,
  context: Context,
): Write | undefined {
  const { change } = settleNow({ externalSecret, observed: undefined }, sources, context)
  return change.action === 'create' ? change : undefined
}

function settleNow(
  { externalSecret, observed }: Seen,
  sources: Sources,
  { options, statuses, ports }: Context,
): ReturnType<typeof settle> {
  const { parity, claimOf } = options
  const since = statuses.get(externalSecret.name)?.goneSince
  const isConfirmed = since !== undefined && ports.nowMs() - Date.parse(since) >= SIGHTINGS_MS
  const target = { externalSecret, observed, claim: claimOf(externalSecret), parity }
  return settle(target, sources, isConfirmed)
}

/** ConfigMaps and Secrets of `templateFrom` are read only when a template names them. */
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

/** A bug of ours shows as a failure: taken for absent, it would let a deletionPolicy act. */
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
  const madeKeys = makesValues(externalSecret) ? secretAfter(change)?.data.size : undefined
  const missing = missingIn(externalSecret, answers)
  return { externalSecret, result, secretVersion, madeKeys, isGone, missing, isRead: true }
}

/** Under Retain they are errors. */
function missingIn(
  externalSecret: ExternalSecret,
  answers: ReadonlyMap<string, Answer>,
): readonly string[] {
  if (externalSecret.target.deletionPolicy === 'Retain') return []
  return readsOf(externalSecret, externalSecret.namespace)
    .filter(({ read }) => answers.get(readKey(read))?.outcome === 'absent')
    .map(({ field }) => field)
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
