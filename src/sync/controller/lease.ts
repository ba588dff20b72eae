import { type KubeApi, KubeError, type ObjectRef } from '../../kube/api.ts'
import { canonicalJson, dig, type JsonObject, member, text } from '../../model/json.ts'

// Leader election by a Lease, with client-go's times. A lease counts as expired when its record has not changed for its
// whole duration by OUR clock: the clocks of others do not matter. Whoever cannot renew stops writing five seconds before
// anybody else may begin. Two leaders would still be harmless: every write names the version that it replaces.
//
//  t = 0          renewed
//  t = 2, 4, …    renewed again
//  t = 10         not renewed since 0: no more writes
//  t = 15         somebody else may take over

const DURATION_S = 15
const RENEW_DEADLINE_MS = 10_000
const RETRY_MS = 2_000

/** Whose lease it is. */
export interface LeaseSettings {
  readonly namespace: string
  readonly name: string
  /** Ours alone: the pod's name and something random. */
  readonly identity: string
  /** Told why the lease could not be had or kept; that another was quicker is no trouble. */
  readonly onTrouble: (error: KubeError) => void
}

/** Clocks: the monotonic one decides, that of the wall is written down for people. */
export interface LeaseClock {
  readonly nowMs: () => number
  readonly wallMs: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
}

/** A lease that one process at a time holds. */
export interface Lease {
  /** Waits until it is ours; false when the signal came first. */
  readonly acquire: (signal: AbortSignal) => Promise<boolean>
  /** Renews until the signal aborts, or until it is lost: then it answers false. */
  readonly keep: (signal: AbortSignal) => Promise<boolean>
  /** Asked before each write: a process that was stopped for a minute has lost it without knowing. */
  readonly isHeld: () => boolean
  /** Lets the next one begin at once. */
  readonly release: () => Promise<void>
}

/** Opens nothing. `kube` should give up sooner than the deadline. */
export function createLease(kube: KubeApi, settings: LeaseSettings, clock: LeaseClock): Lease {
  const contest = createContest(kube, settings, clock)
  let renewedMs = Number.NEGATIVE_INFINITY
  const isHeld = (): boolean => clock.nowMs() - renewedMs < RENEW_DEADLINE_MS
  const attempt = async (): Promise<boolean> => {
    const askedMs = clock.nowMs()
    const isOurs = await contest.tryOnce()
    if (isOurs) renewedMs = askedMs
    return isOurs
  }
  const rest = (signal: AbortSignal): Promise<void> =>
    clock.sleep(RETRY_MS * (1 + clock.random() * 0.2), signal).catch(() => undefined)
  return {
    isHeld,
    acquire: async (signal) => {
      while (!signal.aborted) {
        if (await attempt()) return true
        await rest(signal)
      }
      return false
    },
    keep: async (signal) => {
      while (!signal.aborted && isHeld()) {
        await rest(signal)
        if (!signal.aborted && isHeld()) await attempt()
      }
      return isHeld()
    },
    release: async () => {
      if (isHeld()) await contest.giveUp()
      renewedMs = Number.NEGATIVE_INFINITY
    },
  }
}

interface Contest {
  /** Takes or renews the lease, if that is possible now. Any failure of the API server is a no. */
  readonly tryOnce: () => Promise<boolean>
  readonly giveUp: () => Promise<void>
}

function createContest(kube: KubeApi, settings: LeaseSettings, clock: LeaseClock): Contest {
  const { namespace, name, identity } = settings
  const ref: ObjectRef = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name }
  let seen = { record: '', atMs: 0 }

  /** Whether the holder may still believe in it. */
  const isTaken = (lease: JsonObject): boolean => {
    const holder = text(dig(lease, 'spec', 'holderIdentity')) ?? ''
    const record = canonicalJson(member(lease, 'spec') ?? null)
    if (record !== seen.record) seen = { record, atMs: clock.nowMs() }
    if (holder === '' || holder === identity) return false
    const seconds = Number(dig(lease, 'spec', 'leaseDurationSeconds') ?? DURATION_S)
    return clock.nowMs() < seen.atMs + seconds * 1000
  }

  const write = async (lease: JsonObject | undefined, holder: string): Promise<void> => {
    const object = leaseObject(ref, lease, { holder, now: new Date(clock.wallMs()).toISOString() })
    if (lease === undefined) await kube.create(object, 'waybill')
    else await kube.replace(object, { fieldManager: 'waybill', isDryRun: false })
  }

  const ignoring = async (act: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      if (error.code !== 'conflict') settings.onTrouble(error)
      return false
    }
  }

  return {
    tryOnce: () =>
      ignoring(async () => {
        const lease = await kube.get(ref)
        if (lease !== undefined && isTaken(lease)) return false
        await write(lease, identity)
        return true
      }),
    // What is written is what is there now: a renewal whose answer was lost has changed it.
    giveUp: async () => {
      await ignoring(async () => {
        const lease = await kube.get(ref)
        const isOurs = text(dig(lease, 'spec', 'holderIdentity')) === identity
        if (isOurs) await write(lease, '')
        return isOurs
      })
    },
  }
}

/** The lease as `holder` holds it; uid and resourceVersion of the one that was read are conditions. */
function leaseObject(
  { apiVersion, kind, namespace, name }: ObjectRef,
  before: JsonObject | undefined,
  { holder, now }: { readonly holder: string; readonly now: string },
): JsonObject {
  const { uid, resourceVersion } = (member(before, 'metadata') ?? {}) as JsonObject
  const spec = member(before, 'spec')
  const isNew = member(spec, 'holderIdentity') !== holder
  const time = now.replace(/(\.\d{3})Z$/, '$1000Z')
  return {
    apiVersion,
    kind,
    metadata: { namespace, name, ...(uid === undefined ? {} : { uid, resourceVersion }) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: holder === '' ? 1 : DURATION_S,
      acquireTime: isNew ? time : (member(spec, 'acquireTime') ?? time),
      renewTime: time,
      leaseTransitions: Number(member(spec, 'leaseTransitions') ?? 0) + (isNew ? 1 : 0),
    },
  }
}
