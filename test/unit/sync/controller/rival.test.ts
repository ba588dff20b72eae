import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../../src/model/external-secret.ts'
import { dig, type JsonObject } from '../../../../src/model/json.ts'
import {
  lastStatusWriter,
  rivalOf,
  shapeStatusWriters,
} from '../../../../src/sync/controller/rival.ts'

const NOW_MS = Date.parse('2030-01-01T12:00:00Z')
const MINUTE_MS = 60_000

/** Who wrote the status, and how many minutes ago. */
type Wrote = readonly (readonly [manager: string, minutesAgo: number])[]

const rows: readonly {
  readonly story: string
  readonly wrote: Wrote
  readonly adopts?: boolean
  readonly spec?: JsonObject
  /** Minutes ago that this process wrote, for what the object does not tell. */
  readonly own?: number
  /** Minutes from now until it counts as stopped; undefined: it is ours. */
  readonly left: number | undefined
}[] = [
  { story: 'nobody wrote it', wrote: [], left: undefined },
  { story: 'we did', wrote: [['waybill', 5]], left: undefined },
  { story: 'another did just now', wrote: [['external-secrets', 0]], left: 65 },
  { story: 'another did within its interval', wrote: [['external-secrets', 60]], left: 5 },
  { story: 'another is overdue', wrote: [['external-secrets', 66]], left: undefined },
  {
    story: 'a short interval is soon over',
    wrote: [['external-secrets', 7]],
    spec: { refreshInterval: '1m' },
    left: undefined,
  },
  {
    story: 'without an interval an hour counts',
    wrote: [['external-secrets', 50]],
    spec: { refreshPolicy: 'OnChange', refreshInterval: '1m' },
    left: 15,
  },
  {
    story: 'we wrote after another',
    wrote: [
      ['external-secrets', 9],
      ['waybill', 5],
    ],
    left: undefined,
  },
  {
    story: 'another wrote after us',
    wrote: [
      ['waybill', 9],
      ['external-secrets', 5],
    ],
    left: 60,
  },
  { story: 'adoption', wrote: [['external-secrets', 0]], adopts: true, left: undefined },
  {
    story: 'adoption of what was taken back',
    wrote: [
      ['waybill', 9],
      ['external-secrets', 5],
    ],
    adopts: true,
    left: 60,
  },
  {
    story: 'adoption of what was taken back, every word of ours with it',
    wrote: [['external-secrets', 5]],
    own: 9,
    adopts: true,
    left: 60,
  },
  { story: 'a person', wrote: [['kubectl-edit', 0]], left: undefined },
]

for (const { story, wrote, adopts = false, spec = {}, own, left } of rows) {
  test(`who keeps it: ${story} → ${left === undefined ? 'ours' : `another's for ${left} min`}`, () => {
    const wroteMs = own === undefined ? 0 : NOW_MS - own * MINUTE_MS
    const rival = rivalOf(decodeExternalSecret(object(wrote, spec)), {
      ...{ fieldManager: 'waybill', adopts, wroteMs, nowMs: NOW_MS },
    })
    assert.equal(rival && (rival.untilMs - NOW_MS) / MINUTE_MS, left)
  })
}

test('the last writer is told by time, and entries of the object itself do not count', () => {
  assert.equal(lastStatusWriter(object([])), undefined)
  assert.equal(
    lastStatusWriter(
      object([
        ['a', 3],
        ['b', 2],
        ['c', 9],
      ]),
    ),
    'b',
  )
})

test('what is kept of managedFields is who wrote the status, without the fields', () => {
  const kept = dig(shapeStatusWriters(object([['a', 3]])), 'metadata', 'managedFields')
  assert.deepEqual(kept, [{ manager: 'a', subresource: 'status', time: timeOf(3) }])
})

function timeOf(minutesAgo: number): string {
  return `${new Date(NOW_MS - minutesAgo * MINUTE_MS).toISOString().slice(0, 19)}Z`
}

function object(wrote: Wrote, spec: JsonObject = {}): JsonObject {
  const entries = wrote.map(([manager, minutesAgo]) => ({
    ...{ manager, operation: 'Update', subresource: 'status' },
    ...{ time: timeOf(minutesAgo), fieldsV1: { 'f:status': {} } },
  }))
  const author = { manager: 'argocd-controller', operation: 'Apply', time: timeOf(0) }
  return {
    metadata: { name: 'api', namespace: 'shop', managedFields: [author, ...entries] },
    spec: { refreshInterval: '1h', ...spec },
  }
}
