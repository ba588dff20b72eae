import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { OPEN_POLICY } from '../../../src/model/store-policy.ts'
import { openKubernetesWriter } from '../../../src/providers/kubernetes/push.ts'
import type { StorePushed } from '../../../src/sync/push/one-store.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'
import { json, testTls } from '../../servers/server.ts'
import { testClusterStore, testOpening, testStore } from './opening.ts'
import { type PushCase, type Pushed, push } from './pushing.ts'

// What is particular to kubernetes; the contract of all writers is in push-contract.test.ts.

interface Started {
  readonly kube: KubeServer
  readonly push: (
    pushed: readonly Pushed[],
    more?: Partial<PushCase> & { readonly isClusterStore?: boolean },
  ) => Promise<StorePushed>
}

async function start(t: TestContext): Promise<Started> {
  const kube = await startKube({ namespaces: ['prod', 'other'] })
  const opening = testOpening({ cluster: { secrets: { 'shop/keys': { token: kube.adminToken } } } })
  t.after(async () => {
    opening.close()
    await kube.close()
  })
  const settings = {
    server: { url: kube.url, caBundle: Buffer.from(testTls().authority.ca).toString('base64') },
    remoteNamespace: 'prod',
    auth: { token: { bearerToken: { name: 'keys', key: 'token' } } },
  }
  return {
    kube,
    push: (pushed, { isClusterStore = false, ...more } = {}) => {
      const make = isClusterStore ? testClusterStore : testStore
      const store = make('kubernetes', settings)
      return push({ store, open: openKubernetesWriter, opening, ...more }, pushed)
    },
  }
}

function metadata(spec: JsonObject): JsonObject {
  const apiVersion = 'kubernetes.external-secrets.io/v1alpha1'
  return { apiVersion, kind: 'PushSecretMetadata', spec }
}

const labelsOf = (secret: JsonObject | undefined): JsonObject => ({
  ...(dig(secret, 'metadata', 'labels') as JsonObject),
})
const codes = ({ errors }: StorePushed): readonly string[] => errors.map(({ code }) => code)

test('push kubernetes: a whole Secret goes key by key, and leaves other keys and owners alone', async (t) => {
  const { kube, push } = await start(t)
  kube.seed({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'prod', labels: { l: '1' }, finalizers: ['x/y'] },
    type: 'Opaque',
    data: { theirs: 'dA==' },
  })
  await push([{ key: 's', whole: { a: '1', b: '2' } }])
  const secret = kube.object('Secret', 'prod', 's')
  assert.deepEqual({ ...(secret?.data as JsonObject) }, { theirs: 'dA==', a: 'MQ==', b: 'Mg==' })
  assert.deepEqual(dig(secret, 'metadata', 'finalizers'), ['x/y'])
  assert.deepEqual(labelsOf(secret), { l: '1' })
})

test('push kubernetes: labels and annotations of the metadata arrive, and go again', async (t) => {
  const { kube, push } = await start(t)
  const one = (spec: JsonObject): Pushed => ({
    key: 's',
    property: 'p',
    value: 'v',
    metadata: metadata(spec),
  })
  await push([one({ labels: { a: '1', b: '2' }, annotations: { n: 'm' } })])
  await push([one({ labels: { a: '1' }, targetMergePolicy: 'Replace' })])
  const secret = kube.object('Secret', 'prod', 's')
  assert.deepEqual(labelsOf(secret), { a: '1' })
  assert.deepEqual({ ...(dig(secret, 'metadata', 'annotations') as JsonObject) }, {})
})

test('push kubernetes: another namespace is the cluster store’s to allow', async (t) => {
  const { kube, push } = await start(t)
  const spec = metadata({ remoteNamespace: 'other' })
  const pushed = { key: 's', property: 'p', value: 'v', metadata: spec }
  assert.deepEqual(codes(await push([pushed])), ['Invalid'])
  assert.equal(kube.object('Secret', 'other', 's'), undefined)
  assert.deepEqual(codes(await push([pushed], { isClusterStore: true })), [])
  assert.notEqual(kube.object('Secret', 'other', 's'), undefined)
  await push([], { isClusterStore: true, dropped: [pushed] })
  assert.equal(kube.object('Secret', 'other', 's'), undefined)
})

test('push kubernetes: a key without a property has no place to go', async (t) => {
  const { push } = await start(t)
  const { errors } = await push([{ key: 's', value: 'v' }])
  assert.deepEqual(
    errors.map(({ code, field }) => [code, field]),
    [['InvalidEntry', 'spec.data[0].match.remoteRef.property']],
  )
})

test('push kubernetes: somebody who was faster is looked at again, not overwritten', async (t) => {
  const { kube, push } = await start(t)
  await push([{ key: 's', property: 'p', value: 'v' }])
  kube.fault({ call: 'patch secrets', times: 1, does: { reply: json(409, { kind: 'Status' }) } })
  assert.deepEqual(codes(await push([{ key: 's', property: 'p', value: 'w' }])), [])
  kube.fault({ call: 'patch secrets', times: 99, does: { reply: json(409, { kind: 'Status' }) } })
  assert.deepEqual(codes(await push([{ key: 's', property: 'p', value: 'x' }])), ['Conflict'])
  assert.equal(kube.calls.count('patch secrets'), 6)
})

test('push kubernetes: the policy is asked about the namespace that the metadata name', async (t) => {
  const { kube, push } = await start(t)
  const entry = { names: ['shop'], keys: ['prod/'], providers: undefined, generators: undefined }
  const policy = { ...OPEN_POLICY, namespaces: [entry] }
  const here = { key: 's', property: 'p', value: 'v' }
  const there = { ...here, metadata: metadata({ remoteNamespace: 'other' }) }
  assert.deepEqual(codes(await push([here], { isClusterStore: true, policy })), [])
  assert.equal(codes(await push([there], { isClusterStore: true, policy })).length, 1)
  assert.equal(kube.object('Secret', 'other', 's'), undefined)
})
