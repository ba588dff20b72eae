import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeExternalSecret,
  decodeStoreRef,
  type ExternalSecret,
  stringMap,
  type Target,
} from '../../../src/model/external-secret.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'

function decoded(spec: JsonObject, metadata: JsonObject = { name: 'app' }): ExternalSecret {
  return decodeExternalSecret({ metadata, spec })
}

test('an ExternalSecret without a spec has the defaults of the CRD', () => {
  const externalSecret = decodeExternalSecret({ metadata: { name: 'app' } })
  const { object: _, target, ...rest } = externalSecret
  assert.deepEqual(rest, {
    name: 'app',
    namespace: '',
    labels: new Map(),
    annotations: new Map(),
    storeRef: undefined,
    refreshPolicy: 'Periodic',
    refreshInterval: '1h0m0s',
    syncWindows: undefined,
    data: [],
    dataFrom: [],
  })
  assert.deepEqual(target, {
    name: 'app',
    creationPolicy: 'Owner',
    deletionPolicy: 'Retain',
    immutable: false,
    template: undefined,
    manifest: undefined,
    object: undefined,
  })
})

test('the object is kept as it was read', () => {
  const object = { kind: 'ExternalSecret', spec: { unknown: [1] } }
  assert.equal(decodeExternalSecret(object).object, object)
})

interface TargetRow {
  readonly story: string
  readonly target: JsonValue
  readonly has: Partial<Target>
}

const targets: readonly TargetRow[] = [
  { story: 'a name of its own', target: { name: 'db' }, has: { name: 'db' } },
  { story: 'an empty name is none', target: { name: '' }, has: { name: 'app' } },
  { story: 'a name that is a number is none', target: { name: 5 }, has: { name: 'app' } },
  { story: 'a target that is a text is none', target: 'db', has: { name: 'app' } },
  {
    story: 'policies are taken as they are',
    target: { creationPolicy: 'CreateOrMerge', deletionPolicy: 'Merge' },
    has: { creationPolicy: 'CreateOrMerge', deletionPolicy: 'Merge' },
  },
  {
    story: 'policies in other letters are the defaults',
    target: { creationPolicy: 'merge', deletionPolicy: 'DELETE' },
    has: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
  },
  { story: 'immutable is true only', target: { immutable: true }, has: { immutable: true } },
  { story: 'immutable as a text is not', target: { immutable: 'true' }, has: { immutable: false } },
  { story: 'an empty template is a template', target: { template: {} }, has: { template: {} } },
  { story: 'a null template is none', target: { template: null }, has: { template: undefined } },
  { story: 'a list is no template', target: { template: [] }, has: { template: undefined } },
]

for (const { story, target, has } of targets) {
  test(`target: ${story}`, () => {
    const all = decoded({ target }).target
    for (const [name, value] of Object.entries(has)) {
      assert.deepEqual(Reflect.get(all, name), value, name)
    }
  })
}

test('data: an empty property and version are none, strategies stay as they were written', () => {
  const remoteRef = { key: '/db', property: '', version: '', decodingStrategy: 'Base64' }
  assert.deepEqual(decoded({ data: [{ secretKey: 'a', remoteRef }] }).data, [
    {
      secretKey: 'a',
      remoteRef: {
        key: '/db',
        property: undefined,
        version: undefined,
        metadataPolicy: undefined,
        conversionStrategy: undefined,
        decodingStrategy: 'Base64',
        nullBytePolicy: undefined,
      },
      sourceRef: undefined,
    },
  ])
})

test('data: an element that is no object keeps its place', () => {
  const { data } = decoded({ data: [null, 'x', { secretKey: 'b' }] })
  assert.deepEqual(
    data.map(({ secretKey }) => secretKey),
    ['', '', 'b'],
  )
})

test('dataFrom: an element has what was written in it, and nothing else', () => {
  const [extract, find, nothing] = decoded({
    dataFrom: [
      { extract: { key: 'a' } },
      { find: { path: 'p', name: { regexp: '^a' }, tags: { env: 'prod', n: 1 } } },
      {},
    ],
  }).dataFrom
  assert.equal(extract?.extract?.key, 'a')
  assert.equal(extract?.find, undefined)
  assert.equal(find?.find?.path, 'p')
  assert.equal(find?.find?.nameRegexp, '^a')
  assert.deepEqual(find?.find?.tags, new Map([['env', 'prod']]))
  assert.deepEqual(nothing, {
    extract: undefined,
    find: undefined,
    sourceRef: undefined,
    rewrite: [],
  })
})

test('dataFrom: rewrites keep their order', () => {
  const rewrite = [{ regexp: { source: 'a', target: 'b' } }, { transform: { template: 'x' } }]
  assert.deepEqual(decoded({ dataFrom: [{ rewrite }] }).dataFrom[0]?.rewrite, rewrite)
})

test('sourceRef: a generator has the API version of generators where it names none', () => {
  const generatorRef = { kind: 'Password', name: 'p' }
  const [entry] = decoded({ dataFrom: [{ sourceRef: { generatorRef } }] }).dataFrom
  assert.deepEqual(entry?.sourceRef, {
    storeRef: undefined,
    generatorRef: {
      apiVersion: 'generators.external-secrets.io/v1alpha1',
      kind: 'Password',
      name: 'p',
    },
  })
})

interface StoreRefRow {
  readonly story: string
  readonly ref: JsonValue | undefined
  readonly expected: ReturnType<typeof decodeStoreRef>
}

const storeRefs: readonly StoreRefRow[] = [
  { story: 'none', ref: undefined, expected: undefined },
  { story: 'a text is none', ref: 'vault', expected: undefined },
  { story: 'without a kind', ref: { name: 'a' }, expected: { name: 'a', kind: 'SecretStore' } },
  {
    story: 'a cluster store',
    ref: { name: 'a', kind: 'ClusterSecretStore' },
    expected: { name: 'a', kind: 'ClusterSecretStore' },
  },
  {
    story: 'any other kind means a SecretStore',
    ref: { name: 'a', kind: 'Vault' },
    expected: { name: 'a', kind: 'SecretStore' },
  },
  { story: 'an empty reference is one', ref: {}, expected: { name: '', kind: 'SecretStore' } },
]

for (const { story, ref, expected } of storeRefs) {
  test(`storeRef: ${story}`, () => {
    assert.deepEqual(decodeStoreRef(ref), expected)
  })
}

test('metadata: labels that are no texts are left out, names of JavaScript are ordinary', () => {
  const labels: JsonObject = JSON.parse('{"__proto__":"a","constructor":"b","n":1}')
  assert.deepEqual(
    decoded({}, { name: 'app', labels }).labels,
    new Map([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]),
  )
})

test('stringMap: what is no object is no map', () => {
  for (const value of [undefined, null, 'a', 1, ['a']]) assert.equal(stringMap(value), undefined)
})

const anyJson = fc
  .jsonValue({ maxDepth: 3 })
  .map((value): JsonValue => JSON.parse(JSON.stringify(value)))

test('decoding never throws, whatever stands in the places of the fields', () => {
  const fields = [
    'target',
    'data',
    'dataFrom',
    'secretStoreRef',
    'refreshPolicy',
    'refreshInterval',
  ]
  const spec = fc.dictionary(fc.constantFrom(...fields), anyJson)
  fc.assert(
    fc.property(spec, anyJson, (some, metadata) => {
      const externalSecret = decodeExternalSecret({ metadata, spec: { ...some } })
      assert.equal(typeof externalSecret.target.name, 'string')
    }),
    { numRuns: 200 },
  )
})
