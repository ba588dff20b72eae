import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { type PushSource, pushedName } from '../../../src/model/push.ts'
import { decodePushSecret } from '../../../src/model/push-secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { patternEngine } from '../../../src/values/pattern.ts'
import { type PushItems, pushItems } from '../../../src/values/push-items.ts'

const STORE = { kind: 'SecretStore', name: 'v', labels: new Map([['tier', 'push']]) } as const
const MEANS = { parity: parityOf('waybill'), patterns: patternEngine, transform: undefined }

function source(...keys: readonly string[]): PushSource {
  return {
    subject: `Secret shop/${keys.join('-')}`,
    type: 'Opaque',
    data: new Map(keys.map((key) => [key, SecretValue.fromText(`canary-${key}`)])),
    marks: { labels: new Map(), annotations: new Map() },
  }
}

function itemsOf(spec: JsonObject, ...sources: readonly PushSource[]): PushItems {
  const pushSecret = decodePushSecret({
    metadata: { name: 'ps', namespace: 'shop' },
    spec: { secretStoreRefs: [{ name: 'v' }], ...spec },
  })
  return pushItems(pushSecret, { target: STORE, sources }, MEANS)
}

const inShort = ({ items, errors }: PushItems): readonly string[] => [
  ...items.map(
    ({ entry, bundled }) => `${entry.secretKey || bundled.join('+') || '*'} → ${pushedName(entry)}`,
  ),
  ...errors.map(({ code, field }) => `${code} at ${field}`),
]

const storeRef = { name: 'v' }
const to = (more: JsonObject = {}): JsonObject => ({ storeRef, ...more })
const data = (secretKey: string, remoteKey: string, more: JsonObject = {}): JsonObject => ({
  match: { ...(secretKey === '' ? {} : { secretKey }), remoteRef: { remoteKey } },
  ...more,
})

const ROWS: readonly (readonly [
  story: string,
  spec: JsonObject,
  keys: string,
  items: readonly string[],
])[] = [
  ['all keys, in byte order', { dataTo: [to()] }, 'b a', ['a → a', 'b → b']],
  ['a whole Secret', { data: [data('', 'all')] }, 'a', ['* → all']],
  [
    'keys that match',
    { dataTo: [to({ match: { regexp: 'b$' } })] },
    'ab b c',
    ['ab → ab', 'b → b'],
  ],
  ['no match is no error', { dataTo: [to({ match: { regexp: 'x' } })] }, 'a', []],
  [
    'no match bundles nothing',
    { dataTo: [to({ remoteKey: 'r', match: { regexp: 'x' } })] },
    'a',
    [],
  ],
  ['a bundle', { dataTo: [to({ remoteKey: 'r' })] }, 'b a', ['a+b → r']],
  ['data wins for its key', { dataTo: [to()], data: [data('a', 'x')] }, 'a b', ['b → b', 'a → x']],
  [
    'a rewrite of the key',
    { dataTo: [to({ rewrite: [{ regexp: { source: '^', target: 'app/' } }] })] },
    'a',
    ['a → app/a'],
  ],
  [
    'nothing is left of a key',
    { dataTo: [to({ rewrite: [{ regexp: { source: '.*', target: '' } }] })] },
    'a',
    ['InvalidKey at spec.dataTo[0].rewrite'],
  ],
  [
    'two keys for one place',
    { dataTo: [to({ rewrite: [{ regexp: { source: '.*', target: 'x' } }] })] },
    'a b',
    ['KeyCollision at spec.dataTo[0]'],
  ],
  [
    'two entries for one place',
    { data: [data('a', 'x'), data('b', 'x')] },
    'a b',
    ['KeyCollision at spec.data[1]'],
  ],
  [
    'a pattern that is none',
    { dataTo: [to({ match: { regexp: '[' } })] },
    'a',
    ['InvalidPattern at spec.dataTo[0].match.regexp'],
  ],
  [
    'keys are reversed before they are matched',
    { dataTo: [to({ conversionStrategy: 'ReverseUnicode', match: { regexp: '^a/' } })] },
    'a_U002f_b c',
    ['a/b → a/b'],
  ],
  [
    'and before data names them',
    { data: [data('a/b', 'x', { conversionStrategy: 'ReverseUnicode' })] },
    'a_U002f_b',
    ['a/b → x'],
  ],
  [
    'a store by its labels',
    { dataTo: [{ storeRef: { labelSelector: { matchLabels: { tier: 'push' } } } }] },
    'a',
    ['a → a'],
  ],
  [
    'another store',
    { secretStoreRefs: [{ name: 'v' }, { name: 'w' }], dataTo: [{ storeRef: { name: 'w' } }] },
    'a',
    [],
  ],
  [
    'another kind of store',
    {
      secretStoreRefs: [{ name: 'v', kind: 'ClusterSecretStore' }],
      dataTo: [{ storeRef: { name: 'v', kind: 'ClusterSecretStore' } }],
    },
    'a',
    [],
  ],
  [
    'a store that is not among the refs',
    { dataTo: [{ storeRef: { name: 'z' } }] },
    'a',
    ['InvalidEntry at spec.dataTo[0].storeRef'],
  ],
  ['no store', { dataTo: [{}] }, 'a', ['InvalidEntry at spec.dataTo[0].storeRef']],
  [
    'a store without a name',
    { dataTo: [{ storeRef: {} }] },
    'a',
    ['InvalidEntry at spec.dataTo[0].storeRef'],
  ],
]

for (const [story, spec, keys, items] of ROWS) {
  test(`push items: ${story}`, () => {
    const found = itemsOf(spec, source(...keys.split(' ')))
    assert.deepEqual(inShort(found), items)
    assert.doesNotMatch(JSON.stringify(found.errors), /canary/)
  })
}

test('push items: two Secrets, each with keys of its own, and one that both have', () => {
  const found = itemsOf({ dataTo: [to()] }, source('a', 'k'), source('b', 'k'))
  assert.deepEqual(inShort(found), ['a → a', 'b → b', 'KeyCollision at spec.dataTo[0]'])
})
