import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeApi, KubeErrorCode } from '../../../src/kube/api.ts'
import { KubeError } from '../../../src/kube/api.ts'
import { createKubeApi } from '../../../src/kube/client.ts'
import type { Connection } from '../../../src/kube/connection.ts'
import { dig, type JsonObject, member } from '../../../src/model/json.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'
import { json } from '../../servers/server.ts'

const MANAGER = { fieldManager: 'waybill', isForced: false, isDryRun: false }
const http = createHttpClient({ socketsPerPoolMax: 8, bodyBytesMax: 32 * 1024 * 1024 })
let server: KubeServer

before(async () => {
  server = await startKube({ namespaces: ['shop'] })
})
after(async () => {
  http.close()
  await server.close()
})

test('get: absence is an answer', async () => {
  assert.equal(await admin().get(ref('Secret', 'nothing')), undefined)
  const store = { ...ref('ExternalSecret', 'x'), apiVersion: 'external-secrets.io/v9' }
  assert.equal(await admin().get(store), undefined)
})

test('get: a 404 that no API server gave is not absence', async () => {
  server.fault({ call: 'get secrets', does: { reply: { status: 404, body: '<html>login' } } })
  await fails(admin().get(ref('Secret', 'nothing')), 'malformed', /did not come from/)
})

test('apply: a new Secret is created, the same again changes nothing', async () => {
  const first = await admin().apply(secret('made', { k: 'v' }), MANAGER)
  assert.equal(first.isCreated, true)
  const second = await admin().apply(secret('made', { k: 'v' }), MANAGER)
  assert.equal(second.isCreated, false)
  assert.equal(version(second.object), version(first.object))
})

test('apply: a dry run answers as if, and writes nothing', async () => {
  const { isCreated } = await admin().apply(secret('dry', {}), { ...MANAGER, isDryRun: true })
  assert.equal(isCreated, true)
  assert.equal(await admin().get(ref('Secret', 'dry')), undefined)
})

test('apply: preconditions that do not hold are conflicts', async () => {
  const { object } = await admin().apply(secret('locked', { k: '1' }), MANAGER)
  const uid = String(dig(object, 'metadata', 'uid'))
  const resourceVersion = version(object)
  await admin().apply(secret('locked', { k: '2' }, { uid, resourceVersion }), MANAGER)
  const stale = admin().apply(secret('locked', { k: '3' }, { uid, resourceVersion }), MANAGER)
  await fails(stale, 'conflict', /it was changed since it was read/)
  const NO_UID = '00000000-0000-0000-0000-000000000000'
  const foreign = admin().apply(secret('locked', { k: '3' }, { uid: NO_UID }), MANAGER)
  await fails(foreign, 'conflict', /uid differs/)
  const gone = admin().apply(secret('gone', { k: '3' }, { uid }), MANAGER)
  await fails(gone, 'conflict', /uid differs/)
})

test('status: a patch under the version, null takes a member away, the rest stays', async () => {
  const born = await admin().create(custom('told', { spec: {} }), 'kubectl')
  const versioned = { metadata: { ...names('told'), resourceVersion: version(born) } }
  const both = { status: { refreshTime: 'now', binding: { name: 'told' } } }
  const told = await admin().applyStatus(custom('told', { ...versioned, ...both }), 'waybill')
  assert.deepEqual(member(told, 'status'), both.status)
  const stale = custom('told', { ...versioned, status: { refreshTime: 'then' } })
  await fails(
    admin().applyStatus(stale, 'waybill'),
    'conflict',
    /cannot write the status of ExternalSecret\/shop\/told: it was changed since/,
  )
  const less = await admin().applyStatus(custom('told', { status: { binding: null } }), 'waybill')
  assert.deepEqual(member(less, 'status'), { refreshTime: 'now' })
  const none = custom('none', { status: {} })
  await fails(admin().applyStatus(none, 'waybill'), 'not-found', /does not exist/)
})

