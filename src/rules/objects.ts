import type { SecretGraph } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import { type JsonObject, member, text } from '../model/json.ts'
import { decodeStore, type Store } from '../model/store.ts'

/** One object of ESO's groups, whatever its kind. */
export interface EsoObject {
  /** `Kind/namespace/name`, or `Kind/name` for cluster scope. */
  readonly key: string
  readonly document: Document
  readonly object: JsonObject
  readonly group: string
  readonly version: string
  readonly kind: string
}

// Every rule asks for these, so a graph is walked once for all of them.
const objectsByGraph = new WeakMap<SecretGraph, readonly EsoObject[]>()

/** Everything in the graph, repeated objects included. */
export function objectsOf(graph: SecretGraph): readonly EsoObject[] {
  const known = objectsByGraph.get(graph)
  if (known !== undefined) return known
  const nodes = [...graph.externalSecrets, ...graph.stores.values(), ...graph.others]
  const objects = nodes.map(esoObject)
  objectsByGraph.set(graph, objects)
  return objects
}

/** Reads group and version off apiVersion; both are empty where it is missing. */
function esoObject({ key, document }: { key: string; document: Document }): EsoObject {
  const { object } = document
  const [group = '', version = ''] = (text(member(object, 'apiVersion')) ?? '').split('/')
  return { key, document, object, group, version, kind: text(member(object, 'kind')) ?? '' }
}

/** Every store of the render, repeated ones included. */
export function storesOf(
  graph: SecretGraph,
): readonly { readonly document: Document; readonly store: Store }[] {
  return objectsOf(graph)
    .filter(({ kind }) => kind === 'SecretStore' || kind === 'ClusterSecretStore')
    .map(({ document }) => ({ document, store: decodeStore(document.object) }))
}
