// The KV engines of the Vault server. Values are kept as the JSON text that the test gave: Vault keeps number text too.

/** A data map: an object, or its JSON text when the text of a number matters. */
export type VaultData = string | Readonly<Record<string, unknown>>

export interface KvVersion {
  readonly text: string
  readonly createdMs: number
  deletedMs: number | undefined
  isDestroyed: boolean
}

export interface KvSecret {
  readonly versions: KvVersion[]
  customMetadata: Readonly<Record<string, string>> | undefined
}

export interface KvMount {
  readonly version: 1 | 2
  readonly secrets: Map<string, KvSecret>
}

/** JSON text of the answer's `data`; undefined when the status says all. */
export interface KvAnswer {
  readonly status: number
  readonly data: string | undefined
}

const MISSING: KvAnswer = { status: 404, data: undefined }

export const jsonText = (data: VaultData): string =>
  typeof data === 'string' ? data : JSON.stringify(data)

export function putVersion(mount: KvMount, path: string, data: VaultData, nowMs: number): void {
  const secret = mount.secrets.get(path) ?? { versions: [], customMetadata: undefined }
  if (mount.version === 1) secret.versions.length = 0
  secret.versions.push({
    text: jsonText(data),
    createdMs: nowMs,
    deletedMs: undefined,
    isDestroyed: false,
  })
  mount.secrets.set(path, secret)
}

/** KV v1: the path is the secret, the data is the map. */
export function readV1(mount: KvMount, path: string): KvAnswer {
  const text = mount.secrets.get(path)?.versions.at(-1)?.text
  return text === undefined ? MISSING : { status: 200, data: text }
}

/** KV v2 `data/`. A deleted or destroyed version is a 404 that still carries its metadata. */
export function readV2(mount: KvMount, path: string, version: string | null): KvAnswer {
  const versions = mount.secrets.get(path)?.versions ?? []
  const number = version === null || version === '0' ? versions.length : Number(version)
  const found = versions[number - 1]
  if (found === undefined) return MISSING
  const isGone = found.deletedMs !== undefined || found.isDestroyed
  const metadata = JSON.stringify({
    created_time: new Date(found.createdMs).toISOString(),
    custom_metadata: mount.secrets.get(path)?.customMetadata ?? null,
    deletion_time: found.deletedMs === undefined ? '' : new Date(found.deletedMs).toISOString(),
    destroyed: found.isDestroyed,
    version: number,
  })
  return {
    status: isGone ? 404 : 200,
    data: `{"data":${isGone ? 'null' : found.text},"metadata":${metadata}}`,
  }
}

/** KV v2 `metadata/`. */
export function readMetadata(mount: KvMount, path: string): KvAnswer {
  const secret = mount.secrets.get(path)
  if (secret === undefined) return MISSING
  const times = secret.versions.map(({ createdMs }) => new Date(createdMs).toISOString())
  return {
    status: 200,
    data: JSON.stringify({
      cas_required: false,
      created_time: times[0] ?? '',
      current_version: secret.versions.length,
      custom_metadata: secret.customMetadata ?? null,
      delete_version_after: '0s',
      max_versions: 0,
      oldest_version: 0,
      updated_time: times.at(-1) ?? '',
    }),
  }
}

/** Names directly below `folder`, folders with a slash. */
export function listKeys(mount: KvMount, folder: string): KvAnswer {
  const prefix = folder === '' ? '' : `${folder}/`
  const names = new Set<string>()
  for (const path of mount.secrets.keys()) {
    if (!path.startsWith(prefix)) continue
    const rest = path.slice(prefix.length)
    const slash = rest.indexOf('/')
    names.add(slash < 0 ? rest : rest.slice(0, slash + 1))
  }
  if (names.size === 0) return MISSING
  return { status: 200, data: JSON.stringify({ keys: [...names].sort() }) }
}
