import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStore } from '../../../../src/handoff/stores.ts'
import type { JsonObject } from '../../../../src/model/json.ts'
import { decodeStore, type StoreKind } from '../../../../src/model/store.ts'
import { createStoreMaps } from '../../../../src/sync/controller/store-maps.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { startStage } from './story.ts'

const HOME = 'waybill-system'

/** The ConfigMap of a store in this namespace. */
function storeMap(kind: StoreKind, namespace: string, value = 'v'): JsonObject {
  const provider = { fake: { data: [{ key: 'a', value }] } }
  const scope = kind === 'SecretStore' ? { namespace } : {}
  const metadata = { name: 'st', ...scope }
  const store = decodeStore({
    apiVersion: 'external-secrets.io/v1',
    ...{ kind, metadata, spec: { provider } },
  })
  return encodeStore(store, { kind, name: 'st', namespace })
}

test('a store is told when it comes and when it is another one, and not when it is listed again', () => {
  const { put } = createStoreMaps(HOME)
  assert.equal(put(storeMap('SecretStore', 'shop'), false)?.namespace, 'shop')
  assert.equal(put(storeMap('SecretStore', 'shop'), false), undefined)
  assert.equal(put(storeMap('SecretStore', 'shop', 'other'), false)?.name, 'st')
  assert.equal(put(storeMap('SecretStore', 'shop', 'other'), true), undefined)
  assert.equal(put(storeMap('SecretStore', 'shop', 'other'), false)?.name, 'st', 'back again')
})

test('a ClusterSecretStore counts in the store namespace alone (MT-3)', () => {
  const { put } = createStoreMaps(HOME)
  assert.equal(put(storeMap('ClusterSecretStore', HOME), false)?.kind, 'ClusterSecretStore')
  assert.equal(put(storeMap('ClusterSecretStore', 'shop'), false), undefined)
})

test('a ConfigMap that holds no store tells nothing', () => {
  const { put } = createStoreMaps(HOME)
  const map = storeMap('SecretStore', 'shop')
  assert.equal(put({ ...map, data: { format: '1', 'store.json': '{' } }, false), undefined)
  assert.equal(put({ metadata: { namespace: 'shop', name: 'x' } }, false), undefined)
})

const rows = [
  { story: 'comes', before: '' },
  { story: 'is corrected', before: fakeStore({ other: 'v' }) },
]
for (const { story, before } of rows) {
  test(`a store that ${story} has those of a bundle tried at once that failed`, async (t) => {
    const stage = await startStage(t, { crds: false })
    const one = (name: string, key: string) => externalSecret({ name, keys: { x: key } })
    await stage.publish(before + one('api', 'a'))
    stage.start()
    await until(() => stage.status('api').outcome === 'failed')
    await stage.publish(fakeStore({ a: 'v' }), 'platform')
    await until(() => stage.value('api', 'x') === 'v')
  })
}

test('what is well is not looked at again because its store is another one', async (t) => {
  const stage = await startStage(t, { crds: false })
  const one = (name: string, key: string) => externalSecret({ name, keys: { x: key } })
  await stage.publish(fakeStore({ a: 'v' }) + one('api', 'a') + one('bad', 'b'))
  const controller = stage.start()
  await until(() => stage.status('bad').outcome === 'failed' && stage.value('api', 'x') === 'v')
  await until(() => controller.log().includes('working'))
  await stage.publish(fakeStore({ a: 'other', b: 'here' }), 'platform')
  await until(() => stage.value('bad', 'x') === 'here')
  assert.equal(stage.value('api', 'x'), 'v', 'not before its interval')
})

test('an object that failed is tried at once when its store travels in a ConfigMap', async (t) => {
  const stage = await startStage(t)
  await stage.apply({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'api', namespace: 'shop' },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: 'st' },
      target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      data: [{ secretKey: 'x', remoteRef: { key: 'a' } }],
    },
  })
  const controller = stage.start()
  await until(() => controller.log().includes('"st" was not found'))
  await stage.publish(fakeStore({ a: 'v' }))
  await until(() => stage.value('api', 'x') === 'v')
})
