import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { pushDueInMs } from '../../../src/plan/push-due.ts'
import { syncedVersionOf } from '../../../src/plan/synced-version.ts'

const NOW = '2026-01-01T12:00:00Z'
const NOW_MS = Date.parse(NOW)
const MINUTE_MS = 60_000
const METADATA = { generation: 3, labels: { l: '1' } }

interface Row {
  readonly story: string
  readonly status?: JsonObject
  readonly metadata?: JsonObject
  readonly refreshInterval?: string
  readonly isSourceChanged?: boolean
  readonly inMs: number | undefined
}

const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] })
const PUSHED = {
  ...ready('True'),
  refreshTime: '2026-01-01T11:50:00Z',
  syncedResourceVersion: syncedVersionOf({ metadata: METADATA }),
}

const ROWS: readonly Row[] = [
  { story: 'never pushed', status: {}, inMs: 0 },
  { story: 'pushed ten minutes ago', inMs: 50 * MINUTE_MS },
  { story: 'an hour has passed', status: { refreshTime: '2026-01-01T11:00:00Z' }, inMs: 0 },
  { story: 'another spec', metadata: { generation: 4 }, inMs: 0 },
  { story: 'another label', metadata: { labels: { l: '2' } }, inMs: 0 },
  { story: 'an annotation', metadata: { annotations: { force: 'now' } }, inMs: 0 },
  { story: 'the last push failed', status: ready('False'), inMs: 0 },
  { story: 'another Secret', isSourceChanged: true, inMs: 0 },
  { story: 'no time', status: { refreshTime: null }, inMs: 0 },
  { story: 'conditions that are no list', status: { conditions: 'Ready' }, inMs: 0 },
  { story: 'pushed this very second', status: { refreshTime: NOW }, inMs: 60 * MINUTE_MS },
  { story: 'a time that is none', status: { refreshTime: 'soon' }, inMs: 0 },
  { story: 'a time to come', status: { refreshTime: '2026-01-01T12:01:00Z' }, inMs: 0 },
  { story: 'interval 0', refreshInterval: '0', inMs: undefined },
  {
    story: 'interval 0, another Secret',
    refreshInterval: '0s',
    isSourceChanged: true,
    inMs: undefined,
  },
  { story: 'interval 0, another spec', refreshInterval: '0', metadata: { generation: 9 }, inMs: 0 },
  {
    story: 'interval 0, the last push failed',
    refreshInterval: '0',
    status: ready('False'),
    inMs: 0,
  },
]

for (const { story, status, metadata, inMs, ...row } of ROWS) {
  test(`push, when: ${story}`, () => {
    const { refreshInterval = '1h', isSourceChanged = false } = row
    const object = {
      metadata: { ...METADATA, ...metadata },
      status:
        status === undefined ? PUSHED : { ...(story === 'never pushed' ? {} : PUSHED), ...status },
    }
    const pushSecret = { object, refreshInterval }
    assert.equal(pushDueInMs(pushSecret, { nowMs: NOW_MS, isSourceChanged }), inMs)
  })
}

test('the synced version is the one that upstream writes', () => {
  const hash = 'f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2'
  assert.equal(syncedVersionOf({ metadata: { generation: 2 } }), `2-${hash}`)
  assert.equal(syncedVersionOf({ metadata: { labels: {} } }), `0-${hash}`)
})

test('the synced version depends on no order', () => {
  const [one, other] = [
    { a: '1', b: '2' },
    { b: '2', a: '1' },
  ].map((labels) => syncedVersionOf({ metadata: { generation: 1, labels } }))
  assert.equal(one, other)
})
