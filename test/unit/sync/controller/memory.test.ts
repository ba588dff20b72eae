import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeApi, KubeError } from '../../../../src/kube/api.ts'
import { decodeExternalSecret } from '../../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../../src/model/json.ts'
import { SecretValue } from '../../../../src/model/secret-value.ts'
import type { Write } from '../../../../src/plan/change.ts'
import { fingerprint, isWholeWish } from '../../../../src/sync/as-left.ts'
import { createStatusKeeper, TIMES_MS } from '../../../../src/sync/controller/status-keeper.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage } from './story.ts'

// What a controller keeps between runs: enough to leave the API server alone while nothing changes, and no value.

const EVERY_15_S = { spec: { refreshInterval: '15s' } }

async function steady(stage: Stage): Promise<void> {
  await stage.publish(
    fakeStore({ a: 'one' }) +
      externalSecret({ name: 'api', keys: { x: 'a' }, ...EVERY_15_S }) +
      externalSecret({ name: 'web', keys: { y: 'a' }, ...EVERY_15_S }),
  )
  stage.start()
  await until(() => stage.status('web').outcome === 'created')
  await until(() => hasPassed(stage) && stage.status('web').outcome === 'unchanged')
}

/** A second. */
function hasPassed(stage: Stage): boolean {
  stage.clock.advance(1000)
  return true
}

/** One interval and its runs, second by second. */
async function round(stage: Stage): Promise<void> {
  for (let second = 0; second < 17 && hasPassed(stage); second++) {
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

test('nothing changes: neither Secrets nor the status are asked for, and times are written once a minute', async (t) => {
  const stage = await startStage(t)
  await steady(stage)
  stage.server.calls.clear()
  const before = stage.status('api').lastSync
  for (let turn = 0; turn < 5; turn++) await round(stage)
  assert.equal(stage.server.calls.count('get secrets'), 0)
  // `keys` are names; the policy is asked for as before.
  const reads = stage.server.calls.all.filter(
    ({ call, keys }) => call === 'get configmaps' && keys.some((key) => key.includes('-status')),
  )
  assert.deepEqual(reads, [])
  assert.equal(stage.server.calls.count('patch secrets'), 0)
  const writes = stage.server.calls.count('patch configmaps')
  assert.ok(writes >= 1 && writes <= 2, `${writes} writes in 85 s`)
  assert.notEqual(stage.status('api').lastSync, before)
})

test('a rotated value is written although the Secret was not looked at before', async (t) => {
  const stage = await startStage(t)
  await steady(stage)
  await stage.publish(
    fakeStore({ a: 'new' }) +
      externalSecret({ name: 'api', keys: { x: 'a' }, ...EVERY_15_S }) +
      externalSecret({ name: 'web', keys: { y: 'a' }, ...EVERY_15_S }),
  )
  await round(stage)
  await until(() => stage.value('api', 'x') === 'new' && stage.value('web', 'y') === 'new')
})

test('a watch that has been silent for two minutes is not believed: Secrets are looked at again', async (t) => {
  const stage = await startStage(t)
  await steady(stage)
  stage.clock.advance(130_000)
  stage.server.calls.clear()
  await until(() => hasPassed(stage) && stage.server.calls.count('get secrets') >= 2)
})

test('an edit between two runs is seen by the watch, and put right', async (t) => {
  const stage = await startStage(t)
  await steady(stage)
  await stage.edit('api', { x: 'edited' })
  await until(() => stage.value('api', 'x') === 'one')
})

test('times that were held back are written when the controller ends', async (t) => {
  const stage = await startStage(t)
  await stage.publish(
    fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { x: 'a' }, ...EVERY_15_S }),
  )
  const controller = stage.start()
  await until(() => stage.status('api').outcome === 'created')
  await until(() => hasPassed(stage) && stage.status('api').outcome === 'unchanged')
  const before = stage.status('api').lastSync
  await round(stage)
  assert.equal(stage.status('api').lastSync, before)
  controller.stop()
  await controller.ended
  assert.notEqual(stage.status('api').lastSync, before)
})

const HOW = { fieldManager: 'waybill', isForced: true, isDryRun: false }

function statusOf(entry: JsonObject, owner = 'uid'): JsonObject {
  const metadata = {
    namespace: 'shop',
    name: 'waybill-shop-status',
    ownerReferences: [{ uid: owner }],
  }
  return { kind: 'ConfigMap', metadata, data: { of_parts: '1', api: JSON.stringify(entry) } }
}

const ENTRY = { lastSync: '1', nextRefresh: '2', outcome: 'unchanged', secretVersion: '7' }

/** An API server that keeps one object, and counts. */
function oneObject(): { readonly kube: KubeApi; readonly log: string[]; isDown: boolean } {
  const log: string[] = []
  let object: JsonObject | undefined
  const world = {
    log,
    isDown: false,
    kube: {
      get: async () => {
        log.push('get')
        return object
      },
      apply: async (applied: JsonObject) => {
        log.push('apply')
        if (world.isDown) throw new KubeError('unavailable', 503, 'down')
        object = applied
        return { object, isCreated: false }
      },
    } as Partial<KubeApi> as KubeApi,
  }
  return world
}

