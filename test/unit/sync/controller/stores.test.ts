import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, isArray, type JsonObject, member } from '../../../../src/model/json.ts'
import { decodeStore } from '../../../../src/model/store.ts'
import { capabilitiesOf, storeIntervalMs } from '../../../../src/sync/controller/store-health.ts'
import { versionOf } from '../story.ts'
import { until } from './clock.ts'
import { type Stage, startStage } from './story.ts'

// Readiness of stores that are objects, in ESO's words (R100).

const fake: JsonObject = { fake: { data: [{ key: 'a', value: 'one' }] } }
const vault = (auth: JsonObject): JsonObject => ({
  vault: { server: 'https://127.0.0.1:1', path: 'kv', version: 'v2', auth },
})
const token = (namespace?: string): JsonObject => ({
  tokenSecretRef: { name: 'vault', key: 'token', ...(namespace && { namespace }) },
})

const rows: readonly {
  readonly story: string
  readonly store: JsonObject
  readonly ready: string
  readonly capabilities: string
}[] = [
  {
    story: 'a store that opens',
    store: store('SecretStore', fake),
    ready: 'True Valid store validated',
    capabilities: 'ReadWrite',
  },
  {
    story: 'a store of the cluster, with conditions',
    store: store('ClusterSecretStore', fake, { conditions: [{ namespaces: ['shop'] }] }),
    ready: 'True Valid store validated',
    capabilities: 'ReadWrite',
  },
  {
    story: 'credentials in the namespace of whoever uses it',
    store: store('ClusterSecretStore', vault(token())),
    ready: 'True ValidationUnknown could not determine validation status',
    capabilities: 'ReadWrite',
  },
  {
    story: 'credentials that are not there',
    store: store('SecretStore', vault(token())),
    ready: 'False InvalidProviderConfig unable to create client: …',
    capabilities: 'ReadWrite',
  },
  {
    story: 'a provider that is not supported',
    store: store('SecretStore', { akeyless: {} }),
    ready: 'False InvalidProviderConfig unable to create client: …',
    capabilities: 'ReadOnly',
  },
]

for (const { story, store: object, ready, capabilities } of rows) {
  test(`store: ${story} (R14, R100)`, async (t) => {
    const stage = await startStage(t)
    await stage.apply(object)
    stage.start()
    const status = () => member(live(stage, object), 'status')
    await until(() => status() !== undefined)
    const [condition] = list(status(), 'conditions')
    const told = ['status', 'reason', 'message'].map((field) => member(condition, field))
    assert.equal(told.join(' ').replace(/client: .*/, 'client: …'), ready)
    assert.equal(member(status(), 'capabilities'), capabilities)
  })
}

test('a store is opened at its interval, and a status that would be the same is not written', async (t) => {
  const { stage, object } = await opened(t, fake, { refreshInterval: '1h' })
  const version = versionOf(live(stage, object))
  await stage.pass(5_400_000)
  assert.equal(versionOf(live(stage, object)), version)
})

test('what another controller says of a store stays in its words', async (t) => {
  const stage = await startStage(t)
  const object = store('SecretStore', { akeyless: {} })
  await stage.apply(object)
  const condition = { type: 'Ready', status: 'False', reason: 'InvalidProviderConfig' }
  const said = { ...condition, message: 'as ESO says', lastTransitionTime: '2029-01-01T00:00:00Z' }
  const status = { conditions: [said], capabilities: 'ReadOnly' }
  await stage.kube.applyStatus({ ...object, status }, 'external-secrets')
  const version = versionOf(live(stage, object))
  const controller = stage.start()
  await until(() => /SecretStore\/shop\/st: unable to create client/.test(controller.log()))
  await until(() => stage.server.objects('Event', 'shop').length === 1)
  assert.equal(versionOf(live(stage, object)), version)
})

