import { fail } from '../failure.ts'
import { formatValue } from '../format.ts'
import { type Functions, fixed, variadic } from '../function.ts'
import { ITEMS_MAX } from '../limits.ts'
import { parseIntText } from '../number-text.ts'
import { type GoSlice, type GoValue, integer } from '../value.ts'
import { add, type Decimal, divide, fromFloat, multiply, subtract, toFloat } from './decimal.ts'
import { toFloat64, toInt64 } from './numbers.ts'

// Sprig's arithmetic: int64 with wrap-around, or decimal for the functions that end in f.

// Go's int64 wraps around; `integer` does so here.
const int64 = (value: bigint): GoValue => integer(value, 'int64')

/** From left to right in decimal; a division by zero ends the rendering. */
function fold(
  first: GoValue,
  others: readonly GoValue[],
  operate: (a: Decimal, b: Decimal) => Decimal | undefined,
): number {
  let result = decimalOf(first)
  for (const other of others) {
    result = operate(result, decimalOf(other)) ?? fail('decimal division by 0')
  }
  return toFloat(result)
}

/** Upstream: decimal.NewFromFloat panics on NaN and infinities, here a FunctionError. */
function decimalOf(value: GoValue): Decimal {
  const float = toFloat64(value)
  return Number.isFinite(float) ? fromFloat(float) : fail('no decimal of an infinite number')
}

/** Go panics on integer division by zero. */
function divisor(value: GoValue): bigint {
  return toInt64(value) || fail('integer divide by zero')
}

/** The best of all by one comparison. */
function pickInt(values: readonly GoValue[], isBetter: (a: bigint, b: bigint) => boolean): GoValue {
  const [first = 0n, ...rest] = values.map(toInt64)
  return int64(rest.reduce((best, value) => (isBetter(value, best) ? value : best), first))
}

/** Go's Max and Min: NaN wins, and the zeros have an order. */
function pickFloat(values: readonly GoValue[], pick: (a: number, b: number) => number): number {
  const [first = 0, ...rest] = values.map(toFloat64)
  return rest.reduce(pick, first)
}

/**
 * Upstream: Sprig's own rounding, in which negative numbers always go down: their fraction is never
 * as large as `roundOn`.
 */
function round(value: number, places: number, roundOn: number): number {
  const power = powerOfTen(places)
  const digit = power * value
  const fraction = Number.isFinite(digit) ? digit - Math.trunc(digit) : Number.NaN
  const whole = fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)
  return whole / power
}

/** math.Pow is exact for powers of ten that a float64 holds; V8's is not. */
function powerOfTen(places: number): number {
  return Number(`1e${Math.max(Math.min(places, 400), -400)}`)
}

/**
 * A []int from `start` to just before `stop`; a step in the wrong direction gives an empty list.
 */
export function untilStep(start: bigint, stop: bigint, step: bigint): GoSlice {
  const items: GoValue[] = []
  const isDown = stop < start
  const isEndless = isDown ? step >= 0n : step <= 0n
  if (!isEndless) {
    if ((stop - start) / step >= BigInt(ITEMS_MAX)) fail(`a list of more than ${ITEMS_MAX} items`)
    for (let i = start; isDown ? i > stop : i < stop; i += step) items.push(integer(i))
  }
  return { go: 'slice', type: '[]int', items, isNil: false }
}

/** `seq` of the shell: one, two or three numbers; the text is separated by blanks. */
function sequence(parameters: readonly bigint[]): string {
  const [a, b, c] = parameters
  if (a === undefined || parameters.length > 3) return ''
  if (b === undefined) return spread({ start: 1n, end: a, step: a < 1n ? -1n : 1n })
  if (c === undefined) return spread({ start: a, end: b, step: b < a ? -1n : 1n })
  return c < a && b > 0n ? '' : spread({ start: a, end: c, step: b })
}

/** Both ends belong to it. */
interface Spread {
  readonly start: bigint
  readonly end: bigint
  readonly step: bigint
}

/** The end belongs to the sequence. */
function spread({ start, end, step }: Spread): string {
  return untilStep(start, end + (end < start ? -1n : 1n), step)
    .items.map(formatValue)
    .join(' ')
}

