import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto'

// Web identity tokens as an API server signs them, and their verification as STS and Vault do it.

export interface Jwk extends JsonWebKey {
  readonly kid?: string
}

export type Claims = Readonly<Record<string, unknown>>

/** A signer of tokens with a key of its own. */
export interface Issuer {
  readonly issuer: string
  readonly jwks: readonly Jwk[]
  readonly sign: (claims: Claims) => string
}

export function startIssuer(issuer: string, algorithm: 'ES256' | 'RS256' = 'ES256'): Issuer {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = `${algorithm}-1`
  return {
    issuer,
    jwks: [{ ...publicKey.export({ format: 'jwk' }), kid }],
    sign: (claims) => {
      const head = encode({ alg: algorithm, kid, typ: 'JWT' })
      const signed = `${head}.${encode({ iss: issuer, ...claims })}`
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
      return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
    },
  }
}

/** Claims of a ServiceAccount token, as TokenRequest makes them. */
export function serviceAccountClaims(
  namespace: string,
  name: string,
  audiences: readonly string[],
  nowMs: number,
): Claims {
  const now = Math.floor(nowMs / 1000)
  return {
    aud: audiences,
    sub: `system:serviceaccount:${namespace}:${name}`,
    iat: now,
    nbf: now,
    exp: now + 600,
    'kubernetes.io': { namespace, serviceaccount: { name, uid: 'uid-of-the-account' } },
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** The claims of a token that a key of `jwks` signed and whose time is right; undefined otherwise. */
export function verifyToken(
  token: string,
  jwks: readonly Jwk[],
  nowMs: number,
): Claims | 'expired' | undefined {
  const [head = '', payload = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || signature === '') return undefined
  const header = parse(head)
  const jwk = jwks.find(({ kid }) => kid === header?.kid)
  if (jwk === undefined || !['ES256', 'RS256'].includes(String(header?.alg))) return undefined
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  const claims = isSigned ? parse(payload) : undefined
  if (claims === undefined) return undefined
  const now = nowMs / 1000
  if (Number(claims.exp ?? 0) <= now) return 'expired'
  return Number(claims.nbf ?? 0) > now + 60 ? undefined : claims
}

/** The claims as they stand, verified by nobody. */
export function readClaims(token: string): Claims | undefined {
  return parse(token.split('.')[1] ?? '')
}

function parse(part: string): Claims | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims
  } catch {
    return undefined
  }
}

/** Whether a claim `aud`, a string or a list, names `audience`. */
export function hasAudience(claims: Claims, audience: string): boolean {
  const { aud } = claims
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience
}
