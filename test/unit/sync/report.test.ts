import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { refuse } from '../../../src/plan/change.ts'
import {
  type SyncReport,
  summaryText,
  syncReportJson,
  syncReportText,
  terminationText,
} from '../../../src/sync/report.ts'
import { type RunResult, resultOfChange } from '../../../src/sync/result.ts'
import { desired, observed } from '../plan/secrets.ts'

const means = { parity: parityOf('waybill'), nextRefresh: '2024-05-01T13:00:00Z' }
const named = (name: string) => decodeExternalSecret({ metadata: { name, namespace: 'shop' } })

const CREATED = resultOfChange(
  named('api'),
  { action: 'create', desired: desired({ user: 'canary-1', password: 'canary-2' }), owner: 'any' },
  means,
)
const UPDATED = resultOfChange(
  named('database'),
  {
    action: 'update',
    desired: desired({ a: 'canary-3' }),
    observed: observed('us', { a: 'canary-4', b: 'canary-5' }),
    by: 'apply',
    owner: 'any',
  },
  means,
)

function failedResult(name: string, message: string): RunResult {
  return resultOfChange(
    named(name),
    refuse('read', 'Forbidden', { field: 'spec.a', message }),
    means,
  )
}

function reportOf(results: readonly RunResult[], more: Partial<SyncReport> = {}): SyncReport {
  return {
    app: 'shop',
    dryRun: 'none',
    results,
    reads: 3,
    calls: new Map([
      ['vault', 2],
      ['aws', 1],
    ]),
    notes: [],
    ...more,
  }
}

test('sync report: a table with a line for each ExternalSecret, and no keys', () => {
  const lines = syncReportText(reportOf([CREATED, UPDATED])).split('\n')
  assert.match(lines[0] ?? '', /^EXTERNALSECRET +SECRET +OUTCOME +READY +REASON +MESSAGE$/)
  assert.match(lines[1] ?? '', /^shop\/api +shop\/api +created +True +SecretSynced +/)
  assert.match(lines[2] ?? '', /^shop\/database +shop\/database +updated +True +SecretSynced +/)
  assert.equal(lines.length, 4)
})

test('sync report: columns stand below each other', () => {
  const lines = syncReportText(reportOf([CREATED, UPDATED]))
    .trimEnd()
    .split('\n')
  const places = lines.map((line) => line.search(/OUTCOME|created|updated/))
  assert.equal(new Set(places).size, 1)
})

test('sync report: a dry run names the keys that would come, change and go', () => {
  const text = syncReportText(reportOf([CREATED, UPDATED], { dryRun: 'client' }))
  const keys = text.split('\n').filter((line) => line.startsWith('  '))
  assert.deepEqual(keys, ['  + user', '  + password', '  ~ a', '  - b'])
})

test('sync report: no form of it holds a value', () => {
  const report = reportOf([CREATED, UPDATED], { dryRun: 'server' })
  for (const form of [syncReportText, syncReportJson, summaryText, terminationText]) {
    assert.ok(!form(report).includes('canary'))
  }
})

test('sync report: a message of many lines takes one, without control characters', () => {
  const text = syncReportText(reportOf([failedResult('api', 'a\nb\u001b[31m')]))
  assert.equal(text.split('\n').length, 3)
  assert.ok(!text.includes('\u001b'))
})

test('sync report: JSON is a versioned document', () => {
  const { apiVersion, kind, app, dryRun, reads, calls, results } = JSON.parse(
    syncReportJson(reportOf([CREATED], { dryRun: 'client' })),
  )
  assert.deepEqual(
    [apiVersion, kind, app, dryRun, reads],
    ['waybill.dev/v1', 'SyncReport', 'shop', 'client', 3],
  )
  assert.deepEqual(Object.keys(calls), ['aws', 'vault'])
  assert.deepEqual(results[0].keys, { added: ['user', 'password'], changed: [], removed: [] })
  assert.equal(results[0].nextRefresh, '2024-05-01T13:00:00Z')
  assert.equal('isClusterFailure' in results[0], false)
})

test('sync report: files without an app have none in JSON', () => {
  assert.equal('app' in JSON.parse(syncReportJson(reportOf([], { app: undefined }))), false)
})

const summaries: readonly (readonly [story: string, report: SyncReport, text: string])[] = [
  [
    'nothing',
    reportOf([], { reads: 0, calls: new Map() }),
    'nothing to do; 0 reads, 0 provider calls',
  ],
  [
    'one of each',
    reportOf([CREATED, failedResult('b', 'x')], { reads: 1, calls: new Map([['aws', 1]]) }),
    '1 created, 1 failed; 1 read, 1 provider call',
  ],
  [
    'a dry run',
    reportOf([CREATED, CREATED], { dryRun: 'server' }),
    '2 created (dry run: server); 3 reads, 3 provider calls',
  ],
]

for (const [story, report, text] of summaries) {
  test(`summary of ${story}`, () => {
    assert.equal(summaryText(report), text)
  })
}

test('termination: what failed, below the summary', () => {
  const lines = terminationText(reportOf([CREATED, failedResult('b', 'may not read')])).split('\n')
  assert.equal(lines[0], '1 created, 1 failed; 3 reads, 3 provider calls')
  assert.match(lines[1] ?? '', /^ExternalSecret\/shop\/b: .*may not read/)
  assert.equal(lines.length, 3)
})

test('termination: never more than Kubernetes keeps, and no line is cut', () => {
  const results = Array.from({ length: 100 }, (_, i) => failedResult(`b${i}`, 'é'.repeat(300)))
  const text = terminationText(reportOf(results))
  assert.ok(Buffer.byteLength(text) <= 4096)
  assert.ok(text.endsWith('\n'))
  assert.ok(text.split('\n').length > 3)
})
