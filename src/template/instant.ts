// A moment as Go's time.Time knows it: seconds and nanoseconds since 1970 in UTC, and the zone it is shown in. "Local" is UTC:
// a rendering must not depend on where it runs.

/** A time zone as a function of the moment, so that its rules can come from Intl or be fixed. */
export interface Zone {
  /** Go's name of the location; the abbreviation, or nothing, for a zone of one offset. */
  readonly name: string
  /** Abbreviation (empty when the zone has none) and offset from UTC at a moment. */
  readonly at: (seconds: number) => ZoneOffset
}

/** What a zone shows at one moment. East of Greenwich is positive. */
export interface ZoneOffset {
  readonly abbreviation: string
  readonly offsetSeconds: number
}

/** `seconds` may be negative; `nanos` always counts forward, 0 to 999,999,999. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
  readonly zone: Zone
}

const UTC_OFFSET: ZoneOffset = { abbreviation: 'UTC', offsetSeconds: 0 }

/** What a time says that names UTC (`Z`), and Go's zero time. */
export const UTC: Zone = { name: 'UTC', at: () => UTC_OFFSET }

/** Shows what UTC shows, but is another location: `==` and `%#v` tell the two apart. */
export const LOCAL: Zone = { name: 'Local', at: () => UTC_OFFSET }

/** Go keeps one location for each whole hour without a name, so that two of them are identical. */
const wholeHours = new Map<number, Zone>()

/** A zone of one offset. */
export function fixedZone(abbreviation: string, offsetSeconds: number): Zone {
  const hours = offsetSeconds / 3600
  const isShared = abbreviation === '' && Number.isInteger(hours) && hours >= -12 && hours <= 14
  const shared = isShared ? wholeHours.get(hours) : undefined
  if (shared !== undefined) return shared
  const offset: ZoneOffset = { abbreviation, offsetSeconds }
  const zone: Zone = { name: abbreviation, at: () => offset }
  if (isShared) wholeHours.set(hours, zone)
  return zone
}

/** Calendar and clock reading of a moment in its zone. */
export interface Civil {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Sunday is 0. */
  readonly weekday: number
  /** 1 to 366. */
  readonly yearDay: number
}

/** Seconds of a day; leap seconds do not exist in Go's time either. */
export const DAY_SECONDS = 86_400

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar; month and day may lie outside their ranges. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const carry = Math.floor((month - 1) / 12)
  const y = year + carry
  const m = month - 12 * carry
  // Years begin in March here, so that the leap day is the last of a year.
  const shifted = m <= 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5)
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468 + (day - 1)
}

/** What calendar and clock show at a moment, in the moment's own zone. */
export function civilOf(instant: Instant): Civil {
  const local = instant.seconds + instant.zone.at(instant.seconds).offsetSeconds
  const days = Math.floor(local / DAY_SECONDS)
  const rest = local - days * DAY_SECONDS
  const { year, month, day } = dateOf(days)
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromCivil(year, 1, 1) + 1,
  }
}

/** Inverse of `daysFromCivil`: eras of 400 years, counted from the first of March of year 0. */
function dateOf(days: number): Pick<Civil, 'year' | 'month' | 'day'> {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** English names for layouts; never those of the locale. */
export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** English names for layouts, Sunday first as in Go. */
export const WEEKDAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]

/** The same moment in another zone. */
export function inZone(instant: Instant, zone: Zone): Instant {
  return { ...instant, zone }
}

/** A moment so many nanoseconds later (or earlier); the zone stays. */
export function addNanos(instant: Instant, nanos: bigint): Instant {
  const total = BigInt(instant.nanos) + nanos
  const rest = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  const seconds = instant.seconds + Number((total - rest) / 1_000_000_000n)
  return { seconds, nanos: Number(rest), zone: instant.zone }
}

/** Nanoseconds between two moments, saturating at 64 bits as time.Sub does. */
export function nanosBetween(later: Instant, earlier: Instant): bigint {
  const seconds = BigInt(later.seconds) - BigInt(earlier.seconds)
  const nanos = seconds * 1_000_000_000n + BigInt(later.nanos - earlier.nanos)
  const max = (1n << 63n) - 1n
  return nanos > max ? max : nanos < -max - 1n ? -max - 1n : nanos
}

/** Negative, zero or positive; the zone does not count. */
export function compareInstants(a: Instant, b: Instant): number {
  return Math.sign(a.seconds - b.seconds) || Math.sign(a.nanos - b.nanos)
}

/** Go's `==`: the location counts as well, by its address. */
export function identicalInstants(a: Instant, b: Instant): boolean {
  return compareInstants(a, b) === 0 && a.zone === b.zone
}

/** reflect.DeepEqual: the location counts by what it holds. */
export function equalInstants(a: Instant, b: Instant): boolean {
  return compareInstants(a, b) === 0 && equalZones(a.zone, b.zone, a.seconds)
}

/** Two locations of the same name that show the same. */
export function equalZones(a: Zone, b: Zone, at = 0): boolean {
  return a.name === b.name && a.at(at).offsetSeconds === b.at(at).offsetSeconds
}

/** Calendar arithmetic; overflowing days roll over into the next month. */
export function addDate(instant: Instant, years: number, months: number, days: number): Instant {
  const civil = civilOf(instant)
  const day = daysFromCivil(civil.year + years, civil.month + months, civil.day + days)
  const clock = civil.hour * 3600 + civil.minute * 60 + civil.second
  return fromLocal(day * DAY_SECONDS + clock, instant.nanos, instant.zone)
}

/** The moment at which a clock in `zone` shows `local` seconds. */
export function fromLocal(local: number, nanos: number, zone: Zone): Instant {
  const guess = local - zone.at(local).offsetSeconds
  const seconds = local - zone.at(guess).offsetSeconds
  return { seconds, nanos, zone }
}

/** Where Go's zero time lies: the first of January of year 1. */
export const ZERO_SECONDS = -62_135_596_800

/** A time whose zone is UTC. */
export function utcInstant(seconds: number, nanos = 0): Instant {
  return { seconds, nanos, zone: UTC }
}

/** Leap years of the proleptic Gregorian calendar. */
export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days of a month, 1 to 12. */
export function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
