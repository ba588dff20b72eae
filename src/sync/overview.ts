import { decodeBundle } from '../handoff/bundle.ts'
import { APP_LABEL, HANDOFF_LABEL } from '../handoff/names.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import {
  decodeExternalSecret,
  ESO_GROUP,
  type ExternalSecret,
  stringMap,
} from '../model/external-secret.ts'
import { compareBytes, dig, isArray, type JsonObject, member, text } from '../model/json.ts'
import type { OverviewRow } from '../report/overview.ts'
import { decodePart, type Statuses } from './status-part.ts'

// Every ExternalSecret of a namespace, or of all, with what is known of it: bundles and the status that runs leave beside
// them, and ExternalSecret objects with a status of their own, if the CRDs exist.

/** An empty namespace means all of them. Throws KubeError. */
export async function overview(
  kube: KubeApi,
  { namespace, app }: { readonly namespace: string; readonly app: string | undefined },
): Promise<readonly OverviewRow[]> {
  const configMaps = await kube.list('v1', 'ConfigMap', namespace, APP_LABEL)
  const bundled = bundleRows(configMaps).filter((row) => app === undefined || row.app === app)
  const objects = app === undefined ? await objectRows(kube, namespace) : []
  return [...bundled, ...objects].sort(
    (a, b) =>
      compareBytes(a.namespace, b.namespace) ||
      compareBytes(a.name, b.name) ||
      compareBytes(a.app, b.app),
  )
}

/** A torn bundle shows nothing, as a run would do nothing with it. */
function bundleRows(configMaps: readonly JsonObject[]): readonly OverviewRow[] {
  const groups = new Map<string, JsonObject[]>()
  for (const object of configMaps) {
    const key = `${namespaceOf(object)}/${labelOf(object, APP_LABEL)}`
    groups.set(key, [...(groups.get(key) ?? []), object])
  }
  return [...groups.values()].flatMap((group) => {
    const anchor = group.find((object) => labelOf(object, HANDOFF_LABEL) === 'anchor')
    if (anchor === undefined) return []
    const shards = group.filter((object) => labelOf(object, HANDOFF_LABEL) === 'shard')
    const bundle = decodeBundle(anchor, shards)
    if (bundle.outcome === 'unusable') return []
    const statuses = statusesOf(
      group.filter((object) => labelOf(object, HANDOFF_LABEL) === undefined),
    )
    return bundle.objects
      .filter((object) => member(object, 'kind') === 'ExternalSecret')
      .map((object) => {
        const externalSecret = decodeExternalSecret(object)
        const row = rowOf({ ...externalSecret, namespace: namespaceOf(anchor) }, statuses)
        return { ...row, app: bundle.app }
      })
  })
}

function statusesOf(parts: readonly JsonObject[]): Statuses {
  const data = parts.map((object) => stringMap(member(object, 'data')) ?? new Map())
  return new Map(data.flatMap((part) => [...decodePart(part).entries]))
}

function rowOf(externalSecret: ExternalSecret, statuses: Statuses): OverviewRow {
  const entry = statuses.get(externalSecret.name)
  return {
    ...identityOf(externalSecret),
    ready: entry === undefined ? 'Unknown' : entry.outcome === 'failed' ? 'False' : 'True',
    reason: entry?.reason ?? '',
    message: entry?.message ?? 'no run has come to it yet',
    lastSync: entry?.lastSync,
    nextRefresh: entry?.nextRefresh,
  }
}

function identityOf({
  namespace,
  name,
  target,
  object,
}: ExternalSecret): Pick<OverviewRow, 'namespace' | 'name' | 'app' | 'store' | 'secret'> {
  const ref = dig(object, 'spec', 'secretStoreRef')
  const storeName = text(member(ref, 'name')) ?? ''
  const storeKind = text(member(ref, 'kind')) ?? 'SecretStore'
  const store = storeName === '' ? '' : `${storeKind}/${storeName}`
  return { namespace, name, app: '', store, secret: target.name }
}

/** Without the CRDs, or the right to see them, there are none. */
async function objectRows(kube: KubeApi, namespace: string): Promise<readonly OverviewRow[]> {
  try {
    const objects = await kube.list(`${ESO_GROUP}/v1`, 'ExternalSecret', namespace)
    return objects.map(objectRow)
  } catch (error) {
    if (error instanceof KubeError && NO_OBJECTS.has(error.code)) return []
    throw error
  }
}

const NO_OBJECTS: ReadonlySet<string> = new Set(['not-found', 'forbidden'])

function objectRow(object: JsonObject): OverviewRow {
  const conditions = dig(object, 'status', 'conditions')
  const ready = (isArray(conditions) ? conditions : []).find(
    (condition) => member(condition, 'type') === 'Ready',
  )
  const status = text(member(ready, 'status'))
  return {
    ...identityOf(decodeExternalSecret(object)),
    ready: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: text(member(ready, 'reason')) ?? '',
    message: text(member(ready, 'message')) ?? '',
    lastSync: text(dig(object, 'status', 'refreshTime')),
    nextRefresh: undefined,
  }
}

function namespaceOf(object: JsonObject): string {
  return text(dig(object, 'metadata', 'namespace')) ?? ''
}

function labelOf(object: JsonObject, label: string): string | undefined {
  return text(dig(object, 'metadata', 'labels', label))
}
