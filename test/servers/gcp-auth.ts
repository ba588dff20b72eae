import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Claims, hasAudience, type Jwk, verifyToken } from './jwt.ts'
import { type Incoming, json, type Reply } from './server.ts'
import { type KeyPair, verifySigV4 } from './sigv4.ts'

// The ways to a token of Google: a signed assertion, a token of a GKE cluster, one of another identity provider, and
// becoming a service account. Each is verified as Google does it; an access token is a random text with an owner.

/** The file that Google gives out once for a service account, and what Google keeps of it. */
export interface ServiceAccountFile {
  readonly email: string
  readonly json: string
  readonly jwk: Jwk
}

export const TOKEN_URI = 'https://oauth2.googleapis.com/token'

let keyCount = 0

export function makeServiceAccount(email: string): ServiceAccountFile {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = `key-${++keyCount}`
  const file = {
    type: 'service_account',
    project_id: 'shop-1',
    private_key_id: kid,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: email,
    client_id: '1',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: TOKEN_URI,
    universe_domain: 'googleapis.com',
  }
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid }
  return { email, json: JSON.stringify(file), jwk }
}

/** A GKE cluster with Workload Identity. */
export interface GkeCluster {
  readonly project: string
  readonly location: string
  readonly name: string
  readonly jwks: readonly Jwk[]
}

/** A provider in a workload identity pool. */
export interface PoolProvider {
  /** `//iam.googleapis.com/projects/…/workloadIdentityPools/…/providers/…`. */
  readonly audience: string
  readonly jwks?: readonly Jwk[]
  /** What the `aud` of a token has to hold. */
  readonly allowedAudience?: string
  /** For a provider of kind AWS. */
  readonly aws?: { readonly region: string; readonly keys: readonly KeyPair[] }
}

export interface GcpAuthOptions {
  readonly keys?: readonly ServiceAccountFile[]
  readonly clusters?: readonly GkeCluster[]
  readonly pools?: readonly PoolProvider[]
  /** Email of a service account → the members that may become it. */
  readonly impersonators?: Readonly<Record<string, readonly string[]>>
}

/** An access token that is alive, and whose it is. */
export interface Holder {
  /** As IAM policies name it. */
  readonly member: string
  readonly expiresMs: number
}

export interface GcpTokens {
  readonly options: GcpAuthOptions
  readonly now: () => number
  readonly lifeSeconds: number
  readonly live: Map<string, Holder>
  readonly handedOut: string[]
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const AWS = 'urn:ietf:params:aws:token-type:aws4_request'

function oauthError(error: string, description: string, status = 400): Reply {
  return json(status, { error, error_description: description })
}

export function newToken(tokens: GcpTokens, member: string): string {
  const token = `ya29.${randomBytes(24).toString('base64url')}`
  tokens.live.set(token, { member, expiresMs: tokens.now() + tokens.lifeSeconds * 1000 })
  tokens.handedOut.push(token)
  return token
}

function issued(tokens: GcpTokens, member: string, extra: object = {}): Reply {
  const access_token = newToken(tokens, member)
  return json(200, { access_token, expires_in: tokens.lifeSeconds, token_type: 'Bearer', ...extra })
}

/** The holder of the bearer token; undefined for none that is alive. */
export function holderOf(tokens: GcpTokens, { headers }: Incoming): Holder | undefined {
  const [, token = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
  const holder = tokens.live.get(token)
  return holder !== undefined && holder.expiresMs > tokens.now() ? holder : undefined
}

/** `POST /token`: RFC 7523, with Google's rules about time and scope. */
export function tokenForAssertion(tokens: GcpTokens, { headers, body }: Incoming): Reply {
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') {
    return oauthError('invalid_request', 'Bad Request')
  }
  const form = new URLSearchParams(body.toString())
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
    return oauthError('unsupported_grant_type', 'Invalid grant_type')
  }
  const keys = tokens.options.keys ?? []
  const assertion = form.get('assertion') ?? ''
  const claims = verifyToken(
    assertion,
    keys.map(({ jwk }) => jwk),
    tokens.now(),
  )
  if (claims === 'expired') return oauthError('invalid_grant', REASONABLE)
  const key = keys.find(({ email }) => email === claims?.iss)
  if (claims === undefined || key === undefined) {
    return oauthError('invalid_grant', 'Invalid JWT Signature.')
  }
  const iat = Number(claims.iat)
  const life = Number(claims.exp) - iat
  const now = tokens.now() / 1000
  if (Math.abs(iat - now) > 300 || life <= 0 || life > 3600) {
    return oauthError('invalid_grant', REASONABLE)
  }
  if (claims.aud !== TOKEN_URI)
    return oauthError('invalid_grant', 'Invalid JWT: Failed audience check.')
  if (claims.scope !== SCOPE) return oauthError('invalid_scope', 'Invalid OAuth scope.')
  return issued(tokens, `serviceAccount:${key.email}`)
}

