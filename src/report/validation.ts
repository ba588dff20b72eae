import type { Finding, Severity } from '../model/finding.ts'
import type { Place } from '../model/place.ts'

/** What a run of `validate` found, before it becomes text or JSON. */
export interface Validation {
  /** In the order of `compareFindings`. */
  readonly findings: readonly Finding[]
  readonly counts: Counts
  /** The source line at a place, as far as it may be shown. */
  readonly excerpt: (at: Place) => string | undefined
}

/** kubeconform's counts: every resource is valid, invalid or skipped; errors are documents that could not be read. */
export interface Counts {
  readonly files: number
  readonly valid: number
  readonly invalid: number
  readonly errors: number
  readonly skipped: number
}

/** Findings by severity, each severity present. */
export type SeverityCounts = Readonly<Record<Severity, number>>

/** Counts findings; zero where there are none. */
export function countSeverities(findings: readonly Finding[]): SeverityCounts {
  const counts = { error: 0, warning: 0, info: 0 }
  for (const { severity } of findings) counts[severity]++
  return counts
}

/** Everything that was looked at, whatever the verdict. */
export function resourceCount({ valid, invalid, errors, skipped }: Counts): number {
  return valid + invalid + errors + skipped
}
