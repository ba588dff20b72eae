import {
  type Answered,
  type Incoming,
  json,
  type Reply,
  startServer,
  type TestServer,
} from './server.ts'
import { type AuthMount, logIn, newToken, type VaultToken } from './vault-auth.ts'
import type { DynamicAnswer, DynamicEngine, Lease } from './vault-dynamic.ts'
import type { Grant } from './vault-grant.ts'
import {
  type KvAnswer,
  type KvMount,
  type KvSecret,
  listKeys,
  putVersion,
  readMetadata,
  readV1,
  readV2,
  type VaultData,
} from './vault-kv.ts'
import { changeKv, type KvOrder, writeCapability } from './vault-kv-write.ts'

// HashiCorp Vault's HTTP API on loopback, as far as reading secrets goes. Strict: every path needs a policy, every
// token its life and namespace, and what a real Vault answers with 400, 403, 404 or 503 is answered so here.

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
  /** A header that every request must carry, as a proxy in front may ask for. */
  readonly requiredHeader?: readonly [name: string, value: string]
}

export interface VaultServer extends TestServer {
  readonly put: (mount: string, path: string, data: VaultData) => void
  readonly secret: (mount: string, path: string) => KvSecret
  readonly find: (mount: string, path: string) => KvSecret | undefined
  /** Deletes the newest version, as `vault kv delete` does. */
  readonly deleteVersion: (mount: string, path: string) => void
  readonly destroyVersion: (mount: string, path: string) => void
  readonly remove: (mount: string, path: string) => void
  readonly setMetadata: (
    mount: string,
    path: string,
    custom: Readonly<Record<string, string>> | undefined,
  ) => void
  readonly seal: () => void
  readonly unseal: () => void
  /** Ends every token that a login has handed out. */
  readonly revokeAll: () => void
  /** Leases whose token is alive. */
  readonly leases: () => readonly Lease[]
  /** Tokens that are alive. */
  readonly live: () => readonly VaultToken[]
  /** Tokens that were ever handed out: what must never appear in an error. */
  readonly handedOut: readonly string[]
}

interface Vault {
  readonly options: VaultOptions
  readonly now: () => number
  readonly mounts: ReadonlyMap<string, KvMount>
  readonly tokens: Map<string, VaultToken>
  readonly handedOut: string[]
  readonly leases: Lease[]
  isSealed: boolean
}

export async function startVault(options: VaultOptions = {}): Promise<VaultServer> {
  const vault = openVault(options)
  const server = await startServer({
    tls: options.tls ?? false,
    nameOf: (incoming) => nameOf(vault, incoming),
    answer: (incoming) => answer(vault, incoming),
  })
  const secret = (mount: string, path: string): KvSecret => {
    const found = vault.mounts.get(mount)?.secrets.get(path)
    if (found === undefined) throw new Error(`no secret ${mount}/${path}`)
    return found
  }
  const newest = (mount: string, path: string) => secret(mount, path).versions.at(-1)
  return {
    ...server,
    put: (mount, path, data) => {
      putVersion(mountOf(vault, mount), path, data, vault.now())
    },
    secret,
    find: (mount, path) => vault.mounts.get(mount)?.secrets.get(path),
    deleteVersion: (mount, path) => {
      Object.assign(newest(mount, path) ?? {}, { deletedMs: vault.now() })
    },
    destroyVersion: (mount, path) => {
      Object.assign(newest(mount, path) ?? {}, { isDestroyed: true })
    },
    remove: (mount, path) => mountOf(vault, mount).secrets.delete(path),
    setMetadata: (mount, path, custom) => {
      secret(mount, path).customMetadata = custom
    },
    seal: () => {
      vault.isSealed = true
    },
    unseal: () => {
      vault.isSealed = false
    },
    revokeAll: () => {
      for (const id of vault.handedOut) vault.tokens.delete(id)
    },
    leases: () => vault.leases.filter(({ token }) => vault.tokens.has(token)),
    live: () => [...vault.tokens.values()].filter(({ id }) => vault.handedOut.includes(id)),
    handedOut: vault.handedOut,
  }
}

