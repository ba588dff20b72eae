import { compareBytes } from './json.ts'
import { comparePlaces, type Place } from './place.ts'

/** `error` fails a render by default, `warning` and `info` are for people; see `--fail-on`. */
export type Severity = 'error' | 'warning' | 'info'

const RANK: Readonly<Record<Severity, number>> = { error: 2, warning: 1, info: 0 }

/**
 * Something wrong, or worth knowing, in the user's manifests. Findings are data: readers, decoders and
 * rules yield them and never throw on input. No text of a finding may hold a value of a Secret.
 */
export interface Finding {
  /** Rule id, kebab-case; `waybill explain RULE` documents it. */
  readonly rule: string
  readonly severity: Severity
  readonly at: Place
  /** `Kind/namespace/name`, or `Kind/name` for cluster scope; undefined where no object could be read. */
  readonly subject: string | undefined
  /** Path from the object's root, e.g. `spec.data[2].remoteRef.key`; undefined for the whole object. */
  readonly field: string | undefined
  /** Lower case, no full stop, says what was found and what was expected. */
  readonly message: string
  /** What to do next. */
  readonly hint: string | undefined
}

/** Whether a finding of `severity` counts under the threshold `failOn`. */
export function reaches(severity: Severity, failOn: Severity): boolean {
  return RANK[severity] >= RANK[failOn]
}

/** The order in which findings are reported: by place, then the worst first, then by words. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    comparePlaces(a.at, b.at) ||
    RANK[b.severity] - RANK[a.severity] ||
    compareBytes(a.rule, b.rule) ||
    compareBytes(a.field ?? '', b.field ?? '') ||
    compareBytes(a.message, b.message)
  )
}
