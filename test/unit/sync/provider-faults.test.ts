import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Reply, startServer } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { startApp } from './app.ts'
import {
  document,
  externalSecret,
  fakeStore,
  type Ran,
  START_MS,
  startFiles,
  startShop,
  versionOf,
} from './story.ts'

// G-7, G-9, G-10, G-11: a provider that answers wrongly, or loses its patience, from the run's point of view: which Secret
// is written, how often somebody logs in, what the user is told.

const MINUTE_MS = 60_000

test('G-7: a provider that has nothing of anything any more: nothing is deleted, not even later', async (t) => {
  const app = await startApp(t)
  const names = Array.from({ length: 9 }, (_, at) => `es-${at}`)
  const all = names
    .map((name) =>
      externalSecret({ name, keys: { k: name }, target: { deletionPolicy: 'Delete' } }),
    )
    .join('')
  const values = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  const first = await app.sync(fakeStore(values) + all)
  assert.equal(first.code, 0, first.out)
  const versions = (): readonly string[] =>
    names.map((name) => versionOf(app.server.object('Secret', 'shop', name)))
  const before = versions()
  // The wrong account, an empty restore: each read is answered, and says no.
  const sighted = await app.sync(fakeStore({ other: 'x' }) + all)
  assert.deepEqual(new Set(sighted.results.map(({ outcome }) => outcome)), new Set(['retained']))
  const guarded = await app.sync(fakeStore({ other: 'x' }) + all)
  assert.equal(guarded.results[0]?.errors[0]?.code, 'TooManyDeletions', guarded.out)
  assert.match(guarded.results[0]?.condition.message ?? '', /9 of 9 .* more than a quarter/)
  for (let at = 0; at < 3; at++) await app.sync(fakeStore({ other: 'x' }) + all)
  assert.deepEqual(versions(), before)
  const back = await app.sync(fakeStore(values) + all)
  assert.equal(back.code, 0, back.out)
  assert.deepEqual(versions(), before)
})

test('G-7: two of nine that are gone are believed, at the second sighting', async (t) => {
  const app = await startApp(t)
  const names = Array.from({ length: 9 }, (_, at) => `es-${at}`)
  const all = names
    .map((name) =>
      externalSecret({ name, keys: { k: name }, target: { deletionPolicy: 'Delete' } }),
    )
    .join('')
  const store = (from: number): string =>
    fakeStore(Object.fromEntries(names.slice(from).map((name) => [name, 'v'])))
  await app.sync(store(0) + all)
  await app.sync(store(2) + all)
  const second = await app.sync(store(2) + all)
  assert.equal(second.results.filter(({ outcome }) => outcome === 'deleted').length, 2)
  assert.equal(app.server.objects('Secret', 'shop').length, 7)
})

const errors = (status: number, ...words: readonly string[]): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: words }),
})

/** What a cluster of Vaults says while it is not well; `code` is what the user reads. */
const unwell: readonly { readonly story: string; readonly reply: Reply; readonly told: RegExp }[] =
  [
    { story: 'sealed', reply: errors(503, 'Vault is sealed'), told: /sealed/i },
    {
      story: 'a standby without a leader',
      reply: errors(500, 'local node not active but active cluster node not found'),
      told: /Vault|vault/,
    },
    {
      story: 'not replicated yet',
      reply: errors(412, 'required index state not present'),
      told: /./,
    },
    {
      story: 'a quota',
      reply: errors(429, 'request path "kv": rate limit quota exceeded'),
      told: /throttl|too many|quota|429/i,
    },
    { story: 'a performance standby', reply: errors(473), told: /./ },
    { story: 'a gateway', reply: { status: 502, body: '<html>bad gateway</html>' }, told: /./ },
    {
      story: 'a portal that says 200',
      reply: { status: 200, body: '<html>log in here</html>' },
      told: /./,
    },
    { story: 'a 200 without data', reply: { status: 200, body: '{}' }, told: /./ },
    { story: 'a 404 of a proxy', reply: { status: 404, body: 'no such route' }, told: /./ },
  ]

for (const { story, reply, told } of unwell) {
  test(`G-9: Vault is unwell (${story}): no write, and all is well a minute after it is`, async (t) => {
    const shop = await startShop(t)
    await shop.sync()
    const version = versionOf(shop.secret())
    shop.vault.put('secret', 'shop/api', { token: 'second-token' })
    shop.vault.fault({ times: 999, does: { reply } })
    const ran = await shop.syncAt(START_MS + 20 * MINUTE_MS)
    assert.equal(ran.results[0]?.outcome, 'failed', ran.out)
    assert.match(ran.results[0]?.condition.message ?? '', told)
    assert.equal(versionOf(shop.secret()), version, 'a Secret write')
    shop.vault.clearFaults()
    const healed = await shop.syncAt(START_MS + 21 * MINUTE_MS)
    assert.equal(healed.results[0]?.outcome, 'updated', healed.out)
    assert.equal(shop.value('API_TOKEN'), 'second-token')
  })
}

