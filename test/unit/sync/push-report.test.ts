import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodePushSecret } from '../../../src/model/push-secret.ts'
import {
  failedOutcome,
  type PushedChange,
  type PushOutcome,
  pushedOutcome,
} from '../../../src/sync/push/result.ts'
import {
  type SyncReport,
  summaryText,
  syncReportJson,
  syncReportText,
  terminationText,
} from '../../../src/sync/report.ts'
import { entryOf } from '../providers/pushing.ts'

const PUSH = decodePushSecret({ metadata: { name: 'ps', namespace: 'shop' } })
const synced = new Map([['SecretStore/v', new Map([['db', entryOf({ key: 'db' })]])]])

function change(
  action: PushedChange['action'],
  remoteKey = 'db',
  properties: readonly string[] = [],
): PushedChange {
  return { store: 'SecretStore/v', remoteKey, properties, action }
}

const PUSHED = pushedOutcome(PUSH, {
  changes: [change('created', 'db', ['user', 'pw']), change('unchanged', 'other')],
  errors: [],
  synced,
})
const FAILED = failedOutcome(
  PUSH,
  [{ code: 'Forbidden', field: 'spec.data[0]', message: 'no\u001b[31m' }],
  { synced },
)

function reportOf(
  pushes: readonly PushOutcome[],
  dryRun: SyncReport['dryRun'] = 'none',
): SyncReport {
  return { app: undefined, dryRun, results: [], reads: 0, calls: new Map(), notes: [], pushes }
}

test('push report: a table of its own, and what was changed below each row', () => {
  assert.deepEqual(syncReportText(reportOf([PUSHED])).split('\n'), [
    'PUSHSECRET   OUTCOME   READY   REASON   MESSAGE',
    'shop/ps      pushed    True    Synced   PushSecret synced successfully',
    '  created SecretStore/v db (user, pw)',
    '',
  ])
})

test('push report: a dry run tells what would stay, too', () => {
  assert.match(
    syncReportText(reportOf([PUSHED], 'client')),
    /^ {2}unchanged SecretStore\/v other$/m,
  )
})

test('push report: JSON has what happened, and nothing of what is remembered', () => {
  const { pushes } = JSON.parse(syncReportJson(reportOf([PUSHED])))
  assert.deepEqual(Object.keys(pushes[0]), [
    'pushSecret',
    'outcome',
    'condition',
    'errors',
    'changes',
  ])
  assert.equal('pushes' in JSON.parse(syncReportJson(reportOf([]))), false)
})

test('push report: the summary and the termination message count and name them', () => {
  assert.equal(
    summaryText(reportOf([PUSHED, FAILED])),
    '1 pushed, 1 push failed; 0 reads, 0 provider calls',
  )
  const told = terminationText(reportOf([PUSHED, FAILED]))
  assert.match(told, /^PushSecret\/shop\/ps: spec\.data\[0\]: no/m)
  assert.ok(!told.includes('\u001b'))
})

test('push report: many errors are counted in the condition, and all in the list', () => {
  const errors = Array.from({ length: 12 }, (_, at) => ({
    code: 'X',
    field: '',
    message: `e${at}`,
  }))
  const { condition, errors: all } = pushedOutcome(PUSH, { changes: [], errors, synced })
  assert.match(condition.message, /^set secret failed: e0; .*; e9; and 2 more$/)
  assert.equal(all.length, 12)
})
