import {
  type Answered,
  type Incoming,
  json,
  type Reply,
  startServer,
  type TestServer,
} from './server.ts'
import { logIn, newToken, type VaultToken } from './vault-auth.ts'
import type { Lease } from './vault-dynamic.ts'
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

import { errors, isList, isWithin, namespaceHeader, pathOf } from './vault-request.ts'
import { isPermitted, namespaceOf, stateOf, type Vault, type VaultOptions } from './vault-state.ts'
import { answerDynamic, answerToken, createToken } from './vault-tokens.ts'

// HashiCorp Vault's HTTP API on loopback, as far as reading secrets goes. Strict: every path needs a policy, every
// token its life and namespace, and what a real Vault answers with 400, 403, 404 or 503 is answered so here.

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

function locate({ mounts }: Vault, path: string): [string, KvMount] | undefined {
  return [...mounts].find(([mount]) => `${path}/`.startsWith(`${mount}/`))
}

async function answer(vault: Vault, incoming: Incoming): Promise<Answered> {
  const call = nameOf(vault, incoming)
  const path = pathOf(incoming)
  const refusal = refusalBefore(vault, incoming)
  if (refusal !== undefined) return { call, keys: [path], reply: refusal }
  if (call === 'vault:login') return answerLogin(vault, path, incoming)
  if (vault.options.lags === true && incoming.headers['x-vault-index'] !== stateOf(vault)) {
    return { call, keys: [path], reply: errors(412, 'required index state not present') }
  }
  const token = vault.tokens.get(incoming.headers['x-vault-token'] ?? '')
  const namespace = namespaceHeader(incoming)
  const isAlive = token !== undefined && token.expiresMs > vault.now()
  if (!isAlive || !isWithin(namespace, token.namespace)) {
    return { call, keys: [path], reply: errors(403, 'permission denied') }
  }
  const { principal } = token
  return { call, keys: [path], principal, reply: answerPath(vault, token, incoming) }
}

/** What needs no token to be refused. */
function refusalBefore({ options, isSealed }: Vault, incoming: Incoming): Reply | undefined {
  const { requiredHeader: [name, value] = ['host', incoming.headers.host], needsCertificate } =
    options
  if (incoming.headers[name] !== value) return errors(401, 'the proxy wants its header')
  if (needsCertificate === true && incoming.clientName === undefined) {
    return errors(400, 'no certificate')
  }
  return isSealed ? errors(503, 'Vault is sealed') : undefined
}

function answerPath(vault: Vault, token: VaultToken, incoming: Incoming): Reply {
  const path = pathOf(incoming)
  if (path === 'auth/token/create') return createToken(vault, token, incoming)
  if (path.startsWith('auth/token/')) return answerToken(vault, token, path)
  const dynamic = Object.entries(vault.options.dynamic ?? {})
  const found = dynamic.find(([mount]) => path.startsWith(`${mount}/`))
  if (found === undefined) return answerKv(vault, token, incoming)
  const [mount, engine] = found
  return answerDynamic(vault, token, { incoming, mount, engine })
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
  const reply = json(200, { data: null, auth }, { 'x-vault-index': stateOf(vault) })
  return { call, keys: [path], principal: token.principal, reply }
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
