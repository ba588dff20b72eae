/** A key of a Vault store: `path` is `spec.provider.vault.path`, undefined when the store names none. */
export interface VaultKey {
  readonly path: string | undefined
  readonly version: 'v1' | 'v2'
  readonly key: string
}

/** Request paths below `/v1/`. `metadata` is undefined when the key names no place where metadata could be (R136). */
export interface VaultPaths {
  readonly data: string
  readonly metadata: string | undefined
}

/**
 * Where a key of a Vault store is read from (R133–R136).
 *
 * Upstream: the rules are textual, so a secret whose own folder is called `data`, or equals the mount, can be
 * reached in one spelling only. A finding says so; the path stays ESO's.
 */
export function vaultPaths({ path, version, key }: VaultKey): VaultPaths {
  const isV2 = version === 'v2'
  if (path === undefined) {
    return isV2 ? { data: mountedData(key), metadata: mountedMetadata(key) } : sameFor(key)
  }
  const data = `${path}/${isV2 ? 'data/' : ''}${withoutMount(path, key, isV2)}`
  return { data, metadata: `${path}/${isV2 ? 'metadata/' : ''}${key}` }
}

/** KV v1 has no metadata of its own; the path is the same. */
function sameFor(key: string): VaultPaths {
  return { data: key, metadata: key }
}

/** A key may be spelt with the mount, and with `data/` behind it, as the API shows it (R134). */
function withoutMount(path: string, key: string, isV2: boolean): string {
  if (!key.startsWith(`${path}/`)) return key
  const rest = key.slice(path.length + 1)
  return isV2 && rest.startsWith('data/') ? rest.slice('data/'.length) : rest
}

/** Without a store path the first segment of the key is the mount. */
function mountedData(key: string): string {
  if (key.includes('/data/')) return key
  const slash = key.indexOf('/')
  return slash < 0 ? `${key}/data` : `${key.slice(0, slash)}/data${key.slice(slash)}`
}

/** Undefined where the key does not say `data`: there is no place to put `metadata` (R136). */
function mountedMetadata(key: string): string | undefined {
  // A function, because a replacement text would read `$` in the key's neighbourhood as a group.
  return key.includes('data') ? key.replace('/data/', () => '/metadata/') : undefined
}
