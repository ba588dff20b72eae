import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readText } from '../../../src/manifests/read.ts'
import type { Finding, Severity } from '../../../src/model/finding.ts'
import { excerptsOf } from '../../../src/report/excerpt.ts'
import { jsonReport } from '../../../src/report/json.ts'
import { plain, shortened } from '../../../src/report/plain.ts'
import { textReport } from '../../../src/report/text.ts'
import type { Validation } from '../../../src/report/validation.ts'

function finding(severity: Severity, message: string, hint?: string): Finding {
  const at = { file: 'app.yaml', line: 3, column: 5 }
  return {
    rule: 'some-rule',
    severity,
    at,
    subject: 'Kind/ns/name',
    field: 'spec.a',
    message,
    hint,
  }
}

const counts = { files: 1, valid: 2, invalid: 1, errors: 0, skipped: 4 }

function validation(findings: readonly Finding[], source?: string): Validation {
  return { findings, counts, excerpt: () => source }
}

test('text: the verdict, each finding with its line and hint, the summary', () => {
  const report = textReport(
    validation([finding('error', 'broken', 'mend it'), finding('warning', 'odd')], '  a: 1'),
  )
  assert.equal(
    report,
    `1 error, 1 warning: some-rule: broken

app.yaml:3:5 error some-rule Kind/ns/name spec.a: broken
  3 |   a: 1
    |     ^
  hint: mend it

app.yaml:3:5 warning some-rule Kind/ns/name spec.a: odd
  3 |   a: 1
    |     ^

Summary: 7 resources found in 1 file - Valid: 2, Invalid: 1, Errors: 0, Skipped: 4
`,
  )
})

test('text: nothing found is said', () => {
  assert.match(textReport(validation([])), /^no findings\n\nSummary: 7 resources/)
})

test('text: the first line is at most 120 characters and names the worst finding', () => {
  const findings = [
    finding('info', 'a'),
    finding('warning', 'b'),
    finding('error', 'c'.repeat(500)),
  ]
  const [first = ''] = textReport(validation(findings)).split('\n')
  assert.ok(first.length <= 120)
  assert.match(first, /^1 error, 1 warning, 1 info: some-rule: ccc/)
})

test('text: of a long line only the neighbourhood is shown, the mark below the place', () => {
  const far = { ...finding('error', 'x'), at: { file: 'f', line: 1, column: 5001 } }
  const source = `${'a'.repeat(5000)}B${'c'.repeat(5000)}`
  const [, , , line = '', mark = ''] = textReport(validation([far], source)).split('\n')
  assert.ok(line.length < 120)
  assert.equal(line[mark.indexOf('^')], 'B')
})

test('text: no control character of a manifest reaches the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const report = textReport(validation([finding('error', text, text)], text))
      return !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(report.replaceAll('\n', ''))
    }),
  )
  assert.equal(plain('a\u001b[31mb\u202ec\r\n'), 'a [31mb c  ')
  assert.equal(shortened('abcdef', 4), 'abc…')
})

test('json: a versioned document with every member of a finding', () => {
  const report: unknown = JSON.parse(
    jsonReport(validation([finding('error', 'broken', 'mend it')])),
  )
  assert.deepEqual(report, {
    apiVersion: 'waybill.dev/v1',
    kind: 'ValidationReport',
    summary: { resources: 7, ...counts, findings: { error: 1, warning: 0, info: 0 } },
    findings: [
      {
        rule: 'some-rule',
        severity: 'error',
        file: 'app.yaml',
        line: 3,
        column: 5,
        subject: 'Kind/ns/name',
        field: 'spec.a',
        message: 'broken',
        hint: 'mend it',
      },
    ],
  })
})

const STREAM = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures}
spec:
  provider:
    fake:
      data:
        - key: a
          value: hunter2
        - {key: b, value: hunter3, version: v1}
        - key: c
          value: |
            first line
            hunter4 here
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  target:
    template:
      metadata: {labels: {a: hunter5}}
      data:
        x: hunter6
      templateFrom:
        - literal: "a: hunter7
            hunter8"
          target: Data
  data:
    - secretKey: token
      remoteRef: {key: api}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Fake
metadata: {name: f}
spec: {data: {a: hunter9}}
`

test('excerpt: no line that may show a value, every other one', () => {
  const { documents } = readText('a.yaml', new TextEncoder().encode(STREAM))
  assert.equal(documents.length, 3)
  const excerpt = excerptsOf(documents)
  const lines = STREAM.split('\n')
  for (const [index, line] of lines.entries()) {
    if (line === '---') continue
    const shown = excerpt({ file: 'a.yaml', line: index + 1, column: 1 })
    assert.ok(shown === undefined || shown === line, line)
    assert.ok(!shown?.includes('hunter'), line)
  }
  const shownAt = (text: string): string | undefined =>
    excerpt({ file: 'a.yaml', line: lines.indexOf(text) + 1, column: 1 })
  for (const text of [
    '        - key: a',
    '      remoteRef: {key: api}',
    '    - secretKey: token',
  ]) {
    assert.equal(shownAt(text), text)
  }
})

test('excerpt: unknown files and lines have none', () => {
  const { documents } = readText('a.yaml', new TextEncoder().encode(STREAM))
  assert.equal(excerptsOf(documents)({ file: 'b.yaml', line: 1, column: 1 }), undefined)
  assert.equal(excerptsOf(documents)({ file: 'a.yaml', line: 999, column: 1 }), undefined)
})
