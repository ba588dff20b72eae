import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Read } from '../../../src/model/provider.ts'
import { decodeStore } from '../../../src/model/store.ts'
import {
  decodeStorePolicy,
  OPEN_POLICY,
  type StorePolicy,
} from '../../../src/model/store-policy.ts'
import { refusalOfRead } from '../../../src/plan/read-policy.ts'

function policyOf(members: JsonObject): StorePolicy {
  const head = { apiVersion: 'waybill.dev/v1', kind: 'StorePolicy' }
  const decoded = decodeStorePolicy({ ...head, ...members })
  assert.ok(decoded.outcome === 'read', JSON.stringify(decoded))
  return decoded.policy
}

const storeOf = (provider: string, settings: JsonObject) =>
  decodeStore({ kind: 'ClusterSecretStore', spec: { provider: { [provider]: settings } } })

const get = (key: string): Read => ({
  op: 'get',
  store: 'ClusterSecretStore/cs',
  key,
  version: undefined,
  metadata: false,
  property: undefined,
})

const find = (path: string | undefined): Read => ({
  op: 'find',
  store: 'ClusterSecretStore/cs',
  path,
  nameRegexp: '.*',
  tags: undefined,
  conversionStrategy: undefined,
})

const generate = (generator: string): Read => ({
  op: 'generate',
  generator,
  namespace: 'shop',
  entry: 'shop/es 0',
})

interface Row {
  readonly story: string
  /** Entries of `namespaces`. */
  readonly entries: readonly JsonObject[]
  readonly provider?: string
  readonly settings?: JsonObject
  readonly read: Read
  readonly namespace?: string
  readonly ok: boolean
}

const keys = (...prefixes: readonly string[]): readonly JsonObject[] => [
  { names: ['shop'], keys: prefixes },
]

