import type { ExternalSecret } from '../model/external-secret.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import { type Answer, type Read, readKey } from '../model/provider.ts'
import type { ObservedSecret } from '../model/secret.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { DEFAULT_CLASS, type Store, type StoreKey } from '../model/store.ts'
import { targetId } from '../model/target-kind.ts'
import type { TemplateSources } from '../plan/desired.ts'
import type { Claim } from '../plan/marks.ts'
import { type Settled, settle } from '../plan/settle.ts'
import { openFake } from '../providers/fake/open.ts'
import { failureOf, ProviderError, type SecretProvider } from '../providers/provider.ts'
import { readsOf } from '../values/assemble.ts'
import type { EngineLoader } from './engines.ts'
import { type Fixtures, fixtureAnswer } from './fixtures.ts'
import { foreignGenerator, type Generators } from './generators.ts'
import { refusalOfError } from './result.ts'
import { createStoreGate, foreignClass, type StoreGate, storeNotFound } from './store-gate.ts'

// A sync without a cluster and without a provider: the reads are answered from fixtures, everything else is the code of a
// real run. The cluster is a map that each ExternalSecret leaves changed for the next.

/** One ExternalSecret with its namespace filled in; with errors it is not even tried. */
export interface Candidate {
  readonly externalSecret: ExternalSecret
  readonly errors: readonly OutcomeError[]
}

