import { randomBytes } from 'node:crypto'
import { hasAudience, type Jwk, readClaims, verifyToken } from './jwt.ts'
import type { Incoming } from './server.ts'
import { type AwsMount, awsLogin, type GcpMount, gcpLogin } from './vault-cloud.ts'
import type { Grant, LoggedIn, Refused } from './vault-grant.ts'

// Logins of the Vault server, and the tokens that they hand out.

export interface KubernetesRole extends Grant {
  /** `namespace/name`. */
  readonly serviceAccounts: readonly string[]
  readonly audience?: string
}

export interface JwtRole extends Grant {
  readonly subject: string
  readonly audience: string
}

/** What TokenReview says about a token. */
export interface Reviewed {
  readonly namespace: string
  readonly name: string
}

/** One entry of `auth`, by its mount path. */
export type AuthMount =
  | {
      readonly method: 'approle'
      readonly roleId: string
      readonly secretId: string
      readonly grant: Grant
    }
  | {
      readonly method: 'kubernetes'
      readonly roles: Readonly<Record<string, KubernetesRole>>
      /** Asks the API server; undefined: it does not know the token. */
      readonly review: (
        token: string,
        audiences: readonly string[],
      ) => Reviewed | undefined | Promise<Reviewed | undefined>
    }
  | {
      readonly method: 'userpass' | 'ldap'
      readonly users: Readonly<Record<string, { readonly password: string; readonly grant: Grant }>>
    }
  | {
      readonly method: 'jwt'
      readonly jwks: readonly Jwk[]
      readonly roles: Readonly<Record<string, JwtRole>>
    }
  | { readonly method: 'cert'; readonly roles: Readonly<Record<string, Grant>> }
  | AwsMount
  | GcpMount

export interface VaultToken {
  readonly id: string
  readonly policies: readonly string[]
  readonly principal: string
  /** The namespace that it belongs to; it reaches this one and those below. */
  readonly namespace: string
  expiresMs: number
  readonly ttlMs: number
  /** When its max TTL is over. */
  readonly endsMs: number
  readonly isBatch: boolean
  /** Of a child token. */
  readonly parent?: string
}

export interface Login {
  readonly mount: AuthMount
  /** What follows `login/`. */
  readonly username: string
  readonly body: Readonly<Record<string, unknown>>
  readonly incoming: Incoming
  readonly nowMs: number
}

const DENIED: Refused = { status: 403, error: 'permission denied' }

export async function logIn(login: Login): Promise<LoggedIn | Refused> {
  const { mount, body, username, incoming } = login
  switch (mount.method) {
    case 'approle': {
      const isRight = body.role_id === mount.roleId && body.secret_id === mount.secretId
      if (!isRight) return { status: 400, error: 'invalid role or secret ID' }
      return { grant: mount.grant, principal: 'approle' }
    }
    case 'userpass':
    case 'ldap': {
      const user = Object.hasOwn(mount.users, username) ? mount.users[username] : undefined
      if (user === undefined || user.password !== body.password) {
        return { status: 400, error: 'invalid username or password' }
      }
      return { grant: user.grant, principal: username }
    }
    case 'kubernetes':
      return kubernetesLogin(login, mount)
    case 'jwt':
      return jwtLogin(login, mount)
    case 'aws':
      return awsLogin(login, mount)
    case 'gcp':
      return gcpLogin(login, mount)
    case 'cert': {
      const grant = mount.roles[String(body.name)]
      if (grant === undefined || incoming.clientName === undefined) {
        return { status: 400, error: 'invalid certificate or no client certificate supplied' }
      }
      return { grant, principal: incoming.clientName }
    }
  }
}

async function kubernetesLogin(
  { body }: Login,
  mount: AuthMount & { method: 'kubernetes' },
): Promise<LoggedIn | Refused> {
  const name = String(body.role)
  const role = Object.hasOwn(mount.roles, name) ? mount.roles[name] : undefined
  if (role === undefined) return { status: 400, error: `invalid role name "${name}"` }
  const token = String(body.jwt)
  const claims = readClaims(token)
  const { audience } = role
  // Vault looks at the audience itself, before it asks the API server.
  if (audience !== undefined && claims !== undefined && !hasAudience(claims, audience)) {
    const error =
      'invalid audience (aud) claim: audience claim does not match any expected audience'
    return { status: 403, error }
  }
  const reviewed = await mount.review(token, audience === undefined ? [] : [audience])
  if (reviewed === undefined) return DENIED
  const account = `${reviewed.namespace}/${reviewed.name}`
  if (!role.serviceAccounts.includes(account)) {
    const isNamed = role.serviceAccounts.some((known) => known.endsWith(`/${reviewed.name}`))
    const what = isNamed ? 'namespace' : 'service account name'
    return { status: 403, error: `${what} not authorized` }
  }
  return { grant: role, principal: account }
}

function jwtLogin(
  { body, nowMs }: Login,
  mount: AuthMount & { method: 'jwt' },
): LoggedIn | Refused {
  const role = mount.roles[String(body.role)]
  const claims = verifyToken(String(body.jwt), mount.jwks, nowMs)
  if (role === undefined) return { status: 400, error: 'role could not be found' }
  if (claims === undefined || claims === 'expired') {
    return { status: 400, error: 'error validating token: invalid signature or expired' }
  }
  if (!hasAudience(claims, role.audience) || claims.sub !== role.subject) {
    return { status: 400, error: 'error validating claims: claim does not match' }
  }
  return { grant: role, principal: role.subject }
}

export function newToken(
  { grant, principal }: LoggedIn,
  namespace: string,
  nowMs: number,
): VaultToken {
  const { policies, ttlSeconds = 3600, maxTtlSeconds = 10 * ttlSeconds, isBatch = false } = grant
  return {
    id: `${isBatch ? 'hvb' : 'hvs'}.${randomBytes(20).toString('base64url')}`,
    policies,
    principal,
    namespace,
    expiresMs: nowMs + 1000 * ttlSeconds,
    ttlMs: 1000 * ttlSeconds,
    endsMs: nowMs + 1000 * maxTtlSeconds,
    isBatch,
  }
}
