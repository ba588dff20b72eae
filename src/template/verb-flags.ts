import { decodeRune, encodeRune } from './bytes.ts'
import { type FloatVerb, formatFloat } from './float.ts'
import { canBackquote, quote, quoteRune } from './quote.ts'
import { isPrint } from './unicode.ts'

// What Go's fmt does with one operand of a basic type under flags, width and precision.

/** What stands between `%` and its verb. Mutable: sprintf.ts fills it while it reads. */
export interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  /** `%+v` and `%#v` change the meaning of plus and sharp. */
  plusV: boolean
  sharpV: boolean
  width: number | undefined
  precision: number | undefined
}

/** Flags of a bare verb, a fresh object each time. */
export function noFlags(): Flags {
  return {
    plus: false,
    minus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  }
}

/**
 * Fills up to the width, counted in runes. `isZeroed` false keeps zeros away, as fmt does for most
 * verbs.
 */
export function pad(text: string, flags: Flags, isZeroed = flags.zero): string {
  if (flags.width === undefined || flags.width === 0) return text
  const missing = flags.width - runeCount(text)
  if (missing <= 0) return text
  const padding = (isZeroed && !flags.minus ? '0' : ' ').repeat(missing)
  return flags.minus ? text + padding : padding + text
}

/** Bad bytes count one each. */
function runeCount(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += decodeRune(text, at).width
  return count
}

/** The first `precision` runes; without a precision everything. */
export function truncate(text: string, flags: Flags): string {
  if (flags.precision === undefined) return text
  let at = 0
  for (let left = flags.precision; left > 0 && at < text.length; left--) {
    at += decodeRune(text, at).width
  }
  return text.slice(0, at)
}

/** `%s`. */
export function formatText(text: string, flags: Flags): string {
  return pad(truncate(text, flags), flags)
}

/** `%q`: cut first, then quoted; `#` uses backquotes where the text allows, `+` keeps to ASCII. */
export function formatQuoted(text: string, flags: Flags): string {
  const cut = truncate(text, flags)
  if (flags.sharp && canBackquote(cut)) return pad(`\`${cut}\``, flags)
  return pad(quote(cut, flags.plus), flags)
}

/** `%x` of a string, byte by byte; here the precision counts bytes, not runes. */
export function formatHexText(text: string, flags: Flags, isUpper: boolean): string {
  const length = Math.min(text.length, flags.precision ?? text.length)
  if (length === 0) return flags.width === undefined ? '' : pad('', flags)
  const pairs: string[] = []
  for (let i = 0; i < length; i++) pairs.push(text.charCodeAt(i).toString(16).padStart(2, '0'))
  const prefix = flags.sharp ? '0x' : ''
  const digits = flags.space
    ? pairs.map((pair) => prefix + pair).join(' ')
    : prefix + pairs.join('')
  return pad(isUpper ? digits.toUpperCase() : digits, flags)
}

/** The base, and the verb for the prefixes and letter case that depend on it. */
export interface IntegerForm {
  readonly base: 2 | 8 | 10 | 16
  readonly verb: string
}

/** Any integer verb. Zero under precision 0 prints nothing but its padding, as in C. */
export function formatInteger(value: bigint, { base, verb }: IntegerForm, flags: Flags): string {
  const isNegative = value < 0n
  const absolute = isNegative ? -value : value
  if (flags.precision === 0 && absolute === 0n) return pad('', flags, false)
  let digits = absolute.toString(base).padStart(minimalDigits(isNegative, flags), '0')
  if (flags.sharp) digits = prefixed(digits, base)
  if (verb === 'O') digits = `0o${digits}`
  if (verb === 'X') digits = digits.toUpperCase()
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  return pad(sign + digits, flags, false)
}

/** Zero padding is a precision of width less sign; an explicit precision switches it off. */
function minimalDigits(isNegative: boolean, flags: Flags): number {
  if (flags.precision !== undefined) return flags.precision
  if (!flags.zero || flags.minus || flags.width === undefined) return 0
  return flags.width - (isNegative || flags.plus || flags.space ? 1 : 0)
}

/** `#`: 0b, 0x, or a leading zero for octal. */
function prefixed(digits: string, base: number): string {
  if (base === 2) return `0b${digits}`
  if (base === 16) return `0x${digits}`
  return base === 8 && !digits.startsWith('0') ? `0${digits}` : digits
}

