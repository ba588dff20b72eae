import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import type { PushBody, PushWrite } from '../../../src/model/push.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { crc32c } from '../../../src/providers/gcp/crc32c.ts'
import { openGcp, openGcpWriter } from '../../../src/providers/gcp/open.ts'
import { openStore } from '../../../src/providers/open.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import { type GcpOptions, type GcpServer, gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import {
  fetchMetadata,
  get,
  inShort,
  type TestCluster,
  type TestOpening,
  testClusterStore,
  testOpening,
  testStore,
} from './opening.ts'

// GCP Secret Manager beyond the contract of all providers: what its versions, labels, lists and errors mean.

const EMAIL = 'reader@shop-1.iam.gserviceaccount.com'
const ACCOUNT = makeServiceAccount(EMAIL)
const AUTH = { secretRef: { secretAccessKeySecretRef: { name: 'gcp', key: 'json' } } }
const SETTINGS = { projectID: 'shop-1', auth: AUTH }
const CLUSTER: TestCluster = { secrets: { 'shop/gcp': { json: ACCOUNT.json } } }

interface Opened {
  readonly gcp: GcpServer
  readonly opening: TestOpening
  readonly read: (...reads: readonly Read[]) => Promise<readonly Answer[]>
}

interface Start extends GcpOptions {
  readonly settings?: JsonObject
  readonly cluster?: TestCluster
}

async function start(t: TestContext, options: Start = {}): Promise<Opened> {
  const gcp = await startGcp({ keys: [ACCOUNT], ...options })
  const opening = testOpening({
    env: gcpEnv(gcp.url),
    cluster: options.cluster ?? CLUSTER,
    ...(options.clock === undefined ? {} : { nowMs: options.clock }),
  })
  t.after(() => {
    opening.close()
    return gcp.close()
  })
  const store = testStore('gcpsm', options.settings ?? SETTINGS)
  const provider = await openGcp(store, opening.context)
  gcp.calls.clear()
  return { gcp, opening, read: (...reads) => provider.read(reads, opening.context.signal) }
}

function failureOf(answer: Answer | undefined) {
  assert.ok(answer?.outcome === 'failed', inShort(answer))
  return answer.failure
}

function find(criteria: Partial<Read & { readonly op: 'find' }>): Read {
  return {
    op: 'find',
    store: 'SecretStore/shop/store',
    path: undefined,
    nameRegexp: undefined,
    tags: undefined,
    conversionStrategy: undefined,
    ...criteria,
  }
}

/** Found names, or the code of the failure. */
function names(answer: Answer | undefined): readonly string[] | string {
  return answer?.outcome === 'found-many' ? [...answer.payloads.keys()] : inShort(answer)
}

const callsOf = ({ calls }: GcpServer): readonly string[] => calls.all.map(({ call }) => call)

// ── versions ──

test('a payload of any bytes comes as it is', async (t) => {
  const bytes = Uint8Array.from([0, 255, 10, 13, 0xc3, 0x28])
  const { read } = await start(t, { secrets: { raw: { versions: [bytes] } } })
  const [answer] = await read(get('raw'))
  assert.ok(answer?.outcome === 'found')
  assert.deepEqual(Uint8Array.from(answer.payload.text?.reveal() ?? []), bytes)
})

test('an alias is a version, too', async (t) => {
  const secrets = { one: { versions: ['a', 'b', 'c'], aliases: { stable: 2 } } }
  const { read } = await start(t, { secrets })
  const answers = await read(get('one', 'stable'), get('one', '1'), get('one', 'none'))
  assert.deepEqual(answers.map(inShort), ['b', 'a', 'absent'])
})

test('a secret without versions is absent', async (t) => {
  const { read } = await start(t, { secrets: { empty: {} } })
  assert.deepEqual((await read(get('empty'))).map(inShort), ['absent'])
})

