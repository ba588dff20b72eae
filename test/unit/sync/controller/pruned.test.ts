import assert from 'node:assert/strict'
import { test } from 'node:test'
import { externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { eventsAbout } from './events-about.ts'
import { startStage } from './story.ts'

const STORE = fakeStore({ a: 'v' })

function wanted(...names: readonly string[]): string {
  return STORE + names.map((name) => externalSecret({ name, keys: { x: 'a' } })).join('')
}

for (const prunes of [true, false]) {
  const story = prunes ? 'was rendered with --orphans=delete: its' : 'says nothing of orphans: no'
  test(`without --prune, a bundle that ${story} orphan is deleted`, async (t) => {
    const stage = await startStage(t, { crds: false, isInstalled: true })
    await stage.publish(wanted('a', 'b'), 'shop', prunes)
    stage.start()
    await until(() => ['a', 'b'].every((name) => stage.status(name).outcome === 'created'))
    await stage.publish(wanted('a'), 'shop', prunes)
    await until(() => stage.status('b').outcome !== 'created')
    const isDeleted = () => stage.secret('b') === undefined
    // The grace counts from the run's end, which is somewhere in between.
    for (let turn = 0; turn < 10 && !isDeleted(); turn++) await stage.pass(150_000)
    if (prunes) {
      await until(isDeleted)
      const told = () => eventsAbout(stage.server, 'ConfigMap').join()
      await until(() => told().includes('Normal Deleted Secret/shop/b was pruned'))
    } else assert.equal(isDeleted(), false)
  })
}
