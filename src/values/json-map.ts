import { type Attempt, done, failed } from './attempt.ts'
import { binaryOfText, fromBinary, textOfBinary, toBinary } from './binary.ts'
import { gjsonText } from './gjson.ts'
import { encodeGoJson } from './go-print.ts'
import { type Json, membersByKey, readJson } from './json.ts'

/**
 * The keys and values of a JSON object as ESO extracts them (R51): strings unquoted, null empty, everything else in its
 * source text with the blanks inside. JSON null is an empty map. Undefined when it is no object.
 */
export function jsonToMap(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined {
  const json = readJson(toBinary(bytes))
  if (json?.shape === 'null') return new Map()
  if (json?.shape !== 'object') return undefined
  const out = new Map<string, Uint8Array>()
  for (const [key, value] of membersByKey(json.members)) {
    out.set(textOfBinary(key), fromBinary(extracted(value)))
  }
  return out
}

function extracted(value: Json): string {
  if (value.shape === 'string') return value.text
  return value.shape === 'null' ? '' : value.raw
}

/** The map of `extract`, or the error that every JSON provider gives. */
export function extractJson(
  bytes: Uint8Array | undefined,
  key: string,
): Attempt<ReadonlyMap<string, Uint8Array>> {
  const map = jsonToMap(bytes ?? new Uint8Array())
  return map === undefined
    ? failed('NotJson', `secret ${key} is not a JSON object`, 'key')
    : done(map)
}

/** A gjson path, after the same text as one literal key where it holds a dot (R54). */
export function gjsonProperty(json: string, property: string): string | undefined {
  const literal = property.includes('.')
    ? gjsonText(json, property.replaceAll('.', '\\.'))
    : undefined
  return literal ?? gjsonText(json, property)
}

/** What a property that was not found means: a wrong name, or a value without any properties. */
export function propertyMissing(
  json: string,
  { property, key }: { readonly property: string; readonly key: string },
): Attempt<never> {
  const why = readJson(json) === undefined ? ': its value is text, not JSON' : ''
  const message = `key ${property} does not exist in secret ${key}${why}`
  return failed('PropertyNotFound', message, 'property')
}

/** encoding/json of a `map[string]string`; a nil map is `null`. */
export function encodeStringMap(
  map: ReadonlyMap<string, string> | undefined,
  escapesHtml: boolean,
): string {
  if (map === undefined) return 'null'
  const entries = [...map].map(([key, value]): [string, string] => [
    binaryOfText(key),
    binaryOfText(value),
  ])
  return encodeGoJson({ go: 'map[string]string', entries: new Map(entries) }, escapesHtml) ?? ''
}
