import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, isArray, type JsonObject, member, text } from '../../../../src/model/json.ts'
import { syncedVersionOf } from '../../../../src/plan/synced-version.ts'
import { START_MS, versionOf } from '../story.ts'
import { until } from './clock.ts'
import { type Controller, type Stage, startStage } from './story.ts'

// ExternalSecret objects, as External Secrets Operator has them.

const FINALIZER = 'externalsecrets.external-secrets.io/externalsecret-cleanup'
const HOUR_MS = 3_600_000

test('an ExternalSecret becomes a Secret that it owns, and its status tells so (R1)', async (t) => {
  const { stage } = await synced(t)
  const object = stage.object('api')
  const [owner] = list(stage.secret('api'), 'metadata', 'ownerReferences')
  assert.equal(member(owner, 'kind'), 'ExternalSecret')
  assert.equal(member(owner, 'controller'), true)
  assert.equal(member(owner, 'uid'), dig(object, 'metadata', 'uid'))
  assert.deepEqual(list(object, 'metadata', 'finalizers'), [FINALIZER])
  const time = `${new Date(START_MS).toISOString().slice(0, 19)}Z`
  assert.deepEqual(JSON.parse(JSON.stringify(member(object, 'status'))), {
    binding: { name: 'api' },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'SecretSynced',
        message: 'secret synced',
        lastTransitionTime: time,
      },
    ],
    refreshTime: time,
    syncedResourceVersion: syncedVersionOf(object),
  })
  assert.deepEqual(await stage.told('api'), ['Normal Created secret created'])
})

test('nothing changes: a refresh writes its time and nothing else (R97)', async (t) => {
  const { stage } = await synced(t)
  const secret = versionOf(stage.secret('api'))
  const before = stage.object('api')
  stage.server.calls.clear()
  await stage.pass(1.2 * HOUR_MS)
  await until(() => refreshTime(stage) !== dig(before, 'status', 'refreshTime'))
  assert.equal(versionOf(stage.secret('api')), secret)
  assert.deepEqual(
    dig(stage.object('api'), 'status', 'conditions'),
    dig(before, 'status', 'conditions'),
  )
  const writes = stage.server.calls.all.filter(({ call }) =>
    /^(patch|create|update|delete)/.test(call),
  )
  assert.deepEqual(
    writes.map(({ call }) => call),
    ['patch externalsecrets/status'],
  )
})

test('a process that begins anew reads nothing that is not due', async (t) => {
  const { stage, controller } = await synced(t)
  await stopped(controller)
  stage.server.calls.clear()
  await stage.apply(store({ a: 'new' }))
  const next = stage.start()
  await until(() => /watching/.test(next.log()))
  await settled(stage)
  assert.equal(stage.value('api', 'x'), 'one')
  assert.equal(stage.server.calls.count('patch externalsecrets/status'), 0)
})

test('a process that begins anew sees what was edited meanwhile', async (t) => {
  const { stage, controller } = await synced(t)
  await stopped(controller)
  await stage.edit('api', { x: 'edited' })
  stage.start()
  await until(() => stage.value('api', 'x') === 'one')
})

test('an edit and a deletion of the Secret are put right at once', async (t) => {
  const { stage } = await synced(t)
  await stage.edit('api', { x: 'edited' })
  await until(() => stage.value('api', 'x') === 'one')
  stage.server.remove('Secret', 'shop', 'api')
  await until(() => stage.value('api', 'x') === 'one')
  await until(() => stage.server.objects('Event', 'shop').length >= 3)
})

test('any annotation forces a sync, also the one that Argo CD sets (R93)', async (t) => {
  const { stage } = await synced(t)
  await stage.apply(store({ a: 'new' }))
  await settled(stage)
  assert.equal(stage.value('api', 'x'), 'one')
  await stage.apply(external('api', {}, { annotations: { 'force-sync': 'now' } }))
  await until(() => stage.value('api', 'x') === 'new')
  await until(
    () =>
      dig(stage.object('api'), 'status', 'syncedResourceVersion') ===
      syncedVersionOf(stage.object('api')),
  )
})

