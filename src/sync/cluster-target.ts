import { createHash } from 'node:crypto'
import { type KubeApi, KubeError, type ObjectRef } from '../kube/api.ts'
import type { ExternalSecret } from '../model/external-secret.ts'
import {
  dig,
  isArray,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import type { ObservedSecret, OwnerReference, Secret } from '../model/secret.ts'
import type { Write } from '../plan/change.ts'
import { withoutOwned } from '../plan/desired.ts'
import { type Claim, isObjectClaim, ownershipOf, ownUid } from '../plan/marks.ts'
import { asIs, fieldPaths, treeOf } from '../plan/object-content.ts'
import { decodeTarget } from '../plan/observed.ts'
import type { Restamp } from '../plan/restamp.ts'
import { isOurs, type Keeping } from '../plan/same-content.ts'
import { base64, record, targetObject } from '../plan/secret-object.ts'
import { refOfTarget, type Target, type WriteChange } from './target.ts'

// The write protocol (security.md's rules for a Secret):
//   absent      apply without preconditions; anything but 201 means that somebody was faster: what we put in is given up
//               again, and the caller looks anew. Trap: another run of ours may be that somebody. Giving up would then
//               empty the Secret that it has just made, and a Secret without marks is refused ever after
//   present     apply with uid and resourceVersion, so that what we have not seen cannot be overwritten
//   stuck keys  replace under the same preconditions, where keys of others have to go
// A request carries only what is ours: an apply that repeats a stranger's key would make it ours, and drop it later.

/** How and on whose behalf Secrets are written. */
export interface ClusterTargetOptions {
  readonly kube: KubeApi
  /** `--field-manager`. */
  readonly fieldManager: string
  readonly isDryRun: boolean
  readonly claimOf: (externalSecret: ExternalSecret) => Claim
}

// The API server's limit for the name of a field manager.
const MANAGER_MAX = 128

/** Secrets of a cluster. */
export function clusterTarget(options: ClusterTargetOptions): Target {
  const raw = new WeakMap<ObservedSecret, JsonObject>()
  return {
    observe: async (externalSecret) => {
      const object = await options.kube.get(refOf(externalSecret))
      if (object === undefined) return undefined
      const observed = decode(object, externalSecret, options)
      raw.set(observed, object)
      return observed
    },
    write: (change, externalSecret) => {
      switch (change.action) {
        case 'create':
          return create(change, externalSecret, options)
        case 'delete':
          return remove(change, externalSecret, options)
        case 'update':
          return change.by === 'apply'
            ? update(change, externalSecret, options)
            : replace(change, raw.get(change.observed), { externalSecret, options })
      }
    },
    restamp: (change, externalSecret) =>
      restamp(change, raw.get(change.observed), { externalSecret, options }),
  }
}

function refOf({ namespace, target }: ExternalSecret): ObjectRef {
  return refOfTarget(target, namespace)
}

/**
 * ExternalSecrets that merge share a Secret, and an apply drops what its manager applied before: so each has a manager
 * of its own. An owner is alone.
 */
export function managerOf({ name, target }: ExternalSecret, fieldManager: string): string {
  if (target.creationPolicy !== 'Merge' && target.creationPolicy !== 'CreateOrMerge') {
    return fieldManager
  }
  const full = `${fieldManager}/${name}`
  if (full.length <= MANAGER_MAX) return full
  return `${fieldManager}/${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}

/** What the other manager of ours, or ESO's that we take over from, left counts as ours unless somebody else keeps it. */
function decode(
  object: JsonObject,
  externalSecret: ExternalSecret,
  { fieldManager, claimOf }: ClusterTargetOptions,
): ObservedSecret {
  const manager = managerOf(externalSecret, fieldManager)
  const { object: kind } = externalSecret.target
  const observed = decodeTarget(object, kind, [manager])
  const claim = claimOf(externalSecret)
  if (ownershipOf(observed, claim) === 'another') return observed
  const mergeTarget = { ...externalSecret.target, creationPolicy: 'Merge' } as const
  const merging = managerOf({ ...externalSecret, target: mergeTarget }, fieldManager)
  const eso =
    claim.adopts || isObjectClaim(claim) ? [`external-secrets.io/${externalSecret.name}`] : []
  const former = eso.map((name) => `externalsecrets.${name}`)
  return decodeTarget(object, kind, [...new Set([manager, fieldManager, merging, ...former])])
}

/** Fails with `conflict` when somebody else was faster: then it is judged again. */
async function create(
  change: Extract<WriteChange, { action: 'create' }>,
  externalSecret: ExternalSecret,
  { kube, fieldManager, isDryRun }: ClusterTargetOptions,
): Promise<string> {
  const how = { fieldManager: managerOf(externalSecret, fieldManager), isForced: false, isDryRun }
  const { object, isCreated } = await kube.apply(bodyOf(change, undefined, externalSecret), how)
  if (isCreated || isMadeBy(how.fieldManager, object)) return versionOf(object)
  const { desired } = change
  const { apiVersion, kind } = refOf(externalSecret)
  const empty = { apiVersion, kind, metadata: namesOf(desired) }
  await kube.apply(empty, how)
  throw new KubeError(
    'conflict',
    200,
    `${kind}/${desired.namespace}/${desired.name} was created by somebody else`,
  )
}

/** Whoever makes a Secret holds its type or its data, of anything else some of the content; what others did to it since does not matter. */
function isMadeBy(manager: string, object: JsonObject): boolean {
  const entries = dig(object, 'metadata', 'managedFields')
  if (!isArray(entries)) return false
  const holders = entries.filter((entry) => {
    return fieldPaths(member(entry, 'fieldsV1')).length > 0
  })
  return holders.length > 0 && holders.every((entry) => member(entry, 'manager') === manager)
}

/** By server-side apply, or by replace where keys have to go that others own. */
async function update(
  change: Extract<WriteChange, { action: 'update' }>,
  externalSecret: ExternalSecret,
  { kube, fieldManager, isDryRun }: ClusterTargetOptions,
): Promise<string> {
  const how = { fieldManager: managerOf(externalSecret, fieldManager), isForced: true, isDryRun }
  const body = bodyOf(change, change.observed, externalSecret)
  return versionOf((await kube.apply(body, how)).object)
}

async function replace(
  change: Extract<WriteChange, { action: 'update' }>,
  object: JsonObject | undefined,
  { externalSecret, options }: { externalSecret: ExternalSecret; options: ClusterTargetOptions },
): Promise<string> {
  const { desired, observed } = change
  const { managedFields: _, ...metadata } = (member(object, 'metadata') ?? {}) as JsonObject
  const { object: target } = externalSecret.target
  const wanted = { ...desired, type: desired.type || observed.type }
  const whole = targetObject(wanted, target, true)
  const status = member(object, 'status')
  const body: JsonObject = {
    ...(status !== undefined && { status }),
    ...whole,
    metadata: {
      ...metadata,
      ...(member(whole, 'metadata') as JsonObject),
      labels: record(desired.labels, (value) => value),
      annotations: record(desired.annotations, (value) => value),
      uid: observed.uid,
      resourceVersion: observed.resourceVersion,
      ownerReferences: ownersAfter(
        member(metadata, 'ownerReferences'),
        change,
        keepingOf(externalSecret, options),
      ),
    },
  }
  const fieldManager = managerOf(externalSecret, options.fieldManager)
  return versionOf(await options.kube.replace(body, { fieldManager, isDryRun: options.isDryRun }))
}

/** The object as it was observed, but for who owns it. A second reference to the same owner would be refused. */
async function restamp(
  { observed, owner, stale }: Restamp,
  object: JsonObject | undefined,
  { externalSecret, options }: { externalSecret: ExternalSecret; options: ClusterTargetOptions },
): Promise<string> {
  const { managedFields: _, ...metadata } = (member(object, 'metadata') ?? {}) as JsonObject
  const references = member(metadata, 'ownerReferences')
  const others = (isArray(references) ? references.filter(isObject) : []).filter((reference) => {
    const uid = text(member(reference, 'uid')) ?? ''
    return !stale.has(uid) && uid !== owner.uid
  })
  const { uid, resourceVersion } = observed
  const ownerReferences = [...others, referenceOf(owner)]
  const body = { ...object, metadata: { ...metadata, uid, resourceVersion, ownerReferences } }
  const fieldManager = managerOf(externalSecret, options.fieldManager)
  return versionOf(await options.kube.replace(body, { fieldManager, isDryRun: options.isDryRun }))
}

/** Only the very Secret that was judged: its uid and resourceVersion are conditions. */
async function remove(
  { observed }: Extract<WriteChange, { action: 'delete' }>,
  externalSecret: ExternalSecret,
  { kube, isDryRun }: ClusterTargetOptions,
): Promise<string> {
  if (observed === undefined) return ''
  const { uid, resourceVersion } = observed
  await kube.delete(refOf(externalSecret), { uid, resourceVersion }, isDryRun)
  return ''
}

/** References of others as they are, ours as wished; a Secret that we take over is no longer ESO's. */
function ownersAfter(
  references: JsonValue | undefined,
  { observed, owner }: Extract<WriteChange, { action: 'update' }>,
  keeping: Keeping,
): JsonArray {
  const present = isArray(references) ? references.filter(isObject) : []
  if (owner === 'any') return present
  const given = observed.owners.filter((one) => isOurs(one, keeping))
  const uids = new Set(given.map(({ uid }) => uid))
  const others = present.filter((reference) => !uids.has(text(member(reference, 'uid')) ?? ''))
  return owner === 'none' ? others : [...others, referenceOf(owner)]
}

function keepingOf(externalSecret: ExternalSecret, { claimOf }: ClusterTargetOptions): Keeping {
  const { creationPolicy } = externalSecret.target
  const isKeeper = creationPolicy === 'Owner' || creationPolicy === 'Orphan'
  return { isKeeper, ownUid: ownUid(claimOf(externalSecret)) }
}

/** `blockOwnerDeletion` stays off: it would need a right on the owner's finalizers. */
function referenceOf({ apiVersion, kind, name, uid, controller }: OwnerReference): JsonObject {
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion: false }
}

/** What is ours of the Secret: all of a new one; of one that is there what differs from what others keep in it. */
function bodyOf(
  { desired, owner }: Write,
  observed: ObservedSecret | undefined,
  externalSecret: ExternalSecret,
): JsonObject {
  const others = observed === undefined ? undefined : withoutOwned(observed)
  const own = <T>(
    all: ReadonlyMap<string, T>,
    theirs: ReadonlyMap<string, T> | undefined,
    isSame: (a: T, b: T) => boolean,
  ): ReadonlyMap<string, T> =>
    new Map(
      [...all].filter(([key, value]) => {
        const their = theirs?.get(key)
        return their === undefined || !isSame(value, their)
      }),
    )
  const finalizers = dig(externalSecret.target.template, 'metadata', 'finalizers')
  const labels = own(desired.labels, others?.labels, Object.is)
  const annotations = own(desired.annotations, others?.annotations, Object.is)
  const data = own(desired.data, others?.data, (a, b) => a.equals(b))
  const { apiVersion, kind } = refOf(externalSecret)
  const isSecret = externalSecret.target.object === undefined
  return {
    apiVersion,
    kind,
    metadata: {
      ...namesOf(desired),
      ...(observed && { uid: observed.uid, resourceVersion: observed.resourceVersion }),
      ...(labels.size > 0 && { labels: record(labels, (value) => value) }),
      ...(annotations.size > 0 && { annotations: record(annotations, (value) => value) }),
      ...(isArray(finalizers) && { finalizers }),
      ...(typeof owner === 'object' && { ownerReferences: [referenceOf(owner)] }),
    },
    ...(desired.immutable && { immutable: true }),
    ...(isSecret &&
      (observed === undefined || desired.type !== '') && { type: desired.type || 'Opaque' }),
    ...(isSecret ? { data: record(data, base64) } : treeOf(data, asIs)),
  }
}

function namesOf({ name, namespace }: Secret): JsonObject {
  return { name, namespace }
}

/** Empty for an answer without one. */
function versionOf(object: JsonObject): string {
  return text(dig(object, 'metadata', 'resourceVersion')) ?? ''
}
