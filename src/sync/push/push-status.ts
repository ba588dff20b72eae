import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../model/json.ts'
import { mergePatchOf } from '../../model/merge-patch.ts'
import { syncedVersionOf } from '../../plan/synced-version.ts'
import { encodeSynced } from './memory.ts'
import type { PushOutcome } from './result.ts'

/**
 * What of the status of a PushSecret has to change, as a merge patch; undefined when nothing has. What was pushed is
 * written whatever the outcome: only what is remembered is taken back. `now` is RFC 3339.
 */
export function pushStatusPatch(
  object: JsonObject,
  { outcome, condition, synced }: PushOutcome,
  now: string,
): JsonObject | undefined {
  const status = member(object, 'status')
  const before: JsonObject = isObject(status) ? status : {}
  const isDone = outcome !== 'failed'
  const after: JsonObject = {
    ...before,
    conditions: [
      ...othersOf(before),
      { ...condition, lastTransitionTime: sinceOf(before, condition.status) ?? now },
    ],
    syncedPushSecrets: encodeSynced(synced),
    ...(isDone ? { refreshTime: now, syncedResourceVersion: syncedVersionOf(object) } : {}),
  }
  const patch = mergePatchOf(before, after)
  return Object.keys(patch).length === 0 ? undefined : patch
}

function conditionsOf(status: JsonValue | undefined): readonly JsonObject[] {
  const conditions = member(status, 'conditions')
  return isArray(conditions) ? conditions.filter(isObject) : []
}

/** What the status says of condition Ready; undefined when it says nothing. */
export function statusOfReady(object: JsonObject): JsonValue | undefined {
  return dig(readyOf(member(object, 'status')), 'status')
}

function readyOf(status: JsonValue | undefined): JsonObject | undefined {
  return conditionsOf(status).find((one) => member(one, 'type') === 'Ready')
}

function othersOf(status: JsonObject): readonly JsonObject[] {
  return conditionsOf(status).filter((one) => member(one, 'type') !== 'Ready')
}

/** Since when it is so; undefined when it is new. */
function sinceOf(status: JsonObject, word: string): string | undefined {
  const ready = readyOf(status)
  const isSame = dig(ready, 'status') === word
  return isSame ? text(dig(ready, 'lastTransitionTime')) : undefined
}