/** What the cluster already has, by `namespace/name`. */
export interface Existing {
  readonly secrets: ReadonlyMap<string, ObservedSecret>
  readonly configMaps: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Objects that an ExternalSecret may have written instead of a Secret, by `namespace/` and `targetId`. */
  readonly objects?: ReadonlyMap<string, ObservedSecret>
  /** Labels by namespace; one that is not there has only its name as a label. */
  readonly namespaces: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** A world made of files: stores, what exists already, and what providers would answer. */
export interface Simulation {
  readonly stores: ReadonlyMap<StoreKey, Store>
  readonly existing: Existing
  readonly fixtures: Fixtures
  readonly generators: Generators
  readonly parity: Parity
  readonly adopts: boolean
  /** ESO's label and hash as well as ours. */
  readonly esoMarks: boolean
  readonly engines: EngineLoader
}

/** What a run would have come to; `invalid` ones are never run. */
export type Simulated =
  | { readonly outcome: 'settled'; readonly settled: Settled }
  | { readonly outcome: 'invalid'; readonly errors: readonly OutcomeError[] }
  | { readonly outcome: 'foreign-class'; readonly errors: readonly OutcomeError[] }

/** Simulates one ExternalSecret after the other; the n-th sees what those before it wrote. */
export async function* simulateAll(
  candidates: readonly Candidate[],
  context: SimulatedCluster,
): AsyncGenerator<Simulated> {
  for (const { externalSecret, errors } of candidates) {
    if (errors.length > 0) yield { outcome: 'invalid', errors }
    else yield await simulateOne(externalSecret, context).catch(broken)
  }
}

/** A bug of ours costs one ExternalSecret and no other; its text may quote a value and stays here. */
function broken(error: unknown): Simulated {
  const { errors } = refusalOfError(error)
  return { outcome: 'invalid', errors }
}

/** The simulated cluster: `secrets` changes as ExternalSecrets are run. */
export interface SimulatedCluster {
  readonly simulation: Simulation
  readonly gate: StoreGate
  readonly answer: (read: Read, namespace: string) => Promise<Answer>
  readonly secrets: Map<string, ObservedSecret>
  /** What is written instead of Secrets. */
  readonly objects: Map<string, ObservedSecret>
}

/** Works on a copy of what exists; the caller's maps stay as they are. */
export function openSimulation(simulation: Simulation): SimulatedCluster {
  const { existing, stores, engines } = simulation
  const gate = createStoreGate(
    {
      find: async (ask) => {
        const store = stores.get(ask.key)
        return store === undefined ? storeNotFound(ask) : { outcome: 'found', store }
      },
      labelsOf: async (namespace) =>
        new Map([
          ['kubernetes.io/metadata.name', namespace],
          ...(existing.namespaces.get(namespace) ?? []),
        ]),
    },
    engines,
  )
  return {
    simulation,
    gate,
    answer: createAnswers(simulation, gate),
    secrets: new Map(existing.secrets),
    objects: new Map(existing.objects),
  }
}

/** Judges the target as the ExternalSecrets before it have left it. */
async function simulateOne(
  externalSecret: ExternalSecret,
  context: SimulatedCluster,
): Promise<Simulated> {
  const { simulation } = context
  const { namespace } = externalSecret
  const foreign = await foreignTo(externalSecret, context)
  if (foreign !== undefined) {
    return { outcome: 'foreign-class', errors: [{ code: 'ControllerClass', ...foreign }] }
  }
  const key = `${namespace}/${targetId(externalSecret)}`
  const targets = externalSecret.target.object === undefined ? context.secrets : context.objects
  const target = {
    externalSecret,
    observed: targets.get(key),
    claim: claimOf(externalSecret, simulation),
    parity: simulation.parity,
  }
  const settled = settle(target, await sourcesFor(externalSecret, context), true)
  remember(settled, key, targets)
  return { outcome: 'settled', settled }
}

/** Whether a store or a generator that it names belongs to another controller. */
async function foreignTo(
  externalSecret: ExternalSecret,
  { simulation, gate }: SimulatedCluster,
): ReturnType<typeof foreignClass> {
  const { namespace } = externalSecret
  return (
    (await foreignClass(externalSecret, namespace, { gate, controllerClass: DEFAULT_CLASS })) ??
    foreignGenerator(externalSecret, namespace, {
      ...simulation.generators,
      controllerClass: DEFAULT_CLASS,
    })
  )
}

/** Everything that `settle` asks for, answered in advance. */
export async function sourcesFor(
  externalSecret: ExternalSecret,
  { simulation, answer, secrets }: SimulatedCluster,
): Promise<Parameters<typeof settle>[1]> {
  const { namespace } = externalSecret
  const answers = new Map<string, Answer>()
  for (const { read } of readsOf(externalSecret, namespace)) {
    const key = readKey(read)
    if (!answers.has(key)) answers.set(key, await answer(read, namespace))
  }
  return {
    defaultNamespace: namespace,
    answerTo: (read) => answers.get(readKey(read)) ?? { outcome: 'absent' },
    templateSources: templateSources(namespace, simulation.existing, secrets),
    engines: await simulation.engines.enginesFor(externalSecret),
  }
}

function templateSources(
  namespace: string,
  { configMaps }: Existing,
  secrets: ReadonlyMap<string, { readonly data: ReadonlyMap<string, SecretValue> }>,
): TemplateSources {
  return {
    configMap: (name) => configMaps.get(`${namespace}/${name}`),
    secret: (name) => secrets.get(`${namespace}/${name}`)?.data,
  }
}

/** Whoever writes the Secret is the ExternalSecret: there is no app, and no anchor that could own it. */
function claimOf(
  { name, namespace }: ExternalSecret,
  { parity, adopts, esoMarks }: Simulation,
): Claim {
  return {
    owner: `${namespace}/${name}`,
    aliases: [name, `ExternalSecret/${namespace}/${name}`],
    externalSecret: name,
    anchor: 'any',
    adopts,
    marks: parity.refusesForeignSecrets,
    esoMarks,
  }
}

const NONE: ReadonlySet<string> = new Set()

/** The end state: what this one wrote is what the next one finds. */
function remember({ change }: Settled, key: string, secrets: Map<string, ObservedSecret>): void {
  if (change.action === 'delete') secrets.delete(key)
  if (change.action !== 'create' && change.action !== 'update') return
  const { desired } = change
  const before = change.action === 'update' ? change.observed : undefined
  secrets.set(key, {
    ...desired,
    type: desired.type || 'Opaque',
    uid: before?.uid ?? '',
    resourceVersion: '',
    owners: before?.owners ?? [],
    ownedKeys: NONE,
    ownedLabels: NONE,
    ownedAnnotations: NONE,
    othersKeys: NONE,
    residue: NONE,
  })
}

/** A fake store answers from itself, every other one from the fixtures. */
function createAnswers(
  { fixtures, generators, engines, parity: { findsExactTags: exactTags } }: Simulation,
  gate: StoreGate,
): (read: Read, namespace: string) => Promise<Answer> {
  const fakes = new Map<StoreKey, Promise<SecretProvider>>()
  const fakeAnswer = async (read: Read, store: Store, key: StoreKey): Promise<Answer> => {
    const opened = fakes.get(key) ?? openFake(store)
    fakes.set(key, opened)
    const [answer] = await (await opened).read([read], new AbortController().signal)
    return answer ?? { outcome: 'absent' }
  }
  return async (read, namespace) => {
    if (read.op === 'generate') return generators.answer(read)
    const found = await gate(read.store, namespace)
    if (found.outcome === 'failed') return found
    try {
      if (found.store.provider === 'fake') return await fakeAnswer(read, found.store, read.store)
      const pattern = await compiledName(read, engines)
      return fixtureAnswer(read, found.store, { fixtures, pattern, exactTags })
    } catch (error) {
      if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
      throw error
    }
  }
}

async function compiledName(
  read: Read,
  engines: EngineLoader,
): Promise<Parameters<typeof fixtureAnswer>[2]['pattern']> {
  if (read.op !== 'find' || read.nameRegexp === undefined) return undefined
  const compiled = (await engines.patterns()).compile(read.nameRegexp)
  if (compiled.failure === undefined) return compiled.value
  throw new ProviderError('invalid', `find.name.regexp: ${compiled.failure.message}`)
}

/** The data step alone, as the conformance vectors ask for it. */
export async function valuesOnly(
  externalSecret: ExternalSecret,
  simulation: Simulation,
): Promise<{
  readonly foreign: string | undefined
  readonly sources: Parameters<typeof settle>[1]
}> {
  const context = openSimulation(simulation)
  const foreign = await foreignTo(externalSecret, context)
  return { foreign: foreign?.message, sources: await sourcesFor(externalSecret, context) }
}
