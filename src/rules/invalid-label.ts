import type { Document, FieldPath } from '../manifests/document.ts'
import { dig, isObject, type JsonValue, member } from '../model/json.ts'
import { nameProblem } from '../model/names.ts'
import { objectsOf } from './objects.ts'
import type { Problem, Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/** Objects and templates of targets. Values with `{{` are templates and not judged. */
export const invalidLabel: Rule = {
  id: 'invalid-label',
  severity: 'error',
  summary: 'labels and annotations have keys and values that the API server takes',
  why: `The API server refuses the object, or, for the metadata of a template, the Secret that is made from it. Values that are
templates are not judged: nobody knows yet what they become.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: fixtures
  labels: {team: "shop / api"}
spec:
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: fixtures
  labels: {team: shop.api}
spec:
  provider: {fake: {data: []}}
`,
  *check(graph) {
    for (const { document, object } of objectsOf(graph)) {
      yield* metadataProblems(document, member(object, 'metadata'), ['metadata'])
    }
    for (const { document, path, resource } of specsOf(graph)) {
      const at = [...path, 'target', 'template', 'metadata']
      yield* metadataProblems(document, member(resource.target.template, 'metadata'), at)
    }
  },
}

/** Annotations' values are free text, so only their keys are looked at. */
function* metadataProblems(
  document: Document,
  metadata: JsonValue | undefined,
  path: FieldPath,
): Generator<Problem> {
  for (const key of keysOf(metadata, 'annotations')) {
    const problem = nameProblem('annotation-key', key)
    if (problem === undefined) continue
    const at = [...path, 'annotations', key]
    yield { document, path: at, isAboutKey: true, message: `the annotation key ${problem}` }
  }
  for (const key of keysOf(metadata, 'labels')) {
    const at = [...path, 'labels', key]
    const problem = nameProblem('label-key', key)
    if (problem !== undefined) {
      yield { document, path: at, isAboutKey: true, message: `the label key ${problem}` }
    }
    const value = dig(metadata, 'labels', key)
    const mistake = isPlain(value) ? nameProblem('label-value', value) : undefined
    if (mistake !== undefined) yield { document, path: at, message: `the label's value ${mistake}` }
  }
}

/** Keys of a map; none when it is no map, which the schema reports. */
function keysOf(metadata: JsonValue | undefined, name: string): readonly string[] {
  const map = member(metadata, name)
  return isObject(map) ? Object.keys(map) : []
}

/** A text that stays as it is. */
function isPlain(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && !value.includes('{{')
}
