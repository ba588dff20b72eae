import { isIP } from 'node:net'
import type { KubeApi } from '../kube/api.ts'
import type { SecretValue } from '../model/secret-value.ts'
import type { Breakers } from '../sync/breaker.ts'
import { clusterTarget } from '../sync/cluster-target.ts'
import type { Lookup } from '../sync/credentials.ts'
import type { SessionPorts, SessionSettings } from '../sync/session-context.ts'
import type { StoreClients } from '../sync/store-clients.ts'
import type { Io } from './io.ts'

/** What runs against a cluster are made of. */
export interface ClusterWorld {
  readonly kube: KubeApi
  /** The same, some seconds longer than the run. */
  readonly records: KubeApi
  readonly ownToken: () => Promise<SecretValue | undefined>
  readonly clients: StoreClients
  readonly breakers: Breakers
  readonly signal: AbortSignal
  readonly io: Io
}

/** A stopped run still writes its status: of the 30 s that a pod has to end. */
export const RECORDS_MS = 8000

/** The one place where a run meets the world. */
export function clusterPorts(
  { kube, records, ownToken, clients, breakers, signal, io }: ClusterWorld,
  { fieldManager, dryRun }: Pick<SessionSettings, 'fieldManager' | 'dryRun'>,
): SessionPorts {
  return {
    kube,
    records,
    isLocal: false,
    targetFor: (claimOf) =>
      clusterTarget({ kube, fieldManager, isDryRun: dryRun === 'server', claimOf }),
    credentials: {
      lookup: inCluster(kube),
      serviceAccountToken: kube.serviceAccountToken,
      ownToken,
    },
    httpFor: clients.httpFor,
    metadata: io.env.WAYBILL_METADATA_SERVER === 'allow' ? clients.metadata : undefined,
    nowMs: io.clock.nowMs,
    monotonicMs: io.clock.monotonicMs,
    breakers,
    randomBytes: io.random.bytes,
    random: io.random.fraction,
    sleep: io.clock.sleep,
    env: io.env,
    signal,
  }
}

/** Core objects by kind, namespace and name. */
export function inCluster(kube: KubeApi): Lookup {
  return (kind, namespace, name) => kube.get({ apiVersion: 'v1', kind, namespace, name })
}

/** Addresses of the API server, which stores of tenants may not be at. */
export function apiAddresses(io: Io): readonly string[] {
  return [io.env.KUBERNETES_SERVICE_HOST ?? ''].filter((host) => isIP(host) !== 0)
}
