import { stringMap } from '../../model/external-secret.ts'
import { dig, type JsonObject, type JsonValue, member, text } from '../../model/json.ts'
import type { PushWrite, RemotePlace, RemoteSecret } from '../../model/push.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { Store } from '../../model/store.ts'
import { ProviderError } from '../provider.ts'
import type { OpenWriter } from '../writer.ts'
import { createRemoteApi, type RemoteApi } from './remote.ts'
import { readRemote } from './settings.ts'

// Secrets of another cluster or namespace, as the target of a push. Upstream keeps no mark of who made them: a push adds its
// keys to whatever is there. A merge patch under uid and resourceVersion leaves everything else of the object alone.

/** Opens writers with this deadline per request. */
export function kubernetesWriter(timeoutMs?: number): OpenWriter {
  return async (store, context) => {
    const remote = await readRemote(store, context)
    const api = createRemoteApi(remote, context, timeoutMs)
    const at = (place: RemotePlace): Located => located(place, store, remote.namespace)
    return {
      dialect: 'kubernetes',
      observe: async (place, signal) => {
        const { path, what } = at(place)
        const object = await api.get(path, what, signal)
        return object === undefined ? undefined : observed(object)
      },
      write: (write, signal) => save(api, at(write), { write, signal }),
      remove: (place, { revision }, signal) => {
        const { path, what } = at(place)
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: versionOf(revision) }
        return api.change({ method: 'DELETE', path, what, body }, signal)
      },
      close: async () => undefined,
    }
  }
}

/** The opener that `openWriter` uses. */
export const openKubernetesWriter: OpenWriter = kubernetesWriter()

/** Where one Secret is. */
interface Located {
  readonly namespace: string
  readonly name: string
  readonly secrets: string
  readonly path: string
  readonly what: string
}

/** Trust: a SecretStore stays in the namespace that it names, whatever the metadata of a PushSecret say. */
function located({ remoteKey, spec }: RemotePlace, store: Store, fallback: string): Located {
  const own = text(member(spec, 'remoteNamespace'))
  if (own !== undefined && store.kind !== 'ClusterSecretStore') {
    const message = 'remoteNamespace in the metadata needs a ClusterSecretStore'
    throw new ProviderError('invalid', message, 'name the namespace in the store')
  }
  const namespace = own ?? fallback
  // Trust: `..` or a slash would be another resource than a Secret.
  for (const name of [remoteKey, namespace]) {
    if (!/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(name) || name.length > 253) {
      throw new ProviderError('invalid', `${JSON.stringify(name)} is not the name of an object`)
    }
  }
  const secrets = `/api/v1/namespaces/${namespace}/secrets`
  const what = `Secret ${namespace}/${remoteKey}`
  return { namespace, name: remoteKey, secrets, path: `${secrets}/${remoteKey}`, what }
}

function observed(object: JsonObject): RemoteSecret {
  const metadata = member(object, 'metadata')
  const data = stringMap(member(object, 'data')) ?? new Map<string, string>()
  const decoded = [...data].map(
    ([key, value]) => [key, new SecretValue(Buffer.from(value, 'base64'))] as const,
  )
  const { uid, resourceVersion } = {
    uid: text(dig(metadata, 'uid')) ?? '',
    resourceVersion: text(dig(metadata, 'resourceVersion')) ?? '',
  }
  return {
    isManaged: true,
    body: { shape: 'data', data: new Map(decoded) },
    marks: {
      labels: stringMap(member(metadata, 'labels')) ?? new Map(),
      annotations: stringMap(member(metadata, 'annotations')) ?? new Map(),
    },
    revision: `${uid} ${resourceVersion}`,
  }
}

function versionOf(revision: string): JsonObject {
  const [uid = '', resourceVersion = ''] = revision.split(' ')
  return { uid, resourceVersion }
}

/** A POST when there was none: a Secret that has come meanwhile is a conflict. */
function save(
  api: RemoteApi,
  { namespace, name, secrets, path, what }: Located,
  { write, signal }: { readonly write: PushWrite; readonly signal: AbortSignal },
): Promise<void> {
  const { body, marks, observed: before } = write
  const data = body.shape === 'data' ? body.data : new Map<string, SecretValue>()
  const type = write.type === '' ? {} : { type: write.type }
  if (before === undefined) {
    const metadata = {
      name,
      namespace,
      labels: Object.fromEntries(marks.labels),
      annotations: Object.fromEntries(marks.annotations),
    }
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, ...type, data: encoded(data) }
    return api.change({ method: 'POST', path: secrets, what, body: object }, signal)
  }
  const old = before.body?.shape === 'data' ? before.body.data : new Map<string, SecretValue>()
  const patch = {
    metadata: {
      ...versionOf(before.revision),
      labels: patchOf(before.marks.labels, Object.fromEntries(marks.labels)),
      annotations: patchOf(before.marks.annotations, Object.fromEntries(marks.annotations)),
    },
    ...type,
    data: patchOf(old, encoded(data)),
  }
  return api.change({ method: 'PATCH', path, what, body: patch }, signal)
}

/** A merge patch: null removes. */
function patchOf(before: ReadonlyMap<string, unknown>, after: JsonObject): JsonObject {
  const patch: Record<string, JsonValue> = Object.create(null)
  for (const key of before.keys()) if (!Object.hasOwn(after, key)) patch[key] = null
  for (const [key, value] of Object.entries(after)) patch[key] = value ?? null
  return patch
}

function encoded(data: ReadonlyMap<string, SecretValue>): JsonObject {
  return Object.fromEntries(
    [...data].map(([key, value]) => [key, Buffer.from(value.reveal()).toString('base64')]),
  )
}
