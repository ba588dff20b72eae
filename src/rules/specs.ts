import type { SecretGraph } from '../graph/graph.ts'
import type { Document, FieldPath } from '../manifests/document.ts'
import {
  type DataEntry,
  type DataFromEntry,
  decodeExternalSecret,
  type ExternalSecret,
  type RemoteRef,
  type SourceRef,
} from '../model/external-secret.ts'
import { dig, isArray, isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'

// What most rules look at: the specification of an ExternalSecret, be it an object of its own or the one that a
// ClusterExternalSecret carries.

export interface Spec {
  readonly document: Document
  /** Where the specification stands in the document. */
  readonly path: FieldPath
  readonly resource: ExternalSecret
  /** Undefined when nobody can know it: of a ClusterExternalSecret, or when none is named. */
  readonly namespace: string | undefined
}

export function* specsOf(graph: SecretGraph): Generator<Spec> {
  for (const { document, resource } of graph.externalSecrets) {
    const namespace = resource.namespace || graph.defaultNamespace || undefined
    yield { document, path: ['spec'], resource, namespace }
  }
  for (const { document, resource } of graph.others) {
    const spec = dig(resource, 'spec', 'externalSecretSpec')
    if (member(resource, 'kind') !== 'ClusterExternalSecret' || !isObject(spec)) continue
    const metadata = { name: dig(resource, 'metadata', 'name') }
    yield {
      document,
      path: ['spec', 'externalSecretSpec'],
      resource: decodeExternalSecret({ kind: 'ExternalSecret', metadata, spec }),
      namespace: undefined,
    }
  }
}

/** One element of `data` or `dataFrom`. */
export interface Entry {
  readonly spec: Spec
  readonly path: FieldPath
  readonly data: DataEntry | undefined
  readonly dataFrom: DataFromEntry | undefined
  readonly sourceRef: SourceRef | undefined
}

export function* entriesOf(graph: SecretGraph): Generator<Entry> {
  for (const spec of specsOf(graph)) {
    const { resource, path } = spec
    for (const [index, data] of resource.data.entries()) {
      const { sourceRef } = data
      yield { spec, path: [...path, 'data', index], data, dataFrom: undefined, sourceRef }
    }
    for (const [index, dataFrom] of resource.dataFrom.entries()) {
      const { sourceRef } = dataFrom
      yield { spec, path: [...path, 'dataFrom', index], data: undefined, dataFrom, sourceRef }
    }
  }
}

/** Each `remoteRef` and `extract`, with its place. */
export function* remoteRefsOf(
  graph: SecretGraph,
): Generator<{ readonly entry: Entry; readonly path: FieldPath; readonly ref: RemoteRef }> {
  for (const entry of entriesOf(graph)) {
    if (entry.data !== undefined) {
      yield { entry, path: [...entry.path, 'remoteRef'], ref: entry.data.remoteRef }
    }
    const extract = entry.dataFrom?.extract
    if (extract !== undefined) yield { entry, path: [...entry.path, 'extract'], ref: extract }
  }
}

/** Items of a list that are objects, with their place; nothing when it is no list. */
export function* itemsOf(
  value: JsonValue | undefined,
  path: FieldPath,
): Generator<{ readonly item: JsonObject; readonly path: FieldPath }> {
  if (!isArray(value)) return
  for (const [index, item] of value.entries()) {
    if (isObject(item)) yield { item, path: [...path, index] }
  }
}

/** `target.template.templateFrom[]` of a specification. */
export function templateFromOf({
  resource,
  path,
}: Pick<Spec, 'resource' | 'path'>): ReturnType<typeof itemsOf> {
  const { template } = resource.target
  return itemsOf(member(template, 'templateFrom'), [...path, 'target', 'template', 'templateFrom'])
}
