import { KubeError } from '../../kube/api.ts'
import { dig, text } from '../../model/json.ts'
import type { SyncedPushSecrets } from '../../model/push.ts'
import { decodeStore, type Store, type StoreKind } from '../../model/store.ts'
import { openWriter } from '../../providers/push.ts'
import type { PushCandidate } from '../candidates.ts'
import { createEngineLoader } from '../engines.ts'
import { createLanes } from '../lanes.ts'
import type { SyncReport } from '../report.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { sessionReading } from '../session-reading.ts'
import type { Work } from '../work.ts'
import {
  memoryKey,
  type PushHome,
  type PushMemory,
  readMemory,
  sameMemory,
  writeMemory,
} from './memory.ts'
import type { PushPorts } from './ports.ts'
import { pushOne } from './push.ts'
import { failedOutcome, type PushOutcome, skippedOutcome } from './result.ts'

const PUSHES_AT_ONCE = 4

/** Pushes the PushSecrets of a run, after its Secrets are there, and adds them to its report. */
export async function withPushes(
  report: SyncReport,
  work: Work,
  { settings, ports }: { readonly settings: SessionSettings; readonly ports: SessionPorts },
): Promise<SyncReport> {
  if (work.pushSecrets.length === 0) return report
  if (ports.isLocal) return { ...report, pushes: work.pushSecrets.map(notPushed) }
  const calls = new Map(report.calls)
  const home = homeOf(work, settings, ports)
  const remembered = home === undefined ? new Map() : await readMemory(home)
  const pushPorts = portsFor(work, settings, { ports, calls })
  const lanes = createLanes(PUSHES_AT_ONCE)
  const pushes = await Promise.all(
    work.pushSecrets.map((candidate) =>
      lanes(() => {
        const key = memoryKey(candidate.pushSecret)
        return pushCandidate(candidate, remembered?.get(key) ?? new Map(), pushPorts)
      }),
    ),
  )
  const notes =
    home === undefined
      ? forgetful(work)
      : await remember(pushes, { home, remembered, work, settings })
  return { ...report, calls, notes: [...report.notes, ...notes], pushes }
}

function notPushed({ pushSecret }: PushCandidate): PushOutcome {
  return skippedOutcome(pushSecret, 'a run into a folder pushes nothing', new Map())
}

function pushCandidate(
  { pushSecret, errors }: PushCandidate,
  remembered: SyncedPushSecrets,
  ports: PushPorts,
): Promise<PushOutcome> {
  if (errors.length === 0) return pushOne(pushSecret, remembered, ports)
  return Promise.resolve(failedOutcome(pushSecret, errors, { synced: remembered }))
}

/** Undefined without an app: there is nothing to remember by. */
function homeOf(
  { app, anchor }: Work,
  { namespace }: SessionSettings,
  { records }: SessionPorts,
): PushHome | undefined {
  return app === undefined ? undefined : { kube: records, app, namespace, anchor }
}

function forgetful({ pushSecrets }: Work): readonly string[] {
  const isWaiting = pushSecrets.some(({ pushSecret }) => pushSecret.deletionPolicy === 'Delete')
  return isWaiting
    ? ['without --app no run remembers what was pushed: deletionPolicy Delete takes nothing back']
    : []
}

/** PushSecrets of the app that this run was not given keep what is remembered of them. */
async function remember(
  pushes: readonly PushOutcome[],
  {
    home,
    remembered,
    work,
    settings,
  }: {
    readonly home: PushHome
    readonly remembered: PushMemory | undefined
    readonly work: Work
    readonly settings: SessionSettings
  },
): Promise<readonly string[]> {
  if (remembered === undefined) {
    return ['what was pushed before could not be read: nothing was taken back or written down']
  }
  const now = new Map(remembered)
  for (const [at, { pushSecret }] of work.pushSecrets.entries()) {
    now.set(memoryKey(pushSecret), pushes[at]?.synced ?? new Map())
  }
  if (settings.dryRun !== 'none' || sameMemory(now, remembered)) return []
  try {
    await writeMemory(home, now, settings.fieldManager)
    return []
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    return [`what was pushed could not be written down: ${error.message}`]
  }
}

/** No provider has a dry run of its own, so `server` observes and plans like `client`. */
function portsFor(
  work: Work,
  settings: SessionSettings,
  { ports, calls }: { readonly ports: SessionPorts; readonly calls: Map<string, number> },
): PushPorts {
  const engines = createEngineLoader(ports)
  return {
    lookup: ports.credentials.lookup,
    list: ports.kube.list,
    storesOf: (kind, namespace) => storesOf(kind, namespace, { work, ports }),
    reading: sessionReading(work, ports, { engines, calls, policy: settings.policy }),
    engines,
    open: openWriter,
    parity: settings.parity,
    isDryRun: settings.dryRun !== 'none',
  }
}

/** Given stores, and those of the CRDs, if they are there; stores that travel in ConfigMaps have no labels to go by. */
async function storesOf(
  kind: StoreKind,
  namespace: string,
  { work, ports }: { readonly work: Work; readonly ports: SessionPorts },
): Promise<readonly Store[]> {
  const isHere = (store: Store): boolean =>
    store.kind === kind && (kind === 'ClusterSecretStore' || store.namespace === namespace)
  const given = [...work.stores.values()].filter(isHere)
  const scope = kind === 'SecretStore' ? namespace : ''
  try {
    const objects = await ports.kube.list('external-secrets.io/v1', kind, scope)
    const names = new Set(given.map(({ name }) => name))
    return [
      ...given,
      ...objects
        .filter((object) => !names.has(text(dig(object, 'metadata', 'name')) ?? ''))
        .map((object) => decodeStore({ ...object, kind })),
    ]
  } catch (error) {
    if (error instanceof KubeError && ABSENT.has(error.code)) return given
    throw error
  }
}

/** Without the CRDs, and without a right to read them, there are no such stores for us. */
const ABSENT: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'invalid'])
