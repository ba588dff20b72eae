import { syntaxFault } from './fault.ts'
import type { ScalarNode } from './node.ts'

// What a scalar stands for: the table of go-yaml v2, which is YAML 1.1 with a few choices of its own. `y` and `n` are
// booleans, `0o17` and `0b1` integers beside `017`, `0888` is 888, and sexagesimals and dates stay strings.

/** An integer beyond 2^53 is a bigint. `uint` is one beyond 2^63, which no key may be. */
export type Scalar =
  | { readonly form: 'string'; readonly value: string }
  | { readonly form: 'bool'; readonly value: boolean }
  | { readonly form: 'int' | 'uint'; readonly value: number | bigint }
  | { readonly form: 'float'; readonly value: number }
  | { readonly form: 'null'; readonly value: null }

const LONG_PREFIX = 'tag:yaml.org,2002:'
/** The tags that say how to read the text; any other tag makes it a string. */
const FORM_BY_TAG: ReadonlyMap<string, Scalar['form'] | 'timestamp'> = new Map([
  [`${LONG_PREFIX}bool`, 'bool'],
  [`${LONG_PREFIX}int`, 'int'],
  [`${LONG_PREFIX}float`, 'float'],
  [`${LONG_PREFIX}null`, 'null'],
  [`${LONG_PREFIX}timestamp`, 'timestamp'],
])
const BINARY_TAG = `${LONG_PREFIX}binary`
/** The tag of `<<`, for keys that are tagged explicitly. */
export const MERGE_TAG = `${LONG_PREFIX}merge`

/** Throws YamlFault where a tag and its text do not fit. */
export function resolveScalar(node: ScalarNode): Scalar {
  const { tag, text, isImplicit } = node
  if (tag === '') return isImplicit ? resolvePlain(text) : { form: 'string', value: text }
  if (tag === BINARY_TAG) return { form: 'string', value: decodeBinary(node) }
  const form = FORM_BY_TAG.get(tag)
  if (form === undefined) return { form: 'string', value: text }
  if (form === 'timestamp') return resolveTimestamp(node)
  const scalar = resolvePlain(text)
  if (form === scalar.form || (form === 'int' && scalar.form === 'uint')) return scalar
  if (form === 'float' && scalar.form === 'int') return { form, value: Number(scalar.value) }
  throw syntaxFault(node.start, `a value with the tag !!${form} is none`)
}

const TRUE: Scalar = { form: 'bool', value: true }
const FALSE: Scalar = { form: 'bool', value: false }
const NULL: Scalar = { form: 'null', value: null }
const INFINITY: Scalar = { form: 'float', value: Number.POSITIVE_INFINITY }
const MINUS_INFINITY: Scalar = { form: 'float', value: Number.NEGATIVE_INFINITY }
const NOT_A_NUMBER: Scalar = { form: 'float', value: Number.NaN }

const WORDS: ReadonlyMap<string, Scalar> = new Map([
  ...words(TRUE, 'y Y yes Yes YES true True TRUE on On ON'),
  ...words(FALSE, 'n N no No NO false False FALSE off Off OFF'),
  ...words(NULL, '~ null Null NULL'),
  ['', NULL],
  ...words(INFINITY, '.inf .Inf .INF +.inf +.Inf +.INF'),
  ...words(MINUS_INFINITY, '-.inf -.Inf -.INF'),
  ...words(NOT_A_NUMBER, '.nan .NaN .NAN'),
])

function words(scalar: Scalar, list: string): [string, Scalar][] {
  return list.split(' ').map((word) => [word, scalar])
}

const WORD_LENGTH_MAX = 5

export function resolvePlain(text: string): Scalar {
  if (text.length <= WORD_LENGTH_MAX) {
    const word = WORDS.get(text)
    if (word !== undefined) return word
  }
  return resolveNumber(text) ?? { form: 'string', value: text }
}

/** Whether go-yaml takes a plain scalar for anything but a string. */
export function isTyped(text: string): boolean {
  return resolvePlain(text).form !== 'string'
}

const STRAY_UNDERSCORE = /(?<!\d)_|_(?!\d)/
const NUMBER_START = /^[-+.0-9]/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

