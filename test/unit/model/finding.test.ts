import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compareFindings,
  type Finding,
  reaches,
  type Severity,
} from '../../../src/model/finding.ts'
import { comparePlaces, formatPlace } from '../../../src/model/place.ts'

const FIRST: Finding = {
  rule: 'b-rule',
  severity: 'warning',
  at: { file: 'b.yaml', line: 5, column: 5 },
  subject: undefined,
  field: 'spec.b',
  message: 'b',
  hint: undefined,
}

interface Row {
  readonly story: string
  readonly earlier: Partial<Finding>
}

const rows: readonly Row[] = [
  { story: 'a file before it', earlier: { at: { file: 'a.yaml', line: 9, column: 9 } } },
  { story: 'a line above', earlier: { at: { file: 'b.yaml', line: 4, column: 9 } } },
  { story: 'a column before', earlier: { at: { file: 'b.yaml', line: 5, column: 4 } } },
  { story: 'a worse one at the same place', earlier: { severity: 'error', rule: 'z' } },
  { story: 'a rule before it', earlier: { rule: 'a-rule', field: 'z' } },
  { story: 'a field before it', earlier: { field: 'spec.a', message: 'z' } },
  { story: 'the whole object before its fields', earlier: { field: undefined, message: 'z' } },
  { story: 'a message before it', earlier: { message: 'a' } },
]

for (const { story, earlier } of rows) {
  test(`findings are reported in order: ${story}`, () => {
    const other = { ...FIRST, ...earlier }
    assert.ok(compareFindings(other, FIRST) < 0)
    assert.ok(compareFindings(FIRST, other) > 0)
  })
}

test('equal findings have no order', () => {
  assert.equal(compareFindings(FIRST, { ...FIRST }), 0)
})

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error']

test('a severity reaches a threshold that is not above it', () => {
  for (const [i, severity] of SEVERITIES.entries()) {
    for (const [k, threshold] of SEVERITIES.entries()) {
      assert.equal(reaches(severity, threshold), i >= k, `${severity} at ${threshold}`)
    }
  }
})

test('a place prints as terminals link it', () => {
  assert.equal(formatPlace({ file: 'a/b.yaml', line: 3, column: 7 }), 'a/b.yaml:3:7')
})

test('lines compare as numbers', () => {
  const at = (line: number) => ({ file: 'a', line, column: 1 })
  assert.ok(comparePlaces(at(9), at(10)) < 0)
})
