import type { JsonObject } from '../../model/json.ts'
import type { Parity } from '../../model/parity.ts'
import type { Store, StoreKind } from '../../model/store.ts'
import type { SecretWriter } from '../../providers/writer.ts'
import type { Lookup } from '../credentials.ts'
import type { EngineLoader } from '../engines.ts'
import type { ReadingOptions } from '../reading.ts'
import type { Told } from './result.ts'

/** How a push reaches the world. */
export interface PushPorts {
  /** Secrets and ConfigMaps of the PushSecret's namespace. */
  readonly lookup: Lookup
  /** Secrets that a well-formed label selector matches. Throws KubeError. */
  readonly secretsWith: (labels: JsonObject, namespace: string) => Promise<readonly JsonObject[]>
  /** Stores of a kind that `labelSelector` may choose from; of the namespace, for SecretStores. Throws KubeError. */
  readonly storesOf: (kind: StoreKind, namespace: string) => Promise<readonly Store[]>
  /** Stores, generators, policy and deadlines, as for reading. */
  readonly reading: Pick<ReadingOptions, 'gate' | 'policy' | 'generators' | 'signal' | 'deadlineMs'>
  readonly engines: EngineLoader
  /** On behalf of the PushSecrets of one namespace. Throws ProviderError. */
  readonly open: (
    store: Store,
    asked: { readonly namespace: string; readonly signal: AbortSignal },
  ) => Promise<SecretWriter>
  readonly parity: Parity
  /** References to stores of another are left to it (R8). */
  readonly controllerClass: string
  /** Why what has lost its source is not taken back now; undefined: it is. */
  readonly keepsLost: Told | undefined
  /** Observes and plans, and writes nothing. */
  readonly isDryRun: boolean
}
