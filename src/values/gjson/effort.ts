import type { Result } from './result.ts'
import { bracketStep, closingQuote, QUOTE } from './scan.ts'

/**
 * What one call may still spend. Pipes of multipaths multiply their input and `@dig` multiplies walks, so a short path
 * could ask for gigabytes or hours; once the effort is used up, everything that is left counts as absent.
 */
export interface Effort {
  /** Bytes that may still be read or made. */
  bytesLeft: number
  depthLeft: number
}

/** Paths within paths, and containers that one walk descends into. */
export const NESTING_MAX = 400
/** Brackets within each other that recursive readers accept; a document beyond is not read. */
export const JSON_DEPTH_MAX = 1600
/** Longer paths lead nowhere. */
export const PATH_BYTES_MAX = 4096
/** Bytes that one call may read and make in all, counted at every step. */
export const WORK_BYTES_MAX = 16 * 1024 * 1024

/** A full budget, for one call from outside. */
export function newEffort(): Effort {
  return { bytesLeft: WORK_BYTES_MAX, depthLeft: NESTING_MAX }
}

/** gjson.Get within the effort of one call. */
export type Getter = (json: string, path: string) => Result

/** Whether brackets outside strings nest deeper than a recursive reader may follow. */
export function nestsTooDeep(json: string): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const c = json.charCodeAt(at)
    if (c === QUOTE) {
      const close = closingQuote(json, at + 1)
      if (close < 0) return false
      at = close
    } else {
      depth += bracketStep(c)
      if (depth > JSON_DEPTH_MAX) return true
    }
  }
  return false
}
