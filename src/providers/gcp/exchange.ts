import { dig, type JsonObject, text } from '../../model/json.ts'
import { SecretValue } from '../../model/secret-value.ts'
import { ProviderError } from '../provider.ts'
import type { Expiring } from '../token-cache.ts'
import { askGoogle, type GcpLine, type GcpQuestion } from './call.ts'
import { failed, type GcpFault } from './fault.ts'

// One identity for another: what every login of Google comes down to.

/** What every API of Google Cloud takes; what it opens is up to IAM. */
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** An access token. It goes into headers of requests only. */
export interface AccessToken extends Expiring {
  readonly value: SecretValue
}

/** How a refusal is told: who was refused, and what would help. Names only. */
export interface Explained {
  readonly what: string
  readonly hint: (fault: GcpFault) => string | undefined
}

/** Asks for a token at an address that speaks OAuth: `access_token` and `expires_in`. Throws ProviderError. */
export async function oauthToken(
  line: GcpLine,
  question: Omit<GcpQuestion, 'what'>,
  { explained, signal }: { readonly explained: Explained; readonly signal: AbortSignal },
): Promise<AccessToken> {
  const json = await answered(line, question, { explained, signal })
  const seconds = dig(json, 'expires_in')
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
  return issued(text(json.access_token), lifeMs, { line, explained })
}

/** generateAccessToken: the holder of `token` becomes the service account `email` for an hour. */
export async function impersonate(
  line: GcpLine,
  { iamCredentials, email, token, from }: Impersonation,
  signal: AbortSignal,
): Promise<AccessToken> {
  const question = {
    call: 'iamcredentials:GenerateAccessToken',
    method: 'POST' as const,
    url: `${iamCredentials}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
    token,
    body: jsonBody({ scope: [SCOPE], lifetime: '3600s' }),
  }
  const explained: Explained = {
    what: `service account ${email} refuses ${from.words}`,
    hint: ({ cause, remark }) =>
      remark === 'api-off'
        ? 'gcloud services enable iamcredentials.googleapis.com'
        : cause === 'forbidden' || cause === 'absent'
          ? `gcloud iam service-accounts add-iam-policy-binding ${email} --role=roles/iam.workloadIdentityUser --member="${from.member}"`
          : undefined,
  }
  const json = await answered(line, question, { explained, signal })
  const endsMs = Date.parse(text(json.expireTime) ?? '')
  const lifeMs = Number.isNaN(endsMs) ? undefined : endsMs - line.context.nowMs()
  return issued(text(json.accessToken), lifeMs, { line, explained })
}

/** One identity that becomes another. */
export interface Impersonation {
  readonly iamCredentials: string
  /** A checked email. */
  readonly email: string
  readonly token: SecretValue
  readonly from: Principal
}

/** Who somebody is, in words and as IAM policies write it. */
export interface Principal {
  readonly words: string
  readonly member: string
  /** Of a service account; empty for an identity that is none. */
  readonly email: string
}

/** The answer's JSON. Throws ProviderError for any other answer. */
export async function answered(
  line: GcpLine,
  question: Omit<GcpQuestion, 'what'>,
  { explained, signal }: { readonly explained: Explained; readonly signal: AbortSignal },
): Promise<JsonObject> {
  const { json, fault } = await askGoogle(line, { ...question, what: explained.what }, signal)
  if (fault === undefined) return json
  // An exchange that is refused with 400 or 404 is a login that is refused.
  const isRefusal = ['absent', 'precondition', 'invalid'].includes(fault.cause)
  const told: GcpFault = isRefusal ? { ...fault, cause: 'unauthenticated' } : fault
  throw failed(explained.what, told, explained.hint(fault))
}

/** A token without an end would never be renewed: an answer without one is not Google's. */
function issued(
  token: string | undefined,
  lifeMs: number | undefined,
  { line, explained }: { readonly line: GcpLine; readonly explained: Explained },
): AccessToken {
  if (token === undefined || token === '' || lifeMs === undefined) {
    throw new ProviderError('malformed', `${explained.what}: its answer holds no token with an end`)
  }
  return { value: SecretValue.fromText(token), expiresMs: line.context.nowMs() + lifeMs }
}

/** A body in JSON; may hold credentials. */
export function jsonBody(value: object): NonNullable<GcpQuestion['body']> {
  return { contentType: 'application/json', text: JSON.stringify(value) }
}

/** A body as forms send it; may hold credentials. */
export function formBody(
  fields: Readonly<Record<string, string>>,
): NonNullable<GcpQuestion['body']> {
  const body = new URLSearchParams(fields).toString()
  return { contentType: 'application/x-www-form-urlencoded', text: body }
}