function openVault(options: VaultOptions): Vault {
  const now = options.clock ?? Date.now
  const mounts = new Map<string, KvMount>()
  for (const [path, version] of Object.entries(options.mounts ?? { secret: 2 as const })) {
    mounts.set(path, { version, secrets: new Map() })
  }
  const tokens = new Map<string, VaultToken>()
  for (const [id, given] of Object.entries(options.tokens ?? {})) {
    const grant = { ttlSeconds: 1e9, ...given }
    const token = newToken({ grant, principal: 'token' }, namespaceOf(options), now())
    tokens.set(id, { ...token, id })
  }
  const vault: Vault = {
    options,
    now,
    mounts,
    tokens,
    handedOut: [],
    leases: [],
    isSealed: false,
  }
  for (const [mount, secrets] of Object.entries(options.secrets ?? {})) {
    for (const [path, data] of Object.entries(secrets)) {
      putVersion(mountOf(vault, mount), path, data, now())
    }
  }
  return vault
}

const namespaceOf = ({ namespace = '' }: VaultOptions): string => namespace

function mountOf({ mounts }: Vault, path: string): KvMount {
  const mount = mounts.get(path)
  if (mount === undefined) throw new Error(`no engine at ${path}`)
  return mount
}

/** `vault:login`, `vault:read`, `vault:metadata`, `vault:list`, `vault:revoke-self`, `vault:lookup-self`. */
function nameOf(vault: Vault, incoming: Incoming): string {
  const path = pathOf(incoming)
  if (/^auth\/.+\/login(\/|$)/.test(path)) return 'vault:login'
  if (path.startsWith('auth/token/')) return `vault:${path.slice('auth/token/'.length)}`
  if (isList(incoming)) return 'vault:list'
  if (incoming.method === 'POST' || incoming.method === 'PUT') return 'vault:write'
  if (incoming.method === 'DELETE') return 'vault:delete'
  return kvCall(locate(vault, path)?.[1], path, incoming)
}

function kvCall(mount: KvMount | undefined, path: string, incoming: Incoming): string {
  if (isChange(incoming) && mount !== undefined) {
    return incoming.method === 'DELETE' ? 'vault:delete' : 'vault:write'
  }
  const isMetadata = mount?.version === 2 && /(^|\/)metadata\//.test(path)
  return isMetadata ? 'vault:metadata' : 'vault:read'
}

/** Node's HTTP parser does not know the verb LIST, and proxies may not: a GET may say so in its query. */
function isList({ method, query }: Incoming): boolean {
  const list = new URLSearchParams(query).get('list')
  return method === 'LIST' || (method === 'GET' && (list === '1' || list === 'true'))
}

