import { fullJitterMs } from '../providers/retry.ts'
import type { Sign } from '../providers/turn.ts'
import { watchersOf } from './abort-watch.ts'

// How many calls of one store are under way: as TCP finds the width of a road that it cannot see.
//
//   sign       │ limit                              │ the store's other calls
//   ───────────┼────────────────────────────────────┼─────────────────────────────────────────────
//   answered   │ one more per limit answers, to 32  │ go on
//   throttled  │ half, once per round, not below 1  │ wait as long as Retry-After says
//   … and again│ stays 1                            │ from the fifth in a row: back-off, full jitter
//   failed     │ half, once per round, not below 1  │ go on
//
// A round: calls that left before the limit was halved have nothing new to say about it.

/** The current width of one store, and the queue of those that wait. */
export interface Pace {
  /** Resolves when the caller may begin; it has to give its place back by `leave`. Rejects when the signal aborts. */
  readonly enter: (signal: AbortSignal) => Promise<Place>
  /** Calls that may be under way now. */
  readonly limit: () => number
  /** One call alone finds out whether the store is back; its answer opens the whole width again. */
  readonly narrow: () => void
}

/** A call under way. */
export interface Place {
  /** Exactly once, however the call ended; undefined for a call that says nothing about the store. */
  readonly leave: (sign: Sign | undefined, retryAfterMs?: number) => void
}

/** Bounds, and the world as far as waiting needs it. */
export interface PaceOptions {
  readonly limitMax: number
  readonly random: () => number
  readonly sleep: (delayMs: number) => Promise<void>
}

/** Throttled this often in a row although alone: the quota is below what one call after the other asks. */
const THROTTLED_MAX = 4

/** First come, first served. */
export function createPace({ limitMax, random, sleep }: PaceOptions): Pace {
  const waiting = new Set<() => void>()
  let limit = limitMax
  let underWay = 0
  let round = 0
  let throttledAlone = 0
  let pauses = 0
  let isProbing = false

  const admit = (): void => {
    for (const begin of waiting) {
      if (pauses > 0 || underWay >= Math.floor(limit)) return
      waiting.delete(begin)
      underWay++
      begin()
    }
  }
  const pause = (delayMs: number): void => {
    pauses++
    // Whether the run ends meanwhile or not: those that wait have signals of their own.
    const resume = (): void => {
      pauses--
      admit()
    }
    sleep(delayMs).then(resume, resume)
  }
  const halve = (of: number): void => {
    if (of !== round) return
    round++
    limit = Math.max(1, limit / 2)
  }
  const widen = (): void => {
    throttledAlone = 0
    limit = isProbing ? limitMax : Math.min(limitMax, limit + 1 / limit)
    isProbing = false
  }
  const throttle = (of: number, retryAfterMs: number | undefined): void => {
    if (limit === 1) throttledAlone++
    const excess = throttledAlone - THROTTLED_MAX
    if (retryAfterMs !== undefined && of === round) pause(retryAfterMs)
    else if (excess > 0) pause(fullJitterMs(excess, random()))
    halve(of)
  }

  return {
    limit: () => Math.floor(limit),
    narrow: () => {
      limit = 1
      isProbing = true
    },
    enter: async (signal) => {
      // Most calls find a free place, and need no listener.
      if (waiting.size === 0 && !signal.aborted && pauses === 0 && underWay < Math.floor(limit)) {
        underWay++
      } else await turn(waiting, admit, signal)
      const of = round
      return {
        leave: (sign, retryAfterMs) => {
          underWay--
          if (sign === 'answered') widen()
          if (sign === 'failed') halve(of)
          if (sign === 'throttled') throttle(of, retryAfterMs)
          admit()
        },
      }
    },
  }
}

/** Joins the queue; whoever is aborted while waiting leaves it. */
function turn(waiting: Set<() => void>, admit: () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = (): void => {
      waiting.delete(begin)
      reject(signal.reason)
    }
    const watchers = watchersOf(signal)
    const begin = (): void => {
      watchers.delete(stop)
      resolve()
    }
    watchers.add(stop)
    waiting.add(begin)
    admit()
  })
}