const rows: readonly Row[] = [
  {
    story: 'a namespace that no entry names reads nothing',
    entries: [],
    read: get('a'),
    ok: false,
  },
  {
    story: 'a namespace that is named reads',
    entries: [{ names: ['shop'] }],
    read: get('a'),
    ok: true,
  },
  { story: 'the beginning of a name', entries: [{ names: ['sh*'] }], read: get('a'), ok: true },
  { story: 'no beginning without *', entries: [{ names: ['sh'] }], read: get('a'), ok: false },
  {
    story: 'a provider that is listed',
    entries: [{ names: ['*'], providers: ['aws'] }],
    read: get('a'),
    ok: true,
  },
  {
    story: 'one that is not',
    entries: [{ names: ['*'], providers: ['gcpsm'] }],
    read: get('a'),
    ok: false,
  },
  {
    story: 'an empty list allows nothing',
    entries: [{ names: ['*'], providers: [] }],
    read: get('a'),
    ok: false,
  },
  { story: 'a key below a prefix', entries: keys('shop/'), read: get('shop/db'), ok: true },
  { story: 'a key beside it', entries: keys('shop/'), read: get('shop-b/db'), ok: false },
  { story: 'case counts', entries: keys('shop/'), read: get('Shop/db'), ok: false },
  {
    story: 'the namespace in a prefix',
    entries: keys('{namespace}/'),
    read: get('shop/db'),
    ok: true,
  },
  { story: 'another namespace', entries: keys('{namespace}/'), read: get('team/db'), ok: false },
  { story: 'a way out by ..', entries: keys('shop/'), read: get('shop/../team/db'), ok: false },
  {
    story: 'an ARN is no name',
    entries: keys('shop/'),
    read: get('arn:aws:secretsmanager:x:1:secret:shop/db'),
    ok: false,
  },
  {
    story: 'either of two entries',
    entries: [...keys('a/'), ...keys('b/')],
    read: get('b/x'),
    ok: true,
  },
  {
    story: 'entries are not mixed',
    entries: [
      { names: ['shop'], providers: ['vault'] },
      { names: ['shop'], providers: ['aws'], keys: ['a/'] },
    ],
    read: get('b/x'),
    ok: false,
  },
  {
    story: 'the prefix of an aws store belongs to the key',
    entries: keys('shop/'),
    settings: { prefix: 'team/' },
    read: get('shop/db'),
    ok: false,
  },
  {
    story: 'and can make it fit',
    entries: keys('shop/'),
    settings: { prefix: 'shop/' },
    read: get('db'),
    ok: true,
  },
  {
    story: 'the mount of a Vault belongs to the key',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'secret' },
    read: get('shop/db'),
    ok: true,
  },
  {
    story: 'another mount',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'ops' },
    read: get('shop/db'),
    ok: false,
  },
  {
    story: 'the key that spells the mount',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'secret' },
    read: get('secret/data/shop/db'),
    ok: true,
  },
  {
    story: 'no mount in the store',
    entries: keys('secret/shop/'),
    provider: 'vault',
    read: get('secret/data/shop/db'),
    ok: true,
  },
  {
    story: 'a folder data of KV 1 is a folder',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { version: 'v1', path: 'secret' },
    read: get('data/shop/db'),
    ok: false,
  },
  {
    story: 'a folder data of KV 2 too',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'secret' },
    read: get('data/shop/db'),
    ok: false,
  },
  {
    story: 'the remote namespace of a kubernetes store',
    entries: keys('shop/'),
    provider: 'kubernetes',
    settings: { remoteNamespace: 'kube-system' },
    read: get('shop'),
    ok: false,
  },
  {
    story: 'and its own',
    entries: keys('shop/'),
    provider: 'kubernetes',
    settings: { remoteNamespace: 'shop' },
    read: get('db'),
    ok: true,
  },
  {
    story: 'a kubernetes store without a namespace of its own',
    entries: keys('default/'),
    provider: 'kubernetes',
    read: get('db'),
    ok: true,
  },
  {
    story: 'an OpenBao is a Vault',
    entries: keys('secret/shop/'),
    provider: 'openBao',
    settings: { path: 'secret' },
    read: get('shop/db'),
    ok: true,
  },
  {
    story: 'another mount of an OpenBao',
    entries: keys('secret/shop/'),
    provider: 'openBao',
    settings: { path: 'ops' },
    read: get('shop/db'),
    ok: false,
  },
  {
    story: 'a folder of an OpenBao',
    entries: keys('secret/shop/'),
    provider: 'openBao',
    settings: { path: 'secret' },
    read: find('shop/'),
    ok: true,
  },
  {
    story: 'a folder of a Vault without a mount',
    entries: keys('secret/'),
    provider: 'vault',
    read: find('secret'),
    ok: false,
  },
  {
    story: 'a way out of a folder by .',
    entries: keys('shop/'),
    read: find('shop/.'),
    ok: false,
  },
  { story: 'a search below a prefix', entries: keys('shop/'), read: find('shop/x'), ok: true },
  { story: 'a search that finds more', entries: keys('shop/'), read: find('sho'), ok: false },
  { story: 'a search without a path', entries: keys('shop/'), read: find(undefined), ok: false },
  {
    story: 'a search where all keys are allowed',
    entries: [{ names: ['shop'] }],
    read: find(undefined),
    ok: true,
  },
  {
    story: 'a Vault folder',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'secret' },
    read: find('shop'),
    ok: true,
  },
  {
    story: 'a Vault folder beside it',
    entries: keys('secret/shop/'),
    provider: 'vault',
    settings: { path: 'secret' },
    read: find('shop-b'),
    ok: false,
  },
  {
    story: 'a search of a remote namespace',
    entries: keys('shop/'),
    provider: 'kubernetes',
    settings: { remoteNamespace: 'shop' },
    read: find(undefined),
    ok: true,
  },
  {
    story: 'a generator that is listed',
    entries: [{ names: ['*'], generators: ['Password'] }],
    read: generate('Password/shop/p'),
    ok: true,
  },
  {
    story: 'one that is not',
    entries: [{ names: ['*'], generators: ['Password'] }],
    read: generate('VaultDynamicSecret/shop/p'),
    ok: false,
  },
  {
    story: 'keys say nothing about generators',
    entries: keys('shop/'),
    read: generate('Password/shop/p'),
    ok: true,
  },
]

for (const {
  story,
  entries,
  provider = 'aws',
  settings = {},
  read,
  namespace = 'shop',
  ok,
} of rows) {
  test(`read policy: ${story}: ${ok ? 'allowed' : 'refused'}`, () => {
    const store = read.op === 'generate' ? undefined : storeOf(provider, settings)
    const refusal = refusalOfRead(policyOf({ namespaces: entries }), { namespace, read, store })
    assert.equal(refusal === undefined, ok, refusal?.message)
    if (!ok) assert.equal(refusal?.code, 'store-not-permitted')
  })
}

test('read policy: without one everything is allowed', () => {
  const reader = { namespace: 'shop', read: get('x'), store: storeOf('aws', {}) }
  assert.equal(refusalOfRead(OPEN_POLICY, reader), undefined)
})

test('read policy: a store that is none is not read, and the refusal says who wanted what', () => {
  const policy = policyOf({ namespaces: [{ names: ['shop'] }] })
  const tell = (read: Read, store: ReturnType<typeof storeOf> | undefined, namespace = 'shop') => {
    const refusal = refusalOfRead(policy, { namespace, read, store })
    return [refusal?.message, refusal?.hint]
  }
  const listed = 'the store policy lists what namespace shop may read'
  assert.deepEqual(tell(get('x'), undefined), [
    'namespace shop may not read key "x" of provider ""',
    listed,
  ])
  assert.deepEqual(tell(find(undefined), undefined), [
    'namespace shop may not read what a search of provider "" finds below ""',
    listed,
  ])
  assert.deepEqual(tell(find('p'), storeOf('aws', {}), 'team'), [
    'namespace team may not read what a search of provider "aws" finds below "p"',
    'no entry of the store policy names namespace team',
  ])
  assert.deepEqual(tell(generate('Password/shop/p'), undefined, 'team'), [
    'namespace team may not read from generator Password/shop/p',
    'no entry of the store policy names namespace team',
  ])
})

