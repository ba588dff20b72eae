import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import type { Answer } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { inLanes } from '../../../src/providers/lanes.ts'
import type { OpenProvider } from '../../../src/providers/provider.ts'
import { createDispatcher } from '../../../src/sync/controller/dispatcher.ts'
import { createQueue } from '../../../src/sync/controller/queue.ts'
import type { Source } from '../../../src/sync/controller/source.ts'
import { startReading } from '../../../src/sync/reading.ts'
import { createTraffic } from '../../../src/sync/traffic.ts'
import { testOpening } from '../providers/opening.ts'
import { type SimulatedTime, simulatedTime } from './simulated-server.ts'

// G-12: one tenant with 1,000 objects on a store that takes ten seconds for each call. Time is simulated, so that what is
// compared is waiting and not the machine.

const SLOW_MS = 10_000
const FAST_MS = 20
const TENANTS = Array.from({ length: 20 }, (_, at) => `team-${at}`)
const { signal } = new AbortController()

function objectsOf(namespace: string, count: number): readonly ExternalSecret[] {
  return Array.from({ length: count }, (_, at) =>
    decodeExternalSecret({
      metadata: { name: `es-${at}`, namespace },
      spec: {
        secretStoreRef: { kind: 'SecretStore', name: 'st' },
        data: [{ secretKey: 'k', remoteRef: { key: `${namespace}/${at}` } }],
      },
    }),
  )
}

/** A store of `slow` takes its time, those of all others do not. */
const openTimed =
  (time: SimulatedTime): OpenProvider =>
  async ({ namespace }, { turn }) => {
    const found: Answer = {
      outcome: 'found',
      payload: {
        ...{ dialect: 'fake', binary: undefined, data: undefined, metadata: undefined },
        text: SecretValue.fromText('v'),
      },
    }
    const call = async () => {
      await time.sleep(namespace === 'slow' ? SLOW_MS : FAST_MS)
      return { outcome: found, sign: 'answered', retryAfterMs: undefined, words: '' } as const
    }
    return {
      read: (reads, ended) => inLanes(reads, 32, () => turn(call, ended)),
      close: async () => undefined,
    }
  }

/** When each object of the tenants had its answers. */
async function finished(externalSecrets: readonly ExternalSecret[]): Promise<readonly number[]> {
  const time = simulatedTime()
  const { context, close } = testOpening()
  const traffic = createTraffic({
    ...{ breakers: new Map(), nowMs: time.nowMs, random: () => 0.5, sleep: time.sleep, signal },
  })
  const reading = await startReading(externalSecrets, {
    gate: async (key) => {
      const [kind, namespace, name] = key.split('/')
      const spec = { provider: { fake: { data: [] } } }
      return { outcome: 'found', store: decodeStore({ kind, metadata: { name, namespace }, spec }) }
    },
    generators: { find: async () => undefined, answer: async () => ({ outcome: 'absent' }) },
    policy: OPEN_POLICY,
    open: openTimed(time),
    contextFor: (store) => ({ ...context, turn: traffic(store).turn }),
    ...{ traffic, signal, deadlineMs: 600_000 },
  })
  const ends: number[] = []
  const all = externalSecrets.map(async (externalSecret) => {
    await reading.answersFor(externalSecret)
    if (externalSecret.namespace !== 'slow') ends.push(time.nowMs())
  })
  await time.until(Promise.all(all))
  close()
  return ends
}

function p95(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN
}

test('G-12 (MT-9): a tenant with 1,000 objects on a 10 s store: the p95 of all others is what it was', async () => {
  const others = TENANTS.flatMap((tenant) => objectsOf(tenant, 40))
  const alone = await finished(others)
  const beside = await finished([...objectsOf('slow', 1000), ...others])
  assert.equal(alone.length, others.length)
  assert.ok(p95(alone) > 0)
  assert.deepEqual([beside.length, p95(beside)], [alone.length, p95(alone)])
})

const CONCURRENCY = 4
const DUE_EVERY_MS = 50
/** 1,000 calls of ten seconds, 32 at once. */
const SLOW_RUN_MS = Math.ceil(1000 / 32) * SLOW_MS

/** How long after it fell due the bundle of each tenant was done. */
async function bundleDelays(batches: readonly string[]): Promise<readonly number[]> {
  const time = simulatedTime()
  const queue = createQueue({ batchesMax: CONCURRENCY, retriesMax: 1 }, () => 0.5)
  const stopping = new AbortController()
  const dueMs = new Map(batches.map((batch, at) => [batch, at * DUE_EVERY_MS]))
  const delays: number[] = []
  let left = batches.length
  const source: Source = {
    watch: async () => undefined,
    isSynced: () => true,
    heardMs: time.nowMs,
    reconcile: async (batch, items) => {
      await time.sleep(batch === 'slow' ? SLOW_RUN_MS : FAST_MS)
      if (batch !== 'slow') delays.push(time.nowMs() - (dueMs.get(batch) ?? 0))
      if (--left === 0) stopping.abort()
      return new Map([...items.keys()].map((name) => [name, DONE]))
    },
    close: async () => undefined,
  }
  const sleep = (delayMs: number, woken: AbortSignal): Promise<void> =>
    Promise.race([
      time.sleep(delayMs),
      new Promise<void>((resolve) => {
        woken.addEventListener('abort', () => resolve(), { once: true })
      }),
    ])
  const events = { onTick: () => undefined, onBatch: () => undefined }
  const dispatcher = createDispatcher({ source, queue }, { nowMs: time.nowMs, sleep }, events)
  for (const [batch, ms] of dueMs) queue.add({ batch, name: 'es' }, 'changed', ms)
  await time.until(dispatcher.work(stopping.signal, signal))
  return delays
}

const DONE = { outcome: 'done', againInMs: undefined } as const

test('G-12: its bundle takes one run of the controller, and delays the bundle of no other tenant', async () => {
  const alone = await bundleDelays(TENANTS)
  const beside = await bundleDelays(['slow', ...TENANTS])
  assert.equal(beside.length, TENANTS.length)
  assert.deepEqual(p95(beside), p95(alone))
})
