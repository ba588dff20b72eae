import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/model/json.ts'
import { firedWithin, parseCron } from '../../../src/plan/cron.ts'
import {
  type DueQuestion,
  isDue,
  isWindowOpen,
  nextRefreshMs,
  specHash,
} from '../../../src/plan/schedule.ts'
import { wanted } from './secrets.ts'

const NOW = Date.UTC(2026, 2, 10, 12, 30) // a Tuesday
const MINUTE = 60_000

interface Row {
  readonly story: string
  readonly spec?: Parameters<typeof wanted>[1]
  readonly policy?: string
  readonly agoMs?: number
  readonly never?: boolean
  readonly isChanged?: boolean
  readonly isFailed?: boolean
  readonly target?: DueQuestion['target']
  readonly marginMs?: number
  readonly due: boolean
}

const rows: readonly Row[] = [
  { story: 'never synced', never: true, due: true },
  { story: 'synced a minute ago', agoMs: MINUTE, due: false },
  { story: 'interval passed', agoMs: 61 * MINUTE, due: true },
  { story: 'interval passes to the millisecond', agoMs: 60 * MINUTE, due: true },
  { story: 'spec changed', agoMs: MINUTE, isChanged: true, due: true },
  { story: 'refreshed in the future', agoMs: -MINUTE, due: true },
  { story: 'failed last time', agoMs: MINUTE, isFailed: true, due: true },
  { story: 'due before the next run comes', agoMs: 55 * MINUTE, marginMs: 7 * MINUTE, due: true },
  { story: 'Secret was edited', agoMs: MINUTE, target: 'edited', due: true },
  { story: 'Secret is missing', agoMs: MINUTE, target: 'absent', due: true },
  {
    story: 'Orphan does not look at its Secret (R77)',
    policy: 'Orphan',
    agoMs: MINUTE,
    target: 'absent',
    due: false,
  },
  {
    story: 'Merge waits for a Secret (R78)',
    policy: 'Merge',
    agoMs: MINUTE,
    target: 'absent',
    due: false,
  },
  {
    story: 'CreateOrMerge makes a Secret anew that is missing (R79)',
    policy: 'CreateOrMerge',
    agoMs: MINUTE,
    target: 'absent',
    due: true,
  },
  {
    story: 'None has no Secret to look at (R4)',
    policy: 'None',
    agoMs: MINUTE,
    target: 'absent',
    due: false,
  },
  {
    story: 'Merge sees a Secret appear',
    policy: 'Merge',
    agoMs: MINUTE,
    target: 'edited',
    due: true,
  },
  {
    story: 'interval 0: not even when the spec changed',
    spec: { refreshInterval: '0' },
    agoMs: 99 * MINUTE,
    isChanged: true,
    due: false,
  },
  {
    story: 'interval 0 and the Secret is missing',
    spec: { refreshInterval: '0' },
    agoMs: MINUTE,
    target: 'absent',
    due: true,
  },
  {
    story: 'CreatedOnce, spec changed',
    spec: { refreshPolicy: 'CreatedOnce' },
    agoMs: 99 * MINUTE,
    isChanged: true,
    due: false,
  },
  {
    story: 'OnChange, interval passed',
    spec: { refreshPolicy: 'OnChange' },
    agoMs: 99 * MINUTE,
    due: false,
  },
  {
    story: 'OnChange, spec changed',
    spec: { refreshPolicy: 'OnChange' },
    agoMs: MINUTE,
    isChanged: true,
    due: true,
  },
  {
    story: 'interval passed, window shut',
    spec: { syncWindows: { kind: 'allow', windows: [{ schedule: '0 3 * * *', duration: '1h' }] } },
    agoMs: 99 * MINUTE,
    due: false,
  },
  {
    story: 'spec changed, window shut',
    spec: { syncWindows: { kind: 'allow', windows: [{ schedule: '0 3 * * *', duration: '1h' }] } },
    agoMs: MINUTE,
    isChanged: true,
    due: true,
  },
]

