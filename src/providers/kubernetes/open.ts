import { stringMap } from '../../model/external-secret.ts'
import { dig, isArray, isObject, type JsonObject, member, text } from '../../model/json.ts'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { answerAll } from '../answers.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { type OpenProvider, ProviderError } from '../provider.ts'
import { createRemoteApi, type RemoteApi } from './remote.ts'
import { readRemote } from './settings.ts'

// Secrets of another cluster, or of another namespace of this one (R163). A remote key is the name of a Secret in
// `remoteNamespace`; version means nothing here. It speaks to the other API server itself: `kube/` is for our own.

const READS_AT_ONCE = 8
// kubectl's page size: bounded answers, few calls.
const PAGE_SIZE = 500

type Find = Extract<Read, { readonly op: 'find' }>

/** Opens stores with this deadline per request; nothing is asked of the other cluster yet. */
export function kubernetesOpener(timeoutMs?: number): OpenProvider {
  return async (store, context) => {
    const remote = await readRemote(store, context)
    const api = createRemoteApi(remote, context, timeoutMs)
    const secrets = `/api/v1/namespaces/${encodeURIComponent(remote.namespace)}/secrets`
    const answer = async (read: Read, signal: AbortSignal): Promise<Answer> => {
      if (read.op === 'get') return get({ api, secrets }, read.key, signal)
      if (read.op === 'find') return find({ api, secrets }, read, signal)
      throw new ProviderError('unsupported', 'a kubernetes store generates nothing')
    }
    return {
      read: (reads, signal) =>
        answerAll(reads, { lanes: READS_AT_ONCE, signal }, (read) => answer(read, signal)),
      close: async () => undefined,
    }
  }
}

/** The opener that `openStore` uses. */
export const openKubernetes: OpenProvider = kubernetesOpener()

interface Place {
  readonly api: RemoteApi
  /** Path of the Secrets of the remote namespace. */
  readonly secrets: string
}

/** 404 is an absence; what that means depends on the entry (payload.ts). */
async function get({ api, secrets }: Place, key: string, signal: AbortSignal): Promise<Answer> {
  // Trust: `..` or a slash in a key would be another resource than a Secret.
  if (!/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(key) || key.length > 253) {
    throw new ProviderError('invalid', `key "${key}" is not the name of a Secret`)
  }
  const secret = await api.get(`${secrets}/${key}`, `Secret ${key}`, signal)
  if (secret === undefined) return { outcome: 'absent', dialect: 'kubernetes' }
  return { outcome: 'found', payload: payloadOf(secret) }
}

/** Tags are a label selector and win over the name (R163). */
async function find(place: Place, read: Find, signal: AbortSignal): Promise<Answer> {
  const { tags, nameRegexp } = read
  if (tags === undefined && nameRegexp === undefined) {
    throw new ProviderError('invalid', 'find needs name.regexp or tags')
  }
  const isMatch = tags === undefined ? await compileNamePattern(nameRegexp ?? '') : () => true
  const payloads = new Map<string, Payload>()
  for await (const secret of listed(place, selectorOf(tags), signal)) {
    const name = text(dig(secret, 'metadata', 'name')) ?? ''
    if (isMatch(name)) payloads.set(name, payloadOf(secret))
  }
  return { outcome: 'found-many', payloads }
}

/** Equality only, joined by AND; empty values select empty labels. */
function selectorOf(tags: ReadonlyMap<string, string> | undefined): string {
  return [...(tags ?? [])].map(([label, value]) => `${label}=${value}`).join(',')
}

/**
 * All pages by `continue`. An expired token (410) fails the find: a part would look like a
 * deletion.
 */
async function* listed(
  { api, secrets }: Place,
  selector: string,
  signal: AbortSignal,
): AsyncGenerator<JsonObject> {
  let next = ''
  do {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) })
    if (selector !== '') query.set('labelSelector', selector)
    if (next !== '') query.set('continue', next)
    const page = await api.get(`${secrets}?${query}`, 'the list of Secrets', signal)
    const items = member(page, 'items')
    if (!isArray(items)) {
      throw new ProviderError('malformed', 'the API server gave no list of Secrets')
    }
    yield* items.filter(isObject)
    next = text(dig(page, 'metadata', 'continue')) ?? ''
  } while (next !== '')
}

/** Values and metadata come in one answer, so both are always given. */
function payloadOf(secret: JsonObject): Payload {
  const data = stringMap(member(secret, 'data')) ?? new Map<string, string>()
  const metadata = member(secret, 'metadata')
  return {
    dialect: 'kubernetes',
    text: undefined,
    binary: undefined,
    data: new Map([...data].map(([key, value]) => [key, decode(value)])),
    metadata: {
      tags: undefined,
      labels: stringMap(member(metadata, 'labels')),
      annotations: stringMap(member(metadata, 'annotations')),
      json: undefined,
    },
  }
}

/** The API server has checked the base64 when the Secret was written. */
function decode(base64: string): SecretValue {
  return new SecretValue(Buffer.from(base64, 'base64'))
}
