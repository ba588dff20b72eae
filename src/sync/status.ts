import { shardOf } from '../handoff/bundle.ts'
import { bundleName, statusName } from '../handoff/names.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import { stringMap } from '../model/external-secret.ts'
import { dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import type { OwnerReference } from '../model/secret.ts'
import {
  type DroppedSecret,
  decodePart,
  encodePart,
  type Memory,
  partsOf,
  type StatusEntry,
} from './status-part.ts'

// Where a run's memory lives: ConfigMap `waybill-<app>-status`, and `…-status-1…` beside it for bundles of several shards.
// An ExternalSecret has its entry in the part that has the number of its shard, so that the pods of an Indexed Job write
// parts of their own, and none outgrows what a ConfigMap holds.

/** Where the status ConfigMaps live. */
export interface StatusHome {
  /** Outlives the run by some seconds: what a run that was stopped has done must not be forgotten. */
  readonly kube: KubeApi
  readonly app: string
  readonly namespace: string
  /** The status goes with its bundle. */
  readonly anchor: OwnerReference | undefined
  /** Shards of the bundle. */
  readonly parts: number
}

/** What was remembered, and how it is written down. */
export interface Remembered extends Memory {
  /** The ConfigMaps that there are, by part. */
  readonly written: ReadonlyMap<number, Written>
}

interface Written {
  readonly data: ReadonlyMap<string, string>
  /** Of the anchor that owns it; empty for none. */
  readonly owner: string
}

/** No run has left anything. */
export const NOTHING_REMEMBERED: Remembered = {
  entries: new Map(),
  dropped: new Map(),
  written: new Map(),
}

/** Throws KubeError when it cannot be read. */
export async function readStatus(home: StatusHome): Promise<Remembered> {
  const parts = await Promise.all(
    Array.from({ length: home.parts }, (_, part) => readPart(home, part)),
  )
  const former = Math.max(0, ...parts.map((part) => (part === undefined ? 0 : partsOf(part.data))))
  // The bundle had more shards: what lies beyond is read once more, for the runs to come.
  for (let part = home.parts; part < former; part++) parts.push(await readLeftover(home, part))
  return remembered(parts)
}

async function readPart(
  { kube, app, namespace }: StatusHome,
  part: number,
): Promise<Written | undefined> {
  const name = statusName(app, part)
  const object = await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
  if (object === undefined) return undefined
  const owners = dig(object, 'metadata', 'ownerReferences')
  const owner = text(member(isArray(owners) ? owners[0] : undefined, 'uid')) ?? ''
  return { data: stringMap(member(object, 'data')) ?? new Map(), owner }
}

/** A Role names as many parts again as its bundle has; what lies further out is forgotten. */
async function readLeftover(home: StatusHome, part: number): Promise<Written | undefined> {
  try {
    return await readPart(home, part)
  } catch (error) {
    if (error instanceof KubeError && error.code === 'forbidden') return undefined
    throw error
  }
}

/** Parts put together; where two speak of one name the lower number wins, for a leftover is older. */
function remembered(parts: readonly (Written | undefined)[]): Remembered {
  const entries = new Map<string, StatusEntry>()
  const dropped = new Map<string, DroppedSecret>()
  const written = new Map<number, Written>()
  for (const [part, found] of parts.entries()) {
    if (found === undefined) continue
    written.set(part, found)
    const read = decodePart(found.data)
    fill(entries, read.entries)
    fill(dropped, read.dropped)
  }
  return { entries, dropped, written }
}

/** Adds what is not there yet. */
function fill<T>(into: Map<string, T>, from: ReadonlyMap<string, T>): void {
  for (const [name, one] of from) if (!into.has(name)) into.set(name, one)
}

/** Number of the part in which an ExternalSecret is remembered: that of its shard. */
export function partOf(namespace: string, externalSecret: string, parts: number): number {
  return shardOf(`ExternalSecret/${namespace}/${externalSecret}`, parts)
}

/**
 * Writes the parts that say something else than before, each by one apply, so that what it drops disappears. Answers the memory
 * as it is written down now. Throws KubeError.
 */
export async function writeStatus(
  home: StatusHome,
  memory: Memory,
  {
    before,
    fieldManager,
    isMine,
  }: {
    readonly before: Remembered
    readonly fieldManager: string
    /** Whether this run keeps the part; others write theirs. */
    readonly isMine: (part: number) => boolean
  },
): Promise<Remembered> {
  const written = new Map(before.written)
  const owner = home.anchor?.uid ?? ''
  const leftovers = [...before.written.keys()].filter((part) => part >= home.parts)
  const own = [...Array(home.parts).keys(), ...leftovers].filter(isMine)
  for (const part of own) {
    const data = encodePart(memoryOfPart(memory, part, home), home.parts)
    const known = before.written.get(part)
    if (known === undefined ? isEmpty(data) : isSame(known, { data, owner })) continue
    await home.kube.apply(configMap(home, part, data), {
      fieldManager,
      isForced: true,
      isDryRun: false,
    })
    written.set(part, { data, owner })
  }
  return { ...memory, written }
}

/** What one part holds of it. */
function memoryOfPart(
  { entries, dropped }: Memory,
  part: number,
  { namespace, parts }: StatusHome,
): Memory {
  const isHere = (name: string): boolean => partOf(namespace, name, parts) === part
  return {
    entries: new Map([...entries].filter(([name]) => isHere(name))),
    dropped: new Map([...dropped].filter(([, { externalSecret }]) => isHere(externalSecret))),
  }
}

/** Whether every part goes with the present anchor: what an earlier one owns the garbage collector takes. */
export function isKept({ written }: Remembered, { anchor }: StatusHome): boolean {
  return [...written.values()].every(({ owner }) => owner === (anchor?.uid ?? ''))
}

/** Beside its number of parts. */
function isEmpty(data: ReadonlyMap<string, string>): boolean {
  return data.size <= 1
}

function isSame(a: Written, b: Written): boolean {
  return (
    a.owner === b.owner &&
    a.data.size === b.data.size &&
    [...a.data].every(([key, value]) => b.data.get(key) === value)
  )
}

function configMap(
  { app, namespace, anchor }: StatusHome,
  part: number,
  data: ReadonlyMap<string, string>,
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: statusName(app, part),
      namespace,
      labels: { 'waybill.dev/app': bundleName(app).slice('waybill-'.length) },
      ...(anchor && {
        ownerReferences: [{ ...anchor, controller: true, blockOwnerDeletion: false }],
      }),
    },
    data: Object.fromEntries(data),
  }
}

/** The anchor as the owner of what a run writes. */
export function anchorReference(anchor: JsonObject): OwnerReference {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: text(dig(anchor, 'metadata', 'name')) ?? '',
    uid: text(dig(anchor, 'metadata', 'uid')) ?? '',
    controller: true,
  }
}