const RUNE_MAX = 0x10ffffn

/** `%c`. */
export function formatRune(value: bigint, flags: Flags): string {
  return pad(encodeRune(runeOf(value)), flags)
}

/** `%q` of an integer. */
export function formatQuotedRune(value: bigint, flags: Flags): string {
  return pad(quoteRune(runeOf(value), flags.plus), flags)
}

/** Numbers beyond Unicode, negative ones included, print as U+FFFD. */
function runeOf(value: bigint): number {
  const unsigned = BigInt.asUintN(64, value)
  return unsigned > RUNE_MAX ? 0xfffd : Number(unsigned)
}

/** `%U`: at least four digits, and with `#` the character behind them. */
export function formatUnicode(value: bigint, flags: Flags): string {
  const unsigned = BigInt.asUintN(64, value)
  const digits = Math.max(flags.precision ?? 4, 4)
  let text = `U+${unsigned.toString(16).toUpperCase().padStart(digits, '0')}`
  if (flags.sharp && unsigned <= RUNE_MAX && isPrint(Number(unsigned))) {
    text += ` '${encodeRune(Number(unsigned))}'`
  }
  return pad(text, flags, false)
}

/** The format of strconv and the precision when none is given; -1 is the shortest text. */
const FLOAT_VERBS: Readonly<Record<string, readonly [FloatVerb, number]>> = {
  v: ['g', -1],
  b: ['b', -1],
  g: ['g', -1],
  G: ['g', -1],
  x: ['x', -1],
  X: ['x', -1],
  e: ['e', 6],
  E: ['e', 6],
  f: ['f', 6],
  F: ['f', 6],
}

/** Undefined when the verb is none for floats. */
export function formatFloatVerb(value: number, verb: string, flags: Flags): string | undefined {
  const form = Object.hasOwn(FLOAT_VERBS, verb) ? FLOAT_VERBS[verb] : undefined
  if (form === undefined) return undefined
  const precision = flags.precision ?? form[1]
  const text = signed(formatFloat(value, form[0], precision), flags)
  if (!Number.isFinite(value)) return formatInfinite(text, flags)
  const pointed = flags.sharp && verb !== 'b' ? withPoint(text, verb, precision) : text
  const isUpper = verb === 'G' || verb === 'E' || verb === 'X'
  return padFloat(isUpper ? pointed.toUpperCase() : pointed, flags)
}

/** With a sign in any case, or the blank that may stand for a plus. */
function signed(text: string, flags: Flags): string {
  if (text.startsWith('-')) return text
  const bare = text.replace(/^\+/, '')
  return (flags.space && !flags.plus ? ' ' : '+') + bare
}

/** Zeros go between sign and digits; a plus that nobody asked for is dropped. */
function padFloat(text: string, flags: Flags): string {
  if (!flags.plus && text.startsWith('+')) return pad(text.slice(1), flags)
  const missing = (flags.width ?? 0) - text.length
  if (!flags.zero || flags.minus || missing <= 0) return pad(text, flags)
  return text.slice(0, 1) + '0'.repeat(missing) + text.slice(1)
}

/** Never padded with zeros; infinities always show their sign, NaN only when asked to. */
function formatInfinite(text: string, flags: Flags): string {
  return pad(text === '+NaN' && !flags.plus ? 'NaN' : text, flags, false)
}

/** `%#g` keeps trailing zeros, `%#e` and `%#f` the point. */
function withPoint(text: string, verb: string, precision: number): string {
  const isHex = verb === 'x' || verb === 'X'
  const cut = isHex ? text.search(/p/) : text.search(/[ep]/)
  const head = cut < 0 ? text : text.slice(0, cut)
  const tail = cut < 0 ? '' : text.slice(cut)
  const isPadded = 'vgGx'.includes(verb)
  let missing = isPadded ? (precision === -1 ? 6 : precision) : 0
  const digits = head.slice(1).replace('.', '').replace(/^0+/, '')
  missing -= digits.length
  const pointed = head.includes('.') ? head : `${head}.`
  if (head.slice(1) === '0') missing--
  return pointed + '0'.repeat(Math.max(missing, 0)) + tail
}
