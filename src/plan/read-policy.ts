import { dig, text } from '../model/json.ts'
import type { ProviderFailure, Read } from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import type { NamespacePolicy, StorePolicy } from '../model/store-policy.ts'
import { vaultPaths } from '../values/vault-path.ts'

// Whether a namespace may read what it asks for (MT-5), judged by what the provider would be asked: a prefix, mount or
// namespace that the store adds belongs to the key, for a tenant writes their own stores.
//
//   provider     │ the name that a prefix is compared with
//   ─────────────┼─────────────────────────────────────────────────────────────
//   aws          │ spec.provider.aws.prefix, then the key
//   vault,openBao│ mount/key, without the `data/` of KV version 2
//   kubernetes   │ remoteNamespace/key
//   all others   │ the key
//
// A search is allowed where all that it can find is.

/** Somebody who wants to read. */
export interface Reader {
  readonly namespace: string
  readonly read: Read
  /** Undefined for a generator. */
  readonly store: Store | undefined
}

/** Why the policy refuses the read; undefined when it allows it. Asked before the store is opened. */
export function refusalOfRead(
  { namespaces }: StorePolicy,
  reader: Reader,
): ProviderFailure | undefined {
  if (namespaces === undefined) return undefined
  const { namespace } = reader
  const entries = namespaces.filter(({ names }) => names.some((name) => isNamed(namespace, name)))
  if (entries.some((entry) => allows(entry, reader))) return undefined
  const hint =
    entries.length === 0
      ? `no entry of the store policy names namespace ${namespace}`
      : `the store policy lists what namespace ${namespace} may read`
  return {
    code: 'store-not-permitted',
    message: `namespace ${namespace} may not read ${subjectOf(reader)}`,
    hint,
  }
}

function isNamed(namespace: string, name: string): boolean {
  return name.endsWith('*') ? namespace.startsWith(name.slice(0, -1)) : namespace === name
}

function allows(entry: NamespacePolicy, { namespace, read, store }: Reader): boolean {
  if (read.op === 'generate') {
    return entry.generators?.includes(kindOf(read.generator)) ?? true
  }
  if (store === undefined || !(entry.providers?.includes(store.provider) ?? true)) return false
  if (entry.keys === undefined) return true
  const name = read.op === 'get' ? nameOf(store, read.key) : scopeOf(store, read.path)
  // Whatever a server would make of such a segment, it is not the name that was judged.
  if (name.split('/').some((segment) => segment === '.' || segment === '..')) return false
  return entry.keys.some((key) => name.startsWith(key.replaceAll('{namespace}', namespace)))
}

function nameOf({ provider, settings }: Store, key: string): string {
  switch (provider) {
    case 'aws':
      return (text(dig(settings, 'prefix')) ?? '') + key
    case 'openBao':
    case 'vault':
      return vaultName(settings, key)
    case 'kubernetes':
      return `${text(dig(settings, 'remoteNamespace')) || 'default'}/${key}`
    default:
      return key
  }
}

/** As the request path has it, without the segment that version 2 puts behind the mount. */
function vaultName(settings: Store['settings'], key: string): string {
  const path = text(dig(settings, 'path')) || undefined
  const version = dig(settings, 'version') === 'v1' ? 'v1' : 'v2'
  const { data } = vaultPaths({ path, version, key })
  if (version === 'v1') return data
  // The mount may have a folder of that name as well.
  return path === undefined
    ? data.replace('/data/', () => '/')
    : `${path}/${data.slice(`${path}/data/`.length)}`
}

/** What every name begins with that a search can find. */
function scopeOf(store: Store, path: string | undefined): string {
  const folder = path === undefined || path === '' || path.endsWith('/') ? (path ?? '') : `${path}/`
  switch (store.provider) {
    case 'openBao':
    case 'vault':
      return `${text(dig(store.settings, 'path')) ?? ''}/${folder}`
    case 'kubernetes':
      return nameOf(store, '')
    default:
      // AWS and GCP take it for the beginning of a name.
      return path ?? ''
  }
}

function kindOf(generator: string): string {
  return generator.split('/')[0] ?? ''
}

function subjectOf({ read, store }: Reader): string {
  if (read.op === 'generate') return `from generator ${read.generator}`
  const provider = `provider ${JSON.stringify(store?.provider ?? '')}`
  return read.op === 'get'
    ? `key ${JSON.stringify(read.key)} of ${provider}`
    : `what a search of ${provider} finds below ${JSON.stringify(read.path ?? '')}`
}
