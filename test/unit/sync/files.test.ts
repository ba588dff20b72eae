import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { externalSecret, fakeStore, startFiles, versionOf } from './story.ts'

const opaque = (name: string, data: Readonly<Record<string, string>>): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  type: 'Opaque',
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
})

test('files: created, then unchanged without a write, then updated', async (t) => {
  const files = await startFiles(t)
  const wanted = externalSecret({ name: 'api', keys: { token: 'a' } })
  const first = await files.sync(fakeStore({ a: 'one' }) + wanted)
  assert.equal(first.code, 0, first.out + first.err)
  assert.equal(first.results[0]?.outcome, 'created')
  assert.deepEqual(files.data('api'), { token: 'one' })
  assert.match(first.err, /ownerReference/, 'says that nothing owns the Secret')
  const version = versionOf(files.secret('api'))
  const second = await files.sync(fakeStore({ a: 'one' }) + wanted)
  assert.equal(second.results[0]?.outcome, 'unchanged')
  assert.equal(versionOf(files.secret('api')), version)
  const third = await files.sync(fakeStore({ a: 'two' }) + wanted)
  assert.equal(third.results[0]?.outcome, 'updated')
  assert.deepEqual(files.data('api'), { token: 'two' })
})

test('a key that the spec drops disappears, by an apply alone', async (t) => {
  const files = await startFiles(t)
  const store = fakeStore({ a: 'one', b: 'two' })
  await files.sync(store + externalSecret({ name: 'api', keys: { x: 'a', y: 'b' } }))
  await files.sync(store + externalSecret({ name: 'api', keys: { x: 'a' } }))
  assert.deepEqual(files.data('api'), { x: 'one' })
})

test('Owner removes a key that somebody else added, and later drops its own', async (t) => {
  const files = await startFiles(t)
  const store = fakeStore({ a: 'one', b: 'two' })
  const both = externalSecret({ name: 'api', keys: { x: 'a', y: 'b' } })
  await files.sync(store + both)
  // Somebody edits by kubectl: another manager adds a key.
  const live = files.secret('api') as JsonObject
  files.kube.remove('Secret', 'shop', 'api')
  files.kube.seed({ ...live, data: { ...(live.data as JsonObject), extra: 'eA==' } })
  const mended = await files.sync(store + both)
  assert.equal(mended.results[0]?.outcome, 'updated', mended.out)
  assert.deepEqual(files.data('api'), { x: 'one', y: 'two' })
  const again = await files.sync(store + both)
  assert.equal(again.results[0]?.outcome, 'unchanged')
  const fewer = await files.sync(store + externalSecret({ name: 'api', keys: { x: 'a' } }))
  assert.equal(fewer.results[0]?.outcome, 'updated')
  assert.deepEqual(files.data('api'), { x: 'one' })
  const last = await files.sync(store + externalSecret({ name: 'api', keys: { x: 'a' } }))
  assert.equal(last.results[0]?.outcome, 'unchanged')
})

test('a Secret that somebody else made is refused and untouched; --adopt=eso takes it over', async (t) => {
  const files = await startFiles(t)
  files.kube.seed(opaque('api', { theirs: 'x' }))
  const version = versionOf(files.secret('api'))
  const manifests = fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { token: 'a' } })
  const refused = await files.sync(manifests)
  assert.equal(refused.code, 5)
  assert.equal(refused.results[0]?.errors[0]?.code, 'NotOwned')
  assert.equal(versionOf(files.secret('api')), version)
  const adopted = await files.sync(manifests, '--adopt', 'eso')
  assert.equal(adopted.results[0]?.outcome, 'updated', adopted.out)
  assert.deepEqual(files.data('api'), { token: 'one' })
})

test('a Secret that ESO keeps for the same ExternalSecret loses its reference when it is taken over', async (t) => {
  const files = await startFiles(t)
  const owner = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    name: 'api',
    uid: 'eso-uid',
    controller: true,
  }
  const theirs = opaque('api', { token: 'one', more: 'x' })
  const metadata = { ...(theirs.metadata as JsonObject), ownerReferences: [owner] }
  files.kube.seed({ ...theirs, metadata })
  const manifests = fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { token: 'a' } })
  assert.equal((await files.sync(manifests)).results[0]?.errors[0]?.code, 'NotOwned')
  const adopted = await files.sync(manifests, '--adopt', 'eso')
  assert.equal(adopted.results[0]?.outcome, 'updated', adopted.out)
  assert.deepEqual(files.data('api'), { token: 'one' })
  assert.deepEqual(dig(files.secret('api'), 'metadata', 'ownerReferences') ?? [], [])
  assert.equal((await files.sync(manifests)).results[0]?.outcome, 'unchanged')
})

