import { HttpFailure, type HttpFailureCode, type HttpResponse } from '../../model/http.ts'
import { isObject, type JsonObject, type JsonValue, member } from '../../model/json.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { revealText } from '../references.ts'
import { fullJitterMs, retryAfterMs } from '../retry.ts'
import type { Remote } from './settings.ts'

// GET against the other API server. Its Status messages may quote anything, so only the HTTP status is read.

/** The other API server as far as reads of Secrets need it. */
export interface RemoteApi {
  /** Undefined for a 404 that an API server gave. `what` names the object in messages. */
  readonly get: (path: string, what: string, signal: AbortSignal) => Promise<JsonObject | undefined>
}

const TIMEOUT_MS = 15_000
const ATTEMPTS = 4

const FAILURES: Readonly<Record<HttpFailureCode, ProviderErrorCode>> = {
  refused: 'unavailable',
  unresolved: 'unavailable',
  reset: 'unavailable',
  timeout: 'timeout',
  aborted: 'timeout',
  'too-large': 'malformed',
  redirect: 'malformed',
  'untrusted-certificate': 'untrusted',
  'forbidden-address': 'forbidden',
}

// What may pass by itself within a run.
const RETRYABLE: ReadonlySet<ProviderErrorCode> = new Set(['unavailable', 'throttled', 'timeout'])

/**
 * Throws ProviderError from `get`, after at most four attempts; the token is revealed into the
 * header only.
 */
export function createRemoteApi(remote: Remote, context: OpenContext): RemoteApi {
  const { server, ca, cert, key, token } = remote
  const tls = { ca, cert, key, serverName: undefined, isVerificationOff: false }
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'waybill' }
  if (token !== undefined) headers.authorization = `Bearer ${revealText(token).trim()}`

  const ask = async (path: string, what: string, signal: AbortSignal): Promise<Outcome> => {
    context.onCall(path.includes('?') ? 'kubernetes:list' : 'kubernetes:get')
    try {
      const url = server + path
      const request = { method: 'GET', url, headers, body: undefined, tls, signal } as const
      const response = await context.http.request({ ...request, timeoutMs: TIMEOUT_MS })
      return readResponse(response, `cannot read ${what} from ${hostOf(server)}`)
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error
      const message = `cannot read ${what}: ${error.message}`
      return { error: new ProviderError(FAILURES[error.code], message), afterMs: undefined }
    }
  }

  return {
    get: async (path, what, signal) => {
      for (let attempt = 1; ; attempt++) {
        const outcome = await ask(path, what, signal)
        if (outcome.error === undefined) return outcome.object
        const { error, afterMs } = outcome
        if (signal.aborted || attempt >= ATTEMPTS || !RETRYABLE.has(error.code)) throw error
        await context.sleep(afterMs ?? fullJitterMs(attempt, context.random()), signal)
      }
    },
  }
}

/** One attempt: an object, an absence, or an error and when to try again. */
type Outcome =
  | { readonly error: undefined; readonly object: JsonObject | undefined }
  | { readonly error: ProviderError; readonly afterMs: number | undefined }

/** Order matters: a 404 of a proxy is no Status, so it must not count as an absence. */
function readResponse({ status, headers, body }: HttpResponse, what: string): Outcome {
  const fail = (code: ProviderErrorCode, words: string, hint?: string): Outcome => ({
    error: new ProviderError(code, `${what}: ${words} (HTTP ${status})`, hint),
    afterMs: retryAfterMs(headers['retry-after']),
  })
  const object = parse(body)
  switch (true) {
    case status === 401:
      return fail('unauthenticated', 'the credentials are not accepted')
    case status === 403:
      return fail('forbidden', 'not allowed', 'give the identity get (find: list) on secrets there')
    case status === 429:
      return fail('throttled', 'too many requests')
    case status >= 500:
      return fail('unavailable', 'the API server failed')
    case object === undefined:
      return fail('malformed', 'the answer is not a Kubernetes object: is this an API server?')
    case status === 404 && member(object, 'kind') === 'Status':
      return { error: undefined, object: undefined }
    case status !== 200:
      return fail('malformed', 'unexpected answer')
    default:
      return { error: undefined, object }
  }
}

/** Undefined for what is no JSON object; the parser's message is dropped. */
function parse(body: Uint8Array): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(new TextDecoder().decode(body))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Host and port for messages. */
function hostOf(server: string): string {
  return new URL(server).host
}
