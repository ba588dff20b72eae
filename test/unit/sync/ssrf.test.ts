import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { type TestContext, test } from 'node:test'
import { HttpFailure } from '../../../src/model/http.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { createFence, isMetadataAddress } from '../../../src/sync/store-address.ts'
import { createStoreClients, type StoreClients } from '../../../src/sync/store-clients.ts'
import { json, startServer, type TestServer } from '../../servers/server.ts'

// G-19. A tenant writes the URL of a store; a sentinel on loopback must never hear of it, however it is spelt.

/** Names that a tenant's own DNS answers. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'to-loopback.example': ['127.0.0.1'],
  'cname-to-link-local.example': ['169.254.169.254'],
  'metadata.google.internal': ['169.254.169.254'],
  'one-good-one-bad.example': ['203.0.113.7', '127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'zone.example': ['fe80::1%lo'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'api.example': ['10.96.0.1'],
  'xn--lcalhost-54a.example': ['127.0.0.1'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
}

interface Sentinel {
  readonly server: TestServer
  readonly port: string
}

async function startSentinel(t: TestContext): Promise<Sentinel> {
  const server = await startServer({
    tls: false,
    nameOf: () => 'sentinel',
    answer: () => ({ call: 'sentinel', reply: json(200, { secret: 'of the node' }) }),
  })
  t.after(server.close)
  return { server, port: new URL(server.url).port }
}

function clientsOf(t: TestContext, names = NAMES, network = OPEN_POLICY.network): StoreClients {
  const clients = createStoreClients({
    network,
    isInCluster: true,
    apiAddresses: ['10.96.0.1'],
    resolve: (hostname, _options, done) => {
      const found = names[hostname.replace(/\.$/, '')]
      if (found === undefined) return done(Object.assign(new Error(), { code: 'ENOTFOUND' }), [])
      done(null, found.map(address))
    },
  })
  t.after(clients.close)
  return clients
}

const address = (text: string): LookupAddress => ({
  address: text,
  family: text.includes(':') ? 6 : 4,
})

async function codeOf(clients: StoreClients, url: string, kind = 'SecretStore'): Promise<string> {
  const store = { kind, provider: 'vault' } as Parameters<StoreClients['httpFor']>[0]
  const { signal } = new AbortController()
  const request = { method: 'GET', url, headers: {}, body: undefined, tls: undefined } as const
  try {
    const { status } = await clients.httpFor(store).request({ ...request, timeoutMs: 2000, signal })
    return String(status)
  } catch (error) {
    assert.ok(error instanceof HttpFailure, String(error))
    return error.code
  }
}

/** `P` is the sentinel's port. */
const FORBIDDEN: readonly string[] = [
  // Loopback, in every spelling that reaches it.
  'http://127.0.0.1:P/',
  'http://127.0.0.1.:P/',
  'http://127.1:P/',
  'http://127.0.1:P/',
  'http://2130706433:P/',
  'http://017700000001:P/',
  'http://0x7f000001:P/',
  'http://0x7f.0.0.1:P/',
  'http://0177.0.0.1:P/',
  'http://0x7f.1:P/',
  'http://127.0.0.0x1:P/',
  'http://127.255.255.254:P/',
  'http://0:P/',
  'http://0.0.0.0:P/',
  'http://0x0:P/',
  'http://00:P/',
  'http://[::1]:P/',
  'http://[0:0:0:0:0:0:0:1]:P/',
  'http://[::]:P/',
  'http://[0000::0001]:P/',
  'http://[::ffff:127.0.0.1]:P/',
  'http://[::ffff:7f00:1]:P/',
  'http://[0:0:0:0:0:ffff:7f00:1]:P/',
  'http://[::127.0.0.1]:P/',
  'http://[64:ff9b::127.0.0.1]:P/',
  'http://[64:ff9b::7f00:1]:P/',
  'http://[2002:7f00:1::]:P/',
  'http://[2002:7f00:1::1]:P/',
  'http://localhost:P/',
  'http://LOCALHOST:P/',
  'http://localhost.:P/',
  'http://LocalHost.:P/',
  'http://to-loopback.example:P/',
  'http://127.0.0.1.nip.example:P/',
  'http://mapped.example:P/',
  'http://nat64.example:P/',
  'http://one-good-one-bad.example:P/',
  'http://löcalhost.example:P/',
  'http://１２７.０.０.１:P/',
  'http://①②⑦.⓪.⓪.①:P/',
  'http://127。0。0。1:P/',
  'http://127%2e0%2e0%2e1:P/',
  'http:\\\\127.0.0.1:P\\',
  'http:127.0.0.1:P/',
  'http:/127.0.0.1:P/',
  'http:///127.0.0.1:P/',
  'http://127.0.0\t.1:P/',
  ' http://127.0.0.1:P/ ',
  'HTTP://127.0.0.1:P/',
  'https://127.0.0.1:P/',
  'http://127.0.0.1:P#@vault.example/',
  'http://127.0.0.1:P?@vault.example/',
  // Metadata and link-local.
  'http://169.254.169.254/latest',
  'http://169.254.169.254./',
  'http://2852039166/',
  'http://0xa9fea9fe/',
  'http://0251.0376.0251.0376/',
  'http://169.16689662/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[::a9fe:a9fe]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/',
  'http://metadata.google.internal/',
  'http://METADATA.google.internal./',
  'http://cname-to-link-local.example/',
  'http://zone.example/',
  'http://100.100.100.200/',
  // The API server, multicast, broadcast.
  'https://10.96.0.1/',
  'https://0x0a600001/',
  'https://api.example/',
  'http://224.0.0.1/',
  'http://[ff02::1]/',
  'http://255.255.255.255/',
]

