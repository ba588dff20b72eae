// Go's time.ParseDuration and Duration.String. Kubernetes and ESO read every interval with them, so a text is valid here
// exactly when it is there, and prints in the form in which the API server stores it.

const UNIT_NS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, micro sign
  ['μs', 1_000n], // U+03BC, Greek mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

const NS_PER_MS = 1_000_000n
const SECOND_NS = 1_000_000_000n
const MINUTE_NS = 60n * SECOND_NS
const HOUR_NS = 60n * MINUTE_NS
/** Magnitude of the lowest int64; only a negative duration may reach it. */
const MAGNITUDE_MAX = 2n ** 63n
/** More digits than any number in range has: longer ones stay out of range when they are cut here. */
const DIGITS_MAX = 20

// Everything up to the next digit or dot is the unit, as Go scans it.
const ELEMENT = /([0-9]*)(\.?)([0-9]*)([^0-9.]*)/y

/** Nanoseconds of a Go duration such as `1h30m`, `-1.5s`, `0`; undefined when Go would refuse the text. */
export function parseDuration(text: string): bigint | undefined {
  const isNegative = text.startsWith('-')
  const sum = magnitudeNs(isNegative || text.startsWith('+') ? text.slice(1) : text)
  if (sum === undefined) return undefined
  if (isNegative) return -sum
  return sum < MAGNITUDE_MAX ? sum : undefined
}

/** Whole milliseconds; 0 for a text that Go would refuse: the API server refuses it, too. */
export function durationMs(text: string): number {
  return Number((parseDuration(text) ?? 0n) / NS_PER_MS)
}

function magnitudeNs(text: string): bigint | undefined {
  if (text === '0') return 0n
  if (text === '') return undefined
  let sum = 0n
  ELEMENT.lastIndex = 0
  while (ELEMENT.lastIndex < text.length) {
    const element = ELEMENT.exec(text)
    const ns = element === null ? undefined : elementNs(element)
    if (ns === undefined) return undefined
    // Go adds in 64 bits without a sign: twice the lowest int64 comes out as nothing.
    sum = BigInt.asUintN(64, sum + ns)
    if (sum > MAGNITUDE_MAX) return undefined
  }
  return sum
}

function elementNs(element: readonly string[]): bigint | undefined {
  const [, whole = '', , fraction = '', name = ''] = element
  const unit = UNIT_NS.get(name)
  if (unit === undefined || whole + fraction === '') return undefined
  const value = BigInt(whole.replace(/^0+/, '').slice(0, DIGITS_MAX) || '0')
  // Go refuses as soon as the product leaves 63 bits, before signs are looked at.
  if (value > MAGNITUDE_MAX / unit) return undefined
  const ns = value * unit + fractionNs(fraction, unit)
  return ns > MAGNITUDE_MAX ? undefined : ns
}

/**
 * Go reads fraction digits until the next would overflow 63 bits, drops the rest, and multiplies in float64:
 * `0.3333333333333333333h` is 20 minutes sharp.
 */
function fractionNs(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    if (value > (MAGNITUDE_MAX - 1n) / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > MAGNITUDE_MAX) break
    value = next
    scale *= 10
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** `1h0m0s`, `1.5ms`, `0s`: Go's Duration.String. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  const sign = ns < 0n ? '-' : ''
  const magnitude = ns < 0n ? -ns : ns
  if (magnitude < 1_000n) return `${sign}${magnitude}ns`
  if (magnitude < 1_000_000n) return `${sign}${decimal(magnitude, 1_000n)}µs`
  if (magnitude < SECOND_NS) return `${sign}${decimal(magnitude, 1_000_000n)}ms`
  const seconds = `${decimal(magnitude % MINUTE_NS, SECOND_NS)}s`
  if (magnitude < MINUTE_NS) return sign + seconds
  const minutes = `${(magnitude % HOUR_NS) / MINUTE_NS}m${seconds}`
  return magnitude < HOUR_NS ? sign + minutes : `${sign}${magnitude / HOUR_NS}h${minutes}`
}

function decimal(ns: bigint, unit: bigint): string {
  const rest = (ns % unit).toString().padStart(unit.toString().length - 1, '0')
  const fraction = rest.replace(/0+$/, '')
  return fraction === '' ? `${ns / unit}` : `${ns / unit}.${fraction}`
}
