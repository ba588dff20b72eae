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

/** What a call costs beyond the step that every call costs: so long loops over long texts end in time. */
export function costOf(name: string, values: readonly GoValue[], result: GoValue): number {
  let bytes = typeof result === 'string' ? result.length : 0
  for (const value of values) if (typeof value === 'string') bytes += value.length
  const isPattern = /regex/i.test(name)
  const rate = isPattern ? PATTERN_BYTES_PER_STEP : BYTES_PER_STEP
  return (FIXED.get(name) ?? 0) + Math.floor(bytes / rate)
}