for (const state of ['DISABLED', 'DESTROYED'] as const) {
  test(`a version that is ${state} is gone, under a name of its own`, async (t) => {
    const { gcp, read } = await start(t, { secrets: { one: { versions: ['a', 'b'] } } })
    gcp.setState('one', 2, state)
    const [latest, second, first] = await read(get('one'), get('one', '2'), get('one', '1'))
    const gone = state.toLowerCase()
    assert.deepEqual(latest, { outcome: 'absent', gone: `the latest version of "one" is ${gone}` })
    assert.deepEqual(second, { outcome: 'absent', gone: `version 2 of "one" is ${gone}` })
    assert.equal(inShort(first), 'a')
  })
}

const FETCH = { ...SETTINGS, secretVersionSelectionPolicy: 'LatestOrFetch' }

test('LatestOrFetch takes the newest version that is enabled', async (t) => {
  const secrets = { one: { versions: ['a', 'b', 'c', 'd'] } }
  const { gcp, read } = await start(t, { secrets, settings: FETCH, pageSizeMax: 1 })
  gcp.setState('one', 4, 'DISABLED')
  gcp.setState('one', 3, 'DESTROYED')
  assert.deepEqual((await read(get('one'))).map(inShort), ['b'])
  const [access, list] = ['secretmanager:AccessSecretVersion', 'secretmanager:ListSecretVersions']
  assert.deepEqual(callsOf(gcp), [access, list, list, access])
})

test('LatestOrFetch without an enabled version says what became of the latest', async (t) => {
  const { gcp, read } = await start(t, { secrets: { one: 'a' }, settings: FETCH })
  gcp.setState('one', 1, 'DESTROYED')
  const [answer] = await read(get('one'))
  assert.deepEqual(answer, { outcome: 'absent', gone: 'the latest version of "one" is destroyed' })
})

test('LatestOrFetch lists nothing while the latest version is fine, nor for a version by name', async (t) => {
  const secrets = { one: { versions: ['a', 'b'] } }
  const { gcp, read } = await start(t, { secrets, settings: FETCH })
  gcp.setState('one', 1, 'DISABLED')
  const answers = await read(get('one'), get('one', '1'), get('none'))
  assert.deepEqual(answers.map(inShort), ['b', 'absent', 'absent'])
  assert.equal(gcp.calls.count('secretmanager:ListSecretVersions'), 0)
})

test('a list of versions that may not be seen fails the read, and says which role it needs', async (t) => {
  const { gcp, read } = await start(t, {
    secrets: { one: 'a' },
    settings: FETCH,
    isAllowed: (_, method) => method !== 'ListSecretVersions',
  })
  gcp.setState('one', 1, 'DISABLED')
  const { code, message, hint } = failureOf((await read(get('one')))[0])
  assert.equal(code, 'forbidden')
  assert.match(message, /ListSecretVersions of "one"/)
  assert.match(hint ?? '', /roles\/secretmanager\.viewer/)
})

test('bytes that do not fit their checksum are no value', async (t) => {
  const { gcp, read } = await start(t, { secrets: { one: 'value' } })
  gcp.damage('one')
  const { code, message } = failureOf((await read(get('one')))[0])
  assert.deepEqual([code, /checksum/.test(message)], ['malformed', true])
})

const CRC_ROWS: readonly (readonly [story: string, text: string, crc: number])[] = [
  ['the check value of the catalogue', '123456789', 0xe3069283],
  ['nothing', '', 0],
  ['32 zeros of RFC 3720', '\0'.repeat(32), 0x8a9136aa],
]

for (const [story, text, crc] of CRC_ROWS) {
  test(`CRC-32C: ${story}`, () => {
    assert.equal(crc32c(new TextEncoder().encode(text)), crc)
  })
}

// ── places ──

test('secrets of a location are asked for there', async (t) => {
  const settings = { ...SETTINGS, location: 'europe-west3' }
  const options = { location: 'europe-west3', secrets: { one: { versions: ['a'] } }, settings }
  const { read } = await start(t, options)
  const [one, meta, many] = await read(get('one'), fetchMetadata('one'), find({ nameRegexp: 'o' }))
  assert.deepEqual([inShort(one), inShort(meta), names(many)], ['a', 'nothing', ['one']])
})