function resolveNumber(text: string): Scalar | undefined {
  if (!NUMBER_START.test(text)) return undefined
  // Behind a leading dot underscores must separate digits, as in Go; elsewhere go-yaml drops them all.
  if (text.startsWith('.') && STRAY_UNDERSCORE.test(text)) return undefined
  const plain = text.replaceAll('_', '')
  return resolveInteger(signFirst(plain)) ?? resolveFloat(plain)
}

/** Upstream: go-yaml cuts a leading `0b` off before it reads a number, so that `0b-1` is -1; `0B-1` and `0x-1` are texts. */
function signFirst(plain: string): string {
  const match = /^0b([-+])([01]+)$/.exec(plain)
  return match === null ? plain : `${match[1] ?? ''}0b${match[2] ?? ''}`
}

function resolveFloat(plain: string): Scalar | undefined {
  if (!FLOAT.test(plain)) return undefined
  const value = Number(plain)
  return Number.isFinite(value) ? { form: 'float', value } : undefined
}

const INTEGER = /^([-+]?)(?:0[bB]([01]+)|0[oO]?([0-7]+)|0[xX]([0-9a-fA-F]+)|([1-9][0-9]*|0))$/
const INT_MAX = 2n ** 63n
const UINT_MAX = 2n ** 64n

function resolveInteger(plain: string): Scalar | undefined {
  const match = INTEGER.exec(plain)
  if (match === null) return undefined
  const [, sign = '', binary, octal, hexadecimal, decimal] = match
  if (decimal !== undefined && decimal.length <= 15) {
    const value = Number(decimal)
    return { form: 'int', value: sign === '-' && value !== 0 ? -value : value }
  }
  const size = BigInt(literal({ binary, octal, hexadecimal, decimal }))
  if (sign === '-') return size <= INT_MAX ? { form: 'int', value: compact(-size) } : undefined
  if (size < INT_MAX) return { form: 'int', value: compact(size) }
  return size < UINT_MAX && sign === '' ? { form: 'uint', value: size } : undefined
}

function literal(digits: Readonly<Record<string, string | undefined>>): string {
  const { binary, octal, hexadecimal, decimal = '0' } = digits
  if (binary !== undefined) return `0b${binary}`
  if (octal !== undefined) return `0o${octal}`
  return hexadecimal === undefined ? decimal : `0x${hexadecimal}`
}

function compact(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Go's decoder: standard alphabet, padding required, line breaks skipped. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function decodeBinary({ text, start }: ScalarNode): string {
  const packed = text.replace(/[\r\n]/g, '')
  if (!BASE64.test(packed)) throw syntaxFault(start, 'a value with the tag !!binary is not base64')
  return decodeLoosely(Buffer.from(packed, 'base64'))
}

/**
 * Bytes that are no UTF-8 become lone surrogates, one each: every writer prints those as U+FFFD, and the JSON of
 * kubectl's reader can tell them from a U+FFFD that was there.
 */
function decodeLoosely(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at)
    text +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
        : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, at + length))
    at += Math.max(length, 1)
  }
  return text
}

/** Length of the UTF-8 sequence at `at`; 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  try {
    const part = bytes.subarray(at, at + length)
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part)
    return part.length === length ? length : 0
  } catch {
    return 0
  }
}

const DATE =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(.*))?$/
const ZONE = /^(?:Z|[-+](\d{2}):(\d{2}))$/

/** A timestamp keeps its text; the tag only demands that it be one. */
function resolveTimestamp({ text, start }: ScalarNode): Scalar {
  const match = DATE.exec(text)
  if (match === null || !isCalendarDay(match) || !isTimeOfDay(match)) {
    throw syntaxFault(start, 'a value with the tag !!timestamp is none')
  }
  return { form: 'string', value: text }
}

function isCalendarDay([, year, month, day]: readonly string[]): boolean {
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1) return false
  return Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
}

/** `T` needs a zone, a blank refuses one. */
function isTimeOfDay(match: readonly (string | undefined)[]): boolean {
  const [, , , , separator, hour, minute, second, zone = ''] = match
  if (separator === undefined) return true
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false
  if (separator === ' ') return zone === ''
  const offset = ZONE.exec(zone)
  return offset !== null && Number(offset[1] ?? 0) <= 24 && Number(offset[2] ?? 0) < 60
}
