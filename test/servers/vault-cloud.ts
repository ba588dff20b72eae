import { hasAudience, type Jwk, readClaims, verifyToken } from './jwt.ts'
import type { Incoming } from './server.ts'
import { type KeyPair, verifySigV4 } from './sigv4.ts'
import type { Grant, LoggedIn, Refused } from './vault-grant.ts'

// Logins that a cloud vouches for. STS is not asked: the signature of the request that it would be asked with is verified
// here, to the byte, with everything that Vault itself looks at before it sends it.

export interface AwsMount {
  readonly method: 'aws'
  readonly region: string
  /** What must stand, signed, in X-Vault-AWS-IAM-Server-ID; undefined: nothing is asked for. */
  readonly serverId?: string
  readonly keys: () => readonly (KeyPair & { readonly principal: string })[]
  /** By name: whose requests it takes. */
  readonly roles: Readonly<Record<string, Grant & { readonly principals: readonly string[] }>>
}

export interface GcpMount {
  readonly method: 'gcp'
  /** Public keys by the email of a service account. */
  readonly accounts: Readonly<Record<string, readonly Jwk[]>>
  /** What Google itself has signed for somebody. */
  readonly isOfGoogle?: (jwt: string) => boolean
  readonly roles: Readonly<Record<string, Grant & { readonly accounts: readonly string[] }>>
}

interface CloudLogin {
  readonly body: Readonly<Record<string, unknown>>
  readonly nowMs: number
}

const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'
const PLAIN = ['content-type', 'content-length', 'host', 'authorization']
const AMZ = ['x-amz-date', 'x-amz-security-token', 'x-vault-aws-iam-server-id']

export function awsLogin({ body, nowMs }: CloudLogin, mount: AwsMount): LoggedIn | Refused {
  const name = String(body.role)
  const role = Object.hasOwn(mount.roles, name) ? mount.roles[name] : undefined
  if (role === undefined) return { status: 400, error: `entry for role ${name} not found` }
  const incoming = signedRequest(body, mount.region)
  if (typeof incoming === 'string') return { status: 400, error: incoming }
  const { headers } = incoming
  const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
  if (mount.serverId !== undefined) {
    const isNamed = headers['x-vault-aws-iam-server-id'] === mount.serverId
    if (!isNamed || !signed.includes('x-vault-aws-iam-server-id')) {
      return { status: 400, error: 'error validating X-Vault-AWS-IAM-Server-ID header' }
    }
  }
  const keyOf = (id: string) => mount.keys().find((key) => key.id === id)
  const outcome = verifySigV4(incoming, { region: mount.region, service: 'sts', nowMs, keyOf })
  if ('code' in outcome) {
    return { status: 400, error: `error making upstream request: received error code 403 from STS` }
  }
  const { principal } = outcome.key
  if (!role.principals.includes(principal)) {
    return { status: 400, error: `IAM Principal "${principal}" does not belong to the role` }
  }
  return { grant: role, principal }
}

/** The request that Vault would send, as the server of STS would see it; or why Vault would not send it. */
function signedRequest(body: Readonly<Record<string, unknown>>, region: string): Incoming | string {
  const decoded = (name: string): string => Buffer.from(String(body[name]), 'base64').toString()
  if (body.iam_http_request_method !== 'POST') return 'invalid iam_http_request_method'
  const url = new URL(decoded('iam_request_url'))
  const host = region === 'us-east-1' ? 'sts.amazonaws.com' : `sts.${region}.amazonaws.com`
  if (url.href !== `https://${host}/`) return `not an endpoint of STS`
  if (decoded('iam_request_body') !== BODY) return 'not a question for the caller identity'
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(JSON.parse(decoded('iam_request_headers')))) {
    headers[name.toLowerCase()] = String(value)
  }
  const unknown = Object.keys(headers).find((name) => ![...PLAIN, ...AMZ].includes(name))
  if (unknown !== undefined) return `invalid request header: ${unknown}`
  if (headers.host !== host) return 'another host is signed than is asked'
  const content = Buffer.from(BODY)
  return {
    method: 'POST',
    path: url.pathname,
    query: '',
    headers,
    body: content,
    clientName: undefined,
  }
}

const JWT_SECONDS_MAX = 15 * 60

export function gcpLogin({ body, nowMs }: CloudLogin, mount: GcpMount): LoggedIn | Refused {
  const name = String(body.role)
  const role = Object.hasOwn(mount.roles, name) ? mount.roles[name] : undefined
  if (role === undefined) return { status: 400, error: `role "${name}" not found` }
  const jwt = String(body.jwt)
  const read = readClaims(jwt)
  const email = String(read?.sub)
  const isVouchedFor = mount.isOfGoogle?.(jwt) === true
  const claims = isVouchedFor ? read : verifyToken(jwt, mount.accounts[email] ?? [], nowMs)
  if (claims === undefined) return { status: 400, error: 'unable to verify the signature' }
  if (claims === 'expired' || Number(claims.exp) > nowMs / 1000 + JWT_SECONDS_MAX) {
    return { status: 400, error: 'role requires that service account JWTs must expire soon' }
  }
  if (!hasAudience(claims, `vault/${name}`)) {
    return { status: 400, error: 'audience claim does not match' }
  }
  return role.accounts.includes(email)
    ? { grant: role, principal: email }
    : { status: 403, error: `service account ${email} is not authorized for role` }
}
