import { HttpFailure, type HttpFailureCode } from '../../model/http.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'
import { retryAfterMs } from '../retry.ts'

// What the SDK throws → our closed codes. Its messages quote bodies, its errors carry session tokens: only the name
// of the error, its HTTP status and a few flags are read, and a name goes on only when it is listed here.

/** `absent` is an answer, `expired` a session to renew. */
export type AwsCause = ProviderErrorCode | 'absent' | 'expired' | 'not-offered'

/** What is left of an error of the SDK. Everything in it may be printed. */
export interface AwsFault {
  readonly cause: AwsCause
  /** The name of AWS's error, or our words for what happened to the connection. */
  readonly words: string
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  /** The clock of this machine was wrong; the SDK has corrected its own, so the call can be made again. */
  readonly isSkewCorrected: boolean
}

const CAUSES: ReadonlyMap<string, AwsCause> = new Map([
  ['ResourceNotFoundException', 'absent'],
  ['ParameterNotFound', 'absent'],
  ['ParameterVersionNotFound', 'absent'],
  // Of ListTagsForResource, which calls a parameter a resource.
  ['InvalidResourceId', 'absent'],
  ['AccessDeniedException', 'forbidden'],
  ['AccessDenied', 'forbidden'],
  ['DecryptionFailure', 'forbidden'],
  ['KMSAccessDeniedException', 'forbidden'],
  ['OptInRequired', 'forbidden'],
  ['ExpiredTokenException', 'expired'],
  ['ExpiredToken', 'expired'],
  ['UnrecognizedClientException', 'unauthenticated'],
  ['InvalidClientTokenId', 'unauthenticated'],
  ['InvalidIdentityToken', 'unauthenticated'],
  ['InvalidIdentityTokenException', 'unauthenticated'],
  ['IDPRejectedClaim', 'unauthenticated'],
  ['IDPRejectedClaimException', 'unauthenticated'],
  ['InvalidSignatureException', 'unauthenticated'],
  ['SignatureDoesNotMatch', 'unauthenticated'],
  ['IncompleteSignature', 'unauthenticated'],
  ['IncompleteSignatureException', 'unauthenticated'],
  ['MissingAuthenticationToken', 'unauthenticated'],
  ['MissingAuthenticationTokenException', 'unauthenticated'],
  ['RequestExpired', 'unauthenticated'],
  ['Throttling', 'throttled'],
  ['ThrottlingException', 'throttled'],
  ['ThrottledException', 'throttled'],
  ['TooManyRequestsException', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  ['LimitExceededException', 'throttled'],
  ['TooManyUpdates', 'throttled'],
  ['ResourceExistsException', 'conflict'],
  ['ParameterAlreadyExists', 'conflict'],
  ['EncryptionFailure', 'forbidden'],
  ['ParameterLimitExceeded', 'invalid'],
  ['ParameterMaxVersionLimitExceeded', 'invalid'],
  ['HierarchyLevelLimitExceededException', 'invalid'],
  ['UnsupportedParameterType', 'invalid'],
  ['IDPCommunicationError', 'unavailable'],
  ['IDPCommunicationErrorException', 'unavailable'],
  ['InternalServerError', 'unavailable'],
  ['ServerException', 'unavailable'],
  ['InternalServiceError', 'unavailable'],
  ['InternalServiceErrorException', 'unavailable'],
  ['InternalFailure', 'unavailable'],
  ['ServiceUnavailable', 'unavailable'],
  ['ServiceUnavailableException', 'unavailable'],
  ['ValidationException', 'invalid'],
  ['ValidationError', 'invalid'],
  ['InvalidParameterException', 'invalid'],
  ['InvalidRequestException', 'invalid'],
  ['InvalidKeyId', 'invalid'],
  ['InvalidFilterKey', 'invalid'],
  ['InvalidFilterOption', 'invalid'],
  ['InvalidFilterValue', 'invalid'],
  ['InvalidNextToken', 'invalid'],
  ['MalformedPolicyDocument', 'invalid'],
  ['PackedPolicyTooLarge', 'invalid'],
  ['RegionDisabledException', 'invalid'],
  ['UnknownOperationException', 'not-offered'],
  ['InvalidAction', 'not-offered'],
  ['UnsupportedCommandException', 'not-offered'],
  ['SyntaxError', 'malformed'],
  ['TimeoutError', 'timeout'],
])

/** Node's codes; the words stand behind the name of the call. */
const CONNECTION: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ENOTFOUND', 'its host name is not known to DNS'],
  ['EAI_AGAIN', 'DNS gave no answer'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['EHOSTUNREACH', 'it is not reachable from here'],
  ['ENETUNREACH', 'it is not reachable from here'],
])

/** Our own transport's; a new one does not compile until it has a meaning here. */
const NETWORK: Readonly<Record<HttpFailureCode, AwsCause>> = {
  refused: 'unavailable',
  unresolved: 'unavailable',
  timeout: 'timeout',
  reset: 'unavailable',
  'untrusted-certificate': 'untrusted',
  'too-large': 'malformed',
  aborted: 'timeout',
  'forbidden-address': 'invalid',
  redirect: 'malformed',
}

