import { canonicalJson, isObject, type JsonObject, type JsonValue } from './json.ts'

/** The merge patch (RFC 7386) that turns `before` into `after`: members that are no longer there are null. */
export function mergePatchOf(before: JsonObject, after: JsonObject): JsonObject {
  const patch: Record<string, JsonValue> = Object.create(null)
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name)) patch[name] = null
  }
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    const change = value === undefined ? undefined : changeOf(old, value)
    if (change !== undefined) patch[name] = change
  }
  return patch
}

/** Undefined when both are the same. */
function changeOf(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (before === undefined) return after
  if (isObject(before) && isObject(after)) {
    const patch = mergePatchOf(before, after)
    return Object.keys(patch).length === 0 ? undefined : patch
  }
  return canonicalJson(before) === canonicalJson(after) ? undefined : after
}
