import { canonicalJson, dig, type JsonObject, member, text } from '../model/json.ts'
import { decodeStore, type Store, type StoreKind } from '../model/store.ts'
import { type BundleProblem, FORMAT_VERSION, parsed } from './bundle.ts'
import { HANDOFF_LABEL, storeConfigMapName } from './names.ts'
import { handedOff } from './normalise.ts'

// A store has one home: the ConfigMap that its publisher's render writes. Its name and namespace follow from the
// reference alone, so a run gets it by name and needs no list.

const STORE_KEY = 'store.json'

/** Where the ConfigMap of a store is. `namespace` is the SecretStore's own; a ClusterSecretStore lives in the store namespace. */
export interface StoreHome {
  readonly kind: StoreKind
  readonly name: string
  readonly namespace: string
}

/** The ConfigMap that hands one store off, without a sync wave. */
export function encodeStore(store: Store, home: StoreHome): JsonObject {
  const namespace = store.kind === 'ClusterSecretStore' ? '' : home.namespace
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: storeConfigMapName(home.kind, home.name),
      ...(home.namespace === '' ? {} : { namespace: home.namespace }),
      labels: { [HANDOFF_LABEL]: 'store' },
    },
    data: {
      format: String(FORMAT_VERSION),
      [STORE_KEY]: canonicalJson(handedOff(store.object, namespace)),
    },
  }
}

/**
 * Reads a store from the ConfigMap at `home`. Trust: what the ConfigMap claims to be counts only if it is the store that was
 * asked for: a SecretStore of another namespace, or a ClusterSecretStore in a tenant's namespace, is refused (MT-2, MT-3).
 */
export function readStore(
  configMap: JsonObject,
  home: StoreHome,
): { readonly outcome: 'read'; readonly store: Store } | BundleProblem {
  const data = member(configMap, 'data')
  const where = `ConfigMap ${storeConfigMapName(home.kind, home.name)}`
  // Trust: an admission policy reserves the label, so that a status of the same name may stay anybody's (MT-11).
  if (dig(configMap, 'metadata', 'labels', HANDOFF_LABEL) !== 'store') {
    const message = `${where} has no label ${HANDOFF_LABEL}=store: nobody has handed it off`
    return { outcome: 'unusable', code: 'malformed', message }
  }
  const format = Number(text(member(data, 'format')) ?? 0)
  if (format > FORMAT_VERSION) {
    const message = `${where} has format ${format}, this version reads up to ${FORMAT_VERSION}`
    return { outcome: 'unusable', code: 'newer-format', message }
  }
  const object = parsed(member(data, STORE_KEY))
  if (format !== FORMAT_VERSION || typeof object !== 'object' || object === null) {
    return { outcome: 'unusable', code: 'malformed', message: `${where} holds no store` }
  }
  const store = decodeStore(object as JsonObject)
  const isAsked =
    member(object, 'kind') === home.kind &&
    store.name === home.name &&
    (store.namespace === '' || store.namespace === home.namespace)
  if (!isAsked) {
    const message = `${where} holds another store than ${home.kind} ${home.name}`
    return { outcome: 'unusable', code: 'malformed', message }
  }
  const namespace = home.kind === 'SecretStore' ? home.namespace : ''
  return { outcome: 'read', store: { ...store, namespace } }
}

/** The same for a ConfigMap that was listed; undefined when it holds no store of this kind, or not under its own name. */
export function readStoreOf(
  configMap: JsonObject,
  kind: StoreKind,
  namespace: string,
): Store | undefined {
  const object = parsed(member(member(configMap, 'data'), STORE_KEY))
  if (typeof object !== 'object' || object === null) return undefined
  const { name } = decodeStore(object as JsonObject)
  const isHome = member(member(configMap, 'metadata'), 'name') === storeConfigMapName(kind, name)
  const read = isHome ? readStore(configMap, { kind, name, namespace }) : undefined
  return read?.outcome === 'read' ? read.store : undefined
}
