import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Incoming } from './server.ts'

// AWS Signature Version 4, verified from the bytes that came over the socket. Written from AWS's description of the
// process, not from a signer, so that it is a second opinion on the signer under test.

export interface KeyPair {
  readonly id: string
  readonly secret: string
  /** Set for session credentials: every request must carry and sign it. */
  readonly sessionToken: string | undefined
  readonly expiresMs: number | undefined
}

export type Verified<K extends KeyPair> =
  | { readonly key: K }
  | { readonly code: string; readonly message: string }

export interface SigV4Expectation<K extends KeyPair> {
  readonly region: string
  readonly service: string
  readonly nowMs: number
  readonly keyOf: (id: string) => K | undefined
}

const SKEW_MS = 5 * 60 * 1000

const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()

interface Authorization {
  readonly id: string
  readonly scope: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Who signed the request; or the error code that AWS would answer. */
export function verifySigV4<K extends KeyPair>(
  incoming: Incoming,
  expected: SigV4Expectation<K>,
): Verified<K> {
  const authorization = parseAuthorization(incoming.headers.authorization ?? '')
  if (authorization === undefined) {
    return { code: 'MissingAuthenticationTokenException', message: 'Missing Authentication Token' }
  }
  const key = expected.keyOf(authorization.id)
  if (key === undefined) {
    return {
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    }
  }
  const problem =
    checkScope(authorization, incoming, expected) ??
    checkTime(incoming, expected) ??
    checkToken(incoming, key, expected) ??
    checkSignature(authorization, incoming, key)
  return problem ?? { key }
}

function parseAuthorization(header: string): Authorization | undefined {
  const match = header.match(
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/((\d{8})\/([^/]+)\/([^/]+)\/aws4_request), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/,
  )
  if (match === null) return undefined
  const [, id = '', scope = '', date = '', region = '', service = '', names = '', signature = ''] =
    match
  return { id, scope, date, region, service, signedHeaders: names.split(';'), signature }
}

type Problem = { readonly code: string; readonly message: string } | undefined

function checkScope<K extends KeyPair>(
  { region, service, date, signedHeaders }: Authorization,
  { headers }: Incoming,
  expected: SigV4Expectation<K>,
): Problem {
  const invalid = (message: string): Problem => ({ code: 'InvalidSignatureException', message })
  if (region !== expected.region) return invalid(`Credential should be scoped to a valid region.`)
  if (service !== expected.service) return invalid(`Credential should be scoped to correct service`)
  if (!(headers['x-amz-date'] ?? '').startsWith(date)) return invalid('Date in Credential scope')
  const isSorted = signedHeaders.every(
    (name, at) => at === 0 || (signedHeaders[at - 1] ?? '') < name,
  )
  if (!isSorted) return invalid('SignedHeaders are not sorted')
  const isAmz = (name: string): boolean => name.startsWith('x-amz-') || name === 'host'
  const unsigned = Object.keys(headers).find((name) => isAmz(name) && !signedHeaders.includes(name))
  return unsigned === undefined ? undefined : invalid(`'${unsigned}' must be a signed header`)
}

function checkTime<K extends KeyPair>(
  { headers }: Incoming,
  { nowMs }: SigV4Expectation<K>,
): Problem {
  const stamp = headers['x-amz-date'] ?? ''
  const match = stamp.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/)
  if (match === null) return { code: 'IncompleteSignatureException', message: 'X-Amz-Date' }
  const [, year, month, day, hour, minute, second] = match.map(Number)
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)
  if (Math.abs(at - nowMs) <= SKEW_MS) return undefined
  return { code: 'InvalidSignatureException', message: `Signature expired: ${stamp} is not now` }
}

function checkToken<K extends KeyPair>(
  { headers }: Incoming,
  key: K,
  { nowMs }: SigV4Expectation<K>,
): Problem {
  if (headers['x-amz-security-token'] !== key.sessionToken) {
    return {
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    }
  }
  if (key.expiresMs === undefined || key.expiresMs > nowMs) return undefined
  return {
    code: 'ExpiredTokenException',
    message: 'The security token included in the request is expired',
  }
}

function checkSignature(authorization: Authorization, incoming: Incoming, key: KeyPair): Problem {
  const { date, region, service, signature } = authorization
  const parts = [`AWS4${key.secret}`, date, region, service, 'aws4_request']
  const signingKey = parts
    .slice(1)
    .reduce((at: string | Buffer, part) => hmac(at, part), parts[0] ?? '')
  const expected = hmac(signingKey, stringToSign(authorization, incoming)).toString('hex')
  if (timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return undefined
  return {
    code: 'InvalidSignatureException',
    message: 'The request signature we calculated does not match the signature you provided.',
  }
}

function stringToSign({ scope, signedHeaders }: Authorization, incoming: Incoming): string {
  const { headers } = incoming
  return [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'] ?? '',
    scope,
    sha256(canonicalRequest(incoming, signedHeaders)),
  ].join('\n')
}

/** Method, path, query, signed headers and the hash of the body, each in the one form that both sides agree on. */
export function canonicalRequest(
  { method, path, query, headers, body }: Incoming,
  signedHeaders: readonly string[],
): string {
  const lines = signedHeaders.map(
    (name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  )
  return [
    method,
    path.split('/').map(encode).join('/') || '/',
    canonicalQuery(query),
    lines.join(''),
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n')
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      const name = at < 0 ? pair : pair.slice(0, at)
      const value = at < 0 ? '' : pair.slice(at + 1)
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`
    })
    .sort()
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
