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

/** Everything in the graph, repeated objects included. */
export function* objectsOf(graph: SecretGraph): Generator<EsoObject> {
  for (const node of graph.externalSecrets) yield esoObject(node)
  for (const node of graph.stores.values()) yield esoObject(node)
  for (const node of graph.others) yield esoObject(node)
}

function esoObject({ key, document }: { key: string; document: Document }): EsoObject {
  const { object } = document
  const [group = '', version = ''] = (text(member(object, 'apiVersion')) ?? '').split('/')
  return { key, document, object, group, version, kind: text(member(object, 'kind')) ?? '' }
}

/** Every store of the render, repeated ones included. */
export function* storesOf(
  graph: SecretGraph,
): Generator<{ readonly document: Document; readonly store: Store }> {
  for (const { document, kind } of objectsOf(graph)) {
    if (kind !== 'SecretStore' && kind !== 'ClusterSecretStore') continue
    yield { document, store: decodeStore(document.object) }
  }
}