for (const row of rows) {
  test(`due or not: ${row.story}: ${row.due} (R3)`, () => {
    const externalSecret = wanted({ creationPolicy: row.policy ?? 'Owner' }, row.spec)
    const hash = row.isChanged ? 'another' : specHash(externalSecret)
    const last = {
      atMs: NOW - (row.agoMs ?? 0),
      specHash: hash,
      isFailed: row.isFailed ?? false,
    }
    const question = {
      externalSecret,
      last: row.never ? undefined : last,
      target: row.target ?? ('as-left' as const),
      nowMs: NOW,
      marginMs: row.marginMs ?? 0,
    }
    assert.equal(isDue(question), row.due)
  })
}

const windows: readonly { kind: string; schedule: string; duration: string; open: boolean }[] = [
  { kind: 'allow', schedule: '0 12 * * *', duration: '1h', open: true },
  { kind: 'allow', schedule: '30 12 * * *', duration: '1m', open: true },
  { kind: 'allow', schedule: '30 11 * * *', duration: '1h', open: true },
  { kind: 'allow', schedule: '29 11 * * *', duration: '1h', open: false },
  { kind: 'deny', schedule: '0 12 * * *', duration: '1h', open: false },
  { kind: 'deny', schedule: '0 3 * * *', duration: '1h', open: true },
  { kind: 'allow', schedule: 'nonsense', duration: '1h', open: false },
  { kind: 'deny', schedule: 'nonsense', duration: '1h', open: true },
  { kind: 'allow', schedule: '0 12 * * mon-fri', duration: '1h', open: true },
  { kind: 'allow', schedule: '0 12 * * SAT,sun', duration: '1h', open: false },
  { kind: 'allow', schedule: '@daily', duration: '13h', open: true },
  { kind: 'allow', schedule: '@daily', duration: '12h', open: false },
  { kind: 'allow', schedule: '@every 1h', duration: '2h', open: true },
  { kind: 'allow', schedule: '*/20 * * * *', duration: '10m', open: true },
]

const odd: readonly { readonly story: string; readonly windows: JsonValue }[] = [
  { story: 'no list', windows: { schedule: '@daily', duration: '24h' } },
  { story: 'no schedule', windows: [{ duration: '24h' }] },
  { story: 'no duration', windows: [{ schedule: '@daily' }] },
  { story: 'a duration below zero', windows: [{ schedule: '30 12 * * *', duration: '-1h' }] },
]

for (const { story, windows } of odd) {
  test(`windows with ${story} are never active: allow is shut, deny is open`, () => {
    for (const [kind, open] of [
      ['allow', false],
      ['deny', true],
    ] as const) {
      assert.equal(isWindowOpen(wanted({}, { syncWindows: { kind, windows } }), NOW), open)
    }
  })
}

for (const { kind, schedule, duration, open } of windows) {
  test(`a window ${kind} ${schedule} for ${duration} is ${open ? 'open' : 'shut'} at 12:30 on a Tuesday`, () => {
    const syncWindows = { kind, windows: [{ schedule, duration }] }
    assert.equal(isWindowOpen(wanted({}, { syncWindows }), NOW), open)
  })
}

const malformed = [
  '',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '5-1 * * * *',
  '*/0 * * * *',
  'a * * * *',
  '1-2-3 * * * *',
  '@never',
  '@every x',
]

for (const text of malformed) {
  test(`${JSON.stringify(text)} is no schedule`, () => {
    assert.equal(parseCron(text), undefined)
  })
}

test('with both day fields given, either one suffices', () => {
  const schedule = parseCron('30 12 1 * tue')
  assert.ok(schedule)
  assert.ok(firedWithin(schedule, NOW, 0), 'Tuesday, though not the first')
  const strict = parseCron('30 12 1 * *')
  assert.ok(strict)
  assert.ok(!firedWithin(strict, NOW, 0))
})

test('the next refresh is told for what is refreshed by time only', () => {
  assert.equal(nextRefreshMs(wanted({}, { refreshInterval: '15m' }), NOW), NOW + 15 * MINUTE)
  assert.equal(nextRefreshMs(wanted({}, { refreshInterval: '0s' }), NOW), undefined)
  assert.equal(nextRefreshMs(wanted({}, { refreshPolicy: 'OnChange' }), NOW), undefined)
})