const REASONABLE =
  'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.'

/** Members of an exchange, the same in JSON and in a form. */
type Exchange = Readonly<Record<string, string | undefined>>

function exchangeProblem(exchange: Exchange, types: readonly string[]): Reply | undefined {
  const { grant_type, requested_token_type, subject_token_type = '', scope } = exchange
  if (grant_type !== EXCHANGE || requested_token_type !== ACCESS_TOKEN || scope !== SCOPE) {
    return oauthError('invalid_request', 'Invalid grant, token type or scope.')
  }
  return types.includes(subject_token_type)
    ? undefined
    : oauthError('invalid_request', 'Invalid subject_token_type.')
}

/** `POST /v1/identitybindingtoken`: the token of a ServiceAccount of a GKE cluster. */
export function tokenForCluster(tokens: GcpTokens, { headers, body }: Incoming): Reply {
  if (headers['content-type'] !== 'application/json') return oauthError('invalid_request', 'type')
  const exchange = JSON.parse(body.toString()) as Exchange
  const problem = exchangeProblem(exchange, [JWT])
  if (problem !== undefined) return problem
  const cluster = tokens.options.clusters?.find(
    ({ project, location, name }) =>
      exchange.audience ===
      `identitynamespace:${project}.svc.id.goog:https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${name}`,
  )
  if (cluster === undefined) return oauthError('invalid_target', 'The target service is unknown.')
  const pool = `${cluster.project}.svc.id.goog`
  const subject = subjectOf(exchange.subject_token, { ...cluster, audience: pool }, tokens)
  if (typeof subject !== 'string') return subject
  const [, , namespace, account] = subject.split(':')
  return issued(tokens, `serviceAccount:${pool}[${namespace}/${account}]`)
}

/** The `sub` of a token that fits, or the refusal. */
function subjectOf(
  token: string | undefined,
  { jwks, audience }: { readonly jwks: readonly Jwk[]; readonly audience: string },
  { now }: GcpTokens,
): string | Reply {
  const claims: Claims | 'expired' | undefined = verifyToken(token ?? '', jwks, now())
  if (claims === 'expired') return oauthError('invalid_grant', 'The token is expired.')
  if (claims === undefined)
    return oauthError('invalid_grant', 'Error connecting to the given credential issuer.')
  if (!hasAudience(claims, audience)) {
    return oauthError(
      'invalid_grant',
      'The audience in ID Token does not match the expected audience.',
    )
  }
  return String(claims.sub)
}

