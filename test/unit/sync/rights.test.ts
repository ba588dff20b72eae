import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { startApp } from './app.ts'
import { externalSecret, fakeStore, run, START_MS, versionOf } from './story.ts'

// A run holds the rights that `generate` derived from the references, and nothing else. Whatever the policies are, and
// whatever they were before, these have to be enough.

const STORE = fakeStore({ a: 'one', b: 'two' })

const changes: readonly { readonly from: string; readonly to: string }[] = [
  { from: 'Owner', to: 'Orphan' },
  { from: 'Owner', to: 'Merge' },
  { from: 'Owner', to: 'CreateOrMerge' },
  { from: 'Orphan', to: 'Merge' },
  { from: 'CreateOrMerge', to: 'Owner' },
  { from: 'CreateOrMerge', to: 'Merge' },
]
for (const { from, to } of changes) {
  test(`the generated rights suffice when creationPolicy ${from} becomes ${to}`, async (t) => {
    const { server, sync } = await startApp(t)
    const wanted = (creationPolicy: string, keys: Readonly<Record<string, string>>): string =>
      STORE + externalSecret({ name: 'api', keys, target: { creationPolicy } })
    const first = await sync(wanted(from, { x: 'a', y: 'b' }))
    assert.equal(first.code, 0, first.out + first.err)
    const second = await sync(wanted(to, { x: 'a' }))
    assert.equal(second.code, 0, second.out + second.err)
    const secret = server.object('Secret', 'shop', 'api')
    assert.deepEqual(Object.keys(secret?.data as JsonObject), ['x'])
    const again = await sync(wanted(to, { x: 'a' }), { sync: ['--force=api'] })
    assert.equal(again.results[0]?.outcome, 'unchanged', again.out)
    assert.equal(versionOf(server.object('Secret', 'shop', 'api')), versionOf(secret))
  })
}

test('a restored Secret that is merged into from now on loses its owner, and is left alone then', async (t) => {
  const { server, sync } = await startApp(t)
  const wanted = (creationPolicy: string): string =>
    STORE + externalSecret({ name: 'api', keys: { x: 'a' }, target: { creationPolicy } })
  await sync(wanted('Owner'))
  // A backup is restored: all fields belong to whoever did that.
  const backup = server.object('Secret', 'shop', 'api') as JsonObject
  const { uid, resourceVersion, managedFields, ...metadata } = backup.metadata as JsonObject
  server.remove('Secret', 'shop', 'api')
  server.seed({ ...backup, metadata })
  const merged = await sync(wanted('Merge'))
  assert.equal(merged.results[0]?.outcome, 'updated', merged.out)
  const secret = server.object('Secret', 'shop', 'api')
  assert.deepEqual(dig(secret, 'metadata', 'ownerReferences') ?? [], [])
  const again = await sync(wanted('Merge'), { sync: ['--force=api'] })
  assert.equal(again.results[0]?.outcome, 'unchanged', again.out)
})

test('an anchor that was re-created owns the Secret again at once, before the collector comes', async (t) => {
  const { server, sync } = await startApp(t)
  const wanted =
    STORE + externalSecret({ name: 'api', keys: { x: 'a' }, spec: { refreshInterval: '8h' } })
  await sync(wanted)
  const waiting = await sync(wanted)
  assert.equal(waiting.results[0]?.outcome, 'skipped', waiting.out)
  server.remove('ConfigMap', 'shop', 'waybill-shop')
  const ran = await sync(wanted)
  assert.equal(ran.results[0]?.outcome, 'updated', ran.out)
  server.collectGarbage()
  assert.notEqual(server.object('Secret', 'shop', 'api'), undefined)
  const after = await sync(wanted)
  assert.equal(after.results[0]?.outcome, 'skipped', after.out)
})

test('a bundle cannot say where ClusterSecretStores live', async (t) => {
  const { server, kubeconfig, sync } = await startApp(t)
  const store = fakeStore({ a: 'minted' })
    .replace('"SecretStore"', '"ClusterSecretStore"')
    .replace(',"namespace":"shop"', '')
  const spec = { secretStoreRef: { kind: 'ClusterSecretStore', name: 'st' } }
  const manifests = store + externalSecret({ name: 'api', keys: { x: 'a' }, spec })
  // A tenant publishes a store in another namespace of theirs, and has an administrator run the bundle.
  const theirs = ['--store-namespace=default']
  const ran = await sync(manifests, { generate: theirs, sync: theirs })
  assert.equal(ran.code, 0, ran.out + ran.err)
  server.remove('Secret', 'shop', 'api')
  const argv = ['sync', '--app=shop', '-n=shop', '--kubeconfig', kubeconfig(server.adminToken)]
  const byAdmin = await run([...argv, '-o=json'], { nowMs: START_MS })
  assert.match(byAdmin.results[0]?.condition.message ?? '', /"st" was not found/)
  assert.equal(server.object('Secret', 'shop', 'api'), undefined)
})

for (const deletionPolicy of ['Delete', 'Merge']) {
  test(`a key that is gone under deletionPolicy ${deletionPolicy} goes when that was seen twice`, async (t) => {
    const { server, sync } = await startApp(t)
    const secret = (): JsonObject | undefined => server.object('Secret', 'shop', 'api')
    const keys = (): readonly string[] => Object.keys(secret()?.data as JsonObject)
    const wanted = externalSecret({
      name: 'api',
      keys: { x: 'a', y: 'b' },
      target: { deletionPolicy },
    })
    await sync(STORE + wanted)
    const version = versionOf(secret())
    const once = await sync(fakeStore({ a: 'one' }) + wanted)
    assert.equal(once.results[0]?.outcome, 'retained', once.out)
    assert.match(once.results[0]?.condition.message ?? '', /removed when a later run sees that/)
    assert.equal(versionOf(secret()), version)
    const back = await sync(STORE + wanted)
    assert.equal(back.results[0]?.outcome, 'unchanged', 'a glitch costs nothing')
    await sync(fakeStore({ a: 'one' }) + wanted)
    const twice = await sync(fakeStore({ a: 'one' }) + wanted)
    assert.equal(twice.results[0]?.outcome, 'updated', twice.out)
    assert.deepEqual(keys(), ['x'])
    const after = await sync(fakeStore({ a: 'one' }) + wanted)
    assert.equal(after.results[0]?.outcome, 'unchanged', after.out)
  })
}

test('a Secret whose keys are all gone under deletionPolicy Merge is emptied at the second sighting', async (t) => {
  const { server, sync } = await startApp(t)
  const wanted = externalSecret({
    name: 'api',
    keys: { x: 'a' },
    target: { deletionPolicy: 'Merge' },
  })
  await sync(STORE + wanted)
  const once = await sync(fakeStore({}) + wanted)
  assert.equal(once.results[0]?.outcome, 'retained', once.out)
  const twice = await sync(fakeStore({}) + wanted)
  assert.equal(twice.results[0]?.outcome, 'updated', twice.out)
  assert.equal(
    Object.keys((server.object('Secret', 'shop', 'api')?.data ?? {}) as JsonObject).length,
    0,
  )
})
