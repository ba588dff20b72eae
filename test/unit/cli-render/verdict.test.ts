import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeText, verdictText } from '../../../src/cli/verdict.ts'
import type { Finding } from '../../../src/model/finding.ts'

function finding(extra: Partial<Finding> = {}): Finding {
  return {
    rule: 'some-rule',
    severity: 'error',
    at: { file: 'a.yaml', line: 3, column: 7 },
    subject: 'ExternalSecret/shop/a',
    field: 'spec.data[0]',
    message: 'is wrong',
    hint: 'mend it',
    ...extra,
  }
}

test('the verdict comes first, the worst finding next', () => {
  const text = verdictText([finding({ severity: 'warning', rule: 'mild' }), finding()])
  assert.equal(
    text,
    `1 error, 1 warning
a.yaml:3:7: error some-rule ExternalSecret/shop/a spec.data[0]: is wrong (hint: mend it)
a.yaml:3:7: warning mild ExternalSecret/shop/a spec.data[0]: is wrong (hint: mend it)
`,
  )
})

test('nothing found, nothing said', () => {
  assert.equal(verdictText([]), '')
})

test('a thousand findings stay within what Argo CD should show', () => {
  const text = verdictText(Array.from({ length: 1000 }, () => finding()))
  assert.ok(Buffer.byteLength(text) < 3700)
  assert.match(text, /^1000 errors\n/)
  assert.match(text, /\nand \d+ more: run waybill validate\n$/)
})

test('one endless finding is cut', () => {
  const text = verdictText([finding({ message: 'x'.repeat(10_000) })])
  assert.ok(Buffer.byteLength(text) < 3700)
})

test('no text of a manifest steers a terminal', () => {
  const text = verdictText([finding({ subject: 'ExternalSecret/shop/\u001b[2J\r\n\u202e' })])
  for (const control of ['\u001b', '\r', '\u202e']) assert.ok(!text.includes(control))
  assert.equal(text.trimEnd().split('\n').length, 2)
})

test('the cause is the first finding that fails the command', () => {
  const findings = [finding({ severity: 'warning', rule: 'mild' }), finding(), finding()]
  assert.equal(causeText(findings, 'error'), 'a.yaml:3:7: some-rule: is wrong (and 1 more)')
})
