import { nestsTooDeep } from './gjson/effort.ts'
import { endOfJsonString, unquoteJson } from './json-text.ts'
import { endOfJsonScalar, isValidJson, skipBlanks } from './json-valid.ts'

/**
 * JSON that loses nothing: numbers keep their text, `raw` is the source with its blanks, members keep their order and
 * their duplicates. All strings are binary strings. Error text never exists here, so none can quote the input.
 */
export type Json =
  | { readonly shape: 'object'; readonly raw: string; readonly members: readonly JsonMember[] }
  | { readonly shape: 'array'; readonly raw: string; readonly items: readonly Json[] }
  | { readonly shape: 'string'; readonly raw: string; readonly text: string }
  | { readonly shape: 'number' | 'true' | 'false' | 'null'; readonly raw: string }

/** A member as written; keys are unescaped, duplicates stay apart. */
export interface JsonMember {
  readonly key: string
  readonly value: Json
}

/** Reads a whole document; undefined when it is not JSON, or nests deeper than anybody needs. */
export function readJson(json: string): Json | undefined {
  if (!isValidJson(json) || nestsTooDeep(json)) return undefined
  return readValue(json, skipBlanks(json, 0)).value
}

/** A value and the index behind it. */
interface Read {
  readonly value: Json
  readonly end: number
}

/** Trust: `json` is valid from here on, so every token is where it has to be. */
function readValue(json: string, at: number): Read {
  const c = json.charAt(at)
  if (c === '{') return readObject(json, at)
  if (c === '[') return readArray(json, at)
  const end = endOfJsonScalar(json, at) ?? json.length
  return { value: scalar(json.slice(at, end)), end }
}

/** `raw` is a valid token, so its first character decides. */
function scalar(raw: string): Json {
  if (raw.startsWith('"')) return { shape: 'string', raw, text: unquoteJson(raw) ?? '' }
  return { shape: raw === 'true' || raw === 'false' || raw === 'null' ? raw : 'number', raw }
}

/** Recursion is bounded: `readJson` has counted the brackets before. */
function readObject(json: string, open: number): Read {
  const members: JsonMember[] = []
  let at = skipBlanks(json, open + 1)
  while (json.charAt(at) === '"') {
    const keyEnd = endOfJsonString(json, at) ?? json.length
    const key = unquoteJson(json.slice(at, keyEnd)) ?? ''
    const colon = skipBlanks(json, keyEnd)
    const { value, end } = readValue(json, skipBlanks(json, colon + 1))
    members.push({ key, value })
    at = skipComma(json, end)
  }
  return { value: { shape: 'object', raw: json.slice(open, at + 1), members }, end: at + 1 }
}

/** As `readObject`, for elements. */
function readArray(json: string, open: number): Read {
  const items: Json[] = []
  let at = skipBlanks(json, open + 1)
  while (json.charAt(at) !== ']') {
    const { value, end } = readValue(json, at)
    items.push(value)
    at = skipComma(json, end)
  }
  return { value: { shape: 'array', raw: json.slice(open, at + 1), items }, end: at + 1 }
}

/** To the next member, or to the closing bracket. */
function skipComma(json: string, end: number): number {
  const at = skipBlanks(json, end)
  return json.charAt(at) === ',' ? skipBlanks(json, at + 1) : at
}

/** Members by key as Go's decoder keeps them: the last of a duplicate wins. */
export function membersByKey(members: readonly JsonMember[]): ReadonlyMap<string, Json> {
  return new Map(members.map(({ key, value }) => [key, value]))
}