test('the host of a location is its own', async () => {
  const asked: string[] = []
  const { context, close } = testOpening({ cluster: CLUSTER })
  const http = {
    ...context.http,
    request: async ({ url }: { readonly url: string }) => {
      asked.push(url)
      const body = new TextEncoder().encode('{"access_token":"t","expires_in":3600}')
      return { status: 200, headers: {}, body }
    },
  }
  for (const location of ['', 'europe-west3']) {
    const store = testStore('gcpsm', { ...SETTINGS, location })
    const provider = await openGcp(store, { ...context, http })
    await provider.read([get('one')], context.signal)
  }
  close()
  assert.deepEqual(asked, [
    'https://oauth2.googleapis.com/token',
    'https://secretmanager.googleapis.com/v1/projects/shop-1/secrets/one/versions/latest:access',
    'https://oauth2.googleapis.com/token',
    'https://secretmanager.europe-west3.rep.googleapis.com/v1/projects/shop-1/locations/europe-west3/secrets/one/versions/latest:access',
  ])
})

test('a project that is not there is no absence', async (t) => {
  const settings = { ...SETTINGS, projectID: 'shop-2' }
  const { read } = await start(t, { secrets: { one: 'a' }, settings })
  const { code, message, hint } = failureOf((await read(get('one')))[0])
  assert.deepEqual([code, hint], ['invalid', 'check spec.provider.gcpsm.projectID'])
  assert.match(message, /project shop-2/)
})

test('an API that is off says how to turn it on', async (t) => {
  const { gcp, read } = await start(t, { secrets: { one: 'a' } })
  const error = {
    code: 403,
    status: 'PERMISSION_DENIED',
    message: 'Secret Manager API has not been used in project 1 before or it is disabled.',
    details: [{ reason: 'SERVICE_DISABLED' }],
  }
  gcp.fault({ does: { reply: { status: 403, body: JSON.stringify({ error }) } } })
  const { hint } = failureOf((await read(get('one')))[0])
  assert.equal(hint, 'gcloud services enable secretmanager.googleapis.com --project=shop-1')
})

const BAD_SETTINGS: readonly (readonly [story: string, settings: JsonObject, words: RegExp])[] = [
  ['no project beside a key', { auth: AUTH }, /names no project/],
  ['a project that is a path', { ...SETTINGS, projectID: 'a/../b' }, /no id of a project/],
  ['a location that is a host', { ...SETTINGS, location: 'evil.com/' }, /no name of a location/],
]

for (const [story, settings, words] of BAD_SETTINGS) {
  test(`settings: ${story} is refused before any call`, async () => {
    const { context, calls, close } = testOpening({ cluster: CLUSTER })
    await assert.rejects(openGcp(testStore('gcpsm', settings), context), words)
    close()
    assert.deepEqual(calls, [])
  })
}

const BAD_KEYS: readonly (readonly [key: string, version: string | undefined, hint: RegExp])[] = [
  ['projects/shop-1/secrets/one', undefined, /id of the secret alone/],
  ['../one', undefined, /letters, digits/],
  ['', undefined, /letters, digits/],
  ['a.b', undefined, /letters, digits/],
  ['one', '1:destroy', /latest, or an alias/],
  ['one', '../2', /latest, or an alias/],
]

for (const [key, version, hint] of BAD_KEYS) {
  test(`key "${key}" in version ${version} is refused before any call`, async (t) => {
    const { gcp, read } = await start(t)
    const failure = failureOf((await read(get(key, version)))[0])
    assert.equal(failure.code, 'invalid')
    assert.match(failure.hint ?? '', hint)
    assert.equal(gcp.calls.count(), 0)
  })
}

// ── metadata ──

