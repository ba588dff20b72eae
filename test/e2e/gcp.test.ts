import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import type { JsonObject } from '../../src/model/json.ts'
import type { Answer } from '../../src/model/provider.ts'
import type { PushBody } from '../../src/model/push.ts'
import { SecretValue } from '../../src/model/secret-value.ts'
import { openGcp, openGcpWriter } from '../../src/providers/gcp/open.ts'
import { type GcpOptions, type GcpServer, gcpEnv, startGcp } from '../servers/gcp.ts'
import { makeServiceAccount } from '../servers/gcp-auth.ts'
import { serviceAccountClaims, startIssuer } from '../servers/jwt.ts'
import {
  fetchMetadata,
  get,
  type TestCluster,
  testOpening,
  testStore,
} from '../unit/providers/opening.ts'
import { openBed, program } from './bed.ts'

// Google's own client library (`gsmcall` of the test bed) asks our server what our provider asks it. Both get in by the
// same ways, make the same calls and get the same answers: so the server is what Google's client takes for Google, and
// the provider reads as that client does.

const bed = openBed('gcp')
after(() => bed.down())
const EMAIL = 'reader@shop-1.iam.gserviceaccount.com'
const ACCOUNT = makeServiceAccount(EMAIL)
const issuer = startIssuer('https://kubernetes.default.svc', 'RS256')
const POOL = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/shop'
const SUBJECT = 'system:serviceaccount:shop:reader'
const AWS_KEYS = { id: 'AKIATESTTESTTEST', secret: 'aws-secret-key-of-the-user' }

const SERVER: GcpOptions = {
  keys: [ACCOUNT],
  pageSizeMax: 2,
  isAllowed: (_, _method, key) => key !== 'locked',
  pools: [
    { audience: `${POOL}/providers/cluster`, jwks: issuer.jwks, allowedAudience: 'for-google' },
    {
      audience: `${POOL}/providers/aws`,
      aws: {
        region: 'eu-central-1',
        keys: [{ ...AWS_KEYS, sessionToken: undefined, expiresMs: undefined }],
      },
    },
  ],
  impersonators: { [EMAIL]: [`principal:${POOL}/subject/${SUBJECT}`] },
  secrets: {
    one: { versions: ['old', 'new'], labels: { team: 'a' } },
    'db-a': { versions: ['1'], labels: { env: 'prod' } },
    'db-b': { versions: ['2'], labels: { env: 'test' } },
    off: { versions: ['x'] },
    empty: {},
    locked: 'x',
  },
}

/** What Google's client takes to log in, and what a store says about the same. */
interface Login {
  readonly story: string
  readonly google: JsonObject
  readonly auth: JsonObject
}

const wif = (members: JsonObject): JsonObject => ({ workloadIdentityFederation: members })
const token = (): string =>
  issuer.sign(serviceAccountClaims('shop', 'reader', ['for-google'], Date.now()))
const serviceAccountRef = { name: 'reader', audiences: ['for-google'] }

const LOGINS: readonly Login[] = [
  {
    story: 'a key',
    google: { key: JSON.parse(ACCOUNT.json) as JsonObject },
    auth: { secretRef: { secretAccessKeySecretRef: { name: 'gcp', key: 'json' } } },
  },
  {
    story: 'a federated ServiceAccount',
    google: { audience: `${POOL}/providers/cluster`, token: token() },
    auth: wif({ audience: `${POOL}/providers/cluster`, serviceAccountRef }),
  },
  {
    story: 'one that becomes a service account',
    google: { audience: `${POOL}/providers/cluster`, token: token(), email: EMAIL },
    auth: wif({
      audience: `${POOL}/providers/cluster`,
      serviceAccountRef,
      gcpServiceAccountEmail: EMAIL,
    }),
  },
  {
    story: 'AWS keys',
    google: {
      audience: `${POOL}/providers/aws`,
      region: 'eu-central-1',
      awsId: AWS_KEYS.id,
      awsKey: AWS_KEYS.secret,
    },
    auth: wif({
      audience: `${POOL}/providers/aws`,
      awsSecurityCredentials: {
        region: 'eu-central-1',
        awsCredentialsSecretRef: { name: 'aws' },
      },
    }),
  },
]

