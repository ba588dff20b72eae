// Go's character classes, by V8's Unicode tables (constant patterns on single characters only).

const LETTER = /^\p{L}$/u
const DIGIT = /^\p{Nd}$/u
const NUMBER = /^\p{N}$/u
const UPPER = /^\p{Lu}$/u
const LOWER = /^\p{Ll}$/u
const TITLE = /^\p{Lt}$/u
const GRAPHIC = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u

/** One character against one class; the patterns have no repetition. */
function test(pattern: RegExp, code: number): boolean {
  return pattern.test(String.fromCodePoint(code))
}

/** Go's unicode.IsLetter: category L. Tables may differ by a Unicode version. */
export function isLetter(code: number): boolean {
  if (code < 128) return (code | 32) >= 97 && (code | 32) <= 122
  return test(LETTER, code)
}

/** Go's unicode.IsDigit: decimal digits of any script (Nd). */
export function isDigit(code: number): boolean {
  return code < 128 ? code >= 48 && code <= 57 : test(DIGIT, code)
}

/** Go's unicode.IsNumber: also letter-like and other numbers (N). */
export function isNumber(code: number): boolean {
  return code < 128 ? code >= 48 && code <= 57 : test(NUMBER, code)
}

/** Go's unicode.IsUpper (Lu); title-case digraphs are none. */
export function isUpper(code: number): boolean {
  return code < 128 ? code >= 65 && code <= 90 : test(UPPER, code)
}

/** Go's unicode.IsLower (Ll). */
export function isLower(code: number): boolean {
  return code < 128 ? code >= 97 && code <= 122 : test(LOWER, code)
}

/** Go's unicode.IsTitle (Lt): the few digraphs such as U+01C5. */
export function isTitle(code: number): boolean {
  return code >= 128 && test(TITLE, code)
}

/** Letters, marks, numbers, punctuation, symbols, and the ASCII space. */
export function isPrint(code: number): boolean {
  return code < 128 ? code >= 32 && code < 127 : test(GRAPHIC, code)
}

const SPACES: ReadonlySet<number> = new Set([
  9, 10, 11, 12, 13, 32, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
])

/**
 * Go's unicode.IsSpace: White_Space, with U+0085 and U+00A0, but without U+FEFF, which V8's `\s`
 * has.
 */
export function isSpace(code: number): boolean {
  return SPACES.has(code) || (code >= 0x2000 && code <= 0x200a)
}

/** Go maps rune to rune; V8 maps text to text. Where the text grows (ß → SS) Go has no mapping or one of its own. */
export function toUpper(code: number): number {
  if (code < 128) return code >= 97 && code <= 122 ? code - 32 : code
  return single(String.fromCodePoint(code).toUpperCase(), UPPER_EXCEPTIONS.get(code) ?? code)
}

/** Go's unicode.ToLower. U+0130 becomes a plain i, because V8's text form has two code points. */
export function toLower(code: number): number {
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code
  return single(String.fromCodePoint(code).toLowerCase(), code === 0x130 ? 0x69 : code)
}

/** Go's unicode.ToTitle, which differs from ToUpper for digraphs and Georgian letters. */
export function toTitle(code: number): number {
  const digraph = TITLES.get(code)
  if (digraph !== undefined) return digraph
  return isGeorgian(code) ? code : toUpper(code)
}

/** The one code point of a mapped text; `otherwise` when the mapping is longer. */
function single(text: string, otherwise: number): number {
  const code = text.codePointAt(0) ?? otherwise
  return text.length === (code > 0xffff ? 2 : 1) ? code : otherwise
}

/** Mkhedruli letters have an upper case but keep their form in titles. */
function isGeorgian(code: number): boolean {
  return code >= 0x10d0 && code <= 0x10ff
}

/** Simple upper-case mappings of characters whose full mapping is longer. */
const UPPER_EXCEPTIONS: ReadonlyMap<number, number> = new Map([
  ...range(0x1f80, 8, 8),
  ...range(0x1f90, 8, 8),
  ...range(0x1fa0, 8, 8),
  [0x1fb3, 0x1fbc],
  [0x1fc3, 0x1fcc],
  [0x1ff3, 0x1ffc],
])

function range(from: number, count: number, offset: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [from + i, from + i + offset])
}

// Digraphs of three forms: DŽ Dž dž and so on; all of them have the middle one as title.
const TITLES: ReadonlyMap<number, number> = new Map([
  [0x1c4, 0x1c5],
  [0x1c5, 0x1c5],
  [0x1c6, 0x1c5],
  [0x1c7, 0x1c8],
  [0x1c8, 0x1c8],
  [0x1c9, 0x1c8],
  [0x1ca, 0x1cb],
  [0x1cb, 0x1cb],
  [0x1cc, 0x1cb],
  [0x1f1, 0x1f2],
  [0x1f2, 0x1f2],
  [0x1f3, 0x1f2],
])

const PUNCTUATION = /^\p{P}$/u

/** Go's unicode.IsPunct (P); symbols such as `$` and `+` are none. */
export function isPunctuation(code: number): boolean {
  return test(PUNCTUATION, code)
}
