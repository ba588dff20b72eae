import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/model/json.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { conditionNeeds, refusalOf } from '../../../src/plan/store-conditions.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

const labels = new Map([
  ['kubernetes.io/metadata.name', 'shop'],
  ['team', 'a'],
])

function refusal(conditions: JsonValue, known: ReadonlyMap<string, string> | undefined = labels) {
  const store = decodeStore({
    kind: 'ClusterSecretStore',
    metadata: { name: 'cs' },
    spec: { provider: { fake: {} }, conditions },
  })
  return refusalOf(store, { namespace: 'shop', labels: known, patterns: patternEngine })?.code
}

const rows: readonly { story: string; conditions: JsonValue; code?: string }[] = [
  { story: 'no conditions: open to all', conditions: [] },
  { story: 'the name', conditions: [{ namespaces: ['shop'] }] },
  { story: 'another name', conditions: [{ namespaces: ['sho'] }], code: 'store-not-permitted' },
  { story: 'an unanchored pattern', conditions: [{ namespaceRegexes: ['ho'] }] },
  {
    story: 'no pattern fits',
    conditions: [{ namespaceRegexes: ['^ho'] }],
    code: 'store-not-permitted',
  },
  {
    story: 'a pattern that does not compile',
    conditions: [{ namespaceRegexes: ['['] }],
    code: 'invalid',
  },
  { story: 'all labels', conditions: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] },
  {
    story: 'some of the labels',
    conditions: [{ namespaceSelector: { matchLabels: { team: 'a', x: 'y' } } }],
    code: 'store-not-permitted',
  },
  {
    story: 'an expression',
    conditions: [
      { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] } },
    ],
  },
  {
    story: 'an operator that nobody knows selects nothing',
    conditions: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Like' }] } }],
    code: 'store-not-permitted',
  },
  {
    story: 'any entry suffices, and inside one any member',
    conditions: [
      { namespaces: ['x'] },
      { namespaceSelector: { matchLabels: { team: 'b' } }, namespaces: ['shop'] },
    ],
  },
]

const malformed: readonly { story: string; conditions: JsonValue }[] = [
  { story: 'an object instead of a list', conditions: { namespaces: ['other'] } },
  { story: 'a text instead of a list', conditions: 'other' },
  { story: 'texts instead of conditions', conditions: ['other'] },
  { story: 'an empty condition', conditions: [null] },
  { story: 'a text as labels', conditions: [{ namespaceSelector: { matchLabels: 'team' } }] },
  { story: 'a number as label', conditions: [{ namespaceSelector: { matchLabels: { x: 1 } } }] },
  {
    story: 'an object as expressions',
    conditions: [{ namespaceSelector: { matchExpressions: { key: 'x', operator: 'Exists' } } }],
  },
  { story: 'a text as selector', conditions: [{ namespaceSelector: 'team' }] },
]
for (const { story, conditions } of malformed) {
  test(`what no API server would have taken opens no ClusterSecretStore: ${story}`, () => {
    assert.equal(refusal(conditions), 'store-not-permitted')
  })
}

for (const { story, conditions, code } of rows) {
  test(`who may use a ClusterSecretStore: ${story}: ${code ?? 'yes'}`, () => {
    assert.equal(refusal(conditions), code)
  })
}

test('conditions are for a ClusterSecretStore alone', () => {
  const conditions = [{ namespaces: ['other'] }]
  const store = decodeStore({
    kind: 'SecretStore',
    metadata: { name: 's', namespace: 'shop' },
    spec: { conditions },
  })
  const asking = { namespace: 'shop', labels, patterns: patternEngine }
  assert.equal(refusalOf(store, asking), undefined)
})

test('patterns that cannot be compiled fail closed', () => {
  const conditions = [{ namespaceRegexes: ['.*'] }]
  const store = decodeStore({ kind: 'ClusterSecretStore', spec: { conditions } })
  const asking = { namespace: 'shop', labels, patterns: undefined }
  assert.equal(refusalOf(store, asking)?.code, 'store-not-permitted')
})

test('what conditions make the caller load is what they name, and no more', () => {
  const needsOf = (conditions: JsonValue) =>
    conditionNeeds(decodeStore({ kind: 'ClusterSecretStore', spec: { conditions } }))
  assert.deepEqual(needsOf([]), { labels: false, patterns: false })
  assert.deepEqual(needsOf([{ namespaces: ['a'] }]), { labels: false, patterns: false })
  assert.deepEqual(needsOf([{ namespaceSelector: {} }]), { labels: true, patterns: false })
  assert.deepEqual(needsOf([{ namespaceRegexes: ['a'] }]), { labels: false, patterns: true })
})

test('labels that could not be read fail closed', () => {
  const selector = [{ namespaceSelector: { matchLabels: { team: 'a' } } }]
  const store = decodeStore({
    kind: 'ClusterSecretStore',
    metadata: { name: 'cs' },
    spec: { conditions: selector },
  })
  const asking = { namespace: 'shop', labels: undefined, patterns: undefined }
  assert.equal(refusalOf(store, asking)?.code, 'store-not-permitted')
})
