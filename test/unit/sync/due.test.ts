import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { ObservedSecret } from '../../../src/model/secret.ts'
import { specHash } from '../../../src/plan/schedule.ts'
import { type DueState, dueState } from '../../../src/sync/due.ts'
import type { StatusEntry } from '../../../src/sync/status-part.ts'
import { ANCHOR, observed } from '../plan/secrets.ts'

// What the status and the cluster say, and whether this run reads it. The interval is an hour.

const NOW = Date.parse('2024-05-01T12:00:00Z')
const MINUTE = 60_000

interface Row {
  readonly story: string
  readonly spec?: JsonObject
  /** Minutes since the last sync; undefined when no run remembers one. */
  readonly minutes?: number
  readonly entry?: Partial<StatusEntry>
  readonly secret?: ObservedSecret | undefined
  readonly anchor?: DueState['anchor']
  readonly periodSeconds?: number
  readonly isDue: boolean
}

const LEFT = observed('us', { a: '1' })
const EDITED = observed('us', { a: '1' }, { resourceVersion: '2' })
const GENERATES: JsonObject = {
  dataFrom: [{ sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }],
}

const ownedBy = (uid: string): ObservedSecret =>
  observed('us', { a: '1' }, { owners: [{ ...ANCHOR, uid }] })

const rows: readonly Row[] = [
  { story: 'nobody remembers it', secret: LEFT, isDue: true },
  { story: 'the interval has not passed', minutes: 10, secret: LEFT, isDue: false },
  { story: 'the interval has passed', minutes: 60, secret: LEFT, isDue: true },
  {
    story: 'it falls due within half a period of the runs',
    minutes: 56,
    periodSeconds: 600,
    secret: LEFT,
    isDue: true,
  },
  {
    story: 'it falls due later than that',
    minutes: 54,
    periodSeconds: 600,
    secret: LEFT,
    isDue: false,
  },
  {
    story: 'the last run failed',
    minutes: 1,
    entry: { outcome: 'failed' },
    secret: LEFT,
    isDue: true,
  },
  {
    story: 'a deletion waits for its second sighting',
    minutes: 1,
    entry: { goneSince: '2024-05-01T11:59:00Z' },
    secret: LEFT,
    isDue: true,
  },
  { story: 'somebody deleted the Secret', minutes: 1, secret: undefined, isDue: true },
  {
    story: 'the Secret is gone because we left none',
    minutes: 1,
    entry: { secretVersion: '' },
    secret: undefined,
    isDue: false,
  },
  { story: 'somebody edited the Secret', minutes: 1, secret: EDITED, isDue: true },
  {
    story: 'somebody labelled a Secret whose values a generator made',
    spec: GENERATES,
    minutes: 1,
    secret: EDITED,
    isDue: false,
  },
  {
    story: 'somebody changed a value that a generator made',
    spec: GENERATES,
    minutes: 1,
    secret: { ...EDITED, ownedKeys: new Set() },
    isDue: true,
  },
  {
    story: 'somebody added a value to those of a generator',
    spec: GENERATES,
    minutes: 1,
    secret: { ...EDITED, othersKeys: new Set(['b']) },
    isDue: true,
  },
  {
    story: 'somebody deleted one of two values that a generator made',
    spec: GENERATES,
    minutes: 1,
    entry: { madeKeys: 2 },
    secret: EDITED,
    isDue: true,
  },
  {
    story: 'somebody labelled a Secret that has as many made values as it was left with',
    spec: GENERATES,
    minutes: 1,
    entry: { madeKeys: 1 },
    secret: EDITED,
    isDue: false,
  },
  {
    story: 'its owner was created anew',
    minutes: 1,
    secret: ownedBy('an older one'),
    anchor: ANCHOR,
    isDue: true,
  },
  {
    story: 'its owner is the one that is there',
    minutes: 1,
    secret: ownedBy(ANCHOR.uid),
    anchor: ANCHOR,
    isDue: false,
  },
  {
    story: 'nobody knows who its owner is to be',
    minutes: 1,
    secret: ownedBy('an older one'),
    anchor: 'any',
    isDue: false,
  },
  {
    story: 'CreatedOnce is never due again',
    spec: { refreshPolicy: 'CreatedOnce' },
    minutes: 6000,
    secret: LEFT,
    isDue: false,
  },
]

for (const {
  story,
  spec = {},
  minutes,
  entry,
  secret,
  anchor = 'any',
  periodSeconds = 0,
  isDue,
} of rows) {
  test(`${isDue ? '' : 'not '}due: ${story} (R3)`, () => {
    const externalSecret = decodeExternalSecret({ metadata: { name: 'api' }, spec })
    const remembered: StatusEntry = {
      lastSync: minutes === undefined ? undefined : new Date(NOW - minutes * MINUTE).toISOString(),
      specHash: specHash(externalSecret),
      ownedSecret: '',
      secretVersion: '1',
      madeKeys: undefined,
      goneSince: undefined,
      outcome: 'unchanged',
      reason: 'SecretSynced',
      message: '',
      nextRefresh: undefined,
      ...entry,
    }
    const seen = { observed: secret, isAsLeft: false }
    const state = { externalSecret, entry: remembered, ...seen, anchor, nowMs: NOW }
    assert.equal(dueState(state, periodSeconds), isDue)
  })
}

test('due: no run remembers it', () => {
  const externalSecret = decodeExternalSecret({ metadata: { name: 'api' } })
  const state = {
    externalSecret,
    entry: undefined,
    observed: LEFT,
    isAsLeft: false,
    anchor: 'any',
    nowMs: NOW,
  } as const
  assert.equal(dueState(state, 0), true)
})
