// Go's text forms of a float64 (strconv.FormatFloat), exact for every precision: V8's toFixed and toPrecision round ties
// differently and end at 100 digits.

/** strconv's formats in lower case; upper-case verbs are made by the caller. */
export type FloatVerb = 'e' | 'f' | 'g' | 'b' | 'x'

/** Decimal digits `d1 d2 d3…` of 0.d1d2d3… × 10^point. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/** `precision` -1: as few digits as tell the value apart from its neighbours. */
export function formatFloat(value: number, verb: FloatVerb, precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return sign + formatAbsolute(Math.abs(value), verb, precision)
}

function formatAbsolute(value: number, verb: FloatVerb, precision: number): string {
  switch (verb) {
    case 'b':
      return binary(value)
    case 'x':
      return hexadecimal(value, precision)
    case 'e':
      return exponential(rounded(value, precision < 0 ? -1 : precision + 1), precision)
    case 'f':
      return fixed(precision < 0 ? shortest(value) : roundedAt(value, precision), precision)
    case 'g':
      return general(value, precision)
  }
}

/** The exponent decides between %e and %f, as C's %g does; with shortest digits the limits are 1e-4 and 1e6 or their count. */
function general(value: number, precision: number): string {
  const isShortest = precision < 0
  const wanted = precision === 0 ? 1 : precision
  const decimal = rounded(value, wanted)
  const count = decimal.digits.length
  const isWhole = wanted > count && count >= decimal.point
  const limit = isShortest ? 6 : isWhole ? count : wanted
  const exponent = decimal.point - 1
  if (exponent < -4 || exponent >= limit) {
    return exponential(decimal, isShortest ? -1 : Math.max(Math.min(count, wanted) - 1, 0))
  }
  return fixed(decimal, decimal.digits === '0' ? 0 : Math.max(count - decimal.point, 0))
}

/** At least two exponent digits, as Go and C write them: `1e+06`. */
function exponential({ digits, point }: Decimal, precision: number): string {
  const tail =
    precision < 0 ? digits.slice(1) : digits.slice(1, precision + 1).padEnd(precision, '0')
  const exponent = digits === '0' || /^0+$/.test(digits) ? 0 : point - 1
  const shown = String(Math.abs(exponent)).padStart(2, '0')
  return `${digits[0]}${tail === '' ? '' : `.${tail}`}e${exponent < 0 ? '-' : '+'}${shown}`
}

/** Digits around the point; a negative precision shows all that there are. */
function fixed({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const shift = '0'.repeat(Math.max(-point, 0))
  const tail = shift + digits.slice(Math.max(point, 0))
  const shown = precision < 0 ? tail : tail.slice(0, precision).padEnd(precision, '0')
  return shown === '' ? whole : `${whole}.${shown}`
}

/** `count` significant digits, half to even; all needed ones when negative. Trailing zeros are dropped. */
function rounded(value: number, count: number): Decimal {
  if (count < 0) return shortest(value)
  if (value === 0) return { digits: '0', point: 1 }
  const exact = exactDecimal(value)
  return trim(roundTo(exact, count))
}

/** Rounds at a decimal place, which may lie left of the first digit: then nothing remains. */
function roundedAt(value: number, decimals: number): Decimal {
  if (value === 0) return { digits: '', point: 0 }
  const exact = exactDecimal(value)
  return roundTo(exact, exact.point + decimals)
}

/**
 * Half to even on the exact expansion, as strconv does: 2.5 gives 2, and 0.125 at two places gives
 * 0.12.
 */
function roundTo({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point }
  if (count < 0) return { digits: '', point }
  const kept = digits.slice(0, count)
  const rest = digits.slice(count)
  const last = Number(kept.at(-1) ?? '0')
  const isTie = /^50*$/.test(rest)
  const isUp = isTie ? last % 2 === 1 : rest > '5'
  if (!isUp) return { digits: kept, point }
  const raised = (BigInt(`0${kept}`) + 1n).toString()
  const isLonger = raised.length > count
  const padded = raised.padStart(count, '0')
  return { digits: padded, point: isLonger ? point + 1 : point }
}

function trim({ digits, point }: Decimal): Decimal {
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? { digits: '0', point: 1 } : { digits: kept, point }
}

/** V8 and Go agree here: both give the shortest digits that read back as the same float64. */
function shortest(value: number): Decimal {
  if (value === 0) return { digits: '0', point: 1 }
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** A float64 as an exact product. */
interface Bits {
  readonly mantissa: bigint
  readonly exponent: number
}

/** value = mantissa × 2^exponent. */
function bitsOf(value: number): Bits {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const raw = view.getBigUint64(0)
  const biased = Number((raw >> 52n) & 0x7ffn)
  const fraction = raw & 0xfffffffffffffn
  if (biased === 0) return { mantissa: fraction, exponent: -1074 }
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}

/** All digits of a float64, at most 767 of them: 2^-n is 5^n behind the point. */
function exactDecimal(value: number): Decimal {
  const { mantissa, exponent } = bitsOf(value)
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString()
    return { digits, point: digits.length }
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString()
  return { digits, point: digits.length + exponent }
}

/** `%b`: decimal mantissa and binary exponent. */
function binary(value: number): string {
  const { mantissa, exponent } = bitsOf(value)
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
}

/** `%x`: a leading 1 (Go normalises subnormals as well) and at least two exponent digits. */
function hexadecimal(value: number, precision: number): string {
  if (value === 0) return `0x0${precision > 0 ? `.${'0'.repeat(precision)}` : ''}p+00`
  const { mantissa, exponent } = roundHex(normalized(bitsOf(value)), precision)
  const digits = (mantissa & (HEX_ONE - 1n)).toString(16).padStart(HEX_DIGITS, '0')
  const tail =
    precision < 0 ? digits.replace(/0+$/, '') : digits.slice(0, precision).padEnd(precision, '0')
  const shown = String(Math.abs(exponent)).padStart(2, '0')
  return `0x1${tail === '' ? '' : `.${tail}`}p${exponent < 0 ? '-' : '+'}${shown}`
}

/** Hexadecimal digits behind the point that a mantissa is kept with, and what stands for 1. */
const HEX_DIGITS = 15
const HEX_ONE = 1n << 60n

/** value = mantissa / HEX_ONE × 2^exponent, with a mantissa from 1 up to 2. */
function normalized({ mantissa, exponent }: Bits): Bits {
  const shift = 61 - mantissa.toString(2).length
  return { mantissa: mantissa << BigInt(shift), exponent: exponent - shift + 60 }
}

/** Half to even in binary; a carry into the next power moves the exponent. */
function roundHex({ mantissa, exponent }: Bits, precision: number): Bits {
  if (precision < 0 || precision >= HEX_DIGITS) return { mantissa, exponent }
  const shift = BigInt(4 * (HEX_DIGITS - precision))
  const half = 1n << (shift - 1n)
  const rest = mantissa & ((1n << shift) - 1n)
  const kept = mantissa >> shift
  const isUp = rest > half || (rest === half && (kept & 1n) === 1n)
  const rounded = (isUp ? kept + 1n : kept) << shift
  return rounded >= 2n * HEX_ONE
    ? { mantissa: rounded >> 1n, exponent: exponent + 1 }
    : { mantissa: rounded, exponent }
}
