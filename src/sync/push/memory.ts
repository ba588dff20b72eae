import { bundleName } from '../../handoff/names.ts'
import { type KubeApi, KubeError } from '../../kube/api.ts'
import { stringMap } from '../../model/external-secret.ts'
import {
  canonicalJson,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
} from '../../model/json.ts'
import type { SyncedPushSecrets } from '../../model/push.ts'
import { decodePushData, encodePushData, type PushData } from '../../model/push-secret.ts'
import type { OwnerReference } from '../../model/secret.ts'

// What was pushed, for the run that is to take it back: ConfigMap `waybill-<app>-pushed`, one key per PushSecret, in the form
// of `status.syncedPushSecrets`. It holds names and metadata, no value and no hash of one.

/** Where the ConfigMap lives. */
export interface PushHome {
  readonly kube: KubeApi
  readonly app: string
  readonly namespace: string
  readonly anchor: OwnerReference | undefined
}

/** By `namespace.name` of the PushSecret: a namespace has no dots. */
export type PushMemory = ReadonlyMap<string, SyncedPushSecrets>

/** How a PushSecret is called in the memory. */
export function memoryKey({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}.${name}`
}

/** `status.syncedPushSecrets` of a PushSecret; what is malformed counts as never pushed. */
export function decodeSynced(value: JsonValue | undefined): SyncedPushSecrets {
  const stores = new Map<string, ReadonlyMap<string, PushData>>()
  for (const [store, entries] of Object.entries(isObject(value) ? value : {})) {
    if (!isObject(entries)) continue
    const decoded = Object.entries(entries).flatMap(([name, entry]) =>
      isObject(entry) ? [[name, decodePushData(entry)] as const] : [],
    )
    stores.set(store, new Map(decoded))
  }
  return stores
}

/** The same for a status. */
export function encodeSynced(synced: SyncedPushSecrets): JsonObject {
  const stores: Record<string, JsonObject> = Object.create(null)
  for (const [store, entries] of synced) {
    const encoded: Record<string, JsonObject> = Object.create(null)
    for (const [name, entry] of entries) encoded[name] = encodePushData(entry)
    stores[store] = encoded
  }
  return stores
}

/** Undefined when it cannot be read: then nothing is taken back, and nothing is written. */
export async function readMemory({
  kube,
  app,
  namespace,
}: PushHome): Promise<PushMemory | undefined> {
  try {
    const object = await kube.get({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      name: pushedName(app),
    })
    const data = stringMap(member(object, 'data')) ?? new Map<string, string>()
    return new Map([...data].map(([key, json]) => [key, decodeSynced(parsed(json))]))
  } catch (error) {
    if (error instanceof KubeError) return undefined
    throw error
  }
}

function pushedName(app: string): string {
  return `${bundleName(app)}-pushed`
}

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Writes all of it by one apply; PushSecrets that nothing is remembered of disappear. Throws KubeError. */
export async function writeMemory(
  { kube, app, namespace, anchor }: PushHome,
  memory: PushMemory,
  fieldManager: string,
): Promise<void> {
  const data: Record<string, string> = Object.create(null)
  for (const [key, synced] of memory) {
    if (synced.size > 0) data[key] = canonicalJson(encodeSynced(synced))
  }
  const object: JsonObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: pushedName(app),
      namespace,
      labels: { 'waybill.dev/app': bundleName(app).slice('waybill-'.length) },
      ...(anchor && {
        ownerReferences: [{ ...anchor, controller: true, blockOwnerDeletion: false }],
      }),
    },
    data,
  }
  await kube.apply(object, { fieldManager, isForced: true, isDryRun: false })
}

/** Whether both say the same, so that nothing has to be written. */
export function sameMemory(a: PushMemory, b: PushMemory): boolean {
  const text = (memory: PushMemory): string =>
    canonicalJson(
      Object.fromEntries(
        [...memory].filter(([, { size }]) => size > 0).map(([key, of]) => [key, encodeSynced(of)]),
      ),
    )
  return text(a) === text(b)
}
