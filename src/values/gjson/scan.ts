// Lexical layer of gjson over binary strings. It never validates: on broken JSON it returns what upstream returns,
// because ESO's users see exactly that.

import { binaryOfRune, RUNE_ERROR } from '../binary.ts'

// Character codes, for scanning by code instead of by one-character strings.
export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const SPACE = 0x20
export const DOT = 0x2e
export const PIPE = 0x7c
export const HASH = 0x23
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const OPEN_PAREN = 0x28
export const CLOSE_PAREN = 0x29
export const COMMA = 0x2c

/** A quoted string: `end` is behind the closing quote; undefined where it never closes. */
export interface Quoted {
  readonly end: number
  /** With both quotes. */
  readonly raw: string
  readonly text: string
}

/** Reads the string whose opening quote is at `at`. */
export function readQuoted(json: string, at: number): Quoted | undefined {
  const close = closingQuote(json, at + 1)
  if (close < 0) return undefined
  const raw = json.slice(at, close + 1)
  return { end: close + 1, raw, text: unquoted(json.slice(at + 1, close)) }
}

/** Index of the next quote that no backslash escapes; −1 when there is none. */
export function closingQuote(json: string, from: number): number {
  for (let i = from; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (c === QUOTE) return i
    if (c === BACKSLASH) i++
  }
  return -1
}

/** The text of a string's body; the search for a backslash saves most bodies the copy. */
export function unquoted(body: string): string {
  return body.includes('\\') ? resolveEscapes(body) : body
}

/** The text from `at` up to a blank, a comma or a closing bracket. */
export function readNumber(json: string, at: number): string {
  let end = at + 1
  while (end < json.length && !endsNumber(json.charCodeAt(end))) end++
  return json.slice(at, end)
}

/** A colon does not end a number here, as upstream. */
function endsNumber(c: number): boolean {
  return c <= SPACE || c === COMMA || c === CLOSE_BRACKET || c === CLOSE_BRACE
}

/** The lower-case letters from `at` on; the first character is taken whatever it is. */
export function readLiteral(json: string, at: number): string {
  let end = at + 1
  while (end < json.length && json.charCodeAt(end) >= 0x61 && json.charCodeAt(end) <= 0x7a) end++
  return json.slice(at, end)
}

/** A bracketed value: all kinds of brackets count alike, strings are skipped. */
export interface Squashed {
  /** One beyond the input when a string inside never closes: callers must not see an end of array there. */
  readonly end: number
  readonly raw: string
}

/** Reads the bracketed value at `at`; the first character opens it, whatever it is. */
export function readSquashed(json: string, at: number): Squashed {
  let depth = 1
  for (let i = at + 1; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (c === QUOTE) {
      const close = closingQuote(json, i + 1)
      if (close < 0) return { end: json.length + 1, raw: json.slice(at) }
      i = close
    } else {
      depth += bracketStep(c)
      if (depth === 0) return { end: i + 1, raw: json.slice(at, i + 1) }
    }
  }
  return { end: json.length, raw: json.slice(at) }
}

/** 1 for an opening bracket of any kind, -1 for a closing one. */
export function bracketStep(c: number): number {
  if (c === OPEN_BRACE || c === OPEN_BRACKET || c === OPEN_PAREN) return 1
  return c === CLOSE_BRACE || c === CLOSE_BRACKET || c === CLOSE_PAREN ? -1 : 0
}

/** Like `readSquashed`, but a leading quote opens a string. */
export function squash(text: string): string {
  if (text.charCodeAt(0) !== QUOTE) return readSquashed(text, 0).raw
  const close = closingQuote(text, 1)
  return close < 0 ? text : text.slice(0, close + 1)
}

/** Whether a number starts here; `n` does unless `u` follows, so that `nan` is a number and `null` is not. */
export function startsNumber(json: string, at: number): boolean {
  const c = json.charCodeAt(at)
  if (c >= 0x30 && c <= 0x39) return true
  if (c === 0x6e) return at + 1 < json.length && json.charCodeAt(at + 1) !== 0x75
  return at < json.length && '+-iIN'.includes(json.charAt(at))
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ['/', '/'],
  ['"', '"'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Resolves escapes; stops silently at a control character or a broken escape, as upstream does. */
export function resolveEscapes(body: string): string {
  let out = ''
  for (let i = 0; i < body.length; i++) {
    const c = body.charCodeAt(i)
    if (c < SPACE) return out
    if (c !== BACKSLASH) {
      out += body.charAt(i)
      continue
    }
    i++
    if (body.charAt(i) === 'u') {
      if (i + 5 > body.length) return out
      const rune = escapedRune(body, i + 1)
      out += binaryOfRune(rune.code)
      i += rune.length
      continue
    }
    const simple = SIMPLE_ESCAPES.get(body.charAt(i))
    if (simple === undefined) return out
    out += simple
  }
  return out
}

/** Four hexadecimal digits at `at`, and the second half of a surrogate pair. `length` counts from `at`. */
function escapedRune(body: string, at: number): { readonly code: number; readonly length: number } {
  const high = hex4(body, at)
  const isSurrogate = high >= 0xd800 && high <= 0xdfff
  const next = at + 4
  if (!isSurrogate || body.length - next < 6 || !body.startsWith('\\u', next)) {
    return { code: high, length: 4 }
  }
  const low = hex4(body, next + 2)
  const isPair = high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff
  const code = isPair ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : RUNE_ERROR
  return { code, length: 10 }
}

/** Anything that is not four hexadecimal digits counts as zero. */
function hex4(body: string, at: number): number {
  const digits = body.slice(at, at + 4)
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 0
}

/** Drops blanks and control characters at both ends. */
export function trim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= SPACE) start++
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end--
  return text.slice(start, end)
}

const SPACE_START =
  /^(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)/
const SPACE_END =
  /(?:[\t-\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80)$/

/** strings.TrimSpace, on the UTF-8 of Unicode's spaces. */
export function trimSpace(text: string): string {
  let trimmed = text
  for (let m = SPACE_START.exec(trimmed); m !== null; m = SPACE_START.exec(trimmed)) {
    trimmed = trimmed.slice(m[0].length)
  }
  for (
    let m = SPACE_END.exec(trimmed.slice(-3));
    m !== null;
    m = SPACE_END.exec(trimmed.slice(-3))
  ) {
    trimmed = trimmed.slice(0, -m[0].length)
  }
  return trimmed
}
