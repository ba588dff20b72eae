import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../../src/model/json.ts'
import { isOfClass } from '../../../../src/model/store.ts'
import { startApp } from '../app.ts'
import { externalSecret } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage } from './story.ts'

// R8: what names another controller class is left alone, what names none is everybody's.

const classes = [
  { controller: '', ours: 'default', isOurs: true },
  { controller: '', ours: 'mine', isOurs: true },
  { controller: 'default', ours: 'default', isOurs: true },
  { controller: 'default', ours: 'mine', isOurs: false },
  { controller: 'mine', ours: 'mine', isOurs: true },
  { controller: 'mine', ours: 'default', isOurs: false },
  { controller: 'Mine', ours: 'mine', isOurs: false },
]
for (const { controller, ours, isOurs } of classes) {
  test(`a store of "${controller}" is ${isOurs ? '' : 'not '}that of --controller-class=${ours}`, () => {
    assert.equal(isOfClass(controller, ours), isOurs)
  })
}

function store(name: string, controller: string): JsonObject {
  const fake = { data: [{ key: 'a', value: name }] }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name, namespace: 'shop' },
    spec: { controller, provider: { fake } },
  }
}

function reader(name: string): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'shop' },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name },
      target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      data: [{ secretKey: 'x', remoteRef: { key: 'a' } }],
    },
  }
}

function pusher(name: string): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name, namespace: 'shop' },
    spec: {
      secretStoreRefs: [{ kind: 'SecretStore', name }],
      selector: { secret: { name: 'source' } },
      data: [{ match: { secretKey: 'x', remoteRef: { remoteKey: 'pushed' } } }],
    },
  }
}

function ready(stage: Stage, kind: string, name: string): unknown {
  return dig(stage.server.object(kind, 'shop', name), 'status', 'conditions')
}

test('--controller-class: a controller of a class of its own takes its objects, and those of no class', async (t) => {
  const stage = await startStage(t)
  const stores = [store('mine', 'mine'), store('default', 'default'), store('any', '')]
  await stage.apply(...stores, reader('mine'), reader('default'), reader('any'))
  const source = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'source', namespace: 'shop' },
  }
  await stage.apply({ ...source, data: { x: 'eA==' } }, pusher('mine'), pusher('default'))
  stage.start('--controller-class=mine')
  const hasValue = (name: string): boolean => stage.value(name, 'x') === name
  await until(() => hasValue('mine') && hasValue('any'))
  await until(() => ready(stage, 'SecretStore', 'any') !== undefined)
  await until(() => ready(stage, 'PushSecret', 'mine') !== undefined)
  const told = () => stage.server.objects('Event', 'shop').map(({ reason }) => reason)
  await until(() => told().includes('ControllerClass'))
  assert.equal(stage.secret('default'), undefined)
  for (const kind of ['ExternalSecret', 'SecretStore', 'PushSecret']) {
    assert.equal(ready(stage, kind, 'default'), undefined, kind)
  }
})

test('--controller-class: sync leaves stores of the default class to the default', async (t) => {
  const app = await startApp(t)
  const document = (object: JsonObject): string => `---\n${JSON.stringify(object)}\n`
  const all = document(store('st', 'default')) + externalSecret({ name: 'api', keys: { x: 'a' } })
  const { code, report } = await app.sync(all, { sync: ['--controller-class=mine'] })
  assert.equal(code, 0)
  assert.match(JSON.stringify(report), /belongs to controller class \\"default\\"/)
  assert.equal(app.server.object('Secret', 'shop', 'api'), undefined)
  await app.sync(all)
  assert.notEqual(app.server.object('Secret', 'shop', 'api'), undefined)
})
