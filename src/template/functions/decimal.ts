// shopspring/decimal as far as Sprig uses it: addf, subf, mulf and divf compute in decimal, on the shortest text of each float.

/** An exact decimal number; not normalised, 1.0 and 1 are two forms of one value. */
export interface Decimal {
  readonly coefficient: bigint
  /** value = coefficient × 10^exponent. */
  readonly exponent: number
}

/** Digits that a division keeps behind the point. */
const DIVISION_DIGITS = 16

/** By the float's shortest text, so 0.1 is exactly one tenth. `value` must be finite. */
export function fromFloat(value: number): Decimal {
  if (value === 0) return { coefficient: 0n, exponent: 0 }
  const [mantissa = '0', power = '0'] = value.toExponential().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { coefficient: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}

/** The nearest float64. */
export function toFloat({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`)
}

/** Exact. The cost grows with the distance of the exponents: some 600 digits for two floats. */
export function add(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent)
  return { coefficient: scaled(a, exponent) + scaled(b, exponent), exponent }
}

/** Exact, as `add`. */
export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { ...b, coefficient: -b.coefficient })
}

/** Exact: digits add up from factor to factor. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent }
}

/** Rounds half away from zero at sixteen digits; undefined for a division by zero. */
export function divide(a: Decimal, b: Decimal): Decimal | undefined {
  if (b.coefficient === 0n) return undefined
  const shift = a.exponent - b.exponent + DIVISION_DIGITS
  const numerator = a.coefficient * 10n ** BigInt(Math.max(shift, 0))
  const denominator = b.coefficient * 10n ** BigInt(Math.max(-shift, 0))
  const quotient = numerator / denominator
  const rest = magnitude(numerator % denominator) * 2n
  const isUp = rest >= magnitude(denominator)
  const away = numerator < 0n === denominator < 0n ? 1n : -1n
  return { coefficient: isUp ? quotient + away : quotient, exponent: -DIVISION_DIGITS }
}

/** The coefficient at a smaller exponent. */
function scaled({ coefficient, exponent }: Decimal, to: number): bigint {
  return coefficient * 10n ** BigInt(exponent - to)
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}
