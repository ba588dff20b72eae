import type { HttpRequest, HttpResponse } from '../../model/http.ts'
import { type JsonObject, member, text } from '../../model/json.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { exchange, objectOf, type Question } from '../exchange.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import type { Remote } from './connection.ts'

// Requests to the other API server. Its Status messages may quote anything, so only the HTTP status is read.

/** A change of one object. */
export interface RemoteChange {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body: JsonObject
  /** Names the object in messages. */
  readonly what: string
}

/** The other API server as far as Secrets need it. */
export interface RemoteApi {
  /** Undefined for a 404 that an API server gave. `what` names the object in messages. */
  readonly get: (path: string, what: string, signal: AbortSignal) => Promise<JsonObject | undefined>
  /** `conflict` when the object is not as it was observed. */
  readonly change: (change: RemoteChange, signal: AbortSignal) => Promise<void>
}

const TIMEOUT_MS = 15_000

/** The name of each method in the call log, and in the words of a failure. */
const VERBS = {
  GET: 'read',
  POST: 'create',
  PATCH: 'update',
  DELETE: 'delete',
} as const

/** One request, before it is sent. */
interface Asked {
  readonly method: keyof typeof VERBS
  readonly path: string
  readonly body: JsonObject | undefined
  readonly what: string
}

/**
 * Throws ProviderError; the token is revealed into the header only. A change may be sent again as well: its preconditions
 * make a second one a conflict.
 */
export function createRemoteApi(
  remote: Remote,
  context: OpenContext,
  timeoutMs = TIMEOUT_MS,
): RemoteApi {
  const answerTo = async (asked: Asked, signal: AbortSignal): Promise<JsonObject | undefined> => {
    const { method, what } = asked
    const goal = `cannot ${VERBS[method]} ${what} at ${new URL(remote.server).host}`
    const question: Question = {
      call: callName(asked),
      what: goal,
      request: { ...requestOf(asked, remote), timeoutMs },
      isRepeatable: true,
      hidesHost: false,
      retry: undefined,
    }
    return readResponse(await exchange(context, question, signal), method, goal)
  }
  return {
    get: (path, what, signal) => answerTo({ method: 'GET', path, body: undefined, what }, signal),
    change: async (change, signal) => {
      await answerTo(change, signal)
    },
  }
}

function requestOf(
  { method, path, body }: Asked,
  remote: Remote,
): Omit<HttpRequest, 'signal' | 'timeoutMs'> {
  const { server, ca, cert, key, serverName } = remote
  return {
    method,
    url: server + path,
    headers: headersOf(method, remote),
    body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
    tls: { ca, cert, key, serverName, isVerificationOff: false },
  }
}

function callName({ method, path }: Asked): string {
  if (method !== 'GET') return `kubernetes:${VERBS[method]}`
  return path.includes('?') ? 'kubernetes:list' : 'kubernetes:get'
}

function headersOf(method: Asked['method'], { token }: Remote): Readonly<Record<string, string>> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return {
    accept: 'application/json',
    'user-agent': 'waybill',
    ...(method === 'GET' ? {} : { 'content-type': type }),
    ...(token === undefined ? {} : { authorization: `Bearer ${revealText(token).trim()}` }),
  }
}

/** Order matters: a 404 of a proxy is no Status, so it must not count as an absence. */
function readResponse(
  { status, body }: HttpResponse,
  method: Asked['method'],
  what: string,
): JsonObject | undefined {
  const fail = (code: ProviderErrorCode, words: string, hint?: string): never => {
    throw new ProviderError(code, `${what}: ${words} (HTTP ${status})`, hint)
  }
  const object = objectOf(body)
  switch (true) {
    case status === 401:
      return fail('unauthenticated', 'the credentials are not accepted')
    case status === 403:
      return fail('forbidden', 'not allowed', RIGHTS[method])
    case status === 429:
      return fail('throttled', 'too many requests')
    case status >= 500:
      return fail('unavailable', 'the API server failed')
    case object === undefined ||
      (method === 'GET' && !KINDS.has(text(member(object, 'kind')) ?? '')):
      return fail('malformed', 'the answer is not a Kubernetes object: is this an API server?')
    case status === 404 && member(object, 'kind') === 'Status':
      return method === 'PATCH' ? fail('conflict', 'it is gone') : undefined
    case status === 409:
      return fail('conflict', 'somebody else has changed it')
    case status === 422:
      return fail('invalid', 'the API server refuses its content: a type or a key, most often')
    case status !== 200 && status !== 201:
      return fail('malformed', 'unexpected answer')
    default:
      return object
  }
}

/** What a GET may be answered with: an object without its kind would pass for an empty Secret. */
const KINDS: ReadonlySet<string> = new Set(['Secret', 'SecretList', 'Status'])

const RIGHTS: Readonly<Record<Asked['method'], string>> = {
  GET: 'give the identity get (find: list) on secrets there',
  POST: 'give the identity create on secrets there',
  PATCH: 'give the identity patch on secrets there',
  DELETE: 'give the identity delete on secrets there',
}