test('Fetch gives labels and annotations, of a secret without any as well', async (t) => {
  const secrets = {
    one: { versions: ['x'], labels: { team: 'a' }, annotations: { 'managed-by': 'eso' } },
    two: { versions: ['x'] },
  }
  const { gcp, read } = await start(t, { secrets })
  const answers = await read(fetchMetadata('one'), fetchMetadata('two'), fetchMetadata('none'))
  const maps = answers.map((answer) =>
    answer.outcome === 'found'
      ? [answer.payload.metadata?.labels, answer.payload.metadata?.annotations]
      : answer.outcome,
  )
  assert.deepEqual(maps, [
    [new Map([['team', 'a']]), new Map([['managed-by', 'eso']])],
    [undefined, undefined],
    'absent',
  ])
  assert.equal(gcp.calls.count('secretmanager:AccessSecretVersion'), 0)
})

// ── find ──

const FLEET = {
  'db-a': { versions: ['1'], labels: { env: 'prod', team: 'db' } },
  'db-b': { versions: ['2'], labels: { env: 'test', team: 'db' } },
  'my-db': { versions: ['3'], labels: { env: 'prod', team: 'web' } },
  empty: {},
  web: { versions: ['4'], labels: { env: 'production' } },
}

const FIND_ROWS: readonly (readonly [
  story: string,
  criteria: Partial<Read & { readonly op: 'find' }>,
  found: readonly string[],
])[] = [
  ['a pattern is searched for anywhere', { nameRegexp: 'db' }, ['db-a', 'db-b', 'my-db']],
  ['an anchored pattern', { nameRegexp: '^db-[a]$' }, ['db-a']],
  [
    'a path is a prefix, whatever the filter finds',
    { nameRegexp: '.*', path: 'db' },
    ['db-a', 'db-b'],
  ],
  ['a path that is no word of the filter language', { nameRegexp: '.*', path: 'd b' }, []],
  ['one tag', { tags: new Map([['team', 'db']]) }, ['db-a', 'db-b']],
  [
    'two tags',
    {
      tags: new Map([
        ['team', 'db'],
        ['env', 'prod'],
      ]),
    },
    ['db-a'],
  ],
  ['a tag and a path', { tags: new Map([['env', 'prod']]), path: 'my' }, ['my-db']],
  ['a tag and a name', { tags: new Map([['env', 'prod']]), nameRegexp: '^db' }, ['db-a']],
  ['a tag that no label can have', { tags: new Map([['env', 'a OR b']]) }, []],
  ['a secret without a version is left out', { nameRegexp: 'e' }, ['web']],
]

for (const [story, criteria, found] of FIND_ROWS) {
  test(`find: ${story}`, async (t) => {
    const { read } = await start(t, { secrets: FLEET, pageSizeMax: 2 })
    const [answer] = await read(find(criteria))
    assert.deepEqual(names(answer), found)
  })
}

test('find reads each of what it found once, and lists in pages', async (t) => {
  const { gcp, read } = await start(t, { secrets: FLEET, pageSizeMax: 2 })
  const [answer] = await read(find({ nameRegexp: 'db' }))
  assert.ok(answer?.outcome === 'found-many')
  assert.equal(gcp.calls.count('secretmanager:ListSecrets'), 3)
  assert.equal(gcp.calls.count('secretmanager:AccessSecretVersion'), 3)
})

test('find fails when one of them may not be read: a part would look like a deletion', async (t) => {
  const isAllowed = (_: string, _method: string, key: string): boolean => key !== 'db-b'
  const { read } = await start(t, { secrets: FLEET, isAllowed })
  const { code, message } = failureOf((await read(find({ nameRegexp: 'db' })))[0])
  assert.deepEqual([code, /"db-b"/.test(message)], ['forbidden', true])
})

test('find fails when the latest version of one was turned off, and takes an older one if it may', async (t) => {
  const secrets = { 'db-a': { versions: ['1', '2'] }, 'db-b': { versions: ['3'] } }
  for (const settings of [SETTINGS, FETCH]) {
    const { gcp, read } = await start(t, { secrets, settings })
    gcp.setState('db-a', 2, 'DISABLED')
    const [answer] = await read(find({ nameRegexp: 'db' }))
    if (settings === FETCH) assert.deepEqual(names(answer), ['db-a', 'db-b'])
    else assert.equal(failureOf(answer).message, 'find: the latest version of "db-a" is disabled')
  }
})

