import type { SecretGraph } from '../graph/graph.ts'
import type { Finding } from '../model/finding.ts'
import { check } from '../rules/check.ts'
import { hasPatterns } from '../rules/patterns.ts'

/** Checks a graph; the engine of regular expressions is loaded only if there is one to check. */
export async function checkGraph(graph: SecretGraph): Promise<readonly Finding[]> {
  if (!hasPatterns(graph)) return check(graph)
  const { patternProblem } = await import('../values/pattern.ts')
  return check(graph, { patternProblem })
}
