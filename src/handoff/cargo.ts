import { type Node, type SecretGraph, storeKeyOf } from '../graph/graph.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { compareBytes, dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import { comparePlaces } from '../model/place.ts'
import type { Store, StoreKey } from '../model/store.ts'
import { isBundled, isClusterGenerator } from './bundle.ts'
import { generatorReads, identityReads } from './identity.ts'
import type { Site } from './waves.ts'

// The graph by namespace: a bundle, its run and its rights belong to one namespace each.

/** Everything of one namespace that a bundle is made of. */
export interface Cargo {
  readonly namespace: string
  readonly externalSecrets: readonly Node<ExternalSecret>[]
  /** Those of the namespace, and the ClusterGenerators that its ExternalSecrets name. */
  readonly generators: readonly Node<JsonObject>[]
}

/** Cargoes in byte order of their namespaces. */
export function cargoesOf(graph: SecretGraph): readonly Cargo[] {
  const externalSecrets = byNamespace(graph.externalSecrets, graph)
  const bundled = graph.others.filter(({ resource }) => isBundled(resource))
  const ofCluster = firstOfEach(bundled.filter(({ resource }) => isClusterGenerator(resource)))
  const generators = byNamespace(
    bundled.filter(({ resource }) => !isClusterGenerator(resource)),
    graph,
  )
  const namespaces = new Set([...externalSecrets.keys(), ...generators.keys()])
  return [...namespaces].sort(compareBytes).map((namespace) => {
    const users = externalSecrets.get(namespace) ?? []
    const named = clusterGeneratorsNamed(users)
    return {
      namespace,
      externalSecrets: users,
      generators: [
        ...(generators.get(namespace) ?? []),
        ...ofCluster.filter(({ key }) => named.has(key)),
      ],
    }
  })
}

/** Which one of two that share a key counts must not hang on their order: the one that stands first in the input. */
function firstOfEach(nodes: readonly Node<JsonObject>[]): readonly Node<JsonObject>[] {
  const first = new Map<string, Node<JsonObject>>()
  for (const node of nodes) {
    const known = first.get(node.key)
    if (known === undefined || comparePlaces(node.document.at, known.document.at) < 0) {
      first.set(node.key, node)
    }
  }
  return [...first.values()]
}

/** Keys of the ClusterGenerators that these ExternalSecrets name. */
export function clusterGeneratorsNamed(
  externalSecrets: readonly Node<ExternalSecret>[],
): ReadonlySet<string> {
  const references = externalSecrets.flatMap(({ resource }) =>
    resource.dataFrom.map(({ sourceRef }) => sourceRef?.generatorRef),
  )
  return new Set(
    references
      .filter((reference) => reference?.kind === 'ClusterGenerator')
      .map((reference) => `ClusterGenerator/${reference?.name}`),
  )
}

function byNamespace<T>(
  nodes: readonly Node<T>[],
  graph: SecretGraph,
): ReadonlyMap<string, readonly Node<T>[]> {
  const groups = new Map<string, Node<T>[]>()
  for (const node of nodes) {
    const namespace = namespaceOf(node.document.object, graph)
    const group = groups.get(namespace)
    if (group === undefined) groups.set(namespace, [node])
    else group.push(node)
  }
  return groups
}

/** Namespace of an object of the render; empty when the destination decides. */
export function namespaceOf(object: JsonObject, { defaultNamespace }: SecretGraph): string {
  return text(dig(object, 'metadata', 'namespace')) || defaultNamespace
}

/** Namespaces with their target Secrets and identities: what `secondNeedles` looks around for. */
export function sitesOf(graph: SecretGraph): readonly Site[] {
  return cargoesOf(graph).map((cargo) => siteOf(cargo, graph))
}

