import {
  HttpFailure,
  type HttpFailureCode,
  type HttpRequest,
  type HttpResponse,
} from '../model/http.ts'
import { isObject, type JsonObject, type JsonValue } from '../model/json.ts'
import type { ProviderErrorCode } from '../model/provider.ts'
import { counted } from './counted.ts'
import { type OpenContext, ProviderError } from './provider.ts'
import { fullJitterMs, type RetrySettings, retryAfterMs } from './retry.ts'

// A question over plain HTTP, for providers without a library: what may pass by itself is asked again.

/** One question. Its URL, headers and body may hold secrets and are never printed. */
export interface Question {
  /** For counting: `service:Operation`. */
  readonly call: string
  /** Whom and what for, at the beginning of messages. */
  readonly what: string
  readonly request: Omit<HttpRequest, 'signal'>
  /** Asking twice is as good as asking once. Throttled questions were not carried out, so they always are. */
  readonly isRepeatable: boolean
  /** The host itself is a secret: messages do without the transport's words, which name it. */
  readonly hidesHost: boolean
  readonly retry: RetrySettings | undefined
}

// Attempts in all, the first one included.
const THROTTLED_ATTEMPTS = 5
const UNAVAILABLE_ATTEMPTS = 3

/** A new failure of the transport does not compile until it has a meaning here. */
const NETWORK: Readonly<Record<HttpFailureCode, { code: ProviderErrorCode; words: string }>> = {
  refused: { code: 'unavailable', words: 'the connection is refused' },
  unresolved: { code: 'unavailable', words: 'the host is not known' },
  timeout: { code: 'timeout', words: 'it gave no answer in time' },
  reset: { code: 'unavailable', words: 'the connection was cut' },
  'untrusted-certificate': { code: 'untrusted', words: 'its certificate is not trusted' },
  'too-large': { code: 'malformed', words: 'its answer is too large' },
  aborted: { code: 'timeout', words: 'the request was cancelled' },
  'forbidden-address': { code: 'invalid', words: 'its address is none that a store may have' },
  redirect: { code: 'invalid', words: 'it redirects, which is not followed' },
}

/** What a failure of the network means. */
function codeOfNetwork({ code }: HttpFailure): ProviderErrorCode {
  return NETWORK[code].code
}

const UNREACHABLE = 'see that the host can be reached from here: DNS, NetworkPolicy'
const HINTS: Readonly<Partial<Record<HttpFailureCode, string>>> = {
  refused: UNREACHABLE,
  unresolved: UNREACHABLE,
  timeout: UNREACHABLE,
  'untrusted-certificate': 'name the CA that signed it in caBundle or caProvider',
}

/** The last answer, of any status. Throws ProviderError when there was none, and the signal's reason once it is aborted. */
export async function exchange(
  context: OpenContext,
  question: Question,
  signal: AbortSignal,
): Promise<HttpResponse> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const outcome = await attemptOf(context, question, signal)
    const isFailure = outcome instanceof HttpFailure
    if (attempt >= attemptsMax(outcome, question)) {
      if (!isFailure) return outcome
      throw networkError(outcome, question)
    }
    const pauseMs = isFailure ? undefined : retryAfterMs(outcome.headers['retry-after'])
    const jitterMs = fullJitterMs(attempt, context.random())
    await context.sleep(question.retry?.delayMs ?? pauseMs ?? jitterMs, signal)
  }
}

async function attemptOf(
  context: OpenContext,
  { request, call }: Question,
  signal: AbortSignal,
): Promise<HttpResponse | HttpFailure> {
  try {
    const isError = ({ status }: HttpResponse): boolean => status >= 400
    return await counted(context, { call, isError }, (onLeave) =>
      context.http.request({ ...request, signal, onLeave }),
    )
  } catch (error) {
    // An aborted run is no failure of the network: its reason goes up as it is.
    signal.throwIfAborted()
    if (error instanceof HttpFailure) return error
    throw error
  }
}

/** A timeout is not repeated: the deadline of the run is better spent on other secrets. */
function attemptsMax(
  outcome: HttpResponse | HttpFailure,
  { isRepeatable, retry }: Question,
): number {
  const given = retry?.maxRetries === undefined ? undefined : retry.maxRetries + 1
  if (outcome instanceof HttpFailure) {
    const isPassing = isRepeatable && codeOfNetwork(outcome) === 'unavailable'
    return isPassing ? (given ?? UNAVAILABLE_ATTEMPTS) : 1
  }
  if (outcome.status === 429) return given ?? THROTTLED_ATTEMPTS
  return outcome.status >= 500 && isRepeatable ? (given ?? UNAVAILABLE_ATTEMPTS) : 1
}

function networkError(failure: HttpFailure, { what, hidesHost }: Question): ProviderError {
  const { code, words } = NETWORK[failure.code]
  return new ProviderError(
    code,
    `${what}: ${hidesHost ? words : failure.message}`,
    HINTS[failure.code],
  )
}

/** What a status means that is no answer to the question. */
export function codeOfStatus(status: number): ProviderErrorCode {
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'forbidden'
  if (status === 429) return 'throttled'
  if (status >= 500) return 'unavailable'
  return status >= 400 ? 'invalid' : 'malformed'
}

/** Undefined for a body that is no JSON object; the parser's message, which quotes it, is dropped. */
export function objectOf(body: Uint8Array): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(new TextDecoder().decode(body))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
