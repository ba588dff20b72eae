import { KubeError } from '../../kube/api.ts'
import type { SyncedPushSecrets } from '../../model/push.ts'
import type { PushSecret } from '../../model/push-secret.ts'
import type { PushCandidate } from '../candidates.ts'
import { createLanes } from '../lanes.ts'
import type { SyncReport } from '../report.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import type { Work } from '../work.ts'
import { countKeys, countLost, LOST_MEANWHILE, refusalOfLoss } from './lost.ts'
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
import { pushPortsFor } from './session-ports.ts'

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
  // The reads of the same run may have been told the same.
  const notices = new Set(report.notes)
  const home = homeOf(work, settings, ports)
  const remembered = home === undefined ? new Map() : await readMemory(home)
  const pushPorts = pushPortsFor(work, settings, { ports, calls, notices })
  const pushes = await pushAll(work, remembered ?? new Map(), { settings, ports: pushPorts })
  const notes =
    home === undefined
      ? forgetful(work)
      : await remember(pushes, { home, remembered, work, settings })
  return { ...report, calls, notes: [...notices, ...notes], pushes }
}

/** First what would be lost is counted, then every PushSecret is pushed by itself. */
async function pushAll(
  { pushSecrets }: Work,
  remembered: PushMemory,
  { settings, ports }: { readonly settings: SessionSettings; readonly ports: PushPorts },
): Promise<readonly PushOutcome[]> {
  const lanes = createLanes(PUSHES_AT_ONCE)
  const before = (pushSecret: PushSecret): SyncedPushSecrets =>
    remembered.get(memoryKey(pushSecret)) ?? new Map()
  const losses = await Promise.all(
    pushSecrets.map(({ pushSecret, errors }) =>
      lanes(async () => (errors.length > 0 ? 0 : countLost(pushSecret, before(pushSecret), ports))),
    ),
  )
  const inventory = [...remembered.values()].map((synced) => countKeys(synced, () => true))
  const tooMany = refusalOfLoss({ lost: sum(losses), inventory: sum(inventory) })
  const keepsLost = (at: number): PushPorts['keepsLost'] => {
    if (settings.confirmsDeletions) return undefined
    return tooMany ?? (losses[at] === 0 ? LOST_MEANWHILE : undefined)
  }
  return Promise.all(
    pushSecrets.map((candidate, at) =>
      lanes(() =>
        pushCandidate(candidate, before(candidate.pushSecret), {
          ...ports,
          keepsLost: keepsLost(at),
        }),
      ),
    ),
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
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
