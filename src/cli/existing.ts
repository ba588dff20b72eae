import { readText } from '../manifests/read.ts'
import { stringMap } from '../model/external-secret.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import type { ObservedSecret } from '../model/secret.ts'
import { type AllowedTarget, allows, kindOf, targetIdOf } from '../model/target-kind.ts'
import { decodeObserved, decodeTarget } from '../plan/observed.ts'
import type { Existing } from '../sync/simulation.ts'
import { InputError } from './exit.ts'
import { readOption } from './given.ts'
import type { Io } from './io.ts'

/** Where what names no namespace is, and which kinds count besides Secrets. */
export interface ExistingOptions {
  readonly namespace: string
  readonly targets: readonly AllowedTarget[]
}

/**
 * The Secrets, ConfigMaps and Namespaces of `--existing`, and objects of kinds that are allowed as targets: what a cluster
 * already has. Throws InputError.
 */
export async function readExisting(
  paths: readonly string[],
  { namespace: defaultNamespace, targets }: ExistingOptions,
  io: Io,
): Promise<Existing> {
  const existing = {
    secrets: new Map<string, ObservedSecret>(),
    configMaps: new Map<string, ReadonlyMap<string, string>>(),
    namespaces: new Map<string, ReadonlyMap<string, string>>(),
    objects: new Map<string, ObservedSecret>(),
  }
  for (const object of await readObjects(paths, targets, io)) {
    const name = text(dig(object, 'metadata', 'name')) ?? ''
    const namespace = text(dig(object, 'metadata', 'namespace')) || defaultNamespace
    const named = kindOf(object)
    if (allows(targets, named)) {
      const target = { ...decodeTarget(object, named, []), namespace }
      existing.objects.set(`${namespace}/${targetIdOf(named, name)}`, target)
    }
    if (named.apiVersion === 'v1') putCore(object, { ...named, name, namespace }, existing)
  }
  return existing
}

function putCore(
  object: JsonObject,
  { kind, name, namespace }: { readonly [part in 'kind' | 'name' | 'namespace']: string },
  {
    secrets,
    configMaps,
    namespaces,
  }: {
    readonly secrets: Map<string, ObservedSecret>
    readonly configMaps: Map<string, ReadonlyMap<string, string>>
    readonly namespaces: Map<string, ReadonlyMap<string, string>>
  },
): void {
  if (kind === 'Secret') {
    secrets.set(`${namespace}/${name}`, { ...decodeObserved(object, []), namespace })
  } else if (kind === 'ConfigMap') {
    configMaps.set(`${namespace}/${name}`, stringMap(member(object, 'data')) ?? new Map())
  } else if (kind === 'Namespace') {
    namespaces.set(name, stringMap(dig(object, 'metadata', 'labels')) ?? new Map())
  }
}

async function readObjects(
  paths: readonly string[],
  targets: readonly AllowedTarget[],
  io: Io,
): Promise<readonly JsonObject[]> {
  const needles = ['Secret', 'ConfigMap', 'Namespace', ...targets.map(({ kind }) => kind)]
  const objects: JsonObject[] = []
  for (const path of paths) {
    const bytes = await readOption('existing', path, io)
    const scanned = readText(path, bytes, { needles })
    const [broken] = scanned.findings
    if (broken !== undefined) throw new InputError(`--existing ${path}: ${broken.message}`)
    objects.push(...scanned.foreign.map(({ object }) => object))
  }
  return objects
}
