import { randomBytes } from 'node:crypto'
import { type Claims, hasAudience, type Jwk, verifyToken } from './jwt.ts'
import type { Reply } from './server.ts'
import type { KeyPair } from './sigv4.ts'

// STS: whom a role trusts, and the sessions that it hands out. Query protocol in, XML out.

export interface AwsRole {
  readonly arn: string
  readonly trust: {
    /** `system:serviceaccount:namespace:name`; exact. */
    readonly subjects?: readonly string[]
    /** `sts.amazonaws.com` when absent. */
    readonly audience?: string
    /** ARNs of users and roles that may AssumeRole. */
    readonly principals?: readonly string[]
    readonly externalId?: string
  }
  /** Permissions of its sessions: everything when absent. */
  readonly isAllowed?: (action: string, name: string) => boolean
}

export interface Session extends KeyPair {
  readonly principal: string
  readonly role: AwsRole
  readonly tags: ReadonlyMap<string, string>
  readonly transitive: readonly string[]
}

export interface StsContext {
  readonly roles: readonly AwsRole[]
  readonly jwks: readonly Jwk[]
  readonly issuer: string | undefined
  readonly nowMs: number
  readonly open: (session: Session) => void
}

interface StsCaller {
  readonly principal: string
  readonly role: AwsRole | undefined
  readonly session: Session | undefined
}

interface Refusal {
  readonly code: string
  readonly message: string
}

const XMLNS = 'https://sts.amazonaws.com/doc/2011-06-15/'

export function assumeRoleWithWebIdentity(form: URLSearchParams, context: StsContext): Reply {
  const role = context.roles.find(({ arn }) => arn === form.get('RoleArn'))
  const claims = verifyToken(form.get('WebIdentityToken') ?? '', context.jwks, context.nowMs)
  const refusal = identityRefusal(role, claims, context)
  if (role === undefined || refusal !== undefined) {
    return refused(refusal ?? denied('sts:AssumeRoleWithWebIdentity'))
  }
  return opened('AssumeRoleWithWebIdentity', role, form, context)
}

function identityRefusal(
  role: AwsRole | undefined,
  claims: Claims | 'expired' | undefined,
  { issuer }: StsContext,
): Refusal | undefined {
  if (claims === 'expired') {
    return { code: 'ExpiredTokenException', message: 'Token expired' }
  }
  if (claims === undefined || (issuer !== undefined && claims.iss !== issuer)) {
    return {
      code: 'InvalidIdentityToken',
      message: "Couldn't retrieve verification key from your identity provider",
    }
  }
  if (!hasAudience(claims, role?.trust.audience ?? 'sts.amazonaws.com')) {
    return { code: 'InvalidIdentityToken', message: 'Incorrect token audience' }
  }
  const isTrusted = role?.trust.subjects?.includes(String(claims.sub)) ?? false
  return isTrusted ? undefined : denied('sts:AssumeRoleWithWebIdentity')
}

const denied = (action: string): Refusal => ({
  code: 'AccessDenied',
  message: `Not authorized to perform ${action}`,
})

export function assumeRole(
  form: URLSearchParams,
  context: StsContext,
  caller: StsCaller | Refusal,
): Reply {
  if ('code' in caller) return refused(caller)
  const role = context.roles.find(({ arn }) => arn === form.get('RoleArn'))
  const { principals = [], externalId } = role?.trust ?? {}
  const isTrusted = principals.some((arn) => arn === caller.principal || arn === caller.role?.arn)
  const isExternal = externalId === undefined || externalId === form.get('ExternalId')
  if (role === undefined || !isTrusted || !isExternal) {
    const action = `sts:AssumeRole on resource: ${form.get('RoleArn')}`
    return refused({
      code: 'AccessDenied',
      message: `User: ${caller.principal} is not authorized to perform: ${action}`,
    })
  }
  return opened('AssumeRole', role, form, context, caller.session)
}

/** Sessions cannot have sessions: AWS gives them to access keys of users only. */
export function getSessionToken(
  form: URLSearchParams,
  context: StsContext,
  caller: StsCaller | Refusal,
): Reply {
  if ('code' in caller) return refused(caller)
  const isMfaRight = !form.has('SerialNumber') || form.get('TokenCode') === '123456'
  if (caller.session === undefined && isMfaRight) {
    const role: AwsRole = { arn: caller.principal, trust: {} }
    return opened('GetSessionToken', role, form, context)
  }
  return refused({
    code: 'AccessDenied',
    message: isMfaRight
      ? 'Cannot call GetSessionToken with session credentials'
      : 'MultiFactorAuthentication failed with invalid MFA one time pass code.',
  })
}

function opened(
  action: string,
  role: AwsRole,
  form: URLSearchParams,
  { nowMs, open }: StsContext,
  parent?: Session,
): Reply {
  const name = form.get('RoleSessionName') ?? ''
  const principal = `${role.arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${name}`
  const inherited = [...(parent?.tags ?? [])].filter(([key]) => parent?.transitive.includes(key))
  const session: Session = {
    id: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secret: randomBytes(20).toString('hex'),
    sessionToken: randomBytes(40).toString('base64'),
    expiresMs: nowMs + 1000 * Number(form.get('DurationSeconds') ?? 3600),
    principal,
    role,
    tags: new Map([...inherited, ...tagsOf(form)]),
    transitive: numbered(form, (at) => `TransitiveTagKeys.member.${at}`),
  }
  open(session)
  const expires = new Date(session.expiresMs ?? 0).toISOString()
  return xml(
    200,
    `<${action}Response xmlns="${XMLNS}"><${action}Result><AssumedRoleUser><AssumedRoleId>AROA:${name}</AssumedRoleId><Arn>${principal}</Arn></AssumedRoleUser><Credentials><AccessKeyId>${session.id}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey><SessionToken>${session.sessionToken}</SessionToken><Expiration>${expires}</Expiration></Credentials></${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`,
  )
}

function tagsOf(form: URLSearchParams): readonly (readonly [string, string])[] {
  const keys = numbered(form, (at) => `Tags.member.${at}.Key`)
  const values = numbered(form, (at) => `Tags.member.${at}.Value`)
  return keys.map((key, at) => [key, values[at] ?? ''])
}

function numbered(form: URLSearchParams, nameAt: (at: number) => string): readonly string[] {
  const found: string[] = []
  for (let at = 1; ; at++) {
    const value = form.get(nameAt(at))
    if (value === null) return found
    found.push(value)
  }
}

function refused({ code, message }: Refusal): Reply {
  const plain = code.replace(/Exception$/, code === 'ExpiredTokenException' ? 'Exception' : '')
  const status = plain === 'AccessDenied' || plain.startsWith('Invalid') ? 403 : 400
  return xml(
    status,
    `<ErrorResponse xmlns="${XMLNS}"><Error><Type>Sender</Type><Code>${plain}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  )
}

function xml(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/xml' }, body }
}
