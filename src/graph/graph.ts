import type { Document } from '../manifests/document.ts'
import {
  decodeExternalSecret,
  ESO_GROUP,
  type ExternalSecret,
  GENERATORS_GROUP,
  type SourceRef,
  type StoreRef,
} from '../model/external-secret.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import { comparePlaces } from '../model/place.ts'
import { decodeStore, type Store, type StoreKey, storeKey } from '../model/store.ts'

/** A resource and where it was read. */
export interface Node<T> {
  /** `Kind/namespace/name`, or `Kind/name` for cluster scope, with the default namespace filled in. */
  readonly key: string
  readonly document: Document
  readonly resource: T
}

/** ExternalSecrets, the stores they name, and everything else of ESO's groups in one render. */
export interface SecretGraph {
  /** In the order of the input. */
  readonly externalSecrets: readonly Node<ExternalSecret>[]
  /** First declaration of each key wins; a second one is a finding. */
  readonly stores: ReadonlyMap<StoreKey, Node<Store>>
  /** Stores that live elsewhere (`--known-stores`). */
  readonly knownStores: ReadonlyMap<StoreKey, Store>
  /** Generators, ClusterExternalSecrets, PushSecrets, ClusterPushSecrets, repeated stores. */
  readonly others: readonly Node<JsonObject>[]
  /** Namespace of objects that name none; empty when the destination decides. */
  readonly defaultNamespace: string
}

const CLUSTER_KINDS: ReadonlySet<string> = new Set([
  'ClusterSecretStore',
  'ClusterExternalSecret',
  'ClusterPushSecret',
  'ClusterGenerator',
])

/** Whether an object belongs to ESO's API groups, whatever its version. */
export function isEsoObject(object: JsonObject): boolean {
  const group = (text(member(object, 'apiVersion')) ?? '').split('/')[0]
  return group === ESO_GROUP || group === GENERATORS_GROUP
}

/** Builds the graph from the documents that are ours. The order of `documents` decides nothing but the order of lists. */
export function buildGraph(
  documents: readonly Document[],
  defaultNamespace: string,
  known: readonly JsonObject[] = [],
): SecretGraph {
  const externalSecrets: Node<ExternalSecret>[] = []
  const stores = new Map<StoreKey, Node<Store>>()
  const others: Node<JsonObject>[] = []
  for (const document of documents) {
    const { object } = document
    const key = objectKey(object, defaultNamespace)
    const kind = member(object, 'kind')
    if (kind === 'ExternalSecret') {
      externalSecrets.push({ key, document, resource: decodeExternalSecret(object) })
    } else if (kind === 'SecretStore' || kind === 'ClusterSecretStore') {
      const repeated = declare(stores, { key, document, resource: decodeStore(object) })
      if (repeated !== undefined) others.push(repeated)
    } else {
      others.push({ key, document, resource: object })
    }
  }
  const knownStores = new Map(
    known.map((object) => [objectKey(object, defaultNamespace), decodeStore(object)]),
  )
  return { externalSecrets, stores, knownStores, others, defaultNamespace }
}

/** Keeps the declaration that stands first in the input, whichever comes first here; returns the other one. */
function declare(
  stores: Map<StoreKey, Node<Store>>,
  store: Node<Store>,
): Node<JsonObject> | undefined {
  const known = stores.get(store.key)
  const isFirst = known === undefined || comparePlaces(store.document.at, known.document.at) < 0
  if (isFirst) stores.set(store.key, store)
  const repeated = isFirst ? known : store
  return repeated && { ...repeated, resource: repeated.document.object }
}

/** How an object is called in messages and maps. */
export function objectKey(object: JsonObject, defaultNamespace: string): string {
  const kind = text(member(object, 'kind')) ?? ''
  const name = text(dig(object, 'metadata', 'name')) ?? ''
  if (CLUSTER_KINDS.has(kind)) return `${kind}/${name}`
  const namespace = text(dig(object, 'metadata', 'namespace')) || defaultNamespace
  return `${kind}/${namespace}/${name}`
}

/** The key of the store that an entry reads from: its own `sourceRef.storeRef` before the spec's (R7). */
export function storeKeyOf(
  externalSecret: ExternalSecret,
  sourceRef: SourceRef | undefined,
  defaultNamespace: string,
): StoreKey | undefined {
  const ref: StoreRef | undefined = sourceRef?.storeRef ?? externalSecret.storeRef
  if (ref === undefined) return undefined
  return storeKey(ref.kind, externalSecret.namespace || defaultNamespace, ref.name)
}
