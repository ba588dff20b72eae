import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Bundle,
  type BundleContent,
  decodeBundle,
  encodeBundle,
  readAnchor,
  SHARD_BYTES_MAX,
} from '../../../src/handoff/bundle.ts'
import { canonicalJson, dig, type JsonObject } from '../../../src/model/json.ts'

function externalSecret(name: string, extra: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'shop' },
    spec: { secretStoreRef: { name: 'vault' }, ...extra },
  }
}

function content(objects: readonly JsonObject[], app = 'api'): BundleContent {
  return { app, namespace: 'shop', storeNamespace: 'waybill-system', periodSeconds: 900, objects }
}

function encoded(objects: readonly JsonObject[], app = 'api'): Bundle {
  const result = encodeBundle(content(objects, app))
  assert.equal(result.outcome, 'encoded')
  return result.bundle
}

/** The anchor with other data, as somebody with edit rights could leave it. */
function edited(anchor: JsonObject, data: JsonObject): JsonObject {
  return { ...anchor, data: { ...(dig(anchor, 'data') as JsonObject), ...data } }
}

const wide = (index: number): JsonObject =>
  externalSecret(`es-${index}`, { note: 'x'.repeat(4000) })

test('a bundle holds the objects it was made from', () => {
  const objects = [externalSecret('a'), externalSecret('b')]
  const { anchor, shards } = encoded(objects)
  const read = decodeBundle(anchor, shards)
  assert.equal(read.outcome, 'complete')
  assert.deepEqual(read.objects.map(canonicalJson).sort(), objects.map(canonicalJson).sort())
  assert.equal(read.app, 'api')
  assert.equal(read.storeNamespace, 'waybill-system')
  assert.equal(read.periodSeconds, 900)
  assert.deepEqual(read.refused, [])
})

test('the order of the objects changes no byte', () => {
  const objects = Array.from({ length: 40 }, (_, index) => externalSecret(`es-${index}`))
  const forwards = encoded(objects)
  const backwards = encoded([...objects].reverse())
  assert.equal(canonicalJson(forwards as never), canonicalJson(backwards as never))
})

test('one edit touches the anchor and one shard', () => {
  const objects = Array.from({ length: 200 }, (_, index) => wide(index))
  const before = encoded(objects)
  const after = encoded(
    objects.map((object, index) => (index === 77 ? externalSecret('es-77') : object)),
  )
  assert.ok(before.shards.length > 4, 'the bundle is large enough to be cut')
  assert.equal(after.shards.length, before.shards.length)
  const touched = before.shards.filter(
    (shard, index) => canonicalJson(shard) !== canonicalJson(after.shards[index] ?? null),
  )
  assert.equal(touched.length, 1)
  assert.notEqual(dig(before.anchor, 'data', 'digest'), dig(after.anchor, 'data', 'digest'))
})

test('no shard is larger than what client-side apply can annotate', () => {
  const { shards } = encoded(Array.from({ length: 300 }, (_, index) => wide(index)))
  for (const shard of shards) {
    const json = String(dig(shard, 'data', 'bundle.json'))
    assert.ok(Buffer.byteLength(json) <= SHARD_BYTES_MAX)
  }
})

test('one object that fits into no shard is told, not cut', () => {
  const result = encodeBundle(content([externalSecret('a', { note: 'x'.repeat(200 * 1024) })]))
  assert.equal(result.outcome, 'unusable')
  assert.equal(result.code, 'too-large')
})

test('the shards may come in any order', () => {
  const { anchor, shards } = encoded(Array.from({ length: 100 }, (_, index) => wide(index)))
  const read = decodeBundle(anchor, [...shards].reverse())
  assert.equal(read.outcome, 'complete')
  assert.equal(read.objects.length, 100)
})

test('the anchor names the shards to read', () => {
  const { anchor, shards } = encoded(Array.from({ length: 100 }, (_, index) => wide(index)))
  const head = readAnchor(anchor)
  assert.equal(head.outcome, 'read')
  assert.deepEqual(
    head.shardNames,
    shards.map((shard) => dig(shard, 'metadata', 'name')),
  )
})

