import type { ExternalSecret } from '../model/external-secret.ts'
import { nameProblem } from '../model/names.ts'
import type { Parity } from '../model/parity.ts'
import type { ObservedSecret, Secret } from '../model/secret.ts'
import { targetWord } from '../model/target-kind.ts'
import { type Change, type OwnerWish, type Refusal, refuse, type Write } from './change.ts'
import {
  type Claim,
  marked,
  markedAs,
  markedAsEso,
  type Ownership,
  ownershipOf,
  ownUid,
  unmarked,
} from './marks.ts'
import { isOurs, type Keeping, sameContent } from './same-content.ts'

// 1. Nothing was found at the provider (R84: the whole fetched map is empty).
//
//  deletionPolicy │ creationPolicy │ observed          │ action
//  ───────────────┼────────────────┼───────────────────┼────────────────────────────────────────────────
//  Retain         │ any            │ any               │ retain
//  Delete         │ not Owner      │ any               │ refuse (R85)
//  Delete         │ Owner          │ absent            │ delete, which is done already
//  Delete         │ Owner          │ ours              │ delete when seen twice, retain until then
//  Delete         │ Owner          │ somebody else's   │ refuse
//  Merge          │ any            │ any               │ as below, with no data (R87)
//
// 2. Before a Secret is built.
//
//  creationPolicy │ observed │ action
//  ───────────────┼──────────┼───────────────
//  None           │ any      │ skip (R80)
//  Merge          │ absent   │ skip (R78)
//
// 3. With the Secret as it should be.
//
//  creationPolicy │ absent │ ours               │ foreign             │ controlled          │ another's
//  ───────────────┼────────┼────────────────────┼─────────────────────┼─────────────────────┼──────────
//  Owner          │ create │ update, unchanged  │ refuse, or adopt    │ refuse              │ refuse
//  Orphan         │ create │ update, unchanged  │ refuse, or adopt    │ refuse, or adopt    │ refuse
//  CreateOrMerge  │ create │ update, unchanged  │ update, unchanged   │ update, unchanged   │ merges, unless owned
//  Merge          │        │ update, unchanged  │ update, unchanged   │ update, unchanged   │ merges, unless owned
//
// 4. Update or unchanged.
//
//  the same │ frozen, other data │ another type │ something that an apply leaves │ action
//  ─────────┼────────────────────┼──────────────┼────────────────────────────────┼───────────────────────────
//  yes      │                    │              │                                │ unchanged
//  no       │ yes                │              │                                │ refuse (R82)
//  no       │ no                 │ yes          │                                │ refuse (R67)
//  no       │ no                 │ no           │ yes                            │ update, by replace
//  no       │ no                 │ no           │ no                             │ update, by apply
//
//  An apply leaves                                                       │ so that it has to go under
//  ──────────────────────────────────────────────────────────────────────┼───────────────────────────
//  a reference of ours that is stale, or that nobody wants any more      │ any policy
//  a key of data that others hold, alone or together with us             │ Owner, Orphan
//  a key, label or annotation of ours that another manager of ours wrote │ any policy

/** The ExternalSecret, the Secret that is there, and whose it is to be. */
export interface Target {
  readonly externalSecret: ExternalSecret
  readonly observed: ObservedSecret | undefined
  readonly claim: Claim
  readonly parity: Parity
}

/** What the policies decide without looking at values; undefined when a Secret has to be built. */
export function planWithoutData(
  { externalSecret, observed, claim }: Target,
  { isEmpty, isConfirmed }: { readonly isEmpty: boolean; readonly isConfirmed: boolean },
): Change | undefined {
  const { creationPolicy, deletionPolicy } = externalSecret.target
  if (isEmpty && deletionPolicy === 'Retain') {
    return { action: 'retain', observed, because: 'policy' }
  }
  if (isEmpty && deletionPolicy === 'Delete') {
    if (creationPolicy !== 'Owner') return deletionNeedsOwner(creationPolicy)
    return planDelete({ externalSecret, observed, claim }, isConfirmed)
  }
  if (creationPolicy === 'None') return { action: 'skip', because: 'none' }
  if (creationPolicy === 'Merge' && observed === undefined) {
    return { action: 'skip', because: 'missing' }
  }
  return undefined
}

