import { sha256 } from '../../handoff/names.ts'
import { readStoreOf } from '../../handoff/stores.ts'
import { canonicalJson, dig, type JsonObject, member, text } from '../../model/json.ts'
import { type Store, storeKey } from '../../model/store.ts'
import { readsOf } from '../../values/assemble.ts'
import type { Bundles, ReadyBundle } from './bundles.ts'
import type { ItemRef, Verdict } from './source.ts'

// Stores that travel in ConfigMaps, and who may have failed because of one. Nothing of a store is kept but a fingerprint of
// what it said.

/** What was seen of them. */
export interface StoreMaps {
  /** Takes a ConfigMap in; answers the store that it holds, when that is new or another one now. */
  readonly put: (configMap: JsonObject, isGone: boolean) => Store | undefined
}

/** None yet. ClusterSecretStores count in the store namespace alone (MT-3). */
export function createStoreMaps(storeNamespace: string): StoreMaps {
  const stamps = new Map<string, string>()
  return {
    put: (configMap, isGone) => {
      const namespace = text(dig(configMap, 'metadata', 'namespace')) ?? ''
      const key = `${namespace}/${text(dig(configMap, 'metadata', 'name'))}`
      if (isGone) {
        stamps.delete(key)
        return undefined
      }
      const stamp = sha256(canonicalJson(member(configMap, 'data') ?? null))
      if (stamps.get(key) === stamp) return undefined
      stamps.set(key, stamp)
      const clusterStore =
        namespace === storeNamespace
          ? readStoreOf(configMap, 'ClusterSecretStore', namespace)
          : undefined
      return clusterStore ?? readStoreOf(configMap, 'SecretStore', namespace)
    },
  }
}

/** Items that failed at their last look, or whose look is under way and may still see what was before. */
export interface Suspects {
  readonly began: (key: string, names: Iterable<string>) => void
  /** Those that are well are so whatever their stores are now. */
  readonly ended: (key: string, verdicts: ReadonlyMap<string, Verdict>) => void
  readonly forget: (key: string) => void
  /** Those that read from this store. */
  readonly readingFrom: (store: Store, bundles: Pick<Bundles, 'get'>) => readonly ItemRef[]
}

/** Nobody yet. */
export function createSuspects(): Suspects {
  const byBundle = new Map<string, Set<string>>()
  return {
    began: (key, names) => {
      byBundle.set(key, new Set([...(byBundle.get(key) ?? []), ...names]))
    },
    ended: (key, verdicts) => {
      for (const [name, { outcome }] of verdicts) {
        if (outcome !== 'failed') byBundle.get(key)?.delete(name)
      }
    },
    forget: (key) => {
      byBundle.delete(key)
    },
    readingFrom: (store, bundles) =>
      [...byBundle].flatMap(([batch, names]) => {
        const bundle = names.size === 0 ? undefined : bundles.get(batch)
        const readers = bundle === undefined ? [] : readersOf(bundle, store)
        return readers.filter((name) => names.has(name)).map((name) => ({ batch, name }))
      }),
  }
}

/** Names of the ExternalSecrets of a bundle that read from a store, whether by default or at a single entry. */
function readersOf({ work, namespace }: ReadyBundle, store: Store): readonly string[] {
  const wanted = storeKey(store.kind, store.namespace, store.name)
  return work.candidates
    .filter(({ externalSecret }) =>
      readsOf(externalSecret, namespace).some(
        ({ read }) => read.op !== 'generate' && read.store === wanted,
      ),
    )
    .map(({ externalSecret }) => externalSecret.name)
}