/** `POST /v1/token` of the Security Token Service: a pool's provider vouches for the token. */
export function tokenForSubject(tokens: GcpTokens, { headers, body }: Incoming): Reply {
  if (headers['content-type'] !== 'application/x-www-form-urlencoded') {
    return oauthError('invalid_request', 'Bad Request')
  }
  const exchange = Object.fromEntries(new URLSearchParams(body.toString())) as Exchange
  const problem = exchangeProblem(exchange, [JWT, AWS])
  if (problem !== undefined) return problem
  const provider = tokens.options.pools?.find(({ audience }) => audience === exchange.audience)
  if (provider === undefined) return oauthError('invalid_target', 'The target service is unknown.')
  const { jwks = [], allowedAudience = '', aws } = provider
  const isAws = exchange.subject_token_type === AWS
  const subject =
    isAws && aws !== undefined
      ? awsSubject(exchange, aws, tokens)
      : subjectOf(exchange.subject_token, { jwks, audience: allowedAudience }, tokens)
  if (typeof subject !== 'string') return subject
  const pool = provider.audience.replace(/\/providers\/.*$/, '')
  const issued_token_type = ACCESS_TOKEN
  return issued(tokens, `principal:${pool}/subject/${subject}`, { issued_token_type })
}

/** As a query is: Google's clients write a blank in both ways. */
function unescaped(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'))
}

/** What AWS would say about the request inside of the token; Google sends it there as it is. */
function awsSubject(
  exchange: Exchange,
  { region, keys }: NonNullable<PoolProvider['aws']>,
  { now }: GcpTokens,
): string | Reply {
  const request = JSON.parse(unescaped(exchange.subject_token ?? '')) as {
    readonly url: string
    readonly method: string
    readonly headers: readonly { readonly key: string; readonly value: string }[]
  }
  const url = new URL(request.url)
  const headers = Object.fromEntries(
    request.headers.map(({ key, value }) => [key.toLowerCase(), value]),
  )
  const isForUs =
    url.host === `sts.${region}.amazonaws.com` &&
    headers['x-goog-cloud-target-resource'] === exchange.audience &&
    (headers.authorization ?? '').includes('x-goog-cloud-target-resource') &&
    url.search === '?Action=GetCallerIdentity&Version=2011-06-15'
  if (!isForUs) return oauthError('invalid_grant', 'The AWS request is not for this provider.')
  const incoming: Incoming = {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers,
    body: Buffer.alloc(0),
    clientName: undefined,
  }
  const keyOf = (id: string) => keys.find((key) => key.id === id)
  const verified = verifySigV4(incoming, { region, service: 'sts', nowMs: now(), keyOf })
  if ('code' in verified) return oauthError('invalid_grant', 'Received AWS error response.')
  return `arn:aws:sts::123456789012:${verified.key.id}`
}

/** `:generateAccessToken` and `:signJwt`, for whoever may become the service account. */
export function becomeAccount(
  tokens: GcpTokens,
  incoming: Incoming,
  { email, method }: { readonly email: string; readonly method: string },
): Reply {
  const holder = holderOf(tokens, incoming)
  if (holder === undefined)
    return status(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')
  const members = tokens.options.impersonators?.[email]
  if (members?.includes(holder.member) !== true) {
    const words = `Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).`
    return status(403, 'PERMISSION_DENIED', words)
  }
  const body = JSON.parse(incoming.body.toString()) as Readonly<Record<string, unknown>>
  if (method === 'signJwt') return signed(tokens, String(body.payload), email)
  if (JSON.stringify(body.scope) !== JSON.stringify([SCOPE]) || body.lifetime !== '3600s') {
    return status(400, 'INVALID_ARGUMENT', 'scope')
  }
  const accessToken = newToken(tokens, `serviceAccount:${email}`)
  const expireTime = new Date(tokens.now() + 3_600_000).toISOString().replace(/\.\d+/, '')
  return json(200, { accessToken, expireTime })
}

/** Stands for Google's own signature: what was signed and for whom can be read from it. */
function signed(tokens: GcpTokens, payload: string, email: string): Reply {
  const signedJwt = `${Buffer.from(email).toString('base64url')}.${Buffer.from(payload).toString('base64url')}.c2ln`
  tokens.handedOut.push(signedJwt)
  return json(200, { keyId: 'google', signedJwt })
}

/** An error as Google's APIs write it. */
export function status(code: number, name: string, message: string, reason?: string): Reply {
  const details =
    reason === undefined
      ? undefined
      : [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }]
  return json(code, { error: { code, message, status: name, details } })
}
