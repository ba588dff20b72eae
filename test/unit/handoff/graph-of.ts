import { loadAll } from 'js-yaml'
import { buildGraph, isEsoObject, type SecretGraph } from '../../../src/graph/graph.ts'
import type { Document } from '../../../src/manifests/document.ts'
import type { JsonObject } from '../../../src/model/json.ts'

/** A render as a test writes it: ESO's objects as graph, the rest as what was read around them. */
export interface Render {
  readonly graph: SecretGraph
  readonly foreign: readonly Document[]
}

export function renderOf(yaml: string, namespace = 'shop', known = ''): Render {
  const documents = objectsOf(yaml).map(documentOf)
  return {
    graph: buildGraph(
      documents.filter(({ object }) => isEsoObject(object)),
      namespace,
      objectsOf(known),
    ),
    foreign: documents.filter(({ object }) => !isEsoObject(object)),
  }
}

export function objectsOf(yaml: string): readonly JsonObject[] {
  return loadAll(yaml).filter((value) => value !== null && value !== undefined) as JsonObject[]
}

/** One line each, so that places tell the order of the input. */
function documentOf(object: JsonObject, index: number): Document {
  const at = { file: 'app.yaml', line: index + 1, column: 1 }
  return { object, at, locate: () => at, line: () => undefined }
}
