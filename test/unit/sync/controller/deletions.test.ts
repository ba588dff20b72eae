import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
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
