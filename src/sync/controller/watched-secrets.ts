import { dig, isArray, type JsonObject, type JsonValue, member, text } from '../../model/json.ts'
import type { OwnerReference } from '../../model/secret.ts'
import { isExternalSecret } from '../../plan/marks.ts'
import { decodeObserved } from '../../plan/observed.ts'
import { dropFrom, putInto } from './nested.ts'

// What a watch of metadata tells about the Secrets that carry our label. No value is asked, and none is kept.

/** One of them. */
export interface WatchedSecret {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** uid of the ExternalSecret that controls it; empty without one. */
  readonly ownerUid: string
  /** Every key of the data is still as we applied it: nobody else holds one. */
  readonly isIntact: boolean
}

/** All of them. */
export interface WatchedSecrets {
  readonly put: (object: JsonObject, isGone: boolean) => WatchedSecret
  /** By `namespace/name`. */
  readonly get: (key: string) => WatchedSecret | undefined
  /** Those that this ExternalSecret controls. */
  readonly ownedBy: (uid: string) => readonly WatchedSecret[]
}

/** None yet; objects have the shape of `shapeSecret`. */
export function createWatchedSecrets(): WatchedSecrets {
  const byKey = new Map<string, WatchedSecret>()
  const byOwner = new Map<string, Map<string, WatchedSecret>>()
  return {
    put: (object, isGone) => {
      const secret = watchedOf(object)
      const key = `${secret.namespace}/${secret.name}`
      dropFrom(byOwner, byKey.get(key)?.ownerUid ?? '', key)
      byKey.delete(key)
      if (isGone) return secret
      byKey.set(key, secret)
      if (secret.ownerUid !== '') putInto(byOwner, secret.ownerUid, [key, secret])
      return secret
    },
    get: (key) => byKey.get(key),
    ownedBy: (uid) => [...(byOwner.get(uid)?.values() ?? [])],
  }
}

/** What is kept of a Secret's metadata: of its managedFields only whether all of the data is ours. */
export function shapeSecret(object: JsonObject, fieldManager: string): JsonObject {
  const metadata = member(object, 'metadata')
  const { name, namespace, uid, resourceVersion, ownerReferences } = (metadata ?? {}) as JsonObject
  const isIntact = isDataOurs(member(metadata, 'managedFields'), fieldManager)
  return { metadata: { name, namespace, uid, resourceVersion, ownerReferences }, isIntact }
}

/** Managers of ours have the name, or begin with it: those that merge have one each. */
function isDataOurs(entries: JsonValue | undefined, fieldManager: string): boolean {
  const holders = (isArray(entries) ? entries : [])
    .filter((entry) => dig(entry, 'fieldsV1', 'f:data') !== undefined)
    .map((entry) => text(member(entry, 'manager')) ?? '')
  const isOurs = (manager: string): boolean =>
    manager === fieldManager || manager.startsWith(`${fieldManager}/`)
  return holders.length > 0 && holders.every(isOurs)
}

function watchedOf(object: JsonObject): WatchedSecret {
  const { name, namespace, uid, resourceVersion, owners } = decodeObserved(object, [])
  const isOwner = (owner: OwnerReference): boolean => owner.controller && isExternalSecret(owner)
  return {
    ...{ name, namespace, uid, resourceVersion },
    ownerUid: owners.find(isOwner)?.uid ?? '',
    isIntact: member(object, 'isIntact') === true,
  }
}