const pair = encoded([externalSecret('a'), externalSecret('b')])
const other = encoded([externalSecret('c')])
const unusable: readonly {
  readonly story: string
  readonly anchor: JsonObject
  readonly shards: readonly JsonObject[]
  readonly code: string
}[] = [
  { story: 'a shard is missing', anchor: pair.anchor, shards: [], code: 'incomplete' },
  {
    story: 'the shard is of another generation',
    anchor: pair.anchor,
    shards: other.shards,
    code: 'digest-mismatch',
  },
  {
    story: 'the format is newer',
    anchor: edited(pair.anchor, { format: '2' }),
    shards: pair.shards,
    code: 'newer-format',
  },
  {
    story: 'the anchor is somebody else’s ConfigMap',
    anchor: { ...pair.anchor, data: { hello: 'world' } },
    shards: pair.shards,
    code: 'malformed',
  },
  {
    story: 'the anchor has no data at all',
    anchor: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'waybill-api' } },
    shards: [],
    code: 'malformed',
  },
  {
    story: 'the count of shards is absurd',
    anchor: edited(pair.anchor, { shards: '999999' }),
    shards: pair.shards,
    code: 'malformed',
  },
]
for (const { story, anchor, shards, code } of unusable) {
  test(`a bundle is not acted on when ${story}`, () => {
    const read = decodeBundle(anchor, shards)
    assert.equal(read.outcome, 'unusable')
    assert.equal(read.code, code)
  })
}

test('an entry of another namespace than the anchor is refused, the others count', () => {
  const { anchor, shards } = encoded([externalSecret('a')])
  const moved = { ...anchor, metadata: { name: 'waybill-api', namespace: 'tenant' } }
  const read = decodeBundle(moved, shards)
  assert.equal(read.outcome, 'complete')
  assert.deepEqual(read.objects, [])
  assert.deepEqual(read.refused, [
    {
      subject: 'ExternalSecret/shop/a',
      message: "namespace shop is not the bundle's namespace tenant",
    },
  ])
})

test('a store in a bundle is refused', () => {
  const store: JsonObject = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterSecretStore',
    metadata: { name: 'aws' },
    spec: { provider: { fake: {} } },
  }
  const { anchor, shards } = encoded([externalSecret('a'), store])
  const read = decodeBundle(anchor, shards)
  assert.equal(read.outcome, 'complete')
  assert.equal(read.objects.length, 1)
  assert.equal(read.refused[0]?.message, 'a bundle holds ExternalSecrets and generators only')
})

test('v1beta1 travels as v1, without status and tracking metadata', () => {
  const { anchor, shards } = encoded([
    {
      apiVersion: 'external-secrets.io/v1beta1',
      kind: 'ExternalSecret',
      metadata: {
        name: 'a',
        uid: 'u',
        resourceVersion: '7',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
          'argocd.argoproj.io/tracking-id': 'x',
          'internal.config.kubernetes.io/index': '0',
          'team.example.com/owner': 'shop',
        },
      },
      spec: {},
      status: { refreshTime: 'now' },
    },
  ])
  const read = decodeBundle(anchor, shards)
  assert.equal(read.outcome, 'complete')
  assert.deepEqual(JSON.parse(canonicalJson(read.objects[0] ?? null)), {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      name: 'a',
      namespace: 'shop',
      annotations: { 'team.example.com/owner': 'shop' },
    },
    spec: {},
  })
})

test('keys that objects inherit elsewhere survive as ordinary keys', () => {
  const { anchor, shards } = encoded([
    externalSecret('a', JSON.parse('{"target":{"__proto__":{"x":1},"constructor":"c"}}')),
  ])
  const read = decodeBundle(anchor, shards)
  assert.equal(read.outcome, 'complete')
  const target = dig(read.objects[0], 'spec', 'target') as JsonObject
  assert.deepEqual(Object.keys(target).sort(), ['__proto__', 'constructor'])
})