/** Refused before any address is looked at. */
const UNREADABLE: readonly string[] = [
  'http://user@127.0.0.1:P/',
  'http://user:pass@127.0.0.1:P/',
  'http://vault.example@127.0.0.1:P/',
  'http://vault.example:443@127.0.0.1:P/',
  'http://@127.0.0.1:P@127.0.0.1:P/',
  'http://[fe80::1%25lo]/',
  'http://[::1%lo]:P/',
  'http://127.0.0.1:P:P/',
  'http://127.0.0.256:P/',
  'ftp://127.0.0.1:P/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:P/_',
  'data:,x',
  '//127.0.0.1:P/',
  'unix:///var/run/docker.sock',
  'http://',
  'javascript:0',
  'http://127.0.0.1\\@vault.example:P/',
]

test(`ssrf: ${FORBIDDEN.length + UNREADABLE.length} URLs of a tenant's store open no connection`, async (t) => {
  const { server, port } = await startSentinel(t)
  const clients = clientsOf(t)
  const isPort = /P(?=[/\\#?:@]|$)/g
  for (const form of FORBIDDEN) {
    const code = await codeOf(clients, form.replace(isPort, port))
    assert.ok(code === 'forbidden-address' || code === 'unresolved', `${form}: ${code}`)
  }
  for (const form of UNREADABLE) {
    const code = await codeOf(clients, form.replace(isPort, port))
    assert.ok(
      code === 'unresolved' || code === 'refused' || code === 'forbidden-address',
      `${form}: ${code}`,
    )
  }
  assert.equal(server.calls.connections(), 0)
})

test('ssrf: most of them are understood, and refused for where they lead', async (t) => {
  const clients = clientsOf(t)
  const codes = await Promise.all(
    FORBIDDEN.map((form) => codeOf(clients, form.replaceAll(':P', ':1'))),
  )
  const understood = codes.filter((code) => code === 'forbidden-address').length
  assert.ok(understood >= 60, `${understood} of ${codes.length}`)
})

test('ssrf: a name that changes its address between two looks is connected to what was judged', async (t) => {
  const { server, port } = await startSentinel(t)
  const looks: string[] = []
  const names = new Proxy<Record<string, readonly string[]>>(
    {},
    {
      get: (_target, name) => {
        looks.push(String(name))
        // A public address at first, which nothing answers on; loopback ever after.
        return looks.length === 1 ? ['192.0.2.1'] : ['127.0.0.1']
      },
    },
  )
  const clients = clientsOf(t, names)
  const { signal } = new AbortController()
  const first = clients.httpFor({ kind: 'SecretStore', provider: 'vault' }).request({
    ...{ method: 'GET', url: `http://rebind.example:${port}/`, headers: {}, body: undefined },
    ...{ tls: undefined, timeoutMs: 50, signal },
  })
  await assert.rejects(first, HttpFailure)
  assert.equal(looks.length, 1, 'one look per connection')
  assert.equal(await codeOf(clients, `http://rebind.example:${port}/`), 'forbidden-address')
  assert.equal(server.calls.connections(), 0)
})

test('ssrf: a redirect to the sentinel is not followed, whoever answers with it', async (t) => {
  const { server } = await startSentinel(t)
  const door = await startSentinel(t)
  const clients = clientsOf(t)
  for (const status of [301, 302, 303, 307, 308]) {
    const reply = { status, headers: { location: server.url }, body: '' }
    door.server.fault({ does: { reply } })
    assert.equal(await codeOf(clients, door.server.url, 'ClusterSecretStore'), 'redirect')
  }
  assert.equal(door.server.calls.count(), 5)
  assert.equal(server.calls.connections(), 0)
})

interface Row {
  readonly story: string
  readonly url: string
  readonly kind?: 'ClusterSecretStore'
  readonly network?: Partial<typeof OPEN_POLICY.network>
  readonly code: string
}

const rows: readonly Row[] = [
  {
    story: 'a cluster store may be beside us',
    url: 'http://localhost:P/',
    kind: 'ClusterSecretStore',
    code: '200',
  },
  {
    story: 'a host that the policy lists',
    url: 'http://localhost:P/',
    network: { allow: ['localhost'] },
    code: '200',
  },
  {
    story: 'its name in other letters',
    url: 'http://LOCALHOST.:P/',
    network: { allow: ['localhost'] },
    code: '200',
  },
  {
    story: 'a range that the policy lists',
    url: 'http://127.0.0.1:P/',
    network: { allow: ['127.0.0.0/8'] },
    code: '200',
  },
  {
    story: 'another name for a listed host',
    url: 'http://to-loopback.example:P/',
    network: { allow: ['localhost'] },
    code: 'forbidden-address',
  },
  {
    story: 'a denied range',
    url: 'http://localhost:P/',
    kind: 'ClusterSecretStore',
    network: { deny: ['127.0.0.0/8', '::1'] },
    code: 'forbidden-address',
  },
  {
    story: 'what is denied and allowed is allowed',
    url: 'http://127.0.0.1:P/',
    network: { deny: ['0.0.0.0/0'], allow: ['127.0.0.1'] },
    code: '200',
  },
  {
    story: 'no policy opens the metadata of a node',
    url: 'http://169.254.169.254/',
    network: { allow: ['169.254.0.0/16', '0.0.0.0/0'] },
    code: 'forbidden-address',
  },
  {
    story: 'https only',
    url: 'http://localhost:P/',
    kind: 'ClusterSecretStore',
    network: { requiresTls: true },
    code: 'refused',
  },
]

for (const { story, url, kind, network, code } of rows) {
  test(`ssrf: ${story}: ${code}`, async (t) => {
    const { server, port } = await startSentinel(t)
    const clients = clientsOf(t, NAMES, { ...OPEN_POLICY.network, ...network })
    assert.equal(await codeOf(clients, url.replace('P', port), kind), code)
    assert.equal(server.calls.connections(), code === '200' ? 1 : 0)
  })
}

test('ssrf: a kubernetes store reaches the API server, a Vault store does not', () => {
  const network = OPEN_POLICY.network
  const fence = createFence({ isStrict: true, network, apiAddresses: ['10.96.0.1'] })
  const kubernetes = createFence({ isStrict: true, network, apiAddresses: [] })
  assert.equal(fence('10.96.0.1', 'kubernetes.default'), false)
  assert.equal(kubernetes('10.96.0.1', 'kubernetes.default'), true)
  assert.equal(fence('10.96.0.2', 'vault.vault.svc'), true, 'a Vault in the cluster')
})

test('the client for the metadata server reaches nothing else, and no store reaches it', async (t) => {
  const { server, port } = await startSentinel(t)
  const clients = clientsOf(t)
  const store = { ...clients, httpFor: () => clients.metadata }
  for (const host of ['127.0.0.1', '[::1]', '10.96.0.1', '169.254.169.253', '169.254.170.2']) {
    assert.equal(await codeOf(store, `http://${host}:${port}/`), 'forbidden-address', host)
  }
  assert.equal(server.calls.count(), 0)
  assert.ok(isMetadataAddress('169.254.169.254', 'metadata.google.internal'))
  assert.equal(await codeOf(clients, 'http://169.254.169.254/'), 'forbidden-address')
})
