import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  buildGraph,
  isEsoObject,
  objectKey,
  type SecretGraph,
  storeKeyOf,
} from '../../../src/graph/graph.ts'
import type { Document } from '../../../src/manifests/document.ts'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'

function object(kind: string, name: string, rest: JsonObject = {}): JsonObject {
  return { apiVersion: 'external-secrets.io/v1', kind, metadata: { name }, ...rest }
}

/** A document at a line of its own. */
function documentAt(line: number, of: JsonObject): Document {
  const at = { file: 'app.yaml', line, column: 1 }
  return { object: of, at, locate: () => at, line: () => undefined }
}

function graphOf(...objects: readonly JsonObject[]): SecretGraph {
  return buildGraph(
    objects.map((one, index) => documentAt(index + 1, one)),
    'home',
  )
}

const provider = (name: string): JsonObject => ({ spec: { provider: { [name]: {} } } })

test('ExternalSecrets keep the order of the input', () => {
  const { externalSecrets } = graphOf(object('ExternalSecret', 'b'), object('ExternalSecret', 'a'))
  assert.deepEqual(
    externalSecrets.map(({ key }) => key),
    ['ExternalSecret/home/b', 'ExternalSecret/home/a'],
  )
})

test('stores are found by their key, of both kinds', () => {
  const { stores } = graphOf(object('SecretStore', 'a'), object('ClusterSecretStore', 'a'))
  assert.deepEqual([...stores.keys()], ['SecretStore/home/a', 'ClusterSecretStore/a'])
})

test('the first declaration of a store wins, a second one is among the others', () => {
  const { stores, others } = graphOf(
    object('SecretStore', 'a', provider('aws')),
    object('SecretStore', 'a', provider('vault')),
  )
  assert.equal(stores.get('SecretStore/home/a')?.resource.provider, 'aws')
  assert.deepEqual(
    others.map(({ document }) => document.at.line),
    [2],
  )
})

test('which declaration is first is a matter of place, not of the order in which they come', () => {
  const documents = [
    documentAt(9, object('SecretStore', 'a', provider('vault'))),
    documentAt(3, object('SecretStore', 'a', provider('aws'))),
    documentAt(6, object('SecretStore', 'a', provider('fake'))),
  ]
  const { stores, others } = buildGraph(documents, 'home')
  assert.equal(stores.get('SecretStore/home/a')?.resource.provider, 'aws')
  assert.deepEqual(others.map(({ document }) => document.at.line).sort(), [6, 9])
})

test('the default namespace and the same one written out are one store', () => {
  const { stores, others } = graphOf(object('SecretStore', 'a'), {
    ...object('SecretStore', 'a'),
    metadata: { name: 'a', namespace: 'home' },
  })
  assert.equal(stores.size, 1)
  assert.equal(others.length, 1)
})

test('generators and everything else of the groups are among the others', () => {
  const kinds = ['Password', 'ClusterExternalSecret', 'PushSecret', 'ClusterGenerator']
  const { externalSecrets, stores, others } = graphOf(...kinds.map((kind) => object(kind, 'a')))
  assert.equal(externalSecrets.length + stores.size, 0)
  assert.deepEqual(
    others.map(({ key }) => key),
    ['Password/home/a', 'ClusterExternalSecret/a', 'PushSecret/home/a', 'ClusterGenerator/a'],
  )
})

test('known stores are apart from those that were rendered', () => {
  const known = [object('ClusterSecretStore', 'k', provider('vault'))]
  const { stores, knownStores } = buildGraph([], 'home', known)
  assert.equal(stores.size, 0)
  assert.equal(knownStores.get('ClusterSecretStore/k')?.provider, 'vault')
})

test('the graph holds the same whatever the order of the documents', () => {
  const kinds = fc.constantFrom('ExternalSecret', 'SecretStore', 'ClusterSecretStore', 'Password')
  const objects = fc.array(fc.tuple(kinds, fc.constantFrom('a', 'b', 'c')), { maxLength: 8 })
  fc.assert(
    fc.property(objects, fc.infiniteStream(fc.nat()), (some, chance) => {
      const documents = some.map(([kind, name], i) => documentAt(i + 1, object(kind, name)))
      const turned = documents
        .map((document) => ({ document, rank: chance.next().value ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ document }) => document)
      assert.deepEqual(lines(buildGraph(turned, 'home')), lines(buildGraph(documents, 'home')))
    }),
    { numRuns: 200 },
  )
})

/** Which line ended up where, without the order of lists. */
function lines({ externalSecrets, stores, others }: SecretGraph): object {
  const sorted = (nodes: readonly { readonly document: Document }[]) =>
    nodes.map(({ document }) => document.at.line).sort((a, b) => a - b)
  return {
    externalSecrets: sorted(externalSecrets),
    stores: sorted([...stores.values()]),
    others: sorted(others),
  }
}

const keys: readonly (readonly [story: string, object: JsonObject, key: string])[] = [
  ['a namespace of its own', { kind: 'A', metadata: { name: 'n', namespace: 'x' } }, 'A/x/n'],
  ['the default namespace', { kind: 'A', metadata: { name: 'n' } }, 'A/home/n'],
  ['an empty namespace is none', { kind: 'A', metadata: { name: 'n', namespace: '' } }, 'A/home/n'],
  [
    'cluster scope ignores a namespace',
    { kind: 'ClusterPushSecret', metadata: { name: 'n', namespace: 'x' } },
    'ClusterPushSecret/n',
  ],
  ['nothing at all', {}, '/home/'],
]

for (const [story, of, key] of keys) {
  test(`objectKey: ${story}`, () => {
    assert.equal(objectKey(of, 'home'), key)
  })
}

const groups: readonly (readonly [apiVersion: JsonValue, isOurs: boolean])[] = [
  ['external-secrets.io/v1', true],
  ['external-secrets.io/v1beta1', true],
  ['external-secrets.io/v99', true],
  ['generators.external-secrets.io/v1alpha1', true],
  ['external-secrets.io', true],
  ['kubernetes-client.io/v1', false],
  ['my.external-secrets.io/v1', false],
  ['external-secrets.io.example/v1', false],
  ['v1', false],
  [5, false],
  [null, false],
]

for (const [apiVersion, isOurs] of groups) {
  test(`an object of ${JSON.stringify(apiVersion)} is ${isOurs ? '' : 'not '}ours`, () => {
    assert.equal(isEsoObject({ apiVersion }), isOurs)
  })
}

test('an entry reads from its own store before that of the spec', () => {
  const spec = { secretStoreRef: { name: 'spec' } }
  const externalSecret = decodeExternalSecret({ metadata: { name: 'a', namespace: 'ns' }, spec })
  const storeRef = { name: 'own', kind: 'ClusterSecretStore' } as const
  const own = storeKeyOf(externalSecret, { storeRef, generatorRef: undefined }, 'home')
  assert.equal(own, 'ClusterSecretStore/own')
  assert.equal(storeKeyOf(externalSecret, undefined, 'home'), 'SecretStore/ns/spec')
})

test('a store of an ExternalSecret without a namespace is in the default one', () => {
  const externalSecret = decodeExternalSecret({ spec: { secretStoreRef: { name: 'a' } } })
  assert.equal(storeKeyOf(externalSecret, undefined, 'home'), 'SecretStore/home/a')
})

test('an entry without any store has none', () => {
  assert.equal(storeKeyOf(decodeExternalSecret({}), undefined, 'home'), undefined)
})
