import { binaryOfRune, RUNE_ERROR, runeAt } from './binary.ts'

// JSON's eight short escapes; `\'` and `\v` are errors.
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Index behind the JSON string whose opening quote is at `at`; undefined when it is not valid JSON. */
export function endOfJsonString(json: string, at: number): number | undefined {
  let i = at + 1
  while (i < json.length) {
    const c = json.charCodeAt(i)
    if (c === 0x22) return i + 1
    const size = c === 0x5c ? escapeSize(json, i) : 1
    if (c < 0x20 || size === 0) return undefined
    i += size
  }
  return undefined
}

/** Length of the escape at `at`; 0 when it is none. */
function escapeSize(json: string, at: number): number {
  if (json.charAt(at + 1) === 'u') return hex4(json, at + 2) === undefined ? 0 : 6
  return ESCAPES.has(json.charAt(at + 1)) ? 2 : 0
}

/** Undefined unless exactly four hexadecimal digits stand there. */
function hex4(json: string, at: number): number | undefined {
  const digits = json.slice(at, at + 4)
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : undefined
}

/**
 * The bytes that encoding/json makes of a string literal: escapes resolved, lone surrogates and bytes that are not
 * UTF-8 turned into U+FFFD. Undefined when `raw` is no valid literal.
 */
export function unquoteJson(raw: string): string | undefined {
  if (raw.charAt(0) !== '"' || endOfJsonString(raw, 0) !== raw.length) return undefined
  let out = ''
  for (let i = 1; i < raw.length - 1; ) {
    if (raw.charAt(i) !== '\\') {
      const { code, size } = runeAt(raw, i)
      out += code === RUNE_ERROR ? binaryOfRune(code) : raw.slice(i, i + size)
      i += size
    } else if (raw.charAt(i + 1) === 'u') {
      const { code, size } = escapedRune(raw, i)
      out += binaryOfRune(code)
      i += size
    } else {
      out += ESCAPES.get(raw.charAt(i + 1)) ?? ''
      i += 2
    }
  }
  return out
}

/** A `\uXXXX`, joined with a second one only where both make a pair. */
function escapedRune(raw: string, at: number): { readonly code: number; readonly size: number } {
  const high = hex4(raw, at + 2) ?? RUNE_ERROR
  const low = raw.startsWith('\\u', at + 6) ? hex4(raw, at + 8) : undefined
  const isHigh = high >= 0xd800 && high <= 0xdbff
  if (isHigh && low !== undefined && low >= 0xdc00 && low <= 0xdfff) {
    return { code: 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), size: 12 }
  }
  return { code: high, size: 6 }
}