const CLUSTER: TestCluster = {
  secrets: {
    'shop/gcp': { json: ACCOUNT.json },
    'shop/aws': { aws_access_key_id: AWS_KEYS.id, aws_secret_access_key: AWS_KEYS.secret },
  },
  accounts: { 'shop/reader': {} },
  token,
}

interface Question {
  readonly op: 'access' | 'get' | 'list' | 'create' | 'update' | 'add' | 'delete'
  readonly name: string
  readonly filter?: string
  readonly key?: string
  readonly value?: string
  readonly etag?: string
  readonly labels?: Readonly<Record<string, string>>
}

interface GoogleAnswer {
  readonly value?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly names?: readonly string[]
  readonly error?: string
}

async function askByGoogle(
  url: string,
  login: JsonObject,
  questions: readonly Question[],
): Promise<readonly GoogleAnswer[]> {
  const input = JSON.stringify({ login, questions })
  const { code, out, err } = await program(join(bed.bin, 'gsmcall'), [url], { input })
  assert.equal(code, 0, err)
  return JSON.parse(out) as readonly GoogleAnswer[]
}

async function server(t: TestContext): Promise<GcpServer> {
  const gcp = await startGcp(SERVER)
  gcp.setState('off', 1, 'DISABLED')
  t.after(() => gcp.close())
  return gcp
}

/** Gone on purpose is an error to Google's client, and so is absence. */
function asGoogleSays(answer: Answer): GoogleAnswer {
  switch (answer.outcome) {
    case 'found': {
      const { text, metadata } = answer.payload
      if (text !== undefined) return { value: Buffer.from(text.reveal()).toString('base64') }
      return { labels: Object.fromEntries(metadata?.labels ?? []) }
    }
    case 'found-many':
      return { names: [...answer.payloads.keys()] }
    case 'absent':
      return { error: answer.gone === undefined ? 'NOT_FOUND' : 'FAILED_PRECONDITION' }
    case 'failed':
      return { error: answer.failure.code === 'forbidden' ? 'PERMISSION_DENIED' : 'other' }
    case 'generated':
      return { error: 'other' }
  }
}

const find = (tags: ReadonlyMap<string, string> | undefined, path: string | undefined) => ({
  op: 'find' as const,
  store: 'SecretStore/shop/store',
  path,
  nameRegexp: tags === undefined ? '.' : undefined,
  tags,
  conversionStrategy: undefined,
})

const PARENT = 'projects/shop-1'
const SECRETS = `${PARENT}/secrets`

for (const { story, google, auth } of LOGINS) {
  test(`Google's client and ours get in by ${story}, and read the same`, async (t) => {
    const gcp = await server(t)
    const theirs = await askByGoogle(gcp.url, google, [
      { op: 'access', name: `${SECRETS}/one/versions/latest` },
      { op: 'access', name: `${SECRETS}/one/versions/1` },
      { op: 'access', name: `${SECRETS}/one/versions/9` },
      { op: 'access', name: `${SECRETS}/none/versions/latest` },
      { op: 'access', name: `${SECRETS}/empty/versions/latest` },
      { op: 'access', name: `${SECRETS}/off/versions/latest` },
      { op: 'access', name: `${SECRETS}/locked/versions/latest` },
      { op: 'get', name: `${SECRETS}/one` },
    ])
    const theirCalls = gcp.calls.all.map(({ call, status }) => `${call} ${status}`)
    const theirWho = new Set(gcp.calls.all.map(({ principal }) => principal))
    gcp.calls.clear()
    const { context, close } = testOpening({ env: gcpEnv(gcp.url), cluster: CLUSTER })
    t.after(close)
    const provider = await openGcp(testStore('gcpsm', { projectID: 'shop-1', auth }), context)
    const ours: GoogleAnswer[] = []
    for (const read of [
      get('one'),
      get('one', '1'),
      get('one', '9'),
      get('none'),
      get('empty'),
      get('off'),
      get('locked'),
      fetchMetadata('one'),
    ]) {
      ours.push(...(await provider.read([read], context.signal)).map(asGoogleSays))
    }
    assert.deepEqual(ours, theirs)
    const calls = gcp.calls.all.map(({ call, status }) => `${call} ${status}`)
    assert.deepEqual(calls, theirCalls)
    assert.deepEqual(new Set(gcp.calls.all.map(({ principal }) => principal)), theirWho)
  })
}

