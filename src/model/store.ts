import type { StoreRef } from './external-secret.ts'
import { isObject, type JsonObject, member, text } from './json.ts'

/** Namespaced or cluster-scoped; nothing else is a store. */
export type StoreKind = StoreRef['kind']

/** A SecretStore or ClusterSecretStore. What lies below `spec.provider.<provider>` belongs to that provider. */
export interface Store {
  readonly kind: StoreKind
  readonly name: string
  /** Empty for a ClusterSecretStore, and for a SecretStore whose manifest names none. */
  readonly namespace: string
  /** `spec.controller`; empty matches every controller class (R8). */
  readonly controller: string
  /** The one property of `spec.provider`, e.g. `aws`; empty when there is not exactly one (R182). */
  readonly provider: string
  /** The object below that property; empty when absent. */
  readonly settings: JsonObject
  /** The object as it was read. */
  readonly object: JsonObject
}

/** ESO's, unless `--controller-class` names another. */
export const DEFAULT_CLASS = 'default'

/** R8: whether a controller of this class works on what names that one; what names none is everybody's. */
export function isOfClass(controller: string, controllerClass: string): boolean {
  return controller === '' || controller === controllerClass
}

/** How a store is called in maps and messages: `SecretStore/namespace/name` or `ClusterSecretStore/name`. */
export type StoreKey = string

/** A store's key in maps. `namespace` counts for SecretStores only. */
export function storeKey(kind: StoreKind, namespace: string, name: string): StoreKey {
  return kind === 'ClusterSecretStore' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
}

/** Reads a store of v1 or v1beta1. Never throws: what is malformed counts as absent and is reported by the rules. */
export function decodeStore(object: JsonObject): Store {
  const metadata = member(object, 'metadata')
  const spec = member(object, 'spec')
  const provider = member(spec, 'provider')
  const names = isObject(provider) ? Object.keys(provider) : []
  const name = names.length === 1 ? (names[0] ?? '') : ''
  const settings = member(provider, name)
  const kind =
    member(object, 'kind') === 'ClusterSecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  return {
    kind,
    name: text(member(metadata, 'name')) ?? '',
    namespace: kind === 'SecretStore' ? (text(member(metadata, 'namespace')) ?? '') : '',
    controller: text(member(spec, 'controller')) ?? '',
    provider: name,
    settings: isObject(settings) ? settings : Object.create(null),
    object,
  }
}
