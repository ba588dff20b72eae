import type { ObservedSecret, OwnerReference } from '../model/secret.ts'
import { ownershipOf } from './marks.ts'
import type { Target } from './plan-secret.ts'

// What owns a Secret may be made anew: a bundle's anchor by Argo CD, an ExternalSecret by hand. The Secret still names the
// old uid then, and the collector deletes it, whatever else is true of it. A plan that leaves a Secret as it is must not
// leave it to the collector:
//
//  what the plan came to                     │ owner of a Secret of ours      │ restamp
//  ──────────────────────────────────────────┼────────────────────────────────┼─────────────────────────────
//  create, update, unchanged                 │ any                            │ no: the write itself does it
//  refuse (the read failed, a template …)    │ same name, another uid         │ yes
//  retain (the policy, or seen once)         │ same name, another uid         │ yes
//  refuse, retain                            │ anything else                  │ no
//
// Invariant: of the Secret nothing but its ownerReferences changes, so it needs no value.

/** The reference to what is no more becomes one to what has its name now. */
export interface Restamp {
  readonly action: 'restamp'
  readonly observed: ObservedSecret
  readonly owner: OwnerReference
  /** uids of the references that go. */
  readonly stale: ReadonlySet<string>
}

/** Undefined where there is nothing to save. */
export function planRestamp({
  externalSecret,
  observed,
  claim,
}: Omit<Target, 'parity'>): Restamp | undefined {
  const { anchor } = claim
  if (observed === undefined || typeof anchor === 'string') return undefined
  if (externalSecret.target.creationPolicy !== 'Owner') return undefined
  const stale = observed.owners.filter((owner) => isPredecessor(owner, anchor))
  if (stale.length === 0 || ownershipOf(observed, claim) !== 'ours') return undefined
  const uids = new Set(stale.map(({ uid }) => uid))
  return { action: 'restamp', observed, owner: anchor, stale: uids }
}

/** Whether it is what the owner was before it was made anew. */
export function isPredecessor(before: OwnerReference, now: OwnerReference): boolean {
  return before.kind === now.kind && before.name === now.name && before.uid !== now.uid
}
