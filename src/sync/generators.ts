import type { SecretGraph } from '../graph/graph.ts'
import { KubeError } from '../kube/api.ts'
import { type ExternalSecret, GENERATORS_GROUP } from '../model/external-secret.ts'
import { type JsonObject, member, text } from '../model/json.ts'
import type { Answer, ProviderErrorCode, Read } from '../model/provider.ts'
import { isOfClass } from '../model/store.ts'
import { controllerClassOf, generate, isRandom } from '../providers/generators/generate.ts'
import type { GeneratorSources } from '../providers/generators/generated.ts'
import type { OpenContext } from '../providers/provider.ts'
import { readsOf } from '../values/assemble.ts'
import { fixtureOf, type GeneratorFixtures } from './generator-fixtures.ts'

/** A read that asks for new values. */
export type GenerateRead = Extract<Read, { op: 'generate' }>

/** By `Kind/namespace/name` or `ClusterGenerator/name`; undefined when there is none. */
export type FindGenerator = (key: string) => Promise<JsonObject | undefined>

/** Where the reads go that no store answers. */
export interface Generators {
  readonly find: FindGenerator
  /** Every call makes new values. */
  readonly answer: (read: GenerateRead) => Promise<Answer>
}

/** What the generators of a real run are made with. */
export interface GeneratorWorld {
  readonly randomBytes: GeneratorSources['randomBytes']
  /** The world as the generators of one namespace may see it. */
  readonly contextFor: (namespace: string) => OpenContext
}

/** The generators of a real run. */
export function createGenerators(find: FindGenerator, world: GeneratorWorld): Generators {
  const { randomBytes } = world
  return {
    find,
    answer: async ({ generator, namespace }) => {
      try {
        const object = await find(generator)
        const context = world.contextFor(namespace)
        if (object !== undefined) return await generate(object, { randomBytes, context })
        return notFound(generator, isOfCluster(generator) ? NEEDS_CRD : undefined)
      } catch (error) {
        return broken(generator, error)
      }
    },
  }
}

/** The cluster did not answer, or a bug of ours, whose text may quote a value: only its kind is told. */
function broken(generator: string, error: unknown): Answer {
  if (error instanceof KubeError) return failed('unavailable', `${generator}: ${error.message}`)
  const name = error instanceof Error ? error.name : 'unknown'
  return failed('malformed', `generator ${generator} could not be run: internal error ${name}`)
}

/** Generators whose output is repeatable: a Fake gives what it holds, all others what the fixtures say. */
export function simulatedGenerators(
  declared: ReadonlyMap<string, JsonObject>,
  fixtures: GeneratorFixtures,
): Generators {
  return {
    find: async (key) => declared.get(key),
    answer: async ({ generator }) => {
      const data = fixtureOf(generator, fixtures)
      if (data !== undefined) return { outcome: 'generated', data }
      const object = declared.get(generator)
      if (object === undefined) return notFound(generator)
      return isRandom(object) ? notRepeatable(generator) : generate(object, NO_RANDOMNESS)
    },
  }
}

/** For generators that draw nothing. */
const NO_RANDOMNESS: GeneratorSources = {
  randomBytes: (length) => new Uint8Array(length),
  context: undefined,
}

/** The generators that the input itself declares; the first declaration of a key wins. */
export function declaredGenerators(graph: SecretGraph): ReadonlyMap<string, JsonObject> {
  const declared = new Map<string, JsonObject>()
  for (const { key, resource } of graph.others) {
    const group = (text(member(resource, 'apiVersion')) ?? '').split('/')[0]
    if (group === GENERATORS_GROUP && !declared.has(key)) declared.set(key, resource)
  }
  return declared
}

/** R1: the first generator that names another controller class; then the ExternalSecret is left alone. */
export async function foreignGenerator(
  externalSecret: ExternalSecret,
  namespace: string,
  { find, controllerClass }: { readonly find: FindGenerator; readonly controllerClass: string },
): Promise<{ readonly field: string; readonly message: string } | undefined> {
  for (const { field, read } of readsOf(externalSecret, namespace)) {
    if (read.op !== 'generate') continue
    const generator = await find(read.generator)
    const controller = generator === undefined ? '' : controllerClassOf(generator)
    if (isOfClass(controller, controllerClass)) continue
    return { field, message: `${read.generator} belongs to controller class "${controller}"` }
  }
  return undefined
}

function notFound(generator: string, hint?: string): Answer {
  return failed('generator-not-found', `generator ${generator} was not found`, hint)
}

function isOfCluster(generator: string): boolean {
  return generator.startsWith('ClusterGenerator/')
}

/** A bundle carries those of its own render; others are custom resources. */
const NEEDS_CRD =
  'declare it in the same render, or install its CRD and grant get on clustergenerators'

/** A simulation must answer the same twice, so values have to be given. */
function notRepeatable(generator: string): Answer {
  return failed(
    'not-repeatable',
    `generator ${generator} makes other values at every run`,
    `add generators.${shortName(generator)} with its values to the fixtures`,
  )
}

/** Without the namespace, as people write it in a fixtures file. */
function shortName(generator: string): string {
  const parts = generator.split('/')
  return `${parts[0]}/${parts.at(-1)}`
}

function failed(code: ProviderErrorCode, message: string, hint?: string): Answer {
  return { outcome: 'failed', failure: { code, message, hint } }
}
