import { storeConfigMapName } from '../handoff/names.ts'
import { readStore } from '../handoff/stores.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import { stringMap } from '../model/external-secret.ts'
import { dig, type JsonObject } from '../model/json.ts'
import type { ProviderErrorCode } from '../model/provider.ts'
import { decodeStore, type Store, type StoreKey } from '../model/store.ts'
import { type FoundStore, type StoreAsk, type StoreSources, storeNotFound } from './store-gate.ts'

// Where a run finds a store (design §3): the objects that it was given, then the ConfigMap of the store's one home, then
// the custom resource, if the CRDs are there.

/** Stores that are given, and where to look for others. */
export interface ClusterStoreOptions {
  readonly kube: KubeApi
  readonly given: ReadonlyMap<StoreKey, Store>
  readonly storeNamespace: string
}

/**
 * Given stores first, then the cluster's. A namespace whose labels cannot be read has none that are
 * known: undefined.
 */
export function clusterStores(options: ClusterStoreOptions): StoreSources {
  const { kube, given } = options
  return {
    find: async (ask) => {
      const store = given.get(ask.key)
      return store === undefined ? findInCluster(ask, options) : { outcome: 'found', store }
    },
    labelsOf: async (namespace) => {
      try {
        const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: namespace }
        const object = await kube.get(ref)
        const labels = stringMap(dig(object, 'metadata', 'labels'))
        // The API server sets this label on every Namespace; nobody can change it.
        return object && new Map([...(labels ?? []), ['kubernetes.io/metadata.name', namespace]])
      } catch (error) {
        if (error instanceof KubeError) return undefined
        throw error
      }
    },
  }
}

/**
 * The published ConfigMap first, then the CRD's object; without a right to the first, a cluster
 * store needs a grant.
 */
async function findInCluster(ask: StoreAsk, options: ClusterStoreOptions): Promise<FoundStore> {
  const { kind, name } = ask
  const isCluster = kind === 'ClusterSecretStore'
  const namespace = isCluster ? options.storeNamespace : ask.namespace
  const home = { kind, name, namespace }
  const configMap = await tried(() =>
    options.kube.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      name: storeConfigMapName(kind, name),
    }),
  )
  if (configMap instanceof KubeError) return findWithout(configMap, ask, options)
  if (configMap === undefined) return findResource(ask, options)
  const read = readStore(configMap, home)
  if (read.outcome === 'read') return { outcome: 'found', store: read.store }
  // Nobody can say whom it would serve, so nobody is told that it is there (MT-10).
  return isCluster ? storeNotFound(ask) : failed('invalid', read.message)
}

/** The ConfigMap could not be asked for. */
async function findWithout(
  { code, status, message }: KubeError,
  ask: StoreAsk,
  options: ClusterStoreOptions,
): Promise<FoundStore> {
  // No way to a cluster at all: then only what was given is there.
  if (code === 'invalid' && status === 0) return storeNotFound(ask)
  if (code !== 'forbidden') return unreachable({ code, message })
  const found = await findResource(ask, options)
  if (found.outcome === 'found' || ask.kind === 'SecretStore') return found
  return needsGrant(ask, options.storeNamespace)
}

/** The object of an installed ESO, read as v1. */
async function findResource(ask: StoreAsk, { kube }: ClusterStoreOptions): Promise<FoundStore> {
  const { kind, name } = ask
  const namespace = kind === 'SecretStore' ? ask.namespace : ''
  const apiVersion = 'external-secrets.io/v1'
  const object = await tried(() => kube.get({ apiVersion, kind, namespace, name }))
  if (object instanceof KubeError) {
    // Without the CRDs, and without a right to read them, there is no such store for us.
    return ['forbidden', 'not-found', 'invalid'].includes(object.code)
      ? storeNotFound(ask)
      : unreachable(object)
  }
  if (object === undefined) return storeNotFound(ask)
  return { outcome: 'found', store: { ...decodeStore(object), namespace } }
}

/** A KubeError as a value, so that its code can be looked at. */
async function tried(
  get: () => Promise<JsonObject | undefined>,
): Promise<JsonObject | undefined | KubeError> {
  try {
    return await get()
  } catch (error) {
    if (error instanceof KubeError) return error
    throw error
  }
}

/** The cluster's failure is no statement about the store. */
function unreachable({ code, message }: Pick<KubeError, 'code' | 'message'>): FoundStore {
  return failed(code === 'timeout' ? 'timeout' : 'unavailable', message)
}

/** The text that the finding store-needs-grant announces. */
function needsGrant({ name, namespace }: StoreAsk, home: string): FoundStore {
  return failed(
    'store-not-permitted',
    `ClusterSecretStore "${name}" was not found, or may not be used from namespace ${namespace}`,
    `its publisher grants it with --grant-store ${namespace}/APP, which binds Role waybill-clusterstore-${name} in ${home}`,
  )
}

function failed(code: ProviderErrorCode, message: string, hint?: string): FoundStore {
  return { outcome: 'failed', failure: { code, message, hint } }
}