test('finalizers: as the object was read, and no other one', async () => {
  const born = await admin().create(custom('held', { spec: {} }), 'kubectl')
  const held = await admin().patchFinalizers(born, ['example.com/a'], 'waybill')
  assert.deepEqual(dig(held, 'metadata', 'finalizers'), ['example.com/a'])
  await fails(admin().patchFinalizers(born, [], 'waybill'), 'conflict', /was changed since/)
  const other = { ...held, metadata: { ...(member(held, 'metadata') as JsonObject), uid: 'x' } }
  await fails(admin().patchFinalizers(other, [], 'waybill'), 'conflict', /uid differs/)
  const reference = { ...ref('ExternalSecret', 'held'), apiVersion: 'external-secrets.io/v1' }
  const uid = String(dig(held, 'metadata', 'uid'))
  await admin().delete(reference, { uid, resourceVersion: undefined }, false)
  const ending = (await admin().get(reference)) ?? {}
  assert.notEqual(dig(ending, 'metadata', 'deletionTimestamp'), undefined)
  await admin().patchFinalizers(ending, [], 'waybill')
  assert.equal(await admin().get(reference), undefined)
})

test("apply: another manager's field is named, with its manager", async () => {
  await admin().create(secret('shared', { k: 'theirs' }), 'kubectl')
  const mine = admin().apply(secret('shared', { k: 'ours' }), MANAGER)
  await fails(mine, 'conflict', /data\.k belongs to kubectl$/)
  const forced = await admin().apply(secret('shared', { k: 'ours' }), {
    ...MANAGER,
    isForced: true,
  })
  assert.equal(dig(forced.object, 'data', 'k'), base64('ours'))
})

test('replace: writes the whole object under its preconditions', async () => {
  const created = await admin().create(secret('whole', { a: '1' }), 'kubectl')
  const { uid } = created.metadata as JsonObject
  const resourceVersion = version(created)
  const next = secret('whole', { b: '2' }, { uid, resourceVersion })
  const how = { fieldManager: 'waybill', isDryRun: false }
  const replaced = await admin().replace(next, how)
  assert.deepEqual(Object.keys(replaced.data as JsonObject), ['b'])
  await fails(admin().replace(next, how), 'conflict', /it was changed since it was read/)
})

test('create: what exists already is a conflict', async () => {
  await admin().create(secret('once', {}), 'waybill')
  await fails(admin().create(secret('once', {}), 'waybill'), 'conflict', /it exists already$/)
})

test('delete: only the object that was read; absent is fine', async () => {
  const created = await admin().create(secret('short-lived', {}), 'waybill')
  const uid = String(dig(created, 'metadata', 'uid'))
  const at = ref('Secret', 'short-lived')
  const other = '00000000-0000-0000-0000-000000000000'
  await fails(
    admin().delete(at, { uid: other, resourceVersion: undefined }, false),
    'conflict',
    /./,
  )
  await fails(admin().delete(at, { uid, resourceVersion: '1' }, false), 'conflict', /./)
  await admin().delete(at, { uid, resourceVersion: version(created) }, true)
  assert.notEqual(await admin().get(at), undefined)
  await admin().delete(at, { uid, resourceVersion: version(created) }, false)
  await admin().delete(at, { uid, resourceVersion: undefined }, false)
  assert.equal(await admin().get(at), undefined)
})

