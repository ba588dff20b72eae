import type { SecretGraph } from '../graph/graph.ts'
import type { Document, FieldPath } from '../manifests/document.ts'
import { dig, isArray, type JsonObject, type JsonValue, member, text } from '../model/json.ts'
import type { Store } from '../model/store.ts'
import { objectsOf, storesOf } from './objects.ts'
import { entriesOf, itemsOf } from './specs.ts'

/** A regular expression that the author wrote, in Go's syntax. */
export interface WrittenPattern {
  readonly path: FieldPath
  readonly pattern: string
}

/** Whether the graph holds any pattern, so that the engine is worth loading. */
export function hasPatterns(graph: SecretGraph): boolean {
  for (const _ of patternsOf(graph)) return true
  for (const { store } of storesOf(graph)) {
    for (const _ of namespaceRegexesOf(store)) return true
  }
  return false
}

/** Patterns of ExternalSecrets and PushSecrets: `find.name.regexp`, `rewrite[].regexp.source`, `dataTo[].match.regexp`. */
export function* patternsOf(
  graph: SecretGraph,
): Generator<WrittenPattern & { readonly document: Document }> {
  for (const { spec, path, dataFrom } of entriesOf(graph)) {
    if (dataFrom === undefined) continue
    const { document } = spec
    const regexp = dataFrom.find?.nameRegexp
    if (regexp !== undefined) {
      yield { document, path: [...path, 'find', 'name', 'regexp'], pattern: regexp }
    }
    for (const rewrite of rewritesOf(dataFrom.rewrite, path)) yield { document, ...rewrite }
  }
  for (const { document, object, kind } of objectsOf(graph)) {
    for (const pattern of pushPatternsOf(object, kind)) yield { document, ...pattern }
  }
}

/** PushSecrets are not handed off, but their patterns can be checked all the same. */
function* pushPatternsOf(object: JsonObject, kind: string): Generator<WrittenPattern> {
  if (kind !== 'PushSecret' && kind !== 'ClusterPushSecret') return
  const path = kind === 'PushSecret' ? ['spec'] : ['spec', 'pushSecretSpec']
  const spec = dig(object, ...path)
  for (const dataTo of itemsOf(member(spec, 'dataTo'), [...path, 'dataTo'])) {
    const pattern = text(dig(dataTo.item, 'match', 'regexp'))
    if (pattern !== undefined) yield { path: [...dataTo.path, 'match', 'regexp'], pattern }
    yield* rewritesOf(member(dataTo.item, 'rewrite'), dataTo.path)
  }
}

function* rewritesOf(rewrite: JsonValue | undefined, path: FieldPath): Generator<WrittenPattern> {
  for (const { item, path: at } of itemsOf(rewrite, [...path, 'rewrite'])) {
    const pattern = text(dig(item, 'regexp', 'source'))
    if (pattern !== undefined) yield { path: [...at, 'regexp', 'source'], pattern }
  }
}

/** `spec.conditions[].namespaceRegexes[]` of a store. */
export function* namespaceRegexesOf({ object }: Store): Generator<WrittenPattern> {
  for (const condition of itemsOf(dig(object, 'spec', 'conditions'), ['spec', 'conditions'])) {
    const patterns = member(condition.item, 'namespaceRegexes')
    if (!isArray(patterns)) continue
    for (const [index, pattern] of patterns.entries()) {
      if (typeof pattern !== 'string') continue
      yield { path: [...condition.path, 'namespaceRegexes', index], pattern }
    }
  }
}
