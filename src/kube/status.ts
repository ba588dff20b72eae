import { dig, isArray, type JsonValue, member, text } from '../model/json.ts'
import { KubeError, type KubeErrorCode } from './api.ts'

// The API server's `Status` → KubeError. Its message may quote what was sent: an admission webhook or a field error can
// repeat a Secret's value. So no message travels: user, verb, resource, field paths and manager names are picked out of
// it by their form, and the sentence around them is ours.

/** What was asked, for the message: `patch Secret/ns/name`. */
export interface Asked {
  readonly verb: string
  /** `Kind/namespace/name`. */
  readonly subject: string
}

const CODES: ReadonlyMap<number, KubeErrorCode> = new Map([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'invalid'],
  [408, 'timeout'],
  [409, 'conflict'],
  [410, 'conflict'],
  [413, 'too-large'],
  [415, 'invalid'],
  [422, 'invalid'],
  [429, 'throttled'],
  [504, 'timeout'],
])

const CAUSES: ReadonlyMap<string, string> = new Map([
  ['FieldManagerConflict', 'belongs to another field manager'],
  ['FieldValueDuplicate', 'is there twice'],
  ['FieldValueForbidden', 'may not be set or changed'],
  ['FieldValueInvalid', 'is not valid'],
  ['FieldValueNotFound', 'was not found'],
  ['FieldValueNotSupported', 'is not one of the allowed values'],
  ['FieldValueRequired', 'is required'],
  ['FieldValueTooLong', 'is too long'],
  ['FieldValueTooMany', 'has too many items'],
  ['FieldValueTypeInvalid', 'has the wrong type'],
])

const CAUSES_SHOWN = 3
const UID_DIFFERS = 'another object has this name now (uid differs)'

