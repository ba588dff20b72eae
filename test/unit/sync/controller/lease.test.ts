import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubeApi, KubeError } from '../../../../src/kube/api.ts'
import { dig, type JsonValue } from '../../../../src/model/json.ts'
import { runController } from '../../../../src/sync/controller/controller.ts'
import { createLease, type Lease } from '../../../../src/sync/controller/lease.ts'
import { createQueue } from '../../../../src/sync/controller/queue.ts'
import type { Source } from '../../../../src/sync/controller/source.ts'
import { type Cluster, startCluster } from '../cluster.ts'
import { until } from './clock.ts'

const LEASE = ['Lease', 'waybill-system', 'waybill-controller'] as const

/** A replica's lease; whoever rests here rests a moment. */
function leaseOf(kube: KubeApi, identity: string): Lease {
  return createLease(
    kube,
    {
      namespace: 'waybill-system',
      name: 'waybill-controller',
      identity,
      onTrouble: () => undefined,
    },
    {
      nowMs: () => performance.now(),
      wallMs: Date.now,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
      random: () => 0,
    },
  )
}

function holder({ server }: Pick<Cluster, 'server'>): JsonValue | undefined {
  return dig(server.object(...LEASE), 'spec', 'holderIdentity')
}

test('what is given up is free at once, though the answer to the last renewal was lost', async (t) => {
  const cluster = await startCluster(t)
  let isLosing = false
  const replace: KubeApi['replace'] = async (...call) => {
    const object = await cluster.kube.replace(...call)
    if (isLosing) throw new KubeError('timeout', 0, 'no answer')
    return object
  }
  const lease = leaseOf({ ...cluster.kube, replace }, 'first')
  const never = new AbortController().signal
  assert.ok(await lease.acquire(never))
  isLosing = true
  const stop = new AbortController()
  const version = (): JsonValue | undefined =>
    dig(cluster.server.object(...LEASE), 'metadata', 'resourceVersion')
  const acquired = version()
  const kept = lease.keep(stop.signal)
  await until(() => version() !== acquired)
  stop.abort()
  await kept
  isLosing = false
  await lease.release()
  assert.equal(holder(cluster), '')
  assert.ok(await leaseOf(cluster.kube, 'second').acquire(never))
})

test('whoever gives up late takes nothing from its successor', async (t) => {
  const cluster = await startCluster(t)
  const never = new AbortController().signal
  const first = leaseOf(cluster.kube, 'first')
  assert.ok(await first.acquire(never))
  const object = cluster.server.object(...LEASE) ?? {}
  const spec = { ...(dig(object, 'spec') as object), holderIdentity: 'second' }
  await cluster.kube.replace({ ...object, spec }, { fieldManager: 'w', isDryRun: false })
  await first.release()
  assert.equal(holder(cluster), 'second')
})

test('a renewal under way ends before the lease is given up: it would take it back', async () => {
  const told: string[] = []
  const slowly = (what: string): Promise<void> =>
    new Promise((resolve) => setTimeout(() => resolve(void told.push(what)), 10))
  const lease: Lease = {
    isHeld: () => true,
    acquire: async () => true,
    keep: async (signal) => {
      await aborted(signal)
      await slowly('renewed')
      return true
    },
    release: async () => void told.push('released'),
  }
  const source: Source = {
    watch: (_, signal) => aborted(signal),
    isSynced: () => true,
    heardMs: () => 0,
    reconcile: async () => new Map(),
    close: async () => undefined,
  }
  const limits = { batchesMax: 1, retriesMax: 1 }
  const stop = new AbortController()
  const onLeading = (): void => stop.abort()
  const clock = { nowMs: () => 0, sleep: (_: number, signal: AbortSignal) => aborted(signal) }
  const nothing = (): void => undefined
  const tells = { onTick: nothing, onBatch: nothing, onLeading, onGone: nothing }
  const queue = createQueue(limits, () => 0)
  assert.equal(
    await runController({ source, queue, lease, clock, ...tells }, stop.signal),
    'stopped',
  )
  assert.deepEqual(told, ['renewed', 'released'])
})

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
