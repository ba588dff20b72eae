import { isArray, isObject, type JsonObject, type JsonValue, text } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'
import { askGoogle, type GcpReply } from './call.ts'
import type { GcpDoor, GcpToken } from './door.ts'
import { jsonBody } from './exchange.ts'
import { failed, type GcpFault } from './fault.ts'
import type { GcpIdentity } from './identity.ts'
import type { GcpSettings } from './settings.ts'

/** A store that is logged in. */
export interface OpenSecrets {
  readonly door: GcpDoor
  readonly identity: GcpIdentity
  readonly settings: GcpSettings & { readonly project: string }
  /** `https://host/v1`. */
  readonly api: string
}

/** A call of the API. `method` is its name there, for counting and for messages. */
export interface Question {
  readonly method: SecretMethod
  /** Below `/v1/`, encoded. */
  readonly path: string
  /** What changes something; a GET without it. */
  readonly change?: {
    readonly verb: 'POST' | 'PATCH' | 'DELETE'
    readonly body: JsonObject | undefined
  }
}

/** The calls that reading needs; each has a permission of its own. */
export type SecretMethod =
  | 'AccessSecretVersion'
  | 'GetSecret'
  | 'ListSecretVersions'
  | 'ListSecrets'
  | 'CreateSecret'
  | 'UpdateSecret'
  | 'AddSecretVersion'
  | 'DeleteSecret'

/** What came, and who had asked. */
export interface Asked {
  readonly reply: GcpReply
  readonly asker: GcpToken
}

/** 401 may be a dead token: one login and one more try before it counts as a refusal. Throws ProviderError of the login. */
export async function ask(
  secrets: OpenSecrets,
  { method, path, change }: Question,
  signal: AbortSignal,
): Promise<Asked> {
  const { identity, door, api } = secrets
  for (;;) {
    const asker = await identity.token(signal)
    const question = {
      call: `secretmanager:${method}`,
      what: `secretmanager ${method} in ${parentOf(secrets)}`,
      isRepeatable: change?.verb !== 'POST',
      method: change?.verb ?? ('GET' as const),
      url: `${api}/${path}`,
      token: asker.value,
      ...(change?.body === undefined ? {} : { body: jsonBody(change.body) }),
    }
    const reply = await askGoogle(door.line, question, signal)
    if (reply.fault?.cause !== 'unauthenticated' || !identity.renew(asker)) return { reply, asker }
  }
}

/** A list in pages. */
export interface ListQuestion {
  readonly method: 'ListSecrets' | 'ListSecretVersions'
  /** Of the collection, below `/v1/`; its last segment is the member that holds the items. */
  readonly path: string
  /** Empty for all. */
  readonly filter: string
  /** The secret that it is about; empty for all. */
  readonly key: string
}

/** Half a megabyte of names and labels, far below the cap of an answer. */
const PAGE_SIZE = '1000'

/** All items of all pages. Throws ProviderError. */
export async function* listed(
  secrets: OpenSecrets,
  { method, path, filter, key }: ListQuestion,
  signal: AbortSignal,
): AsyncGenerator<JsonObject> {
  const collection = path.slice(path.lastIndexOf('/') + 1)
  let pageToken = ''
  do {
    const query = new URLSearchParams({
      pageSize: PAGE_SIZE,
      ...(filter === '' ? {} : { filter }),
      ...(pageToken === '' ? {} : { pageToken }),
    })
    const { reply, asker } = await ask(secrets, { method, path: `${path}?${query}` }, signal)
    if (reply.fault !== undefined) throw refused(secrets, { method, key, asker }, reply.fault)
    yield* itemsOf(reply.json, collection)
    pageToken = text(reply.json.nextPageToken) ?? ''
  } while (pageToken !== '')
}

/** Google leaves out a list that is empty, so any JSON would pass for one: strange members are not Google's. */
function itemsOf(page: JsonObject, collection: string): readonly JsonObject[] {
  const members = new Set([collection, 'nextPageToken', 'totalSize', 'unreachable'])
  const items: JsonValue = page[collection] ?? []
  if (isArray(items) && Object.keys(page).every((name) => members.has(name))) {
    return items.filter(isObject)
  }
  throw new ProviderError('malformed', `secretmanager answered with no list of ${collection}`)
}

/** `projects/p`, with the location if the store has one. */
export function parentOf({ settings: { project, location } }: OpenSecrets): string {
  return location === '' ? `projects/${project}` : `projects/${project}/locations/${location}`
}

/** Role that allows a method, where it is not that of a reader of values. */
const ROLES: Readonly<Record<SecretMethod, string>> = {
  AccessSecretVersion: 'roles/secretmanager.secretAccessor',
  GetSecret: 'roles/secretmanager.viewer',
  ListSecretVersions: 'roles/secretmanager.viewer',
  ListSecrets: 'roles/secretmanager.viewer',
  CreateSecret: 'roles/secretmanager.admin',
  UpdateSecret: 'roles/secretmanager.admin',
  AddSecretVersion: 'roles/secretmanager.secretVersionAdder',
  DeleteSecret: 'roles/secretmanager.admin',
}

/** Whom a fault concerns. `key` is empty for a list of all. */
export interface Refused {
  readonly method: SecretMethod
  readonly key: string
  readonly asker: GcpToken
}

/** The failure of one read, to be thrown. The name of a secret is no secret. */
export function refused(
  secrets: OpenSecrets,
  { method, key, asker }: Refused,
  fault: GcpFault,
): ProviderError {
  const { project, location } = secrets.settings
  const of = key === '' ? '' : ` of ${JSON.stringify(key)}`
  const place = location === '' ? '' : `, location ${location}`
  const what = `secretmanager ${method}${of} in project ${project}${place}`
  const isRefusal = fault.cause === 'forbidden'
  const told = isRefusal ? `${what} is not allowed to ${asker.principal.words}` : what
  return failed(told, fault, hintFor(secrets, { method, key, asker }, fault))
}

/** The command that would help, with the names of this store. */
function hintFor(
  { settings: { project, location } }: OpenSecrets,
  { method, key, asker }: Refused,
  { cause, remark }: GcpFault,
): string | undefined {
  if (remark === 'api-off') {
    return `gcloud services enable secretmanager.googleapis.com --project=${project}`
  }
  if (remark === 'no-project') return 'check spec.provider.gcpsm.projectID'
  if (cause === 'forbidden') {
    const { member } = asker.principal
    const to =
      key === ''
        ? `projects add-iam-policy-binding ${project}`
        : `secrets add-iam-policy-binding ${key} --project=${project}`
    const at = location === '' || key === '' ? '' : ` --location=${location}`
    return `gcloud ${to}${at} --member="${member}" --role=${ROLES[method]}`
  }
  return undefined
}
