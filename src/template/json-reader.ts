import { decodeRune, encodeRune } from './bytes.ts'
import { dict, type GoValue, list } from './value.ts'

// Go's encoding/json into interface{}: float64 numbers, the last of equal keys wins, bad UTF-8 becomes U+FFFD.

/** A text that is no JSON gives `isValid: false`; a number beyond float64 leaves a nil and `hasError`. */
export interface JsonReading {
  readonly value: GoValue
  readonly isValid: boolean
  readonly hasError: boolean
}

/**
 * encoding/json's own limit. V8's stack may end before it: that is caught as invalid, not as a
 * crash.
 */
const DEPTH_MAX = 10_000

/** A position in a text of bytes, and whether a number was too large. */
interface Reader {
  readonly text: string
  at: number
  hasError: boolean
}

/** Stays within this file; carries no text, for messages about JSON quote it. */
class NoJson extends Error {}

/**
 * Reads one JSON text (R167). Never throws: `fromJson` answers nil, `mustFromJson` fails on
 * `hasError`.
 */
export function readJson(text: string): JsonReading {
  const reader: Reader = { text, at: 0, hasError: false }
  try {
    const value = readValue(reader, 0)
    skipBlanks(reader)
    if (reader.at < text.length) return { value: null, isValid: false, hasError: true }
    return { value, isValid: true, hasError: reader.hasError }
  } catch (error) {
    if (error instanceof NoJson || error instanceof RangeError) {
      return { value: null, isValid: false, hasError: true }
    }
    throw error
  }
}

function skipBlanks(reader: Reader): void {
  while (/^[ \t\r\n]$/.test(reader.text[reader.at] ?? '')) reader.at++
}

function readValue(reader: Reader, depth: number): GoValue {
  skipBlanks(reader)
  if (depth > DEPTH_MAX) throw new NoJson()
  const char = reader.text[reader.at]
  if (char === '{') return readObject(reader, depth)
  if (char === '[') return readArray(reader, depth)
  if (char === '"') return readString(reader)
  for (const [word, value] of WORDS) {
    if (!reader.text.startsWith(word, reader.at)) continue
    reader.at += word.length
    return value
  }
  return readNumber(reader)
}

const WORDS: readonly (readonly [string, GoValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** JSON's grammar, stricter than Number(): no leading zeros, no `+`, no `.5`. */
function readNumber(reader: Reader): GoValue {
  NUMBER.lastIndex = reader.at
  const match = NUMBER.exec(reader.text)
  if (match === null) throw new NoJson()
  reader.at += match[0].length
  const value = Number(match[0])
  if (Number.isFinite(value)) return value
  reader.hasError = true
  return null
}

/** Consumes one of `chars` behind blanks; throws NoJson when none is there. */
function expect(reader: Reader, chars: string): string {
  skipBlanks(reader)
  const char = reader.text[reader.at] ?? ''
  if (char === '' || !chars.includes(char)) throw new NoJson()
  reader.at++
  return char
}

/** Consumes the character if it is next, to tell empty arrays and objects apart. */
function isNext(reader: Reader, char: string): boolean {
  skipBlanks(reader)
  if (reader.text[reader.at] !== char) return false
  reader.at++
  return true
}

function readArray(reader: Reader, depth: number): GoValue {
  reader.at++
  const items: GoValue[] = []
  if (isNext(reader, ']')) return list(items)
  do items.push(readValue(reader, depth + 1))
  while (expect(reader, ',]') === ',')
  return list(items)
}

function readObject(reader: Reader, depth: number): GoValue {
  reader.at++
  const entries = new Map<string, GoValue>()
  if (isNext(reader, '}')) return dict(entries)
  do {
    skipBlanks(reader)
    if (reader.text[reader.at] !== '"') throw new NoJson()
    const key = readString(reader)
    expect(reader, ':')
    entries.set(key, readValue(reader, depth + 1))
  } while (expect(reader, ',}') === ',')
  return dict(entries)
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function readString(reader: Reader): string {
  const { text } = reader
  let value = ''
  for (reader.at++; ; ) {
    const char = text[reader.at]
    if (char === undefined || char < ' ') throw new NoJson()
    if (char === '"') {
      reader.at++
      return value
    }
    if (char === '\\') value += readEscape(reader)
    else {
      const { code, width } = decodeRune(text, reader.at)
      value += encodeRune(code)
      reader.at += width
    }
  }
}

/**
 * Lone surrogates become U+FFFD, as encoding/json does; only a proper pair makes one code point.
 */
function readEscape(reader: Reader): string {
  const char = reader.text[reader.at + 1] ?? ''
  if (char !== 'u') {
    const short = Object.hasOwn(SHORT, char) ? SHORT[char] : undefined
    if (short === undefined) throw new NoJson()
    reader.at += 2
    return short
  }
  const unit = unitAt(reader.text, reader.at)
  if (unit === undefined) throw new NoJson()
  reader.at += 6
  if (unit < 0xd800 || unit > 0xdbff) return encodeRune(unit)
  const low = unitAt(reader.text, reader.at)
  if (low === undefined || low < 0xdc00 || low > 0xdfff) return encodeRune(0xfffd)
  reader.at += 6
  return encodeRune(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
}

/** The code unit of a `\uXXXX` at a position. */
function unitAt(text: string, at: number): number | undefined {
  const match = /^\\u([0-9a-fA-F]{4})$/.exec(text.slice(at, at + 6))
  return match === null ? undefined : Number.parseInt(match[1] ?? '', 16)
}
