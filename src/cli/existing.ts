import { readText } from '../manifests/read.ts'
import { stringMap } from '../model/external-secret.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import type { ObservedSecret } from '../model/secret.ts'
import { decodeObserved } from '../plan/observed.ts'
import type { Existing } from '../sync/simulation.ts'
import { InputError } from './exit.ts'
import { readOption } from './given.ts'
import type { Io } from './io.ts'

/** The Secrets, ConfigMaps and Namespaces of `--existing`: what a cluster already has. Throws InputError. */
export async function readExisting(
  paths: readonly string[],
  defaultNamespace: string,
  io: Io,
): Promise<Existing> {
  const secrets = new Map<string, ObservedSecret>()
  const configMaps = new Map<string, ReadonlyMap<string, string>>()
  const namespaces = new Map<string, ReadonlyMap<string, string>>()
  for (const object of await readCoreObjects(paths, io)) {
    const name = text(dig(object, 'metadata', 'name')) ?? ''
    const namespace = text(dig(object, 'metadata', 'namespace')) || defaultNamespace
    const kind = member(object, 'kind')
    if (kind === 'Secret') {
      secrets.set(`${namespace}/${name}`, { ...decodeObserved(object, []), namespace })
    } else if (kind === 'ConfigMap') {
      configMaps.set(`${namespace}/${name}`, stringMap(member(object, 'data')) ?? new Map())
    } else if (kind === 'Namespace') {
      namespaces.set(name, stringMap(dig(object, 'metadata', 'labels')) ?? new Map())
    }
  }
  return { secrets, configMaps, namespaces }
}

async function readCoreObjects(paths: readonly string[], io: Io): Promise<readonly JsonObject[]> {
  const objects: JsonObject[] = []
  for (const path of paths) {
    const bytes = await readOption('existing', path, io)
    const scanned = readText(path, bytes, { needles: ['Secret', 'ConfigMap', 'Namespace'] })
    const [broken] = scanned.findings
    if (broken !== undefined) throw new InputError(`--existing ${path}: ${broken.message}`)
    for (const { object } of scanned.foreign) {
      if (member(object, 'apiVersion') === 'v1') objects.push(object)
    }
  }
  return objects
}
