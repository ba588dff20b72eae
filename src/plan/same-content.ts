import type { ObservedSecret, OwnerReference } from '../model/secret.ts'
import type { OwnerWish, Write } from './change.ts'
import { isExternalSecret } from './marks.ts'

/**
 * Whether a write would change nothing. Both sides are complete, so equality is exact in both directions. With `isKeeper`
 * the Secret is to be ours alone.
 */
export function sameContent(
  { desired, owner }: Write,
  observed: ObservedSecret,
  isKeeper: boolean,
): boolean {
  return (
    (desired.type === '' || desired.type === observed.type) &&
    desired.immutable === observed.immutable &&
    sameMap(desired.data, observed.data, (a, b) => a.equals(b)) &&
    sameMap(desired.labels, observed.labels, Object.is) &&
    sameMap(desired.annotations, observed.annotations, Object.is) &&
    desired.finalizers.every((finalizer) => observed.finalizers.includes(finalizer)) &&
    sameOwner(owner, observed, isKeeper)
  )
}

/**
 * An anchor that was re-created has another uid, and a reference to the old one makes the collector delete the Secret:
 * it counts as a difference. So does ESO's reference on a Secret that we have taken over.
 */
function sameOwner(wish: OwnerWish, { owners }: ObservedSecret, isKeeper: boolean): boolean {
  if (wish === 'any') return true
  if (isKeeper && owners.some(isExternalSecret)) return false
  const anchors = owners.filter(isAnchor)
  if (wish === 'none') return anchors.length === 0
  const [only] = anchors
  return anchors.length === 1 && only?.uid === wish.uid && only.name === wish.name
}

/** References that we write are to ConfigMaps `waybill-<app>` only. */
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
