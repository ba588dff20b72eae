import { HttpFailure, type HttpRequest } from '../../model/http.ts'
import { isObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import type { OpenContext } from '../provider.ts'
import { revealText } from '../references.ts'
import { fullJitterMs, type RetrySettings } from '../retry.ts'
import { faultOf, type GcpFault, networkFault } from './fault.ts'

/** How a store's calls are made and bounded. */
export interface GcpLine {
  readonly context: OpenContext
  /** One request with its body. */
  readonly requestMs: number
  readonly retry: RetrySettings | undefined
}

/** One question to a service of Google. Body and headers may hold credentials and are never printed. */
export interface GcpQuestion {
  /** For counting: `service:Method`. */
  readonly call: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly token: SecretValue | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: GcpBody
}

/** What is sent, already as text. */
export interface GcpBody {
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded'
  readonly text: string
}

/** Exactly one of the two is there. `json` may hold secrets. */
export type GcpReply =
  | { readonly json: JsonObject; readonly fault: undefined }
  | { readonly json: undefined; readonly fault: GcpFault }

// Attempts in all, the first one included.
const THROTTLED_ATTEMPTS = 5
const UNAVAILABLE_ATTEMPTS = 3

/** Asks, and again after throttling, faults inside and cut connections. Rejects only when the signal is aborted. */
export async function askGoogle(
  line: GcpLine,
  question: GcpQuestion,
  signal: AbortSignal,
): Promise<GcpReply> {
  const { context, retry } = line
  for (let attempt = 1; ; attempt++) {
    context.onCall(question.call)
    const reply = await askOnce(line, question, signal)
    if (reply.fault === undefined || attempt >= attemptsMax(reply.fault, retry)) return reply
    const jitterMs = fullJitterMs(attempt, context.random())
    await context.sleep(retry?.delayMs ?? reply.fault.retryAfterMs ?? jitterMs, signal)
  }
}

/** A timeout is not repeated: the deadline of the run is better spent on other secrets. */
function attemptsMax({ cause }: GcpFault, retry: RetrySettings | undefined): number {
  const given = retry?.maxRetries === undefined ? undefined : retry.maxRetries + 1
  if (cause === 'throttled') return given ?? THROTTLED_ATTEMPTS
  if (cause === 'unavailable') return given ?? UNAVAILABLE_ATTEMPTS
  return 1
}

async function askOnce(
  { context, requestMs }: GcpLine,
  question: GcpQuestion,
  signal: AbortSignal,
): Promise<GcpReply> {
  try {
    const request = requestOf(question, requestMs, signal)
    const { status, headers, body } = await context.http.request(request)
    const json = parse(body)
    if (status === 200 && json !== undefined) return { json, fault: undefined }
    return { json: undefined, fault: faultOf(status, json, headers['retry-after']) }
  } catch (error) {
    // An aborted run is no failure of the network: its reason goes up as it is.
    signal.throwIfAborted()
    if (!(error instanceof HttpFailure)) throw error
    return { json: undefined, fault: networkFault(error) }
  }
}

function requestOf(
  { method, url, token, headers, body }: GcpQuestion,
  timeoutMs: number,
  signal: AbortSignal,
): HttpRequest {
  return {
    method,
    url,
    headers: {
      ...headers,
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${revealText(token)}` }),
      ...(body === undefined ? {} : { 'content-type': body.contentType }),
    },
    body: body === undefined ? undefined : new TextEncoder().encode(body.text),
    tls: undefined,
    timeoutMs,
    signal,
  }
}

/** A parser's message quotes its input, so it is dropped. */
function parse(body: Uint8Array): JsonObject | undefined {
  return parseObject(new TextDecoder().decode(body))
}

/** Undefined for what is no JSON object. */
export function parseObject(words: string): JsonObject | undefined {
  try {
    const json = JSON.parse(words) as JsonValue
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