test('G-9: a mix of 412, 503 and resets, two in a row, is ridden out without a failure', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  shop.vault.put('secret', 'shop/api', { token: 'second-token' })
  for (const status of [412, 503]) {
    shop.vault.fault({ call: 'vault:read', does: { reply: errors(status) } })
  }
  shop.vault.fault({ call: 'vault:login', does: { reset: 'before' } })
  shop.vault.fault({ call: 'vault:login', does: { reply: errors(503, 'starting') } })
  const ran = await shop.syncAt(START_MS + 20 * MINUTE_MS)
  assert.equal(ran.code, 0, ran.out)
  assert.equal(shop.value('API_TOKEN'), 'second-token')
})

/** A Vault with a static account, `count` ExternalSecrets of one path each, and logins that can be counted. */
async function manyOfOneVault(
  t: Parameters<typeof startFiles>[0],
  count: number,
): Promise<{
  readonly vault: Awaited<ReturnType<typeof startVault>>
  readonly sync: () => Promise<Ran>
}> {
  const files = await startFiles(t)
  const paths = Array.from({ length: count }, (_, at) => `p${at}`)
  const vault = await startVault({
    secrets: { secret: Object.fromEntries(paths.map((path) => [path, { k: `v-${path}` }])) },
    policies: { all: [{ path: 'secret/data/', capabilities: ['read'] }] },
    auth: {
      approle: {
        ...{ method: 'approle', roleId: 'r', secretId: 's' },
        grant: { policies: ['all'] },
      },
    },
  })
  t.after(() => vault.close())
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'login', namespace: 'shop' },
  }
  files.kube.seed({ ...secret, data: { id: Buffer.from('s').toString('base64') } })
  const store = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'shop' },
    spec: {
      provider: {
        vault: {
          server: vault.url,
          path: 'secret',
          version: 'v2',
          auth: {
            appRole: { path: 'approle', roleId: 'r', secretRef: { name: 'login', key: 'id' } },
          },
        },
      },
    },
  })
  const all = paths.map((path) => externalSecret({ name: path, keys: { x: path } })).join('')
  return { vault, sync: () => files.sync(store + all) }
}

test('G-11: 500 ExternalSecrets of one store log in once', async (t) => {
  const { vault, sync } = await manyOfOneVault(t, 500)
  const ran = await sync()
  assert.equal(ran.code, 0, ran.err)
  assert.equal(vault.calls.count('vault:login'), 1)
})

test('G-10: tokens that are revoked in the middle of a run cost one login more, and no ExternalSecret', async (t) => {
  const { vault, sync } = await manyOfOneVault(t, 120)
  const running = sync()
  while (vault.calls.count('vault:read') < 20) await new Promise((done) => setImmediate(done))
  vault.revokeAll()
  const ran = await running
  assert.equal(ran.code, 0, ran.out)
  assert.ok(vault.calls.count('vault:login') <= 2, `${vault.calls.count('vault:login')} logins`)
})

test('G-10: AWS sessions that have expired are renewed once', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  shop.aws.expireSessions()
  shop.aws.calls.clear()
  const ran = await shop.syncAt(START_MS + 20 * MINUTE_MS)
  assert.equal(ran.code, 0, ran.out)
  assert.equal(shop.aws.calls.count('sts:AssumeRoleWithWebIdentity'), 1)
})

test('G-6: a store that hangs: the others are written long before the run gives it up', async (t) => {
  const files = await startFiles(t)
  const black = await startServer({
    tls: false,
    nameOf: () => 'any',
    answer: () => new Promise(() => undefined),
  })
  t.after(() => black.close())
  const hanging = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'black', namespace: 'shop' },
    spec: { provider: { webhook: { url: `${black.url}/{{ .remoteRef.key }}`, result: {} } } },
  })
  const manifests = [
    fakeStore({ a: 'one' }),
    hanging,
    ...Array.from({ length: 20 }, (_, at) => externalSecret({ name: `w${at}`, keys: { k: 'a' } })),
    externalSecret({ name: 'slow', keys: { k: 'a' }, store: 'black' }),
  ].join('')
  const running = files.sync(manifests, '--timeout=3s')
  let isOver = false
  running.then(() => {
    isOver = true
  })
  while (files.kube.objects('Secret', 'shop').length < 20) {
    assert.ok(!isOver, 'the others waited')
    await new Promise((done) => setTimeout(done, 5))
  }
  const ran = await running
  assert.equal(ran.code, 5)
  const failed = ran.results.filter(({ outcome }) => outcome === 'failed')
  assert.deepEqual(
    failed.map(({ externalSecret: name }) => name),
    ['shop/slow'],
  )
})
