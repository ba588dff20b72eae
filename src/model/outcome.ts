import type { JsonObject } from './json.ts'

/** What happened to the target Secret of one ExternalSecret (past tense of a plan's action). */
export type OutcomeWord =
  | 'created'
  | 'updated'
  | 'unchanged'
  | 'deleted'
  | 'retained'
  | 'skipped'
  | 'failed'

/** ESO's condition `Ready` (R-rules of §2.14): the reasons are ESO's words. */
export interface Condition {
  readonly type: 'Ready'
  readonly status: 'True' | 'False'
  readonly reason: `${'Secret' | 'Resource'}${'Synced' | 'SyncedError' | 'Deleted' | 'Missing'}`
  readonly message: string
}

/** One cause of a failure. `code` is from a closed set per layer; `message` is ours and holds no value. */
export interface OutcomeError {
  readonly code: string
  /** Path from the ExternalSecret's root, e.g. `spec.data[0].remoteRef.property`; empty for the whole. */
  readonly field: string
  readonly message: string
}

/** What became of one ExternalSecret; the shape is part of the reports' contract. */
export interface Outcome {
  /** `namespace/name`. */
  readonly externalSecret: string
  readonly outcome: OutcomeWord
  readonly condition: Condition
  readonly errors: readonly OutcomeError[]
  /** When it should be refreshed next, RFC 3339; undefined when nothing is due by time. */
  readonly nextRefresh: string | undefined
  /** The Secret as a v1 object with values printed as `‹n bytes›` or revealed, set by simulate only. */
  readonly secret: JsonObject | undefined
}
