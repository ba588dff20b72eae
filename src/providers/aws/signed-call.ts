import type { STSClient } from '@aws-sdk/client-sts'
import type { HttpResponse } from '../../model/http.ts'
import { dig, type JsonValue, text } from '../../model/json.ts'
import type { OpenContext } from '../provider.ts'

// A call of a JSON service that we have no client for: signed by the signer of a client that we have, sent by our own
// transport. One call does not pay for another SDK.

/** An operation without input. */
export interface JsonCall {
  /** As signatures and IAM call it, e.g. `ecr`. */
  readonly service: string
  readonly region: string
  readonly url: string
  /** `X-Amz-Target`. */
  readonly target: string
}

/** Whose keys sign, and the way out. */
export interface SignedBy {
  readonly signer: STSClient
  readonly context: OpenContext
  readonly timeoutMs: number
}

/** The answer as JSON. Throws HttpFailure, or what `readFault` reads as an error of AWS. */
export async function signedCall(
  { service, region, url, target }: JsonCall,
  { signer, context, timeoutMs }: SignedBy,
  signal: AbortSignal,
): Promise<JsonValue> {
  const { protocol, host, hostname, port, pathname } = new URL(url)
  const body = '{}'
  const { sign } = await signerOf(signer, service, region)
  const { headers } = await sign(
    {
      method: 'POST',
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: pathname,
      query: {},
      headers: { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body,
    },
    { signingDate: new Date(context.nowMs()) },
  )
  const response = await context.http.request({
    method: 'POST',
    url,
    headers,
    body: new TextEncoder().encode(body),
    tls: undefined,
    timeoutMs,
    signal,
  })
  const answer = jsonOf(response)
  if (response.status === 200 && answer !== undefined) return answer
  throw errorOf(response, answer)
}

async function signerOf(client: STSClient, signingName: string, signingRegion: string) {
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName,
    signingRegion,
    properties: {},
  })
  return { sign: signer.sign.bind(signer) }
}

/** A parser's message would quote the token. */
function jsonOf({ body }: HttpResponse): JsonValue | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as JsonValue
  } catch {
    return undefined
  }
}

/** In the shape of the SDK's errors, so that there is one table of them. */
function errorOf({ status, headers }: HttpResponse, answer: JsonValue | undefined): unknown {
  const type = text(dig(answer, '__type')) ?? ''
  return {
    name:
      answer === undefined && status === 200 ? 'SyntaxError' : type.slice(type.indexOf('#') + 1),
    $metadata: { httpStatusCode: status },
    $response: { headers },
  }
}
