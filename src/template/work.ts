import { fail } from './failure.ts'
import { NODES_MAX, VALUE_DEPTH_MAX } from './limits.ts'

// Counts the values that one call of a function looks at. Lists and dicts can share their parts, so that a few assignments make a
// value whose parts, counted along every way to them, are more than any machine can visit.

let left = NODES_MAX

/** Before every call. */
export function beginCall(): void {
  left = NODES_MAX
}

/** How many values the call has visited. */
export function visited(): number {
  return NODES_MAX - left
}

/** At every value that a function descends to. */
export function visit(depth: number): void {
  if (depth > VALUE_DEPTH_MAX) fail('a value nested too deep')
  if (--left < 0) fail(`a value of more than ${NODES_MAX} parts`)
}

/** Bytes of text that count as one value. */
const TEXT_BYTES_PER_NODE = 64

/** For what takes as long as so many values would, such as the compiling of a pattern. */
export function visitMany(values: number): void {
  left -= values
  if (left < 0) fail(`a value of more than ${NODES_MAX} parts`)
}

/** At every text that a function copies. */
export function visitText(bytes: number): void {
  visitMany(Math.floor(bytes / TEXT_BYTES_PER_NODE))
}
