import { fail } from './failure.ts'
import { civilOf, type Instant } from './instant.ts'
import { formatInstant } from './time-format.ts'

/** A time in JSON: RFC 3339 with as many fraction digits as it needs. */
export function quoteJsonTime(instant: Instant): string {
  const { year } = civilOf(instant)
  if (year < 0 || year > 9999) return fail('no JSON for a time outside the years 0 to 9999')
  return `"${formatInstant(instant, '2006-01-02T15:04:05.999999999Z07:00')}"`
}