const due: readonly {
  readonly story: string
  readonly spec: JsonObject
  readonly edited: JsonObject
  readonly value: string
}[] = [
  {
    story: 'CreatedOnce: an edit is left',
    spec: { refreshPolicy: 'CreatedOnce' },
    edited: { refreshPolicy: 'CreatedOnce', data: [entry('x', 'b')] },
    value: 'one',
  },
  {
    story: 'OnChange: an edit is followed',
    spec: { refreshPolicy: 'OnChange' },
    edited: { refreshPolicy: 'OnChange', data: [entry('x', 'b')] },
    value: 'two',
  },
  {
    story: 'an interval of 0: not even an edit is followed (R92)',
    spec: { refreshInterval: '0s' },
    edited: { refreshInterval: '0s', data: [entry('x', 'b')] },
    value: 'one',
  },
]

for (const { story, spec, edited, value } of due) {
  test(`refresh: ${story}`, async (t) => {
    const { stage } = await synced(t, spec)
    await stage.apply(external('api', edited))
    if (value === 'one') await settled(stage)
    await until(() => stage.value('api', 'x') === value)
    await stage.apply(store({ a: 'rotated', b: 'rotated' }))
    await stage.pass(3 * HOUR_MS)
    await settled(stage)
    assert.equal(stage.value('api', 'x'), value, 'time alone makes none of them due')
  })
}

test('a failure: Ready is False with the cause and its field, and an event tells it once (R99)', async (t) => {
  const { stage, controller } = await synced(t)
  const before = stage.object('api')
  await stage.apply(external('api', { data: [entry('x', 'missing')] }))
  await until(() => reason(stage) === 'SecretSyncedError')
  const [condition] = list(stage.object('api'), 'status', 'conditions')
  assert.match(String(member(condition, 'message')), /^spec\.data\[0\]\.remoteRef.*missing/)
  assert.equal(refreshTime(stage), dig(before, 'status', 'refreshTime'))
  assert.deepEqual(dig(stage.object('api'), 'status', 'binding'), { name: 'api' })
  assert.equal(stage.value('api', 'x'), 'one', 'never blank')
  const version = versionOf(stage.object('api'))
  await until(() => stage.server.objects('Event', 'shop').length === 2)
  await settled(stage)
  stage.clock.advance(1_200)
  await until(() => controller.log().split('ExternalSecret/shop/api:').length > 2, controller.log())
  await settled(stage)
  assert.equal(versionOf(stage.object('api')), version, 'the same failure writes nothing')
  const told = (await stage.told('api')).filter((line) => line.startsWith('Warning UpdateFailed'))
  assert.equal(told.length, 1)
  await stage.apply(store({ a: 'one', missing: 'here' }))
  stage.clock.advance(10_000)
  await until(() => stage.value('api', 'x') === 'here')
})

test('events: made, changed, gone at its provider, deleted, in ESO’s words (R99)', async (t) => {
  const { stage } = await synced(t, { target: { deletionPolicy: 'Delete' } })
  const reasons = async (): Promise<readonly string[]> =>
    (await stage.told('api')).map((line) => line.split(' ').slice(0, 2).join(' '))
  await stage.edit('api', { x: 'edited' })
  await until(() => stage.value('api', 'x') === 'one')
  await stage.apply(store({}))
  await stage.pass(1.2 * HOUR_MS)
  const isTold = (word: string): boolean =>
    stage.server.objects('Event', 'shop').some((event) => event.reason === word)
  await until(() => isTold('MissingProviderSecret'))
  for (let turn = 0; turn < 5 && stage.secret('api') !== undefined; turn++) await stage.pass(40_000)
  await until(() => isTold('Deleted'))
  assert.equal(stage.secret('api'), undefined)
  assert.deepEqual([...new Set(await reasons())].sort(), [
    'Normal Created',
    'Normal Deleted',
    'Normal MissingProviderSecret',
    'Normal Updated',
  ])
})

