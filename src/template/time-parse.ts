import {
  DAY_SECONDS,
  daysFromCivil,
  daysIn,
  fixedZone,
  fromLocal,
  type Instant,
  isLeap,
  LOCAL,
  MONTHS,
  UTC,
  WEEKDAYS,
  type Zone,
} from './instant.ts'
import { type LayoutElement, nextElement } from './time-layout.ts'

// Go's time.ParseInLocation with a local zone that shows UTC. Layout and value are byte strings.

/** What a value has told so far; undefined for what its layout did not ask. */
interface Fields {
  year: number
  month: number | undefined
  day: number | undefined
  yearDay: number | undefined
  hour: number
  minute: number
  second: number
  nanos: number
  half: 'AM' | 'PM' | undefined
  zone: Zone | undefined
  offsetSeconds: number | undefined
  zoneName: string
}

/** Stays within this file. It carries no text, for Go's own message quotes the value. */
class NoTime extends Error {}

/** Undefined where Go returns an error. */
export function parseInstant(layout: string, value: string): Instant | undefined {
  try {
    return build(readFields(layout, value))
  } catch (error) {
    if (error instanceof NoTime) return undefined
    throw error
  }
}

/** The part of a value that is unread, and what was read. */
interface Reader {
  rest: string
  readonly fields: Fields
}

/** Layout and value in step; text left over at the end is an error, as in Go. */
function readFields(layout: string, value: string): Fields {
  const fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
    half: undefined,
    zone: undefined,
    offsetSeconds: undefined,
    zoneName: '',
  }
  const reader: Reader = { rest: value, fields }
  for (let left = layout; ; ) {
    const { before, element, after } = nextElement(left)
    skipText(reader, before)
    if (element === undefined) break
    readElement(reader, element, after)
    left = after
  }
  if (reader.rest !== '') throw new NoTime()
  return fields
}

/** Literal text must be there as it is, but a blank stands for any number of them. */
function skipText(reader: Reader, text: string): void {
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ') {
      if (reader.rest !== '' && !reader.rest.startsWith(' ')) throw new NoTime()
      while (text[at] === ' ') at++
      reader.rest = reader.rest.replace(/^ +/, '')
      continue
    }
    if (reader.rest[0] !== text[at]) throw new NoTime()
    reader.rest = reader.rest.slice(1)
    at++
  }
}

/** Takes what the anchored pattern matches. Throws NoTime when it does not. */
function match(reader: Reader, pattern: RegExp): string {
  const found = pattern.exec(reader.rest)
  if (found === null) throw new NoTime()
  reader.rest = reader.rest.slice(found[0].length)
  return found[0]
}

/** One or two digits; exactly two when the layout has a leading zero. */
function number(reader: Reader, isFixed: boolean, max: number): number {
  const value = Number(match(reader, isFixed ? /^\d\d/ : /^\d\d?/))
  if (value > max) throw new NoTime()
  return value
}

/** Names in any letter case. `length` 3 for abbreviations. */
function name(reader: Reader, names: readonly string[], length?: number): number {
  const index = names.findIndex((candidate) => {
    const wanted = length === undefined ? candidate : candidate.slice(0, length)
    return reader.rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase()
  })
  if (index < 0) throw new NoTime()
  reader.rest = reader.rest.slice(length ?? names[index]?.length ?? 0)
  return index
}

type Read = (reader: Reader, after: string) => void

