import { parseDuration } from './duration.ts'

// The cron syntax of robfig/cron's standard parser: five fields or a descriptor, times in UTC. Only whether a schedule
// is valid is decided here; when it fires is the plan's business.

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words: readonly string[]
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const DAYS = 'sun mon tue wed thu fri sat'.split(' ')

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  // robfig knows no 7 for Sunday.
  { name: 'day of week', min: 0, max: 6, words: DAYS },
]

const DESCRIPTORS: ReadonlySet<string> = new Set(
  '@yearly @annually @monthly @weekly @daily @midnight @hourly'.split(' '),
)
const EVERY = '@every '

/** Why robfig/cron would refuse a schedule; undefined when it is valid. */
export function cronProblem(schedule: string): string | undefined {
  const text = withoutZone(schedule)
  if (text.startsWith('@')) return descriptorProblem(text)
  const fields = text.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== FIELDS.length) {
    return `expected ${FIELDS.length} fields, got ${fields.length}`
  }
  for (const [index, field] of FIELDS.entries()) {
    const problem = fieldProblem(fields[index] ?? '', field)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** `TZ=` and `CRON_TZ=` may lead; ESO's own pattern for syncWindows leaves no room for them. */
function withoutZone(schedule: string): string {
  return schedule.replace(/^(?:CRON_)?TZ=\S+\s+/, '')
}

function descriptorProblem(text: string): string | undefined {
  if (DESCRIPTORS.has(text)) return undefined
  if (!text.startsWith(EVERY)) return `unknown descriptor ${JSON.stringify(text.slice(0, 32))}`
  const every = parseDuration(text.slice(EVERY.length))
  return every === undefined ? 'expected a Go duration after @every' : undefined
}

function fieldProblem(text: string, field: Field): string | undefined {
  for (const part of text.split(',')) {
    if (part !== '' && !isRangeValid(part, field)) {
      return `${field.name} ${JSON.stringify(part.slice(0, 32))} is not within ${field.min}-${field.max}`
    }
  }
  return undefined
}

/** `*`, `?`, `n`, `a-b`, each with an optional `/step`. */
function isRangeValid(part: string, field: Field): boolean {
  const [range = '', step, ...rest] = part.split('/')
  if (rest.length > 0) return false
  if (step !== undefined && !(isNumber(step) && Number(step) > 0)) return false
  const [low = '', high, ...more] = range.split('-')
  // robfig looks no further than the star: `*-5` means `*`.
  if (low === '*' || low === '?') return true
  if (more.length > 0) return false
  const start = numberOf(low, field)
  const end = high === undefined ? start : numberOf(high, field)
  return start >= field.min && end <= field.max && start <= end
}

function numberOf(text: string, { words, min }: Field): number {
  const word = words.indexOf(text.toLowerCase())
  if (word >= 0) return word + min
  return isNumber(text) ? Number(text) : Number.NaN
}

function isNumber(text: string): boolean {
  return /^\+?[0-9]{1,9}$/.test(text)
}
