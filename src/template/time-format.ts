import { type Civil, civilOf, type Instant, MONTHS, WEEKDAYS } from './instant.ts'
import { type LayoutElement, nextElement } from './time-layout.ts'

/** Go's time.Format. Layout and result are byte strings. */
export function formatInstant(instant: Instant, layout: string): string {
  const shown: Shown = {
    civil: civilOf(instant),
    nanos: instant.nanos,
    ...instant.zone.at(instant.seconds),
  }
  let text = ''
  let rest = layout
  for (;;) {
    const { before, element, after } = nextElement(rest)
    text += before
    if (element === undefined) return text
    text += formatElement(shown, element)
    rest = after
  }
}

/** A moment resolved in its zone once, for all elements of a layout. */
interface Shown {
  readonly civil: Civil
  readonly nanos: number
  readonly abbreviation: string
  readonly offsetSeconds: number
}

/** Go's appendInt: the sign does not count towards the width. */
function digits(value: number, width: number, fill = '0'): string {
  const sign = value < 0 ? '-' : ''
  return sign + String(Math.abs(value)).padStart(width, fill)
}

/** Elements that calendar and clock decide. `2006` is not cut: the year 12345 has five digits. */
const NUMBERS: Readonly<Record<string, (civil: Civil) => string>> = {
  '1': ({ month }) => digits(month, 0),
  '01': ({ month }) => digits(month, 2),
  '2': ({ day }) => digits(day, 0),
  _2: ({ day }) => digits(day, 2, ' '),
  '02': ({ day }) => digits(day, 2),
  __2: ({ yearDay }) => digits(yearDay, 3, ' '),
  '002': ({ yearDay }) => digits(yearDay, 3),
  '15': ({ hour }) => digits(hour, 2),
  '3': ({ hour }) => digits(hour % 12 || 12, 0),
  '03': ({ hour }) => digits(hour % 12 || 12, 2),
  '4': ({ minute }) => digits(minute, 0),
  '04': ({ minute }) => digits(minute, 2),
  '5': ({ second }) => digits(second, 0),
  '05': ({ second }) => digits(second, 2),
  '2006': ({ year }) => digits(year, 4),
  '06': ({ year }) => digits(((year % 100) + 100) % 100, 2),
  Jan: ({ month }) => (MONTHS[month - 1] ?? '').slice(0, 3),
  January: ({ month }) => MONTHS[month - 1] ?? '',
  Mon: ({ weekday }) => (WEEKDAYS[weekday] ?? '').slice(0, 3),
  Monday: ({ weekday }) => WEEKDAYS[weekday] ?? '',
  PM: ({ hour }) => (hour >= 12 ? 'PM' : 'AM'),
  pm: ({ hour }) => (hour >= 12 ? 'pm' : 'am'),
}

/** A zone without abbreviation shows its offset in place of `MST`. */
function formatElement(shown: Shown, element: LayoutElement): string {
  if (element.element === 'fraction') return formatFraction(shown.nanos, element)
  const { text } = element
  const number = Object.hasOwn(NUMBERS, text) ? NUMBERS[text] : undefined
  if (number !== undefined) return number(shown.civil)
  if (text === 'MST') return shown.abbreviation || formatOffset(shown.offsetSeconds, '-0700')
  return text.startsWith('Z') && shown.offsetSeconds === 0
    ? 'Z'
    : formatOffset(shown.offsetSeconds, text.replace('Z', '-'))
}

/** `-07`, `-0700`, `-07:00`, `-070000`, `-07:00:00`. */
function formatOffset(offsetSeconds: number, form: string): string {
  const sign = offsetSeconds < 0 ? '-' : '+'
  const total = Math.abs(offsetSeconds)
  const hours = digits(Math.floor(total / 3600), 2)
  const minutes = digits(Math.floor(total / 60) % 60, 2)
  const separator = form.includes(':') ? ':' : ''
  const seconds = form.length > 6 ? separator + digits(total % 60, 2) : ''
  return form === '-07' ? sign + hours : sign + hours + separator + minutes + seconds
}

/** `.000` shows all digits; `.999` drops zeros at the end, and the separator with them. */
function formatFraction(
  nanos: number,
  { separator, count, isTrimmed }: Extract<LayoutElement, { element: 'fraction' }>,
): string {
  const all = digits(nanos, 9).slice(0, count).padEnd(count, '0')
  if (!isTrimmed) return separator + all
  const kept = all.replace(/0+$/, '')
  return kept === '' ? '' : separator + kept
}