test('two ExternalSecrets merge into a Secret of a third party, and each keeps to its keys', async (t) => {
  const files = await startFiles(t)
  files.kube.seed(opaque('shared', { theirs: 'x' }))
  const store = fakeStore({ a: 'one', b: 'two' })
  const target = { name: 'shared', creationPolicy: 'Merge' }
  const both =
    store +
    externalSecret({ name: 'first', keys: { k1: 'a' }, target }) +
    externalSecret({ name: 'second', keys: { k2: 'b' }, target })
  const ran = await files.sync(both)
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(files.data('shared'), { theirs: 'x', k1: 'one', k2: 'two' })
  const renamed =
    store +
    externalSecret({ name: 'first', keys: { other: 'a' }, target }) +
    externalSecret({ name: 'second', keys: { k2: 'b' }, target })
  await files.sync(renamed)
  assert.deepEqual(files.data('shared'), { theirs: 'x', other: 'one', k2: 'two' })
  const again = await files.sync(renamed)
  assert.deepEqual(
    again.results.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged'],
  )
})

test('MT-8: of two ExternalSecrets that own one Secret the first keeps it', async (t) => {
  const files = await startFiles(t)
  const ran = await files.sync(
    fakeStore({ a: 'one', b: 'two' }) +
      externalSecret({ name: 'first', keys: { k: 'a' }, target: { name: 'api' } }) +
      externalSecret({ name: 'second', keys: { k: 'b' }, target: { name: 'api' } }),
  )
  assert.equal(ran.code, 5)
  assert.equal(ran.results[1]?.errors[0]?.code, 'Conflict')
  assert.deepEqual(files.data('api'), { k: 'one' })
})

test('one failing ExternalSecret stops no other, and all of its errors are told', async (t) => {
  const files = await startFiles(t)
  const ran = await files.sync(
    fakeStore({ a: 'one' }) +
      externalSecret({ name: 'bad', keys: { x: 'none', y: 'nothing' } }) +
      externalSecret({ name: 'good', keys: { x: 'a' } }),
  )
  assert.equal(ran.code, 5)
  assert.deepEqual(
    ran.results[0]?.errors.map(({ field }) => field),
    ['spec.data[0].remoteRef.key', 'spec.data[1].remoteRef.key'],
  )
  assert.equal(files.secret('bad'), undefined)
  assert.deepEqual(files.data('good'), { x: 'one' })
})

test('a dry run names keys, shows no value and writes nothing', async (t) => {
  const files = await startFiles(t)
  const wanted = externalSecret({ name: 'api', keys: { token: 'a' } })
  const manifests = fakeStore({ a: 'hidden-value' }) + wanted
  for (const how of ['client', 'server']) {
    const ran = await files.sync(manifests, '--dry-run', how, '-o', 'text')
    assert.equal(ran.code, 0, ran.err)
    assert.match(ran.out, /\+ token/)
    assert.ok(!`${ran.out}${ran.err}`.includes('hidden-value'))
    assert.equal(files.secret('api'), undefined)
  }
})

test('Secrets of the cluster itself and too large ones are refused before anything is sent', async (t) => {
  const files = await startFiles(t)
  const huge = 'x'.repeat(1024 * 1024 + 1)
  const ran = await files.sync(
    fakeStore({ big: huge }) + externalSecret({ name: 'big', keys: { x: 'big' } }),
  )
  assert.equal(ran.results[0]?.errors[0]?.code, 'TooLarge')
  assert.equal(files.secret('big'), undefined)
  const system = externalSecret({ name: 'sys', keys: { x: 'a' } }).replace(
    '"shop"',
    '"kube-system"',
  )
  const second = await files.sync(fakeStore({ a: 'one' }) + system)
  assert.equal(second.results[0]?.errors[0]?.code, 'Refused')
})

