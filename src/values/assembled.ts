import type { OutcomeError } from '../model/outcome.ts'
import type { Read } from '../model/provider.ts'
import type { SecretValue } from '../model/secret-value.ts'

/** One read that an ExternalSecret needs, and the entry that needs it, e.g. `spec.data[0]`. */
export interface PlannedRead {
  readonly field: string
  readonly read: Read
}

/**
 * What the entries of one ExternalSecret add up to. `gone` lists the entries whose secret the provider says does not
 * exist, under a deletionPolicy that skips them (R24); under Retain they are errors.
 */
export type Assembled =
  | {
      readonly outcome: 'complete'
      readonly data: ReadonlyMap<string, SecretValue>
      readonly gone: readonly string[]
    }
  | { readonly outcome: 'failed'; readonly errors: readonly OutcomeError[] }
