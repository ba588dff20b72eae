import { STEPS_MAX } from './limits.ts'
import type { GoValue } from './value.ts'

/**
 * Functions that take their time whatever they are given. The weights allow two new keys, ten password hashes or five looks
 * into a PKCS#12 archive.
 */
const FIXED: ReadonlyMap<string, number> = new Map([
  ...['genPrivateKey', 'genCA', 'genSelfSignedCert', 'genSignedCert'].map(
    (name): [string, number] => [name, Math.floor(STEPS_MAX / 3)],
  ),
  ...['bcrypt', 'htpasswd', 'derivePassword'].map((name): [string, number] => [
    name,
    Math.floor(STEPS_MAX / 11),
  ]),
  ...['pkcs12key', 'pkcs12keyPass', 'pkcs12cert', 'pkcs12certPass'].map(
    (name): [string, number] => [name, Math.floor(STEPS_MAX / 6)],
  ),
  ['fromYaml', 20],
])

/** Bytes that one step pays for. */
const BYTES_PER_STEP = 64
/** What is slower than a look at each byte: pattern engines, parsers, padding of dates. */
const SLOW: readonly (readonly [names: RegExp, bytesPerStep: number])[] = [
  [/regex/i, 4],
  [/yaml/i, 4],
  [/json/i, 16],
  [/date|duration|shuffle/i, 16],
  [/case$/i, 8],
]

/** An item of a list or dict, beside its own text: walking is slower than copying. */
const ITEM_BYTES = 16

/** Functions that look at one item of a container, or at none, whatever its size. */
const CONSTANT: ReadonlySet<string> = new Set([
  ...['and', 'coalesce', 'default', 'dict', 'empty', 'eq', 'first', 'get', 'hasKey', 'index'],
  ...['kindIs', 'kindOf', 'last', 'len', 'list', 'ne', 'not', 'or', 'set', 'ternary'],
  ...['tuple', 'typeIs', 'typeIsLike', 'typeOf', 'unset'],
])

/** What a call costs before it is made, beyond the step that every call costs: so long loops over long texts end in time. */
export function costOf(name: string, values: readonly GoValue[]): number {
  const itemBytes = CONSTANT.has(name) ? 0 : ITEM_BYTES
  let bytes = 0
  for (const value of values) bytes += sizeOf(value, itemBytes)
  return (FIXED.get(name) ?? 0) + Math.floor(bytes / rateOf(name))
}

const RATES = new Map<string, number>()

function rateOf(name: string): number {
  const known = RATES.get(name)
  if (known !== undefined) return known
  const rate = SLOW.find(([names]) => names.test(name))?.[1] ?? BYTES_PER_STEP
  RATES.set(name, rate)
  return rate
}

/** Whether the call makes a key whose primes have to be searched for. */
export function makesSlowKey(name: string, [kind]: readonly GoValue[]): boolean {
  return name === 'genPrivateKey' && (kind === 'rsa' || kind === 'dsa')
}

/** What the answer costs; one that is longer than any text may be is refused by the caller. */
export function costOfResult(name: string, result: GoValue): number {
  return Math.floor(sizeOf(result, CONSTANT.has(name) ? 0 : ITEM_BYTES) / BYTES_PER_STEP)
}

/** Bytes of texts, also one level deep in lists; `visited` of work.ts pays for walks through what lies deeper. */
function sizeOf(value: GoValue, itemBytes: number): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  if (value.go === 'map') return value.entries.size * itemBytes
  if (value.go !== 'slice' || itemBytes === 0) return 0
  let bytes = value.items.length * itemBytes
  for (const item of value.items) if (typeof item === 'string') bytes += item.length
  return bytes
}