/** Segments are decoded here, once: an encoded slash is part of a name. */
function pathOf({ path }: Incoming): string {
  return path
    .replace(/^\/v1\//, '')
    .split('/')
    .map(decodeURIComponent)
    .join('/')
}

function locate({ mounts }: Vault, path: string): [string, KvMount] | undefined {
  return [...mounts].find(([mount]) => `${path}/`.startsWith(`${mount}/`))
}

async function answer(vault: Vault, incoming: Incoming): Promise<Answered> {
  const call = nameOf(vault, incoming)
  const path = pathOf(incoming)
  const { requiredHeader } = vault.options
  if (requiredHeader !== undefined && incoming.headers[requiredHeader[0]] !== requiredHeader[1]) {
    return { call, keys: [path], reply: errors(401, 'the proxy wants its header') }
  }
  if (vault.isSealed) return { call, keys: [path], reply: errors(503, 'Vault is sealed') }
  if (call === 'vault:login') return answerLogin(vault, path, incoming)
  const token = vault.tokens.get(incoming.headers['x-vault-token'] ?? '')
  const namespace = namespaceHeader(incoming)
  const isAlive = token !== undefined && token.expiresMs > vault.now()
  if (!isAlive || !isWithin(namespace, token.namespace)) {
    return { call, keys: [path], reply: errors(403, 'permission denied') }
  }
  const { principal } = token
  if (path === 'auth/token/create') {
    return { call, keys: [path], principal, reply: createToken(vault, token, incoming) }
  }
  if (path.startsWith('auth/token/')) {
    return { call, principal, reply: answerToken(vault, token, path) }
  }
  const engine = Object.entries(vault.options.dynamic ?? {}).find(([mount]) =>
    path.startsWith(`${mount}/`),
  )
  if (engine !== undefined) {
    const reply = answerDynamic(vault, token, { incoming, mount: engine[0], engine: engine[1] })
    return { call, keys: [path], principal, reply }
  }
  return { call, keys: [path], principal, reply: answerKv(vault, token, incoming) }
}

const namespaceHeader = ({ headers }: Incoming): string =>
  (headers['x-vault-namespace'] ?? '').replace(/\/$/, '')

const isWithin = (namespace: string, outer: string): boolean =>
  outer === '' || namespace === outer || namespace.startsWith(`${outer}/`)

function errors(status: number, ...texts: readonly string[]): Reply {
  return json(status, { errors: texts })
}

async function answerLogin(vault: Vault, path: string, incoming: Incoming): Promise<Answered> {
  const match = path.match(/^auth\/(.+)\/login(?:\/(.+))?$/)
  const mount = vault.options.auth?.[match?.[1] ?? '']
  const call = 'vault:login'
  const home = vault.options.loginNamespace ?? namespaceOf(vault.options)
  // As Vault does: strangers learn nothing about what is mounted.
  if (mount === undefined || namespaceHeader(incoming) !== home) {
    return { call, keys: [path], reply: errors(403, 'permission denied') }
  }
  const outcome = await logIn({
    mount,
    username: match?.[2] ?? '',
    body: JSON.parse(incoming.body.toString() || '{}') as Readonly<Record<string, unknown>>,
    incoming,
    nowMs: vault.now(),
  })
  if ('error' in outcome)
    return { call, keys: [path], reply: errors(outcome.status, outcome.error) }
  const token = newToken(outcome, home, vault.now())
  vault.tokens.set(token.id, token)
  vault.handedOut.push(token.id)
  const auth = {
    client_token: token.id,
    accessor: 'accessor',
    policies: ['default', ...token.policies],
    lease_duration: Math.round((token.expiresMs - vault.now()) / 1000),
    renewable: !token.isBatch,
    token_type: token.isBatch ? 'batch' : 'service',
  }
  return { call, keys: [path], principal: token.principal, reply: json(200, { data: null, auth }) }
}

function answerToken(vault: Vault, token: VaultToken, path: string): Reply {
  if (token.isBatch && !path.endsWith('lookup-self')) {
    return errors(400, `batch tokens cannot be ${path.includes('revoke') ? 'revoked' : 'renewed'}`)
  }
  switch (path) {
    case 'auth/token/revoke-self':
      vault.tokens.delete(token.id)
      for (const [id, { parent }] of vault.tokens) if (parent === token.id) vault.tokens.delete(id)
      return { status: 204, body: '' }
    case 'auth/token/lookup-self':
      return json(200, { data: { ttl: Math.round((token.expiresMs - vault.now()) / 1000) } })
    case 'auth/token/renew-self': {
      token.expiresMs = Math.min(vault.now() + token.ttlMs, token.endsMs)
      const lease_duration = Math.round((token.expiresMs - vault.now()) / 1000)
      return json(200, { auth: { client_token: token.id, lease_duration, renewable: true } })
    }
    default:
      return errors(404)
  }
}

/** A child: it dies with its parent. */
function createToken(vault: Vault, parent: VaultToken, incoming: Incoming): Reply {
  if (!isPermitted(vault, parent, 'auth/token/create', 'update')) {
    return errors(403, 'permission denied')
  }
  const { policies } = bodyOf(incoming)
  const names = Array.isArray(policies) ? policies.map(String) : parent.policies
  const grant = { policies: names, ttlSeconds: 600 }
  const child = newToken({ grant, principal: 'child' }, parent.namespace, vault.now())
  vault.tokens.set(child.id, { ...child, parent: parent.id })
  vault.handedOut.push(child.id)
  const auth = {
    client_token: child.id,
    accessor: 'accessor-of-the-child',
    policies: names,
    token_policies: names,
    metadata: null,
    lease_duration: 600,
    renewable: true,
    entity_id: '',
    token_type: 'service',
    orphan: false,
    mfa_requirement: null,
    num_uses: 0,
  }
  return json(200, { request_id: '1', lease_id: '', data: null, auth, warnings: null })
}

const bodyOf = ({ body }: Incoming): Readonly<Record<string, unknown>> =>
  JSON.parse(body.toString() || '{}') as Readonly<Record<string, unknown>>

interface DynamicCall {
  readonly incoming: Incoming
  readonly mount: string
  readonly engine: DynamicEngine
}

function answerDynamic(vault: Vault, token: VaultToken, call: DynamicCall): Reply {
  const { incoming, mount, engine } = call
  const path = pathOf(incoming)
  const method = methodOf(incoming)
  const capability = method === 'write' ? 'update' : method
  if (!isPermitted(vault, token, path, capability)) return errors(403, 'permission denied')
  const answer: DynamicAnswer | undefined = engine({
    method,
    path: path.slice(mount.length + 1),
    query: new URLSearchParams(incoming.query),
    body: bodyOf(incoming),
  })
  if (answer === undefined) return errors(404)
  const { status = 200, data = 'null', leaseSeconds = 0 } = answer
  if (status === 204) return { status, body: '' }
  const id = leaseSeconds === 0 ? '' : `${path}/lease-${vault.leases.length + 1}`
  if (id !== '') vault.leases.push({ id, token: token.id })
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `{"request_id":"req-1","lease_id":${JSON.stringify(id)},"renewable":${id !== ''},"lease_duration":${leaseSeconds},"data":${data},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"dynamic"}`,
  }
}

