import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { PushDialect, PushMarks } from '../../../src/model/push.ts'
import { marksAfter, sameMarks } from '../../../src/plan/push-marks.ts'

type Plain = Readonly<Record<string, string>>

const marks = (labels: Plain, annotations: Plain = {}): PushMarks => ({
  labels: new Map(Object.entries(labels)),
  annotations: new Map(Object.entries(annotations)),
})

interface Row {
  readonly story: string
  readonly dialect: PushDialect
  readonly observed?: PushMarks
  readonly spec?: JsonObject
  readonly source?: PushMarks
  readonly labels: Plain
  readonly annotations?: Plain
}

const MARK = { 'managed-by': 'external-secrets' }
const SOURCE = marks(
  { team: 'a', 'waybill.dev/managed': 'true', 'app.kubernetes.io/instance': 'x' },
  { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"k":"canary"}}' },
)

const ROWS: readonly Row[] = [
  { story: 'AWS: the mark', dialect: 'aws-secrets-manager', labels: MARK },
  {
    story: 'AWS: without tags those that are there stay',
    dialect: 'aws-parameter-store',
    observed: marks({ cost: '1' }),
    labels: { cost: '1', ...MARK },
  },
  {
    story: 'AWS: tags replace',
    dialect: 'aws-secrets-manager',
    observed: marks({ cost: '1', 'aws:x': 'y', ...MARK }),
    spec: { tags: { t: '2' } },
    labels: { 'aws:x': 'y', t: '2', ...MARK },
  },
  {
    story: 'Vault: what is there stays',
    dialect: 'vault-kv2',
    observed: marks({ owner: 'me' }),
    labels: { owner: 'me', ...MARK },
  },
  { story: 'Vault v1 has its mark elsewhere', dialect: 'vault-kv1', labels: {} },
  {
    story: 'GCP: labels replace',
    dialect: 'gcp-secret-manager',
    observed: marks({ a: '1', ...MARK }, { x: 'y' }),
    spec: { labels: { b: '2' } },
    labels: { b: '2', ...MARK },
    annotations: { x: 'y' },
  },
  {
    story: 'GCP: Merge keeps what is there',
    dialect: 'gcp-secret-manager',
    observed: marks({ a: '1' }),
    spec: { labels: { a: '2', b: '2' }, mergePolicy: 'Merge', annotations: { n: 'm' } },
    labels: { a: '1', b: '2', ...MARK },
    annotations: { n: 'm' },
  },
  {
    story: 'kubernetes: the source goes along, without notes of tools and ours',
    dialect: 'kubernetes',
    observed: marks({ there: '1' }),
    source: SOURCE,
    labels: { there: '1', team: 'a' },
    annotations: { note: 'n' },
  },
  {
    story: 'kubernetes: the metadata win over the source',
    dialect: 'kubernetes',
    source: SOURCE,
    spec: { labels: { team: 'b' } },
    labels: { team: 'b' },
    annotations: { note: 'n' },
  },
  {
    story: 'kubernetes: only the metadata',
    dialect: 'kubernetes',
    source: SOURCE,
    spec: { sourceMergePolicy: 'Replace', labels: { l: 'm' } },
    labels: { l: 'm' },
  },
  {
    story: 'kubernetes: the target is replaced',
    dialect: 'kubernetes',
    observed: marks({ there: '1' }, { x: 'y' }),
    source: SOURCE,
    spec: { targetMergePolicy: 'Replace' },
    labels: { team: 'a' },
    annotations: { note: 'n' },
  },
  {
    story: 'kubernetes: the target is left alone',
    dialect: 'kubernetes',
    observed: marks({ there: '1' }),
    source: SOURCE,
    spec: { targetMergePolicy: 'Ignore', labels: { l: 'm' } },
    labels: { there: '1' },
  },
]

for (const { story, dialect, observed, spec = {}, source = marks({}), ...wanted } of ROWS) {
  test(`marks, ${story}`, () => {
    const after = marksAfter({
      dialect,
      observed,
      spec,
      source: { subject: 's', type: '', data: new Map(), marks: source },
    })
    assert.deepEqual(Object.fromEntries(after.labels), wanted.labels)
    assert.deepEqual(Object.fromEntries(after.annotations), wanted.annotations ?? {})
  })
}

test('marks are the same whatever their order', () => {
  assert.ok(sameMarks(marks({ a: '1', b: '2' }), marks({ b: '2', a: '1' })))
  assert.ok(!sameMarks(marks({ a: '1' }), marks({ a: '2' })))
  assert.ok(!sameMarks(marks({ a: '1' }, { x: '' }), marks({ a: '1' })))
})
