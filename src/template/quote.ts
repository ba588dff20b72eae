import { decodeRune, encodeRune, RUNE_ERROR } from './bytes.ts'
import { isPrint } from './unicode.ts'

// Go's quoted strings, both ways (strconv.Quote and Unquote), over byte strings.

/** Go's single-letter escapes; `\0` is no escape of its own but an octal one of three digits. */
const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
}

/** Undefined when `literal` is no Go string literal. */
export function unquote(literal: string): string | undefined {
  const quote = literal[0]
  const body = literal.slice(1, -1)
  if (literal.length < 2 || literal.at(-1) !== quote) return undefined
  if (quote === '`') return body.includes('`') ? undefined : body.replaceAll('\r', '')
  return quote === '"' ? unquoteBody(body) : undefined
}

/** Nothing to resolve: a fast path for nearly every literal. */
const PLAIN = /^[ !#-[\]-~\t]*$/

/** `\xff` and octal escapes add a byte, everything else a rune's UTF-8. */
function unquoteBody(body: string): string | undefined {
  if (PLAIN.test(body)) return body
  let text = ''
  for (let at = 0; at < body.length; ) {
    const char = readChar(body, at, '"')
    if (char === undefined) return undefined
    text += char.isByte ? String.fromCharCode(char.code) : encodeRune(char.code)
    at += char.width
  }
  return text
}

/** One character of a literal, escapes resolved; `width` counts bytes of the literal. */
interface Char {
  readonly code: number
  readonly width: number
  /** `\x..` and octal escapes stand for a byte, all else for a rune. */
  readonly isByte: boolean
}

/** One character of a literal in the given quotes; undefined when malformed. */
export function readChar(text: string, at: number, quote: string): Char | undefined {
  const char = text[at]
  if (char === undefined || char === quote || char === '\n') return undefined
  if (char !== '\\') {
    return { ...decodeRune(text, at), isByte: false }
  }
  return readEscape(text, at + 1, quote)
}

/** Digits after `\x`, `\u` and `\U`: exactly so many. */
const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** A quote may be escaped within its own kind of literal only. */
function readEscape(text: string, at: number, quote: string): Char | undefined {
  const char = text[at] ?? ''
  if (char === quote) return { code: quote.charCodeAt(0), width: 2, isByte: false }
  const simple = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined
  if (simple !== undefined) return { code: simple, width: 2, isByte: false }
  if (char >= '0' && char <= '7') return readOctal(text.slice(at, at + 3))
  const length = Object.hasOwn(HEX_LENGTHS, char) ? HEX_LENGTHS[char] : undefined
  return length === undefined ? undefined : readHex(text.slice(at + 1, at + 1 + length), length)
}

/** Surrogates and numbers beyond Unicode are errors in Go, not U+FFFD. */
function readHex(digits: string, length: number): Char | undefined {
  if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined
  const code = Number.parseInt(digits, 16)
  const isByte = length === 2
  const isRune = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return isRune ? { code, width: 2 + length, isByte } : undefined
}

/** Exactly three digits, up to `\377`. */
function readOctal(digits: string): Char | undefined {
  const code = /^[0-7]{3}$/.test(digits) ? Number.parseInt(digits, 8) : 256
  return code < 256 ? { code, width: 4, isByte: true } : undefined
}

const SHORT: ReadonlyMap<number, string> = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [12, '\\f'],
  [10, '\\n'],
  [13, '\\r'],
  [9, '\\t'],
  [11, '\\v'],
  [92, '\\\\'],
])

/** How a rune is quoted. */
export interface Quoting {
  readonly quote: '"' | "'"
  /** Escapes everything beyond ASCII. */
  readonly isAscii: boolean
}

/**
 * strconv.Quote, or QuoteToASCII. Bytes that are no UTF-8 become `\xff`, so `unquote` gives them
 * back.
 */
export function quote(text: string, isAscii = false): string {
  let quoted = '"'
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    if (code === RUNE_ERROR && width === 1) quoted += `\\x${hex(text.charCodeAt(at), 2)}`
    else quoted += quoteChar(code, { quote: '"', isAscii })
    at += width
  }
  return `${quoted}"`
}

/** `'x'`; what is no rune becomes U+FFFD. */
export function quoteRune(code: number, isAscii = false): string {
  const isRune = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return `'${quoteChar(isRune ? code : RUNE_ERROR, { quote: "'", isAscii })}'`
}

/** Printable in Go's sense (unicode.ts): U+00AD and unassigned code points are escaped. */
function quoteChar(code: number, { quote, isAscii }: Quoting): string {
  if (code === quote.charCodeAt(0)) return `\\${quote}`
  if (code === 92) return '\\\\'
  if (isAscii ? code < 128 && isPrint(code) : isPrint(code)) return encodeRune(code)
  const short = SHORT.get(code)
  if (short !== undefined) return short
  if (code < 32 || code === 127) return `\\x${hex(code, 2)}`
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

function hex(code: number, length: number): string {
  return code.toString(16).padStart(length, '0')
}

/** Whether `text` can stand between backquotes. */
export function canBackquote(text: string): boolean {
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    at += width
    if (width > 1) {
      if (code === 0xfeff) return false
    } else if (code === RUNE_ERROR || (code < 32 && code !== 9) || code === 96 || code === 127) {
      return false
    }
  }
  return true
}
