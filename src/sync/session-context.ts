import type { KubeApi, KubeError } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { HttpClient } from '../model/http.ts'
import type { Parity } from '../model/parity.ts'
import type { Store } from '../model/store.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import type { Claim } from '../plan/marks.ts'
import type { OpenContext } from '../providers/provider.ts'
import type { AsLeft } from './as-left.ts'
import type { Breakers } from './breaker.ts'
import type { CredentialSources } from './credentials.ts'
import type { Target } from './target.ts'

/** Options of `waybill sync`, decoded. */
export interface SessionSettings {
  readonly namespace: string
  readonly parity: Parity
  readonly adopts: boolean
  /** What names another is left alone (R8). */
  readonly controllerClass: string
  /** ESO's label and hash as well as ours. */
  readonly esoMarks: boolean
  readonly dryRun: 'none' | 'client' | 'server'
  readonly fieldManager: string
  readonly force: ReadonlySet<string>
  /** Whether Secrets go that no ExternalSecret of the bundle asks for any more. */
  readonly prunes: boolean
  /** More deletions at once than a quarter are meant. */
  readonly confirmsDeletions: boolean
  /** What the administrator allows; undefined allows what stores and conditions do. */
  readonly policy: StorePolicy | undefined
  /** Kinds besides Secret that whoever runs this allows. */
  readonly targets: readonly AllowedTarget[]
  /** This run's part of an Indexed Job; undefined for a run that does it all. */
  readonly share: Share | undefined
}

/** One of `count` runs that do the work of one between them. */
export interface Share {
  readonly index: number
  readonly count: number
}

/** The world as a session needs it; tests pass servers of their own. */
export interface SessionPorts {
  /** The API server; rejects with KubeError when there is none. Asked only when something is needed of it. */
  readonly kube: KubeApi
  /** The same, for some seconds longer: status and events of a run that was stopped. */
  readonly records: KubeApi
  /** Where Secrets go. */
  readonly targetFor: (claimOf: (externalSecret: ExternalSecret) => Claim) => Target
  readonly isLocal: boolean
  readonly credentials: CredentialSources
  /** See `ClusterStoreOptions`. */
  readonly onRefused?: ((error: KubeError) => void) | undefined
  /** The network behind the fence of a store. */
  readonly httpFor: (store: Pick<Store, 'kind' | 'provider'>) => HttpClient
  /** To the metadata server; undefined unless whoever runs us allows it. */
  readonly metadata?: HttpClient | undefined
  /** Every request to a provider, when it is over; `call` is `service:Operation`. */
  readonly onCallEnded?: OpenContext['onCallEnded']
  readonly nowMs: () => number
  /** Which stores are known to be down: a controller keeps it from run to run. */
  readonly breakers: Breakers
  /** What earlier runs of this process know of the Secrets; undefined: each is looked at. */
  readonly asLeft?: AsLeft | undefined
  /** A clock that never jumps. */
  readonly monotonicMs: () => number
  readonly randomBytes: (length: number) => Uint8Array
  readonly random: () => number
  readonly sleep: OpenContext['sleep']
  readonly env: OpenContext['env']
  readonly signal: AbortSignal
}
