import { yamlToJson } from '../manifests/kubectl.ts'
import { isObject } from '../model/json.ts'
import { shortened } from '../report/plain.ts'
import { decodeFixtures, type Fixtures } from '../sync/fixtures.ts'
import { decodeGeneratorFixtures, type GeneratorFixtures } from '../sync/generator-fixtures.ts'
import { InputError } from './exit.ts'
import { readOption } from './given.ts'
import type { Io } from './io.ts'

/** What stands for the world in a simulation, decoded. */
export interface FixturesFile {
  readonly stores: Fixtures
  readonly generators: GeneratorFixtures
}

/** The file of `--fixtures`; nothing without one. Throws InputError. */
export async function readFixtures(path: string | undefined, io: Io): Promise<FixturesFile> {
  if (path === undefined) return { stores: new Map(), generators: new Map() }
  const read = yamlToJson(await readOption('fixtures', path, io), true)
  const object = read.outcome === 'read' ? read.value : undefined
  if (!isObject(object)) {
    throw new InputError(`--fixtures ${JSON.stringify(path)} is not a YAML map`)
  }
  return {
    stores: accepted(decodeFixtures(object), path),
    generators: accepted(decodeGeneratorFixtures(object), path),
  }
}

/** A problem names the place in the file, never a value of it. */
function accepted<T extends object>(part: T | { readonly problem: string }, path: string): T {
  if (!('problem' in part)) return part
  throw new InputError(`--fixtures ${JSON.stringify(path)}: ${shortened(part.problem, 300)}`)
}
