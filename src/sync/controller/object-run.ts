import type { ExternalSecret } from '../../model/external-secret.ts'
import type { StorePolicy } from '../../model/store-policy.ts'
import { allowTarget } from '../../model/target-kind.ts'
import type { Claim } from '../../plan/marks.ts'
import { createEngineLoader } from '../engines.ts'
import type { SyncReport } from '../report.ts'
import { runWork } from '../run.ts'
import type { Done, RunOptions } from '../run-context.ts'
import { SYSTEM_NAMESPACES } from '../session.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { sessionReading } from '../session-reading.ts'
import { memoryAfter } from '../status-after.ts'
import type { Statuses } from '../status-part.ts'
import type { Work } from '../work.ts'
import { type KnownExternalSecret, targetKey } from './external-secrets.ts'
import { memoryOfStatus } from './object-memory.ts'
import type { WatchedSecrets } from './watched-secrets.ts'

// One run over ExternalSecret objects of one namespace: the same planner as for a bundle, but the memory is the status of
// the objects, and each owns its Secret itself.

/** How objects are synced, besides what is the same for bundles. */
export type ObjectSettings = Pick<
  SessionSettings,
  'parity' | 'adopts' | 'controllerClass' | 'esoMarks' | 'fieldManager' | 'targets'
> & { readonly storeNamespace: string }

/** What a run is about. */
export interface ObjectWork {
  /** All of the namespace: of two that own one Secret the first keeps it. */
  readonly all: readonly KnownExternalSecret[]
  /** Those to be looked at, by name. */
  readonly names: ReadonlySet<string>
  readonly force: ReadonlySet<string>
}

/** What a run came to. */
export interface ObjectRun {
  readonly done: readonly Done[]
  readonly report: SyncReport
  /** For the next run, by name. */
  readonly memory: Statuses
}

/** Runs; never rejects because of one ExternalSecret. */
export async function runObjects(
  work: ObjectWork,
  settings: ObjectSettings,
  {
    ports,
    policy,
    secrets,
  }: {
    readonly ports: SessionPorts
    readonly policy: StorePolicy
    readonly secrets: WatchedSecrets
  },
): Promise<ObjectRun> {
  const calls = new Map<string, number>()
  const notices = new Set<string>()
  const engines = createEngineLoader(ports)
  const whole = workOf(work.all, settings)
  const options = optionsOf(work, settings)
  const memory = memoryOf(work.all, secrets)
  const run = await runWork(whole, memory, {
    options,
    ports: {
      target: ports.targetFor(options.claimOf),
      lookup: ports.credentials.lookup,
      reading: sessionReading(whole, ports, { engines, calls, notices, policy }),
      engines,
      asLeft: undefined,
      nowMs: ports.nowMs,
      signal: ports.signal,
    },
  })
  const namespace = work.all[0]?.externalSecret.namespace ?? ''
  const before = { entries: memory, dropped: new Map() }
  const after = memoryAfter(run.done, before, { namespace, nowMs: ports.nowMs(), all: undefined })
  const report: SyncReport = {
    app: undefined,
    dryRun: 'none',
    results: run.done.map(({ result }) => result),
    reads: run.readCount,
    calls,
    notes: [...notices],
  }
  return { done: run.done, report, memory: after.entries }
}

function workOf(
  all: readonly KnownExternalSecret[],
  { storeNamespace, targets }: Pick<ObjectSettings, 'storeNamespace' | 'targets'>,
): Work {
  const staying = all.filter(({ isLeaving }) => !isLeaving)
  return {
    candidates: staying.map(({ externalSecret }) => allowTarget(externalSecret, targets)),
    pushSecrets: [],
    stores: new Map(),
    generators: new Map(),
    app: undefined,
    anchor: undefined,
    isComplete: false,
    parts: 1,
    storeNamespace,
    periodSeconds: 0,
    refused: [],
  }
}

function optionsOf({ all, names, force }: ObjectWork, settings: ObjectSettings): RunOptions {
  const uids = new Map(all.map(({ externalSecret, uid }) => [externalSecret.name, uid]))
  return {
    parity: settings.parity,
    controllerClass: settings.controllerClass,
    isDryRun: false,
    force,
    claimOf: (externalSecret) =>
      claimFor(externalSecret, uids.get(externalSecret.name) ?? '', settings),
    isMine: ({ name }) => names.has(name),
    confirmsDeletions: false,
    forbiddenNamespaces: new Set(SYSTEM_NAMESPACES),
  }
}

/** The object owns its Secret itself, as with ESO. */
function claimFor(
  { namespace, name }: ExternalSecret,
  uid: string,
  { adopts, esoMarks }: ObjectSettings,
): Claim {
  return {
    owner: `${namespace}/${name}`,
    aliases: [],
    externalSecret: name,
    anchor: {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      name,
      uid,
      controller: true,
    },
    adopts,
    marks: true,
    esoMarks,
  }
}

/** What this process remembers, else what the status says. */
function memoryOf(all: readonly KnownExternalSecret[], secrets: WatchedSecrets): Statuses {
  return new Map(
    all.flatMap(({ externalSecret, state }) => {
      const secret = secrets.get(targetKey(externalSecret))
      const entry = state.memory ?? memoryOfStatus(externalSecret, secret)
      return entry === undefined ? [] : [[externalSecret.name, entry] as const]
    }),
  )
}
