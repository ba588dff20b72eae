import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, isArray, type JsonObject, text } from '../../../../src/model/json.ts'
import { until } from './clock.ts'
import { eventsAbout } from './events-about.ts'
import { type Controller, type Stage, startStage, WATCHES } from './story.ts'

// ClusterExternalSecrets and ClusterPushSecrets through a controller. Their children's stores do not exist: what becomes of
// a child is another story.

interface Fanned extends Omit<Stage, 'status'> {
  readonly controller: Controller
  /** Namespaces with a child of this name, in order. */
  readonly homes: (name?: string, kind?: string) => string
  readonly status: (path: string) => unknown
  readonly child: (namespace: string, name?: string) => JsonObject | undefined
}

function namespace(name: string, labels: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

const TEAM = { team: 'a' }
const SELECTED = { namespaceSelectors: [{ matchLabels: TEAM }] }

function ces(spec: JsonObject = SELECTED, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterExternalSecret',
    metadata: { name: 'all', ...metadata },
    spec: { externalSecretSpec: externalSpec('one'), ...spec },
  }
}

function externalSpec(key: string): JsonObject {
  return {
    secretStoreRef: { name: 'nowhere', kind: 'SecretStore' },
    data: [{ secretKey: 'x', remoteRef: { key } }],
  }
}

/** Namespaces `n1` to `n3`, of which the first two are of the team, and a controller. */
async function fanned(t: TestContext, ...objects: readonly JsonObject[]): Promise<Fanned> {
  const stage = await startStage(t)
  const { server } = stage
  await stage.apply(namespace('n1', TEAM), namespace('n2', TEAM), namespace('n3'), ...objects)
  const controller = stage.start()
  return {
    ...stage,
    controller,
    homes: (name = 'all', kind = 'ExternalSecret') =>
      server
        .objects(kind)
        .filter((object) => dig(object, 'metadata', 'name') === name)
        .map((object) => text(dig(object, 'metadata', 'namespace')) ?? '')
        .sort()
        .join(' '),
    status: (path) => dig(server.object('ClusterExternalSecret', '', 'all'), 'status', path),
    child: (at, name = 'all') => {
      const object = server.object('ExternalSecret', at, name)
      return object && JSON.parse(JSON.stringify(object))
    },
  }
}

test('a ClusterExternalSecret is in each namespace that it selects, and its status says where', async (t) => {
  const metadata = { externalSecretMetadata: { labels: { l: '1' }, annotations: { a: '2' } } }
  const { homes, status, child } = await fanned(t, ces({ ...SELECTED, ...metadata }))
  await until(() => homes() === 'n1 n2')
  await until(() => status('provisionedNamespaces') !== undefined)
  assert.deepEqual(status('provisionedNamespaces'), ['n1', 'n2'])
  assert.deepEqual(status('failedNamespaces'), [])
  assert.equal(status('externalSecretName'), 'all')
  assert.deepEqual(status('conditions'), [{ type: 'Ready', status: 'True' }])
  assert.deepEqual(dig(child('n1'), 'spec'), externalSpec('one'))
  assert.deepEqual(dig(child('n1'), 'metadata', 'labels'), { l: '1' })
  assert.deepEqual(dig(child('n1'), 'metadata', 'annotations'), { a: '2' })
})

test('labels of namespaces decide: one joins, one leaves, one is new, one is deleted', async (t) => {
  const { homes, status, apply, server } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2')
  await apply(namespace('n3', TEAM))
  await until(() => homes() === 'n1 n2 n3')
  await apply(namespace('n1'))
  await until(() => homes() === 'n2 n3')
  await apply(namespace('n4', TEAM))
  await until(() => homes() === 'n2 n3 n4')
  await until(() => (status('provisionedNamespaces') as unknown[]).length === 3)
  server.remove('ExternalSecret', 'n4', 'all')
  server.remove('Namespace', '', 'n4')
  await until(() => (status('provisionedNamespaces') as unknown[]).join() === 'n2,n3')
})

test('an edit reaches every child, and force-sync is mirrored (R93)', async (t) => {
  const { homes, child, apply } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2')
  const forced = { annotations: { 'external-secrets.io/force-sync': 'now' } }
  await apply(ces({ ...SELECTED, externalSecretSpec: externalSpec('two') }, forced))
  for (const home of ['n1', 'n2']) {
    await until(() => dig(child(home), 'metadata', 'annotations') !== undefined)
    assert.deepEqual(dig(child(home), 'spec'), externalSpec('two'))
    assert.deepEqual(dig(child(home), 'metadata', 'annotations'), forced.annotations)
  }
})