function methodOf(incoming: Incoming): 'read' | 'list' | 'write' | 'delete' {
  if (isList(incoming)) return 'list'
  if (incoming.method === 'GET') return 'read'
  return incoming.method === 'DELETE' ? 'delete' : 'write'
}

function answerKv(vault: Vault, token: VaultToken, incoming: Incoming): Reply {
  const path = pathOf(incoming)
  if (isChange(incoming)) return answerChange(vault, token, incoming)
  const capability = isList(incoming) ? 'list' : 'read'
  if (!isPermitted(vault, token, path, capability)) {
    return errors(403, '1 error occurred:\n\t* permission denied\n\n')
  }
  const [name, mount] = locate(vault, path) ?? []
  if (mount === undefined || namespaceHeader(incoming) !== namespaceOf(vault.options)) {
    return errors(404, `no handler for route "${path}". route entry not found.`)
  }
  const rest = path.slice((name ?? '').length + 1)
  const { status, data } = readKv(mount, rest, incoming)
  if (data === undefined) return errors(status)
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `{"request_id":"1","lease_id":"","renewable":false,"lease_duration":0,"data":${data},"wrap_info":null,"warnings":null,"auth":null}\n`,
  }
}

const isChange = ({ method }: Incoming): boolean =>
  method === 'POST' || method === 'PUT' || method === 'DELETE'

function answerChange(vault: Vault, token: VaultToken, incoming: Incoming): Reply {
  const path = pathOf(incoming)
  const [name, mount] = locate(vault, path) ?? []
  if (mount === undefined || namespaceHeader(incoming) !== namespaceOf(vault.options)) {
    return errors(404, `no handler for route "${path}". route entry not found.`)
  }
  const order: KvOrder = {
    mount,
    rest: path.slice((name ?? '').length + 1),
    body: incoming.method === 'DELETE' ? undefined : incoming.body.toString(),
    nowMs: vault.now(),
    isCasRequired: vault.options.isCasRequired ?? false,
  }
  const capability = order.body === undefined ? 'delete' : writeCapability(order)
  if (!isPermitted(vault, token, path, capability)) {
    return errors(403, '1 error occurred:\n\t* permission denied\n\n')
  }
  const outcome = changeKv(order)
  if ('error' in outcome) return errors(outcome.status, outcome.error)
  if (outcome.data === undefined) return { status: outcome.status, body: '' }
  return json(outcome.status, { data: JSON.parse(outcome.data), warnings: null })
}

function readKv(mount: KvMount, rest: string, incoming: Incoming): KvAnswer {
  const [folder = ''] = rest.split('/')
  const path = rest.slice(folder.length + 1)
  if (isList(incoming)) return listKeys(mount, mount.version === 1 ? rest : path)
  if (mount.version === 1) return readV1(mount, rest)
  if (folder === 'metadata') return readMetadata(mount, path)
  if (folder !== 'data') return { status: 404, data: undefined }
  return readV2(mount, path, new URLSearchParams(incoming.query).get('version'))
}

function isPermitted(
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
function matches(rule: string, path: string): boolean {
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
