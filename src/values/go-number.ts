// Numbers as Go reads and prints them (strconv, fmt, encoding/json). JavaScript's shortest digits are the same as
// Go's; only the layouts differ.

// Without the underscores, which are looked at first.
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?[0-9]+)$/i
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i

/** Go's strconv.ParseFloat(text, 64); undefined where Go reports a syntax error. Out of range gives an infinity. */
export function parseGoFloat(text: string): number | undefined {
  const plain = text.includes('_') ? withoutUnderscores(text) : text
  if (plain === undefined) return undefined
  if (DECIMAL.test(plain)) return Number(plain)
  const special = SPECIAL.exec(plain)
  if (special !== null) return specialFloat(special[1] ?? '', (special[2] ?? '').toLowerCase())
  return parseHexFloat(plain)
}

/** strconv takes a sign before Inf, but not before NaN. */
function specialFloat(sign: string, name: string): number | undefined {
  if (name === 'nan') return sign === '' ? Number.NaN : undefined
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** Go lets `_` stand between two digits, and between a base prefix and a digit. */
function withoutUnderscores(text: string): string | undefined {
  const stray = /^[+-]?0x/i.test(text) ? /(?<![0-9a-fx])_|_(?![0-9a-f])/i : /(?<![0-9])_|_(?![0-9])/
  return stray.test(text) ? undefined : text.replaceAll('_', '')
}

/** `0x1.8p1`: the exponent is required, as in Go. */
function parseHexFloat(text: string): number | undefined {
  const parts = HEXADECIMAL.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  const digits = whole + fraction
  if (digits === '') return undefined
  const magnitude = scaleByTwo(BigInt(`0x${digits}`), Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -magnitude : magnitude
}

/** `mantissa × 2^power`, rounded once to the nearest even double. */
function scaleByTwo(mantissa: bigint, power: number): number {
  if (mantissa === 0n) return 0
  const bits = mantissa.toString(2).length
  const top = bits + power
  if (top > 1024) return Number.POSITIVE_INFINITY
  if (top < -1075) return 0
  // The unit in the last place of the result, as a power of two; subnormals share the smallest one.
  const unit = Math.max(top - 53, -1074)
  const drop = unit - power
  const kept = drop <= 0 ? mantissa << BigInt(-drop) : roundedShift(mantissa, BigInt(drop))
  return Number(kept) * 2 ** Math.max(unit, -1022) * 2 ** Math.min(unit + 1022, 0)
}

/** value / 2^drop, half to even. */
function roundedShift(value: bigint, drop: bigint): bigint {
  const kept = value >> drop
  const rest = value - (kept << drop)
  const half = 1n << (drop - 1n)
  const roundsUp = rest > half || (rest === half && (kept & 1n) === 1n)
  return roundsUp ? kept + 1n : kept
}

/** Shortest decimal digits and the place of the point: `0.digits × 10^point`. */
interface Decimal {
  readonly digits: string
  readonly point: number
}

/** V8's toExponential gives the shortest digits that read back the same. */
function decimalOf(magnitude: number): Decimal {
  const [mantissa = '0', exponent = '0'] = magnitude.toExponential().split('e')
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 }
}

/** The same for a float32: the fewest digits that read back as the same float32. */
function decimalOf32(magnitude: number): Decimal {
  for (let count = 1; count < 9; count++) {
    const candidate = magnitude.toExponential(count - 1)
    if (Math.fround(Number(candidate)) === magnitude) return decimalOf(Number(candidate))
  }
  return decimalOf(Number(magnitude.toExponential(8)))
}

/** Go prints a float32 with fewer digits than the float64 of the same value. */
export type FloatBits = 32 | 64

/** `magnitude` must be a float32's value when `bits` is 32. */
function decimalIn(magnitude: number, bits: FloatBits): Decimal {
  return bits === 32 ? decimalOf32(magnitude) : decimalOf(magnitude)
}

/** Digits with a point, all zeros written out. */
function fixed({ digits, point }: Decimal): string {
  if (point <= 0) return digits === '0' ? '0' : `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length)
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** `d.ddde±xx`, with at least so many digits in the exponent. */
function scientific({ digits, point }: Decimal, exponentDigits: number): string {
  const exponent = point - 1
  const sign = exponent < 0 ? '-' : '+'
  const power = String(Math.abs(exponent)).padStart(exponentDigits, '0')
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${digits.slice(0, 1)}${fraction}e${sign}${power}`
}

/** Infinities always carry a sign, NaN none, and -0 is `-0`. */
function signed(value: number, print: (magnitude: number) => string): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const isNegative = value < 0 || Object.is(value, -0)
  return (isNegative ? '-' : '') + print(Math.abs(value))
}

/** strconv.FormatFloat(value, 'f', -1, bits): never an exponent. */
export function formatFixed(value: number, bits: FloatBits = 64): string {
  return signed(value, (magnitude) => fixed(decimalIn(magnitude, bits)))
}

/** fmt's `%v` of a float: an exponent below 1e-4 and from 1e+06 on, whatever the number of digits. */
export function formatV(value: number, bits: FloatBits = 64): string {
  return signed(value, (magnitude) => {
    const decimal = decimalIn(magnitude, bits)
    const exponent = decimal.point - 1
    return exponent < -4 || exponent >= 6 ? scientific(decimal, 2) : fixed(decimal)
  })
}

/** encoding/json's float: an exponent below 1e-6 and from 1e21 on, without Go's padding zero. NaN has no form. */
export function formatJsonFloat(value: number, bits: FloatBits = 64): string | undefined {
  if (!Number.isFinite(value)) return undefined
  return signed(value, (magnitude) => {
    const small = bits === 32 ? Math.fround(1e-6) : 1e-6
    const large = bits === 32 ? Math.fround(1e21) : 1e21
    const isPlain = magnitude === 0 || (magnitude >= small && magnitude < large)
    const decimal = decimalIn(magnitude, bits)
    // encoding/json turns e-09 into e-9, and leaves e+21 alone.
    return isPlain ? fixed(decimal) : scientific(decimal, decimal.point <= 0 ? 1 : 2)
  })
}
