import type { AuthMount, VaultToken } from './vault-auth.ts'
import type { DynamicEngine, Lease } from './vault-dynamic.ts'
import type { Grant } from './vault-grant.ts'
import type { KvMount, VaultData } from './vault-kv.ts'

// What the Vault server is told, and what it remembers.

export interface PathRule {
  /** A path prefix, e.g. `secret/data/shop/`; exact when it does not end in a slash or `*`. `+` is any one segment. */
  readonly path: string
  readonly capabilities: readonly ('read' | 'list' | 'create' | 'update' | 'delete')[]
}

export interface VaultOptions {
  readonly tls?: boolean
  readonly clock?: () => number
  /** Engines by mount path, which may hold slashes; `secret` with version 2 when absent. */
  readonly mounts?: Readonly<Record<string, 1 | 2>>
  /** Engines that make what they give, by mount path. */
  readonly dynamic?: Readonly<Record<string, DynamicEngine>>
  /** `mount` → path → data. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, VaultData>>>>
  readonly policies?: Readonly<Record<string, readonly PathRule[]>>
  readonly tokens?: Readonly<Record<string, Grant>>
  /** By mount path: `kubernetes`, `approle`, `teams/jwt` … */
  readonly auth?: Readonly<Record<string, AuthMount>>
  /** Where logins and engines live; the root when absent. */
  readonly namespace?: string
  /** The namespace that logins happen in, when it is another. */
  readonly loginNamespace?: string
  /** Whether every write of KV v2 has to name the version that it replaces. */
  readonly isCasRequired?: boolean
  /** A proxy in front takes only clients with a certificate. */
  readonly needsCertificate?: boolean
  /** Only who shows the state of the last login gets an answer; others get 412, as of a standby that lags. */
  readonly lags?: boolean
  /** A header that every request must carry, as a proxy in front may ask for. */
  readonly requiredHeader?: readonly [name: string, value: string]
}

export interface Vault {
  readonly options: VaultOptions
  readonly now: () => number
  readonly mounts: ReadonlyMap<string, KvMount>
  readonly tokens: Map<string, VaultToken>
  readonly handedOut: string[]
  readonly leases: Lease[]
  isSealed: boolean
}

export const namespaceOf = ({ namespace = '' }: VaultOptions): string => namespace

/** What replication counts. */
export const stateOf = ({ handedOut }: Vault): string => `v1:cluster:${handedOut.length}:0:mac`

export function isPermitted(
  { options }: Vault,
  { policies }: VaultToken,
  path: string,
  capability: PathRule['capabilities'][number],
): boolean {
  if (policies.includes('root')) return true
  const rules = policies.flatMap((policy) => options.policies?.[policy] ?? [])
  return rules.some(({ path: rule, capabilities }) => {
    return matches(rule, path) && capabilities.includes(capability)
  })
}

/** `+` stands for one segment; a slash or `*` at the end for everything below. */
export function matches(rule: string, path: string): boolean {
  const wanted = rule.replace(/\*$/, '').split('/')
  const isPrefix = /[*/]$/.test(rule)
  const given = path.split('/')
  if (isPrefix ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((segment, at) => {
    const isLast = isPrefix && at === wanted.length - 1
    if (segment === '+') return true
    return isLast ? given[at]?.startsWith(segment) : given[at] === segment
  })
}