/** Only a Secret of ours, and only when its absence was confirmed by a second sighting. */
function planDelete(
  { externalSecret, observed, claim }: Omit<Target, 'parity'>,
  isConfirmed: boolean,
): Change {
  if (observed === undefined) return { action: 'delete', observed }
  const refusal = refuseOwnership(ownershipOf(observed, claim), claim, {
    isOwner: true,
    word: targetWord(externalSecret),
  })
  if (refusal !== undefined) return { ...refusal, step: 'delete' }
  return isConfirmed
    ? { action: 'delete', observed }
    : { action: 'retain', observed, because: 'seen-once' }
}

/** R85: ESO fails at this point, too, although its webhook lets Orphan in. */
function deletionNeedsOwner(creationPolicy: string): Refusal {
  return refuse('delete', 'DeletionNeedsOwner', {
    field: 'spec.target.deletionPolicy',
    message: `deletionPolicy Delete needs creationPolicy Owner, not ${creationPolicy}`,
  })
}

/** Compares what should be with what is. `desired` comes from `buildDesired`. */
export function planSecret(target: Target, desired: Secret): Change {
  const { externalSecret, observed, claim, parity } = target
  const word = targetWord(externalSecret)
  const invalid = refuseContent(desired, parity, word)
  if (invalid !== undefined) return invalid
  const { creationPolicy } = externalSecret.target
  const isOwner = creationPolicy === 'Owner'
  const keepsMarks = isOwner || creationPolicy === 'Orphan'
  const owner = isOwner || claim.anchor === 'any' ? claim.anchor : 'none'
  const how = { isOwner, isObject: externalSecret.target.object !== undefined }
  const finished = (secret: Secret): Secret =>
    claim.esoMarks ? markedAsEso(secret, claim, how) : secret
  if (observed === undefined) {
    return { action: 'create', desired: finished(marked(desired, claim)), owner }
  }
  const ownership = ownershipOf(observed, claim)
  const refusal = keepsMarks
    ? refuseOwnership(ownership, claim, { isOwner, word })
    : refuseMerge(observed, ownership)
  if (refusal !== undefined) return refusal
  const isMarked = keepsMarks || (creationPolicy === 'CreateOrMerge' && ownership === 'ours')
  const wanted = frozen(
    target,
    isMarked ? marked(desired, claim) : leftAlone(desired, observed, ownership),
  )
  const keeping = { isKeeper: keepsMarks, ownUid: ownUid(claim) }
  return compare({ desired: finished(wanted), owner }, observed, { keeping, word })
}

/**
 * Marks of another keeper stay; our own go when we no longer keep the Secret (R81). Trust: marks that a template asks for
 * are none: the label alone is a human's consent to take the Secret over (MT-6).
 */
function leftAlone(desired: Secret, observed: ObservedSecret, ownership: Ownership): Secret {
  const bare = unmarked(desired)
  return ownership === 'ours' ? bare : markedAs(observed, bare)
}

/**
 * Unchanged, refused, or an update: another type, or other data of an immutable Secret, needs a
 * deletion first.
 */
function compare(
  write: Write,
  observed: ObservedSecret,
  { keeping, word }: { readonly keeping: Keeping; readonly word: string },
): Change {
  const { desired, owner } = write
  if (sameContent(write, observed, keeping)) return { action: 'unchanged', observed }
  if (observed.immutable && !sameData(desired, observed)) {
    return refuse('immutable', 'Immutable', {
      field: 'spec.target.name',
      message: `${word} ${observed.name} is immutable and its data would change`,
    })
  }
  if (desired.type !== '' && desired.type !== observed.type) {
    return refuse('update', 'TypeChanged', {
      field: 'spec.target.template.type',
      message: `Secret ${observed.name} has type ${observed.type}, which cannot become ${desired.type}: delete it first`,
    })
  }
  const isReplaced =
    hasStaleOwner(owner, observed, keeping) || needsReplace(desired, observed, keeping.isKeeper)
  const by = isReplaced ? 'replace' : 'apply'
  return { action: 'update', desired, observed, owner, by }
}

/**
 * Whether something has to go that an apply cannot remove: under Owner and Orphan also what strangers put into the data,
 * under the merging policies only what is ours.
 */
