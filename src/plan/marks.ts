import { createHash } from 'node:crypto'
import type { OwnerReference, Secret } from '../model/secret.ts'
import { contentHash, dataHash } from '../values/go-print.ts'
import type { OwnerWish } from './change.ts'
import { asIs, treeOf } from './object-content.ts'

// How a Secret says that it is ours. The label finds our Secrets, the annotation says whose they are; without both a
// Secret is somebody else's and is refused (MT-6).

//
//  a controller of the Secret        │ label, owner    │ for a bundle │ for an ExternalSecret object
//  ──────────────────────────────────┼─────────────────┼──────────────┼─────────────────────────────
//  another ExternalSecret            │ any             │ another      │ another
//  one of our name, our uid          │ any             │ foreign *    │ ours
//  one of our name, another uid      │ true, any       │ foreign *    │ ours: it was made anew
//  one of our name, another uid      │ none, any       │ foreign *    │ foreign *
//  none, or of another kind          │ true, ours      │ ours         │ ours
//  none, or of another kind          │ true, none      │ ours         │ ours: a human says so
//  none, or of another kind          │ true, another's │ another      │ another
//  none                              │ none, any       │ foreign      │ foreign
//  of another kind                   │ none, any       │ controlled   │ controlled
//
//  * ours with `--adopt=eso`

/** On every Secret of ours, so that runs can find what they wrote. */
export const MANAGED_LABEL = 'waybill.dev/managed'
/** Whose a Secret is: the app of a bundle, else `namespace/name` of an ExternalSecret. */
export const OWNER_ANNOTATION = 'waybill.dev/owner'

/** On whose behalf a Secret is written. */
export interface Claim {
  /** The app of a bundle, else `namespace/name` of the ExternalSecret: the value of the owner annotation. */
  readonly owner: string
  /** Further values of the annotation that mean the same owner. */
  readonly aliases: readonly string[]
  /** Name of the ExternalSecret. */
  readonly externalSecret: string
  /** What a Secret with creationPolicy Owner is owned by: the anchor of the bundle, else the ExternalSecret object. */
  readonly anchor: OwnerWish
  /** Whether Secrets without marks are taken over (`--adopt=eso`, and ESO's parity). */
  readonly adopts: boolean
  /** Whether Secrets get our marks: ESO's answers have none. */
  readonly marks: boolean
  /** Whether Secrets get ESO's label and hash as well (`--eso-annotations`, R70). */
  readonly esoMarks: boolean
}

/**
 * `ours`: our marks; `foreign`: nobody's marks, or only those of a human; `another`: kept by another ExternalSecret or
 * app; `controlled`: a controller of another kind owns it.
 */
export type Ownership = 'ours' | 'foreign' | 'another' | 'controlled'

/** Whose Secret this is. The label without an annotation is a human's consent to take it over (MT-6). */
export function ownershipOf(
  secret: Secret & { readonly owners: readonly OwnerReference[] },
  claim: Claim,
): Ownership {
  const controller = secret.owners.find((owner) => owner.controller)
  if (controller !== undefined && isExternalSecret(controller)) {
    return keptBy(controller, secret, claim)
  }
  const owner = secret.annotations.get(OWNER_ANNOTATION)
  if (secret.labels.get(MANAGED_LABEL) === 'true') {
    const isOurs = owner === undefined || owner === claim.owner || claim.aliases.includes(owner)
    return isOurs ? 'ours' : 'another'
  }
  return controller === undefined ? 'foreign' : 'controlled'
}

/** Of a Secret that says itself which ExternalSecret keeps it. */
function keptBy({ name, uid }: OwnerReference, { labels }: Secret, claim: Claim): Ownership {
  if (name !== claim.externalSecret) return 'another'
  if (!isObjectClaim(claim)) return adopted(claim)
  // Whoever wrote the reference. One of the same name that is gone has left the Secret to us, if it was ours.
  const isOurs = uid === ownUid(claim) || labels.get(MANAGED_LABEL) === 'true'
  return isOurs ? 'ours' : adopted(claim)
}

