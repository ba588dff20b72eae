import { HttpFailure, type HttpFailureCode } from '../model/http.ts'

// Node's and OpenSSL's error codes → our closed set. Their messages quote certificates, addresses and bytes of the
// stream, so only the code is read; a code that nobody listed counts as a cut connection, which is safe to retry.

/** Code of the error with which our own DNS look-up refuses an address. */
export const FORBIDDEN_ADDRESS = 'WAYBILL_FORBIDDEN_ADDRESS'

/** A code for programs, and words for people. */
interface Cause {
  readonly code: HttpFailureCode
  /** What to say after host and port. */
  readonly words: string
}

/** By Node's and OpenSSL's codes; their messages are not read, for they may quote what was sent. */
const CAUSES: ReadonlyMap<string, Cause> = new Map([
  ['ECONNREFUSED', { code: 'refused', words: 'refused the connection' }],
  ['EHOSTUNREACH', { code: 'refused', words: 'is not reachable from here' }],
  ['ENETUNREACH', { code: 'refused', words: 'is not reachable from here' }],
  ['EADDRNOTAVAIL', { code: 'refused', words: 'is not reachable from here' }],
  ['EACCES', { code: 'refused', words: 'may not be connected to from here' }],
  ['EPERM', { code: 'refused', words: 'may not be connected to from here' }],
  ['EMFILE', { code: 'refused', words: 'was not tried: too many open files' }],
  ['ENOTFOUND', { code: 'unresolved', words: 'is not a name that DNS knows' }],
  ['EAI_AGAIN', { code: 'unresolved', words: 'could not be looked up: DNS gave no answer' }],
  ['ENODATA', { code: 'unresolved', words: 'has no address in DNS' }],
  ['ETIMEDOUT', { code: 'timeout', words: 'did not accept a connection in time' }],
  ['ECONNRESET', { code: 'reset', words: 'cut the connection' }],
  ['ECONNABORTED', { code: 'reset', words: 'cut the connection' }],
  ['EPIPE', { code: 'reset', words: 'cut the connection' }],
  ['HPE_HEADER_OVERFLOW', { code: 'too-large', words: 'sent headers of more than 65536 bytes' }],
  [
    FORBIDDEN_ADDRESS,
    { code: 'forbidden-address', words: 'is at an address that stores may not use' },
  ],
  ['CERT_HAS_EXPIRED', untrusted('has expired')],
  ['CERT_NOT_YET_VALID', untrusted('is not valid yet')],
  ['CERT_REVOKED', untrusted('is revoked')],
  ['ERR_TLS_CERT_ALTNAME_INVALID', untrusted('is for another name')],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', untrusted('is self-signed')],
  ['SELF_SIGNED_CERT_IN_CHAIN', untrusted('is signed by a CA that is not trusted here')],
  ['UNABLE_TO_GET_ISSUER_CERT', untrusted('is signed by a CA that is not trusted here')],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', untrusted('is signed by a CA that is not trusted here')],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', untrusted('is signed by a CA that is not trusted here')],
  ['CERT_SIGNATURE_FAILURE', untrusted('is signed by a CA that is not trusted here')],
  ['CERT_UNTRUSTED', untrusted('is signed by a CA that is not trusted here')],
])

/** OpenSSL's own names, e.g. `INVALID_CA`, `CERT_CHAIN_TOO_LONG`, and Node's names of handshake errors. */
const TLS_CODE = /^(?:CERT_|CRL_|ERR_SSL_|ERR_TLS_|ERR_OSSL_|INVALID_|UNABLE_TO_|EPROTO$|HOSTNAME_)/

function untrusted(words: string): Cause {
  return { code: 'untrusted-certificate', words: `has a certificate that ${words}` }
}

/** The failure for an error of Node, of which only `code` is read. `host` is host and port. */
export function failureOf(error: { readonly code?: unknown } | Error, host: string): HttpFailure {
  if (error instanceof HttpFailure) return error
  const { code, words } = causeOf(
    'code' in error && typeof error.code === 'string' ? error.code : '',
  )
  return new HttpFailure(code, `${host} ${words}`)
}

/** Never throws: an unknown code is a broken connection. */
function causeOf(code: string): Cause {
  const known = CAUSES.get(code)
  if (known !== undefined) return known
  if (TLS_CODE.test(code)) {
    return { code: 'untrusted-certificate', words: `and we could not agree on TLS (${code})` }
  }
  if (code.startsWith('HPE_')) return { code: 'reset', words: 'sent something that is not HTTP' }
  return { code: 'reset', words: 'broke the connection' }
}
