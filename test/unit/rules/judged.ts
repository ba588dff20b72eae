import { buildGraph, type SecretGraph } from '../../../src/graph/graph.ts'
import { readText } from '../../../src/manifests/read.ts'
import type { Finding } from '../../../src/model/finding.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { check } from '../../../src/rules/check.ts'
import { patternProblem } from '../../../src/values/pattern.ts'

export interface Surroundings {
  readonly namespace?: string
  readonly known?: readonly JsonObject[]
}

/** The graph of a stream that must be readable. */
export function graphOf(
  text: string,
  { namespace = '', known = [] }: Surroundings = {},
): SecretGraph {
  const { documents, findings } = readText('app.yaml', new TextEncoder().encode(text))
  if (findings.length > 0) throw new Error(`unreadable: ${findings[0]?.message}`)
  return buildGraph(documents, namespace, known)
}

/** Everything that the rules find in a stream, with the real pattern engine. */
export function judged(text: string, surroundings: Surroundings = {}): readonly Finding[] {
  return check(graphOf(text, surroundings), { patternProblem })
}

/** `rule field` of every finding, in order. */
export function found(text: string, surroundings: Surroundings = {}): readonly string[] {
  return judged(text, surroundings).map(({ rule, field }) => `${rule} ${field ?? ''}`.trim())
}
