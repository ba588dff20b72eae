import type { Node, SecretGraph } from '../graph/graph.ts'
import type { Finding } from '../model/finding.ts'
import { compareBytes, type JsonObject } from '../model/json.ts'
import type { Store } from '../model/store.ts'
import { bundleName, storeConfigMapName } from './names.ts'
import { clusterStoreRules, role, roleBinding, type Subject } from './rbac.ts'

// Who may use a ClusterSecretStore. Its reader reads the store's ConfigMap and gets tokens of the ServiceAccount that it names,
// that is, can act as that identity. So only the render that publishes the store grants it: to the ExternalSecrets beside
// it, and to whom `--grant-store` names. Everybody else is told what to ask for, and nothing is granted silently.

/** `--grant-store NAMESPACE/APP`. */
export interface Grant {
  readonly namespace: string
  readonly app: string
}

/** Whose stores, and which applications may use them. */
export interface GrantOptions {
  readonly app: string
  readonly storeNamespace: string
  readonly grants: readonly Grant[]
}

/** Role of every namespace that the store reaches into, and the RoleBinding for `subjects` if there are any. */
export function grantObjects(
  store: Store,
  subjects: readonly Subject[],
  storeNamespace: string,
): readonly JsonObject[] {
  const name = storeConfigMapName('ClusterSecretStore', store.name)
  const objects: JsonObject[] = []
  for (const [namespace, rules] of clusterStoreRules(store, storeNamespace)) {
    objects.push(role(name, namespace, rules))
    if (subjects.length > 0) {
      objects.push(roleBinding(name, namespace, { roleName: name, subjects }))
    }
  }
  return objects
}

/** ServiceAccounts that may use a store of this render: those of `namespaces`, and the granted ones. */
export function subjectsOf(
  namespaces: Iterable<string>,
  { app, grants }: GrantOptions,
): readonly Subject[] {
  const all = [
    ...[...namespaces].map((namespace) => ({ namespace, name: bundleName(app) })),
    ...grants.map((grant) => ({ namespace: grant.namespace, name: bundleName(grant.app) })),
  ]
  const byKey = new Map(all.map((subject) => [`${subject.namespace}/${subject.name}`, subject]))
  return [...byKey].sort(([a], [b]) => compareBytes(a, b)).map(([, subject]) => subject)
}

/** Tells the publisher whom this render lets act as the store's identity. */
export function grantedFinding(store: Node<Store>, subjects: readonly Subject[]): Finding {
  const names = subjects.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')
  return {
    rule: 'store-identity-granted',
    severity: 'info',
    at: store.document.at,
    subject: store.key,
    field: undefined,
    message: `ServiceAccount ${names} may act as the identity of ${store.key}, and so may whoever runs a pod with it`,
    hint: 'between tenants that do not trust each other use --handoff=controller',
  }
}

/** Tells a consumer whose store is published elsewhere what to ask its publisher for. */
export function needsGrantFinding(
  consumer: Node<unknown>,
  storeKey: string,
  {
    namespace,
    graph,
    options,
  }: {
    readonly namespace: string
    readonly graph: SecretGraph
    readonly options: GrantOptions
  },
): Finding {
  const storeName = storeKey.slice(storeKey.indexOf('/') + 1)
  const roleName = storeConfigMapName('ClusterSecretStore', storeName)
  const subject = { namespace, name: bundleName(options.app) }
  const known = graph.knownStores.get(storeKey)
  const places =
    known === undefined
      ? [options.storeNamespace]
      : [...clusterStoreRules(known, options.storeNamespace).keys()]
  const bindings = places.map((place) =>
    JSON.stringify(
      roleBinding(`${roleName}-${subject.name}`, place, { roleName, subjects: [subject] }),
    ),
  )
  return {
    rule: 'store-needs-grant',
    severity: 'warning',
    at: consumer.document.locate(['spec', 'secretStoreRef']),
    subject: consumer.key,
    field: 'spec.secretStoreRef',
    message: `${storeKey} is published by another application, which has to let ${namespace}/${options.app} use it`,
    hint: `ask its publisher for --grant-store=${namespace}/${options.app}, or for ${bindings.join(' and ')}`,
  }
}
