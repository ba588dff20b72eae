import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig } from '../../../../src/model/json.ts'
import { startVault } from '../../../servers/vault.ts'
import { document, externalSecret, fakeStore } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage, WATCHES } from './story.ts'

const SHOP = fakeStore({ a: 'one', b: 'two' }) + externalSecret({ name: 'api', keys: { x: 'a' } })
const CHANGED = externalSecret({ name: 'api', keys: { x: 'b' } })
const UNAVAILABLE = { status: 500, body: '{"kind":"Status","reason":"InternalError","code":500}' }

/** Seconds go by until it is so. */
async function soon(stage: Stage, isSo: () => boolean): Promise<void> {
  for (let second = 0; second < 300 && !isSo(); second++) {
    stage.clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(isSo(), 'not within five minutes')
}

const faults: readonly {
  readonly story: string
  readonly hits: (stage: Stage) => void
}[] = [
  { story: 'the watches are cut', hits: ({ server }) => server.watches.cut() },
  {
    story: 'the watches are cut, and their version is forgotten',
    hits: ({ server }) => {
      server.watches.compact()
      server.watches.cut()
    },
  },
  {
    story: 'watches and lists fail for a while',
    hits: ({ server }) => {
      server.fault({ call: 'watch configmaps', does: { reply: UNAVAILABLE }, times: 5 })
      server.fault({ call: 'list configmaps', does: { reply: UNAVAILABLE }, times: 6 })
      server.watches.cut()
    },
  },
  {
    story: 'a watch is refused with 410 before it begins',
    hits: ({ server }) => {
      const reply = { status: 410, body: '{"kind":"Status","reason":"Expired","code":410}' }
      server.fault({ call: 'watch configmaps', does: { reply } })
      server.watches.cut()
    },
  },
  {
    story: 'the API server is throttling',
    hits: ({ server }) => {
      const reply = { status: 429, headers: { 'retry-after': '1' }, body: '{"kind":"Status"}' }
      for (const call of ['get secrets', 'patch secrets', 'get configmaps', 'patch configmaps']) {
        server.fault({ call, does: { reply }, times: 3 })
      }
    },
  },
  {
    story: 'every other call is cut',
    hits: ({ server }) => {
      for (const call of ['get secrets', 'patch secrets', 'patch configmaps']) {
        server.fault({ call, does: { reset: 'before' }, times: 4 })
      }
    },
  },
]

for (const { story, hits } of faults) {
  test(`${story}: an edit that is made meanwhile is followed`, async (t) => {
    const stage = await startStage(t)
    await stage.publish(SHOP)
    stage.start()
    await until(() => stage.status('api').outcome === 'created')
    await until(() => stage.server.watches.count() === WATCHES)
    hits(stage)
    // Whoever publishes has its own troubles with a server like this.
    await stage.publish(CHANGED).catch(() => stage.publish(CHANGED))
    await soon(stage, () => stage.value('api', 'x') === 'two')
    await soon(stage, () => stage.status('api').outcome !== 'failed')
  })
}

test('without the right to watch it says so, is not ready, and recovers', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const reply = { status: 403, body: '{"kind":"Status","reason":"Forbidden","code":403}' }
  stage.server.fault({ call: 'list secrets', does: { reply }, times: 3 })
  const controller = stage.start()
  await until(() => controller.log().includes('cannot list Secret in all namespaces: forbidden'))
  assert.equal((await controller.get('/readyz')).status, 503)
  await soon(stage, () => stage.server.watches.count() === WATCHES)
  assert.equal((await controller.get('/readyz')).status, 200)
})

test('an API server that is not heard for ten minutes ends the controller', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const controller = stage.start()
  await until(() => stage.server.watches.count() === WATCHES)
  stage.clock.advance(610_000)
  assert.equal(await controller.ended, 4)
  assert.match(controller.log(), /the API server was not heard for ten minutes/)
})

test('of two controllers one works; when it is stopped the other goes on at once', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const first = stage.start('--leader-elect')
  await until(() => stage.status('api').outcome === 'created')
  const second = stage.start('--leader-elect')
  await until(() => stage.server.watches.count() === 2 * WATCHES)
  assert.equal((await second.get('/readyz')).status, 200)
  assert.match((await second.get('/metrics')).body, /^waybill_leader 0$/m)
  await stage.publish(CHANGED)
  await until(() => stage.value('api', 'x') === 'two')
  first.stop()
  assert.equal(await first.ended, 143)
  await soon(stage, () => second.log().includes(' leading'))
  await stage.publish(externalSecret({ name: 'api', keys: { y: 'a' } }))
  await until(() => stage.value('api', 'y') === 'one')
})

