import { createHash, type KeyObject, randomBytes, verify, X509Certificate } from 'node:crypto'
import { hasAudience, type Jwk, readClaims, verifyToken } from './jwt.ts'
import { type Answered, type Incoming, json } from './server.ts'

// The token endpoint of Microsoft Entra ID for clients without a user: a secret, an assertion that a certificate signed, or
// a token of a cluster that the client trusts.

export interface AzureClient {
  readonly secret?: string
  /** PEM. */
  readonly certificate?: string
  readonly federated?: {
    readonly issuer: string
    readonly subject: string
    readonly jwks: readonly Jwk[]
  }
}

export interface AzureTenant {
  readonly clients: Readonly<Record<string, AzureClient>>
}

export interface LoginOptions {
  readonly tenants: Readonly<Record<string, AzureTenant>>
  readonly clock: () => number
  /** Of tokens; an hour when absent. */
  readonly ttlSeconds?: number
}

/** Tokens that the vault takes, and when they end. */
export type Tokens = Map<string, { readonly principal: string; readonly endsMs: number }>

const CALL = 'entra:Token'
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const SCOPE = 'https://vault.azure.net/.default'

export function logIn(
  { method, path, headers, body }: Incoming,
  url: string,
  { options, tokens }: { readonly options: LoginOptions; readonly tokens: Tokens },
): Answered {
  const refuse = (error: string, number: number, words: string): Answered => ({
    call: CALL,
    reply: json(error === 'invalid_client' ? 401 : 400, {
      error,
      error_description: `AADSTS${number}: ${words} Trace ID: x`,
      error_codes: [number],
    }),
  })
  const [, tenantId = ''] = path.split('/')
  const tenant = options.tenants[tenantId]
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  if (method !== 'POST' || !isForm) return refuse('invalid_request', 900144, 'a form is needed')
  const form = new URLSearchParams(body.toString())
  if (tenant === undefined) return refuse('invalid_request', 90002, `no tenant ${tenantId}`)
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse('unsupported_grant_type', 70003, 'another grant')
  }
  if (form.get('scope') !== SCOPE) return refuse('invalid_scope', 70011, 'another scope')
  const id = form.get('client_id') ?? ''
  const client = tenant.clients[id]
  if (client === undefined) return refuse('unauthorized_client', 700016, `no client ${id}`)
  const audience = `${url}/${tenantId}/oauth2/v2.0/token`
  const complaint = complaintAbout(form, client, { id, audience, nowMs: options.clock() })
  if (complaint !== undefined) return refuse('invalid_client', ...complaint)
  const ttl = options.ttlSeconds ?? 3599
  const token = `eyJ-entra-${randomBytes(12).toString('hex')}`
  tokens.set(token, { principal: id, endsMs: options.clock() + ttl * 1000 })
  const reply = json(200, { token_type: 'Bearer', expires_in: ttl, access_token: token })
  return { call: CALL, principal: id, reply }
}

interface Expected {
  readonly id: string
  readonly audience: string
  readonly nowMs: number
}

type Complaint = readonly [number: number, words: string]

function complaintAbout(
  form: URLSearchParams,
  { secret, certificate, federated }: AzureClient,
  expected: Expected,
): Complaint | undefined {
  const given = form.get('client_secret')
  if (given !== null) {
    return secret !== undefined && given === secret ? undefined : [7000215, `not ${given}`]
  }
  const assertion = form.get('client_assertion') ?? ''
  if (form.get('client_assertion_type') !== ASSERTION) return [7000218, 'no proof']
  if (certificate !== undefined && readClaims(assertion)?.iss === expected.id) {
    return certificateComplaint(assertion, new X509Certificate(certificate), expected)
  }
  return federated === undefined
    ? [70021, 'no federated identity']
    : federatedComplaint(assertion, federated, expected)
}

/** Signed by a key of the issuer, for the subject and the audience that the client trusts. */
function federatedComplaint(
  assertion: string,
  { issuer, subject, jwks }: NonNullable<AzureClient['federated']>,
  { nowMs }: Expected,
): Complaint | undefined {
  const claims = verifyToken(assertion, jwks, nowMs)
  if (claims === undefined || claims === 'expired') return [700024, `not ${assertion}`]
  const isKnown =
    claims.iss === issuer &&
    claims.sub === subject &&
    hasAudience(claims, 'api://AzureADTokenExchange')
  return isKnown ? undefined : [700213, `no match for ${String(claims.sub)}`]
}

/** Both thumbprints, the signature, and claims that are for this endpoint and not for long. */
function certificateComplaint(
  assertion: string,
  certificate: X509Certificate,
  { id, audience, nowMs }: Expected,
): Complaint | undefined {
  const [head = '', payload = '', signature = ''] = assertion.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  const thumbprint = (algorithm: string): string =>
    createHash(algorithm).update(certificate.raw).digest('base64url')
  if (header.alg !== 'RS256' || header.typ !== 'JWT') return [50027, 'another algorithm']
  if (header.x5t !== thumbprint('sha1')) return [700027, 'another certificate']
  if (header['x5t#S256'] !== thumbprint('sha256')) return [700027, 'another certificate']
  if (!isSigned(`${head}.${payload}`, signature, certificate.publicKey)) {
    return [700027, 'the signature is wrong']
  }
  const claims = readClaims(assertion)
  const now = nowMs / 1000
  if (claims?.aud !== audience) return [700023, `not for ${audience}`]
  if (claims.sub !== id || typeof claims.jti !== 'string') return [50027, 'claims are missing']
  const isInTime = Number(claims.nbf) <= now && Number(claims.exp) > now
  return isInTime && Number(claims.exp) <= now + 600 ? undefined : [700024, 'out of time']
}

function isSigned(text: string, signature: string, key: KeyObject): boolean {
  return verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64url'))
}
