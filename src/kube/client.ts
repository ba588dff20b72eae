import type { HttpClient } from '../model/http.ts'
import {
  canonicalJson,
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import { SecretValue } from '../model/secret-value.ts'
import { type Applied, type KubeApi, KubeError, type ObjectRef } from './api.ts'
import type { Connection } from './connection.ts'
import { createPaths } from './discovery.ts'
import { listAll } from './list.ts'
import { collectionPath, objectPath, queryOf } from './resources.ts'
import { createSend, type KubeOptions, type Question, type Reply, type Send } from './send.ts'

const JSON_TYPE = 'application/json'
/** Canonical JSON is YAML; this is the content type that every supported API server knows. */
const APPLY_TYPE = 'application/apply-patch+yaml'
const MERGE_TYPE = 'application/merge-patch+json'

/** The API server behind `connection`. Every call has the deadline and the retries of `send.ts`. */
export function createKubeApi(
  connection: Connection,
  http: HttpClient,
  options: KubeOptions,
): KubeApi {
  const send = createSend(connection, http, options)
  const pathOf = createPaths(send, options.targets ?? [])
  return {
    get: async (ref) => get(send, ref, await pathOf(ref)),
    list: async (apiVersion, kind, namespace, labelSelector) => {
      const listing = { apiVersion, kind, namespace, labelSelector, isMetadataOnly: false }
      return (await listAll(send, listing)).items
    },
    apply: async (object, how) =>
      apply(send, object, { ...how, path: await pathOf(refOf(object)) }),
    replace: async (object, { fieldManager, isDryRun }) => {
      const query = queryOf({ fieldManager, dryRun: dryRun(isDryRun) })
      const path = (await pathOf(refOf(object))) + query
      return objectOf(await send(question('PUT', path, 'replace', object)))
    },
    create: async (object, fieldManager) => {
      const { apiVersion, kind, namespace } = refOf(object)
      const path = collectionPath(apiVersion, kind, namespace) + queryOf({ fieldManager })
      return objectOf(await send(question('POST', path, 'create', object)))
    },
    applyStatus: (object, fieldManager) => merge(send, object, { fieldManager, part: '/status' }),
    patchFinalizers: (object, finalizers, fieldManager) => {
      const { apiVersion, kind, namespace, name } = refOf(object)
      const { uid, resourceVersion } = (member(object, 'metadata') ?? {}) as JsonObject
      const scope = namespace === '' ? {} : { namespace }
      const metadata = { ...scope, name, uid, resourceVersion, finalizers }
      return merge(send, { apiVersion, kind, metadata }, { fieldManager, part: '' })
    },
    delete: async (ref, preconditions, isDryRun) =>
      remove(send, ref, { path: await pathOf(ref), preconditions, isDryRun }),
    serviceAccountToken: (namespace, name, audiences, expirationSeconds) => {
      const ref = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name }
      return requestToken(send, ref, { audiences, expirationSeconds })
    },
  }
}

async function get(send: Send, ref: ObjectRef, path: string): Promise<JsonObject | undefined> {
  const asked = { verb: 'get', subject: subjectOf(ref) }
  const reply = await send({ ...READ, method: 'GET', path, asked }, [404])
  if (reply.status !== 404) return objectOf(reply)
  // Absence decides about deleting and creating, so it has to come from an API server, not from a proxy's error page.
  // A group that is not installed is answered in plain text, and its objects are absent.
  if (member(reply.body, 'kind') === 'Status' || ref.apiVersion.includes('/')) return undefined
  const what = `cannot get ${asked.subject}`
  throw new KubeError('malformed', 404, `${what}: 404 did not come from a Kubernetes API server`)
}