test('a leader that cannot renew stops, and does not write before somebody else may', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  const controller = stage.start('--leader-elect')
  await until(() => stage.status('api').outcome === 'created')
  const refused = { reply: { status: 403, body: '{"kind":"Status","code":403}' } }
  stage.server.fault({ call: 'get leases', does: refused, times: 1_000 })
  stage.clock.advance(9_000)
  await new Promise((resolve) => setTimeout(resolve, 30))
  stage.clock.advance(3_000)
  assert.equal(await controller.ended, 4)
  assert.match(controller.log(), /the lease could not be renewed in time/)
})

test('a lease of a dead leader is taken when it has not changed for its duration', async (t) => {
  const stage = await startStage(t)
  await stage.publish(SHOP)
  stage.server.seed({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'waybill-controller', namespace: 'waybill-system' },
    // Its clock was an hour ahead: that does not matter.
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2999-01-01T00:00:00Z' },
  })
  const controller = stage.start('--leader-elect')
  await until(() => stage.server.calls.count('get leases') > 0)
  for (let second = 0; second < 12; second++) {
    stage.clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.doesNotMatch(controller.log(), / leading/)
  await soon(stage, () => controller.log().includes(' leading'))
  const lease = stage.server.object('Lease', 'waybill-system', 'waybill-controller')
  assert.equal(dig(lease, 'spec', 'leaseTransitions'), 1)
})

test('two shards share the bundles out, and each does its own', async (t) => {
  const stage = await startStage(t)
  const apps = ['one', 'two', 'three', 'four', 'five', 'six']
  await stage.publish(fakeStore({ a: 'v' }))
  for (const app of apps) {
    await stage.publish(externalSecret({ name: `es-${app}`, keys: { x: 'a' } }), app)
  }
  const made = (): number => apps.filter((app) => stage.secret(`es-${app}`) !== undefined).length
  const first = stage.start('--shards=2', '--shard-index=0')
  await until(() => made() > 0)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const half = made()
  assert.ok(half < apps.length, `${half} of ${apps.length}`)
  stage.start('--shards=2', '--shard-index=1')
  await until(() => made() === apps.length)
  assert.match((await first.get('/metrics')).body, new RegExp(`^waybill_items ${half}$`, 'm'))
})

test('SIGTERM while a store hangs: ten seconds of grace, then the run is ended and told', async (t) => {
  const stage = await startStage(t)
  const vault = await startVault({ secrets: { secret: { a: { v: '1' } } } })
  t.after(() => vault.close())
  vault.fault({ does: { hang: true }, times: 99 })
  await stage.publish(SHOP)
  const controller = stage.start('--leader-elect')
  await until(() => stage.status('api').outcome === 'created')
  stage.server.seed({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'token', namespace: 'shop' },
    data: { token: Buffer.from('t').toString('base64') },
  })
  await stage.publish(
    vaultStore(vault.url) + externalSecret({ name: 'slow', keys: { x: 'a' }, store: 'vault' }),
    'slow',
  )
  await until(() => vault.calls.count() > 0 || stage.server.calls.count('get secrets') > 3)
  let code: number | undefined
  controller.ended.then((ended) => {
    code = ended
  })
  controller.stop()
  const stoppedMs = stage.clock.monotonicMs()
  await soon(stage, () => code !== undefined)
  assert.equal(code, 143)
  const tookMs = stage.clock.monotonicMs() - stoppedMs
  assert.ok(tookMs >= 9_000 && tookMs <= 20_000, `${tookMs} ms`)
  const lease = stage.server.object('Lease', 'waybill-system', 'waybill-controller')
  assert.equal(dig(lease, 'spec', 'holderIdentity'), '')
})

function vaultStore(server: string): string {
  const auth = { tokenSecretRef: { name: 'token', key: 'token' } }
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'vault', namespace: 'shop' },
    spec: { provider: { vault: { server, path: 'secret', version: 'v2', auth } } },
  })
}
