import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../../src/model/json.ts'
import { document, externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { takeRight } from './plugin-rights.ts'
import { type Controller, type Stage, startStage } from './story.ts'

// A store that the controller may not look up is not told as one that does not exist: the controller's rights are no
// tenant's secret. What a tenant must not learn (MT-10) is told to the controller's log alone.

const OWN = externalSecret({ name: 'own', keys: { x: 'a' } })
const REFUSED = /ServiceAccount\/waybill-system\/waybill-controller may not get/

function clusterStore(name: string, conditions: readonly JsonObject[]): string {
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterSecretStore',
    metadata: { name },
    spec: { conditions, provider: { fake: { data: [{ key: 'a', value: 'one' }] } } },
  })
}

function reading(store: string): string {
  const spec = { secretStoreRef: { kind: 'ClusterSecretStore', name: store } }
  return externalSecret({ name: `of-${store}`, keys: { x: 'a' }, spec })
}

const GET_CONFIGMAPS = { verb: 'get', group: '', resource: 'configmaps' }

/** A controller that has asked for the administrator's policy already. */
async function startKnown(stage: Stage): Promise<Controller> {
  await stage.publish(
    fakeStore({ a: 'one' }) + externalSecret({ name: 'first', keys: { x: 'a' } }),
    'other',
  )
  const controller = stage.start()
  await until(() => stage.value('first', 'x') === 'one', controller.log())
  return controller
}

async function soon(stage: Stage, isSo: () => boolean): Promise<void> {
  for (let second = 0; second < 120 && !isSo(); second++) {
    stage.clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.ok(isSo(), 'not within two minutes')
}

const message = (stage: Stage, name: string): string => JSON.stringify(stage.status(name))

test('a SecretStore whose ConfigMap may not be read: the refusal is told, and it recovers', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const controller = await startKnown(stage)
  const { giveBack } = takeRight(stage, GET_CONFIGMAPS)
  await stage.publish(fakeStore({ a: 'one' }) + OWN)
  await until(() => REFUSED.test(controller.log()), controller.log())
  assert.match(controller.log(), /without it nobody knows whether there is a SecretStore/)
  assert.doesNotMatch(controller.log(), /was not found/)
  giveBack()
  await soon(stage, () => stage.value('own', 'x') === 'one')
})

test('a ClusterSecretStore whose ConfigMap may not be read: absent and present ones read the same', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const stores = clusterStore('all', [{ namespaces: ['shop'] }])
  const controller = await startKnown(stage)
  takeRight(stage, GET_CONFIGMAPS)
  await stage.publish(stores + reading('all') + reading('absent'))
  await until(() => /"absent" cannot be read/.test(controller.log()), controller.log())
  await until(() => /"all" cannot be read/.test(controller.log()), controller.log())
  const [all = '', absent = ''] = ['all', 'absent'].map((name) =>
    controller
      .log()
      .split('\n')
      .find((line) => line.includes(`"${name}" cannot be read`))
      ?.replaceAll(name, '…'),
  )
  assert.match(all, REFUSED)
  assert.equal(all, absent)
})

test('a ClusterSecretStore that goes by labels of namespaces that may not be read is not found, and the log tells why', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const selector = { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }
  const stores = clusterStore('labelled', [{ namespaceSelector: selector }])
  await stage.publish(stores + reading('labelled') + reading('absent'))
  const { giveBack } = takeRight(stage, { verb: 'get', group: '', resource: 'namespaces' })
  const controller = stage.start()
  await until(() => message(stage, 'of-labelled').includes('not found'))
  await until(() => message(stage, 'of-absent').includes('not found'))
  assert.match(controller.log(), /warning cannot get Namespace\/shop: forbidden: ServiceAccount/)
  assert.equal(
    message(stage, 'of-labelled').replaceAll('labelled', '…'),
    message(stage, 'of-absent').replaceAll('absent', '…'),
  )
  giveBack()
  await soon(stage, () => stage.value('of-labelled', 'x') === 'one')
})

test('what is refused at every run is warned of once in ten minutes', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const selector = { matchLabels: { team: 'a' } }
  await stage.publish(
    clusterStore('labelled', [{ namespaceSelector: selector }]) + reading('labelled'),
  )
  takeRight(stage, { verb: 'get', group: '', resource: 'namespaces' })
  const controller = stage.start()
  const warned = (): number => controller.log().split('warning cannot get Namespace').length - 1
  const failures = (): number => controller.log().split('error ExternalSecret/').length - 1
  await soon(stage, () => failures() >= 4)
  assert.equal(warned(), 1)
  await stage.pass(1_200_000)
  await soon(stage, () => warned() === 2)
})

test('MT-5: a policy that the API server refuses to show for a while lifts nothing', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const text = 'apiVersion: waybill.dev/v1\nkind: StorePolicy\nnamespaces: [{names: [ops]}]\n'
  const metadata = { name: 'waybill-policy', namespace: 'waybill-system' }
  const policy = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'policy.yaml': text } }
  await stage.apply(policy)
  await stage.publish(fakeStore({ a: 'one' }) + OWN)
  const { giveBack } = takeRight(stage, GET_CONFIGMAPS)
  const controller = stage.start()
  const refused = /cannot get ConfigMap\/waybill-system\/waybill-policy/
  await soon(stage, () => refused.test(controller.log()))
  giveBack()
  await soon(stage, () => message(stage, 'own').includes('failed'))
  assert.equal(stage.secret('own'), undefined)
})

test('a lease that the controller may not have is told, and taken when it may', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const right = { verb: 'get', group: 'coordination.k8s.io', resource: 'leases' }
  const { giveBack } = takeRight(stage, right)
  const controller = stage.start('--leader-elect')
  const told = (): number => controller.log().split('may not get leases').length - 1
  await soon(stage, () => told() > 0)
  const asked = stage.server.calls.count('get leases')
  await soon(stage, () => stage.server.calls.count('get leases') > asked + 3)
  assert.equal(told(), 1)
  giveBack()
  await soon(stage, () => controller.log().includes(' leading'))
})

for (const resource of ['secretstores', 'clustersecretstores']) {
  test(`${resource} that the controller may not list are told`, async (t) => {
    const stage = await startStage(t, { isInstalled: true })
    takeRight(stage, { verb: 'list', group: 'external-secrets.io', resource })
    const controller = stage.start()
    await until(() => controller.log().includes(`may not list ${resource}`), controller.log())
  })
}