test('read policy: whatever is allowed begins with a prefix of the namespace', () => {
  const part = fc.constantFrom('shop', 'team', '/', '.', '..', 'data', '{namespace}', '$&')
  const name = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(name, name, (prefix, key) => {
      const policy = policyOf({ namespaces: [{ names: ['shop'], keys: [prefix] }] })
      const reader = { namespace: 'shop', read: get(key), store: storeOf('gcpsm', {}) }
      if (refusalOfRead(policy, reader) !== undefined) return
      assert.ok(key.startsWith(prefix.split('{namespace}').join('shop')))
    }),
    { numRuns: 300 },
  )
})

for (const entry of ['10.1.2.3', '10.0.0.0/0', '10.0.0.0/32', 'fd00::1', 'FD00::/128', '::/0']) {
  test(`store policy: ${entry} is a range`, () => {
    const { network } = policyOf({ network: { deny: [entry], allow: [entry] } })
    assert.deepEqual([network.deny, network.allow], [[entry], [entry]])
  })
}

for (const entry of [
  '',
  '10.0.0.256',
  '10.0.0.0/x',
  '10.0.0.0/8/8',
  'fd00::/129',
  'f:g',
  '1::2::3',
]) {
  test(`store policy: ${JSON.stringify(entry)} is neither range nor host`, () => {
    for (const list of ['allow', 'deny']) {
      const head = { apiVersion: 'waybill.dev/v1', kind: 'StorePolicy' }
      assert.equal(decodeStorePolicy({ ...head, network: { [list]: [entry] } }).outcome, 'invalid')
    }
  })
}

test('store policy: hosts are for the list of what is allowed alone', () => {
  const allow = ['vault.vault.svc', 'localhost', 'a-1.example.com.']
  assert.deepEqual(policyOf({ network: { allow } }).network.allow, allow)
})

test('store policy: what it does not say restricts nothing', () => {
  assert.deepEqual(policyOf({}), OPEN_POLICY)
  assert.deepEqual(policyOf({ network: {} }), OPEN_POLICY)
  const { network, requiresConditions } = policyOf({
    requireStoreConditions: true,
    network: { requireTLS: true },
  })
  assert.deepEqual([requiresConditions, network.requiresTls], [true, true])
})

const faults: readonly {
  readonly story: string
  readonly value: unknown
  readonly says: RegExp
}[] = [
  { story: 'no mapping', value: [], says: /^the policy is no mapping/ },
  {
    story: 'another kind',
    value: { apiVersion: 'waybill.dev/v1', kind: 'Policy' },
    says: /StorePolicy/,
  },
  { story: 'a member nobody knows', value: { namespace: [] }, says: /no member "namespace"/ },
  {
    story: 'a member of an entry',
    value: { namespaces: [{ names: ['a'], key: [] }] },
    says: /"key"/,
  },
  { story: 'an entry without names', value: { namespaces: [{ keys: ['a'] }] }, says: /no names/ },
  {
    story: 'a name that is none',
    value: { namespaces: [{ names: ['*-prod'] }] },
    says: /"\*-prod"/,
  },
  {
    story: 'a number among keys',
    value: { namespaces: [{ names: ['a'], keys: [1] }] },
    says: /keys/,
  },
  { story: 'text for a flag', value: { requireStoreConditions: 'no' }, says: /neither true nor/ },
  { story: 'text for a list', value: { namespaces: 'shop' }, says: /no list/ },
  {
    story: 'a range that is none',
    value: { network: { deny: ['10.0.0.0/33'] } },
    says: /10.0.0.0\/33/,
  },
  { story: 'half an address', value: { network: { allow: ['10.0.0'] } }, says: /"10.0.0"/ },
  {
    story: 'a host among ranges',
    value: { network: { deny: ['vault.vault.svc'] } },
    says: /vault/,
  },
  { story: 'a network member', value: { network: { allowed: [] } }, says: /"allowed"/ },
]

for (const { story, value, says } of faults) {
  test(`store policy: ${story} refuses the whole document`, () => {
    const head = { apiVersion: 'waybill.dev/v1', kind: 'StorePolicy' }
    const document = Array.isArray(value) ? value : { ...head, ...(value as JsonObject) }
    const decoded = decodeStorePolicy(document as JsonObject)
    assert.ok(decoded.outcome === 'invalid')
    assert.match(decoded.message, says)
  })
}