test('a store that fails is told with an event, and is tried again until it is mended', async (t) => {
  const { stage, object } = await opened(t, { akeyless: {} })
  await until(() => stage.server.objects('Event', 'shop').length === 1)
  const [event] = stage.server.objects('Event', 'shop')
  assert.equal(event?.reason, 'InvalidProviderConfig')
  assert.match(String(event?.message), /provider akeyless is not supported/)
  await stage.apply({ ...object, spec: { provider: fake } })
  await until(
    () => member(list(member(live(stage, object), 'status'), 'conditions')[0], 'status') === 'True',
  )
})

test('a store that comes has those tried at once that failed without it', async (t) => {
  const stage = await startStage(t)
  await stage.apply({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'api', namespace: 'shop' },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: 'st' },
      target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      data: [{ secretKey: 'x', remoteRef: { key: 'a' } }],
    },
  })
  const controller = stage.start()
  await until(() => /"st" was not found/.test(controller.log()))
  await until(() => stage.server.objects('Event', 'shop').length === 1)
  await stage.apply(store('SecretStore', fake))
  await until(() => stage.value('api', 'x') === 'one')
})

test('the metrics tell the condition of each store', async (t) => {
  const stage = await startStage(t)
  await stage.apply(store('SecretStore', { akeyless: {} }), store('ClusterSecretStore', fake))
  const controller = stage.start()
  await until(() => /unable to create client/.test(controller.log()))
  await until(() => member(live(stage, store('ClusterSecretStore', fake)), 'status') !== undefined)
  const { body } = await controller.get('/metrics')
  assert.match(
    body,
    /^secretstore_status_condition\{name="st",namespace="shop",condition="Ready",status="False"\} 1$/m,
  )
  assert.match(
    body,
    /^clustersecretstore_status_condition\{name="st",condition="Ready",status="True"\} 1$/m,
  )
  assert.match(body, /^waybill_items 0$/m)
  stage.server.remove('SecretStore', 'shop', 'st')
  let last = body
  while (/^secretstore_status_condition\{/m.test(last)) {
    last = (await controller.get('/metrics')).body
  }
  assert.match(last, /^clustersecretstore_status_condition\{/m)
})

test('intervals: seconds, a duration, and five minutes for what is none', () => {
  const intervals = [undefined, 0, 30, '2m', '-1s', 'nonsense', ''].map((refreshInterval) =>
    storeIntervalMs({ object: { spec: { refreshInterval } } }),
  )
  assert.deepEqual(intervals, [300_000, 300_000, 30_000, 120_000, 300_000, 300_000, 300_000])
})

test('capabilities: what can be pushed to here', () => {
  const of = (provider: string): string =>
    capabilitiesOf(decodeStore(store('SecretStore', { [provider]: {} })))
  assert.deepEqual(['aws', 'vault', 'webhook', 'azurekv'].map(of), [
    'ReadWrite',
    'ReadWrite',
    'ReadOnly',
    'ReadOnly',
  ])
})

/** A stage whose controller has told about a store. */
async function opened(
  t: TestContext,
  provider: JsonObject,
  spec: JsonObject = {},
): Promise<{ readonly stage: Stage; readonly object: JsonObject }> {
  const stage = await startStage(t)
  const object = store('SecretStore', provider, spec)
  await stage.apply(object)
  stage.start()
  await until(() => member(live(stage, object), 'status') !== undefined)
  return { stage, object }
}

function live({ server }: Stage, { kind, metadata }: JsonObject): JsonObject | undefined {
  const namespace = String(member(metadata, 'namespace') ?? '')
  return server.object(String(kind), namespace, 'st')
}

function list(object: unknown, field: string): readonly JsonObject[] {
  const value = dig(object as JsonObject, field)
  return (isArray(value) ? value : []) as readonly JsonObject[]
}

function store(kind: string, provider: JsonObject, spec: JsonObject = {}): JsonObject {
  const scope = kind === 'SecretStore' ? { namespace: 'shop' } : {}
  return {
    apiVersion: 'external-secrets.io/v1',
    kind,
    metadata: { name: 'st', ...scope },
    spec: { provider, ...spec },
  }
}
