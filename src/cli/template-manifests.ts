import type { SecretGraph } from '../graph/graph.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import type { JsonObject } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Secret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { type AllowedTarget, targetId } from '../model/target-kind.ts'
import { withoutOwned } from '../plan/desired.ts'
import { sized, targetObject } from '../plan/secret-object.ts'
import { desiredFor, stepsFor, type Valued, valuesFor } from '../plan/settle.ts'
import { plain, shortened } from '../report/plain.ts'
import { candidatesOf, declaredStores, withTarget } from '../sync/candidates.ts'
import type { EngineLoader } from '../sync/engines.ts'
import { declaredGenerators, simulatedGenerators } from '../sync/generators.ts'
import { type Existing, type Simulation, valuesOnly } from '../sync/simulation.ts'
import { EXIT } from './exit.ts'
import type { FixturesFile } from './fixtures-file.ts'
import type { Io } from './io.ts'
import { explainWays, fetchedWays, type SampleData, sampleWays, type Way } from './template-ways.ts'

const LINE_MAX = 1000

/** One object as text, in the format that was asked for. */
export type Printer = (object: JsonObject) => string

/** What a template is tried on. */
export interface Bench {
  readonly io: Io
  readonly data: ReadonlyMap<string, SecretValue>
  readonly engines: EngineLoader
  readonly isExplained: boolean
  readonly isRevealed: boolean
}

/** What stands around the ExternalSecrets. */
export interface Around {
  readonly existing: Existing
  /** Kinds that are allowed besides Secrets. */
  readonly targets: readonly AllowedTarget[]
  /** Undefined: the sample data is all there is. */
  readonly fixtures: FixturesFile | undefined
  readonly parity: Parity
  readonly print: Printer
}

/** Prints the Secret of every ExternalSecret that can be rendered, and says why the others cannot. */
export async function renderManifests(
  graph: SecretGraph,
  bench: Bench,
  around: Around,
): Promise<number> {
  const { io, isRevealed, isExplained } = bench
  const simulation = simulationOf(graph, bench, around)
  const out: string[] = []
  let isFailed = false
  for (const candidate of candidatesOf(graph)) {
    const { externalSecret, errors } = withTarget(candidate, around.targets)
    const subject = `ExternalSecret/${externalSecret.namespace}/${externalSecret.name}`
    const made =
      errors.length > 0
        ? { outcome: 'failed' as const, errors }
        : await make(externalSecret, simulation, bench)
    if (made.outcome === 'failed') {
      isFailed = true
      tellErrors(subject, made.errors, io)
      continue
    }
    out.push(around.print(targetObject(made.secret, externalSecret.target.object, isRevealed)))
    if (isExplained) tellWays(subject, explainWays(externalSecret, made.secret, made.ways), bench)
  }
  await io.writeOut(new TextEncoder().encode(out.join('')))
  return isFailed ? EXIT.findings : EXIT.clean
}

/** Adopts always: a try-out must not fail for want of a mark. */
function simulationOf(
  graph: SecretGraph,
  { engines }: Bench,
  { existing, fixtures, parity }: Around,
): SimulationOf {
  return {
    isFetched: fixtures !== undefined,
    stores: declaredStores(graph),
    existing,
    fixtures: fixtures?.stores ?? new Map(),
    generators: simulatedGenerators(declaredGenerators(graph), fixtures?.generators ?? new Map()),
    parity,
    adopts: true,
    esoMarks: false,
    engines,
  }
}

/** Without fixtures nothing is fetched, and the sample data stands alone. */
interface SimulationOf extends Simulation {
  readonly isFetched: boolean
}

/** A Secret with the ways of its data, or why there is none. */
type Made =
  | { readonly outcome: 'built'; readonly secret: Secret; readonly ways: SampleData }
  | { readonly outcome: 'failed'; readonly errors: readonly OutcomeError[] }

/** Sample data wins over what the fixtures give. */
async function make(
  externalSecret: ExternalSecret,
  simulation: SimulationOf,
  { data: sample, engines }: Bench,
): Promise<Made> {
  const { existing, parity, isFetched } = simulation
  const { sources } = await valuesOnly(externalSecret, simulation)
  const valued = isFetched ? valuesFor(externalSecret, sources, parity) : NO_VALUES
  if (valued.outcome === 'failed') return valued
  const data = new Map([...valued.data, ...sample])
  const there = externalSecret.target.object === undefined ? existing.secrets : existing.objects
  const observed = there?.get(`${externalSecret.namespace}/${targetId(externalSecret)}`)
  const kept = observed === undefined ? undefined : withoutOwned(observed)
  const templates = (await engines.templates()).together()
  const built = desiredFor(
    { externalSecret, parity },
    { data, existing: kept },
    {
      ...sources,
      engines: { ...sources.engines, templates },
    },
  )
  if (built.outcome === 'failed') return built
  const steps = isFetched ? stepsFor(externalSecret, sources, parity) : []
  return { ...built, ways: new Map([...fetchedWays(steps), ...sampleWays(sample)]) }
}

const NO_VALUES: Valued = { outcome: 'complete', data: new Map() }

/** Fields and messages; neither holds a value. */
function tellErrors(subject: string, errors: readonly OutcomeError[], io: Io): void {
  for (const { field, message } of errors) {
    io.writeErr(`${shortened(`${subject}: ${field}: ${message}`, LINE_MAX)}\n`)
  }
}

/** Values only when they may be seen, else their lengths. */
function tellWays(subject: string, ways: readonly Way[], bench: Bench): void {
  const { io } = bench
  io.writeErr(`${plain(subject)}\n`)
  for (const way of ways) {
    const steps = way.steps.map(({ word, value }) => `${word} ${told(value, bench)}`)
    io.writeErr(`  ${plain(`${way.key}: ${steps.join(' → ')}`)}\n`)
  }
}

/** As text in quotes when values may be seen, else how long it is. */
export function told(value: SecretValue, { isRevealed }: Bench): string {
  if (!isRevealed) return sized(value)
  return shortened(JSON.stringify(new TextDecoder().decode(value.reveal())), LINE_MAX)
}