/** What one namespace's run writes and reads there, for RBAC and waves. */
export function siteOf(
  { namespace, externalSecrets, generators }: Cargo,
  graph: SecretGraph,
): Site {
  const stores = storesUsed(externalSecrets, graph)
  return {
    namespace,
    targets: namesOf(externalSecrets, 'Secret'),
    configMaps: namesOf(externalSecrets, 'ConfigMap'),
    identities: [
      ...stores.present.flatMap(identityReads),
      ...generators.flatMap(({ resource }) => generatorReads(resource, namespace)),
    ].filter((read) => read.namespace === '' || read.namespace === namespace),
  }
}

/** Names of the targets of one core kind. */
function namesOf(
  externalSecrets: readonly Node<ExternalSecret>[],
  kind: string,
): ReadonlySet<string> {
  const named = externalSecrets
    .map(({ resource }) => resource)
    .filter(({ target: { manifest } }) =>
      manifest === undefined
        ? kind === 'Secret'
        : member(manifest, 'kind') === kind && member(manifest, 'apiVersion') === 'v1',
    )
  return new Set(named.flatMap(targetNames))
}

/**
 * Trap: inside of a kustomize function names have their prefix already, but references to them do not: consumers still name the
 * Secret as it was called before. An explicit target.name never changes.
 */
function targetNames({ target, object, annotations }: ExternalSecret): readonly string[] {
  const isExplicit = text(dig(object, 'spec', 'target', 'name')) !== undefined
  const before = annotations.get('internal.config.kubernetes.io/previousNames') ?? ''
  return isExplicit || before === '' ? [target.name] : [target.name, ...before.split(',')]
}

/** Stores that the ExternalSecrets of one namespace name. */
export interface StoresUsed {
  /** Of this render, with their namespace filled in. */
  readonly present: readonly Store[]
  /** Published elsewhere. */
  readonly absent: readonly StoreKey[]
}

/** Stores by key, in byte order: those of this render and those that live elsewhere. */
export function storesUsed(
  externalSecrets: readonly Node<ExternalSecret>[],
  graph: SecretGraph,
): StoresUsed {
  const keys = new Set(externalSecrets.flatMap(({ resource }) => storeKeys(resource, graph)))
  const sorted = [...keys].sort(compareBytes)
  return {
    present: sorted.flatMap((key) => {
      const store = graph.stores.get(key)?.resource
      if (store === undefined) return []
      const isNamespaced = store.kind === 'SecretStore'
      return [isNamespaced ? { ...store, namespace: namespaceOf(store.object, graph) } : store]
    }),
    absent: sorted.filter((key) => !graph.stores.has(key)),
  }
}

/** Stores that the entries of one ExternalSecret read from; a generator needs none. */
export function storeKeys(
  externalSecret: ExternalSecret,
  { defaultNamespace }: SecretGraph,
): readonly StoreKey[] {
  return [...externalSecret.data, ...externalSecret.dataFrom]
    .filter(({ sourceRef }) => sourceRef?.generatorRef === undefined)
    .map(({ sourceRef }) => storeKeyOf(externalSecret, sourceRef, defaultNamespace))
    .filter((key) => key !== undefined)
}

/** Namespaces of this render whose ExternalSecrets use the store. */
export function usersOf(key: StoreKey, graph: SecretGraph): readonly string[] {
  const namespaces = new Set<string>()
  for (const { resource } of graph.externalSecrets) {
    if (storeKeys(resource, graph).includes(key))
      namespaces.add(namespaceOf(resource.object, graph))
  }
  return [...namespaces].sort(compareBytes)
}

/** Conditions of a ClusterSecretStore may choose namespaces by label; those of an absent one are not known. */
export function mayAskForNamespace({ present, absent }: StoresUsed): boolean {
  const isConditional = present.some(({ kind, object }) => {
    const conditions = dig(object, 'spec', 'conditions')
    return kind === 'ClusterSecretStore' && isArray(conditions) && conditions.length > 0
  })
  return isConditional || absent.some((key) => key.startsWith('ClusterSecretStore/'))
}