test('an entry that its provider does not have is told once, also when no key goes for it (R24)', async (t) => {
  const { stage } = await synced(t, {
    target: { deletionPolicy: 'Merge' },
    data: [entry('x', 'a'), entry('y', 'nowhere')],
    refreshInterval: '30m',
  })
  const missing = async () =>
    (await stage.told('api')).filter((line) => line.startsWith('Normal MissingProviderSecret'))
  await until(() => stage.server.objects('Event', 'shop').length === 2)
  await stage.pass(1.2 * HOUR_MS)
  assert.deepEqual(await missing(), [
    'Normal MissingProviderSecret secret does not exist at provider using spec.data[1]',
  ])
})

test('a renamed target: the former Secret goes when the new one is there (R75)', async (t) => {
  const { stage } = await synced(t)
  await stage.apply(external('api', { target: { name: 'renamed' } }))
  await until(() => stage.value('renamed', 'x') === 'one' && stage.secret('api') === undefined)
  await until(() => dig(stage.object('api'), 'status', 'binding', 'name') === 'renamed')
  const deleted = 'Normal Deleted secret deleted because it was orphaned'
  await until(() =>
    stage.server.objects('Event', 'shop').some(({ reason }) => reason === 'Deleted'),
  )
  assert.ok((await stage.told('api')).includes(deleted))
})

test('away from Owner: the reference goes with the next write (R81)', async (t) => {
  const { stage } = await synced(t)
  await stage.apply(external('api', { target: { creationPolicy: 'Orphan' } }))
  await until(() => list(stage.secret('api'), 'metadata', 'ownerReferences').length === 0)
  assert.equal(stage.value('api', 'x'), 'one')
})

const ends: readonly {
  readonly story: string
  readonly target: JsonObject
  readonly isThere: boolean
}[] = [
  { story: 'Owner and Retain: the collector deletes', target: {}, isThere: false },
  {
    story: 'Owner and Delete: it goes at once',
    target: { deletionPolicy: 'Delete' },
    isThere: false,
  },
  { story: 'Orphan: it stays', target: { creationPolicy: 'Orphan' }, isThere: true },
]

for (const { story, target, isThere } of ends) {
  test(`deleting an ExternalSecret: ${story} (R88)`, async (t) => {
    const { stage } = await synced(t, { target })
    const uid = String(dig(stage.object('api'), 'metadata', 'uid'))
    await stage.kube.delete(refOf('api'), { uid, resourceVersion: undefined }, false)
    await until(() => Object.keys(stage.object('api')).length === 0)
    const isDeleted = target.deletionPolicy === 'Delete'
    assert.equal(stage.secret('api') === undefined, isDeleted)
    stage.server.collectGarbage()
    assert.equal(stage.secret('api') !== undefined, isThere)
  })
}

test('None writes no Secret and binds none, and is well (P3, R80)', async (t) => {
  const stage = await opened(t)
  await stage.apply(store(), external('api', { target: { creationPolicy: 'None' } }))
  stage.start()
  await until(() => reason(stage) === 'SecretSynced')
  assert.equal(stage.secret('api'), undefined)
  assert.equal(dig(stage.object('api'), 'status', 'binding'), undefined)
})

test('a store of another controller class: nothing is touched, and an event says why (R8)', async (t) => {
  const stage = await opened(t)
  const other = store()
  await stage.apply(
    { ...other, spec: { ...(other.spec as JsonObject), controller: 'other' } },
    external('api'),
  )
  stage.start()
  await until(() => stage.server.objects('Event', 'shop').length === 1)
  const [line] = await stage.told('api')
  assert.match(line ?? '', /^Warning ControllerClass .*belongs to controller class "other"/)
  assert.equal(stage.secret('api'), undefined)
  assert.equal(member(stage.object('api'), 'status'), undefined)
  assert.deepEqual(list(stage.object('api'), 'metadata', 'finalizers'), [])
})

