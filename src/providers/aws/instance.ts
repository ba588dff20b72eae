import { type HttpClient, HttpFailure, type HttpResponse } from '../../model/http.ts'
import { dig, type JsonValue, text } from '../../model/json.ts'
import { counted } from '../counted.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import type { AwsKeys } from './sts.ts'

// The server at 169.254.169.254 of every machine of AWS, in its second version, which wants a token first. Every pod of
// the node can reach it, so it says nothing about who asks: only where whoever runs waybill has said so.

const CALL_MS = 2000
const ROLES = '/latest/meta-data/iam/security-credentials/'

/** The keys of the role that the machine has. Throws ProviderError. */
export async function instanceKeys(
  metadata: HttpClient,
  context: OpenContext,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const server = context.env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254'
  const ask = async (
    path: string,
    method: 'GET' | 'PUT',
    headers: Readonly<Record<string, string>>,
  ): Promise<Uint8Array> => {
    const url = `${server.replace(/\/$/, '')}${path}`
    const request = { method, url, headers, body: undefined, tls: undefined, timeoutMs: CALL_MS }
    const answer = await counted(context, { call: `metadata:${method}`, isError }, (onLeave) =>
      metadata.request({ ...request, signal, onLeave }),
    )
    return bodyOf(answer)
  }
  try {
    const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }
    const token = decoded(await ask('/latest/api/token', 'PUT', lifetime))
    const headers = { 'x-aws-ec2-metadata-token': token.trim() }
    const role =
      decoded(await ask(ROLES, 'GET', headers))
        .split('\n')[0]
        ?.trim() ?? ''
    // It becomes a part of a path.
    if (!/^[\w+=,.@-]{1,128}$/.test(role)) throw refused(undefined)
    const keys = keysInJson(await ask(`${ROLES}${role}`, 'GET', headers))
    if (keys !== undefined) return keys
    throw refused(undefined)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof HttpFailure)) throw error
    throw new ProviderError('unavailable', `the metadata server: ${error.message}`, HOPS)
  }
}

const HOPS =
  'it is there on machines of AWS only, and for pods with a hop limit of 2 at least; better is IRSA or EKS Pod Identity'

function isError({ status }: HttpResponse): boolean {
  return status !== 200
}

function bodyOf({ status, body }: HttpResponse): Uint8Array {
  if (status === 200) return body
  throw refused(status)
}

function refused(status: number | undefined): ProviderError {
  return new ProviderError(
    'credentials-not-found',
    `the metadata server gave no keys${status === undefined ? '' : ` (HTTP ${status})`}`,
    'see that the machine has an instance profile',
  )
}

function decoded(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}

/** Keys as agents and machines give them; undefined for anything else. A parser's message would quote keys. */
export function keysInJson(body: Uint8Array): AwsKeys | undefined {
  let json: JsonValue
  try {
    json = JSON.parse(decoded(body)) as JsonValue
  } catch {
    return undefined
  }
  const accessKeyId = text(dig(json, 'AccessKeyId')) ?? ''
  const secretAccessKey = text(dig(json, 'SecretAccessKey')) ?? ''
  if (accessKeyId === '' || secretAccessKey === '') return undefined
  const sessionToken = text(dig(json, 'Token'))
  const endMs = Date.parse(text(dig(json, 'Expiration')) ?? '')
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(Number.isNaN(endMs) ? {} : { expiration: new Date(endMs) }),
  }
}
