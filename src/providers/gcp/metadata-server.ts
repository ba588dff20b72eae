import { dig, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { exchange } from '../exchange.ts'
import { ProviderError } from '../provider.ts'
import { parseObject } from './call.ts'
import type { GcpDoor } from './door.ts'
import type { AccessToken } from './exchange.ts'

// The server at 169.254.169.254 of every machine of Google Cloud. On GKE with Workload Identity it speaks for the
// ServiceAccount of the pod; elsewhere it gives the identity of the whole node to whoever asks. So it is asked only
// where whoever runs waybill has said so, and by a client that reaches nothing else.

/** It is on this machine: what takes longer is not there. */
const CALL_MS = 5000

/** A text below `/computeMetadata/v1/`, e.g. `project/project-id`. Throws ProviderError. */
export async function askMetadata(
  door: GcpDoor,
  path: string,
  signal: AbortSignal,
): Promise<SecretValue> {
  const { context } = door.opening
  const client = context.metadata
  if (client === undefined) throw notAllowed(path)
  const request = {
    method: 'GET' as const,
    url: `${door.endpoints.metadata}/computeMetadata/v1/${path}`,
    headers: { 'metadata-flavor': 'Google' },
    body: undefined,
    tls: undefined,
    timeoutMs: CALL_MS,
  }
  const what = `the metadata server gave no ${path}`
  const rest = { isRepeatable: true, hidesHost: false, retry: undefined }
  const question = { call: 'metadata:Get', what, request, ...rest }
  const { status, headers, body } = await exchange({ ...context, http: client }, question, signal)
  // Only Google's own server sends this back, as its libraries check, too.
  const isGoogle = headers['metadata-flavor'] === 'Google'
  if (status === 200 && isGoogle) return new SecretValue(body)
  throw new ProviderError(
    status === 200 ? 'malformed' : 'credentials-not-found',
    `the metadata server has no ${path} (HTTP ${status})`,
    isGoogle ? 'see that Workload Identity is on for this node pool' : undefined,
  )
}

/** What would need it, and both ways out. */
function notAllowed(path: string): ProviderError {
  return new ProviderError(
    'credentials-not-found',
    `${path.endsWith('/token') ? 'the identity of this pod' : path} would have to be asked of the metadata server, which is not allowed here`,
    'name an auth in the store; or, if every pod of the node may have the identity of this one, run waybill with WAYBILL_METADATA_SERVER=allow',
  )
}

/** The access token of the pod's own service account. */
export async function tokenOfPod(door: GcpDoor, signal: AbortSignal): Promise<AccessToken> {
  const path = 'instance/service-accounts/default/token'
  const body = await askMetadata(door, path, signal)
  const json = parseObject(new TextDecoder().decode(body.reveal()))
  const token = text(dig(json, 'access_token')) ?? ''
  const seconds = dig(json, 'expires_in')
  if (token === '' || typeof seconds !== 'number') {
    throw new ProviderError('malformed', 'the metadata server gave no token with an end')
  }
  const { nowMs } = door.opening.context
  return { value: SecretValue.fromText(token), expiresMs: nowMs() + seconds * 1000 }
}

/** A name that the metadata server knows; for requests and audiences, so it is checked. */
export async function metadataName(
  door: GcpDoor,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const name = new TextDecoder().decode((await askMetadata(door, path, signal)).reveal()).trim()
  if (/^[a-zA-Z0-9.:@_-]{1,200}$/.test(name)) return name
  throw new ProviderError('malformed', `the metadata server's ${path} is no name`)
}
