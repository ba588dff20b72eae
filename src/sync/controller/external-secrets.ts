import { decodeExternalSecret, type ExternalSecret } from '../../model/external-secret.ts'
import { dig, type JsonObject } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import { targetId } from '../../model/target-kind.ts'
import { specHash } from '../../plan/schedule.ts'
import { withDefaults } from '../../rules/defaults.ts'
import type { StatusEntry } from '../status-part.ts'
import { dropFrom, putInto } from './nested.ts'
import type { ItemRef } from './source.ts'
import { uidOf } from './status-writer.ts'

// The ExternalSecrets of a cluster as their watch tells, and which Secret each is about. Those that read from one store
// share a run, so that a store that hangs delays its own.

/** One ExternalSecret, as it was last seen. */
export interface KnownExternalSecret {
  readonly externalSecret: ExternalSecret
  readonly uid: string
  readonly item: ItemRef
  /** It is being deleted. */
  readonly isLeaving: boolean
  /** Changes with whatever is worth a look: not with the status. */
  readonly stamp: string
  readonly state: KnownState
}

/** What this process knows besides; it lives as long as the object. */
export interface KnownState {
  /** Undefined before the first run. */
  memory: StatusEntry | undefined
  isRunning: boolean
  /** The version of its Secret that was last seen during the run. */
  seen: string | undefined
  /** When this process wrote the status last, by the API server's clock; 0 for never. */
  wroteMs: number
  /** The words that have been said about it, so that they are said once. */
  said: string
}

/** All that were seen. */
export interface ExternalSecrets {
  /** Takes it in, and answers what has to be looked at, and what under its old name no more. */
  readonly put: (
    object: JsonObject,
    isGone: boolean,
  ) => { readonly changed: ItemRef | undefined; readonly gone: ItemRef | undefined }
  readonly get: (namespace: string, name: string) => KnownExternalSecret | undefined
  readonly inNamespace: (namespace: string) => readonly KnownExternalSecret[]
  /** Those that read from a store by default, by its batch: empty namespace for a ClusterSecretStore. */
  readonly readingFrom: (
    store: Pick<Store, 'kind' | 'namespace' | 'name'>,
  ) => readonly KnownExternalSecret[]
  /** Whose Secret this is, by `namespace/name` of the Secret. */
  readonly withTarget: (secret: string) => readonly KnownExternalSecret[]
}

/** `namespace/name` of the Secret; of anything else a key that no Secret has. */
export function targetKey(externalSecret: ExternalSecret): string {
  return `${externalSecret.namespace}/${targetId(externalSecret)}`
}

/** None yet. */
export function createExternalSecrets(): ExternalSecrets {
  const byNamespace = new Map<string, Map<string, KnownExternalSecret>>()
  const byTarget = new Map<string, Map<string, KnownExternalSecret>>()
  const drop = ({ externalSecret, uid }: KnownExternalSecret): void => {
    dropFrom(byNamespace, externalSecret.namespace, externalSecret.name)
    dropFrom(byTarget, targetKey(externalSecret), uid)
  }
  return {
    put: (object, isGone) => {
      const next = knownOf(object)
      const { namespace, name } = next.externalSecret
      const before = byNamespace.get(namespace)?.get(name)
      if (before !== undefined) drop(before)
      if (isGone) return { changed: undefined, gone: before?.item }
      const known = before?.uid === next.uid ? { ...next, state: before.state } : next
      putInto(byNamespace, namespace, [name, known])
      putInto(byTarget, targetKey(known.externalSecret), [known.uid, known])
      const isMoved = before !== undefined && before.item.batch !== known.item.batch
      return {
        changed: isMoved || before?.stamp !== known.stamp ? known.item : undefined,
        gone: isMoved ? before.item : undefined,
      }
    },
    get: (namespace, name) => byNamespace.get(namespace)?.get(name),
    inNamespace: (namespace) =>
      [...(byNamespace.get(namespace)?.values() ?? [])].sort((a, b) =>
        a.externalSecret.name < b.externalSecret.name ? -1 : 1,
      ),
    readingFrom: ({ kind, namespace, name }) => {
      const inside = namespace === '' ? [...byNamespace.keys()] : [namespace]
      return inside.flatMap((each) =>
        [...(byNamespace.get(each)?.values() ?? [])].filter(
          ({ item }) => item.batch === `${each}/${kind}/${name}`,
        ),
      )
    },
    withTarget: (secret) => [...(byTarget.get(secret)?.values() ?? [])],
  }
}

function knownOf(object: JsonObject): KnownExternalSecret {
  // The API server has judged and completed it; an older definition may know fewer defaults.
  const externalSecret = { ...decodeExternalSecret(withDefaults(object)), object }
  const uid = uidOf(object)
  const isLeaving = dig(object, 'metadata', 'deletionTimestamp') !== undefined
  return {
    externalSecret,
    uid,
    item: { batch: batchOf(externalSecret), name: externalSecret.name },
    isLeaving,
    stamp: `${uid} ${isLeaving} ${specHash(externalSecret)}`,
    state: { memory: undefined, isRunning: false, seen: undefined, wroteMs: 0, said: '' },
  }
}

/** The namespace, and the store that it reads by default. */
function batchOf({ namespace, storeRef }: ExternalSecret): string {
  return `${namespace}/${storeRef?.kind ?? ''}/${storeRef?.name ?? ''}`
}

/** The namespace of a batch. */
export function namespaceOfBatch(batch: string): string {
  return batch.slice(0, batch.indexOf('/'))
}
