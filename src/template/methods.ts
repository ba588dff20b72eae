import { fail } from './failure.ts'
import { type Functions, fixed, type TemplateFunction } from './function.ts'
import {
  addDate,
  addNanos,
  civilOf,
  compareInstants,
  type Instant,
  inZone,
  LOCAL,
  nanosBetween,
  UTC,
  ZERO_SECONDS,
} from './instant.ts'
import { goStringOf, stringOf } from './stringer.ts'
import { formatInstant } from './time-format.ts'
import { type GoInt, type GoTime, type GoValue, type GoVersion, integer } from './value.ts'
import {
  changed,
  compareVersions,
  incrementMajor,
  incrementMinor,
  incrementPatch,
  type Version,
} from './version.ts'

// Methods that a template can call on times, durations and versions.

/** The method bound to its receiver; undefined when the type has none of that name. */
export function methodOf(receiver: GoValue, name: string): TemplateFunction | undefined {
  if (typeof receiver !== 'object' || receiver === null) return undefined
  const methods = methodsOf(receiver)
  return methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined
}

/** Made per call: a template calls a handful of methods, and a receiver's table is small. */
function methodsOf(receiver: GoValue & object): Functions | undefined {
  switch (receiver.go) {
    case 'time':
      return timeMethods(receiver)
    case 'location':
      return { String: fixed([], () => receiver.zone.name) }
    case 'version':
      return versionMethods(receiver)
    case 'integer':
      return integerMethods(receiver)
    default:
      return undefined
  }
}

function timeValue(instant: Instant): GoTime {
  return { go: 'time', instant }
}

/** Nanoseconds of a second: durations are int64 nanoseconds, as in Go. */
const NANOS = 1_000_000_000n

/** Not limited to 64 bits here; `integer` wraps where Go's int64 would overflow. */
function unixNanos({ seconds, nanos }: Instant): bigint {
  return BigInt(seconds) * NANOS + BigInt(nanos)
}

function timeMethods(time: GoTime): Functions {
  return { ...clockMethods(time), ...arithmeticMethods(time) }
}

/** Readings of calendar and clock in the time's own zone. */
function clockMethods(time: GoTime): Functions {
  const { instant } = time
  const civil = civilOf(instant)
  return {
    Year: fixed([], () => integer(civil.year)),
    Month: fixed([], () => integer(civil.month, 'time.Month')),
    Day: fixed([], () => integer(civil.day)),
    Weekday: fixed([], () => integer(civil.weekday, 'time.Weekday')),
    YearDay: fixed([], () => integer(civil.yearDay)),
    Hour: fixed([], () => integer(civil.hour)),
    Minute: fixed([], () => integer(civil.minute)),
    Second: fixed([], () => integer(civil.second)),
    Nanosecond: fixed([], () => integer(instant.nanos)),
    Unix: fixed([], () => integer(instant.seconds, 'int64')),
    UnixMilli: fixed([], () => integer(floorDivide(unixNanos(instant), 1_000_000n), 'int64')),
    UnixMicro: fixed([], () => integer(floorDivide(unixNanos(instant), 1000n), 'int64')),
    UnixNano: fixed([], () => integer(unixNanos(instant), 'int64')),
    Format: fixed(['string'], (layout) => formatInstant(instant, layout)),
    String: fixed([], () => stringOf(time) ?? ''),
    GoString: fixed([], () => goStringOf(time) ?? ''),
    IsZero: fixed([], () => instant.seconds === ZERO_SECONDS && instant.nanos === 0),
  }
}

/** BigInt division truncates towards zero, but UnixMilli of a time before 1970 rounds down. */
function floorDivide(a: bigint, b: bigint): bigint {
  return (a - (((a % b) + b) % b)) / b
}

/** `Local` shows UTC, and no time is shown in a zone with summer time: a rendering must not depend on the machine's time zone. */
function arithmeticMethods({ instant }: GoTime): Functions {
  return {
    UTC: fixed([], () => timeValue(inZone(instant, UTC))),
    Local: fixed([], () => timeValue(inZone(instant, LOCAL))),
    Location: fixed([], () => ({
      go: 'location',
      type: '*time.Location',
      zone: instant.zone,
    })),
    In: fixed(['location'], ({ zone }) => timeValue(inZone(instant, zone))),
    IsDST: fixed([], () => false),
    Add: fixed(['duration'], ({ value }) => timeValue(addNanos(instant, value))),
    AddDate: fixed(['int', 'int', 'int'], (years, months, days) =>
      timeValue(addDate(instant, Number(years.value), Number(months.value), Number(days.value))),
    ),
    Sub: fixed(['time'], (other) => integer(nanosBetween(instant, other.instant), 'time.Duration')),
    Before: fixed(['time'], (other) => compareInstants(instant, other.instant) < 0),
    After: fixed(['time'], (other) => compareInstants(instant, other.instant) > 0),
    Equal: fixed(['time'], (other) => compareInstants(instant, other.instant) === 0),
    Compare: fixed(['time'], (other) => integer(compareInstants(instant, other.instant))),
    Truncate: fixed(['duration'], ({ value }) => timeValue(truncate(instant, value))),
    Round: fixed(['duration'], ({ value }) => timeValue(round(instant, value))),
  }
}

