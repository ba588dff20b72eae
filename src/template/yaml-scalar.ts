import { resolveScalar } from '../manifests/yaml/resolve.ts'
import { decodeRune, toText } from './bytes.ts'
import { parseInstant } from './time-parse.ts'

// How go-yaml v2 writes a string: which of its styles a text may have, and which it gets.

/** How a string is written; go-yaml never folds with `>`. */
export type Style = 'plain' | 'single' | 'double' | 'literal'

/** Which styles can hold a text so that it reads back the same. */
interface Analysis {
  readonly isMultiline: boolean
  readonly isPlainAllowed: boolean
  readonly isSingleAllowed: boolean
  readonly isLiteralAllowed: boolean
}

/** What the emitter may print as it is: neither controls, nor the byte order mark, nor anything beyond U+FFFD. */
export function isPrintable(code: number): boolean {
  if (code < 0x80) return code === 10 || (code >= 0x20 && code <= 0x7e)
  return code >= 0xa0 && code <= 0xfffd && code !== 0xfeff
}

/** Line breaks of YAML 1.1. */
export function isBreak(code: number): boolean {
  return code === 10 || code === 13 || code === 0x85 || code === 0x2028 || code === 0x2029
}

// Characters that no plain scalar may begin with.
const INDICATORS_FIRST = '#,[]{}&*!|>\'"%@`'

/** A character and what stands around it. */
interface Char {
  readonly code: number
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly isAfterBlank: boolean
  readonly isBeforeBlank: boolean
}

/**
 * The end of the text counts as a blank behind the last character, its start as one before the
 * first.
 */
function characters(text: string): readonly Char[] {
  const codes: number[] = []
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    codes.push(code)
    at += width
  }
  const isBlank = (code: number | undefined) => code === undefined || code === 32 || code === 9
  return codes.map((code, index) => ({
    code,
    isFirst: index === 0,
    isLast: index === codes.length - 1,
    isAfterBlank: isBlank(codes[index - 1]) || isBreak(codes[index - 1] ?? 0),
    isBeforeBlank: isBlank(codes[index + 1]),
  }))
}

/** Characters that would mean something else in a plain scalar of a block. */
function isIndicator({ code, isFirst, isAfterBlank, isBeforeBlank }: Char): boolean {
  const char = String.fromCharCode(code)
  if (isFirst && (INDICATORS_FIRST.includes(char) || (char === '-' && isBeforeBlank))) return true
  if (char === ':' || (isFirst && char === '?')) return isBeforeBlank
  return !isFirst && char === '#' && isAfterBlank
}

/** libyaml's analysis. Linear; tabs are not printable, so a text with one is double-quoted. */
export function analyze(text: string): Analysis {
  if (text === '') {
    return {
      isMultiline: false,
      isPlainAllowed: true,
      isSingleAllowed: true,
      isLiteralAllowed: false,
    }
  }
  const chars = characters(text)
  const isMultiline = chars.some(({ code }) => isBreak(code))
  const isSpecial = chars.some(({ code }) => !isPrintable(code))
  const isFramed = chars.some((char) => (char.isFirst || char.isLast) && isBlankOrBreak(char.code))
  const { hasBreakSpace, hasSpaceBreak } = pairsOf(chars)
  const isMarker = text.startsWith('---') || text.startsWith('...')
  const isSafe = !isSpecial && !hasSpaceBreak
  return {
    isMultiline,
    isPlainAllowed: isSafe && !isMultiline && !isFramed && !isMarker && !chars.some(isIndicator),
    isSingleAllowed: isSafe && !hasBreakSpace,
    isLiteralAllowed: isSafe && !text.endsWith(' '),
  }
}

function isBlankOrBreak(code: number): boolean {
  return code === 32 || isBreak(code)
}

/** Blanks beside line breaks, which folding would lose. */
function pairsOf(chars: readonly Char[]): { hasBreakSpace: boolean; hasSpaceBreak: boolean } {
  let hasBreakSpace = false
  let hasSpaceBreak = false
  for (const [index, { code }] of chars.entries()) {
    const previous = chars[index - 1]?.code ?? 0
    if (code === 32 && isBreak(previous)) hasBreakSpace = true
    if (isBreak(code) && previous === 32) hasSpaceBreak = true
  }
  return { hasBreakSpace, hasSpaceBreak }
}

/** A text that would not be read back as a string must be quoted. */
function isPlainString(text: string): boolean {
  const scalar = { shape: 'scalar', tag: '', text: toText(text), isImplicit: true } as const
  if (resolveScalar({ ...scalar, start: 0, end: 0 }).form !== 'string') return false
  return !SEXAGESIMAL.test(text) && !isTimestamp(text)
}

// `1:30` is the number 90 to YAML 1.1 readers, so go-yaml quotes it.
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

const TIMESTAMPS: readonly string[] = [
  '2006-1-2T15:4:5.999999999Z07:00',
  '2006-1-2t15:4:5.999999999Z07:00',
  '2006-1-2 15:4:5.999999999',
  '2006-1-2',
]

/** go-yaml quotes what an old reader would take for a date. */
function isTimestamp(text: string): boolean {
  if (!/^\d{4}-/.test(text)) return false
  return TIMESTAMPS.some((layout) => parseInstant(layout, text) !== undefined)
}

/** The style of a string; a simple key is one that stands before its colon on one line. */
export function styleOf(text: string, isSimpleKey: boolean): Style {
  const { isMultiline, isPlainAllowed, isSingleAllowed, isLiteralAllowed } = analyze(text)
  const isLiteral = text.includes('\n')
  if (isLiteral) return isLiteralAllowed && !isSimpleKey ? 'literal' : 'double'
  if (!isPlainString(text) || (isSimpleKey && isMultiline)) return 'double'
  if (isPlainAllowed && !(text === '' && isSimpleKey)) return 'plain'
  return isSingleAllowed ? 'single' : 'double'
}
