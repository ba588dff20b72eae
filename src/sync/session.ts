import { KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { Claim } from '../plan/marks.ts'
import { afterwards, ownParts } from './afterwards.ts'
import { withTarget } from './candidates.ts'
import { createEngineLoader } from './engines.ts'
import type { SyncReport } from './report.ts'
import { runWork } from './run.ts'
import type { Done, RunOptions } from './run-context.ts'
import type { SessionPorts, SessionSettings, Share } from './session-context.ts'
import { sessionReading } from './session-reading.ts'
import {
  isKept,
  NOTHING_REMEMBERED,
  partOf,
  type Remembered,
  readStatus,
  type StatusHome,
  writeStatus,
} from './status.ts'
import { intentOf } from './status-after.ts'
import type { Work } from './work.ts'

// A run with everything around it: what the last one remembered, the stores, and afterwards status and events.

/** Namespaces of the cluster itself (MT-7). */
export const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease']

/** One run of this work. Rejects only for a bug: every failure of the world is in the report. */
export async function runSession(
  work: Work,
  settings: SessionSettings,
  ports: SessionPorts,
): Promise<SyncReport> {
  return (await runPart(work, settings, ports)).report
}

/** A run over the ExternalSecrets of these names, or over all. What each came to is told as well. */
export async function runPart(
  given: Work,
  settings: SessionSettings,
  ports: SessionPorts & { readonly names?: ReadonlySet<string> },
): Promise<{ readonly report: SyncReport; readonly done: readonly Done[] }> {
  const { names } = ports
  const work = withTargets(given, settings.targets)
  const calls = new Map<string, number>()
  const notices = new Set<string>()
  const home = statusHome(work, settings, ports)
  const found = await lastStatus(home, notices)
  const claimOf = (externalSecret: Pick<ExternalSecret, 'namespace' | 'name'>): Claim =>
    claimFor(externalSecret, work, {
      ...settings,
      isLocal: ports.isLocal,
    })
  const options: RunOptions = {
    parity: settings.parity,
    isDryRun: settings.dryRun === 'client',
    force: settings.force,
    controllerClass: settings.controllerClass,
    claimOf,
    isMine: ({ namespace, name }) =>
      isShared(settings.share, partOf(namespace, name, work.parts)) && names?.has(name) !== false,
    confirmsDeletions: settings.confirmsDeletions,
    forbiddenNamespaces: new Set([
      ...SYSTEM_NAMESPACES,
      ...(work.anchor === undefined ? [] : [work.storeNamespace]),
    ]),
  }
  const remembered = await announced(found, { work, settings, home, isMine: options.isMine })
  const engines = createEngineLoader(ports)
  const { policy } = settings
  const reading = sessionReading(work, ports, { engines, calls, notices, policy })
  const run = await runWork(work, (remembered ?? NOTHING_REMEMBERED).entries, {
    options,
    ports: {
      target: ports.targetFor(claimOf),
      lookup: ports.credentials.lookup,
      reading,
      engines,
      asLeft: ports.asLeft,
      nowMs: ports.nowMs,
      signal: ports.signal,
    },
  })
  const notes = await afterwards(run, { work, settings, ports, home, remembered, claimOf })
  const report: SyncReport = {
    app: work.app,
    dryRun: settings.dryRun,
    results: [...refusedEntries(work, settings), ...run.done.map(({ result }) => result)],
    reads: run.readCount,
    calls,
    notes: [...notices, ...notes],
  }
  return { report, done: run.done }
}

/** Asked before anything else is: what the list does not have is refused, and not even read. */
function withTargets(work: Work, targets: SessionSettings['targets']): Work {
  const candidates = work.candidates.map((candidate) => withTarget(candidate, targets))
  return { ...work, candidates }
}

/** Undefined when it cannot be read, with the cause as a notice: then everything is due, and nothing is written back. */
async function lastStatus(
  home: StatusHome | undefined,
  notices: Set<string>,
): Promise<Remembered | undefined> {
  if (home === undefined) return NOTHING_REMEMBERED
  try {
    return await readStatus(home)
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    const lead = 'the status could not be read: everything counted as due, and it was not written'
    notices.add(`${lead}: ${error.message}`)
    return undefined
  }
}

/** Undefined without a bundle, and for runs into a folder: there is nothing to remember by. */
function statusHome(
  { app, anchor, parts }: Work,
  { namespace }: SessionSettings,
  { records, isLocal }: SessionPorts,
): StatusHome | undefined {
  return app === undefined || isLocal ? undefined : { kube: records, app, namespace, anchor, parts }
}

function isShared(share: Share | undefined, part: number): boolean {
  return share === undefined || part % share.count === share.index
}

/** In whose name Secrets are written: the app's, else the ExternalSecret's own. */
function claimFor(
  { namespace, name }: Pick<ExternalSecret, 'namespace' | 'name'>,
  { app, anchor }: Work,
  {
    adopts,
    esoMarks,
    isLocal,
  }: Pick<SessionSettings, 'adopts' | 'esoMarks'> & { readonly isLocal: boolean },
): Claim {
  const own = `${namespace}/${name}`
  return {
    owner: app ?? own,
    aliases: [own],
    externalSecret: name,
    anchor: isLocal ? 'any' : (anchor ?? 'none'),
    adopts,
    marks: true,
    esoMarks,
  }
}

/** Entries that the bundle may not hold count as failures: somebody wanted something that did not happen. */
function refusedEntries({ refused }: Work, { share }: SessionSettings): SyncReport['results'] {
  // Once is enough, whoever of an Indexed Job tells it.
  if (share !== undefined && share.index > 0) return []
  return refused.map(({ subject, error }) => ({
    externalSecret: subject,
    target: '',
    outcome: 'failed',
    condition: {
      type: 'Ready',
      status: 'False',
      reason: 'SecretSyncedError',
      message: error.message,
    },
    errors: [error],
    nextRefresh: undefined,
    keys: { added: [], changed: [], removed: [] },
    isClusterFailure: false,
  }))
}

/**
 * The memory with what this run may be about to make, written down before. A status that cannot be written stops nothing: then
 * a killed run may leave a Secret that nobody prunes.
 */
async function announced(
  found: Remembered | undefined,
  {
    work,
    settings,
    home,
    isMine,
  }: {
    readonly work: Work
    readonly settings: SessionSettings
    readonly home: StatusHome | undefined
    readonly isMine: RunOptions['isMine']
  },
): Promise<Remembered | undefined> {
  if (found === undefined || home === undefined || settings.dryRun !== 'none') return found
  const own = work.candidates
    .filter(({ errors }) => errors.length === 0)
    .map(({ externalSecret }) => externalSecret)
    .filter(isMine)
  const intent = intentOf(own, found, settings.namespace) ?? found
  // The memory has to move to a new anchor before any Secret does: with the old one it would be collected.
  if (intent === found && isKept(found, home)) return found
  try {
    const { fieldManager } = settings
    return await writeStatus(home, intent, {
      before: found,
      fieldManager,
      isMine: ownParts(settings),
    })
  } catch (error) {
    if (error instanceof KubeError) return found
    throw error
  }
}