test('what another controller keeps is left alone until it is overdue', async (t) => {
  const stage = await opened(t)
  await stage.apply(store(), external('api'))
  await keptByEso(stage)
  const controller = stage.start()
  await until(() => /external-secrets keeps this ExternalSecret/.test(controller.log()))
  await until(() => stage.server.objects('Event', 'shop').length === 1)
  const [line] = await stage.told('api')
  assert.match(line ?? '', /^Warning ManagedByAnother .*--adopt=eso/)
  assert.equal(stage.secret('api'), undefined)
  await stage.pass(1.2 * HOUR_MS)
  await until(() => stage.value('api', 'x') === 'one')
})

test('--adopt=eso takes over at once, and gives way to one that is still there', async (t) => {
  const stage = await opened(t)
  await stage.apply(store(), external('api'))
  await keptByEso(stage)
  const controller = stage.start('--adopt=eso')
  await until(() => stage.value('api', 'x') === 'one')
  await until(() => list(stage.object('api'), 'metadata', 'finalizers').length === 1)
  stage.clock.advance(2_000)
  await keptByEso(stage)
  await stage.apply(external('api', { data: [entry('x', 'b')] }))
  await until(() => /external-secrets keeps this ExternalSecret/.test(controller.log()))
  await settled(stage)
  assert.equal(stage.value('api', 'x'), 'one')
})

test('a Secret that ESO made for this very object is this object’s', async (t) => {
  const stage = await opened(t)
  await stage.apply(store(), external('api'))
  const uid = String(dig(stage.object('api'), 'metadata', 'uid'))
  const owner = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'api', uid }
  const metadata = {
    name: 'api',
    namespace: 'shop',
    ownerReferences: [{ ...owner, controller: true }],
  }
  stage.server.seed({ apiVersion: 'v1', kind: 'Secret', metadata, data: { old: 'b2xk' } })
  stage.start()
  await until(() => stage.value('api', 'x') === 'one')
  assert.equal(stage.value('api', 'old'), '', 'Owner takes away what it does not ask for')
  assert.equal(list(stage.secret('api'), 'metadata', 'ownerReferences').length, 1)
})

test('a Secret of nobody is not taken over', async (t) => {
  const stage = await opened(t)
  const metadata = { name: 'api', namespace: 'shop' }
  stage.server.seed({ apiVersion: 'v1', kind: 'Secret', metadata, data: { x: 'aGVycw==' } })
  await stage.apply(store(), external('api'))
  stage.start()
  await until(() => reason(stage) === 'SecretSyncedError')
  assert.equal(stage.value('api', 'x'), 'hers')
})

test('an ExternalSecret that is made anew takes its Secret over from the old one (R83)', async (t) => {
  const { stage, controller } = await synced(t)
  await stopped(controller)
  await stage.kube.patchFinalizers(stage.object('api'), [], 'kubectl')
  stage.server.remove('ExternalSecret', 'shop', 'api')
  await stage.apply(external('api'))
  stage.start()
  await until(() => reason(stage) === 'SecretSynced')
  stage.server.collectGarbage()
  assert.equal(stage.value('api', 'x'), 'one')
})

test('a hundred of one store cost one read each key, whatever their number', async (t) => {
  const stage = await opened(t)
  await stage.apply(store())
  for (let at = 0; at < 100; at++) await stage.apply(external(`e${at}`))
  const controller = stage.start()
  await until(() => stage.server.objects('Secret', 'shop').length === 100)
  await until(() => / 1 read,/.test(controller.log()), controller.log())
})

test('definitions that come later are noticed, and without them nothing is asked for', async (t) => {
  const stage = await opened(t, { crds: false })
  const controller = stage.start()
  await until(() => stage.server.calls.count('list externalsecrets') === 1)
  while ((await controller.get('/readyz')).status !== 200) await settled(stage)
  stage.server.installCrds()
  await stage.apply(store(), external('api'))
  stage.clock.advance(40_000)
  await until(() => stage.value('api', 'x') === 'one')
  assert.doesNotMatch(controller.log(), /warning|error/)
})