// cast.ToInt64 and friends: text with a leading zero is octal, except for `atoi`.
const conversions: Functions = {
  // Upstream: an overflow saturates, all else that is no number is 0.
  atoi: fixed(['string'], (text) => integer(atoi(text))),
  int: fixed(['any'], (value) => integer(toInt64(value))),
  int64: fixed(['any'], (value) => int64(toInt64(value))),
  float64: fixed(['any'], toFloat64),
  toDecimal: fixed(['any'], (value) => int64(octal(formatValue(value)))),
}

/** strconv.Atoi with its error dropped, which keeps the nearest value on overflow. */
function atoi(text: string): bigint {
  const isInteger = /^[+-]?\d+$/.test(text)
  const value = parseIntText(text, 10)
  if (value !== undefined || !isInteger) return value ?? 0n
  return text.startsWith('-') ? -(1n << 63n) : (1n << 63n) - 1n
}

/** `strconv.ParseInt(text, 8, 64)` with errors as 0. */
function octal(text: string): bigint {
  const match = /^([+-]?)([0-7]+)$/.exec(text)
  if (match === null) return 0n
  const digits = (match[2] ?? '').replace(/^0+(?=.)/, '')
  if (digits.length > 22) return 0n
  const value = BigInt(`0o${digits}`) * (match[1] === '-' ? -1n : 1n)
  return BigInt.asIntN(64, value) === value ? value : 0n
}

// Division truncates towards zero and the remainder has the dividend's sign, as in Go.
const integers: Functions = {
  add: variadic([], 'any', (values) =>
    int64(values.reduce((sum: bigint, v) => sum + toInt64(v), 0n)),
  ),
  add1: fixed(['any'], (value) => int64(toInt64(value) + 1n)),
  sub: fixed(['any', 'any'], (a, b) => int64(toInt64(a) - toInt64(b))),
  mul: variadic(['any'], 'any', (values, first) =>
    int64(
      values.reduce(
        (product: bigint, v) => BigInt.asIntN(64, product * toInt64(v)),
        toInt64(first),
      ),
    ),
  ),
  div: fixed(['any', 'any'], (a, b) => int64(toInt64(a) / divisor(b))),
  mod: fixed(['any', 'any'], (a, b) => int64(toInt64(a) % divisor(b))),
  max: variadic(['any'], 'any', (values, first) => pickInt([first, ...values], (a, b) => a > b)),
  biggest: variadic(['any'], 'any', (values, first) =>
    pickInt([first, ...values], (a, b) => a > b),
  ),
  min: variadic(['any'], 'any', (values, first) => pickInt([first, ...values], (a, b) => a < b)),
}

// `ceil`, `floor` and `round` work on float64, the others in decimal.
const floats: Functions = {
  add1f: fixed(['any'], (value) => fold(value, [1], add)),
  addf: variadic([], 'any', (values) => fold(0, values, add)),
  subf: variadic(['any'], 'any', (values, first) => fold(first, values, subtract)),
  mulf: variadic(['any'], 'any', (values, first) => fold(first, values, multiply)),
  divf: variadic(['any'], 'any', (values, first) => fold(first, values, divide)),
  maxf: variadic(['any'], 'any', (values, first) =>
    pickFloat([first, ...values], (a, b) => Math.max(a, b)),
  ),
  minf: variadic(['any'], 'any', (values, first) =>
    pickFloat([first, ...values], (a, b) => Math.min(a, b)),
  ),
  ceil: fixed(['any'], (value) => Math.ceil(toFloat64(value))),
  floor: fixed(['any'], (value) => Math.floor(toFloat64(value))),
  round: variadic(['any', 'int'], 'float64', ([roundOn = 0.5], value, places) =>
    round(toFloat64(value), Number(places.value), roundOn),
  ),
}

const sequences: Functions = {
  until: fixed(['int'], ({ value }) => untilStep(0n, value, value < 0n ? -1n : 1n)),
  untilStep: fixed(['int', 'int', 'int'], (start, stop, step) =>
    untilStep(start.value, stop.value, step.value),
  ),
  seq: variadic([], 'int', (parameters) => sequence(parameters.map(({ value }) => value))),
}

/** Sprig's arithmetic. Anything that is no number counts as 0, without an error. */
export const mathFunctions: Functions = { ...conversions, ...integers, ...floats, ...sequences }