/** OpenSSL's codes have many names; all of them mean that the server could not prove who it is. */
const TLS_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/

/** Both forms in which AWS says that a secret is scheduled for deletion, and moto's words for it (R122). */
const MARKED = /marked (?:for deletion|deleted)/

/** Never throws, whatever was thrown at us. */
export function readFault(error: unknown): AwsFault {
  if (error instanceof HttpFailure) {
    const nothing = { status: undefined, retryAfterMs: undefined, isSkewCorrected: false }
    return { ...nothing, cause: NETWORK[error.code], words: error.message }
  }
  const { name, code, message, status, headers, isSkewCorrected } = partsOf(error)
  const fault = { status, retryAfterMs: retryAfterMs(headers.get('retry-after')), isSkewCorrected }
  const isMarked = /^Invalid(?:Request|Parameter)Exception$/.test(name) && MARKED.test(message)
  if (isMarked) return { ...fault, cause: 'absent', words: name }
  // Before the name: the SDK calls a cut connection a TimeoutError.
  const connection = CONNECTION.get(code)
  if (connection !== undefined) return { ...fault, cause: 'unavailable', words: connection }
  const known = CAUSES.get(name)
  if (known === 'malformed')
    return { ...fault, cause: known, words: 'its answer is not what AWS sends' }
  if (known === 'timeout') return { ...fault, cause: known, words: 'it gave no answer in time' }
  if (known !== undefined) return { ...fault, cause: known, words: name }
  if (code === 'ETIMEDOUT')
    return { ...fault, cause: 'timeout', words: 'it gave no answer in time' }
  if (TLS_CODE.test(code)) {
    return { ...fault, cause: 'untrusted', words: 'its certificate is not trusted here' }
  }
  return { ...fault, ...byStatus(status) }
}

/** For answers whose error has no name that we know: a proxy, a new error, another service. */
function byStatus(status: number | undefined): Pick<AwsFault, 'cause' | 'words'> {
  if (status === undefined) return { cause: 'unavailable', words: 'the connection was cut' }
  if (status >= 500 && status !== 501) return { cause: 'unavailable', words: 'it failed inside' }
  if (status === 429) return { cause: 'throttled', words: 'too many requests' }
  if (status === 404 || status === 501) return { cause: 'not-offered', words: 'no such operation' }
  if (status === 403) return { cause: 'forbidden', words: 'refused' }
  if (status === 401) return { cause: 'unauthenticated', words: 'refused' }
  if (status >= 300 && status < 400) {
    return { cause: 'malformed', words: 'it answered with a redirect, which is not followed' }
  }
  return { cause: 'malformed', words: 'its answer is not what AWS sends' }
}

/**
 * The few members of an error that are looked at; empty where they are missing or of another type.
 */
interface ErrorParts {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly status: number | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly isSkewCorrected: boolean
}

/** Reads members of an error of any making, none of which is sure to be there. */
function partsOf(error: unknown): ErrorParts {
  const metadata = field(error, '$metadata')
  const status = field(metadata, 'httpStatusCode')
  const headers = field(field(error, '$response'), 'headers')
  const retryAfter = field(headers, 'retry-after')
  return {
    name: asText(field(error, 'name')),
    code: asText(field(error, 'code')),
    message: asText(field(error, 'message')),
    status: typeof status === 'number' ? status : undefined,
    headers: new Map(typeof retryAfter === 'string' ? [['retry-after', retryAfter]] : []),
    isSkewCorrected: field(metadata, 'clockSkewCorrected') === true,
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The code that goes out: what was meant for us alone has another name there. */
export function codeOf(cause: AwsCause): ProviderErrorCode {
  switch (cause) {
    case 'absent':
      return 'invalid'
    case 'expired':
      return 'unauthenticated'
    case 'not-offered':
      return 'unsupported'
    default:
      return cause
  }
}

const UNREACHABLE = 'see that the endpoint can be reached from here: DNS, proxy, NetworkPolicy'

/** What to do when the caller knows nothing better. */
const ADVICE: Readonly<Partial<Record<AwsCause, string>>> = {
  expired: 'the session has ended: renew the credentials that spec.provider.aws.auth names',
  unavailable: UNREACHABLE,
  timeout: UNREACHABLE,
}

/**
 * The error that leaves this folder, e.g. `secretsmanager GetSecretValue of "x": AccessDeniedException (HTTP 400)`.
 *
 * Invariant: `words` are ours or the name of an error in the table above, never the message of an error.
 */
export function failed(what: string, fault: AwsFault, hint: string | undefined): ProviderError {
  const status = fault.status === undefined ? '' : ` (HTTP ${fault.status})`
  const advice = hint ?? ADVICE[fault.cause]
  return new ProviderError(codeOf(fault.cause), `${what}: ${fault.words}${status}`, advice)
}
