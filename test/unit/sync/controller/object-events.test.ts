import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  toldOfFanOut,
  toldOfPush,
  toldOfRival,
} from '../../../../src/sync/controller/object-events.ts'
import type { Told } from '../../../../src/sync/events.ts'
import type { PushOutcome } from '../../../../src/sync/push/result.ts'

const NOW_MS = 1_000

function words(told: readonly Told[]): readonly string[] {
  return told.map(({ type, reason, message }) => `${type} ${reason} ${message}`)
}

function push(outcome: PushOutcome['outcome'], reason: PushOutcome['condition']['reason']) {
  const status = reason === 'Synced' ? ('True' as const) : ('False' as const)
  const condition = { type: 'Ready' as const, status, reason, message: 'words' }
  const synced = new Map()
  const rest = { errors: [], changes: [], synced, isClusterFailure: false }
  return { pushSecret: 'shop/ps', outcome, condition, ...rest }
}

const pushes = [
  { outcome: push('failed', 'Errored'), wasReady: true, told: ['Warning Errored words'] },
  { outcome: push('failed', 'Errored'), wasReady: false, told: ['Warning Errored words'] },
  { outcome: push('pushed', 'Synced'), wasReady: true, told: ['Normal Synced words'] },
  { outcome: push('unchanged', 'Synced'), wasReady: true, told: [] },
  { outcome: push('unchanged', 'Synced'), wasReady: false, told: ['Normal Synced words'] },
  {
    outcome: push('pushed', 'SourceDeleted'),
    wasReady: true,
    told: ['Normal SourceDeleted words'],
  },
]
for (const { outcome, wasReady, told } of pushes) {
  const story = `${outcome.outcome} (${outcome.condition.reason}), ${wasReady ? 'as' : 'not'} before`
  test(`a push: ${story} → ${told.join() || 'nothing'}`, () => {
    assert.deepEqual(words(toldOfPush(outcome, { wasReady, nowMs: NOW_MS })), told)
  })
}

const NOTHING = { created: [], updated: [], deleted: [] }

test('a fan-out: each sort of deed is one event, failures are one', () => {
  const deeds = { created: ['b', 'a'], updated: [], deleted: ['c'] }
  const failed = [
    { namespace: 'z', reason: 'no' },
    { namespace: 'y', reason: 'forbidden' },
  ]
  const look = { deeds, failed }
  assert.deepEqual(words(toldOfFanOut({ kind: 'ClusterExternalSecret' }, look, NOW_MS)), [
    'Normal Created ExternalSecret created in a, b',
    'Normal Deleted ExternalSecret deleted in c',
    'Warning UpdateFailed namespace y: forbidden; namespace z: no',
  ])
  const [warning] = toldOfFanOut({ kind: 'ClusterPushSecret' }, { ...look, deeds: NOTHING }, NOW_MS)
  assert.equal(warning?.reason, 'Errored')
})

test('a fan-out over many namespaces names ten, whatever their order', () => {
  const created = Array.from({ length: 12 }, (_, at) => `n${String(at).padStart(2, '0')}`)
  const told = (names: readonly string[]) =>
    words(
      toldOfFanOut(
        { kind: 'ClusterPushSecret' },
        { deeds: { ...NOTHING, created: names }, failed: [] },
        NOW_MS,
      ),
    )
  assert.match(told(created)[0] ?? '', /created in n00, n01, .*, n09, and 2 more$/)
  assert.deepEqual(told(created), told(created.toReversed()))
})

test('a look that did nothing tells nothing', () => {
  const look = { deeds: NOTHING, failed: [] }
  assert.deepEqual(toldOfFanOut({ kind: 'ClusterExternalSecret' }, look, NOW_MS), [])
})

test('who keeps an object is one event, however often that one writes', () => {
  const told = (wroteMs: number) =>
    toldOfRival('PushSecret', { manager: 'external-secrets', wroteMs, untilMs: wroteMs + 1 })
  assert.notEqual(told(0).message, told(60_000).message)
  assert.equal(told(0).topic, told(60_000).topic)
})
