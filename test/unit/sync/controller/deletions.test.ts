import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, isArray, text } from '../../../../src/model/json.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { eventsAbout } from './events-about.ts'
import { startStage } from './story.ts'

const DELETES = { deletionPolicy: 'Delete' }
const NAMES = ['a', 'b', 'c', 'd', 'e']

test('a store that forgets one key: its Secret goes, after two sightings', async (t) => {
  const stage = await startStage(t)
  const wanted = NAMES.map((name) => externalSecret({ name, keys: { x: name }, target: DELETES }))
  const all = Object.fromEntries(NAMES.map((name) => [name, 'v']))
  await stage.publish(fakeStore(all) + wanted.join(''))
  stage.start()
  await until(() => NAMES.every((name) => stage.status(name).outcome === 'created'))
  const { a: _, ...left } = all
  await stage.publish(fakeStore(left))
  await stage.pass(66 * 60_000)
  await until(() => stage.status('a').goneSince !== undefined)
  assert.notEqual(stage.secret('a'), undefined, 'seen once')
  for (let turn = 0; turn < 5 && stage.secret('a') !== undefined; turn++) await stage.pass(40_000)
  await until(() => stage.status('a').outcome === 'deleted')
  assert.equal(stage.secret('a'), undefined)
  const deleted =
    'Normal Deleted ExternalSecret/shop/a: secret deleted due to DeletionPolicy=Delete'
  await until(() => eventsAbout(stage.server, 'ConfigMap').includes(deleted))
})

test('an ExternalSecret that goes takes its Secret along, and an event says so', async (t) => {
  const stage = await startStage(t)
  const at = { name: 'api', namespace: 'shop' }
  const ref = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret' }
  await stage.apply(JSON.parse(fakeStore({ a: 'v' }).replace('---\n', '')), {
    ...ref,
    metadata: at,
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: 'st' },
      target: { creationPolicy: 'Owner', ...DELETES },
      data: [{ secretKey: 'x', remoteRef: { key: 'a' } }],
    },
  })
  stage.start()
  const object = () => stage.server.object('ExternalSecret', 'shop', 'api')
  await until(() => isArray(dig(object(), 'metadata', 'finalizers')))
  const uid = text(dig(object(), 'metadata', 'uid')) ?? ''
  await stage.kube.delete({ ...ref, ...at }, { uid, resourceVersion: undefined }, false)
  await until(() => object() === undefined)
  assert.equal(stage.secret('api'), undefined)
  assert.deepEqual(eventsAbout(stage.server, 'ExternalSecret').slice(1), [
    'Normal Deleted secret deleted due to DeletionPolicy=Delete',
  ])
})

test('a store that forgets everything, one ExternalSecret after the other, is not believed', async (t) => {
  const stage = await startStage(t)
  const wanted = NAMES.map((name, at) => {
    const spec = { refreshInterval: `${60 + at}m` }
    return externalSecret({ name, keys: { x: name }, target: DELETES, spec })
  })
  await stage.publish(
    fakeStore(Object.fromEntries(NAMES.map((name) => [name, 'v']))) + wanted.join(''),
  )
  const controller = stage.start()
  await until(() => NAMES.every((name) => stage.status(name).outcome === 'created'))
  await stage.publish(fakeStore({ other: 'v' }))
  for (let minute = 0; minute < 75; minute++) await stage.pass(60_000)
  await until(() => controller.log().includes('more than a quarter'))
  const gone = NAMES.filter((name) => stage.secret(name) === undefined)
  assert.ok(gone.length <= 1, `${gone.length} of 5 are gone`)
})
