import type { Result } from './result.ts'

/**
 * What one call may still spend. Pipes of multipaths multiply their input, so a short path could ask for gigabytes;
 * once the effort is used up, everything that is left counts as absent.
 */
export interface Effort {
  bytesLeft: number
  depthLeft: number
}

export const NESTING_MAX = 400
export const PRODUCED_BYTES_MAX = 64 * 1024 * 1024

export function newEffort(): Effort {
  return { bytesLeft: PRODUCED_BYTES_MAX, depthLeft: NESTING_MAX }
}

/** gjson.Get within the effort of one call. */
export type Getter = (json: string, path: string) => Result

/** Whether brackets nest deeper than a recursive reader may follow. */
export function nestsTooDeep(json: string): boolean {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (c === 0x7b || c === 0x5b) depth++
    else if (c === 0x7d || c === 0x5d) depth--
    if (depth > NESTING_MAX * 4) return true
  }
  return false
}