test('find without a right to list says which role it needs, and on what', async (t) => {
  const { read } = await start(t, { isAllowed: (_, method) => method !== 'ListSecrets' })
  const { code, hint } = failureOf((await read(find({ nameRegexp: 'db' })))[0])
  assert.equal(code, 'forbidden')
  assert.match(
    hint ?? '',
    /gcloud projects add-iam-policy-binding shop-1 --member="serviceAccount:reader@/,
  )
})

test('find of everything, or by a pattern that is none, is refused before any call', async (t) => {
  const { gcp, read } = await start(t)
  const answers = await read(find({ path: 'db' }), find({ nameRegexp: '[' }))
  assert.deepEqual(answers.map(inShort), ['invalid', 'invalid'])
  assert.equal(gcp.calls.count(), 0)
})

test('find takes no other JSON for an empty list', async (t) => {
  const { gcp, read } = await start(t)
  for (const body of ['{"items":[]}', '{"secrets":{}}', '[]']) {
    gcp.fault({ does: { reply: { status: 200, body } } })
    assert.deepEqual((await read(find({ nameRegexp: 'x' }))).map(inShort), ['malformed'])
  }
  assert.deepEqual(names((await read(find({ nameRegexp: 'x' })))[0]), [])
})

// ── refusals and pauses ──

test('a refusal names who asked, and the command that would allow it', async (t) => {
  const { read } = await start(t, { secrets: { one: 'a' }, isAllowed: () => false })
  const { code, message, hint } = failureOf((await read(get('one')))[0])
  assert.equal(code, 'forbidden')
  assert.equal(
    message,
    `secretmanager AccessSecretVersion of "one" in project shop-1 is not allowed to service account ${EMAIL}: PERMISSION_DENIED (HTTP 403)`,
  )
  assert.equal(
    hint,
    `gcloud secrets add-iam-policy-binding one --project=shop-1 --member="serviceAccount:${EMAIL}" --role=roles/secretmanager.secretAccessor`,
  )
})

test('a token that died is renewed once, and the read goes on', async (t) => {
  const { gcp, read } = await start(t, { secrets: { one: 'a', two: 'b' } })
  gcp.revokeAll()
  const answers = await read(get('one'), get('two'))
  assert.deepEqual(answers.map(inShort), ['a', 'b'])
  assert.equal(gcp.calls.count('oauth2:Token'), 1)
})

test('tokens that are refused again and again cost one login a minute', async (t) => {
  let nowMs = Date.now()
  const { gcp, read } = await start(t, { secrets: { one: 'a' }, clock: () => nowMs })
  const error = { code: 401, status: 'UNAUTHENTICATED', message: 'x' }
  const does = { reply: { status: 401, body: JSON.stringify({ error }) } }
  gcp.fault({ call: 'secretmanager:AccessSecretVersion', times: 99, does })
  const reads = Array.from({ length: 20 }, () => get('one'))
  const answers = await read(...reads)
  assert.deepEqual(new Set(answers.map(inShort)), new Set(['unauthenticated']))
  assert.equal(gcp.calls.count('oauth2:Token'), 1)
  nowMs += 61_000
  await read(get('one'))
  assert.equal(gcp.calls.count('oauth2:Token'), 2)
})

test('a token is used until five minutes before its end', async (t) => {
  let nowMs = Date.now()
  const { gcp, read } = await start(t, { secrets: { one: 'a' }, clock: () => nowMs })
  nowMs += 54 * 60_000
  await read(get('one'))
  assert.equal(gcp.calls.count('oauth2:Token'), 0)
  nowMs += 2 * 60_000
  const answers = await read(get('one'), get('one'), get('one'))
  assert.deepEqual(answers.map(inShort), ['a', 'a', 'a'])
  assert.equal(gcp.calls.count('oauth2:Token'), 1)
})

test('throttling waits as long as it is asked to', async (t) => {
  const { gcp, opening, read } = await start(t, { secrets: { one: 'a' } })
  const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'x' }
  const reply = { status: 429, headers: { 'retry-after': '3' }, body: JSON.stringify({ error }) }
  gcp.fault({ times: 1, does: { reply } })
  gcp.fault({ times: 1, does: { reply: { ...reply, headers: {} } } })
  assert.deepEqual((await read(get('one'))).map(inShort), ['a'])
  assert.deepEqual(opening.slept, [3000, 500])
})