for (const { story, next, owner, writes } of [
  { story: 'the same', next: ENTRY, writes: 1 },
  { story: 'later times', next: { ...ENTRY, lastSync: '3', nextRefresh: null }, writes: 1 },
  { story: 'another outcome', next: { ...ENTRY, outcome: 'failed' }, writes: 2 },
  { story: 'another version', next: { ...ENTRY, secretVersion: '8' }, writes: 2 },
  { story: 'another owner', next: ENTRY, owner: 'other', writes: 2 },
]) {
  test(`status within a minute: ${story} makes ${writes} writes`, async () => {
    const { kube, log } = oneObject()
    const keeper = createStatusKeeper(() => 0)
    const through = keeper.through(kube)
    await through.apply(statusOf(ENTRY), HOW)
    await through.apply(statusOf(next, owner), HOW)
    assert.equal(log.length, writes)
    const ref = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'shop',
      name: 'waybill-shop-status',
    }
    assert.deepEqual(await through.get(ref), statusOf(next, owner))
    assert.equal(log.length, writes, 'the next run asks nobody')
  })
}

test('status: times are written a minute later, by the next run or by a flush', async () => {
  const { kube, log } = oneObject()
  let nowMs = 0
  const keeper = createStatusKeeper(() => nowMs)
  const through = keeper.through(kube)
  await through.apply(statusOf(ENTRY), HOW)
  nowMs = TIMES_MS
  await through.apply(statusOf({ ...ENTRY, lastSync: '3' }), HOW)
  assert.equal(log.length, 2)
  await through.apply(statusOf({ ...ENTRY, lastSync: '4' }), HOW)
  await keeper.flush(kube, TIMES_MS)
  assert.deepEqual([log.length, keeper.isHolding()], [2, true])
  nowMs += TIMES_MS
  await keeper.flush(kube, TIMES_MS)
  assert.deepEqual([log.length, keeper.isHolding()], [3, false])
})

test('status: after a write that failed, and for a bundle that is gone, the cluster is asked again', async () => {
  const world = oneObject()
  const keeper = createStatusKeeper(() => 0)
  const through = keeper.through(world.kube)
  const ref = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'shop',
    name: 'waybill-shop-status',
  }
  await through.apply(statusOf(ENTRY), HOW)
  world.isDown = true
  await assert.rejects(through.apply(statusOf({ ...ENTRY, outcome: 'failed' }), HOW), KubeError)
  await through.get(ref)
  assert.equal(world.log.filter((call) => call === 'get').length, 1)
  keeper.forget('shop/waybill-shop')
  await through.get(ref)
  assert.equal(world.log.filter((call) => call === 'get').length, 2)
})

const KEY = new Uint8Array(32)

function wish(data: Readonly<Record<string, string>>, more: Partial<Write['desired']> = {}): Write {
  const values = Object.entries(data).map(([k, v]) => [k, SecretValue.fromText(v)] as const)
  const desired = { name: 's', namespace: 'shop', type: '', finalizers: [], immutable: false }
  const maps = { labels: new Map(), annotations: new Map(), data: new Map(values) }
  return { desired: { ...desired, ...maps, ...more }, owner: 'none' }
}

const API = decodeExternalSecret({ metadata: { name: 'api', namespace: 'shop' } })
const EDITED = decodeExternalSecret({
  metadata: { name: 'api', namespace: 'shop' },
  spec: { target: { name: 'other' } },
})

for (const { story, other, of = API, isSame = false } of [
  { story: 'keys in another order', other: wish({ b: '2', a: '1' }), isSame: true },
  { story: 'another value', other: wish({ a: '1', b: '3' }) },
  { story: 'bytes that moved from one value to the next', other: wish({ a: '12', b: '' }) },
  { story: 'a key less', other: wish({ a: '1' }) },
  { story: 'a label', other: wish({ a: '1', b: '2' }, { labels: new Map([['l', 'v']]) }) },
  { story: 'another owner', other: { ...wish({ a: '1', b: '2' }), owner: 'any' as const } },
  { story: 'an edited ExternalSecret', of: EDITED, other: wish({ a: '1', b: '2' }) },
]) {
  test(`fingerprint: ${story} ${isSame ? 'is the same wish' : 'is another wish'}`, () => {
    const one = fingerprint(API, wish({ a: '1', b: '2' }), KEY)
    assert.equal(fingerprint(of, other, KEY) === one, isSame)
  })
}

test('fingerprint: without the key of the process it says nothing', () => {
  const one = fingerprint(API, wish({ a: '1' }), KEY)
  assert.notEqual(one, fingerprint(API, wish({ a: '1' }), new Uint8Array(32).fill(1)))
})

test('only a Secret that is all ours is spared a look', () => {
  const of = (creationPolicy: string): boolean =>
    isWholeWish(
      decodeExternalSecret({ metadata: { name: 'a' }, spec: { target: { creationPolicy } } }),
    )
  const policies = ['Owner', 'Orphan', 'Merge', 'CreateOrMerge', 'None']
  assert.deepEqual(policies.filter(of), ['Owner', 'Orphan'])
})