test('a child that somebody edits or deletes is put right at once', async (t) => {
  const { homes, child, apply, server } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2')
  server.remove('ExternalSecret', 'n1', 'all')
  await until(() => child('n1') !== undefined)
  const { apiVersion, kind } = child('n2') ?? {}
  const edited = { name: 'all', namespace: 'n2', labels: { stray: '' } }
  await apply({ apiVersion, kind, metadata: edited, spec: externalSpec('edited') })
  await until(() => dig(child('n2'), 'metadata', 'labels') === undefined)
  assert.deepEqual(dig(child('n2'), 'spec'), externalSpec('one'))
})

test('a new name takes the old children away', async (t) => {
  const { homes, status, apply } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2')
  await apply(ces({ ...SELECTED, externalSecretName: 'db' }))
  await until(() => homes('db') === 'n1 n2' && homes() === '')
  await until(() => status('externalSecretName') === 'db')
})

test('a name that is taken is told, left alone, and provisioned once it is free (R105)', async (t) => {
  const theirs = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'all', namespace: 'n2' },
    spec: externalSpec('theirs'),
  }
  const { homes, status, child, server, controller } = await fanned(t, theirs, ces())
  await until(() => homes() === 'n1 n2' && status('conditions') !== undefined)
  assert.deepEqual(status('failedNamespaces'), [
    { namespace: 'n2', reason: 'external secret already exists in namespace' },
  ])
  assert.deepEqual(status('conditions'), [
    { type: 'Ready', status: 'False', message: 'one or more namespaces failed' },
  ])
  assert.deepEqual(dig(child('n2'), 'spec'), externalSpec('theirs'))
  const told = 'ClusterExternalSecret/all: n2: external secret already exists'
  await until(() => controller.log().includes(told))
  const events = () => eventsAbout(server, 'ClusterExternalSecret')
  await until(() => events().length === 2)
  assert.deepEqual(events(), [
    'Normal Created ExternalSecret created in n1',
    'Warning UpdateFailed namespace n2: external secret already exists in namespace',
  ])
  server.remove('ExternalSecret', 'n2', 'all')
  await until(() => isArray(dig(child('n2'), 'metadata', 'ownerReferences')))
  await until(() => (status('failedNamespaces') as unknown[]).length === 0)
})

test('a selector that nobody can read deletes nothing', async (t) => {
  const { homes, status, apply, server } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2' && status('conditions') !== undefined)
  const expression = { key: 'team', operator: 'Is', values: ['a'] }
  await apply(ces({ namespaceSelectors: [{ matchExpressions: [expression] }] }))
  await until(() => (status('failedNamespaces') as unknown[]).length === 1)
  assert.deepEqual(status('failedNamespaces'), [
    { namespace: 'unknown', reason: 'namespace selector 0 is malformed' },
  ])
  assert.deepEqual(status('provisionedNamespaces'), ['n1', 'n2'])
  assert.equal(homes(), 'n1 n2')
  const told = 'Warning UpdateFailed spec.namespaceSelectors[0]: namespace selector 0 is malformed'
  await until(() => eventsAbout(server, 'ClusterExternalSecret').at(-1) === told)
})

test('one namespace that fails holds up no other, and is tried again', async (t) => {
  const stage = await startStage(t)
  const reply = { status: 403, body: '{"kind":"Status","reason":"Forbidden","code":403}' }
  stage.server.fault({ call: 'create externalsecrets', does: { reply }, times: 1 })
  await stage.apply(namespace('n1', TEAM), namespace('n2', TEAM), ces())
  stage.start()
  const failed = () =>
    dig(stage.server.object('ClusterExternalSecret', '', 'all'), 'status', 'failedNamespaces')
  const count = () => stage.server.objects('ExternalSecret').length
  await until(() => isArray(failed()) && count() === 1)
  assert.match(JSON.stringify(failed()), /cannot create ExternalSecret.*forbidden/)
  stage.clock.advance(1_200)
  await until(() => count() === 2 && JSON.stringify(failed()) === '[]')
})

