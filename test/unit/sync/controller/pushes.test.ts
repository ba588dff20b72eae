import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject, text } from '../../../../src/model/json.ts'
import { syncedVersionOf } from '../../../../src/plan/synced-version.ts'
import { startVault, type VaultServer } from '../../../servers/vault.ts'
import { until } from './clock.ts'
import { eventsAbout } from './events-about.ts'
import { type Controller, type Stage, startStage } from './story.ts'

// PushSecrets through a controller, from Secrets of namespace `shop` to a Vault on loopback.

const HOUR_MS = 3_600_000
const PUSH_KIND = { apiVersion: 'external-secrets.io/v1alpha1', kind: 'PushSecret' }
const FINALIZER = 'pushsecret.externalsecrets.io/finalizer'

interface Pushing extends Omit<Stage, 'status'> {
  readonly vault: VaultServer
  readonly controller: Controller
  readonly object: () => JsonObject
  readonly status: (...path: readonly string[]) => unknown
  /** Reason and message of the condition. */
  readonly ready: () => string
  /** What Vault holds there now. */
  readonly peek: (path: string) => unknown
  readonly drop: (kind?: string, name?: string) => Promise<void>
  /** `type reason message` of the events about it, in the order in which they were told. */
  readonly told: () => readonly string[]
}

function secret(name: string, values: Readonly<Record<string, string>>): JsonObject {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'shop' }, data }
}

function entry(secretKey: string, remoteKey: string, property = secretKey): JsonObject {
  return { match: { secretKey, remoteRef: { remoteKey, property } } }
}

function pushSecret(spec: JsonObject = {}): JsonObject {
  return {
    ...PUSH_KIND,
    metadata: { name: 'ps', namespace: 'shop' },
    spec: {
      refreshInterval: '1h',
      secretStoreRefs: [{ name: 'vault', kind: 'SecretStore' }],
      selector: { secret: { name: 'source' } },
      data: [entry('user', 'db'), entry('password', 'db')],
      ...spec,
    },
  }
}

function store(url: string, labels: JsonObject = {}): JsonObject {
  const auth = { tokenSecretRef: { name: 'token', key: 'token' } }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'vault', namespace: 'shop', labels },
    spec: { provider: { vault: { server: url, path: 'kv', version: 'v2', auth } } },
  }
}

async function pushing(t: TestContext, ...objects: readonly JsonObject[]): Promise<Pushing> {
  const stage = await startStage(t)
  const vault = await startVault({ mounts: { kv: 2 }, tokens: { given: { policies: ['root'] } } })
  t.after(() => vault.close())
  const { server, kube } = stage
  const source = secret('source', { user: 'canary-user', password: 'canary-pw' })
  await stage.apply(secret('token', { token: 'given' }), source, store(vault.url), ...objects)
  const controller = stage.start()
  const object = (): JsonObject => server.object('PushSecret', 'shop', 'ps') ?? {}
  const plain = (value: unknown): unknown =>
    value === undefined ? undefined : JSON.parse(JSON.stringify(value))
  const status = (...path: readonly string[]) => plain(dig(object(), 'status', ...path))
  return {
    ...stage,
    ...{ vault, controller, object, status },
    ready: () => {
      const [condition = {}] = (status('conditions') ?? []) as readonly JsonObject[]
      return `${condition.status} ${condition.reason}: ${condition.message}`
    },
    peek: (path) => {
      const newest = vault.find('kv', path)?.versions.at(-1)
      return newest === undefined ? undefined : JSON.parse(newest.text)
    },
    told: () => eventsAbout(server, 'PushSecret'),
    drop: async (kind = 'PushSecret', name = 'ps') => {
      const uid = text(dig(server.object(kind, 'shop', name), 'metadata', 'uid')) ?? ''
      const { apiVersion } = kind === 'Secret' ? { apiVersion: 'v1' } : PUSH_KIND
      const ref = { apiVersion, kind, namespace: 'shop', name }
      await kube.delete(ref, { uid, resourceVersion: undefined }, false)
    },
  }
}

const SYNCED = 'True Synced: PushSecret synced successfully'