function needsReplace(desired: Secret, observed: ObservedSecret, keepsMarks: boolean): boolean {
  const { ownedKeys, othersKeys, residue } = observed
  const isStuck = (key: string): boolean => !ownedKeys.has(key) || othersKeys.has(key)
  const dropped = [...observed.data.keys()].filter((key) => !desired.data.has(key))
  return (
    (keepsMarks && dropped.some(isStuck)) ||
    dropped.some((key) => residue.has(`data/${key}`)) ||
    [...observed.labels.keys()].some((k) => !desired.labels.has(k) && residue.has(`labels/${k}`)) ||
    [...observed.annotations.keys()].some(
      (key) => !desired.annotations.has(key) && residue.has(`annotations/${key}`),
    )
  )
}

/**
 * Who shall own it no more, whoever wrote the reference: an apply under another manager's name leaves it. A second
 * controller would be refused, so ESO's reference goes in the same request.
 */
function hasStaleOwner(owner: OwnerWish, { owners }: ObservedSecret, keeping: Keeping): boolean {
  if (owner === 'any') return false
  return owners.some(
    (present) => isOurs(present, keeping) && (owner === 'none' || present.uid !== owner.uid),
  )
}

/** R82: an immutable target that exists keeps its data and metadata; only the flag is set. Immutability never ends. */
function frozen({ externalSecret, observed }: Target, desired: Secret): Secret {
  if (observed === undefined) return desired
  const immutable = desired.immutable || observed.immutable
  if (!externalSecret.target.immutable) return { ...desired, immutable }
  return { ...desired, type: observed.type, data: observed.data, immutable }
}

function sameData(desired: Secret, observed: Secret): boolean {
  if (desired.data.size !== observed.data.size) return false
  return [...desired.data].every(([key, value]) => observed.data.get(key)?.equals(value) === true)
}

function refuseOwnership(
  ownership: Ownership,
  { adopts }: Claim,
  { isOwner, word }: { readonly isOwner: boolean; readonly word: string },
): Refusal | undefined {
  const field = 'spec.target.name'
  if (ownership === 'another') return ownedByAnother()
  if (ownership === 'controlled' && (isOwner || !adopts)) {
    return refuse('ownership', 'NotOwned', {
      field,
      message: `the target ${word} is owned by another controller`,
    })
  }
  if (ownership === 'foreign' && !adopts) {
    return refuse('ownership', 'NotOwned', {
      field,
      message:
        `the target ${word} was not made by waybill: choose another target.name, use creationPolicy Merge, ` +
        'or take it over with --adopt=eso',
    })
  }
  return undefined
}

/** A Merge asks nobody, but what another ExternalSecret owns it leaves alone, as ESO does (R76). */
function refuseMerge({ owners }: ObservedSecret, ownership: Ownership): Refusal | undefined {
  const isOwned = owners.some((owner) => owner.controller)
  return ownership === 'another' && isOwned ? ownedByAnother() : undefined
}

/** R76, in ESO's words. */
export function ownedByAnother(): Refusal {
  return refuse('owned-by-another', 'Conflict', {
    field: 'spec.target.name',
    message: 'target is owned by another ExternalSecret',
  })
}

const DATA_BYTES_MAX = 1024 * 1024

function refuseContent({ name, data }: Secret, parity: Parity, word: string): Refusal | undefined {
  let bytes = 0
  for (const value of data.values()) bytes += value.byteLength
  if (bytes > DATA_BYTES_MAX) {
    const message = `${word} ${name} would hold ${bytes} bytes, Kubernetes takes ${DATA_BYTES_MAX}`
    return refuse('update', 'TooLarge', { field: '', message })
  }
  // The keys of anything else are paths, and were looked at when they were made.
  if (!parity.checksDataKeys || word !== 'Secret') return undefined
  const bad = [...data.keys()].find((key) => nameProblem('data-key', key) !== undefined)
  return bad === undefined
    ? undefined
    : refuse('update', 'InvalidKey', {
        field: '',
        message: `${JSON.stringify(bad.slice(0, 100))} is not a key of a Secret: expected letters, digits, '-', '_' or '.'`,
      })
}
