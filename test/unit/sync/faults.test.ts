import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { fakeIo } from '../cli/fake-io.ts'
import {
  document,
  externalSecret,
  fakeStore,
  run,
  START_MS,
  startFiles,
  startShop,
  versionOf,
} from './story.ts'

const MINUTE_MS = 60_000

test('a sealed Vault leaves the Secret untouched, is named, and fails the run', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  const version = versionOf(shop.secret())
  shop.vault.seal()
  const ran = await shop.syncAt(START_MS + 20 * MINUTE_MS)
  assert.equal(ran.code, 5)
  assert.equal(ran.results[0]?.outcome, 'failed')
  assert.match(ran.results[0]?.condition.message ?? '', /sealed/)
  assert.equal(ran.results[0]?.errors[0]?.field, 'spec.data[0]')
  assert.equal(versionOf(shop.secret()), version)
  const [event] = shop.kube.objects('Event', 'shop')
  assert.match(String(event?.message), /sealed/)
  shop.vault.unseal()
  const healed = await shop.syncAt(START_MS + 21 * MINUTE_MS)
  assert.equal(healed.results[0]?.outcome, 'unchanged', 'what failed is due at once')
})

test('no output, status or event holds a value, a token or a piece of one', async (t) => {
  const shop = await startShop(t)
  const first = await shop.sync()
  shop.aws.remove('shop/database')
  const second = await shop.sync('--force', 'api-key-sync')
  assert.equal(second.code, 5)
  const told = [
    first.out,
    first.err,
    second.out,
    second.err,
    JSON.stringify([
      ...shop.kube.objects('Event', 'shop'),
      ...shop.kube.objects('ConfigMap', 'shop'),
    ]),
  ].join('\n')
  const secrets = ['first-token', 'first-password', ...shop.vault.handedOut, ...shop.aws.handedOut]
  for (const secret of secrets) {
    assert.ok(!told.includes(secret))
    assert.ok(!told.includes(Buffer.from(secret).toString('base64').replace(/=+$/, '')))
  }
})

test('an anchor that was re-created becomes the owner again, without a new value', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  const anchor = shop.kube.object('ConfigMap', 'shop', 'waybill-shop') as JsonObject
  shop.kube.remove('ConfigMap', 'shop', 'waybill-shop')
  const { uid: _, resourceVersion: __, ...metadata } = anchor.metadata as JsonObject
  shop.kube.seed({ ...anchor, metadata })
  const ran = await shop.sync('--force', 'api-key-sync')
  assert.equal(ran.results[0]?.outcome, 'updated', ran.out)
  assert.deepEqual(ran.results[0]?.keys, { added: [], changed: [], removed: [] })
  const renewed = shop.kube.object('ConfigMap', 'shop', 'waybill-shop')
  const owners = dig(shop.secret(), 'metadata', 'ownerReferences') as readonly JsonObject[]
  assert.deepEqual(
    owners.map(({ uid }) => uid),
    [dig(renewed, 'metadata', 'uid')],
  )
})

test('a Secret that somebody deleted or edited is put right although nothing is due', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  shop.kube.remove('Secret', 'shop', 'api-credentials')
  const recreated = await shop.syncAt(START_MS + MINUTE_MS)
  assert.equal(recreated.results[0]?.outcome, 'created')
  const live = shop.secret() as JsonObject
  shop.kube.remove('Secret', 'shop', 'api-credentials')
  shop.kube.seed({ ...live, data: { ...(live.data as JsonObject), API_TOKEN: 'ZWRpdGVk' } })
  const mended = await shop.syncAt(START_MS + 2 * MINUTE_MS)
  assert.equal(mended.results[0]?.outcome, 'updated', mended.out)
  assert.equal(shop.value('API_TOKEN'), 'first-token')
})

test('a torn bundle keeps everything as it is and ends with 4', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  const version = versionOf(shop.secret())
  const shard = shop.kube.object('ConfigMap', 'shop', 'waybill-shop-0') as JsonObject
  shop.kube.remove('ConfigMap', 'shop', 'waybill-shop-0')
  const absent = await shop.sync()
  assert.equal(absent.code, 4)
  assert.match(absent.err, /waybill-shop-0 is missing/)
  shop.kube.seed({
    ...shard,
    data: { 'bundle.json': '{"apiVersion":"v1","items":[],"kind":"List"}' },
  })
  const torn = await shop.sync()
  assert.equal(torn.code, 4)
  assert.match(torn.err, /do not add up/)
  assert.equal(versionOf(shop.secret()), version)
})

