import type { SecretGraph } from '../graph/graph.ts'
import { readText } from '../manifests/read.ts'
import type { Finding } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import { check } from '../rules/check.ts'
import { hasPatterns } from '../rules/patterns.ts'
import { readInputs } from './inputs.ts'
import type { Io } from './io.ts'

/** What the rules say about a graph. The pattern engine is loaded only when the graph holds a pattern. */
export async function checkGraph(graph: SecretGraph): Promise<readonly Finding[]> {
  if (!hasPatterns(graph)) return check(graph)
  const { patternProblem } = await import('../values/pattern.ts')
  return check(graph, { patternProblem })
}

export interface KnownStores {
  readonly stores: readonly JsonObject[]
  /** What could not be read: the caller's input is then invalid. */
  readonly findings: readonly Finding[]
}

/** Stores of `--known-stores FILE|DIR`; everything else in there is skipped. */
export async function readKnownStores(
  paths: readonly string[],
  io: Pick<Io, 'cwd' | 'stdin'>,
): Promise<KnownStores> {
  if (paths.length === 0) return { stores: [], findings: [] }
  const { inputs, findings } = await readInputs(paths, io)
  const scanned = inputs.map(({ file, bytes }) => readText(file, bytes))
  return {
    stores: scanned
      .flatMap(({ documents }) => documents.map(({ object }) => object))
      .filter(({ kind }) => kind === 'SecretStore' || kind === 'ClusterSecretStore'),
    findings: [...findings, ...scanned.flatMap((one) => one.findings)],
  }
}
