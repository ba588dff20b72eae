import { skipQuoted } from './query-path.ts'
import { BACKSLASH, bracketStep, DOT, PIPE } from './scan.ts'

/** One part of a multipath; an empty name means none was written. */
export interface Selector {
  readonly name: string
  readonly path: string
}

/** The parts, and the path behind. */
export interface Multipath {
  readonly selectors: readonly Selector[]
  /** What follows the closing bracket. */
  readonly rest: string
}

/** The selectors of `{…}` or `[…]`; undefined when it never closes. */
export function parseMultipath(path: string): Multipath | undefined {
  const scan: Scan = { selectors: [], depth: 1, start: 1, colon: 0, inModifier: false }
  for (let at = 1; at < path.length; at++) {
    const c = path.charAt(at)
    if (c === '\\') at++
    else if (c === '"') at = skipQuoted(path, at).close
    else if (scanSelector(path, at, scan)) {
      return { selectors: scan.selectors, rest: path.slice(at + 1) }
    }
  }
  return undefined
}

interface Scan {
  readonly selectors: Selector[]
  depth: number
  /** Where the current selector starts. */
  start: number
  /** Where its name ends; 0 while it has none. */
  colon: number
  /** A colon behind a modifier introduces its argument. */
  inModifier: boolean
}

/** True at the bracket that closes the multipath. */
function scanSelector(path: string, at: number, scan: Scan): boolean {
  const c = path.charAt(at)
  scan.depth += bracketStep(path.charCodeAt(at))
  if (c === '@') scan.inModifier ||= '.|'.includes(path.charAt(at - 1))
  if (scan.depth > 1) return false
  if (c === ':' && !scan.inModifier && scan.colon === 0) scan.colon = at
  if (c === ',' || scan.depth === 0) push(path, at, scan)
  return scan.depth === 0
}

/** Ends a selector, also an empty one. */
function push(path: string, end: number, scan: Scan): void {
  const { start, colon } = scan
  const name = colon === 0 ? '' : path.slice(start, colon)
  scan.selectors.push({ name, path: path.slice(colon === 0 ? start : colon + 1, end) })
  scan.colon = 0
  scan.inModifier = false
  scan.start = end + 1
}

/** The name that a selector without one gets in an object. */
export function nameOfLast(path: string): string {
  for (let i = path.length - 1; i >= 0; i--) {
    const c = path.charCodeAt(i)
    if (c !== PIPE && c !== DOT) continue
    if (i > 0 && path.charCodeAt(i - 1) === BACKSLASH) continue
    return path.slice(i + 1)
  }
  return path
}

/** Whether a part of a path can serve as a name: no syntax and no control characters. */
export function isSimpleName(name: string): boolean {
  return !/[[\]{}()#|!]/.test(name) && ![...name].some((c) => c < ' ')
}
