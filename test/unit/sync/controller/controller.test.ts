import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject } from '../../../../src/model/json.ts'
import { externalSecret, fakeStore, versionOf } from '../story.ts'
import { until } from './clock.ts'
import { type Controller, type Stage, startStage, WATCHES } from './story.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SHOP = fakeStore({ a: 'one', b: 'two' }) + externalSecret({ name: 'api', keys: { x: 'a' } })

test('a bundle that is there, and one that comes later, become Secrets', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const controller = stage.start()
  await until(() => stage.value('api', 'x') === 'one')
  await stage.publish(externalSecret({ name: 'second', keys: { y: 'a' } }), 'other')
  await until(() => stage.value('second', 'y') === 'one')
  controller.stop()
  assert.equal(await controller.ended, 143)
  assert.equal(stage.status('api').outcome, 'created')
})

test('an edit of the bundle is followed, and what it no longer asks for is forgotten', async (t) => {
  const { stage } = await synced(t)
  const both = externalSecret({ name: 'api', keys: { x: 'b' } })
  await stage.publish(both + externalSecret({ name: 'more', keys: { y: 'a' } }))
  await until(() => stage.value('api', 'x') === 'two' && stage.value('more', 'y') === 'one')
  await stage.publish(both)
  await until(() => !('outcome' in stage.status('more')))
  assert.notEqual(stage.secret('more'), undefined, 'without --prune a Secret stays')
})

test('a rotated value is picked up after its interval, and not before', async (t) => {
  const { stage } = await synced(t)
  await stage.publish(fakeStore({ a: 'new' }))
  await stage.pass(HOUR_MS / 2)
  assert.equal(stage.value('api', 'x'), 'one')
  await stage.pass(HOUR_MS * 0.7)
  await until(() => stage.value('api', 'x') === 'new')
})

test('a Secret that somebody edits or deletes is put right at once', async (t) => {
  const { stage } = await synced(t)
  const version = versionOf(stage.secret('api'))
  stage.server.remove('Secret', 'shop', 'api')
  await until(() => stage.value('api', 'x') === 'one')
  assert.notEqual(versionOf(stage.secret('api')), version)
  await stage.edit('api', { x: 'edited' })
  assert.equal(stage.value('api', 'x'), 'edited')
  await until(() => stage.value('api', 'x') === 'one')
})

const EDITED: JsonObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  data: { x: 'ZWRpdGVk' },
}

test('nothing changes: hours pass without a write to a Secret', async (t) => {
  const { stage, controller } = await synced(t)
  const version = versionOf(stage.secret('api'))
  stage.server.calls.clear()
  for (let hour = 1; hour <= 3; hour++) {
    const before = stage.status('api').lastSync
    await stage.pass(1.2 * HOUR_MS)
    await until(() => stage.status('api').lastSync !== before)
  }
  assert.equal(versionOf(stage.secret('api')), version)
  assert.equal(stage.server.calls.count('patch secrets'), 0)
  assert.doesNotMatch(controller.log(), /error/)
})

test('what fails is tried again, slower and slower, and told', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP + externalSecret({ name: 'bad', keys: { x: 'missing' } }))
  const controller = stage.start()
  await until(() => stage.status('bad').outcome === 'failed')
  await until(() => stage.value('api', 'x') === 'one')
  const reads = (): number => controller.log().split('ExternalSecret/shop/bad').length - 1
  await until(() => reads() === 1)
  for (const [at, delayMs] of [1_100, 2_200, 4_400].entries()) {
    stage.clock.advance(delayMs)
    await until(() => reads() === at + 2, controller.log())
  }
  const [event] = stage.server.objects('Event', 'shop')
  assert.match(String(event?.message), /missing/)
  await stage.publish(fakeStore({ a: 'one', missing: 'here' }))
  stage.clock.advance(10_000)
  await until(() => stage.value('bad', 'x') === 'here')
})

test('a torn bundle leaves everything as it is, and says so', async (t) => {
  const { stage, controller } = await synced(t)
  const version = versionOf(stage.secret('api'))
  stage.server.remove('ConfigMap', 'shop', 'waybill-shop-0')
  await until(() =>
    /waybill-shop-0 is missing.*the last complete bundle stays/.test(controller.log()),
  )
  stage.server.remove('Secret', 'shop', 'api')
  await until(() => stage.value('api', 'x') === 'one', 'drift is put right by the last bundle')
  assert.notEqual(versionOf(stage.secret('api')), version)
  await stage.publish(externalSecret({ name: 'api', keys: { x: 'b' } }))
  await until(() => stage.value('api', 'x') === 'two')
})

test('an anchor that is gone takes its ExternalSecrets out of the work', async (t) => {
  const { stage, controller } = await synced(t)
  stage.server.remove('ConfigMap', 'shop', 'waybill-shop')
  stage.server.collectGarbage()
  await until(() => stage.secret('api') === undefined)
  await settled(stage)
  assert.equal(stage.secret('api'), undefined)
  assert.match((await controller.get('/metrics')).body, /^waybill_items 0$/m)
})

test('an anchor that is made anew becomes the owner of what the old one owned', async (t) => {
  const { stage } = await synced(t)
  stage.server.remove('ConfigMap', 'shop', 'waybill-shop')
  await stage.publish(SHOP)
  const uidOf = (): unknown =>
    dig(stage.server.object('ConfigMap', 'shop', 'waybill-shop'), 'metadata', 'uid')
  await until(() => {
    const owners = dig(stage.secret('api'), 'metadata', 'ownerReferences')
    return JSON.stringify(owners).includes(String(uidOf()))
  })
})

test('a force-sync annotation on the anchor reads everything at once', async (t) => {
  const { stage } = await synced(t)
  await stage.publish(fakeStore({ a: 'new' }))
  await settled(stage)
  assert.equal(stage.value('api', 'x'), 'one')
  await stage.annotate('waybill-shop', { 'waybill.dev/force-sync': 'now' })
  await until(() => stage.value('api', 'x') === 'new')
})

test('a Secret that External Secrets Operator keeps is refused, and said so', async (t) => {
  const stage = await startStage(t)
  const owner = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'api' }
  const ownerReferences = [{ ...owner, uid: 'u', controller: true }]
  stage.server.seed({ ...EDITED, metadata: { name: 'api', namespace: 'shop', ownerReferences } })
  await stage.publish(SHOP)
  stage.start()
  await until(() => stage.status('api').outcome === 'failed')
  assert.match(String(stage.status('api').message), /adopt/)
  assert.equal(stage.value('api', 'x'), 'edited')
})

test('only the namespace that is named is watched', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const controller = stage.start('--namespace=default')
  await until(() => /watching default/.test(controller.log()))
  await settled(stage)
  assert.equal(stage.secret('api'), undefined)
})

/** A controller that has made the Secret `api`. */
async function synced(
  t: TestContext,
): Promise<{ readonly stage: Stage; readonly controller: Controller }> {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const controller = stage.start()
  await until(() => stage.status('api').outcome === 'created')
  await until(() => stage.server.watches.count() === WATCHES)
  return { stage, controller }
}

/** Long enough for a run that should not be. */
async function settled(stage: Stage): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    stage.clock.advance(MINUTE_MS / 60)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
