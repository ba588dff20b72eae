import type { OutcomeError } from '../model/outcome.ts'
import type { ObservedSecret, OwnerReference, Secret } from '../model/secret.ts'

/** Which of ESO's steps a failure belongs to; ESO's condition tells no more than that (R26). */
export type Step = 'read' | 'update' | 'delete' | 'immutable' | 'ownership' | 'owned-by-another'

/** Nothing is written, and why; `step` is what would have been done. */
export interface Refusal {
  readonly action: 'refuse'
  readonly step: Step
  readonly errors: readonly OutcomeError[]
}

/** Everything that a write needs; the Secret is complete, with what others put there. */
export interface Write {
  readonly desired: Secret
  readonly owner: OwnerWish
}

/** The reference to write; `none`: no reference of ours may be left; `any`: nobody knows it, so it is not looked at. */
export type OwnerWish = OwnerReference | 'none' | 'any'

/** What to do with one target Secret. A plan is data: nothing has happened yet. */
export type Change =
  | ({ readonly action: 'create' } & Write)
  | ({
      readonly action: 'update'
      readonly observed: ObservedSecret
      /** `replace` where keys have to go that other managers own: an apply cannot remove them. */
      readonly by: 'apply' | 'replace'
    } & Write)
  /** `observed` is undefined when it is known to be as an earlier run left it, and was not looked at. */
  | { readonly action: 'unchanged'; readonly observed: ObservedSecret | undefined }
  /** `observed` is undefined when it is gone already. */
  | { readonly action: 'delete'; readonly observed: ObservedSecret | undefined }
  | {
      readonly action: 'retain'
      readonly observed: ObservedSecret | undefined
      /**
       * `policy`: deletionPolicy Retain; `seen-once`: a deletion that waits for a second sighting; `keys-seen-once`: the
       * same for keys that are gone.
       */
      readonly because: 'policy' | 'seen-once' | 'keys-seen-once'
    }
  /** `None` writes nothing, `Merge` has nothing to merge into. */
  | { readonly action: 'skip'; readonly because: 'none' | 'missing' }
  | Refusal

/** A refusal with one cause. */
export function refuse(step: Step, code: string, cause: Omit<OutcomeError, 'code'>): Refusal {
  return { action: 'refuse', step, errors: [{ code, ...cause }] }
}
