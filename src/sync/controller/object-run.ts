import type { ExternalSecret } from '../../model/external-secret.ts'
import type { StorePolicy } from '../../model/store-policy.ts'
import { allowTarget } from '../../model/target-kind.ts'
import { refuse } from '../../plan/change.ts'
import type { Claim } from '../../plan/marks.ts'
import { createEngineLoader } from '../engines.ts'
import type { SyncReport } from '../report.ts'
import { type Run, runWork } from '../run.ts'
import { type Done, type RunOptions, untouched } from '../run-context.ts'
import { SYSTEM_NAMESPACES } from '../session.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { sessionReading } from '../session-reading.ts'
import { memoryAfter } from '../status-after.ts'
import type { Statuses } from '../status-part.ts'
import type { Work } from '../work.ts'
import { type KnownExternalSecret, targetKey } from './external-secrets.ts'
import { formerBundles, heldWords } from './former-bundle.ts'
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
  const runAs = (as: RunOptions): ReturnType<typeof runWork> =>
    runWork(whole, memory, {
      options: as,
      ports: {
        target: ports.targetFor(as.claimOf),
        lookup: ports.credentials.lookup,
        reading: sessionReading(whole, ports, { engines, calls, notices, policy }),
        engines,
        asLeft: undefined,
        nowMs: ports.nowMs,
        signal: ports.signal,
      },
    })
  const run = await withTakeOvers(await runAs(options), { options, runAs, ports, settings })
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

/** What a bundle has let go of is taken over, in a second run over just that. */
async function withTakeOvers(
  run: Run,
  {
    options,
    runAs,
    ports,
    settings,
  }: {
    readonly options: RunOptions
    readonly runAs: (options: RunOptions) => Promise<Run>
    readonly ports: SessionPorts
    readonly settings: ObjectSettings
  },
): Promise<Run> {
  const former = await formerBundles(run.done, ports.kube, settings.storeNamespace)
  if (former.size === 0) return run
  const released = new Map([...former].filter(([, { isReleased }]) => isReleased))
  const aliasOf = (name: string): readonly string[] => {
    const bundle = released.get(name)
    return bundle === undefined ? [] : [bundle.app]
  }
  const second =
    released.size === 0
      ? undefined
      : await runAs({
          ...options,
          force: new Set([...options.force, ...released.keys()]),
          isMine: ({ name }) => released.has(name),
          claimOf: (one) => ({ ...options.claimOf(one), aliases: aliasOf(one.name) }),
        })
  const done = run.done.map((one) => {
    const { externalSecret } = one
    const bundle = former.get(externalSecret.name)
    if (bundle === undefined) return one
    const again = second?.done.find((other) => other.externalSecret.name === externalSecret.name)
    if (again !== undefined) return again
    const cause = { field: 'spec.target.name', message: heldWords(bundle) }
    return untouched(externalSecret, refuse('owned-by-another', 'Conflict', cause), options.parity)
  })
  return { done, readCount: run.readCount + (second?.readCount ?? 0) }
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
    prunes: false,
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
