import type { KubeApi } from '../kube/api.ts'
import { createKubeApi } from '../kube/client.ts'
import type { Connection } from '../kube/connection.ts'
import type { KubeOptions } from '../kube/send.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import type { Breakers } from '../sync/breaker.ts'
import { guardedKube } from '../sync/controller/guarded-kube.ts'
import type { Lease } from '../sync/controller/lease.ts'
import { afterglow } from '../sync/deadline.ts'
import type { SessionPorts } from '../sync/session-context.ts'
import { createStoreClients, type StoreClients } from '../sync/store-clients.ts'
import type { createHttpClient } from '../sync/transport.ts'
import { allowedTargets } from './allowed-targets.ts'
import { apiAddresses, clusterPorts, RECORDS_MS } from './cluster-ports.ts'
import type { OptionValues } from './invocation.ts'
import type { Io } from './io.ts'
import { identityOf, policyFor } from './sync.ts'

// What the runs of a controller share: connections to stores, which of them are down, the administrator's policy.

/** One call of a run, with its retries. */
export const CALL_MS = 10_000
/** How long an administrator waits for a policy to be heeded. */
const POLICY_MS = 60_000

/** The process around a controller. */
export interface World {
  readonly options: OptionValues
  readonly io: Io
  readonly http: ReturnType<typeof createHttpClient>
  readonly connection: Connection
  readonly isInCluster: boolean
}

/** How runs reach the world; writes need the lease, if there is one. */
export interface Runs {
  readonly openRun: (
    signal: AbortSignal,
  ) => Promise<{ readonly ports: SessionPorts; readonly policy: StorePolicy }>
  /** The API server alone. */
  readonly openKube: (signal: AbortSignal) => KubeApi
  readonly close: () => void
}

/** The world of each run: what stores share from run to run stays. */
export function createRuns(
  { options, io, http, connection, isInCluster }: World,
  lease: Lease | undefined,
  told: Pick<SessionPorts, 'onRefused' | 'onCallEnded'>,
): Runs {
  const breakers: Breakers = new Map()
  const policies = createPolicies({ options, io, isInCluster })
  const ownToken = async () => (isInCluster ? connection.token() : undefined)
  const open = (until: AbortSignal): KubeApi => {
    const how = { ...kubeOptions(io, until, CALL_MS), targets: allowedTargets(options) }
    const kube = createKubeApi(connection, http, how)
    return lease === undefined ? kube : guardedKube(kube, lease.isHeld)
  }
  return {
    openKube: open,
    openRun: async (signal) => {
      const kube = open(signal)
      const { policy, clients } = await policies.current(kube)
      const records = open(afterglow(signal, RECORDS_MS))
      const world = { kube, records, ownToken, clients, breakers, signal, io }
      const ports = clusterPorts(world, { ...identityOf(options), dryRun: 'none' })
      return { policy, ports: { ...ports, ...told } }
    },
    close: policies.close,
  }
}

interface Policies {
  readonly current: (
    kube: KubeApi,
  ) => Promise<{ readonly policy: StorePolicy; readonly clients: StoreClients }>
  readonly close: () => void
}

/** The administrator's word, asked for once a minute; a new one gets connections of its own. */
function createPolicies({
  options,
  io,
  isInCluster,
}: Pick<World, 'options' | 'io' | 'isInCluster'>): Policies {
  let known:
    | { readonly policy: StorePolicy; readonly clients: StoreClients; atMs: number }
    | undefined
  return {
    current: async (kube) => {
      const nowMs = io.clock.monotonicMs()
      if (known !== undefined && nowMs - known.atMs < POLICY_MS) return known
      // A controller of one namespace may have no right to it; one of the cluster has.
      const mayBeRefused = options.text('namespace') !== undefined
      const policy = await policyFor(options, io, kube, mayBeRefused)
      const isSame = JSON.stringify(policy) === JSON.stringify(known?.policy)
      if (known !== undefined && isSame) known.atMs = nowMs
      else {
        known?.clients.close()
        const { network } = policy
        const clients = createStoreClients({ network, isInCluster, apiAddresses: apiAddresses(io) })
        known = { policy, clients, atMs: nowMs }
      }
      return known
    },
    close: () => known?.clients.close(),
  }
}

/** Deadline and clock of calls to the API server. */
export function kubeOptions(io: Io, signal: AbortSignal, timeoutMs: number): KubeOptions {
  const { monotonicMs: nowMs, sleep } = io.clock
  return { timeoutMs, signal, nowMs, random: io.random.fraction, sleep }
}
