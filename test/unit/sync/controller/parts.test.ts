import assert from 'node:assert/strict'
import { test } from 'node:test'
import { main } from '../../../../src/cli/main.ts'
import { type KubeApi, KubeError } from '../../../../src/kube/api.ts'
import { guardedKube } from '../../../../src/sync/controller/guarded-kube.ts'
import { serveHealth } from '../../../../src/sync/controller/health-server.ts'
import { createRegistry } from '../../../../src/sync/controller/metrics.ts'
import { fakeIo } from '../../cli/fake-io.ts'

test('samples are dropped by all labels that are given, those of others stay', () => {
  const registry = createRegistry()
  const state = registry.gauge('state', 'A state')
  for (const namespace of ['a', 'b']) {
    for (const status of ['True', 'False']) state.set({ name: 'x', namespace, status }, 1)
  }
  state.set({ bundle: 'x', namespace: 'a' }, 1)
  state.drop({ name: 'x', namespace: 'a' })
  state.drop({ name: 'nobody', namespace: 'b' })
  state.drop({ bundle: 'x', namespace: 'b' })
  const samples = registry
    .text()
    .split('\n')
    .filter((line) => line.startsWith('state{'))
  assert.deepEqual(samples, [
    'state{name="x",namespace="b",status="True"} 1',
    'state{name="x",namespace="b",status="False"} 1',
    'state{bundle="x",namespace="a"} 1',
  ])
  state.drop({ bundle: 'x', namespace: 'a' })
  assert.ok(!registry.text().includes('bundle'))
})

test('the exposition: help, type, labels that are quoted, buckets that add up', () => {
  const registry = createRegistry()
  const calls = registry.counter('calls_total', 'Calls')
  const state = registry.gauge('state', 'A state')
  const took = registry.histogram('took_seconds', 'Time', [0.1, 1])
  registry.onScrape(() => state.set({}, 7))
  calls.add({ name: 'a"b\\c\nd' })
  calls.add({ name: 'a"b\\c\nd' }, 2)
  calls.add({ name: 'gone' })
  calls.drop({ name: 'gone' })
  for (const value of [0.05, 0.5, 5]) took.observe(value)
  assert.equal(
    registry.text(),
    [
      '# HELP calls_total Calls',
      '# TYPE calls_total counter',
      'calls_total{name="a\\"b\\\\c\\nd"} 3',
      '# HELP state A state',
      '# TYPE state gauge',
      'state 7',
      '# HELP took_seconds Time',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{le="0.1"} 1',
      'took_seconds_bucket{le="1"} 2',
      'took_seconds_bucket{le="+Inf"} 3',
      'took_seconds_sum 5.55',
      'took_seconds_count 3',
      '',
    ].join('\n'),
  )
})

test('probes and metrics: each path, and nothing else', async () => {
  let reason: string | undefined
  const { ports, close } = await serveHealth(
    { deadBecause: () => reason, unreadyBecause: () => 'not yet', metrics: () => 'm 1\n' },
    [{ host: '127.0.0.1', port: 0 }],
  )
  const get = async (path: string, method = 'GET'): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}${path}`, { method })
    return `${answer.status} ${await answer.text()}`
  }
  assert.equal(await get('/livez'), '200 ok\n')
  reason = 'the loop stands still'
  assert.equal(await get('/livez?verbose'), '503 the loop stands still\n')
  assert.equal(await get('/readyz'), '503 not yet\n')
  assert.equal(await get('/metrics'), '200 m 1\n')
  assert.equal(await get('/secrets'), '404 ')
  assert.equal(await get('/metrics', 'POST'), '405 ')
  close()
})

test('a port that is taken is told before anything is watched', async () => {
  const state = { deadBecause: () => undefined, unreadyBecause: () => undefined, metrics: () => '' }
  const first = await serveHealth(state, [{ host: '127.0.0.1', port: 0 }])
  const taken = { host: '127.0.0.1', port: first.ports[0] ?? 0 }
  await assert.rejects(serveHealth(state, [{ host: '127.0.0.1', port: 0 }, taken]), /EADDRINUSE/)
  first.close()
})

test('a leader that is none any more reads, and writes nothing', async () => {
  const asked: string[] = []
  const kube = new Proxy({} as KubeApi, {
    ownKeys: () => ['get', 'apply', 'replace', 'create', 'delete'],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, call: string) => async () => void asked.push(call),
  })
  let isHeld = true
  const guarded = guardedKube(kube, () => isHeld)
  const how = { fieldManager: 'w', isForced: false, isDryRun: false }
  await guarded.apply({}, how)
  isHeld = false
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'n', name: 'a' }
  await guarded.get(ref)
  for (const write of [
    () => guarded.apply({}, how),
    () => guarded.replace({}, how),
    () => guarded.create({}, 'w'),
    () => guarded.delete(ref, { uid: 'u', resourceVersion: '1' }, false),
  ]) {
    await assert.rejects(
      write,
      (error) => error instanceof KubeError && /leads no longer/.test(error.message),
    )
  }
  assert.deepEqual(asked, ['apply', 'get'])
})

const wrong: readonly { readonly argv: string; readonly says: RegExp }[] = [
  { argv: '--concurrency=0', says: /--concurrency is "0", expected a whole number from 1 to 256/ },
  { argv: '--metrics-address=8080', says: /"8080" is no address, expected \[HOST\]:PORT/ },
  { argv: '--health-address=::1:99', says: /"::1:99" is no address|no kubeconfig/ },
  { argv: '--shards=2', says: /--shards needs --shard-index/ },
  { argv: '--shards=2 --shard-index=2', says: /--shard-index is "2", expected .* from 0 to 1/ },
]

for (const { argv, says } of wrong) {
  test(`controller ${argv}: says what was expected`, async () => {
    const io = fakeIo({ env: {} })
    assert.notEqual(await main(['controller', ...argv.split(' ')], io), 0)
    assert.match(io.err(), says)
  })
}