async function apply(
  send: Send,
  object: JsonObject,
  how: Parameters<KubeApi['apply']>[1] & { readonly path: string },
): Promise<Applied> {
  const { fieldManager, isForced, isDryRun } = how
  const options = { fieldManager, force: isForced ? 'true' : undefined, dryRun: dryRun(isDryRun) }
  const path = how.path + queryOf(options)
  const patch = { ...question('PATCH', path, 'apply', object), contentType: APPLY_TYPE }
  const reply = await send(patch)
  const applied = objectOf(reply)
  const isOurs = reply.isRepeated && isOnlyManager(applied, fieldManager)
  return { object: applied, isCreated: reply.status === 201 || isOurs }
}

/**
 * Whether nobody else holds a field: then a 200 after a lost answer is our own creation, not somebody else's object
 * that we would have to give back. An object that we have owned alone before has been read, and is no creation.
 */
function isOnlyManager(object: JsonObject, fieldManager: string): boolean {
  const entries = dig(object, 'metadata', 'managedFields')
  if (!isArray(entries) || entries.length === 0) return false
  return entries.every((entry) => member(entry, 'manager') === fieldManager)
}

/** RFC 7386; `part` is the subresource. */
async function merge(
  send: Send,
  patch: JsonObject,
  { fieldManager, part }: { readonly fieldManager: string; readonly part: '' | '/status' },
): Promise<JsonObject> {
  const path = `${objectPath(refOf(patch))}${part}${queryOf({ fieldManager })}`
  const verb = part === '' ? 'patch' : 'write the status of'
  return objectOf(await send({ ...question('PATCH', path, verb, patch), contentType: MERGE_TYPE }))
}

async function remove(
  send: Send,
  ref: ObjectRef,
  {
    path,
    preconditions: { uid, resourceVersion },
    isDryRun,
  }: {
    readonly path: string
    readonly preconditions: Parameters<KubeApi['delete']>[1]
    readonly isDryRun: boolean
  },
): Promise<void> {
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: resourceVersion === undefined ? { uid } : { uid, resourceVersion },
    propagationPolicy: 'Background',
    ...(isDryRun ? { dryRun: ['All'] } : {}),
  }
  const asked = { verb: 'delete', subject: subjectOf(ref) }
  const body = canonicalJson(options)
  await send({ method: 'DELETE', path, body, contentType: JSON_TYPE, asked }, [404])
}

async function requestToken(
  send: Send,
  ref: ObjectRef,
  spec: { readonly audiences: readonly string[]; readonly expirationSeconds: number },
): Promise<SecretValue> {
  // No audience at all means the API server's own, as ESO asks for it.
  const { audiences, expirationSeconds } = spec
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: audiences.length === 0 ? { expirationSeconds } : { audiences, expirationSeconds },
  }
  const asked = { verb: 'create a token of', subject: subjectOf(ref) }
  const body = canonicalJson(request)
  const path = `${objectPath(ref)}/token`
  const reply = await send({ method: 'POST', path, body, contentType: JSON_TYPE, asked })
  const token = text(dig(reply.body, 'status', 'token'))
  if (token === undefined || token === '') {
    const what = `cannot ${asked.verb} ${asked.subject}`
    throw new KubeError('malformed', reply.status, `${what}: the answer holds no token`)
  }
  return SecretValue.fromText(token)
}

const READ = { body: undefined, contentType: JSON_TYPE } as const

function question(
  method: Question['method'],
  path: string,
  verb: string,
  object: JsonObject,
): Question {
  const asked = { verb, subject: subjectOf(refOf(object)) }
  return { method, path, body: canonicalJson(object), contentType: JSON_TYPE, asked }
}

function dryRun(isDryRun: boolean): string | undefined {
  return isDryRun ? 'All' : undefined
}

function refOf(object: JsonObject): ObjectRef {
  const metadata: JsonValue | undefined = member(object, 'metadata')
  return {
    apiVersion: text(member(object, 'apiVersion')) ?? '',
    kind: text(member(object, 'kind')) ?? '',
    namespace: text(member(metadata, 'namespace')) ?? '',
    name: text(member(metadata, 'name')) ?? '',
  }
}

function subjectOf({ kind, namespace, name }: ObjectRef): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
}

function objectOf({ body }: Reply): JsonObject {
  return isObject(body) ? body : Object.create(null)
}
