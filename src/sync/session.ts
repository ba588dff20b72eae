import { type KubeApi, KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { HttpClient } from '../model/http.ts'
import type { Parity } from '../model/parity.ts'
import type { Claim } from '../plan/marks.ts'
import { openStore } from '../providers/open.ts'
import type { Credentials, OpenContext } from '../providers/provider.ts'
import { clusterGenerators } from './cluster-generators.ts'
import { clusterStores } from './cluster-stores.ts'
import { type CredentialSources, fencedCredentials, generatorCredentials } from './credentials.ts'
import { deadline } from './deadline.ts'
import { createEngineLoader } from './engines.ts'
import { recordFailures } from './events.ts'
import { createGenerators } from './generators.ts'
import type { ReadingOptions } from './reading.ts'
import type { SyncReport } from './report.ts'
import { type Run, runWork } from './run.ts'
import type { RunOptions } from './run-context.ts'
import {
  readStatus,
  type StatusEntry,
  type Statuses,
  type StatusHome,
  sameStatus,
  writeStatus,
} from './status.ts'
import { statusAfter } from './status-after.ts'
import { createStoreGate } from './store-gate.ts'
import type { Target } from './target.ts'
import type { Work } from './work.ts'

// A run with everything around it: what the last one remembered, the stores, and afterwards status and events.

/** Options of `waybill sync`, decoded. */
export interface SessionSettings {
  readonly namespace: string
  readonly parity: Parity
  readonly adopts: boolean
  readonly dryRun: 'none' | 'client' | 'server'
  readonly fieldManager: string
  readonly force: ReadonlySet<string>
}

/** The world as a session needs it; tests pass servers of their own. */
export interface SessionPorts {
  /** The API server; rejects with KubeError when there is none. Asked only when something is needed of it. */
  readonly kube: KubeApi
  /** Where Secrets go. */
  readonly targetFor: (claimOf: (externalSecret: ExternalSecret) => Claim) => Target
  readonly isLocal: boolean
  readonly credentials: CredentialSources
  readonly http: HttpClient
  readonly nowMs: () => number
  readonly randomBytes: (length: number) => Uint8Array
  readonly random: () => number
  readonly sleep: OpenContext['sleep']
  readonly env: OpenContext['env']
  readonly signal: AbortSignal
}

// One login, or one batch of reads.
const READ_DEADLINE_MS = 30_000
/** Namespaces of the cluster itself (MT-7). */
const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease']

/** One run of this work. Rejects only for a bug: every failure of the world is in the report. */
export async function runSession(
  work: Work,
  settings: SessionSettings,
  ports: SessionPorts,
): Promise<SyncReport> {
  const calls = new Map<string, number>()
  const home = statusHome(work, settings, ports)
  const remembered = home === undefined ? new Map<string, StatusEntry>() : await readStatus(home)
  const claimOf = (externalSecret: ExternalSecret): Claim =>
    claimFor(externalSecret, work, { adopts: settings.adopts, isLocal: ports.isLocal })
  const options: RunOptions = {
    parity: settings.parity,
    isDryRun: settings.dryRun === 'client',
    force: settings.force,
    claimOf,
    forbiddenNamespaces: new Set([
      ...SYSTEM_NAMESPACES,
      ...(work.anchor === undefined ? [] : [work.storeNamespace]),
    ]),
  }
  const engines = createEngineLoader(ports)
  const stores = clusterStores({
    kube: ports.kube,
    given: work.stores,
    storeNamespace: work.storeNamespace,
  })
  const worldOf = worldFor(ports, calls)
  const generators = createGenerators(clusterGenerators(ports.kube, work.generators), {
    randomBytes: ports.randomBytes,
    contextFor: (of) => ({
      ...worldOf(of, generatorCredentials(of, ports.credentials)),
      signal: deadline(ports.signal, READ_DEADLINE_MS),
    }),
  })
  const reading: ReadingOptions = {
    gate: createStoreGate(stores, engines),
    generators,
    open: openStore,
    contextFor: (store, of) => worldOf(of, fencedCredentials(store, of, ports.credentials)),
    signal: ports.signal,
    deadlineMs: READ_DEADLINE_MS,
  }
  const run = await runWork(work, remembered ?? new Map(), {
    options,
    ports: {
      target: ports.targetFor(claimOf),
      lookup: ports.credentials.lookup,
      reading,
      engines,
      nowMs: ports.nowMs,
      signal: ports.signal,
    },
  })
  const notes = await afterwards(run, { work, settings, ports, home, remembered })
  return {
    app: work.app,
    dryRun: settings.dryRun,
    results: [...refusedEntries(work), ...run.done.map(({ result }) => result)],
    reads: run.readCount,
    calls,
    notes,
  }
}

/** Undefined without a bundle, and for runs into a folder: there is nothing to remember by. */
function statusHome(
  { app, anchor }: Work,
  { namespace }: SessionSettings,
  { kube, isLocal }: SessionPorts,
): StatusHome | undefined {
  return app === undefined || isLocal ? undefined : { kube, app, namespace, anchor }
}

/** In whose name Secrets are written: the app's, else the ExternalSecret's own. */
function claimFor(
  { namespace, name }: ExternalSecret,
  { app, anchor }: Work,
  { adopts, isLocal }: { readonly adopts: boolean; readonly isLocal: boolean },
): Claim {
  const own = `${namespace}/${name}`
  return {
    owner: app ?? own,
    aliases: [own],
    externalSecret: name,
    anchor: isLocal ? 'any' : (anchor ?? 'none'),
    adopts,
    marks: true,
  }
}

/** What a store or generator may use on behalf of one namespace; every call is counted. */
function worldFor(ports: SessionPorts, calls: Map<string, number>) {
  const { http, nowMs, random, sleep, env } = ports
  const onCall = (call: string): void => {
    calls.set(call, (calls.get(call) ?? 0) + 1)
  }
  return (namespace: string, credentials: Credentials): Omit<OpenContext, 'signal'> => ({
    ...{ namespace, credentials, http, nowMs, random, sleep, env, onCall },
  })
}

/** Entries that the bundle may not hold count as failures: somebody wanted something that did not happen. */
function refusedEntries({ refused }: Work): SyncReport['results'] {
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

/** What the end of a run needs. */
interface Aftermath {
  readonly work: Work
  readonly settings: SessionSettings
  readonly ports: SessionPorts
  readonly home: StatusHome | undefined
  /** Undefined when the status could not be read: then it is not overwritten. */
  readonly remembered: Statuses | undefined
}

/** Status and events, and notes for the user. A dry or aborted run leaves neither. */
async function afterwards(run: Run, after: Aftermath): Promise<readonly string[]> {
  const { work, settings, ports, home, remembered } = after
  const notes: string[] = []
  const owns = run.done.some(
    ({ externalSecret }) => externalSecret.target.creationPolicy === 'Owner',
  )
  if (work.anchor === undefined && owns && !ports.isLocal) {
    notes.push('without an anchor no Secret gets an ownerReference: deleting them is up to you')
  }
  if (home === undefined && run.done.some(({ isGone }) => isGone)) {
    notes.push('without --app no run remembers the one before: what is gone is never removed')
  }
  if (settings.dryRun !== 'none' || home === undefined || ports.signal.aborted) return notes
  if (remembered === undefined) {
    notes.push('the status could not be read: everything counted as due, and it was not written')
  } else {
    const entries = statusAfter(run.done, remembered, { ...settings, nowMs: ports.nowMs() })
    if (!sameStatus(entries, remembered)) {
      notes.push(...(await tryWrite(home, entries, settings.fieldManager)))
    }
  }
  if (work.anchor !== undefined) {
    const { namespace } = settings
    const results = run.done.map(({ result }) => result)
    const eventHome = { kube: ports.kube, namespace, anchor: work.anchor, nowMs: ports.nowMs() }
    await recordFailures(results, eventHome)
  }
  return notes
}

/** A status that cannot be written costs reads in the next run, not this run's success. */
async function tryWrite(
  home: StatusHome,
  entries: Statuses,
  fieldManager: string,
): Promise<readonly string[]> {
  try {
    await writeStatus(home, entries, fieldManager)
    return []
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    return [`the status could not be written: ${error.message}`]
  }
}