test('retrySettings of the store count repetitions', async (t) => {
  const store = testStore('gcpsm', SETTINGS, {
    retrySettings: { maxRetries: 1, retryInterval: '2s' },
  })
  const gcp = await startGcp({ keys: [ACCOUNT], secrets: { one: 'a' } })
  const { context, slept, close } = testOpening({ env: gcpEnv(gcp.url), cluster: CLUSTER })
  t.after(() => {
    close()
    return gcp.close()
  })
  const provider = await openGcp(store, context)
  gcp.fault({ times: 9, does: { reply: { status: 500, body: '' } } })
  const answers = await provider.read([get('one')], context.signal)
  assert.deepEqual([answers.map(inShort), slept], [['unavailable'], [2000]])
})

test('a store is asked by many at once, whatever other stores do', async (t) => {
  const secrets = Object.fromEntries(Array.from({ length: 24 }, (_, at) => [`s${at}`, 'x']))
  const { gcp, read } = await start(t, { secrets })
  gcp.fault({ times: 24, does: { delayMs: 40 } })
  await read(...Object.keys(secrets).map((key) => get(key)))
  const sockets = gcp.calls.connections()
  assert.ok(sockets > 8, `${sockets} calls at once`)
})

test('a ClusterSecretStore is opened by its name, too, and generates nothing', async (t) => {
  const gcp = await startGcp({ keys: [ACCOUNT], secrets: { one: 'a' } })
  const { context, close } = testOpening({
    env: gcpEnv(gcp.url),
    cluster: { secrets: { 'infra/gcp': { json: ACCOUNT.json } } },
  })
  t.after(() => {
    close()
    return gcp.close()
  })
  const secretAccessKeySecretRef = { name: 'gcp', key: 'json', namespace: 'infra' }
  const auth = { secretRef: { secretAccessKeySecretRef } }
  const provider = await openStore(testClusterStore('gcpsm', { ...SETTINGS, auth }), context)
  const generate = { op: 'generate', generator: 'x', namespace: 'shop', entry: 'y' } as const
  const answers = await provider.read([get('one'), generate], context.signal)
  assert.deepEqual(answers.map(inShort), ['a', 'unsupported'])
  await provider.close()
})

test('what is thrown is a ProviderError with the code of its cause', async () => {
  const { context, close } = testOpening({ env: gcpEnv('http://127.0.0.1:9'), cluster: CLUSTER })
  const opening = openGcp(testStore('gcpsm', SETTINGS), context)
  await assert.rejects(opening, (error: unknown) => {
    assert.ok(error instanceof ProviderError)
    assert.equal(error.code, 'unavailable')
    return true
  })
  close()
})

// ── push ──

const MARKS = { labels: new Map([['managed-by', 'external-secrets']]), annotations: new Map() }
const bytesOf = (text: string): PushBody => ({ shape: 'bytes', bytes: SecretValue.fromText(text) })

async function startWriter(t: TestContext, options: Start = {}) {
  const gcp = await startGcp({ keys: [ACCOUNT], ...options })
  const opening = testOpening({ env: gcpEnv(gcp.url), cluster: CLUSTER })
  t.after(() => {
    opening.close()
    return gcp.close()
  })
  const store = testStore('gcpsm', options.settings ?? SETTINGS)
  const writer = await openGcpWriter(store, opening.context)
  const { signal } = opening.context
  const write = (remoteKey: string, more: Partial<PushWrite> = {}): Promise<void> => {
    const body = bytesOf('value')
    const whole = { remoteKey, spec: {}, body, marks: MARKS, type: '', observed: undefined }
    return writer.write({ ...whole, ...more }, signal)
  }
  const observe = (remoteKey: string) => writer.observe({ remoteKey, spec: {} }, signal)
  return { gcp, writer, write, observe, signal }
}

