import { formatDuration } from '../model/duration.ts'
import { fromText } from './bytes.ts'
import { civilOf, LOCAL, MONTHS, UTC, WEEKDAYS, type Zone } from './instant.ts'
import { formatInstant } from './time-format.ts'
import type { GoInt, GoTime, GoValue } from './value.ts'
import { versionText } from './version.ts'

/** What the String method of a value's type gives; undefined when the type has none. */
export function stringOf(value: GoValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  switch (value.go) {
    case 'time':
      return timeText(value)
    case 'location':
      return value.zone.name
    case 'version':
      return versionText(value.version)
    case 'integer':
      return integerString(value)
    default:
      return undefined
  }
}

/** time.Time.String without the monotonic reading, which no template's time has. */
export function timeText({ instant }: GoTime): string {
  return formatInstant(instant, '2006-01-02 15:04:05.999999999 -0700 MST')
}

/** Out-of-range months and weekdays print as Go's `%!Month(13)`. */
function integerString({ type, value }: GoInt): string | undefined {
  // The text has a micro sign, hence the conversion to bytes.
  if (type === 'time.Duration') return fromText(formatDuration(value))
  if (type === 'time.Month') return MONTHS[Number(value) - 1] ?? `%!Month(${value})`
  if (type === 'time.Weekday') return WEEKDAYS[Number(value)] ?? `%!Weekday(${value})`
  return undefined
}

/** What `%#v` asks a type for; undefined when the type has no such method. */
export function goStringOf(value: GoValue): string | undefined {
  if (typeof value !== 'object' || value === null || value.go !== 'time') return undefined
  const { year, month, day, hour, minute, second } = civilOf(value.instant)
  const parts = [year, `time.${MONTHS[month - 1]}`, day, hour, minute, second, value.instant.nanos]
  return `time.Date(${parts.join(', ')}, ${locationText(value.instant.zone)})`
}

/** Names of zones need no escapes: only letters, digits and signs are read as one. */
function locationText(zone: Zone): string {
  if (zone === UTC || zone === LOCAL) return `time.${zone.name}`
  return `time.Location("${zone.name}")`
}
