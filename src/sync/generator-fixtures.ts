import { isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { readPayload } from './fixture-payload.ts'

// What generators made, in a fixtures file: `generators.<Kind>/<name>.<key>`, also `<Kind>/<namespace>/<name>`. It wins over
// a generator of that name in the manifests.

/** Generator as named in the file → output key → value. */
export type GeneratorFixtures = ReadonlyMap<string, ReadonlyMap<string, SecretValue>>

/** Reads the part of a fixtures file that is about generators. The problem names the place, never a value. */
export function decodeGeneratorFixtures(
  object: JsonObject,
): GeneratorFixtures | { readonly problem: string } {
  const generators = member(object, 'generators') ?? Object.create(null)
  if (!isObject(generators)) return { problem: 'generators: expected a map of <Kind>/<name>' }
  const fixtures = new Map<string, ReadonlyMap<string, SecretValue>>()
  for (const [name, keys] of Object.entries(generators)) {
    if (!/^[A-Za-z]+\/./.test(name)) {
      return { problem: `generators.${name}: expected <Kind>/<name>, such as Password/database` }
    }
    const values = readValues(keys ?? null)
    if ('problem' in values) return { problem: `generators.${name}${values.problem}` }
    fixtures.set(name, values)
  }
  return fixtures
}

function readValues(
  keys: JsonValue,
): ReadonlyMap<string, SecretValue> | { readonly problem: string } {
  if (!isObject(keys)) return { problem: ': expected a map of output keys' }
  const values = new Map<string, SecretValue>()
  for (const [key, item] of Object.entries(keys)) {
    const version = item === undefined ? undefined : readPayload(item)?.versions.get('')
    const value = version?.text ?? version?.binary
    if (value === undefined) return { problem: `.${key}: expected a string or {binary}` }
    values.set(key, value)
  }
  return values
}

/** By the whole key, else by `<Kind>/<name>`. */
export function fixtureOf(
  generator: string,
  fixtures: GeneratorFixtures,
): ReadonlyMap<string, SecretValue> | undefined {
  const parts = generator.split('/')
  return fixtures.get(generator) ?? fixtures.get(`${parts[0]}/${parts.at(-1)}`)
}
