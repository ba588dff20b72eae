import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type Bundle, decodeBundle, encodeBundle } from '../../../src/handoff/bundle.ts'
import { type HandoffOptions, planHandoff } from '../../../src/handoff/handoff.ts'
import { isHandedOff } from '../../../src/handoff/remarks.ts'
import { canonicalJson, dig, type JsonObject } from '../../../src/model/json.ts'
import { renderOf } from './graph-of.ts'

// A ClusterGenerator has no namespace, and a bundle belongs to one: it travels to each namespace that names it.

const OPTIONS: HandoffOptions = {
  mode: 'job',
  app: 'api',
  storeNamespace: 'waybill-system',
  image: 'example.com/waybill:1',
  env: [],
  isRbacWanted: true,
  prunes: false,
  grants: [],
  targets: [],
}

const GENERATOR = `
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: registry}
spec:
  kind: ECRAuthorizationToken
  generator:
    ecrAuthorizationTokenSpec:
      region: eu-central-1
      auth: {jwt: {serviceAccountRef: {name: puller}}}
`

const user = (namespace: string, kind = 'ClusterGenerator'): string => `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: pull, namespace: ${namespace}}
spec:
  dataFrom:
    - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ${kind}, name: registry}}
`

function planned(...documents: readonly string[]) {
  const { graph, foreign } = renderOf(documents.join('---'), 'shop')
  return { ...planHandoff(graph, foreign, OPTIONS), graph }
}

/** Objects in the bundle of one namespace, as `Kind/name`. */
function cargoOf(objects: readonly JsonObject[], namespace: string): readonly string[] {
  const shard = objects.find(
    ({ kind, metadata }) =>
      kind === 'ConfigMap' &&
      dig(metadata, 'namespace') === namespace &&
      dig(metadata, 'name') === 'waybill-api-0',
  )
  const { items } = JSON.parse(String(dig(shard, 'data', 'bundle.json')))
  return items.map((item: JsonObject) =>
    [item.kind, dig(item, 'metadata', 'namespace'), dig(item, 'metadata', 'name')].join('/'),
  )
}

test('it travels to each namespace that names it, without a namespace, and to no other', () => {
  const other = user('other', 'Password')
  const { objects, findings } = planned(GENERATOR, user('shop'), user('store'), other)
  for (const namespace of ['shop', 'store']) {
    assert.deepEqual(cargoOf(objects, namespace), [
      'ClusterGenerator//registry',
      `ExternalSecret/${namespace}/pull`,
    ])
  }
  assert.deepEqual(cargoOf(objects, 'other'), ['ExternalSecret/other/pull'])
  assert.deepEqual(findings, [])
})

test('the run may use its credentials in the namespace of the ExternalSecret', () => {
  const { objects } = planned(GENERATOR, user('store'))
  const role = objects.find(({ kind }) => kind === 'Role')
  assert.equal(dig(role, 'metadata', 'namespace'), 'store')
  const rules = canonicalJson(dig(role, 'rules') ?? null)
  assert.match(rules, /"resourceNames":\["puller"\],"resources":\["serviceaccounts\/token"\]/)
})

test('one that nobody here names passes through with a finding, one that is named leaves the render', () => {
  const unused = planned(GENERATOR)
  assert.deepEqual(
    unused.findings.map(({ rule, subject }) => [rule, subject]),
    [['not-handed-off', 'ClusterGenerator/registry']],
  )
  assert.deepEqual(unused.objects, [])
  const object = unused.graph.others[0]?.resource as JsonObject
  assert.equal(isHandedOff(object, unused.graph), false)
  assert.equal(isHandedOff(object, planned(GENERATOR, user('shop')).graph), true)
})

test('the order of the input changes no byte, not even between two of one name', () => {
  const twin = GENERATOR.replace('eu-central-1', 'us-east-1')
  const once = planned(GENERATOR, user('shop')).objects
  assert.deepEqual(planned(user('shop'), GENERATOR).objects, once)
  const { graph, foreign } = renderOf([GENERATOR, twin, user('shop')].join('---'), 'shop')
  const forwards = planHandoff(graph, foreign, OPTIONS).objects
  const others = [...graph.others].reverse()
  assert.deepEqual(planHandoff({ ...graph, others }, foreign, OPTIONS).objects, forwards)
  assert.deepEqual(forwards, once)
})

test('in a bundle it is accepted, but not with the namespace of others', () => {
  const object = (namespace: string): JsonObject => ({
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'ClusterGenerator',
    metadata: { name: 'registry', ...(namespace === '' ? {} : { namespace }) },
    spec: {},
  })
  const content = { app: 'api', namespace: 'shop', storeNamespace: '', periodSeconds: undefined }
  const encoded = encodeBundle({ ...content, objects: [object('')] })
  assert.equal(encoded.outcome, 'encoded')
  const read = decodeBundle(encoded.bundle.anchor, encoded.bundle.shards)
  assert.equal(read.outcome, 'complete')
  assert.deepEqual(read.objects, [object('')])
  const foreign = decodeBundle(...forged(encoded.bundle, object('other')))
  assert.equal(foreign.outcome, 'complete')
  assert.deepEqual(foreign.objects, [])
  assert.match(foreign.refused[0]?.message ?? '', /namespace other is not the bundle's/)
})

/** A bundle that holds one object which no render would write, with the right digest. */
function forged({ anchor }: Bundle, object: JsonObject): [JsonObject, JsonObject[]] {
  const json = JSON.stringify({ apiVersion: 'v1', items: [object], kind: 'List' })
  const sum = createHash('sha256').update(`${json.length}\n${json}`).digest('hex')
  const data = { ...(anchor.data as JsonObject), digest: `sha256:${sum}` }
  const shard = { metadata: { name: 'waybill-api-0' }, data: { 'bundle.json': json } }
  return [{ ...anchor, data }, [shard]]
}