// `06` follows Go: 69 to 99 lie in the last century. Names of weekdays are read and not checked
// against the date.
const READERS: Readonly<Record<string, Read>> = {
  '2006': (reader) => {
    reader.fields.year = Number(match(reader, /^\d\d\d\d/))
  },
  '06': (reader) => {
    const year = Number(match(reader, /^\d\d/))
    reader.fields.year = year >= 69 ? 1900 + year : 2000 + year
  },
  Jan: (reader) => {
    reader.fields.month = name(reader, MONTHS, 3) + 1
  },
  January: (reader) => {
    reader.fields.month = name(reader, MONTHS) + 1
  },
  '1': (reader) => readMonth(reader, false),
  '01': (reader) => readMonth(reader, true),
  Mon: (reader) => {
    name(reader, WEEKDAYS, 3)
  },
  Monday: (reader) => {
    name(reader, WEEKDAYS)
  },
  '2': (reader) => readDay(reader, false),
  '02': (reader) => readDay(reader, true),
  _2: (reader) => {
    reader.rest = reader.rest.replace(/^ /, '')
    readDay(reader, false)
  },
  '002': (reader) => {
    reader.fields.yearDay = Number(match(reader, /^\d\d\d/))
  },
  __2: (reader) => {
    reader.rest = reader.rest.replace(/^ {1,2}/, '')
    reader.fields.yearDay = Number(match(reader, /^\d{1,3}/))
  },
  '15': (reader) => {
    reader.fields.hour = number(reader, false, 23)
  },
  '3': (reader) => {
    reader.fields.hour = number(reader, false, 12)
  },
  '03': (reader) => {
    reader.fields.hour = number(reader, true, 12)
  },
  '4': (reader) => {
    reader.fields.minute = number(reader, false, 59)
  },
  '04': (reader) => {
    reader.fields.minute = number(reader, true, 59)
  },
  '5': (reader, after) => readSecond(reader, false, after),
  '05': (reader, after) => readSecond(reader, true, after),
  PM: (reader) => {
    reader.fields.half = match(reader, /^[AP]M/) === 'PM' ? 'PM' : 'AM'
  },
  pm: (reader) => {
    reader.fields.half = match(reader, /^[ap]m/) === 'pm' ? 'PM' : 'AM'
  },
  MST: readZoneName,
}

function readElement(reader: Reader, element: LayoutElement, after: string): void {
  if (element.element === 'fraction') {
    readFraction(reader, element)
    return
  }
  const read = Object.hasOwn(READERS, element.text) ? READERS[element.text] : undefined
  if (read !== undefined) read(reader, after)
  else readOffset(reader, element.text)
}

/** 1 to 12. */
function readMonth(reader: Reader, isFixed: boolean): void {
  const month = number(reader, isFixed, 12)
  if (month === 0) throw new NoTime()
  reader.fields.month = month
}

/** The range is checked when month and year are known. */
function readDay(reader: Reader, isFixed: boolean): void {
  reader.fields.day = number(reader, isFixed, 99)
}

/** A fraction may follow even when the layout has none. */
function readSecond(reader: Reader, isFixed: boolean, after: string): void {
  reader.fields.second = number(reader, isFixed, 59)
  if (!/^[.,]\d/.test(reader.rest)) return
  if (nextElement(after).element?.element === 'fraction') return
  reader.fields.nanos = nanosOf(match(reader, /^[.,]\d+/))
}

/** Digits beyond nanoseconds are dropped. */
function nanosOf(fraction: string): number {
  return Number(fraction.slice(1, 10).padEnd(9, '0'))
}

/** `.000` wants exactly its digits; `.999` takes any number of them, none included. */
function readFraction(
  reader: Reader,
  { count, isTrimmed }: Extract<LayoutElement, { element: 'fraction' }>,
): void {
  if (!isTrimmed) {
    const fraction = reader.rest.slice(0, count + 1)
    if (fraction.length <= count || !/^[.,]\d+$/.test(fraction)) throw new NoTime()
    reader.fields.nanos = nanosOf(fraction)
    reader.rest = reader.rest.slice(count + 1)
  } else if (/^[.,]\d/.test(reader.rest)) {
    reader.fields.nanos = nanosOf(match(reader, /^[.,]\d+/))
  }
}

/** `Z07:00`, `-0700` and their relatives; `Z` is UTC where the layout has a Z and no seconds. */
function readOffset(reader: Reader, form: string): void {
  const isZulu = form === 'Z0700' || form === 'Z07' || form === 'Z07:00'
  if (isZulu && reader.rest.startsWith('Z')) {
    reader.rest = reader.rest.slice(1)
    reader.fields.zone = UTC
    return
  }
  const separator = form.includes(':') ? ':' : ''
  const length = form.replaceAll(/[^0-9]/g, '').length
  const groups = Array.from({ length: length / 2 }, () => '(\\d\\d)').join(separator)
  const found = new RegExp(`^([+-])${groups}`).exec(reader.rest)
  if (found === null) throw new NoTime()
  reader.rest = reader.rest.slice(found[0].length)
  const [hours = 0, minutes = 0, seconds = 0] = found.slice(2).map(Number)
  if (hours > 24 || minutes > 60 || seconds > 60) throw new NoTime()
  const offset = (hours * 60 + minutes) * 60 + seconds
  reader.fields.offsetSeconds = found[1] === '-' ? -offset : offset
}