const KMS = 'projects/p/locations/eu/keyRings/r/cryptoKeys/k'
const encryption = { customerManagedEncryption: { kmsKeyName: KMS } }

const REPLICATIONS: readonly (readonly [story: string, spec: JsonObject, created: object])[] = [
  ['by Google', {}, { replication: { automatic: {} } }],
  ['by Google, by a key of ours', { cmekKeyName: KMS }, { replication: { automatic: encryption } }],
  [
    'in one place, by a key of ours',
    { replicationLocation: 'eu', cmekKeyName: KMS },
    { replication: { userManaged: { replicas: [{ location: 'eu', ...encryption }] } } },
  ],
  [
    'in several places, which win over the one',
    { replicationLocation: 'x', replicationLocations: ['a', 'b'] },
    { replication: { userManaged: { replicas: [{ location: 'a' }, { location: 'b' }] } } },
  ],
  [
    'with topics',
    { topics: ['projects/p/topics/t'] },
    { replication: { automatic: {} }, topics: [{ name: 'projects/p/topics/t' }] },
  ],
]

for (const [story, spec, created] of REPLICATIONS) {
  test(`push: a new secret is kept ${story}`, async (t) => {
    const { gcp, write } = await startWriter(t)
    await write('one', { spec })
    const { labels, annotations, ...rest } = gcp.secret('one').created
    assert.deepEqual([labels, annotations], [{ 'managed-by': 'external-secrets' }, {}])
    assert.deepEqual(rest, created)
  })
}

test('push: a secret of a location has its place already', async (t) => {
  const settings = { ...SETTINGS, location: 'europe-west3' }
  const { gcp, write } = await startWriter(t, { location: 'europe-west3', settings })
  await write('one', { spec: { replicationLocation: 'eu', cmekKeyName: KMS } })
  const { labels, annotations, ...rest } = gcp.secret('one').created
  assert.deepEqual(rest, encryption)
})

test('push: labels and annotations alone make no version, a value alone leaves them', async (t) => {
  const { gcp, write, observe } = await startWriter(t)
  await write('one')
  const seen = await observe('one')
  const annotations = new Map([['team', 'a']])
  gcp.calls.clear()
  await write('one', { observed: seen, marks: { ...MARKS, annotations } })
  assert.deepEqual(callsOf(gcp), ['secretmanager:UpdateSecret'])
  assert.deepEqual(gcp.secret('one').annotations, { team: 'a' })
  const again = await observe('one')
  gcp.calls.clear()
  await write('one', {
    observed: again,
    marks: { ...MARKS, annotations },
    body: bytesOf('another'),
  })
  assert.deepEqual(callsOf(gcp), ['secretmanager:AddSecretVersion'])
})

test('push: what has changed since it was seen is a conflict', async (t) => {
  const { gcp, writer, write, observe, signal } = await startWriter(t)
  await write('one')
  const seen = await observe('one')
  assert.ok(seen !== undefined)
  gcp.secret('one').revision++
  const marks = { ...MARKS, annotations: new Map([['a', 'b']]) }
  const isConflict = { code: 'conflict' }
  await assert.rejects(write('one', { observed: seen, marks }), isConflict)
  const place = { remoteKey: 'one', spec: {} }
  await assert.rejects(writer.remove(place, seen, signal), isConflict)
  await assert.rejects(write('one'), isConflict)
  await assert.rejects(write('two', { observed: { ...seen, body: undefined } }), isConflict)
})

test('push: a latest version that was turned off is left to people', async (t) => {
  const { gcp, write, observe } = await startWriter(t)
  await write('one')
  gcp.setState('one', 1, 'DISABLED')
  await assert.rejects(observe('one'), /the latest version of "one" is disabled/)
})

test('push: a project that is not there is no conflict and no absence', async (t) => {
  const settings = { ...SETTINGS, projectID: 'shop-2' }
  const { write, observe } = await startWriter(t, { settings })
  await assert.rejects(observe('one'), { code: 'invalid' })
  await assert.rejects(write('one'), { code: 'invalid' })
})
