import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject, text } from '../../../../src/model/json.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage } from './story.ts'

// From a bundle to objects of the cluster, and back: the Secret stays, with its values, and changes its keeper.

const STORE = fakeStore({ a: 'one' })
const BUNDLED = externalSecret({ name: 'api', keys: { x: 'a' } })
const OBJECT = JSON.parse(BUNDLED.replace('---\n', '')) as JsonObject
const STORE_OBJECT = JSON.parse(STORE.replace('---\n', '')) as JsonObject
const OTHER = externalSecret({ name: 'other', keys: { x: 'a' } })

/** As `kubectl delete --cascade=orphan`: the collector takes the references off, and the dependants stay. */
async function orphan({ server, kube, secret }: Stage, kind: string, name: string): Promise<void> {
  server.remove(kind, 'shop', name)
  const object = secret('api') as JsonObject
  const { managedFields: _, ownerReferences: __, ...metadata } = object.metadata as JsonObject
  await kube.replace({ ...object, metadata }, { fieldManager: 'gc', isDryRun: false })
}

function keeper({ secret }: Stage): string {
  const references = dig(secret('api'), 'metadata', 'ownerReferences') as readonly JsonObject[]
  return (references ?? []).map(({ kind, name }) => `${kind}/${name}`).join()
}

function annotated({ secret }: Stage): string | undefined {
  return text(dig(secret('api'), 'metadata', 'annotations', 'waybill.dev/owner'))
}

function ready({ server }: Stage): string {
  const conditions = dig(server.object('ExternalSecret', 'shop', 'api'), 'status', 'conditions')
  const [condition] = (conditions ?? []) as readonly JsonObject[]
  return `${condition?.status} ${condition?.message}`
}

function uidOf({ secret }: Stage): unknown {
  return dig(secret('api'), 'metadata', 'uid')
}

async function bundled(t: TestContext): Promise<Stage> {
  const stage = await startStage(t)
  await stage.publish(STORE + BUNDLED + OTHER)
  stage.start()
  await until(() => stage.value('api', 'x') === 'one')
  return stage
}

test('modes: while the bundle holds it the object waits, and its condition says how it is moved', async (t) => {
  const stage = await bundled(t)
  const version = dig(stage.secret('api'), 'metadata', 'resourceVersion')
  await stage.apply(STORE_OBJECT, OBJECT)
  await until(() => /^False .*bundle of app shop, .*--cascade=orphan/.test(ready(stage)))
  assert.equal(dig(stage.secret('api'), 'metadata', 'resourceVersion'), version)
  assert.equal(keeper(stage), 'ConfigMap/waybill-shop')
})

test('modes: the anchor goes and its Secrets are orphaned: the object takes over, the Secret is the same', async (t) => {
  const stage = await bundled(t)
  const uid = uidOf(stage)
  await stage.apply(STORE_OBJECT, OBJECT)
  await until(() => /^False .*bundle of app shop/.test(ready(stage)))
  await orphan(stage, 'ConfigMap', 'waybill-shop')
  await until(() => {
    stage.clock.advance(1_000)
    return keeper(stage) === 'ExternalSecret/api'
  })
  assert.deepEqual([uidOf(stage), stage.value('api', 'x')], [uid, 'one'])
  assert.equal(annotated(stage), 'shop/api')
  await until(() => /^True/.test(ready(stage)))
})

test('modes: the bundle lives on without it: the object takes over, and the other stays the bundle’s', async (t) => {
  const stage = await bundled(t)
  const uid = uidOf(stage)
  await stage.publish(STORE + OTHER)
  await stage.apply(STORE_OBJECT, OBJECT)
  await until(() => {
    stage.clock.advance(1_000)
    return keeper(stage) === 'ExternalSecret/api'
  })
  assert.deepEqual([uidOf(stage), stage.value('api', 'x')], [uid, 'one'])
  const [owner] = dig(stage.secret('other'), 'metadata', 'ownerReferences') as readonly JsonObject[]
  assert.equal(owner?.kind, 'ConfigMap')
})

test('modes: back to a bundle: the object goes with --cascade=orphan, the bundle takes over', async (t) => {
  const stage = await startStage(t)
  await stage.apply(STORE_OBJECT, OBJECT)
  stage.start()
  await until(() => keeper(stage) === 'ExternalSecret/api')
  const uid = uidOf(stage)
  await orphan(stage, 'ExternalSecret', 'api')
  await stage.publish(STORE + BUNDLED)
  await until(() => {
    stage.clock.advance(1_000)
    return keeper(stage) === 'ConfigMap/waybill-shop'
  })
  assert.deepEqual([uidOf(stage), stage.value('api', 'x')], [uid, 'one'])
  assert.equal(annotated(stage), 'shop')
})
