import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { load } from 'js-yaml'
import { yamlToJson } from '../../../src/manifests/kubectl.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { blockYaml } from '../../../src/render/block-yaml.ts'

test('an object reads as people write it', () => {
  const text = blockYaml({
    spec: { rules: [{ verbs: ['get'], apiGroups: [''] }], empty: {}, none: [], on: true },
    kind: 'Role',
    metadata: { name: 'a', labels: { 'waybill.dev/app': 'on' } },
    apiVersion: 'v1',
  })
  assert.equal(
    text,
    `apiVersion: v1
kind: Role
metadata:
  labels:
    waybill.dev/app: 'on'
  name: a
spec:
  empty: {}
  none: []
  'on': true
  rules:
    - apiGroups:
        - ''
      verbs:
        - get
`,
  )
})

const tricky = fc.constantFrom(
  ...[
    'yes',
    'No',
    'y',
    'null',
    '~',
    '1e3',
    '0x1F',
    '0o17',
    '1_000',
    '2001-01-01',
    '-',
    '- a',
    'a: b',
  ],
  ...[
    '# x',
    'x #',
    '<<',
    '=',
    '&a',
    '*a',
    '!x',
    '%',
    '@',
    '`',
    '',
    ' ',
    'a\nb',
    '\t',
    '.inf',
    '012',
  ],
)
const texts = fc.oneof(tricky, fc.string({ unit: 'binary', maxLength: 12 }))
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    texts,
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3, noNullPrototype: false }),
  ),
})).value

test('every YAML reader reads what was written', () => {
  fc.assert(
    fc.property(fc.dictionary(texts, json, { maxKeys: 4 }), (value) => {
      const text = blockYaml(value as JsonObject)
      if (Object.keys(value).length === 0) return
      const expected = JSON.stringify(sorted(value))
      assert.equal(JSON.stringify(sorted(load(text))), expected)
      const kubectl = yamlToJson(new TextEncoder().encode(text), true)
      assert.equal(kubectl.outcome, 'read', text)
      assert.equal(JSON.stringify(sorted(JSON.parse(kubectl.json))), expected)
    }),
    { numRuns: 400 },
  )
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, item]) => [key, sorted(item)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