test('list: every page, with kinds, by label', async () => {
  const paged = await startKube({ tls: false, namespaces: ['many'] })
  for (let at = 0; at < 1_100; at++) {
    const labels = { parity: at % 2 === 0 ? 'even' : 'odd' }
    const metadata = { name: `c${at}`, namespace: 'many', labels }
    paged.seed({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
  }
  const api = apiOf(paged, paged.adminToken)
  const all = await api.list('v1', 'ConfigMap', 'many')
  assert.equal(all.length, 1_100)
  assert.equal(paged.calls.count('list configmaps'), 3)
  assert.deepEqual([member(all[0], 'kind'), member(all[0], 'apiVersion')], ['ConfigMap', 'v1'])
  const even = await api.list('v1', 'ConfigMap', 'many', 'parity=even')
  assert.equal(even.length, 550)
  const expired = { call: 'list configmaps', after: 1, does: { reply: json(410, {}) } }
  paged.fault(expired)
  const again = await api.list('v1', 'ConfigMap', 'many')
  assert.equal(again.length, 1_100, 'pages that expired are read again from the start')
  await paged.close()
})

test('a token is for exactly the audiences asked', async () => {
  const token = await admin().serviceAccountToken('shop', 'default', ['vault'], 600)
  const [, payload = ''] = Buffer.from(token.reveal()).toString().split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  assert.deepEqual(claims.aud, ['vault'])
  assert.equal(claims.sub, 'system:serviceaccount:shop:default')
  assert.equal(claims.exp - claims.iat, 600)
  const absent = admin().serviceAccountToken('shop', 'nobody', ['vault'], 600)
  await fails(absent, 'not-found', /create a token of ServiceAccount\/shop\/nobody/)
})

test('a refusal names verb, object, and the ServiceAccount that was refused', async () => {
  const token = server.serviceAccountToken('shop', 'default')
  const call = apiOf(server, token).apply(secret('x', { k: 'canary' }), MANAGER)
  await fails(
    call,
    'forbidden',
    /^cannot apply Secret\/shop\/x: forbidden: ServiceAccount\/shop\/default may not patch secrets in namespace shop$/,
  )
})

test('credentials that are not accepted are told from missing rights', async () => {
  await fails(apiOf(server, 'wrong').get(ref('Secret', 'x')), 'unauthorized', /401/)
})

test('a namespace that is not there is named', async () => {
  const object = { ...secret('x', {}), metadata: { name: 'x', namespace: 'nowhere' } }
  await fails(admin().apply(object, MANAGER), 'not-found', /namespace nowhere does not exist$/)
})

test('a Secret beyond 1 MiB is too large; so is a body beyond the limit', async () => {
  for (const size of [1024 * 1024 + 1, 3 * 1024 * 1024]) {
    await fails(admin().apply(secret('big', { k: 'x'.repeat(size) }), MANAGER), 'too-large', /./)
  }
})

const illegal: readonly string[] = ['..', 'a/b', '', '%2e%2e', 'a\nb', 'x'.repeat(254)]
for (const name of illegal) {
  test(`the name ${JSON.stringify(name.slice(0, 9))} never reaches a URL`, async () => {
    server.calls.clear()
    await fails(admin().get(ref('Secret', name)), 'invalid', /no legal name/)
    await fails(admin().get({ ...ref('Secret', 'a'), namespace: name || '..' }), 'invalid', /./)
    assert.equal(server.calls.count(), 0)
  })
}

test('200 calls share few connections', async () => {
  const fresh = await startKube({ namespaces: ['shop'] })
  const api = apiOf(fresh, fresh.adminToken)
  const calls = Array.from({ length: 200 }, (_, at) => api.apply(secret(`s${at}`, {}), MANAGER))
  await Promise.all(calls)
  assert.equal(fresh.calls.count('patch secrets'), 200)
  assert.ok(fresh.calls.connections() <= 8, `${fresh.calls.connections()} connections`)
  await fresh.close()
})

// --- retries ---

interface Retry {
  readonly story: string
  readonly does: Parameters<KubeServer['fault']>[0]['does']
  readonly times: number
  readonly calls: number
  readonly code: KubeErrorCode | undefined
  readonly slept: readonly number[]
}

const HALF = [125, 250, 500]
const retries: readonly Retry[] = [
  { story: '503 twice', does: reply(503), times: 2, calls: 3, code: undefined, slept: [125, 250] },
  { story: '500 for ever', does: reply(500), times: 9, calls: 4, code: 'unavailable', slept: HALF },
  { story: '429 for ever', does: reply(429), times: 9, calls: 4, code: 'throttled', slept: HALF },
  {
    story: '429 with Retry-After',
    does: { reply: json(429, {}, { 'retry-after': '2' }) },
    times: 1,
    calls: 2,
    code: undefined,
    slept: [2_000],
  },
  {
    story: 'a Retry-After beyond the deadline',
    does: { reply: json(503, {}, { 'retry-after': '600' }) },
    times: 1,
    calls: 1,
    code: 'unavailable',
    slept: [],
  },
  {
    story: 'a cut connection',
    does: { reset: 'before' },
    times: 1,
    calls: 2,
    code: undefined,
    slept: [125],
  },
  { story: '409', does: reply(409), times: 1, calls: 1, code: 'conflict', slept: [] },
  { story: '403', does: reply(403), times: 1, calls: 1, code: 'forbidden', slept: [] },
  { story: '422', does: reply(422), times: 1, calls: 1, code: 'invalid', slept: [] },
  {
    story: 'a 500 that says it cannot decode',
    does: { reply: json(500, { kind: 'Status', message: 'illegal base64 canary' }) },
    times: 1,
    calls: 1,
    code: 'invalid',
    slept: [],
  },
]

for (const { story, does, times, calls, code, slept } of retries) {
  test(`retries: ${story}`, async () => {
    const waits: number[] = []
    server.clearFaults()
    server.calls.clear()
    server.fault({ call: 'patch secrets', times, does })
    const call = apiOf(server, server.adminToken, waits).apply(secret('again', {}), MANAGER)
    if (code === undefined) await call
    else await fails(call, code, /^cannot apply Secret\/shop\/again: /)
    assert.deepEqual({ calls: server.calls.count('patch secrets'), waits }, { calls, waits: slept })
    server.clearFaults()
  })
}

test('a creation whose answer was lost is still ours', async () => {
  server.fault({ call: 'patch secrets', does: { reset: 'in-body' } })
  const { isCreated } = await admin().apply(secret('lost', { k: 'v' }), MANAGER)
  assert.equal(isCreated, true)
  await admin().create(secret('theirs', { other: 'v' }), 'kubectl')
  server.fault({ call: 'patch secrets', does: { reset: 'before' } })
  const second = await admin().apply(secret('theirs', { k: 'v' }), MANAGER)
  assert.equal(second.isCreated, false, 'somebody else holds fields of it')
})

test('the token is asked for every call, so that a rotated one is used', async () => {
  const tokens = ['old', server.adminToken]
  const rotating: Connection = {
    ...connection(server, ''),
    token: async () => SecretValue.fromText(tokens.shift() ?? ''),
  }
  const api = createKubeApi(rotating, http, options([]))
  await fails(api.get(ref('Secret', 'x')), 'unauthorized', /./)
  assert.equal(await api.get(ref('Secret', 'never')), undefined)
})

test('a server whose CA is not ours is untrusted', async () => {
  const api = createKubeApi({ ...connection(server, 'x'), ca: undefined }, http, options([]))
  await fails(api.get(ref('Secret', 'x')), 'untrusted', /certificate/)
})

// --- what the tests above share ---

function reply(status: number): Retry['does'] {
  return { reply: json(status, {}) }
}

function admin(): KubeApi {
  return apiOf(server, server.adminToken)
}

function apiOf(at: KubeServer, token: string, waits: number[] = []): KubeApi {
  return createKubeApi(connection(at, token), http, options(waits))
}

function options(waits: number[]): Parameters<typeof createKubeApi>[2] {
  return {
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    nowMs: () => 0,
    random: () => 0.5,
    sleep: async (delayMs) => {
      waits.push(delayMs)
    },
  }
}

function connection({ url, ca }: KubeServer, token: string): Connection {
  return {
    server: url,
    ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    isVerificationOff: false,
    namespace: 'default',
    token: async () => SecretValue.fromText(token),
  }
}

function names(name: string): JsonObject {
  return { name, namespace: 'shop' }
}

function custom(name: string, more: JsonObject): JsonObject {
  const apiVersion = 'external-secrets.io/v1'
  return { apiVersion, kind: 'ExternalSecret', metadata: names(name), ...more }
}

function ref(kind: string, name: string) {
  return { apiVersion: 'v1', kind, namespace: 'shop', name }
}

function secret(name: string, data: Record<string, string>, metadata: JsonObject = {}): JsonObject {
  const encoded = Object.entries(data).map(([key, value]) => [key, base64(value)])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop', ...metadata },
    data: Object.fromEntries(encoded),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function version(object: JsonObject): string {
  return String(dig(object, 'metadata', 'resourceVersion'))
}

async function fails(call: Promise<unknown>, code: KubeErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof KubeError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /canary|Y2FuYXJ5/)
    assert.equal(error.cause, undefined)
    return true
  })
}