test('a store that hangs delays no other, and a signal ends the run with its code', async (t) => {
  const shop = await startShop(t)
  shop.vault.fault({ does: { hang: true }, times: 99 })
  const good = fakeStore({ a: 'one' }) + externalSecret({ name: 'good', keys: { x: 'a' } })
  const slow = externalSecret({ name: 'slow', keys: { x: 'shop/api' }, store: 'vault-secrets' })
  const kubeconfig = join(shop.folder, 'admin')
  writeFileSync(kubeconfig, shop.kube.kubeconfig(shop.kube.adminToken, 'shop'), { mode: 0o600 })
  const io = fakeIo({ stdin: good + slow, env: shop.env, nowMs: START_MS })
  const running = run(['sync', '-f', '-', '--kubeconfig', kubeconfig, '-o', 'json'], io)
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  running.then(over, over)
  while (!isOver && shop.kube.object('Secret', 'shop', 'good') === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.ok(shop.kube.object('Secret', 'shop', 'good'), 'the other store was not waited for')
  io.stop('SIGTERM')
  const ran = await running
  assert.equal(ran.code, 143)
  assert.equal(shop.kube.object('Secret', 'shop', 'slow'), undefined)
})

test('a proxy in the environment that is not used is told when a store is out of reach', async (t) => {
  const files = await startFiles(t)
  const store = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'shop' },
    spec: { provider: { webhook: { url: 'http://127.0.0.1:9/x', result: {} } } },
  })
  const sync = (input: string, env: Readonly<Record<string, string>>) => {
    const argv = ['sync', '-f', '-', '--kubeconfig', files.kubeconfig]
    return run(argv, { stdin: input, env, nowMs: START_MS })
  }
  const proxy = { https_proxy: 'http://user:hidden@proxy.example:3128' }
  const wanted = externalSecret({ name: 'x', keys: { x: 'a' } })
  const unreached = await sync(store + wanted, proxy)
  assert.match(unreached.err, /note: https_proxy is set, and not used/)
  assert.doesNotMatch(unreached.err, /hidden|proxy\.example/)
  assert.doesNotMatch((await sync(store + wanted, {})).err, /proxy/)
  assert.doesNotMatch((await sync(fakeStore({ a: 'one' }) + wanted, proxy)).err, /proxy/)
})

test('the API server down: exit 4 and the cause', async (t) => {
  const files = await startFiles(t)
  await files.kube.close()
  const ran = await files.sync(
    fakeStore({ a: 'one' }) + externalSecret({ name: 'x', keys: { x: 'a' } }),
  )
  assert.equal(ran.code, 4, ran.out + ran.err)
  assert.equal(ran.results[0]?.outcome, 'failed')
})

test('gone at the provider: kept at first sight, deleted when a run sees it again later', async (t) => {
  const files = await startFiles(t)
  const anchor = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'waybill-app', namespace: 'shop' },
  }
  files.kube.seed(anchor)
  const target = { deletionPolicy: 'Delete' }
  const wanted = externalSecret({ name: 'api', keys: { x: 'a' }, target })
  const at = async (ms: number, store: string): Promise<string | undefined> => {
    const io = fakeIo({ stdin: store + wanted, nowMs: START_MS + ms })
    const argv = ['sync', '-f', '-', '--app', 'app', '--kubeconfig', files.kubeconfig, '-o', 'json']
    return (await run(argv, io)).results[0]?.outcome
  }
  assert.equal(await at(0, fakeStore({ a: 'one' })), 'created')
  assert.equal(await at(1000, fakeStore({ b: 'other' })), 'skipped', 'not due yet')
  const hour = 60 * MINUTE_MS
  assert.equal(await at(hour, fakeStore({ b: 'other' })), 'retained')
  assert.equal(await at(hour + 5000, fakeStore({ b: 'other' })), 'retained', 'too soon')
  assert.ok(files.secret('api'))
  assert.equal(await at(hour + 31_000, fakeStore({ b: 'other' })), 'deleted')
  assert.equal(files.secret('api'), undefined)
})

test('--local: private files, replaced as a whole, no symlink followed', async (t) => {
  const files = await startFiles(t)
  const directory = join(files.folder, 'out')
  const manifests = fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { x: 'a' } })
  const argv = ['sync', '-f', '-', '--local', directory, '-o', 'json']
  const ran = await run(argv, { stdin: manifests, cwd: files.folder })
  assert.equal(ran.code, 0, ran.out + ran.err)
  assert.deepEqual(readdirSync(directory), ['shop_api.yaml'])
  const path = join(directory, 'shop_api.yaml')
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.match(readFileSync(path, 'utf8'), /x: b25l/)
  const again = await run(argv, { stdin: manifests, cwd: files.folder })
  assert.equal(again.results[0]?.outcome, 'unchanged')
  chmodSync(directory, 0o700)
  symlinkSync('/etc/hostname', join(directory, 'shop_other.yaml'))
  const other = fakeStore({ a: 'one' }) + externalSecret({ name: 'other', keys: { x: 'a' } })
  const refused = await run(argv, { stdin: other, cwd: files.folder })
  assert.equal(refused.results[0]?.outcome, 'failed')
})

test('nothing to sync is a usage error', async () => {
  assert.equal((await run(['sync'])).code, 2)
})
