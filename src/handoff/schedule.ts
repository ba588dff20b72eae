import { parseDuration } from '../model/duration.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import { sha256 } from './names.ts'

// From refresh intervals to a CronJob. A run refreshes only what is due, so it may come too often but not too seldom:
// the period is the longest one that cron can repeat evenly and that is not above the interval.
//   below 1 h     every 1 2 3 4 5 6 10 12 15 20 30 minutes      refreshInterval 7m  → every 6 minutes
//   below 24 h    every 1 2 3 4 6 8 12 hours                     refreshInterval 90m → every hour
//   24 h and up   once a day
// The minute (and hour) comes from the name, so that a thousand applications do not ask a provider at once.

const MINUTE_NS = 60_000_000_000n
const MINUTES = [30, 20, 15, 12, 10, 6, 5, 4, 3, 2, 1]
const HOURS = [12, 8, 6, 4, 3, 2, 1]
const HOUR_MINUTES = 60
const DAY_MINUTES = 24 * HOUR_MINUTES

/** A CronJob's schedule, and how long it is between two runs. */
export interface Schedule {
  readonly cron: string
  readonly periodSeconds: number
}

/** The schedule of one namespace of an app; undefined when nothing is refreshed by time. */
export function scheduleOf(
  externalSecrets: readonly ExternalSecret[],
  seed: string,
): Schedule | undefined {
  let shortest: bigint | undefined
  for (const { refreshPolicy, refreshInterval } of externalSecrets) {
    const interval = refreshPolicy === 'Periodic' ? parseDuration(refreshInterval) : undefined
    if (interval === undefined || interval <= 0n) continue
    if (shortest === undefined || interval < shortest) shortest = interval
  }
  if (shortest === undefined) return undefined
  return cronEvery(Number(shortest / MINUTE_NS), Number.parseInt(sha256(seed).slice(0, 8), 16))
}

function cronEvery(minutes: number, seed: number): Schedule {
  const minute = seed % HOUR_MINUTES
  if (minutes >= DAY_MINUTES) {
    const hour = Math.floor(seed / HOUR_MINUTES) % 24
    return { cron: `${minute} ${hour} * * *`, periodSeconds: DAY_MINUTES * 60 }
  }
  if (minutes >= HOUR_MINUTES) {
    const hours = HOURS.find((step) => step * HOUR_MINUTES <= minutes) ?? 1
    const first = Math.floor(seed / HOUR_MINUTES) % hours
    return {
      cron: hours === 1 ? `${minute} * * * *` : `${minute} ${first}-23/${hours} * * *`,
      periodSeconds: hours * HOUR_MINUTES * 60,
    }
  }
  const step = MINUTES.find((candidate) => candidate <= minutes) ?? 1
  return {
    cron: step === 1 ? '* * * * *' : `${seed % step}-59/${step} * * * *`,
    periodSeconds: step * 60,
  }
}
