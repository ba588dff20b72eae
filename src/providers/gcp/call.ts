import type { JsonObject } from '../../model/json.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import { exchange, objectOf } from '../exchange.ts'
import type { OpenContext } from '../provider.ts'
import { revealText } from '../references.ts'
import type { RetrySettings } from '../retry.ts'
import { faultOf, type GcpFault } from './fault.ts'

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
  /** Whom and what for, at the beginning of messages. */
  readonly what: string
  /** False for what makes something new each time; true when absent. */
  readonly isRepeatable?: boolean
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

/** Asks, and again what may pass by itself. Throws ProviderError without any answer, the signal's reason once it is aborted. */
export async function askGoogle(
  { context, requestMs, retry }: GcpLine,
  question: GcpQuestion,
  signal: AbortSignal,
): Promise<GcpReply> {
  const { call, what, method, url, isRepeatable = true } = question
  const request = {
    method,
    url,
    headers: headersOf(question),
    body: question.body === undefined ? undefined : new TextEncoder().encode(question.body.text),
    tls: undefined,
    timeoutMs: requestMs,
  }
  const asked = { call, what, request, isRepeatable, hidesHost: false, retry }
  const { status, body } = await exchange(context, asked, signal)
  const json = objectOf(body)
  if (status === 200 && json !== undefined) return { json, fault: undefined }
  return { json: undefined, fault: faultOf(status, json) }
}

function headersOf({ headers, token, body }: GcpQuestion): Readonly<Record<string, string>> {
  return {
    ...headers,
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${revealText(token)}` }),
    ...(body === undefined ? {} : { 'content-type': body.contentType }),
  }
}

/** Undefined for a text that is no JSON object. */
export function parseObject(words: string): JsonObject | undefined {
  return objectOf(new TextEncoder().encode(words))
}
