import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../../src/model/json.ts'
import { createBundles } from '../../../../src/sync/controller/bundles.ts'
import { bundledSecret, handedOff } from '../bundled.ts'

function bundle(): { readonly anchor: JsonObject; readonly shard: JsonObject } {
  const owner = { app: 'web', namespace: 'shop' }
  const externalSecrets = [bundledSecret(owner, 'api', { keys: { k: 'a' } })]
  const [anchor = {}, shard = {}] = handedOff({ ...owner, values: {}, externalSecrets })
  return { anchor, shard }
}

test('a bundle that was never complete is told as gone, so that nobody warns of it for ever', () => {
  const bundles = createBundles('waybill-system')
  const { anchor } = bundle()
  bundles.put(anchor, false)
  const [torn] = bundles.news()
  assert.equal(torn?.key, 'shop/waybill-web')
  assert.notEqual(torn?.problem, undefined)
  bundles.put(anchor, true)
  assert.deepEqual(bundles.news(), [
    { key: 'shop/waybill-web', before: undefined, after: undefined, problem: undefined },
  ])
  bundles.put(anchor, true)
  assert.deepEqual(bundles.news(), [], 'once')
})

test('an anchor that goes before its shards is told once', () => {
  const bundles = createBundles('waybill-system')
  const { anchor, shard } = bundle()
  bundles.put(anchor, false)
  bundles.put(shard, false)
  assert.equal(bundles.news()[0]?.after?.app, 'web')
  bundles.put(anchor, true)
  const [gone] = bundles.news()
  assert.equal(gone?.before?.app, 'web')
  assert.equal(gone?.after, undefined)
  bundles.put(shard, true)
  assert.deepEqual(bundles.news(), [])
})