test('a PushSecret is pushed once, and its status remembers what', async (t) => {
  const { ready, peek, status, object, vault, controller } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  assert.deepEqual(peek('db'), { user: 'canary-user', password: 'canary-pw' })
  assert.equal(status('syncedResourceVersion'), syncedVersionOf(object()))
  assert.match(String(status('refreshTime')), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const synced = { conversionStrategy: 'None', ...entry('user', 'db') }
  assert.deepEqual(status('syncedPushSecrets', 'SecretStore/vault', 'db/user'), synced)
  assert.equal(dig(object(), 'metadata', 'finalizers'), undefined)
  assert.equal(vault.find('kv', 'db')?.versions.length, 1)
  assert.doesNotMatch(controller.log() + JSON.stringify(status()), /canary/)
})

test('requests of pushes and of looks at stores are counted, by what they came to', async (t) => {
  const { ready, vault, controller, edit } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  vault.fault({ does: { reply: { status: 403, body: '{"errors":[]}' } } })
  await edit('source', { user: 'other', password: 'canary-pw' })
  await until(() => /^False Errored/.test(ready()))
  const { body } = await controller.get('/metrics')
  const counts = body.split('\n').filter((line) => line.startsWith('externalsecret_provider_api'))
  const of = (status: string) => counts.filter((line) => line.includes(`status="${status}"`))
  const told = (status: string) =>
    of(status).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  assert.equal(told('success') + told('error'), vault.calls.count(), counts.join('\n'))
  assert.ok(
    of('success').some((line) => line.includes('call="lookup-self"')),
    counts.join('\n'),
  )
  assert.ok(told('error') > 0, counts.join('\n'))
})

test('the source Secret changes: it is pushed at once, and not again', async (t) => {
  const { ready, peek, edit, vault } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  await edit('source', { user: 'other', password: 'canary-pw' })
  await until(() => dig(peek('db') as JsonObject, 'user') === 'other')
  assert.equal(vault.find('kv', 'db')?.versions.length, 2)
})

test('what was changed at the provider is put right at the interval', async (t) => {
  const { ready, peek, vault, pass } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  vault.put('kv', 'db', { user: 'drift', password: 'canary-pw' })
  await pass(HOUR_MS / 2)
  assert.equal(dig(peek('db') as JsonObject, 'user'), 'drift')
  await pass(HOUR_MS * 0.7)
  await until(() => dig(peek('db') as JsonObject, 'user') === 'canary-user')
})

test('an edit is followed, and what is no longer pushed is taken back with deletionPolicy Delete', async (t) => {
  const { ready, peek, apply, object, status } = await pushing(
    t,
    pushSecret({ deletionPolicy: 'Delete' }),
  )
  await until(() => ready() === SYNCED)
  assert.deepEqual(dig(object(), 'metadata', 'finalizers'), [FINALIZER])
  await apply(pushSecret({ deletionPolicy: 'Delete', data: [entry('user', 'other')] }))
  await until(() => peek('other') !== undefined && peek('db') === undefined)
  await until(() => status('syncedPushSecrets', 'SecretStore/vault', 'db/user') === undefined)
  const names = Object.keys(status('syncedPushSecrets', 'SecretStore/vault') as object)
  assert.deepEqual(names, ['other/user'])
  await apply(pushSecret({ data: [entry('user', 'other')] }))
  await until(() => dig(object(), 'metadata', 'finalizers') === undefined)
})

test('it is deleted: with deletionPolicy Delete what was pushed goes first', async (t) => {
  const { ready, peek, drop, server } = await pushing(t, pushSecret({ deletionPolicy: 'Delete' }))
  await until(() => ready() === SYNCED)
  await drop()
  await until(() => server.object('PushSecret', 'shop', 'ps') === undefined)
  assert.equal(peek('db'), undefined)
})

test('it is deleted while the store is down: it waits, and goes when what was pushed is gone', async (t) => {
  const { ready, peek, drop, server, vault, clock } = await pushing(
    t,
    pushSecret({ deletionPolicy: 'Delete' }),
  )
  await until(() => ready() === SYNCED)
  vault.fault({ does: { reply: { status: 403, body: '{"errors":[]}' } }, times: 2 })
  await drop()
  await until(() => /^False Errored/.test(ready()))
  assert.notEqual(server.object('PushSecret', 'shop', 'ps'), undefined)
  clock.advance(2_000)
  await until(() => {
    clock.advance(500)
    return server.object('PushSecret', 'shop', 'ps') === undefined
  })
  assert.equal(peek('db'), undefined)
})

test('without deletionPolicy Delete it goes at once, and what was pushed stays', async (t) => {
  const { ready, peek, drop, server, controller } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  await until(() => controller.log().includes('created in SecretStore/vault'))
  const told = /^pushsecret_status_condition.*status="True".* 1$/m
  assert.match((await controller.get('/metrics')).body, told)
  await drop()
  await until(() => server.object('PushSecret', 'shop', 'ps') === undefined)
  assert.notEqual(peek('db'), undefined)
})

test('its Secret is gone: what was pushed is taken back at the second sighting, and pushed anew', async (t) => {
  const { ready, peek, drop, clock, apply, status } = await pushing(
    t,
    pushSecret({ deletionPolicy: 'Delete' }),
  )
  await until(() => ready() === SYNCED)
  await drop('Secret', 'source')
  await until(() => /^False Errored: .*does not exist; .* if it stays away/.test(ready()), ready())
  assert.notEqual(peek('db'), undefined)
  let waitedMs = 0
  await until(() => {
    clock.advance(1_000)
    waitedMs += 1_000
    return /^False SourceDeleted/.test(ready())
  })
  assert.ok(waitedMs > 30_000, `${waitedMs} ms`)
  assert.equal(peek('db'), undefined)
  assert.equal(JSON.stringify(status('syncedPushSecrets')), '{}')
  await apply(secret('source', { user: 'new', password: 'p' }))
  await until(() => ready() === SYNCED)
  assert.deepEqual(peek('db'), { user: 'new', password: 'p' })
})

test('a selector selects nothing any more: what was pushed is taken back at the second sighting', async (t) => {
  const selector = { secret: { selector: { matchLabels: { push: 'yes' } } } }
  const labelled = secret('labelled', { user: 'u', password: 'p' })
  const metadata = { name: 'labelled', namespace: 'shop', labels: { push: 'yes' } }
  const { ready, peek, drop, clock, status } = await pushing(
    t,
    { ...labelled, metadata },
    pushSecret({ deletionPolicy: 'Delete', selector }),
  )
  await until(() => ready() === SYNCED)
  await drop('Secret', 'labelled')
  await until(() => /^False Errored: .*no Secret of shop has the labels/.test(ready()), ready())
  assert.deepEqual(peek('db'), { user: 'u', password: 'p' })
  await until(() => {
    clock.advance(1_000)
    return JSON.stringify(status('syncedPushSecrets')) === '{}'
  })
  assert.equal(peek('db'), undefined)
})

test('its Secret is replaced: nothing is taken back', async (t) => {
  const { ready, peek, drop, apply, vault } = await pushing(
    t,
    pushSecret({ deletionPolicy: 'Delete' }),
  )
  await until(() => ready() === SYNCED)
  await drop('Secret', 'source')
  await until(() => /^False/.test(ready()))
  await apply(secret('source', { user: 'new', password: 'canary-pw' }))
  await until(() => ready() === SYNCED)
  assert.equal(dig(peek('db') as JsonObject, 'user'), 'new')
  assert.ok(vault.find('kv', 'db')?.versions.every(({ deletedMs }) => deletedMs === undefined))
})

test('a Secret that is not there yet is waited for', async (t) => {
  const { ready, peek, apply } = await pushing(
    t,
    pushSecret({ selector: { secret: { name: 'late' } } }),
  )
  await until(() => /^False Errored: .*shop\/late does not exist/.test(ready()))
  await apply(secret('late', { user: 'u', password: 'p' }))
  await until(() => ready() === SYNCED)
  assert.deepEqual(peek('db'), { user: 'u', password: 'p' })
})

test('a failure is told and tried again, and what is remembered stays', async (t) => {
  const { ready, status, vault, edit, peek, clock, controller } = await pushing(t, pushSecret())
  await until(() => ready() === SYNCED)
  const remembered = status('syncedPushSecrets')
  const since = status('refreshTime')
  vault.fault({ does: { reply: { status: 403, body: '{"errors":[]}' } }, times: 1 })
  await edit('source', { user: 'other', password: 'canary-pw' })
  await until(() => /^False Errored: set secret failed/.test(ready()))
  assert.deepEqual(status('syncedPushSecrets'), remembered)
  assert.equal(status('refreshTime'), since)
  await until(
    () => controller.log().includes('error PushSecret/shop/ps: set secret failed'),
    controller.log(),
  )
  await until(() => {
    clock.advance(500)
    return ready() === SYNCED
  })
  assert.equal(dig(peek('db') as JsonObject, 'user'), 'other')
})

test('refreshInterval 0: pushed once, and after an edit of the PushSecret', async (t) => {
  const spec = { refreshInterval: '0', data: [entry('user', 'db')] }
  const { ready, peek, edit, apply } = await pushing(t, pushSecret(spec))
  await until(() => ready() === SYNCED)
  await edit('source', { user: 'other', password: 'canary-pw' })
  await apply(pushSecret({ ...spec, data: [entry('user', 'second')] }))
  await until(() => peek('second') !== undefined)
  assert.deepEqual(peek('db'), { user: 'canary-user' })
})

test('a restart looks at what the Secret has become meanwhile, and writes nothing to the provider', async (t) => {
  const { ready, controller, start, status, vault, edit, peek, clock } = await pushing(
    t,
    pushSecret(),
  )
  await until(() => ready() === SYNCED)
  controller.stop()
  await controller.ended
  const since = status('refreshTime')
  clock.advance(60_000)
  const second = start()
  await until(() => status('refreshTime') !== since)
  assert.equal(vault.find('kv', 'db')?.versions.length, 1)
  second.stop()
  await second.ended
  await edit('source', { user: 'meanwhile', password: 'canary-pw' })
  start()
  await until(() => dig(peek('db') as JsonObject, 'user') === 'meanwhile')
})

test('stores by labels: objects of the cluster and stores that were handed off', async (t) => {
  const ref = { kind: 'SecretStore', labelSelector: { matchLabels: { push: 'yes' } } }
  const { ready, peek, apply, vault, publish, status } = await pushing(
    t,
    pushSecret({ secretStoreRefs: [ref] }),
  )
  await until(() => /^False Errored: .*no store is there/.test(ready()), ready())
  await apply(store(vault.url, { push: 'yes' }))
  const handed = store(vault.url, { push: 'yes' })
  const metadata = { ...(handed.metadata as JsonObject), name: 'handed' }
  await publish(JSON.stringify({ ...handed, metadata }))
  await apply(pushSecret({ secretStoreRefs: [ref], data: [entry('user', 'db')] }))
  await until(() => ready() === SYNCED)
  assert.deepEqual(Object.keys(status('syncedPushSecrets') as object).sort(), [
    'SecretStore/handed',
    'SecretStore/vault',
  ])
  assert.notEqual(peek('db'), undefined)
})

test('what External Secrets Operator keeps is left to it, until it stops or --adopt=eso says so', async (t) => {
  const stage = await startStage(t)
  await stage.apply(secret('source', { user: 'u' }), pushSecret())
  const seen = stage.server.object('PushSecret', 'shop', 'ps') ?? {}
  const { resourceVersion } = seen.metadata as JsonObject
  const metadata = { name: 'ps', namespace: 'shop', resourceVersion }
  const theirs = { conditions: [{ type: 'Ready', status: 'True', reason: 'Synced' }] }
  await stage.kube.applyStatus({ ...PUSH_KIND, metadata, status: theirs }, 'external-secrets')
  const controller = stage.start()
  const status = () => JSON.stringify(stage.server.object('PushSecret', 'shop', 'ps')?.status)
  await until(() => controller.log().includes('external-secrets keeps this PushSecret'))
  assert.equal(status(), '{"conditions":[{"reason":"Synced","status":"True","type":"Ready"}]}')
  controller.stop()
  await controller.ended
  stage.start('--adopt=eso')
  await until(() => status().includes('Errored'))
})

test('events: one for each cause, with its field, and one when it is well again', async (t) => {
  const { told, ready, clock, edit, server } = await pushing(
    t,
    pushSecret({ data: [entry('user', 'db'), entry('absent', 'db')] }),
  )
  await until(() => told().length === 1)
  assert.match(told()[0] ?? '', /^Warning Errored .*spec\.data\[1\].*absent/)
  const tries = () => server.calls.count('create events')
  const before = tries()
  await until(() => {
    clock.advance(500)
    return tries() > before
  })
  assert.equal(told().length, 1, 'the same failure is told once')
  await edit('source', { user: 'canary-user', password: 'p', absent: 'here' })
  await until(() => ready() === SYNCED && told().length === 2)
  assert.equal(told()[1], 'Normal Synced PushSecret synced successfully')
})

test('events: what is taken back is told', async (t) => {
  const { told, ready, drop, server } = await pushing(t, pushSecret({ deletionPolicy: 'Delete' }))
  await until(() => ready() === SYNCED)
  await drop()
  await until(() => server.object('PushSecret', 'shop', 'ps') === undefined)
  assert.deepEqual(told().slice(1), [
    'Normal SourceDeleted everything that was pushed is taken back',
  ])
})
