import { HttpFailure, type HttpResponse } from '../../model/http.ts'
import { type JsonObject, member } from '../../model/json.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { codeOfNetwork, objectOf } from '../exchange.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import { fullJitterMs, retryAfterMs } from '../retry.ts'
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
const ATTEMPTS = 4

// What may pass by itself within a run.
const RETRYABLE: ReadonlySet<ProviderErrorCode> = new Set(['unavailable', 'throttled', 'timeout'])

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
 * Throws ProviderError, after at most four attempts; the token is revealed into the header only. A change may be sent again
 * as well: its preconditions make a second one a conflict.
 */
export function createRemoteApi(
  remote: Remote,
  context: OpenContext,
  timeoutMs = TIMEOUT_MS,
): RemoteApi {
  const sender = { remote, context, timeoutMs }
  const answerTo = async (asked: Asked, signal: AbortSignal): Promise<JsonObject | undefined> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await send(sender, asked, signal)
      if (outcome.error === undefined) return outcome.object
      const { error, afterMs } = outcome
      signal.throwIfAborted()
      if (attempt >= ATTEMPTS || !RETRYABLE.has(error.code)) throw error
      await context.sleep(afterMs ?? fullJitterMs(attempt, context.random()), signal)
    }
  }
  return {
    get: (path, what, signal) => answerTo({ method: 'GET', path, body: undefined, what }, signal),
    change: async (change, signal) => {
      await answerTo(change, signal)
    },
  }
}

/** What requests of one store share. */
interface Sender {
  readonly remote: Remote
  readonly context: OpenContext
  readonly timeoutMs: number
}

/** One attempt. */
async function send(
  { remote, context, timeoutMs }: Sender,
  { method, path, body, what }: Asked,
  signal: AbortSignal,
): Promise<Outcome> {
  const { server, ca, cert, key, serverName } = remote
  context.onCall(callName(method, path))
  try {
    const response = await context.http.request({
      method,
      url: server + path,
      headers: headersOf(method, remote),
      body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
      tls: { ca, cert, key, serverName, isVerificationOff: false },
      timeoutMs,
      signal,
    })
    return readResponse(response, method, `cannot ${VERBS[method]} ${what} at ${hostOf(server)}`)
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    const message = `cannot ${VERBS[method]} ${what}: ${error.message}`
    return { error: new ProviderError(codeOfNetwork(error), message), afterMs: undefined }
  }
}

function callName(method: Asked['method'], path: string): string {
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

/** One attempt: an object, an absence, or an error and when to try again. */
type Outcome =
  | { readonly error: undefined; readonly object: JsonObject | undefined }
  | { readonly error: ProviderError; readonly afterMs: number | undefined }

/** Order matters: a 404 of a proxy is no Status, so it must not count as an absence. */
function readResponse(
  { status, headers, body }: HttpResponse,
  method: Asked['method'],
  what: string,
): Outcome {
  const fail = (code: ProviderErrorCode, words: string, hint?: string): Outcome => ({
    error: new ProviderError(code, `${what}: ${words} (HTTP ${status})`, hint),
    afterMs: retryAfterMs(headers['retry-after']),
  })
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
    case object === undefined:
      return fail('malformed', 'the answer is not a Kubernetes object: is this an API server?')
    case status === 404 && member(object, 'kind') === 'Status':
      return method === 'PATCH'
        ? fail('conflict', 'it is gone')
        : { error: undefined, object: undefined }
    case status === 409:
      return fail('conflict', 'somebody else has changed it')
    case status === 422:
      return fail('invalid', 'the API server refuses its content: a type or a key, most often')
    case status !== 200 && status !== 201:
      return fail('malformed', 'unexpected answer')
    default:
      return { error: undefined, object }
  }
}

const RIGHTS: Readonly<Record<Asked['method'], string>> = {
  GET: 'give the identity get (find: list) on secrets there',
  POST: 'give the identity create on secrets there',
  PATCH: 'give the identity patch on secrets there',
  DELETE: 'give the identity delete on secrets there',
}

/** Host and port for messages. */
function hostOf(server: string): string {
  return new URL(server).host
}
