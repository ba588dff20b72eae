import type { ExternalSecret } from '../model/external-secret.ts'
import { type Read, readKey } from '../model/provider.ts'
import type { StoreKey } from '../model/store.ts'
import { readsOf } from '../values/assemble.ts'

/** Where reads go: a store, or the generators, which have none. */
export type Origin = StoreKey | 'generators'

/** Every distinct read of these ExternalSecrets, by where it goes, in the order in which they are first asked for. */
export function planReads(
  externalSecrets: readonly ExternalSecret[],
  defaultNamespace: string,
): ReadonlyMap<Origin, readonly Read[]> {
  const byOrigin = new Map<Origin, Map<string, Read>>()
  for (const externalSecret of externalSecrets) {
    for (const { read } of readsOf(externalSecret, defaultNamespace)) {
      const origin = originOf(read)
      const reads = byOrigin.get(origin) ?? new Map<string, Read>()
      byOrigin.set(origin, reads)
      const key = readKey(read)
      if (!reads.has(key)) reads.set(key, read)
    }
  }
  return new Map([...byOrigin].map(([origin, reads]) => [origin, [...reads.values()]]))
}

export function originOf(read: Read): Origin {
  return read.op === 'generate' ? 'generators' : read.store
}
