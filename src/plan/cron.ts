import { parseDuration } from '../model/duration.ts'

// Cron expressions as robfig/cron reads them for ESO's syncWindows: five fields (minute, hour, day of month, month, day of
// week), names, ranges, steps, lists, `@daily` and `@every 1h`; in UTC.

/** A schedule as robfig/cron reads it, in UTC: five fields, or an interval of `@every`. */
export type CronSchedule =
  | { readonly every: 'calendar'; readonly fields: readonly Field[] }
  | { readonly every: 'interval'; readonly intervalMs: number }

interface Field {
  readonly values: ReadonlySet<number>
  /** `*` or `?`: with both day fields given, either one suffices; with a star in one, both must hold. */
  readonly isStar: boolean
}

/** A field's range and the names that stand for its numbers. */
interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  {
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const EVERY = '@every '

/** Undefined when the text is no schedule. */
export function parseCron(text: string): CronSchedule | undefined {
  if (text.startsWith(EVERY)) {
    const ns = parseDuration(text.slice(EVERY.length))
    // Below a second robfig's schedule is every second.
    return ns === undefined
      ? undefined
      : { every: 'interval', intervalMs: Math.max(1000, Number(ns / 1_000_000_000n) * 1000) }
  }
  const expression = text.startsWith('@') ? DESCRIPTORS[text] : text
  const words = (expression ?? '').trim().split(/\s+/)
  if (words.length !== BOUNDS.length) return undefined
  const fields = BOUNDS.map((bounds, at) => parseField(words[at] ?? '', bounds))
  return fields.every((field) => field !== undefined) ? { every: 'calendar', fields } : undefined
}

/** Undefined when one item is broken: robfig/cron refuses the whole schedule. */
function parseField(text: string, bounds: Bounds): Field | undefined {
  const values = new Set<number>()
  let isStar = false
  for (const item of text.split(',')) {
    const range = parseRange(item, bounds)
    if (range === undefined) return undefined
    isStar ||= range.isStar
    for (let value = range.from; value <= range.to; value += range.step) values.add(value)
  }
  return { values, isStar }
}

/** One item of a field. */
interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly isStar: boolean
}

function parseRange(text: string, bounds: Bounds): Range | undefined {
  const [span = '', stepText, ...rest] = text.split('/')
  const step = stepText === undefined ? 1 : digits(stepText)
  if (step === undefined || step === 0 || rest.length > 0) return undefined
  // Upstream: with a step it is no star, it restricts the day.
  if (span === '*' || span === '?') {
    return { from: bounds.min, to: bounds.max, step, isStar: step === 1 }
  }
  const ends = parseSpan(span, bounds, stepText !== undefined)
  return ends && { ...ends, step, isStar: false }
}

/** `5`, `5-9`, `mon-fri`; `5/10` runs to the end of the field. */
function parseSpan(
  span: string,
  bounds: Bounds,
  isStepped: boolean,
): { readonly from: number; readonly to: number } | undefined {
  const ends = span.split('-').map((end) => numberOf(end, bounds))
  const [from, last] = ends
  if (from === undefined || ends.length > 2 || ends.includes(undefined)) return undefined
  const to = last ?? (isStepped ? bounds.max : from)
  return from < bounds.min || to > bounds.max || from > to ? undefined : { from, to }
}

/** Names in any letter case, and numbers. */
function numberOf(text: string, { min, names }: Bounds): number | undefined {
  const named = names.indexOf(text.toLowerCase())
  return named >= 0 ? named + min : digits(text)
}

function digits(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined
}

const MINUTE_MS = 60_000
// Bounds the walk back through the minutes: a window of more than a year counts as one of a year.
const DAYS_BACK_MAX = 370

/**
 * Whether the schedule fired within the last `durationMs`, both ends included. A constant interval has no phase: it is
 * taken to have fired within every span that is at least as long (robfig counts it from the moment of asking).
 */
export function firedWithin(schedule: CronSchedule, nowMs: number, durationMs: number): boolean {
  if (durationMs < 0) return false
  if (schedule.every === 'interval') return schedule.intervalMs <= durationMs
  const earliest = Math.max(nowMs - durationMs, nowMs - DAYS_BACK_MAX * 1440 * MINUTE_MS)
  let at = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  for (; at >= earliest; at -= MINUTE_MS) if (fires(schedule.fields, at)) return true
  return false
}

/** In UTC. With both day fields restricted either one suffices, as in every cron. */
function fires(fields: readonly Field[], atMs: number): boolean {
  const time = new Date(atMs)
  const parts = [
    time.getUTCMinutes(),
    time.getUTCHours(),
    time.getUTCDate(),
    time.getUTCMonth() + 1,
    time.getUTCDay(),
  ]
  const [minute, hour, day, month, weekday] = fields.map((field, at) =>
    field.values.has(parts[at] ?? -1),
  )
  const eitherDay = fields[2]?.isStar || fields[4]?.isStar ? day && weekday : day || weekday
  return minute === true && hour === true && month === true && eitherDay === true
}