/** Whether the ExternalSecret is an object of the cluster, and no entry of a bundle. */
export function isObjectClaim({ anchor }: Pick<Claim, 'anchor'>): boolean {
  return typeof anchor === 'object' && isExternalSecret(anchor)
}

/** The uid of that object; empty without one. */
export function ownUid({ anchor }: Pick<Claim, 'anchor'>): string {
  return typeof anchor === 'object' && isExternalSecret(anchor) ? anchor.uid : ''
}

/** A Secret that ESO keeps for the same ExternalSecret is still ESO's: taking it over is `--adopt=eso`. */
function adopted({ adopts }: Claim): Ownership {
  return adopts ? 'ours' : 'foreign'
}

/** ESO's own reference on the Secrets that it keeps. */
export function isExternalSecret({ apiVersion, kind }: OwnerReference): boolean {
  return kind === 'ExternalSecret' && apiVersion.split('/')[0] === 'external-secrets.io'
}

/** The Secret with our marks. */
export function marked(secret: Secret, { owner, marks }: Claim): Secret {
  if (!marks) return secret
  return {
    ...secret,
    labels: new Map([...secret.labels, [MANAGED_LABEL, 'true']]),
    annotations: new Map([...secret.annotations, [OWNER_ANNOTATION, owner]]),
  }
}

/** The Secret with the marks that another one has, if it has any. */
export function markedAs(other: Secret, secret: Secret): Secret {
  const label = other.labels.get(MANAGED_LABEL)
  const owner = other.annotations.get(OWNER_ANNOTATION)
  return {
    ...secret,
    labels:
      label === undefined ? secret.labels : new Map([...secret.labels, [MANAGED_LABEL, label]]),
    annotations:
      owner === undefined
        ? secret.annotations
        : new Map([...secret.annotations, [OWNER_ANNOTATION, owner]]),
  }
}

const ESO_MANAGED_LABEL = 'reconcile.external-secrets.io/managed'
const ESO_CREATED_BY_LABEL = 'reconcile.external-secrets.io/created-by'
const ESO_HASH_ANNOTATION = 'reconcile.external-secrets.io/data-hash'

/**
 * The Secret with ESO's marks (R70, R71), whatever the policy; `created-by` under Owner only (R81). The hash covers all of
 * the data and has no salt, so whoever may read metadata can guess short values: that is why it is an option.
 */
export function markedAsEso(
  secret: Secret,
  { externalSecret }: Claim,
  { isOwner, isObject }: { readonly isOwner: boolean; readonly isObject: boolean },
): Secret {
  const author = createHash('sha3-224')
    .update(`${secret.namespace}/${externalSecret}`)
    .digest('hex')
  const labels = new Map([...secret.labels, [ESO_MANAGED_LABEL, 'true']])
  if (isOwner) labels.set(ESO_CREATED_BY_LABEL, author)
  return {
    ...secret,
    labels,
    annotations: new Map([...secret.annotations, [ESO_HASH_ANNOTATION, hashOf(secret, isObject)]]),
  }
}

/** Of an object that is no Secret its spec counts, else its data (R104). */
function hashOf({ data }: Secret, isObject: boolean): string {
  if (!isObject) return dataHash(new Map([...data].map(([key, value]) => [key, value.reveal()])))
  const { spec, data: inner } = treeOf(data, asIs)
  return contentHash(spec ?? inner ?? {})
}

/** The Secret without them: a Merge leaves a Secret to those who keep it. */
export function unmarked(secret: Secret): Secret {
  return {
    ...secret,
    labels: new Map([...secret.labels].filter(([key]) => key !== MANAGED_LABEL)),
    annotations: new Map([...secret.annotations].filter(([key]) => key !== OWNER_ANNOTATION)),
  }
}
