import { STEPS_MAX } from './limits.ts'
import type { GoValue } from './value.ts'

/** Functions that take their time whatever they are given. The weights allow two new keys, or ten password hashes. */
const FIXED: ReadonlyMap<string, number> = new Map([
  ...['genPrivateKey', 'genCA', 'genSelfSignedCert', 'genSignedCert'].map(
    (name): [string, number] => [name, Math.floor(STEPS_MAX / 3)],
  ),
  ...['bcrypt', 'htpasswd', 'derivePassword', 'pkcs12key', 'pkcs12cert'].map(
    (name): [string, number] => [name, Math.floor(STEPS_MAX / 20)],
  ),
])

/** Bytes that one step pays for; the pattern engine is slow. */
const BYTES_PER_STEP = 256
const PATTERN_BYTES_PER_STEP = 8

/** What a call costs before it is made, beyond the step that every call costs: so long loops over long texts end in time. */
export function costOf(name: string, values: readonly GoValue[]): number {
  let bytes = 0
  for (const value of values) bytes += sizeOf(value)
  const rate = /regex/i.test(name) ? PATTERN_BYTES_PER_STEP : BYTES_PER_STEP
  return (FIXED.get(name) ?? 0) + Math.floor(bytes / rate)
}

/** What the answer costs; one that is longer than any text may be is refused by the caller. */
export function costOfResult(result: GoValue): number {
  return Math.floor(sizeOf(result) / BYTES_PER_STEP)
}

/**
 * Bytes of texts, also one level deep in lists; maps count nothing, for `visited` of work.ts pays
 * for walks through them.
 */
function sizeOf(value: GoValue): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value?.go !== 'slice') return 0
  let bytes = value.items.length
  for (const item of value.items) if (typeof item === 'string') bytes += item.length
  return bytes
}
