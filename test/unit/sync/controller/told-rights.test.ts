import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, isArray, type JsonObject, text } from '../../../../src/model/json.ts'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { ACCOUNT, HOME, type Right, takeRight } from './plugin-rights.ts'
import { type Controller, type Stage, startStage } from './story.ts'

// G-26: a right that is missing where nothing else would tell it: the log names it, once and not at every run, and
// whatever does not need it goes on. All pairs on a real API server: test/e2e/controller-rights.test.ts.

const ESO = 'external-secrets.io'
const BUNDLE = fakeStore({ a: 'one' }) + externalSecret({ name: 'canary', keys: { x: 'a' } })

const parsed = (manifests: string): readonly JsonObject[] =>
  manifests
    .split('---\n')
    .filter((part) => part !== '')
    .map((part) => JSON.parse(part))

/** Time goes by until it is so. */
async function soon(stage: Stage, isSo: () => boolean, log: () => string): Promise<void> {
  for (let seconds = 0; seconds < 300 && !isSo(); seconds += 3) {
    stage.clock.advance(3_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.ok(isSo(), log())
}

const said = ({ log }: Controller, words: string): number => log().split(words).length - 1

/** A controller with every right, and a bundle that it keeps. */
async function startWell(stage: Stage): Promise<Controller> {
  await stage.publish(BUNDLE, 'canary')
  const controller = stage.start()
  await until(() => stage.value('canary', 'x') === 'one', 'no Secret')
  return controller
}

test('G-26: events that may not be written stop nothing, and are told once', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const controller = await startWell(stage)
  takeRight(stage, { verb: 'create', group: '', resource: 'events' })
  await stage.apply(...parsed(fakeStore({ a: 'one' })))
  for (const name of ['one', 'two', 'three']) {
    await stage.apply(...parsed(externalSecret({ name, keys: { x: 'a' } })))
    await until(() => stage.value(name, 'x') === 'one', controller.log())
  }
  const account = `ServiceAccount/${HOME}/${ACCOUNT}`
  const words = `events could not be written: forbidden: ${account} may not create events in namespace shop`
  await until(() => controller.log().includes(words), controller.log())
  assert.equal(said(controller, 'events could not be written'), 1, controller.log())
})

test('G-26: a store that is served as an object because its ConfigMap may not be read is told', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const controller = await startWell(stage)
  takeRight(stage, { verb: 'get', group: '', resource: 'configmaps' })
  await stage.apply(
    ...parsed(fakeStore({ a: 'one' }) + externalSecret({ name: 'own', keys: { x: 'a' } })),
  )
  await until(() => stage.value('own', 'x') === 'one', controller.log())
  assert.match(controller.log(), /may not get configmaps in namespace shop/)
})

test('G-26: an ExternalSecret whose Secret may not be deleted stays, and is told', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const controller = await startWell(stage)
  const target = { deletionPolicy: 'Delete' }
  const one = externalSecret({ name: 'own', keys: { x: 'a' }, target })
  await stage.apply(...parsed(fakeStore({ a: 'one' }) + one))
  const ref = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', namespace: 'shop' }
  const find = (): JsonObject | undefined => stage.server.object('ExternalSecret', 'shop', 'own')
  await until(() => isArray(dig(find(), 'metadata', 'finalizers')), controller.log())
  const { giveBack } = takeRight(stage, { verb: 'delete', group: '', resource: 'secrets' })
  const uid = text(dig(find(), 'metadata', 'uid')) ?? ''
  await stage.kube.delete({ ...ref, name: 'own' }, { uid, resourceVersion: undefined }, false)
  const words = 'ExternalSecret/shop/own cannot be let go: cannot delete Secret/shop/own: forbidden'
  await until(() => controller.log().includes(words), controller.log())
  giveBack()
  await soon(stage, () => find() === undefined && stage.secret('own') === undefined, controller.log)
})

const KINDS: readonly Omit<Right, 'verb'>[] = [
  { group: ESO, resource: 'externalsecrets' },
  { group: ESO, resource: 'pushsecrets' },
  { group: ESO, resource: 'clusterexternalsecrets' },
  { group: ESO, resource: 'clusterpushsecrets' },
  { group: ESO, resource: 'secretstores' },
  { group: ESO, resource: 'clustersecretstores' },
  { group: '', resource: 'namespaces' },
]

for (const verb of ['list', 'watch']) {
  test(`G-26: without ${verb} on what may be absent each kind is told once, bundles go on, and all recovers`, async (t) => {
    const stage = await startStage(t, { isInstalled: true })
    const rights = KINDS.map((kind) => ({ ...kind, verb }))
    const { giveBack } = takeRight(stage, ...rights)
    await stage.publish(BUNDLE, 'canary')
    const controller = stage.start()
    const { log } = controller
    await until(() => stage.value('canary', 'x') === 'one', 'no Secret')
    const refused = (): number =>
      stage.server.calls.all.filter(({ call, status }) => call.startsWith(verb) && status === 403)
        .length
    await soon(stage, () => refused() >= 3 * KINDS.length, log)
    for (const { resource } of KINDS) {
      const told = said(controller, `may not ${verb} ${resource} in the cluster`)
      // Namespaces are followed for fan-outs alone, ExternalSecrets and PushSecrets for what those make as well.
      assert.ok(
        told === 1 || (told === 2 && resource === 'externalsecrets'),
        `${resource}: ${log()}`,
      )
    }
    await stage.publish(BUNDLE + externalSecret({ name: 'more', keys: { x: 'a' } }), 'canary')
    await until(() => stage.value('more', 'x') === 'one', log())
    giveBack()
    await stage.apply(
      ...parsed(fakeStore({ a: 'one' }) + externalSecret({ name: 'late', keys: { x: 'a' } })),
    )
    await soon(stage, () => stage.value('late', 'x') === 'one', log)
  })
}

test('all watches that wait at once are no leak of listeners', async (t) => {
  const warnings: string[] = []
  const keep = ({ name, message }: Error): void => void warnings.push(`${name} ${message}`)
  process.on('warning', keep)
  t.after(() => process.off('warning', keep))
  const stage = await startStage(t, { isInstalled: true, crds: false })
  const controller = await startWell(stage)
  const lists = (): number => stage.server.calls.count('list externalsecrets')
  for (let rounds = 0; rounds < 5; rounds++) {
    const before = lists()
    await soon(stage, () => lists() > before, controller.log)
  }
  assert.deepEqual(warnings, [])
})

test('G-26: a bundle whose watch may not begin is listed instead, which is told once', async (t) => {
  const stage = await startStage(t, { isInstalled: true })
  const controller = await startWell(stage)
  const { log } = controller
  const { giveBack } = takeRight(stage, { verb: 'watch', group: '', resource: 'configmaps' })
  stage.server.watches.end()
  await stage.publish(BUNDLE + externalSecret({ name: 'more', keys: { x: 'a' } }), 'canary')
  await soon(stage, () => stage.value('more', 'x') === 'one', log)
  assert.equal(said(controller, 'may not watch configmaps in the cluster'), 1, log())
  giveBack()
  await stage.publish(BUNDLE + externalSecret({ name: 'last', keys: { x: 'a' } }), 'canary')
  await soon(stage, () => stage.value('last', 'x') === 'one', log)
})
