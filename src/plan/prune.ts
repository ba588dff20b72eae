import type { ObservedSecret } from '../model/secret.ts'
import { type Claim, ownershipOf } from './marks.ts'

// Secrets whose ExternalSecret has left the bundle, or has another target now (R75). Owner promises that they go with it;
// nothing but our own memory knows of them, so they go late and only when everything agrees:
//
//  Secret                                │ action
//  ──────────────────────────────────────┼──────────────────────────────────────────────
//  gone                                  │ forget
//  not ours, or not owned by our anchor  │ forget
//  dropped less than the grace ago       │ keep
//  more than a quarter would go at once  │ keep, unless the deletions are confirmed
//  else                                  │ delete

/** Time to notice a mistake in Git. */
export const PRUNE_GRACE_MS = 600_000

/** A Secret that nothing asks for, as it is now. */
export interface Orphan {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly sinceMs: number
  /** Undefined when it is gone. */
  readonly observed: ObservedSecret | undefined
  readonly claim: Claim
}

/** What becomes of an orphan. */
export type Pruning =
  | { readonly action: 'forget' }
  | { readonly action: 'keep'; readonly because: 'grace' | 'too-many' }
  | { readonly action: 'delete'; readonly observed: ObservedSecret }

/** In the order of the orphans. `inventory` counts the Secrets that we own, the orphans among them. */
export function planPruning(
  orphans: readonly Orphan[],
  limits: { readonly nowMs: number; readonly inventory: number; readonly isConfirmed: boolean },
): readonly Pruning[] {
  const judged = orphans.map((orphan) => judge(orphan, limits.nowMs))
  const count = judged.filter(({ action }) => action === 'delete').length
  if (limits.isConfirmed || count <= deletionsMax(limits.inventory)) return judged
  return judged.map((one) =>
    one.action === 'delete' ? { action: 'keep', because: 'too-many' } : one,
  )
}

function judge({ observed, claim, sinceMs }: Orphan, nowMs: number): Pruning {
  if (observed === undefined || !isOwned(observed, claim)) return { action: 'forget' }
  if (nowMs - sinceMs < PRUNE_GRACE_MS) return { action: 'keep', because: 'grace' }
  return { action: 'delete', observed }
}

/** Our marks and our anchor: what a human has taken over since, or another policy made, stays. */
function isOwned(observed: ObservedSecret, claim: Claim): boolean {
  const { anchor } = claim
  if (typeof anchor === 'string' || ownershipOf(observed, claim) !== 'ours') return false
  return observed.owners.some(({ uid }) => uid === anchor.uid)
}

/** A quarter, but one always: more at once is rather a wrong answer than a wish. */
export function deletionsMax(inventory: number): number {
  return Math.max(1, Math.floor(inventory / 4))
}
