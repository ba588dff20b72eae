import { createHash } from 'node:crypto'
import { isArray, type JsonValue } from '../model/json.ts'
import { binaryOfText, fromBinary, toBinary } from './binary.ts'
import { type FloatBits, formatFixed, formatJsonFloat, formatV } from './go-number.ts'
import type { GoValue } from './go-value.ts'
import { quoteJson } from './json-quote.ts'
import { endOfJsonString } from './json-text.ts'
import { isValidJson } from './json-valid.ts'

/** fmt's `%v`, and `%+v`, which differs for structs only. */
export function printV(value: GoValue): string {
  switch (value.go) {
    case 'nil':
      return '<nil>'
    case 'bool':
    case 'int':
    case 'int64':
    case 'uint64':
      return String(value.value)
    case 'float64':
    case 'float32':
      return formatV(value.value, bitsOf(value.go))
    case 'string':
    case 'json.Number':
      return value.value
    case '[]uint8':
    case 'json.RawMessage':
      return `[${[...fromBinary(value.value)].join(' ')}]`
    case '[]string':
    case '[]int':
      return `[${value.items.join(' ')}]`
    case '[]interface {}':
      return `[${value.items.map(printV).join(' ')}]`
    case 'map[string]string':
      return `map[${sorted(value.entries)
        .map(([key, text]) => `${key}:${text}`)
        .join(' ')}]`
    case 'map[string]interface {}':
      return `map[${sorted(value.entries)
        .map(([key, item]) => `${key}:${printV(item)}`)
        .join(' ')}]`
  }
}

/** Precision of a float's text. */
function bitsOf(go: 'float64' | 'float32'): FloatBits {
  return go === 'float32' ? 32 : 64
}

/** By the bytes of the keys, which is the order of binary strings. */
function sorted<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** encoding/json with or without HTML escaping; undefined for what has no JSON form (NaN, infinities, bad raw JSON). */
export function encodeGoJson(value: GoValue, escapesHtml: boolean): string | undefined {
  const quote = (text: string): string => quoteJson(text, escapesHtml, '\\ufffd')
  switch (value.go) {
    case 'nil':
      return 'null'
    case 'bool':
    case 'int':
    case 'int64':
    case 'uint64':
      return String(value.value)
    case 'float64':
    case 'float32':
      return formatJsonFloat(value.value, bitsOf(value.go))
    case 'json.Number':
      return encodeNumber(value.value)
    case 'string':
      return quote(value.value)
    case '[]uint8':
      return `"${Buffer.from(value.value, 'latin1').toString('base64')}"`
    case 'json.RawMessage':
      return isValidJson(value.value) ? compactJson(value.value, escapesHtml) : undefined
    case '[]string':
      return `[${value.items.map(quote).join(',')}]`
    case '[]int':
      return `[${value.items.join(',')}]`
    case '[]interface {}':
      return joined(
        '[]',
        value.items.map((item) => encodeGoJson(item, escapesHtml)),
      )
    case 'map[string]string':
      return `{${sorted(value.entries)
        .map(([key, text]) => `${quote(key)}:${quote(text)}`)
        .join(',')}}`
    case 'map[string]interface {}':
      return joined(
        '{}',
        sorted(value.entries).map(([key, item]) => {
          const encoded = encodeGoJson(item, escapesHtml)
          return encoded === undefined ? undefined : `${quote(key)}:${encoded}`
        }),
      )
  }
}

/** encoding/json checks a json.Number before it writes it; an empty one is 0. */
function encodeNumber(text: string): string | undefined {
  if (text === '') return '0'
  return !/["[{tfn\s]/.test(text) && isValidJson(text) ? text : undefined
}

/** One part without JSON form leaves the whole without. */
function joined(brackets: '[]' | '{}', parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined)
    ? undefined
    : `${brackets.charAt(0)}${parts.join(',')}${brackets.charAt(1)}`
}

/** json.Compact of a valid document; with `escapesHtml` also what Marshal does to raw messages. */
function compactJson(json: string, escapesHtml: boolean): string {
  let out = ''
  for (let at = 0; at < json.length; ) {
    if (json.charAt(at) === '"') {
      const end = endOfJsonString(json, at) ?? json.length
      out += escapesHtml ? escapeInPlace(json.slice(at, end)) : json.slice(at, end)
      at = end
      continue
    }
    if (json.charAt(at) > ' ') out += json.charAt(at)
    at++
  }
  return out
}

/** On the source text, for raw messages are not decoded; U+2028 and U+2029 as their UTF-8 bytes. */
function escapeInPlace(raw: string): string {
  return raw
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\xe2\x80\xa8', '\\u2028')
    .replaceAll('\xe2\x80\xa9', '\\u2029')
}

/** The bytes that ESO stores for a decoded value (R50); undefined for a Go type that it refuses. */
export function formatSecretValue(value: GoValue): string | undefined {
  switch (value.go) {
    case 'nil':
      return ''
    case 'bool':
      return String(value.value)
    case 'float64':
      return formatFixed(value.value)
    case 'string':
    case 'json.Number':
    case '[]uint8':
    case 'json.RawMessage':
      return value.value
    case '[]string':
      return value.items.join('\n')
    case '[]interface {}':
    case 'map[string]interface {}':
      return encodeGoJson(value, true)
    default:
      return undefined
  }
}

/** The text that ESO hashes: `%+v` of `map[string][]byte`. */
export function dataHashText(data: ReadonlyMap<string, Uint8Array>): string {
  const entries = [...data].map(([key, bytes]): [string, GoValue] => [
    binaryOfText(key),
    { go: '[]uint8', value: toBinary(bytes) },
  ])
  return printV({ go: 'map[string]interface {}', entries: new Map(entries) })
}

/** ESO's data-hash annotation (R71): hex SHA3-224. */
export function dataHash(data: ReadonlyMap<string, Uint8Array>): string {
  return hashOf(dataHashText(data))
}

/** The same of what an object that is no Secret holds (R104). */
export function contentHash(content: JsonValue): string {
  return hashOf(printV(goOf(content)))
}

function hashOf(binary: string): string {
  return createHash('sha3-224').update(fromBinary(binary)).digest('hex')
}

/** As the API machinery decodes YAML: whole numbers are int64. */
function goOf(value: JsonValue): GoValue {
  if (value === null) return { go: 'nil' }
  if (typeof value === 'boolean') return { go: 'bool', value }
  if (typeof value === 'string') return { go: 'string', value: binaryOfText(value) }
  if (typeof value === 'bigint') return { go: 'int64', value }
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { go: 'int64', value: BigInt(value) }
      : { go: 'float64', value }
  }
  if (isArray(value)) return { go: '[]interface {}', items: value.map(goOf) }
  const entries = Object.entries(value).map(
    ([key, item]) => [binaryOfText(key), goOf(item ?? null)] as const,
  )
  return { go: 'map[string]interface {}', entries: new Map(entries) }
}
