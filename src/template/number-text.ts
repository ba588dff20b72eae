// strconv.ParseInt, ParseUint and ParseFloat. Undefined where Go returns a syntax error or the integer does not fit.

const BASE_DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^[01]+$/,
  8: /^[0-7]+$/,
  10: /^[0-9]+$/,
  16: /^[0-9a-fA-F]+$/,
}

const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' }

/** Base 0 takes the prefixes 0x, 0o, 0b, 0 and underscores. */
export function parseUintText(text: string, base: 0 | 10): bigint | undefined {
  const value = parseDigits(text, base)
  return value !== undefined && value < 1n << 64n ? value : undefined
}

/**
 * A signed 64-bit integer. Undefined when out of range: Go would return the nearest with an error.
 */
export function parseIntText(text: string, base: 0 | 10): bigint | undefined {
  const isNegative = text.startsWith('-')
  const value = parseDigits(isNegative || text.startsWith('+') ? text.slice(1) : text, base)
  if (value === undefined) return undefined
  const signed = isNegative ? -value : value
  return BigInt.asIntN(64, signed) === signed ? signed : undefined
}

/**
 * Base 0 follows Go's literals: `010` is 8, `0b1` is 1, `1_000` is 1000; base 10 knows none of
 * that.
 */
function parseDigits(text: string, base: 0 | 10): bigint | undefined {
  if (base === 10) return toBigInt(text, 10)
  if (text.includes('_') && !hasGoodUnderscores(text)) return undefined
  const plain = text.replaceAll('_', '')
  const prefix = plain.slice(0, 2).toLowerCase()
  if (prefix === '0x') return toBigInt(plain.slice(2), 16)
  if (prefix === '0o') return toBigInt(plain.slice(2), 8)
  if (prefix === '0b') return toBigInt(plain.slice(2), 2)
  return plain.length > 1 && plain.startsWith('0')
    ? toBigInt(plain.slice(1), 8)
    : toBigInt(plain, 10)
}

/** Digits of one base; undefined for an empty text or a foreign character. */
function toBigInt(digits: string, base: 2 | 8 | 10 | 16): bigint | undefined {
  const pattern = BASE_DIGITS[base]
  // 64 digits are more than any 64-bit value has, leading zeros apart.
  const trimmed = digits.replace(/^0+(?=.)/, '')
  if (pattern === undefined || !pattern.test(digits) || trimmed.length > 64) return undefined
  return BigInt(PREFIXES[base] + trimmed)
}

/** Underscores stand between digits, or between a prefix and a digit. */
export function hasGoodUnderscores(text: string): boolean {
  const body = text.replace(/^[+-]/, '')
  const hasPrefix = /^0[xXoObB]/.test(body)
  const isHex = /^0[xX]/.test(body)
  const rest = hasPrefix ? `0${body.slice(2)}` : body
  const digit = isHex ? /[0-9a-fA-F]/ : /[0-9]/
  for (let at = 0; at < rest.length; at++) {
    if (rest[at] !== '_') continue
    if (!digit.test(rest[at - 1] ?? '') || !digit.test(rest[at + 1] ?? '')) return false
  }
  return true
}

// ParseFloat's grammar. `1.` and `.5` are numbers there, but not in JSON.
const DECIMAL_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?\d+)$/
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i

/** Infinity for what is beyond the range (Go returns it with an error). */
export function parseFloatText(text: string): number | undefined {
  const special = SPECIAL.exec(text)
  if (special !== null) return specialFloat(special[1] ?? '', special[2] ?? '')
  if (text.includes('_')) {
    return hasGoodUnderscores(text) ? parseFloatText(text.replaceAll('_', '')) : undefined
  }
  if (DECIMAL_FLOAT.test(text)) return Number(text.replace(/^\+/, ''))
  const hex = HEX_FLOAT.exec(text)
  return hex === null ? undefined : hexFloat(hex)
}

/** `+nan` is a syntax error in Go, `+inf` is not. */
function specialFloat(sign: string, name: string): number | undefined {
  if (name.toLowerCase() === 'nan') return sign === '' ? Number.NaN : undefined
  return sign === '-' ? -Infinity : Infinity
}

/** Exponents beyond ±10,000 are refused instead of computed: no float64 needs them. */
function hexFloat([, sign, whole = '', fraction = '', exponent = '0']: RegExpExecArray):
  | number
  | undefined {
  if (whole + fraction === '' || Math.abs(Number(exponent)) > 10_000) return undefined
  const mantissa = BigInt(`0x0${whole}${fraction}`)
  const value = scale(mantissa, Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -value : value
}

/** mantissa × 2^exponent, rounded once. */
function scale(mantissa: bigint, exponent: number): number {
  if (mantissa === 0n) return 0
  if (exponent >= 0) return exponent > 2000 ? Infinity : Number(mantissa << BigInt(exponent))
  const bits = mantissa.toString(2).length
  const excess = bits - 64
  if (excess <= 0)
    return Number(mantissa) * 2 ** Math.max(exponent, -1074) * 2 ** Math.min(exponent + 1074, 0)
  const kept = (mantissa >> BigInt(excess)) | 1n
  return Number(kept) * 2 ** (exponent + excess)
}
