import type { ObservedSecret, OwnerReference } from '../model/secret.ts'
import type { OwnerWish, Write } from './change.ts'
import { isExternalSecret } from './marks.ts'

/** Which references of a Secret are ours to take away. */
export interface Keeping {
  /** The Secret is to be ours alone. */
  readonly isKeeper: boolean
  /** uid of the ExternalSecret object; empty for an entry of a bundle. */
  readonly ownUid: string
}

/** Whether a write would change nothing. Both sides are complete, so equality is exact in both directions. */
export function sameContent(
  { desired, owner }: Write,
  observed: ObservedSecret,
  keeping: Keeping,
): boolean {
  return (
    (desired.type === '' || desired.type === observed.type) &&
    desired.immutable === observed.immutable &&
    sameMap(desired.data, observed.data, (a, b) => a.equals(b)) &&
    sameMap(desired.labels, observed.labels, Object.is) &&
    sameMap(desired.annotations, observed.annotations, Object.is) &&
    desired.finalizers.every((finalizer) => observed.finalizers.includes(finalizer)) &&
    sameOwner(owner, observed, keeping)
  )
}

/**
 * An anchor that was re-created has another uid, and a reference to the old one makes the collector delete the Secret:
 * it counts as a difference. So does ESO's reference on a Secret that we have taken over.
 */
function sameOwner(wish: OwnerWish, { owners }: ObservedSecret, keeping: Keeping): boolean {
  if (wish === 'any') return true
  const ours = owners.filter((owner) => isOurs(owner, keeping))
  if (wish === 'none') return ours.length === 0
  const [only] = ours
  return ours.length === 1 && only?.uid === wish.uid && only.name === wish.name
}

/** To an anchor, to the ExternalSecret itself, and, of a Secret that is to be ours alone, to any ExternalSecret. */
export function isOurs(owner: OwnerReference, { isKeeper, ownUid }: Keeping): boolean {
  if (isAnchor(owner)) return true
  return isExternalSecret(owner) && (isKeeper || owner.uid === ownUid)
}

/** References of bundles are to ConfigMaps `waybill-<app>` only. */
export function isAnchor({ apiVersion, kind, name }: OwnerReference): boolean {
  return apiVersion === 'v1' && kind === 'ConfigMap' && name.startsWith('waybill-')
}

function sameMap<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  isSame: (a: T, b: T) => boolean,
): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) {
    const other = b.get(key)
    if (other === undefined || !isSame(value, other)) return false
  }
  return true
}
