import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { specHash } from '../../../src/plan/schedule.ts'
import type { Done } from '../../../src/sync/run-context.ts'
import { memoryAfter } from '../../../src/sync/status-after.ts'
import type { DroppedSecret, StatusEntry } from '../../../src/sync/status-part.ts'
import { wanted } from '../plan/secrets.ts'

// The table of status-after.ts, row by row.

const NOW_MS = Date.UTC(2026, 0, 2)
const NOW = new Date(NOW_MS).toISOString()
const THEN = '2026-01-01T00:00:00.000Z'
const NEXT = '2026-01-02T01:00:00.000Z'

const BEFORE: StatusEntry = {
  lastSync: THEN,
  specHash: 'then',
  secretVersion: '1',
  ownedSecret: 'api',
  madeKeys: 2,
  goneSince: undefined,
  outcome: 'created',
  reason: 'SecretSynced',
  message: 'as it was then',
  nextRefresh: THEN,
}

interface Row {
  readonly story: string
  readonly outcome: Done['result']['outcome']
  readonly before?: Partial<StatusEntry> | 'nothing'
  readonly policy?: string
  readonly secretVersion?: string
  readonly isGone?: boolean
  readonly isRead?: boolean
  /** lastSync, version, owned Secret, gone since, next refresh. */
  readonly after: readonly (string | undefined)[] | undefined
}

const ROWS: readonly Row[] = [
  {
    story: 'was not due',
    outcome: 'skipped',
    isRead: false,
    after: [THEN, '1', 'api', undefined, THEN],
  },
  {
    story: 'was not due, and nobody remembers it',
    outcome: 'skipped',
    isRead: false,
    before: 'nothing',
    after: undefined,
  },
  { story: 'failed', outcome: 'failed', after: [THEN, '1', 'api', undefined, undefined] },
  {
    story: 'failed while it was seen gone',
    outcome: 'failed',
    before: { goneSince: THEN },
    after: [THEN, '1', 'api', undefined, undefined],
  },
  {
    story: 'failed for the first time',
    outcome: 'failed',
    before: 'nothing',
    after: [undefined, '', '', undefined, undefined],
  },
  { story: 'seen gone', outcome: 'retained', isGone: true, after: [NOW, '2', 'api', NOW, NEXT] },
  {
    story: 'seen gone again',
    outcome: 'retained',
    isGone: true,
    before: { goneSince: THEN },
    after: [NOW, '2', 'api', THEN, NEXT],
  },
  {
    story: 'deleted',
    outcome: 'deleted',
    isGone: true,
    secretVersion: '',
    before: { goneSince: THEN },
    after: [NOW, '', '', THEN, NEXT],
  },
  {
    story: 'it is there again',
    outcome: 'unchanged',
    before: { goneSince: THEN },
    after: [NOW, '2', 'api', undefined, NEXT],
  },
  { story: 'updated', outcome: 'updated', after: [NOW, '2', 'api', undefined, NEXT] },
  {
    story: 'created, Orphan',
    outcome: 'created',
    policy: 'Orphan',
    before: 'nothing',
    after: [NOW, '2', '', undefined, NEXT],
  },
  {
    story: 'read, and none was wanted',
    outcome: 'skipped',
    policy: 'None',
    secretVersion: '',
    after: [NOW, '', '', undefined, NEXT],
  },
]

function done(row: Partial<Row>, spec: JsonObject = {}): Done {
  const {
    outcome = 'updated',
    policy = 'Owner',
    secretVersion = '2',
    isGone = false,
    isRead = true,
  } = row
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'SecretSynced',
    message: 'now',
  } as const
  const result = { outcome, condition, nextRefresh: NEXT } as Done['result']
  const externalSecret = wanted({ creationPolicy: policy, ...spec })
  return { externalSecret, result, secretVersion, madeKeys: 3, isGone, isRead }
}

function memory(
  before: Partial<StatusEntry> | 'nothing' = {},
  dropped: ReadonlyMap<string, DroppedSecret> = new Map(),
): Parameters<typeof memoryAfter>[1] {
  const entries = before === 'nothing' ? [] : [['api', { ...BEFORE, ...before }] as const]
  return { entries: new Map(entries), dropped }
}

const AFTER = { namespace: 'shop', nowMs: NOW_MS, all: undefined }

for (const row of ROWS) {
  test(`remembered: ${row.story}`, () => {
    const one = done(row)
    const entry = memoryAfter([one], memory(row.before), AFTER).entries.get('api')
    const told = entry && [
      ...[entry.lastSync, entry.secretVersion, entry.ownedSecret],
      ...[entry.goneSince, entry.nextRefresh],
    ]
    assert.deepEqual(told, row.after)
    const isNew = row.outcome !== 'failed' && row.isRead !== false
    const hash = row.before === 'nothing' ? '' : 'then'
    assert.equal(entry?.specHash ?? '', isNew ? specHash(one.externalSecret) : hash)
    assert.equal(entry?.madeKeys, isNew ? 3 : row.before === 'nothing' ? undefined : 2)
  })
}

test('remembered: what is of another namespace is nobody’s business here', () => {
  const { entries } = memoryAfter([done({})], memory('nothing'), { ...AFTER, namespace: 'other' })
  assert.equal(entries.size, 0)
})

const KNOWN: DroppedSecret = { externalSecret: 'api', since: THEN, isKnown: true }

const DROPS: readonly {
  readonly story: string
  readonly done: readonly Done[]
  readonly all: readonly Done[] | undefined
  readonly dropped?: ReadonlyMap<string, DroppedSecret>
  /** name → since. */
  readonly after: Readonly<Record<string, string>>
}[] = [
  { story: 'its ExternalSecret is gone', done: [], all: [], after: { api: NOW } },
  { story: 'nobody knows all of them', done: [], all: undefined, after: {} },
  {
    story: 'it has another target',
    done: [done({}, { name: 'new' })],
    all: [done({}, { name: 'new' })],
    after: { api: NOW },
  },
  {
    story: 'it is none of Owner any more',
    done: [done({ policy: 'Orphan' })],
    all: [done({})],
    after: { api: '' },
  },
  {
    story: 'it was dropped before',
    done: [],
    all: [],
    dropped: new Map([['old', KNOWN]]),
    after: { api: NOW, old: THEN },
  },
  {
    story: 'it is asked for again',
    done: [],
    all: [done({}, { name: 'old' })],
    dropped: new Map([['old', KNOWN]]),
    after: { old: '' },
  },
  {
    story: 'it is owned again',
    done: [done({}, { name: 'old' })],
    all: [done({}, { name: 'old' })],
    dropped: new Map([['old', KNOWN]]),
    after: { api: NOW },
  },
]

for (const { story, done: ran, all, dropped, after } of DROPS) {
  test(`dropped: ${story}`, () => {
    const given = { ...AFTER, all: all?.map(({ externalSecret }) => externalSecret) }
    const answer = memoryAfter(ran, memory({}, dropped), given).dropped
    assert.deepEqual(
      Object.fromEntries([...answer].map(([name, { since }]) => [name, since])),
      after,
    )
  })
}
