import { dig, isObject, type JsonValue } from '../../src/model/json.ts'
import { rawMember } from '../../src/providers/vault/raw-json.ts'
import { type KvAnswer, type KvMount, type KvSecret, putVersion } from './vault-kv.ts'

// The write side of the KV engines: a version per write, check-and-set, custom metadata, and what each kind of deletion
// leaves behind.

/** A write or a deletion below a mount. */
export interface KvOrder {
  readonly mount: KvMount
  /** Below the mount, e.g. `data/shop/db` of KV v2. */
  readonly rest: string
  /** JSON text; undefined for a deletion. */
  readonly body: string | undefined
  readonly nowMs: number
  /** Whether every write of KV v2 has to name a version. */
  readonly isCasRequired: boolean
}

export interface KvRefusal {
  readonly status: number
  readonly error: string
}

const DONE: KvAnswer = { status: 204, data: undefined }

/** What Vault calls the act: whether the path is there decides. */
export function writeCapability({ mount, rest }: KvOrder): 'create' | 'update' {
  const path = mount.version === 1 ? rest : rest.replace(/^(data|metadata)\//, '')
  return mount.secrets.has(path) ? 'update' : 'create'
}

export function changeKv(order: KvOrder): KvAnswer | KvRefusal {
  const { mount, rest, body } = order
  if (mount.version === 1) {
    if (body === undefined) mount.secrets.delete(rest)
    else putVersion(mount, rest, body, order.nowMs)
    return DONE
  }
  const [folder = ''] = rest.split('/')
  const path = rest.slice(folder.length + 1)
  if (folder === 'metadata') return changeMetadata(mount, path, body)
  if (folder !== 'data') return { status: 404, error: '' }
  return body === undefined ? deleteNewest(order, path) : addVersion(order, path, body)
}

function changeMetadata(mount: KvMount, path: string, body: string | undefined): KvAnswer {
  if (body === undefined) {
    mount.secrets.delete(path)
    return DONE
  }
  const secret: KvSecret = mount.secrets.get(path) ?? { versions: [], customMetadata: undefined }
  const custom = dig(JSON.parse(body) as JsonValue, 'custom_metadata')
  // The whole map is replaced; a member that is not sent stays.
  if (isObject(custom)) secret.customMetadata = custom as Readonly<Record<string, string>>
  mount.secrets.set(path, secret)
  return DONE
}

function deleteNewest({ mount, nowMs }: KvOrder, path: string): KvAnswer {
  const newest = mount.secrets.get(path)?.versions.at(-1)
  if (newest !== undefined) newest.deletedMs = nowMs
  return DONE
}

function addVersion(order: KvOrder, path: string, body: string): KvAnswer | KvRefusal {
  const { mount, nowMs, isCasRequired } = order
  const cas = dig(JSON.parse(body) as JsonValue, 'options', 'cas')
  const current = mount.secrets.get(path)?.versions.length ?? 0
  if (isCasRequired && cas === undefined) {
    return { status: 400, error: 'check-and-set parameter required for this call' }
  }
  if (cas !== undefined && cas !== current) {
    return { status: 400, error: 'check-and-set parameter did not match the current version' }
  }
  const data = rawMember(body, 'data')
  if (data === undefined) return { status: 400, error: 'no data provided' }
  putVersion(mount, path, data, nowMs)
  return { status: 200, data: JSON.stringify({ version: current + 1, destroyed: false }) }
}