const CES_FINALIZER = 'externalsecrets.external-secrets.io/clusterexternalsecret-cleanup'
const NAMESPACE_FINALIZER = 'externalsecrets.external-secrets.io/ces-all'

test('it is deleted: its children go, and what upstream had held is let go (R105)', async (t) => {
  const { homes, apply, server, kube } = await fanned(
    t,
    ces(SELECTED, { finalizers: [CES_FINALIZER] }),
  )
  const held = namespace('n1', TEAM)
  await apply({
    ...held,
    metadata: { name: 'n1', labels: TEAM, finalizers: [NAMESPACE_FINALIZER] },
  })
  await until(() => homes() === 'n1 n2')
  const object = server.object('ClusterExternalSecret', '', 'all')
  const ref = { apiVersion: 'external-secrets.io/v1', kind: 'ClusterExternalSecret' }
  const uid = text(dig(object, 'metadata', 'uid')) ?? ''
  await kube.delete(
    { ...ref, namespace: '', name: 'all' },
    { uid, resourceVersion: undefined },
    false,
  )
  await until(() => homes() === '')
  await until(() => server.object('ClusterExternalSecret', '', 'all') === undefined)
  assert.equal(dig(server.object('Namespace', '', 'n1'), 'metadata', 'finalizers'), undefined)
})

test('a restart writes nothing when nothing has changed', async (t) => {
  const { homes, status, controller, server, start } = await fanned(t, ces())
  await until(() => homes() === 'n1 n2' && status('conditions') !== undefined)
  controller.stop()
  await controller.ended
  server.calls.clear()
  start()
  await until(() => server.calls.count('get externalsecrets') >= 2)
  const writes = server.calls.all.filter(({ call }) => /clusterexternal|create ext/.test(call))
  assert.deepEqual(
    writes.filter(({ call }) => !/^(list|watch)/.test(call)).map(({ call }) => call),
    [],
  )
})

test('what External Secrets Operator keeps is left to it, until it stops', async (t) => {
  const stage = await startStage(t)
  await stage.apply(namespace('n1', TEAM), ces())
  const { metadata } = stage.server.object('ClusterExternalSecret', '', 'all') ?? {}
  const { resourceVersion } = metadata as JsonObject
  const ref = { ...ces(), spec: undefined, metadata: { name: 'all', resourceVersion } }
  const theirs = { conditions: [{ type: 'Ready', status: 'True' }] }
  await stage.kube.applyStatus({ ...ref, status: theirs }, 'external-secrets')
  const controller = stage.start()
  await until(() => controller.log().includes('external-secrets keeps this ClusterExternalSecret'))
  assert.equal(stage.server.object('ExternalSecret', 'n1', 'all'), undefined)
  await until(() => stage.server.watches.count() === WATCHES)
  await stage.pass(1.2 * 3_600_000)
  await until(() => stage.server.object('ExternalSecret', 'n1', 'all') !== undefined)
})

test('a ClusterPushSecret is in each namespace that it selects', async (t) => {
  const pushSpec = {
    secretStoreRefs: [{ name: 'nowhere', kind: 'SecretStore' }],
    selector: { secret: { name: 's' } },
  }
  const cps = {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'ClusterPushSecret',
    metadata: { name: 'all' },
    spec: { ...SELECTED, pushSecretName: 'ps', pushSecretSpec: pushSpec },
  }
  const { homes, server } = await fanned(t, cps)
  await until(() => homes('ps', 'PushSecret') === 'n1 n2')
  const status = () => dig(server.object('ClusterPushSecret', '', 'all'), 'status')
  await until(() => status() !== undefined)
  assert.deepEqual(dig(status(), 'provisionedNamespaces'), ['n1', 'n2'])
  assert.equal(dig(status(), 'pushSecretName'), 'ps')
  await until(() => eventsAbout(server, 'ClusterPushSecret').length === 1)
  const [told] = eventsAbout(server, 'ClusterPushSecret')
  assert.equal(told, 'Normal Created PushSecret created in n1, n2')
})

test('a controller of one namespace leaves the others alone', async (t) => {
  const stage = await startStage(t)
  await stage.apply(namespace('n1', TEAM), ces())
  stage.start('--namespace', 'shop')
  await until(() => stage.server.calls.count('watch pushsecrets') > 0)
  assert.equal(stage.server.calls.count('list namespaces'), 0)
})
