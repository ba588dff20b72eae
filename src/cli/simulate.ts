import { buildGraph } from '../graph/graph.ts'
import { writeManifest } from '../manifests/write.ts'
import { digitsAsText } from '../model/json.ts'
import { type ParityMode, parityOf } from '../model/parity.ts'
import { shortened } from '../report/plain.ts'
import { candidatesOf, declaredStores, pushCandidatesOf, withTarget } from '../sync/candidates.ts'
import { createEngineLoader } from '../sync/engines.ts'
import { declaredGenerators, simulatedGenerators } from '../sync/generators.ts'
import type { PushOutcome } from '../sync/push/result.ts'
import { simulatePushes } from '../sync/push/simulated.ts'
import { pushedText, pushJson } from '../sync/report.ts'
import { openSimulation, simulateAll } from '../sync/simulation.ts'
import { resultOf, type SimulationResult } from '../sync/simulation-report.ts'
import { allowedTargets } from './allowed-targets.ts'
import { readExisting } from './existing.ts'
import { EXIT, UsageError } from './exit.ts'
import { readFixtures } from './fixtures-file.ts'
import { readGiven } from './given.ts'
import type { Command } from './invocation.ts'
import type { Io } from './io.ts'

// waybill simulate: the Secrets that these manifests would produce from fixture payloads, and what would be pushed to them.
// The JSON report is a contract (design §2).

/**
 * `waybill simulate`: exit 0, 4 when everything failed, 5 when some of it did. Values only with
 * `--reveal`.
 */
export const simulate: Command = async ({ operands, options, io }) => {
  const print = printerOf(options.text('output') ?? 'yaml')
  const nowMs = timeOf(options.text('at'), io)
  const namespace = options.text('namespace') ?? io.env.ARGOCD_APP_NAMESPACE ?? 'default'
  const parityMode: ParityMode = options.text('parity') === 'eso' ? 'eso' : 'waybill'
  const parity = parityOf(parityMode)
  const fixtures = await readFixtures(options.text('fixtures'), io)
  const targets = allowedTargets(options)
  const existing = await readExisting(options.list('existing'), { namespace, targets }, io)
  const { documents } = await readGiven(operands, io)
  const graph = buildGraph(documents, namespace)
  const candidates = candidatesOf(graph).map((candidate) => withTarget(candidate, targets))
  const cluster = openSimulation({
    stores: declaredStores(graph),
    existing,
    fixtures: fixtures.stores,
    generators: simulatedGenerators(declaredGenerators(graph), fixtures.generators),
    parity,
    adopts: options.text('adopt') === 'eso' || !parity.refusesForeignSecrets,
    esoMarks: options.flag('eso-annotations'),
    engines: createEngineLoader({ nowMs: () => nowMs, randomBytes: io.random.bytes }),
  })
  const isShown = options.flag('reveal')
  const results: SimulationResult[] = []
  for await (const simulated of simulateAll(candidates, cluster)) {
    const candidate = candidates[results.length]
    if (candidate !== undefined) results.push(resultOf(candidate, simulated, { parity, isShown }))
  }
  const pushes = await simulatePushes(pushCandidatesOf(graph), cluster)
  const simulated = { results, pushes }
  await io.writeOut(new TextEncoder().encode(print(simulated)))
  if (print === secretsYaml) tell(simulated, io)
  return exitOf([...results, ...pushes])
}

/** What a simulation came to. */
interface Outcomes {
  readonly results: readonly SimulationResult[]
  readonly pushes: readonly PushOutcome[]
}

type Printer = (outcomes: Outcomes) => string

/** Throws UsageError for an unknown format. */
function printerOf(format: string): Printer {
  if (format === 'json') return reportJson
  if (format === 'yaml') return secretsYaml
  throw new UsageError(`--output is ${JSON.stringify(format)}, expected yaml or json`)
}

/** One document for all; the shape is a contract. */
function reportJson({ results, pushes }: Outcomes): string {
  const report = {
    apiVersion: 'waybill.dev/v1',
    kind: 'SimulationReport',
    results,
    ...(pushes.length === 0 ? {} : { pushes: pushes.map(pushJson) }),
  }
  return `${JSON.stringify(report, digitsAsText, 2)}\n`
}

/** Secrets, and what is written in their place, that would exist; ExternalSecrets without one leave nothing. */
function secretsYaml({ results }: Outcomes): string {
  return results
    .map(({ secret, object }) => secret ?? object)
    .map((made) => (made === undefined ? '' : writeManifest(made)))
    .join('')
}

/** YAML holds Secrets alone, so what failed, and what would be pushed, is said on stderr. */
function tell({ results, pushes }: Outcomes, io: Io): void {
  for (const { externalSecret, outcome, condition } of results) {
    if (outcome !== 'failed') continue
    io.writeErr(`${shortened(`ExternalSecret/${externalSecret}: ${condition.message}`, 1000)}\n`)
  }
  for (const { pushSecret, outcome, condition, changes } of pushes) {
    const subject = `PushSecret/${pushSecret}`
    for (const change of changes) io.writeErr(`${subject}: ${pushedText(change)}\n`)
    if (outcome !== 'failed' && outcome !== 'skipped') continue
    io.writeErr(`${shortened(`${subject}: ${condition.message}`, 1000)}\n`)
  }
}

/** As `sync` ends, so that a pipeline can try it out. */
function exitOf(results: readonly { readonly outcome: string }[]): number {
  const failed = results.filter(({ outcome }) => outcome === 'failed').length
  if (failed === 0) return EXIT.clean
  return failed === results.length ? EXIT.world : EXIT.partial
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

/** `--at` makes a simulation repeatable. */
function timeOf(at: string | undefined, io: Io): number {
  if (at === undefined) return io.clock.nowMs()
  const ms = RFC3339.test(at) ? Date.parse(at.toUpperCase().replace(' ', 'T')) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new UsageError(
    `--at is ${JSON.stringify(at)}, expected RFC 3339 such as 2026-01-31T12:00:00Z`,
  )
}
