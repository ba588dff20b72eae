import { dig, isArray, type JsonObject, text } from '../../model/json.ts'
import type { ProviderErrorCode } from '../../model/provider.ts'
import { ProviderError } from '../provider.ts'

// What Google answers instead of an answer → our closed codes. Its messages repeat what was asked and sometimes what
// was sent: they are compared with words that we know, and never passed on.

/** `absent` and `precondition` are answers about a secret; only who asked for one knows what they mean. */
export type GcpCause = ProviderErrorCode | 'absent' | 'precondition'

/** Everything in it may be printed. */
export interface GcpFault {
  readonly cause: GcpCause
  /** A status of Google that is in the table, or our words for what happened. */
  readonly words: string
  readonly status: number
  /** What Google's words said more, as far as we know them. */
  readonly remark: GcpRemark | undefined
}

/** Reasons that have an advice of their own. */
export type GcpRemark = 'disabled' | 'destroyed' | 'no-project' | 'api-off' | 'mapping' | 'clock'

/** Google's canonical statuses, and the errors of OAuth. */
const CAUSES: ReadonlyMap<string, GcpCause> = new Map([
  ['NOT_FOUND', 'absent'],
  ['FAILED_PRECONDITION', 'precondition'],
  ['ALREADY_EXISTS', 'conflict'],
  ['PERMISSION_DENIED', 'forbidden'],
  ['UNAUTHENTICATED', 'unauthenticated'],
  ['RESOURCE_EXHAUSTED', 'throttled'],
  ['INVALID_ARGUMENT', 'invalid'],
  ['OUT_OF_RANGE', 'invalid'],
  ['UNIMPLEMENTED', 'unsupported'],
  ['UNAVAILABLE', 'unavailable'],
  ['INTERNAL', 'unavailable'],
  ['UNKNOWN', 'unavailable'],
  ['ABORTED', 'unavailable'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['invalid_grant', 'unauthenticated'],
  ['invalid_client', 'unauthenticated'],
  ['invalid_target', 'unauthenticated'],
  ['invalid_request', 'unauthenticated'],
  ['invalid_scope', 'unauthenticated'],
  ['unauthorized_client', 'unauthenticated'],
  ['access_denied', 'forbidden'],
  ['temporarily_unavailable', 'unavailable'],
])

/** The texts are Google's own. */
const REMARKS: readonly (readonly [seen: RegExp, remark: GcpRemark])[] = [
  [/is in DISABLED state/, 'disabled'],
  [/is in DESTROYED state/, 'destroyed'],
  [/^Project\b/, 'no-project'],
  [/SERVICE_DISABLED|has not been used in project/, 'api-off'],
  [/attribute condition|mapped attribute|audience .*does not match/i, 'mapping'],
  [/reasonable timeframe|check your iat and exp|token is expired|expired/i, 'clock'],
]

/** Never throws, whatever the body holds. `json` is undefined when it was no JSON object. */
export function faultOf(status: number, json: JsonObject | undefined): GcpFault {
  const error = dig(json, 'error')
  const name = text(dig(error, 'status')) ?? text(error) ?? ''
  const known = CAUSES.get(name)
  const fault = { status, remark: remarkOf(json) }
  if (known !== undefined) return { ...fault, cause: known, words: name }
  return { ...fault, ...byStatus(status) }
}

function remarkOf(json: JsonObject | undefined): GcpRemark | undefined {
  const error = dig(json, 'error')
  const details = dig(error, 'details')
  const reasons = isArray(details) ? details.map((item) => text(dig(item, 'reason')) ?? '') : []
  const words = [text(dig(error, 'message')), text(dig(json, 'error_description')), ...reasons]
  return REMARKS.find(([seen]) => words.some((word) => seen.test(word ?? '')))?.[1]
}

/** For answers without a status that we know: a proxy, another service, a new one. */
function byStatus(status: number): Pick<GcpFault, 'cause' | 'words'> {
  if (status >= 500) return { cause: 'unavailable', words: 'it failed inside' }
  if (status === 429) return { cause: 'throttled', words: 'too many requests' }
  if (status === 401) return { cause: 'unauthenticated', words: 'refused' }
  if (status === 403) return { cause: 'forbidden', words: 'refused' }
  return { cause: 'malformed', words: 'its answer is not what Google sends' }
}

const UNREACHABLE = 'see that the host can be reached from here: DNS, proxy, NetworkPolicy'

/** What to do when the caller knows nothing better. */
const ADVICE: Readonly<Partial<Record<GcpCause, string>>> = {
  unavailable: UNREACHABLE,
  timeout: UNREACHABLE,
  throttled: 'ask for a higher quota, or refresh less often',
}

/** The error that leaves this folder, e.g. `secretmanager AccessSecretVersion of "x": UNAVAILABLE (HTTP 503)`. */
export function failed(what: string, fault: GcpFault, hint?: string): ProviderError {
  const { cause, words, status } = fault
  const code = cause === 'absent' || cause === 'precondition' ? 'invalid' : cause
  return new ProviderError(code, `${what}: ${words} (HTTP ${status})`, hint ?? ADVICE[cause])
}
