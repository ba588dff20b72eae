import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import { dig, type JsonObject } from '../../../../src/model/json.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage } from './story.ts'

// target.manifest by a controller (MT-7): for bundles and for ExternalSecret objects, by the list that the controller has.

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const MIDDLEWARE = { apiVersion: 'traefik.io/v1alpha1', kind: 'Middleware' }
const LIST = ['--allow-target=ConfigMap', '--allow-target=Middleware.traefik.io']
const HOUR_MS = 3_600_000

const api = (target: JsonObject): string =>
  externalSecret({ name: 'api', keys: { k: 'a' }, target })

async function given(stage: Stage, manifests: string): Promise<void> {
  await stage.apply(...(loadAll(manifests) as readonly JsonObject[]))
}

const own = (stage: Stage): JsonObject | undefined =>
  stage.server.object('ExternalSecret', 'shop', 'api')

const ready = (stage: Stage): unknown =>
  dig((dig(own(stage), 'status', 'conditions') as readonly JsonObject[] | undefined)?.[0], 'reason')

async function remove(stage: Stage): Promise<void> {
  const ref = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret' }
  const uid = String(dig(own(stage), 'metadata', 'uid'))
  const preconditions = { uid, resourceVersion: undefined }
  await stage.kube.delete({ ...ref, namespace: 'shop', name: 'api' }, preconditions, false)
}

test('a bundle: the object is made, and an edit is put right at the next interval', async (t) => {
  const stage = await startStage(t)
  await stage.publish(fakeStore({ a: 'one' }) + api({ name: 'settings', manifest: CONFIG_MAP }))
  const controller = stage.start(...LIST)
  const value = (): unknown =>
    dig(stage.server.object('ConfigMap', 'shop', 'settings'), 'data', 'k')
  await until(() => value() === 'one', controller.log())
  const metadata = { name: 'settings', namespace: 'shop' }
  await stage.apply({ ...CONFIG_MAP, metadata, data: { k: 'edited' } })
  await stage.pass(1.2 * HOUR_MS)
  await until(() => value() === 'one', controller.log())
})

test('an object: it owns what it made, its status is in ESO’s words, and they go together', async (t) => {
  const stage = await startStage(t)
  const target = { name: 'web', manifest: MIDDLEWARE, deletionPolicy: 'Delete' }
  await given(stage, fakeStore({ a: 'one' }) + api(target))
  const controller = stage.start(...LIST)
  const made = (): JsonObject | undefined => stage.server.object('Middleware', 'shop', 'web')
  await until(() => dig(made(), 'spec', 'data', 'k') === 'one', controller.log())
  await until(() => ready(stage) === 'ResourceSynced', controller.log())
  const owners = dig(made(), 'metadata', 'ownerReferences') as readonly JsonObject[]
  assert.deepEqual(
    owners.map(({ kind, name }) => [kind, name]),
    [['ExternalSecret', 'api']],
  )
  await until(() => dig(own(stage), 'metadata', 'finalizers') !== undefined)
  await until(() => stage.server.objects('Event', 'shop').length > 0)
  const [event] = stage.server.objects('Event', 'shop')
  assert.deepEqual([event?.reason, event?.message], ['Created', 'Middleware web created'])
  await remove(stage)
  await until(() => own(stage) === undefined && made() === undefined, controller.log())
})

test('an object that changes from a Secret to a ConfigMap of the same name leaves no Secret', async (t) => {
  const stage = await startStage(t)
  await given(stage, fakeStore({ a: 'one' }) + api({ name: 'api' }))
  const controller = stage.start(...LIST)
  await until(() => stage.secret('api') !== undefined && ready(stage) !== undefined)
  await given(stage, api({ name: 'api', manifest: CONFIG_MAP }))
  await until(() => stage.server.object('ConfigMap', 'shop', 'api') !== undefined, controller.log())
  await until(() => stage.secret('api') === undefined, controller.log())
})

test('without the list nothing is made, a Secret of that name stays, and the object can go', async (t) => {
  const stage = await startStage(t)
  const metadata = { name: 'web', namespace: 'shop' }
  await stage.apply({ apiVersion: 'v1', kind: 'Secret', metadata, data: { mine: 'eA==' } })
  const target = { name: 'web', manifest: MIDDLEWARE, deletionPolicy: 'Delete' }
  await given(stage, fakeStore({ a: 'one' }) + api(target))
  const controller = stage.start('--allow-target=ConfigMap')
  await until(() => ready(stage) === 'SecretSyncedError', controller.log())
  await until(() => dig(own(stage), 'metadata', 'finalizers') !== undefined)
  assert.deepEqual(stage.server.objects('Middleware'), [])
  await remove(stage)
  await until(() => own(stage) === undefined, controller.log())
  assert.notEqual(stage.secret('web'), undefined)
})