test('--crds=none looks at no object of the cluster', async (t) => {
  const stage = await opened(t)
  await stage.apply(store(), external('api'))
  const controller = stage.start('--crds=none')
  await until(() => /watching/.test(controller.log()) && stage.server.watches.count() === 2)
  await settled(stage)
  assert.equal(stage.secret('api'), undefined)
  assert.equal(stage.server.calls.count('list externalsecrets'), 0)
})

interface Objects extends Stage {
  /** An ExternalSecret; empty when it is gone. */
  readonly object: (name: string) => JsonObject
  /** `type reason message` of its events. */
  readonly told: (name: string) => Promise<readonly string[]>
}

async function opened(t: TestContext, options: { readonly crds?: boolean } = {}): Promise<Objects> {
  const stage = await startStage(t, options)
  return {
    ...stage,
    object: (name) => stage.server.object('ExternalSecret', 'shop', name) ?? {},
    told: async (name) =>
      stage.server
        .objects('Event', 'shop')
        .filter((event) => dig(event, 'involvedObject', 'name') === name)
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
  }
}

/** A controller that has synced the ExternalSecret `api`. */
async function synced(
  t: TestContext,
  spec: JsonObject = {},
): Promise<{ readonly stage: Objects; readonly controller: Controller }> {
  const stage = await opened(t)
  await stage.apply(store(), external('api', spec))
  const controller = stage.start()
  await until(() => stage.value('api', 'x') === 'one', controller.log())
  await until(() => list(stage.object('api'), 'metadata', 'finalizers').length === 1)
  await until(() => stage.server.objects('Event', 'shop').length >= 1)
  return { stage, controller }
}

async function stopped(controller: Controller): Promise<void> {
  controller.stop()
  await controller.ended
}

/** As if External Secrets Operator had synced it just now. */
async function keptByEso(stage: Objects): Promise<void> {
  const object = stage.object('api')
  const refreshTime = `${new Date(stage.clock.nowMs()).toISOString().slice(0, 19)}Z`
  const status = { refreshTime, syncedResourceVersion: 'x' }
  const { apiVersion, kind, metadata } = object
  const { name, namespace } = metadata as JsonObject
  const head = { apiVersion, kind, metadata: { name, namespace } }
  await stage.kube.applyStatus({ ...head, status }, 'external-secrets')
}

async function settled(stage: Stage): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    stage.clock.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function refreshTime(stage: Objects): unknown {
  return dig(stage.object('api'), 'status', 'refreshTime')
}

function reason(stage: Objects): string | undefined {
  const [ready] = list(stage.object('api'), 'status', 'conditions')
  return text(member(ready, 'reason'))
}

function list(object: JsonObject | undefined, ...path: readonly string[]): readonly JsonObject[] {
  const value = dig(object, ...path)
  return (isArray(value) ? value : []) as readonly JsonObject[]
}

function entry(secretKey: string, key: string): JsonObject {
  return { secretKey, remoteRef: { key } }
}

function refOf(name: string) {
  return { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', namespace: 'shop', name }
}

function store(values: Readonly<Record<string, string>> = { a: 'one', b: 'two' }): JsonObject {
  const data = Object.entries(values).map(([key, value]) => ({ key, value }))
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'shop' },
    spec: { provider: { fake: { data } } },
  }
}

/** As the API server stores it; the Secret has the key `x`, which is `a` at the store. */
function external(name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  const target = { creationPolicy: 'Owner', deletionPolicy: 'Retain' }
  return {
    ...{ apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret' },
    metadata: { name, namespace: 'shop', ...metadata },
    spec: {
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: 'st' },
      data: [entry('x', 'a')],
      ...spec,
      target: { ...target, ...(spec.target as JsonObject | undefined) },
    },
  }
}
