import { runeAt, runeBefore } from '../binary.ts'
import { BACKSLASH } from './scan.ts'

const STAR = 0x2a
const QUESTION = 0x3f

/** `stop` ends the whole match without one; `differ` lets an outer `*` try on. */
type Verdict = 'match' | 'differ' | 'stop'

/** Calls so far. The bound depends on the subject, as upstream. */
interface Effort {
  calls: number
  readonly callsMax: number
}

/** Upstream allows 10,000 calls per byte, which is minutes for a large value; no honest pattern comes near this. */
const CALLS_MAX = 1_000_000

/** tidwall/match's MatchLimit: `*` any run, `?` one code point, `\` escapes. Gives up (no match) when it costs too much. */
export function matchesWildcard(subject: string, pattern: string): boolean {
  if (pattern === '*') return true
  return (
    match(subject, pattern, { calls: 0, callsMax: Math.min(subject.length * 10000, CALLS_MAX) }) ===
    'match'
  )
}

/** Recursion happens at a `*` only; each costs a call. */
function match(subject: string, pattern: string, effort: Effort): Verdict {
  if (effort.calls > effort.callsMax) return 'stop'
  effort.calls++
  let rest = subject
  let wanted = pattern
  while (wanted !== '') {
    if (wanted.charCodeAt(0) === STAR) {
      const step = matchStar(rest, wanted, effort)
      if (typeof step === 'string') return step
      // Upstream moves on by the width that the first code point had before the suffix was cut off.
      wanted = step.pattern
      rest = step.subject.slice(runeAt(rest, 0).size)
      continue
    }
    const width = matchOne(rest, wanted)
    if (width === undefined) return 'differ'
    rest = rest.slice(width.subject)
    wanted = wanted.slice(width.pattern)
  }
  return rest === '' ? 'match' : 'differ'
}

/** Bytes that one pattern character takes on both sides; undefined when it does not match. */
function matchOne(
  subject: string,
  pattern: string,
): { readonly subject: number; readonly pattern: number } | undefined {
  const actual = runeAt(subject, 0)
  if (actual.size === 0) return undefined
  if (pattern.charCodeAt(0) === QUESTION) return { subject: actual.size, pattern: 1 }
  const escaped = pattern.charCodeAt(0) === BACKSLASH ? 1 : 0
  const wanted = runeAt(pattern, escaped)
  if (wanted.size === 0 || wanted.code !== actual.code) return undefined
  return { subject: actual.size, pattern: escaped + wanted.size }
}

/** Both texts without the suffix that is equal. */
interface Trimmed {
  readonly subject: string
  readonly pattern: string
}

/** Equal suffixes are cut off first, which spares most patterns the search. */
function matchStar(subject: string, pattern: string, effort: Effort): Verdict | Trimmed {
  let first = 0
  while (pattern.charCodeAt(first + 1) === STAR) first++
  const stars = pattern.slice(first)
  if (stars.length === 1) return 'match'
  const trimmed = trimSuffix(subject, stars)
  if (trimmed === undefined) return 'differ'
  if (trimmed.pattern.length === 1) return 'match'
  const verdict = match(trimmed.subject, trimmed.pattern.slice(1), effort)
  if (verdict !== 'differ') return verdict
  return trimmed.subject === '' ? 'differ' : trimmed
}

/** Compares backwards up to the last `*` and cuts off what is equal. */
function trimSuffix(subject: string, pattern: string): Trimmed | undefined {
  let subjectEnd = subject.length
  let patternEnd = pattern.length
  while (subjectEnd > 0 && patternEnd > 1) {
    const wanted = runeBefore(pattern, patternEnd)
    const isEscaped = backslashesBefore(pattern, patternEnd - wanted.size) % 2 === 1
    if (wanted.code === STAR && !isEscaped) break
    const actual = runeBefore(subject, subjectEnd)
    if (!(wanted.code === QUESTION && !isEscaped) && wanted.code !== actual.code) return undefined
    subjectEnd -= actual.size
    patternEnd -= wanted.size + (isEscaped ? 1 : 0)
  }
  return { subject: subject.slice(0, subjectEnd), pattern: pattern.slice(0, patternEnd) }
}

/** An odd number of them escapes the character behind. */
function backslashesBefore(pattern: string, end: number): number {
  let at = end
  while (at > 0 && pattern.charCodeAt(at - 1) === BACKSLASH) at--
  return end - at
}
