import type { ExternalSecret } from '../model/external-secret.ts'
import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { Condition } from '../model/outcome.ts'
import { syncedVersionOf } from './synced-version.ts'

// The status that ESO's objects carry, in its form (§2.14): dashboards, kubectl's columns and Argo CD's health check read
// it, and so do we after a restart.
//
//  a refresh that     │ refreshTime │ syncedResourceVersion │ binding                  │ condition
//  ───────────────────┼─────────────┼───────────────────────┼──────────────────────────┼──────────
//  succeeded (R97)    │ its begin   │ of what was synced    │ the Secret, if there is  │ Ready True
//  failed             │ stays       │ stays                 │ stays                    │ Ready False

/** Members of a status to be merged; null takes one away. */
export type StatusPatch = JsonObject

/** A condition of any kind's words. */
export type AnyCondition = Omit<Condition, 'reason'> & { readonly reason: string }

/** What a refresh came to. */
export interface Refresh {
  readonly condition: Condition
  readonly isFailed: boolean
  /** Name of the Secret that is there now; empty for none, undefined when nobody looked. */
  readonly secret: string | undefined
  readonly beganMs: number
  readonly nowMs: number
}

/** The status after a refresh of the object as it was read. Empty when nothing is new, which a success never is (R97). */
export function statusAfter(
  { object }: Pick<ExternalSecret, 'object'>,
  { condition, isFailed, secret, beganMs, nowMs }: Refresh,
): StatusPatch {
  const before = member(object, 'status')
  const conditions = conditionsWith(member(before, 'conditions'), condition, nowMs)
  const told = conditions === undefined ? {} : { conditions }
  if (isFailed) return told
  const bound = text(dig(before, 'binding', 'name')) ?? ''
  const isBindingKept = secret === undefined || secret === bound
  return {
    ...told,
    refreshTime: timeText(beganMs),
    syncedResourceVersion: syncedVersionOf(object),
    ...(isBindingKept ? {} : { binding: secret === '' ? null : { name: secret } }),
  }
}

/**
 * The list with this condition in place of the one of its type; undefined when it says so already. The time moves with the
 * status alone, not with its reason or message (R98).
 */
export function conditionsWith(
  list: JsonValue | undefined,
  { type, status, reason, message }: AnyCondition,
  nowMs: number,
): readonly JsonObject[] | undefined {
  const present = isArray(list) ? list.filter(isObject) : []
  const before = present.find((one) => member(one, 'type') === type)
  const isStatusKept = member(before, 'status') === status
  const isKept =
    isStatusKept && member(before, 'reason') === reason && member(before, 'message') === message
  if (isKept) return undefined
  const since = isStatusKept ? text(member(before, 'lastTransitionTime')) : undefined
  const lastTransitionTime = since ?? timeText(nowMs)
  const condition = { type, status, reason, message, lastTransitionTime }
  return before === undefined
    ? [...present, condition]
    : present.map((one) => (one === before ? condition : one))
}

/** As the API server prints a time. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