/** Only UTC is known; other abbreviations are kept as names (see `placed`). */
function readZoneName(reader: Reader): void {
  if (reader.rest.startsWith('UTC')) {
    reader.rest = reader.rest.slice(3)
    reader.fields.zone = UTC
    return
  }
  const length = zoneNameLength(reader.rest)
  if (length === 0) throw new NoTime()
  reader.fields.zoneName = reader.rest.slice(0, length)
  reader.rest = reader.rest.slice(length)
}

/** How much of a text is an abbreviation of a time zone; 0 for none. */
function zoneNameLength(text: string): number {
  if (text.startsWith('ChST') || text.startsWith('MeST')) return 4
  if (text.startsWith('GMT')) return 3 + signedOffsetLength(text.slice(3))
  if (/^[+-]/.test(text)) return text.length < 3 ? 0 : signedOffsetLength(text)
  const capitals = /^[A-Z]{0,6}/.exec(text)?.[0] ?? ''
  const isName = /^(?:[A-Z]{3}|[A-Z]{3,4}T|WITA)$/.test(capitals)
  return isName ? capitals.length : 0
}

/** Hours up to 23, signed: `+03` is a name of a zone without letters. */
function signedOffsetLength(text: string): number {
  const found = /^[+-]\d+/.exec(text)?.[0] ?? ''
  return found !== '' && Number(found.slice(1)) <= 23 ? found.length : 0
}

/** Puts the fields together; a day that its month does not have is refused. */
function build(fields: Fields): Instant {
  const { month, day } = dateOf(fields)
  if (day < 1 || day > daysIn(fields.year, month)) throw new NoTime()
  const clock = hourOf(fields) * 3600 + fields.minute * 60 + fields.second
  const local = daysFromCivil(fields.year, month, day) * DAY_SECONDS + clock
  return placed(fields, local)
}

/** The moment at which the parsed zone shows `local`. */
function placed({ nanos, zone, zoneName, offsetSeconds }: Fields, local: number): Instant {
  if (zone !== undefined) return fromLocal(local, nanos, zone)
  if (offsetSeconds !== undefined) {
    const isLocal = offsetSeconds === 0 && ['', 'UTC'].includes(zoneName)
    const found = isLocal ? LOCAL : fixedZone(zoneName, offsetSeconds)
    return { seconds: local - offsetSeconds, nanos, zone: found }
  }
  if (zoneName === '') return { seconds: local, nanos, zone: LOCAL }
  // An abbreviation alone tells no offset: Go invents a zone of that name at UTC (`GMT+3` shows three hours).
  const invented = Number(/^GMT([+-]\d+)$/.exec(zoneName)?.[1] ?? 0)
  return { seconds: local, nanos, zone: fixedZone(zoneName, invented * 3600) }
}

/** 12 AM is midnight, 12 PM is noon. */
function hourOf({ hour, half }: Fields): number {
  if (half === 'PM' && hour < 12) return hour + 12
  return half === 'AM' && hour === 12 ? 0 : hour
}

/** Month 1 to 12, day 1 to 31. */
interface DayOfYear {
  readonly month: number
  readonly day: number
}

/** A day of the year must agree with month and day, where those are given as well. */
function dateOf({ year, month, day, yearDay }: Fields): DayOfYear {
  if (yearDay === undefined) return { month: month ?? 1, day: day ?? 1 }
  if (yearDay < 1 || yearDay > (isLeap(year) ? 366 : 365)) throw new NoTime()
  let left = yearDay
  let at = 1
  while (left > daysIn(year, at)) left -= daysIn(year, at++)
  if ((month ?? at) !== at || (day ?? left) !== left) throw new NoTime()
  return { month: at, day: left }
}
