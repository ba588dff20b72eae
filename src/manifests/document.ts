import type { JsonObject } from '../model/json.ts'
import type { Place } from '../model/place.ts'

/** Way from an object's root to a value: names of members and indices of items. */
export type FieldPath = readonly (string | number)[]

/** One object of a stream (an item of a List counts as an object of its own), read as kubectl reads it. */
export interface Document {
  readonly object: JsonObject
  /** Where the object begins. */
  readonly at: Place
  /**
   * Where the value at `path` stands; the nearest ancestor that exists when it is absent, so that a missing field points
   * at the object that lacks it. With `isKey`, the place of the member's name instead of its value.
   */
  readonly locate: (path: FieldPath, isKey?: boolean) => Place
  /** The text of one line of the source without its break, for excerpts; undefined beyond the document. */
  readonly line: (line: number) => string | undefined
}

/** `spec.data[2].remoteRef.key`; names with other characters are quoted as `metadata.labels["a/b"]`. */
export function formatPath(path: FieldPath): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}