const LISTS: readonly (readonly [story: string, filter: string, tags: Parameters<typeof find>])[] =
  [
    ['a label', 'labels.env=prod', [new Map([['env', 'prod']]), undefined]],
    ['a piece of a name', 'name:db', [undefined, 'db']],
  ]

for (const [story, filter, criteria] of LISTS) {
  test(`Google's client and ours find the same by ${story}, page by page`, async (t) => {
    const gcp = await server(t)
    const [login] = LOGINS
    assert.ok(login !== undefined)
    const question = { op: 'list', name: PARENT, filter } as const
    const [theirs] = await askByGoogle(gcp.url, login.google, [question])
    const { context, close } = testOpening({ env: gcpEnv(gcp.url), cluster: CLUSTER })
    t.after(close)
    const store = testStore('gcpsm', { projectID: 'shop-1', auth: login.auth })
    const provider = await openGcp(store, context)
    const [answer] = await provider.read([find(...criteria)], context.signal)
    assert.ok(answer?.outcome === 'found-many')
    const names = (theirs?.names ?? []).map((name) => name.split('/').at(-1))
    assert.deepEqual([...answer.payloads.keys()], names)
  })
}

const MANAGED = { 'managed-by': 'external-secrets' }
const bytes = (text: string): PushBody => ({ shape: 'bytes', bytes: SecretValue.fromText(text) })

test("Google's client and ours push by the same calls, and read each other's secrets", async (t) => {
  const gcp = await server(t)
  const [login] = LOGINS
  assert.ok(login !== undefined)
  const name = `${SECRETS}/pushed`
  const theirs = await askByGoogle(gcp.url, login.google, [
    { op: 'create', name: PARENT, key: 'pushed', labels: MANAGED },
    { op: 'add', name, value: 'first' },
    { op: 'update', name, etag: '"1"', labels: { ...MANAGED, team: 'a' } },
    { op: 'update', name, etag: '"1"', labels: MANAGED },
    { op: 'create', name: PARENT, key: 'pushed', labels: MANAGED },
    { op: 'add', name: `${SECRETS}/none`, value: 'x' },
  ])
  const refusals = ['FAILED_PRECONDITION', 'ALREADY_EXISTS', 'NOT_FOUND'].map((error) => ({
    error,
  }))
  assert.deepEqual(theirs, [{}, {}, {}, ...refusals])
  const theirCalls = gcp.calls.all.slice(1, 4).map(({ call, status }) => `${call} ${status}`)

  const { context, close } = testOpening({ env: gcpEnv(gcp.url), cluster: CLUSTER })
  t.after(close)
  const store = testStore('gcpsm', { projectID: 'shop-1', auth: login.auth })
  const writer = await openGcpWriter(store, context)
  const place = { remoteKey: 'pushed', spec: {} }
  const seen = await writer.observe(place, context.signal)
  assert.ok(seen?.isManaged === true && seen.body?.shape === 'bytes')
  assert.equal(new TextDecoder().decode(seen.body.bytes.reveal()), 'first')
  await writer.remove(place, seen, context.signal)

  gcp.calls.clear()
  const marks = { labels: new Map(Object.entries(MANAGED)), annotations: new Map() }
  const write = { ...place, body: bytes('second'), marks, type: '', observed: undefined }
  await writer.write(write, context.signal)
  const made = await writer.observe(place, context.signal)
  const labels = new Map([...marks.labels, ['team', 'a']])
  await writer.write({ ...write, observed: made, marks: { ...marks, labels } }, context.signal)
  const changes = gcp.calls.all.filter(({ call }) => /Create|Add|Update/.test(call))
  assert.deepEqual(
    changes.map(({ call, status }) => `${call} ${status}`),
    theirCalls,
  )
  const read = await askByGoogle(gcp.url, login.google, [
    { op: 'access', name: `${name}/versions/latest` },
    { op: 'get', name },
    { op: 'delete', name, etag: '"2"' },
    { op: 'get', name },
  ])
  const value = Buffer.from('second').toString('base64')
  const gone = { error: 'NOT_FOUND' }
  assert.deepEqual(read, [{ value }, { labels: { ...MANAGED, team: 'a' } }, {}, gone])
})
