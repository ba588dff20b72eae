import { formatDuration, parseDuration } from '../../model/duration.ts'
import { fromText, toText } from '../bytes.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import {
  addNanos,
  type Instant,
  inZone,
  LOCAL,
  nanosBetween,
  UTC,
  utcInstant,
  ZERO_SECONDS,
} from '../instant.ts'
import { parseIntText } from '../number-text.ts'
import { formatInstant } from '../time-format.ts'
import { parseInstant } from '../time-parse.ts'
import { loadZone } from '../time-zone.ts'
import type { GoTime, GoValue } from '../value.ts'

// Sprig's dates. "Local" shows UTC; what is neither time nor number of seconds counts as now.

// Nanoseconds, as everything of type time.Duration.
const SECOND = 1_000_000_000n

/** Functions of dates, with the clock in milliseconds since 1970. */
export function dateFunctions(now: () => number): Functions {
  // Fractions of a millisecond are kept, down to nanoseconds.
  const current = (): Instant => {
    const ms = now()
    const seconds = Math.floor(ms / 1000)
    return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6), zone: LOCAL }
  }
  const show = (layout: string, value: GoValue, zone: string): string => {
    return formatInstant(inZone(instantOf(value) ?? current(), loadZone(zone) ?? UTC), layout)
  }
  const inNamedZone = fixed(['string', 'any', 'string'], show)
  return {
    now: fixed([], () => timeOf(current())),
    ago: fixed(['any'], (value) => {
      const since = nanosBetween(current(), instantOf(value) ?? current())
      return fromText(formatDuration(roundToSecond(since)))
    }),
    date: fixed(['string', 'any'], (layout, value) => show(layout, value, 'Local')),
    dateInZone: inNamedZone,
    date_in_zone: inNamedZone,
    htmlDate: fixed(['any'], (value) => show('2006-01-02', value, 'Local')),
    htmlDateInZone: fixed(['any', 'string'], (value, zone) => show('2006-01-02', value, zone)),
    durationRound: fixed(['any'], (value) => roundDuration(nanosOf(value, current))),
    ...timelessFunctions,
  }
}

/** A template's value of a moment. */
function timeOf(instant: Instant): GoTime {
  return { go: 'time', instant }
}

/**
 * Undefined for what Sprig takes as now: strings, floats, and integers other than int and int64.
 */
function instantOf(value: GoValue): Instant | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value.go === 'time') return value.instant
  const isSeconds = value.go === 'integer' && (value.type === 'int' || value.type === 'int64')
  return isSeconds ? utcInstant(Number(value.value)) : undefined
}

/** Half a second away from zero. */
function roundToSecond(nanos: bigint): bigint {
  const half = nanos < 0n ? -SECOND / 2n : SECOND / 2n
  return ((nanos + half) / SECOND) * SECOND
}

/**
 * Sprig reads text as a Go duration, int64 as nanoseconds, a time as how long it is ago; all else
 * is 0.
 */
function nanosOf(value: GoValue, current: () => Instant): bigint {
  if (typeof value === 'string') return parseDuration(toText(value)) ?? 0n
  if (typeof value !== 'object' || value === null) return 0n
  if (value.go === 'time') return nanosBetween(current(), value.instant)
  return value.go === 'integer' && value.type === 'int64' ? value.value : 0n
}

const HOUR = 3600n * SECOND

// Years of 365 and months of 30 days, as Sprig counts them.
const UNITS: readonly (readonly [string, bigint])[] = [
  ['y', 365n * 24n * HOUR],
  ['mo', 30n * 24n * HOUR],
  ['d', 24n * HOUR],
  ['h', HOUR],
  ['m', 60n * SECOND],
  ['s', SECOND],
]

/** The largest unit of which there is more than one. */
function roundDuration(nanos: bigint): string {
  const magnitude = nanos < 0n ? -nanos : nanos
  const unit = UNITS.find(([, size]) => magnitude > size)
  return unit === undefined ? '0s' : `${magnitude / unit[1]}${unit[0]}`
}

/** Undefined when the change is no Go duration (`-1.5h`). */
function modify(change: string, { instant }: GoTime): GoTime | undefined {
  const nanos = parseDuration(toText(change))
  return nanos === undefined ? undefined : timeOf(addNanos(instant, nanos))
}

const mayModify = fixed(['string', 'time'], (change, time) => modify(change, time) ?? time)
const mustModify = fixed(['string', 'time'], (change, time) => {
  return modify(change, time) ?? fail('the text is not a duration')
})

/** Seconds as text or int64, like `duration "95"`; anything else is none. */
function durationText(value: GoValue): string {
  return fromText(formatDuration(BigInt.asIntN(64, secondsOf(value) * SECOND)))
}

/** Trap: an int counts as 0, only text and int64 are seconds. */
function secondsOf(value: GoValue): bigint {
  if (typeof value === 'string') return saturated(value)
  if (typeof value !== 'object' || value?.go !== 'integer') return 0n
  return value.type === 'int64' ? value.value : 0n
}

/** strconv.ParseInt gives the nearest value with its range error, and Sprig drops the error. */
function saturated(text: string): bigint {
  const value = parseIntText(text, 10)
  if (value !== undefined || !/^[+-]?\d+$/.test(text)) return value ?? 0n
  return text.startsWith('-') ? -(1n << 63n) : (1n << 63n) - 1n
}

/** Functions that need no clock. `toDate` gives Go's zero time for text that does not fit. */
const timelessFunctions: Functions = {
  toDate: fixed(['string', 'string'], (layout, text) =>
    timeOf(parseInstant(layout, text) ?? utcInstant(ZERO_SECONDS)),
  ),
  mustToDate: fixed(['string', 'string'], (layout, text) =>
    timeOf(parseInstant(layout, text) ?? fail('the text does not fit the time layout')),
  ),
  dateModify: mayModify,
  date_modify: mayModify,
  mustDateModify: mustModify,
  must_date_modify: mustModify,
  duration: fixed(['any'], durationText),
  unixEpoch: fixed(['time'], ({ instant }) => String(instant.seconds)),
}
