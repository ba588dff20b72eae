import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/model/json.ts'
import { decodeStore, type Store, storeKey } from '../../../src/model/store.ts'

function storeOf(provider: JsonValue, kind = 'SecretStore'): Store {
  return decodeStore({ kind, metadata: { name: 'a', namespace: 'ns' }, spec: { provider } })
}

interface Row {
  readonly story: string
  readonly provider: JsonValue
  readonly name: string
  readonly settings: JsonValue
}

const rows: readonly Row[] = [
  {
    story: 'one provider is it, with its settings',
    provider: { aws: { region: 'eu-west-1' } },
    name: 'aws',
    settings: { region: 'eu-west-1' },
  },
  {
    story: 'a provider without settings has none',
    provider: { aws: null },
    name: 'aws',
    settings: {},
  },
  { story: 'settings that are a list are none', provider: { aws: [1] }, name: 'aws', settings: {} },
  {
    story: 'of two providers none is it',
    provider: { aws: {}, vault: {} },
    name: '',
    settings: {},
  },
  { story: 'of no provider none is it', provider: {}, name: '', settings: {} },
  { story: 'a text is no provider', provider: 'aws', name: '', settings: {} },
]

for (const { story, provider, name, settings } of rows) {
  test(`store: ${story}`, () => {
    const store = storeOf(provider)
    assert.equal(store.provider, name)
    assert.deepEqual({ ...store.settings }, settings)
  })
}

test('store: settings of no provider have no inherited names', () => {
  assert.equal(Object.getPrototypeOf(storeOf({}).settings), null)
})

test('store: a ClusterSecretStore has no namespace, even if its manifest names one', () => {
  assert.equal(storeOf({}, 'ClusterSecretStore').namespace, '')
  assert.equal(storeOf({}).namespace, 'ns')
})

test('store: without metadata and spec everything is empty', () => {
  const { object: _, settings, ...rest } = decodeStore({})
  assert.deepEqual({ ...settings }, {})
  assert.deepEqual(rest, {
    kind: 'SecretStore',
    name: '',
    namespace: '',
    controller: '',
    provider: '',
  })
})

test('store: the controller class is taken as it is', () => {
  assert.equal(decodeStore({ spec: { controller: 'dev' } }).controller, 'dev')
  assert.equal(decodeStore({ spec: { controller: 5 } }).controller, '')
})

test('store: a key names kind, namespace and name, a cluster store no namespace', () => {
  assert.equal(storeKey('SecretStore', 'ns', 'a'), 'SecretStore/ns/a')
  assert.equal(storeKey('ClusterSecretStore', 'ns', 'a'), 'ClusterSecretStore/a')
})