/** The authorizer's own sentence, from its very beginning: an admission webhook writes after words of the API server. */
const DENIED =
  /^[-a-z0-9.]{1,200}(?: "[^"]{0,253}")? is forbidden: User "([^"]{1,300})" cannot ([a-z]{1,20}) resource "([a-z/.]{1,100})"/

/**
 * Seen: an apply that the server cannot decode (unknown field, broken base64) is a 500 whose Status has no reason.
 * Sending it again changes nothing.
 */
export function isUndecodable(status: number, body: JsonValue | undefined): boolean {
  return status === 500 && member(body, 'kind') === 'Status' && member(body, 'reason') === undefined
}

/** The error for an answer of 400 and above. `body` is undefined when it was not JSON. */
export function refusal(status: number, body: JsonValue | undefined, asked: Asked): KubeError {
  const what = `cannot ${asked.verb} ${asked.subject}`
  const causes = causesOf(body)
  const code = isUndecodable(status, body) ? 'invalid' : codeOf(status, causes)
  return new KubeError(code, status, `${what}: ${wordsFor(status, body, causes)}`)
}

interface Cause {
  readonly field: string
  readonly reason: string
  /** The field manager that owns the field, of a conflict. */
  readonly manager: string | undefined
}

function codeOf(status: number, causes: readonly Cause[]): KubeErrorCode {
  if (isUidDifferent(status, causes)) return 'conflict'
  if (status === 422 && causes.some(isDataTooLong)) return 'too-large'
  return CODES.get(status) ?? (status >= 500 ? 'unavailable' : 'malformed')
}

/** A wrong uid in an apply is answered as an immutable field (and said twice). */
function isUidDifferent(status: number, causes: readonly Cause[]): boolean {
  return status === 422 && causes.some(({ field }) => field === 'metadata.uid')
}

function isDataTooLong({ field, reason }: Cause): boolean {
  return reason === 'FieldValueTooLong' && (field === 'data' || field === '')
}

function wordsFor(status: number, body: JsonValue | undefined, causes: readonly Cause[]): string {
  const message = text(member(body, 'message')) ?? ''
  if (status === 401) return 'the API server does not accept our credentials (401)'
  if (status === 403) return forbiddenWords(message, causes)
  if (status === 404) return notFoundWords(message)
  if (isUidDifferent(status, causes)) return UID_DIFFERS
  const admission = status === 400 || status === 422 ? admissionWords(message) : undefined
  if (admission !== undefined) return admission
  if (causes.length > 0) {
    return [...new Set(causes.map(causeWords))].slice(0, CAUSES_SHOWN).join(', ')
  }
  if (status === 409) return conflictWords(body, message)
  if (isUndecodable(status, body)) return 'the API server cannot decode the object (500)'
  const reason = knownReason(member(body, 'reason'))
  return `the API server answered ${status}${reason === '' ? '' : ` ${reason}`}`
}

function forbiddenWords(message: string, causes: readonly Cause[]): string {
  const denied = DENIED.exec(message)
  if (denied !== null) {
    const [, user = '', verb = '', resource = ''] = denied
    const scope = /in the namespace "([-a-z0-9.]{1,253})"/.exec(message)?.[1]
    const where = scope === undefined ? 'in the cluster' : `in namespace ${scope}`
    return `forbidden: ${account(user)} may not ${verb} ${resource} ${where}`
  }
  const admission = admissionWords(message)
  if (admission !== undefined) return admission
  const quota = /exceeded quota: ([-a-z0-9.]{1,253})/.exec(message)?.[1]
  if (quota !== undefined) return `forbidden: quota ${quota} is used up`
  if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) {
    return 'forbidden: the namespace is being deleted'
  }
  // Of the admission plugin that OpenShift has on: it does not say whose finalizers.
  if (message.includes('cannot set blockOwnerDeletion')) {
    return 'forbidden: update on the finalizers of its owner is needed to block the deletion of that'
  }
  return 'forbidden: the API server answered 403'
}

/** Who denied it. A policy answers 422 unless it says otherwise, a webhook whatever it likes. */
function admissionWords(message: string): string | undefined {
  const webhook = /admission webhook "([-a-z0-9.]{1,253})"/.exec(message)?.[1]
  if (webhook !== undefined) return `forbidden: admission webhook ${webhook} denied it`
  const policy = /ValidatingAdmissionPolicy '([-a-z0-9.]{1,253})'/.exec(message)?.[1]
  return policy === undefined ? undefined : `forbidden: admission policy ${policy} denied it`
}

/** `system:serviceaccount:ns:name` is how the API server says ServiceAccount. */
function account(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? []
  if (namespace !== undefined) return `ServiceAccount/${word(namespace)}/${word(name ?? '')}`
  if (user === 'system:anonymous') return 'an anonymous user (no credentials were accepted)'
  return `user ${word(user)}`
}

function notFoundWords(message: string): string {
  const namespace = /^namespaces "([-a-z0-9.]{1,253})" not found/.exec(message)?.[1]
  if (namespace !== undefined) return `namespace ${namespace} does not exist`
  return 'it does not exist, or the API server does not know its kind'
}

function conflictWords(body: JsonValue | undefined, message: string): string {
  if (member(body, 'reason') === 'AlreadyExists') return 'it exists already'
  // Both texts are constants of the API server.
  if (/precondition failed: uid|uid in the precondition|uid mismatch/i.test(message)) {
    return UID_DIFFERS
  }
  return 'it was changed since it was read'
}

function causesOf(body: JsonValue | undefined): readonly Cause[] {
  const causes = dig(body, 'details', 'causes')
  if (!isArray(causes)) return []
  return causes.map((cause) => ({
    field: fieldPath(member(cause, 'field')),
    reason: knownReason(member(cause, 'reason')),
    manager: /^conflict with "([^"]{1,128})"/.exec(text(member(cause, 'message')) ?? '')?.[1],
  }))
}

function causeWords({ field, reason, manager }: Cause): string {
  const words = CAUSES.get(reason) ?? `is refused (${reason || 'no reason given'})`
  const subject = field === '' ? 'the object' : field
  return manager === undefined ? `${subject} ${words}` : `${subject} belongs to ${word(manager)}`
}

/** Reasons of apimachinery. An admission webhook may write anything there, also what it was sent. */
const REASONS: ReadonlySet<string> = new Set(
  `AlreadyExists BadRequest Conflict Expired Forbidden Gone InternalError Invalid MethodNotAllowed NotAcceptable NotFound
  RequestEntityTooLarge ServerTimeout ServiceUnavailable StoreReadError Timeout TooManyRequests Unauthorized
  UnsupportedMediaType FieldManagerConflict FieldValueDuplicate FieldValueForbidden FieldValueInvalid FieldValueNotFound
  FieldValueNotSupported FieldValueRequired FieldValueTooLong FieldValueTooMany FieldValueTypeInvalid NamespaceTerminating
  ResourceVersionTooLarge UnexpectedServerResponse`.split(/\s+/),
)

function knownReason(reason: JsonValue | undefined): string {
  const name = text(reason) ?? ''
  return REASONS.has(name) ? name : ''
}

/** A path that begins where an object does; anything else is no path of ours. */
const FIELD = /^\.?(?:data|immutable|kind|metadata|spec|status|stringData|type)(?![A-Za-z])/

function fieldPath(field: JsonValue | undefined): string {
  const path = text(field) ?? ''
  return FIELD.test(path) ? word(path).replace(/^\./, '') : ''
}

/** Text of the server that goes into a message: one line of printable characters, not too long. */
function word(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 300)
}
