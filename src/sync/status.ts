import { bundleName, statusName } from '../handoff/names.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import { stringMap } from '../model/external-secret.ts'
import {
  canonicalJson,
  dig,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { OwnerReference } from '../model/secret.ts'

// What a run remembers for the next, and for people: ConfigMap `waybill-<app>-status`, one key per ExternalSecret. It holds
// no value and no hash of one.

/** What one run leaves for the next about one ExternalSecret. No value and no hash of one. */
export interface StatusEntry {
  /** Of the last read that was complete; RFC 3339. */
  readonly lastSync: string | undefined
  readonly specHash: string
  /** resourceVersion of the target Secret as the run left it; empty when there was none. */
  readonly secretVersion: string
  /** Since when the provider says that everything is gone; undefined while it does not. */
  readonly goneSince: string | undefined
  readonly outcome: string
  readonly reason: string
  readonly message: string
  readonly nextRefresh: string | undefined
}

/** Where the status ConfigMap lives. */
export interface StatusHome {
  readonly kube: KubeApi
  readonly app: string
  readonly namespace: string
  /** The status goes with its bundle. */
  readonly anchor: OwnerReference | undefined
}

/** By name of the ExternalSecret: a status belongs to one app in one namespace. */
export type Statuses = ReadonlyMap<string, StatusEntry>

// All entries share one ConfigMap, which holds 1 MiB.
const MESSAGE_MAX = 500

/** Undefined when it cannot be read: then everything is due, and nothing is written back. */
export async function readStatus({
  kube,
  app,
  namespace,
}: StatusHome): Promise<Statuses | undefined> {
  try {
    const name = statusName(app)
    const object = await kube.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
    const entries = new Map<string, StatusEntry>()
    for (const [key, json] of stringMap(member(object, 'data')) ?? []) {
      const entry = decodeEntry(json)
      if (entry !== undefined) entries.set(key, entry)
    }
    return entries
  } catch (error) {
    if (error instanceof KubeError) return undefined
    throw error
  }
}

/** Undefined for what an older or newer version wrote otherwise: it counts as never synced. */
function decodeEntry(json: string): StatusEntry | undefined {
  const value = parsed(json)
  if (!isObject(value)) return undefined
  return {
    lastSync: text(member(value, 'lastSync')),
    specHash: text(member(value, 'specHash')) ?? '',
    secretVersion: text(member(value, 'secretVersion')) ?? '',
    goneSince: text(member(value, 'goneSince')),
    outcome: text(member(value, 'outcome')) ?? '',
    reason: text(member(value, 'reason')) ?? '',
    message: text(member(value, 'message')) ?? '',
    nextRefresh: text(member(value, 'nextRefresh')),
  }
}

function parsed(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Writes all entries by one apply, so that those of dropped ExternalSecrets disappear. Throws KubeError. */
export async function writeStatus(
  { kube, app, namespace, anchor }: StatusHome,
  entries: Statuses,
  fieldManager: string,
): Promise<void> {
  const data: Record<string, string> = Object.create(null)
  for (const [name, entry] of entries) {
    data[name] = canonicalJson({ ...entry, message: entry.message.slice(0, MESSAGE_MAX) })
  }
  const object: JsonObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: statusName(app),
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

/** Whether two sets of entries say the same. */
export function sameStatus(a: Statuses, b: Statuses): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([name, entry]) => {
    const other = b.get(name)
    return other !== undefined && canonicalJson({ ...entry }) === canonicalJson({ ...other })
  })
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
