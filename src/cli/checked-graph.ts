import type { SecretGraph } from '../graph/graph.ts'
import type { Finding } from '../model/finding.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import { check } from '../rules/check.ts'
import { hasPatterns } from '../rules/patterns.ts'

/** Checks a graph; the engine of regular expressions is loaded only if there is one to check. */
export async function checkGraph(
  graph: SecretGraph,
  targets: readonly AllowedTarget[],
): Promise<readonly Finding[]> {
  if (!hasPatterns(graph)) return check(graph, { patternProblem: () => undefined, targets })
  const { patternProblem } = await import('../values/pattern.ts')
  return check(graph, { patternProblem, targets })
}
