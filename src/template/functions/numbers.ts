import { parseFloatText, parseIntText } from '../number-text.ts'
import type { GoValue } from '../value.ts'

// spf13/cast, by which Sprig turns anything into a number: what is none counts as 0, without an error.

// What amd64 gives for a conversion that does not fit; other machines would differ.
const INT64_MIN = -(1n << 63n)

/** Go's float → integer conversion on amd64: what does not fit becomes the lowest int64. */
export function truncateFloat(value: number): bigint {
  if (!Number.isFinite(value)) return INT64_MIN
  const whole = BigInt(Math.trunc(value))
  return BigInt.asIntN(64, whole) === whole ? whole : INT64_MIN
}

/**
 * cast.ToInt64: floats truncate, booleans are 0 and 1, text is read with base prefixes, all else is
 * 0.
 */
export function toInt64(value: GoValue): bigint {
  if (typeof value === 'number') return truncateFloat(value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string') return parseIntText(wholePart(value), 0) ?? 0n
  if (typeof value !== 'object' || value?.go !== 'integer') return 0n
  return BigInt.asIntN(64, value.value)
}

/** `1.9` → `1`, as long as nothing but digits stands around the point. Prefixes and underscores stay: `010` is octal. */
function wholePart(text: string): string {
  const match = /^([+-]?\d*)\.\d*$/.exec(text)
  if (match === null) return text
  const whole = match[1] ?? ''
  return /\d/.test(whole) ? whole : `${whole}0`
}

/** cast.ToFloat64; text that is no number is 0. */
export function toFloat64(value: GoValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return textToFloat(value)
  return typeof value === 'object' && value?.go === 'integer' ? Number(value.value) : 0
}

/** A number beyond the range is an error, hence 0; the word `Inf` is none. */
function textToFloat(text: string): number {
  const value = parseFloatText(text) ?? 0
  const isOverflow = !Number.isFinite(value) && /\d/.test(text)
  return isOverflow ? 0 : value
}
