import {
  type HttpClient,
  HttpFailure,
  type HttpFailureCode,
  type HttpRequest,
} from '../model/http.ts'
import { isObject, type JsonValue } from '../model/json.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import { KubeError, type KubeErrorCode } from './api.ts'
import { type Connection, tlsOf } from './connection.ts'
import { type Asked, isUndecodable, refusal } from './status.ts'

// One call to the API server, with the retries that are safe.
//
//  what happened            │ sent again?
//  ─────────────────────────┼──────────────────────────────────────────────
//  429, 503 with Retry-After│ after that time
//  429, 500, 502, 503, 504  │ after full jitter, 0.25 s doubling
//  refused, reset, timeout  │ the same; the answer then says it was repeated
//  any other status         │ no: the caller knows what a 409 means
//  certificate, redirect …  │ no

/** What a client of the API server needs from outside; the clock is monotonic. */
export interface KubeOptions {
  /** One call with all its retries. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly nowMs: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** Kinds that are asked for besides those that every client knows. */
  readonly targets?: readonly AllowedTarget[]
}

/** One request to the API server; `asked` names the object in messages. */
export interface Question {
  readonly method: HttpRequest['method']
  /** Path and query. */
  readonly path: string
  readonly body: string | undefined
  readonly contentType: string
  /** Form of the answer; JSON of the whole object when absent. */
  readonly accept?: string
  readonly asked: Asked
}

/** An answer below 400, or one that the caller expected. */
export interface Reply {
  readonly status: number
  readonly body: JsonValue
  /** An earlier attempt may have been carried out although its answer was lost. */
  readonly isRepeated: boolean
}

/** Sends a question; statuses of 400 and above are thrown as KubeError, except those in `expected`. */
export type Send = (question: Question, expected?: readonly number[]) => Promise<Reply>

const ATTEMPTS = 4
const FIRST_DELAY_MS = 250
/** One attempt may not eat the whole deadline: a connection that died silently is replaced by a fresh one. */
const ATTEMPT_MS_MAX = 15_000
const AGAIN: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
const LOST: ReadonlySet<HttpFailureCode> = new Set(['refused', 'reset', 'timeout', 'unresolved'])

/** What the network does to us, in the API server's terms. */
export const FAILURES: Readonly<Record<HttpFailureCode, KubeErrorCode>> = {
  refused: 'unavailable',
  unresolved: 'unavailable',
  reset: 'unavailable',
  redirect: 'malformed',
  timeout: 'timeout',
  aborted: 'timeout',
  'untrusted-certificate': 'untrusted',
  'too-large': 'too-large',
  'forbidden-address': 'forbidden',
}

/** One attempt: an answer, or a failure of the network. */
type Attempt =
  | { readonly answer: Answer; readonly failure: undefined }
  | { readonly answer: undefined; readonly failure: HttpFailure }

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonValue | undefined
}

/**
 * Retries what may pass by itself, within the deadline of `options`; a token is asked for at each
 * attempt, for it rotates.
 */
export function createSend(connection: Connection, http: HttpClient, options: KubeOptions): Send {
  const { signal, nowMs } = options
  const tls = tlsOf(connection)

  const attempt = async (question: Question, leftMs: number): Promise<Attempt> => {
    const headers = await headersFor(connection, question.accept ?? 'application/json')
    if (question.body !== undefined) headers['content-type'] = question.contentType
    const body = question.body === undefined ? undefined : Buffer.from(question.body)
    const { method, path } = question
    const url = connection.server + path
    const timeoutMs = Math.min(leftMs, ATTEMPT_MS_MAX)
    try {
      const answer = await http.request({ method, url, headers, body, tls, timeoutMs, signal })
      return { answer: { ...answer, body: parseBody(answer.body) }, failure: undefined }
    } catch (error) {
      if (error instanceof HttpFailure) return { answer: undefined, failure: error }
      throw error
    }
  }

  /** False when the run ended meanwhile: then the last failure is the cause to tell, not the end. */
  const hasRested = (delayMs: number): Promise<boolean> =>
    options.sleep(delayMs, signal).then(
      () => true,
      () => false,
    )

  return async (question, expected = []) => {
    const deadlineMs = nowMs() + options.timeoutMs
    let isRepeated = false
    for (let tried = 1; ; tried++) {
      const outcome = await attempt(question, Math.max(1, deadlineMs - nowMs()))
      const delayMs = isWorthAnother(outcome)
        ? delayOf(outcome, tried, options.random())
        : undefined
      const isLast = tried >= ATTEMPTS || signal.aborted
      const isDone = delayMs === undefined || isLast || nowMs() + delayMs >= deadlineMs
      if (isDone || !(await hasRested(delayMs))) {
        return settle(outcome, { question, expected, isRepeated })
      }
      // 429 means that nothing was done; anything else may have been carried out.
      isRepeated ||= outcome.answer?.status !== 429
    }
  }
}

/** Who asks, and in which form the answer is wanted. */
export async function headersFor(
  connection: Connection,
  accept: string,
): Promise<Record<string, string>> {
  const token = await connection.token()
  const headers: Record<string, string> = { accept, 'user-agent': 'waybill' }
  if (token !== undefined) headers.authorization = `Bearer ${decode(token.reveal())}`
  return headers
}

function isWorthAnother({ answer, failure }: Attempt): boolean {
  if (failure !== undefined) return LOST.has(failure.code)
  return AGAIN.has(answer.status) && !isUndecodable(answer.status, answer.body)
}

function delayOf({ answer }: Attempt, tried: number, random: number): number {
  const asked = answer?.headers['retry-after']
  if (asked !== undefined && /^\d{1,5}$/.test(asked)) return Number(asked) * 1_000
  return FIRST_DELAY_MS * 2 ** (tried - 1) * random
}

interface Context {
  readonly question: Question
  readonly expected: readonly number[]
  readonly isRepeated: boolean
}

function settle({ answer, failure }: Attempt, { question, expected, isRepeated }: Context): Reply {
  const { asked } = question
  const what = `cannot ${asked.verb} ${asked.subject}`
  if (failure !== undefined) {
    throw new KubeError(FAILURES[failure.code], 0, `${what}: ${failure.message}`)
  }
  const { status, body } = answer
  if (expected.includes(status)) return { status, body: body ?? null, isRepeated }
  if (status >= 400) throw refusal(status, body, asked)
  if (!isObject(body)) {
    // A proxy's login page, most often.
    throw new KubeError('malformed', status, `${what}: the answer is not a Kubernetes object`)
  }
  return { status, body, isRepeated }
}

/** Undefined for anything but JSON; the parser's message would quote the body. */
export function parseBody(body: Uint8Array): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(decode(body))
    return value
  } catch {
    return undefined
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
