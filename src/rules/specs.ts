import type { Node, SecretGraph } from '../graph/graph.ts'
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

/** A specification and where it stands, for findings. */
export interface Spec {
  readonly document: Document
  /** Where the specification stands in the document. */
  readonly path: FieldPath
  readonly resource: ExternalSecret
  /** Undefined when nobody can know it: of a ClusterExternalSecret, or when none is named. */
  readonly namespace: string | undefined
}

// Every rule asks for these, so a graph is walked once for all of them.
const specsByGraph = new WeakMap<SecretGraph, readonly Spec[]>()
const entriesByGraph = new WeakMap<SecretGraph, readonly Entry[]>()

/** Every specification of the graph; computed once per graph. */
export function specsOf(graph: SecretGraph): readonly Spec[] {
  const known = specsByGraph.get(graph)
  if (known !== undefined) return known
  const own = graph.externalSecrets.map(({ document, resource }): Spec => {
    const namespace = resource.namespace || graph.defaultNamespace || undefined
    return { document, path: ['spec'], resource, namespace }
  })
  const specs = [...own, ...graph.others.flatMap(carriedSpec)]
  specsByGraph.set(graph, specs)
  return specs
}

/**
 * A ClusterExternalSecret's specification under its own name, in namespaces that nobody knows yet.
 */
function carriedSpec({ document, resource }: Node<JsonObject>): readonly Spec[] {
  const spec = dig(resource, 'spec', 'externalSecretSpec')
  if (member(resource, 'kind') !== 'ClusterExternalSecret' || !isObject(spec)) return []
  const metadata = { name: dig(resource, 'metadata', 'name') }
  const externalSecret = decodeExternalSecret({ kind: 'ExternalSecret', metadata, spec })
  const path = ['spec', 'externalSecretSpec']
  return [{ document, path, resource: externalSecret, namespace: undefined }]
}

/** One element of `data` or `dataFrom`. */
export interface Entry {
  readonly spec: Spec
  readonly path: FieldPath
  readonly data: DataEntry | undefined
  readonly dataFrom: DataFromEntry | undefined
  readonly sourceRef: SourceRef | undefined
}

/** Every element of `data`, then of `dataFrom`, for each specification; computed once per graph. */
export function entriesOf(graph: SecretGraph): readonly Entry[] {
  const known = entriesByGraph.get(graph)
  if (known !== undefined) return known
  const entries = specsOf(graph).flatMap(entriesOfSpec)
  entriesByGraph.set(graph, entries)
  return entries
}

/** In the order of the lists, not in that in which they are merged. */
function entriesOfSpec(spec: Spec): readonly Entry[] {
  const { resource, path } = spec
  const data = resource.data.map((one, index): Entry => {
    const at = [...path, 'data', index]
    return { spec, path: at, data: one, dataFrom: undefined, sourceRef: one.sourceRef }
  })
  const dataFrom = resource.dataFrom.map((one, index): Entry => {
    const at = [...path, 'dataFrom', index]
    return { spec, path: at, data: undefined, dataFrom: one, sourceRef: one.sourceRef }
  })
  return [...data, ...dataFrom]
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
