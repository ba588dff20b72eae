import type { HttpRequest } from '../../model/http.ts'
import { dig, type JsonObject, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { codeOfStatus, exchange, objectOf, type Question } from '../exchange.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import type { Expiring } from '../token-cache.ts'
import { type AzureDoor, clientOf } from './client.ts'
import { FIELD, tokenUrl } from './settings.ts'

// Tokens of Microsoft Entra ID by the grant `client_credentials`: with a secret, with an assertion that we sign, or with one
// of the cluster (workload identity). The identity of the machine is asked of its metadata server, where that is allowed.

/** An access token for vaults. */
export interface AzureToken extends Expiring {
  readonly value: SecretValue
}

const TIMEOUT_MS = 10_000
const METADATA = 'http://169.254.169.254/metadata/identity/oauth2/token'

/** Throws ProviderError. */
export async function logIn(door: AzureDoor, signal: AbortSignal): Promise<AzureToken> {
  const { settings, opening } = door
  const { auth, cloud, vaultUrl } = settings
  if (auth.method === 'managed-identity') return metadataToken(door, auth.clientId, signal)
  const { tenant, clientId, proof } = await clientOf(auth, door)
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope: `${cloud.resource}/.default`,
    ...proof,
  })
  const asking = {
    call: 'entra:Token',
    what: `Microsoft Entra ID, asked for a token for ${vaultUrl}`,
    method: 'POST',
    url: tokenUrl(cloud.login, tenant),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new TextEncoder().encode(form.toString()),
  } as const
  return askToken(opening.context, asking, signal)
}

/** Trust: every pod of the node gets the same identity there, so it is asked only where that is allowed. */
async function metadataToken(
  { settings, opening }: AzureDoor,
  clientId: string | undefined,
  signal: AbortSignal,
): Promise<AzureToken> {
  const { context } = opening
  if (context.metadata === undefined) {
    throw new ProviderError(
      'unsupported',
      `${FIELD}.authType ManagedIdentity would have to be asked of the metadata server, which is not allowed here`,
      'use WorkloadIdentity; or, if every pod of the node may have its identity, run waybill with WAYBILL_METADATA_SERVER=allow',
    )
  }
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: settings.cloud.resource,
    ...(clientId === undefined ? {} : { client_id: clientId }),
  })
  const asking = {
    call: 'metadata:Token',
    what: `the metadata server, asked for a token for ${settings.vaultUrl}`,
    method: 'GET',
    url: `${METADATA}?${query}`,
    headers: { metadata: 'true' },
    body: undefined,
  } as const
  return askToken({ ...context, http: context.metadata }, asking, signal)
}

/** A request for a token, and how it is called. */
type Asking = Pick<Question, 'call' | 'what'> &
  Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

async function askToken(
  context: OpenContext,
  { call, what, ...parts }: Asking,
  signal: AbortSignal,
): Promise<AzureToken> {
  const request = { ...parts, tls: undefined, timeoutMs: TIMEOUT_MS }
  // A token too many ends by itself.
  const manner = { isRepeatable: true, hidesHost: false, retry: undefined }
  const { status, body } = await exchange(context, { call, what, request, ...manner }, signal)
  const json = objectOf(body)
  if (status !== 200) throw refusal(status, json, what)
  return tokenOf(json, context, what)
}

/** Entra's words quote what was sent; of them only the error's name and number are told. */
function refusal(status: number, json: JsonObject | undefined, what: string): ProviderError {
  const error = /^[a-z_]{1,40}$/.exec(text(dig(json, 'error')) ?? '')?.[0]
  const number = /\bAADSTS\d{1,9}\b/.exec(text(dig(json, 'error_description')) ?? '')?.[0]
  const told = [error, number, `HTTP ${status}`].filter((part) => part !== undefined).join(', ')
  const isRefusal = error !== undefined && status >= 400 && status < 500 && status !== 429
  return new ProviderError(
    isRefusal ? 'unauthenticated' : codeOfStatus(status === 400 ? 200 : status),
    `${what}: ${isRefusal ? 'refused' : 'no answer of it'} (${told})`,
    number === undefined ? undefined : `https://login.microsoftonline.com/error explains ${number}`,
  )
}

/** `expires_in` is a number at one place and a text at another. */
function tokenOf(json: JsonObject | undefined, { nowMs }: OpenContext, what: string): AzureToken {
  const value = text(dig(json, 'access_token')) ?? ''
  const seconds = Number(dig(json, 'expires_in'))
  if (value !== '' && Number.isFinite(seconds) && seconds > 0) {
    return { value: SecretValue.fromText(value), expiresMs: nowMs() + seconds * 1000 }
  }
  throw new ProviderError('malformed', `${what}: its answer holds no token with an end`)
}
