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
  /** Told of what the API server refuses and no tenant may read; undefined where a tenant reads the log. */
  readonly onRefused: ((error: KubeError) => void) | undefined
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
        if (!(error instanceof KubeError)) throw error
        options.onRefused?.(error)
        return undefined
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

/** The ConfigMap could not be asked for. Whether it exists has no part in that, so the refusal can be told (MT-10). */
async function findWithout(
  refused: KubeError,
  ask: StoreAsk,
  options: ClusterStoreOptions,
): Promise<FoundStore> {
  const { code, status, message } = refused
  // No way to a cluster at all: then only what was given is there.
  if (code === 'invalid' && status === 0) return storeNotFound(ask)
  if (code !== 'forbidden') return unreachable({ code, message })
  const found = await findResource(ask, options)
  if (found.outcome === 'found') {
    // Served all the same, and not what its publisher wrote.
    options.onRefused?.(refused)
    return found
  }
  if (ask.kind === 'ClusterSecretStore') return needsGrant(ask, refused, options.storeNamespace)
  return failed('forbidden', message, `without it nobody knows whether there is a ${named(ask)}`)
}

/** The object of an installed ESO, read as v1. */
async function findResource(
  ask: StoreAsk,
  { kube, onRefused }: ClusterStoreOptions,
): Promise<FoundStore> {
  const { kind, name } = ask
  const namespace = kind === 'SecretStore' ? ask.namespace : ''
  const apiVersion = 'external-secrets.io/v1'
  const object = await tried(() => kube.get({ apiVersion, kind, namespace, name }))
  if (object instanceof KubeError) {
    if (object.code === 'forbidden') onRefused?.(object)
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

/** What the finding store-needs-grant announces, and what a controller without its rights meets. */
function needsGrant(ask: StoreAsk, { message }: KubeError, home: string): FoundStore {
  const { name, namespace } = ask
  const grant = `--grant-store ${namespace}/APP, which binds Role waybill-clusterstore-${name} in ${home}`
  return failed(
    'store-not-permitted',
    `${named(ask)} cannot be read for namespace ${namespace}: ${message}`,
    `for a Job its publisher grants it with ${grant}; a controller needs its ClusterRole`,
  )
}

function named({ kind, name }: StoreAsk): string {
  return `${kind} "${name}"`
}

function failed(code: ProviderErrorCode, message: string, hint?: string): FoundStore {
  return { outcome: 'failed', failure: { code, message, hint } }
}
