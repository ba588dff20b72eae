import type { SecretGraph } from '../graph/graph.ts'
import type { Document, FieldPath } from '../manifests/document.ts'
import type { Severity } from '../model/finding.ts'
import type { AllowedTarget } from '../model/target-kind.ts'

/** One complaint of a rule; `rules/check.ts` turns it into a Finding. */
export interface Problem {
  readonly document: Document
  /** Where in the document; empty for the object as a whole. */
  readonly path: FieldPath
  /** Point at the member's name rather than at its value. */
  readonly isAboutKey?: boolean
  readonly message: string
  readonly hint?: string | undefined
  /** Overrides the rule's severity. */
  readonly severity?: Severity
}

/** What a rule may ask besides the graph. */
export interface RuleTools {
  /**
   * Why Go would refuse a regular expression, undefined when it compiles. The engine is heavy, so a command loads it
   * only when `patternsOf` finds a pattern; without it no pattern is complained about.
   */
  readonly patternProblem: (pattern: string) => string | undefined
  /** Kinds besides Secret that whoever runs this allows; none unless told. */
  readonly targets?: readonly AllowedTarget[]
}

/** A check as a value: one file per rule, file name = id. `summary`, `why`, `bad` and `good` make its page. */
export interface Rule {
  readonly id: string
  readonly severity: Severity
  /** What must hold, one line. */
  readonly summary: string
  /** Why it matters, with ESO's rule number where there is one. */
  readonly why: string
  /** Shortest manifest that it complains about. */
  readonly bad: string
  /** The same, mended. */
  readonly good: string
  readonly check: (graph: SecretGraph, tools: RuleTools) => Iterable<Problem>
}
