import { LOCAL, UTC, type Zone, type ZoneOffset } from './instant.ts'
import { zoneName } from './zone-names.ts'

// Time zones by name, with V8's own tz database; Go's abbreviations, which V8 does not know for every zone, come from a table.

/** More than there are names in the database: others are what templates made up. */
const ZONES_MAX = 1_000

/** Opened zones, misses included: an Intl formatter costs far more than its use. */
const zones = new Map<string, Zone | undefined>()

/** Undefined for a name that Go would not load. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return UTC
  if (name === 'Local') return LOCAL
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined
  if (zones.has(name)) return zones.get(name)
  // A controller runs templates for months.
  if (zones.size >= ZONES_MAX) zones.clear()
  const zone = openZone(name)
  zones.set(name, zone)
  return zone
}

/** Standard times are whole quarters of an hour; a zone that begins with another offset begins with local mean time. */
const QUARTER_SECONDS = 900

/** Undefined for a name that V8 does not know. */
function openZone(name: string): Zone | undefined {
  const formats = openFormats(name)
  if (formats === undefined) return undefined
  const first = readOffset(partOf(formats.offset, new Date(-SECONDS_MAX * 1000)))
  const meanTime = first % QUARTER_SECONDS === 0 ? undefined : first
  return {
    name,
    at: (seconds) => {
      const found = offsetAt(formats, name, seconds)
      return found.offsetSeconds === meanTime ? { ...found, abbreviation: 'LMT' } : found
    },
  }
}

/** One formatter for offsets, one per region for abbreviations. */
interface Formats {
  readonly offset: Intl.DateTimeFormat
  readonly short: readonly Intl.DateTimeFormat[]
}

/** Each locale knows the abbreviations of its own region. */
const LOCALES: readonly string[] = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-ZA', 'en-NZ']

/** Undefined for a name that has no file in Go's database. */
function openFormats(name: string): Formats | undefined {
  try {
    const offset = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
    const resolved = offset.resolvedOptions().timeZone
    // V8 takes any letter case, Go reads a file of exactly that name.
    if (resolved.toLowerCase() === name.toLowerCase() && resolved !== name) return undefined
    const short = LOCALES.map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }),
    )
    return { offset, short }
  } catch {
    return undefined
  }
}

/** The moments that V8's dates can hold. */
const SECONDS_MAX = 8_640_000_000_000

/** Moments beyond what V8's dates can hold take the offset of the last one that they can. */
function offsetAt(formats: Formats, name: string, seconds: number): ZoneOffset {
  const at = new Date(Math.max(Math.min(seconds, SECONDS_MAX), -SECONDS_MAX) * 1000)
  const offsetSeconds = readOffset(partOf(formats.offset, at))
  return { abbreviation: abbreviationOf(formats, { name, at, offsetSeconds }), offsetSeconds }
}

/** The zone's part of a formatted date; empty when the locale has none. */
function partOf(format: Intl.DateTimeFormat, at: Date): string {
  return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** `GMT+05:30`, `GMT-04:56:02`, `GMT`. */
function readOffset(text: string): number {
  const match = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (match === null) return 0
  const [, sign, hours, minutes, seconds = '0'] = match
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -total : total
}

/** What decides an abbreviation. */
interface Moment {
  readonly name: string
  readonly at: Date
  readonly offsetSeconds: number
}

/** Our table first, then the first locale that has letters; a bare GMT counts at offset 0 only. */
function abbreviationOf({ short }: Formats, { name, at, offsetSeconds }: Moment): string {
  const known = zoneName(name, offsetSeconds, at.getTime() / 1000)
  if (known !== undefined) return known
  for (const format of short) {
    const text = partOf(format, at)
    if (/^[A-Z]{3,5}$/.test(text) && (text !== 'GMT' || offsetSeconds === 0)) return text
  }
  return numeric(offsetSeconds)
}

/** Zones without letters of their own are called by their offset: `+03`, `+0545`. */
function numeric(offsetSeconds: number): string {
  const minutes = Math.floor(Math.abs(offsetSeconds) / 60)
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  const rest = minutes % 60 === 0 ? '' : String(minutes % 60).padStart(2, '0')
  return (offsetSeconds < 0 ? '-' : '+') + hours + rest
}
