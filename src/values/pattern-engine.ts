import type { Attempt } from './attempt.ts'

/** One match and its groups as byte offsets `[start, end, start1, end1, …]`; −1 where a group took no part. */
export type MatchOffsets = readonly number[]

/** A compiled RE2 pattern with Go's semantics. Subjects and replacements are bytes, as Go's strings are. */
export interface Pattern {
  /** Go's MatchString: unanchored. */
  readonly matches: (subject: Uint8Array) => boolean
  /** Go's FindAllStringSubmatchIndex(subject, -1). */
  readonly findAll: (subject: Uint8Array) => readonly MatchOffsets[]
  /** Go's ReplaceAllString: `$1`, `${name}`, `$$` in `replacement`. */
  readonly replaceAll: (subject: Uint8Array, replacement: Uint8Array) => Uint8Array
  /** Names of the groups, by number; the whole match and unnamed groups are empty. */
  readonly groupNames: readonly string[]
}

/**
 * Compiles user patterns. Pure code gets it injected, so that the engine (`pattern.ts`) loads only where a pattern
 * is used. Fails with InvalidPattern when Go would refuse the pattern, or when it is over the limit.
 */
export interface PatternEngine {
  readonly compile: (source: string | Uint8Array) => Attempt<Pattern>
}

/** Longer patterns are refused: the engine is linear, but slow. */
export const PATTERN_CHARS_MAX = 1000
/** Longer names are not matched, for the same reason; no name of a secret or key comes near. */
export const SUBJECT_BYTES_MAX = 4096