test('what the API server would refuse is InvalidSpec with its field, and the others go on', async (t) => {
  const files = await startFiles(t)
  const bad = externalSecret({ name: 'bad', keys: { x: 'a' } }).replace('remoteRef', 'remotRef')
  const ran = await files.sync(
    fakeStore({ a: 'one' }) + bad + externalSecret({ name: 'good', keys: { x: 'a' } }),
  )
  assert.equal(ran.results[0]?.errors[0]?.code, 'InvalidSpec')
  assert.match(ran.results[0]?.errors[0]?.field ?? '', /^spec\.data\[0\]/)
  assert.equal(ran.results[1]?.outcome, 'created')
})

test('broken YAML among good documents: exit 3 with the place, and nothing is done', async (t) => {
  const files = await startFiles(t)
  const manifests = `${fakeStore({ a: 'one' })}${externalSecret({ name: 'good', keys: { x: 'a' } })}---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n\tbad: [\n`
  const ran = await files.sync(manifests)
  assert.equal(ran.code, 3)
  assert.match(ran.err, /<stdin>:\d+:\d+/)
  assert.equal(ran.out, '')
  assert.equal(files.secret('good'), undefined)
})

test('files: without an app what is gone stays, and the run says why', async (t) => {
  const files = await startFiles(t)
  const target = { deletionPolicy: 'Delete' }
  const wanted = externalSecret({ name: 'api', keys: { token: 'a' }, target })
  await files.sync(fakeStore({ a: 'one' }) + wanted)
  for (const _ of ['once', 'twice']) {
    const ran = await files.sync(fakeStore({}) + wanted)
    assert.equal(ran.results[0]?.outcome, 'retained', ran.out)
    assert.match(ran.err, /note: without --app no run remembers the one before/)
  }
  assert.deepEqual(files.data('api'), { token: 'one' })
})

test('files: a template cannot forge the consent to take over a Secret that it merges into', async (t) => {
  const files = await startFiles(t)
  files.kube.seed(opaque('api', { theirs: 'x' }))
  const store = fakeStore({ a: 'one' })
  const metadata = {
    labels: { 'waybill.dev/managed': 'true', team: 'shop' },
    annotations: { 'waybill.dev/owner': 'shop/second' },
  }
  const template = { mergePolicy: 'Merge', metadata }
  const target = { name: 'api', creationPolicy: 'Merge', template }
  const merging = store + externalSecret({ name: 'first', keys: { x: 'a' }, target })
  const first = await files.sync(merging)
  assert.equal(first.results[0]?.outcome, 'updated', first.out)
  const again = await files.sync(merging)
  assert.equal(again.results[0]?.outcome, 'unchanged', again.out)
  const owning = externalSecret({ name: 'second', keys: { y: 'a' }, target: { name: 'api' } })
  const refused = await files.sync(store + owning)
  assert.equal(refused.results[0]?.errors[0]?.code, 'NotOwned', refused.out)
  assert.deepEqual(files.data('api'), { theirs: 'x', x: 'one' })
})

test('--eso-annotations: ESO’s label, hash and author come with it, and go without it', async (t) => {
  const files = await startFiles(t)
  const manifests =
    fakeStore({ a: 'value1', b: 'value2' }) +
    externalSecret({ name: 'es', keys: { foo: 'a', bar: 'b' } }) +
    externalSecret({ name: 'kept', keys: { foo: 'a' }, target: { creationPolicy: 'Orphan' } })
  const marks = (name: string): Readonly<Record<string, unknown>> => {
    const { labels, annotations } = (files.secret(name)?.metadata ?? {}) as JsonObject
    const all = { ...(labels as JsonObject), ...(annotations as JsonObject) }
    return Object.fromEntries(Object.entries(all).filter(([key]) => key.includes('external')))
  }
  await files.sync(manifests, '--eso-annotations')
  assert.deepEqual(marks('es'), {
    'reconcile.external-secrets.io/managed': 'true',
    // ESO's own for {foo: value1, bar: value2}, and sha3-224 of "shop/es".
    'reconcile.external-secrets.io/data-hash':
      '1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64',
    'reconcile.external-secrets.io/created-by': createHash('sha3-224')
      .update('shop/es')
      .digest('hex'),
  })
  assert.deepEqual(Object.keys(marks('kept')).sort(), [
    'reconcile.external-secrets.io/data-hash',
    'reconcile.external-secrets.io/managed',
  ])
  const again = await files.sync(manifests, '--eso-annotations')
  assert.deepEqual(
    again.results.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged'],
  )
  await files.sync(manifests)
  assert.deepEqual(marks('es'), {})
})