/** Down to a multiple of the duration since Go's zero time. */
function truncate(instant: Instant, step: bigint): Instant {
  return step <= 0n ? instant : addNanos(instant, -restOf(instant, step))
}

/** To the nearest multiple, up from the middle. */
function round(instant: Instant, step: bigint): Instant {
  if (step <= 0n) return instant
  const rest = restOf(instant, step)
  return addNanos(instant, rest + rest < step ? -rest : step - rest)
}

function restOf(instant: Instant, step: bigint): bigint {
  const sinceZero = unixNanos(instant) - BigInt(ZERO_SECONDS) * NANOS
  return ((sinceZero % step) + step) % step
}

/** Durations, months and weekdays; undefined for a plain integer, which has no methods. */
function integerMethods(value: GoInt): Functions | undefined {
  const text = stringOf(value)
  if (text === undefined) return undefined
  const named: Functions = { String: fixed([], () => text) }
  return value.type === 'time.Duration' ? { ...named, ...durationMethods(value.value) } : named
}

/** Go splits into whole and rest before it divides, which decides the last digit of a float. */
function durationMethods(nanos: bigint): Functions {
  const whole = (unit: bigint) => fixed([], () => integer(nanos / unit, 'int64'))
  const parts = (unit: bigint) =>
    fixed([], () => Number(nanos / unit) + Number(nanos % unit) / Number(unit))
  return {
    Hours: parts(3600n * NANOS),
    Minutes: parts(60n * NANOS),
    Seconds: parts(NANOS),
    Milliseconds: whole(1_000_000n),
    Microseconds: whole(1000n),
    Nanoseconds: whole(1n),
    Abs: fixed([], () => duration(nanos === DURATION_MIN ? DURATION_MAX : abs(nanos))),
    Truncate: fixed(['duration'], ({ value }) => {
      return duration(value <= 0n ? nanos : nanos - (nanos % value))
    }),
    Round: fixed(['duration'], ({ value }) => duration(roundDuration(nanos, value))),
  }
}

const DURATION_MAX = 2n ** 63n - 1n
const DURATION_MIN = -(2n ** 63n)

function duration(nanos: bigint): GoInt {
  return integer(nanos, 'time.Duration')
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** Away from zero from the middle on; what does not fit stays at the end of the range. */
function roundDuration(nanos: bigint, step: bigint): bigint {
  if (step <= 0n) return nanos
  const rest = abs(nanos) % step
  const size = rest + rest < step ? abs(nanos) - rest : abs(nanos) + step - rest
  if (nanos < 0n) return -size < DURATION_MIN ? DURATION_MIN : -size
  return size > DURATION_MAX ? DURATION_MAX : size
}

/** Upstream: Masterminds/semver. Changes give a new version, the receiver stays. */
function versionMethods(receiver: GoVersion): Functions {
  const { version, isPointer } = receiver
  const plain = (next: Version): GoVersion => ({ go: 'version', version: next, isPointer: false })
  const methods: Functions = {
    Major: fixed([], () => integer(version.major, 'uint64')),
    Minor: fixed([], () => integer(version.minor, 'uint64')),
    Patch: fixed([], () => integer(version.patch, 'uint64')),
    Prerelease: fixed([], () => version.prerelease),
    Metadata: fixed([], () => version.metadata),
    String: fixed([], () => stringOf(receiver) ?? ''),
    IncMajor: fixed([], () => plain(incrementMajor(version))),
    IncMinor: fixed([], () => plain(incrementMinor(version))),
    IncPatch: fixed([], () => plain(incrementPatch(version))),
    SetPrerelease: fixed(['string'], (prerelease) => plain(withLabel(version, { prerelease }))),
    SetMetadata: fixed(['string'], (metadata) => plain(withLabel(version, { metadata }))),
  }
  return isPointer ? { ...methods, ...comparisonMethods(version) } : methods
}

/** A prerelease or metadata as SemVer's grammar has it; FunctionError otherwise. */
function withLabel(version: Version, change: Partial<Version>): Version {
  const label = change.prerelease ?? change.metadata ?? ''
  const isGood = label === '' || /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/.test(label)
  return isGood ? changed(version, change) : fail('invalid characters in a version')
}

/** These need a pointer receiver, which what IncMajor returns is not. */
function comparisonMethods(version: Version): Functions {
  const compared = (decide: (order: number) => GoValue) =>
    fixed(['version'], (other) => decide(compareVersions(version, other.version)))
  return {
    Original: fixed([], () => version.original),
    Compare: compared((order) => integer(order)),
    LessThan: compared((order) => order < 0),
    LessThanEqual: compared((order) => order <= 0),
    GreaterThan: compared((order) => order > 0),
    GreaterThanEqual: compared((order) => order >= 0),
    Equal: compared((order) => order === 0),
  }
}
