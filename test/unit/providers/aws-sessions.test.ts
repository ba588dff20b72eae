import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpClient } from '../../../src/model/http.ts'
import { batchPace } from '../../../src/providers/aws/pace.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { createPace } from '../../../src/sync/pace.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import type { AwsRole } from '../../servers/aws-sts.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import { json, startServer } from '../../servers/server.ts'
import {
  bench,
  callsOf,
  KEY,
  KEYS_AUTH,
  LIMITS,
  REGION,
  readAll,
  readOne,
  refusalOf,
  USER,
} from './aws-bench.ts'
import { get, inShort, type TestCluster, testStore } from './opening.ts'

// Logins that are shared, the metadata server of a machine, clocks, and the quota of the batch call.

const issuer = startIssuer('https://oidc.example')
const ROLE: AwsRole = {
  arn: 'arn:aws:iam::123456789012:role/reader',
  trust: { subjects: ['system:serviceaccount:shop:reader', 'system:serviceaccount:shop:other'] },
}
const IRSA = { roles: [ROLE], jwks: issuer.jwks, issuer: issuer.issuer }
const annotated = { 'eks.amazonaws.com/role-arn': ROLE.arn }
const CLUSTER: TestCluster = {
  accounts: { 'shop/reader': annotated, 'shop/other': annotated },
  token: (account, audiences) => {
    const [namespace = '', name = ''] = account.split('/')
    return issuer.sign(serviceAccountClaims(namespace, name, audiences, Date.now()))
  },
}
const as = (name: string) => ({ auth: { jwt: { serviceAccountRef: { name } } } })

// ── One login per identity and chain ──

test('stores of one identity share one login, also when they open at once', async (t) => {
  const { aws, open } = await bench(t, { ...IRSA, parameters: { '/p': 'v' } }, CLUSTER)
  const services = ['SecretsManager', 'ParameterStore', 'SecretsManager']
  const stores = await Promise.all(services.map((service) => open({ service, ...as('reader') })))
  await open(as('reader'))
  assert.equal(aws.sessions.length, 1)
  const answers = await Promise.all(stores.map((store) => readOne(store, get('/p'))))
  assert.deepEqual(answers.map(inShort), ['absent', 'v', 'absent'])
})

test('another ServiceAccount, role, external id or tag is another session', async (t) => {
  const chained = 'arn:aws:iam::123456789012:role/next'
  const roles = [ROLE, { arn: chained, trust: { principals: [ROLE.arn] } }]
  const { aws, open } = await bench(t, { ...IRSA, roles }, CLUSTER)
  await open(as('reader'))
  await open(as('other'))
  const further = [
    {},
    { externalID: 'x' },
    { sessionTags: [{ key: 'a', value: '1' }] },
    { sessionTags: [{ key: 'a', value: '2' }] },
    { sessionTags: [{ key: 'a', value: '2' }], transitiveTagKeys: ['a'] },
  ]
  for (const more of further) await open({ ...as('reader'), role: chained, ...more })
  for (const more of further) await open({ ...as('reader'), role: chained, ...more })
  assert.equal(aws.calls.count('sts:AssumeRole'), further.length)
})

test('rotated access keys are seen at once, and so is a ServiceAccount that is gone', async (t) => {
  const secrets: Record<string, Record<string, string>> = {
    'shop/keys': { id: KEY.id, key: KEY.secret },
  }
  const accounts: Record<string, Record<string, string>> = { 'shop/reader': annotated }
  const { open } = await bench(t, IRSA, { ...CLUSTER, secrets, accounts })
  assert.equal(inShort(await readOne(await open(), get('a'))), '{"x":1}')
  secrets['shop/keys'] = { id: KEY.id, key: 'another' }
  assert.equal(inShort(await readOne(await open(), get('a'))), '{"x":1}')
  await open(as('reader'))
  delete accounts['shop/reader']
  assert.equal((await refusalOf(open(as('reader')))).code, 'credentials-not-found')
})

test('a login that failed is not remembered', async (t) => {
  const { aws, open } = await bench(t, IRSA, CLUSTER)
  aws.fault({ times: 9, does: { reset: 'before' } })
  await refusalOf(open(as('reader')))
  aws.clearFaults()
  assert.equal(inShort(await readOne(await open(as('reader')), get('a'))), '{"x":1}')
})

// ── The machine ──

async function machine(t: Parameters<typeof bench>[0], role = 'node-role') {
  const server = await startServer({
    tls: false,
    nameOf: ({ method, path }) => `${method} ${path}`,
    answer: ({ method, path, headers }) => {
      const call = `${method} ${path}`
      const isToken = call === 'PUT /latest/api/token'
      if (isToken && headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined) {
        return { call, reply: { status: 200, body: 'metadata-token' } }
      }
      if (headers['x-aws-ec2-metadata-token'] !== 'metadata-token') {
        return { call, reply: { status: 401, body: '' } }
      }
      const folder = '/latest/meta-data/iam/security-credentials/'
      if (path === folder) return { call, reply: { status: 200, body: role } }
      if (path !== `${folder}node-role`) return { call, reply: { status: 404, body: '' } }
      const keys = { AccessKeyId: KEY.id, SecretAccessKey: KEY.secret, Token: 'session-token-1' }
      return {
        call,
        reply: json(200, { Code: 'Success', ...keys, Expiration: '2999-01-01T00:00:00Z' }),
      }
    },
  })
  t.after(() => server.close())
  return server
}

async function onMachine(
  t: Parameters<typeof bench>[0],
  metadata: HttpClient | undefined,
  role?: string,
) {
  const accessKeys = [{ ...KEY, sessionToken: 'session-token-1' }]
  const server = await machine(t, role)
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: server.url }
  const { opening } = await bench(t, { accessKeys }, {}, { env })
  const store = testStore('aws', { service: 'SecretsManager', region: REGION })
  const open = () => awsOpener(LIMITS)(store, { ...opening.context, metadata })
  return { server, opening, open }
}

test('the machine: its role is asked for with a token, where that is allowed', async (t) => {
  const client = createHttpClient()
  t.after(client.close)
  const { server, opening, open } = await onMachine(t, client)
  assert.equal(inShort(await readOne(await open(), get('a'))), '{"x":1}')
  assert.equal(server.calls.count(), 3)
  assert.deepEqual(opening.calls.slice(0, 3), ['metadata:PUT', 'metadata:GET', 'metadata:GET'])
})

test('the machine: it is not asked unless that is allowed, and the hint says how', async (t) => {
  const { server, open } = await onMachine(t, undefined)
  const error = await refusalOf(open())
  assert.equal(error.code, 'credentials-not-found')
  assert.match(error.hint ?? '', /WAYBILL_METADATA_SERVER=allow/)
  assert.equal(server.calls.count(), 0)
})

for (const role of ['', '../../token', 'unknown-role', '<html>']) {
  test(`the machine: ${JSON.stringify(role)} is no role that has keys`, async (t) => {
    const client = createHttpClient()
    t.after(client.close)
    const { open } = await onMachine(t, client, role)
    assert.equal((await refusalOf(open())).code, 'credentials-not-found')
  })
}

test('the machine: without a metadata server it is unavailable, in our words', async (t) => {
  const client = createHttpClient()
  t.after(client.close)
  const { server, open } = await onMachine(t, client)
  await server.close()
  const error = await refusalOf(open())
  assert.equal(error.code, 'unavailable')
  assert.match(error.hint ?? '', /hop limit/)
})

test('ECS: a path is one at the agent of ECS', async (t) => {
  const asked: string[] = []
  const { opening } = await bench(
    t,
    {},
    {},
    { env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x' } },
  )
  const http: HttpClient = {
    ...opening.context.http,
    request: async ({ url }) => {
      asked.push(url)
      const keys = { AccessKeyId: KEY.id, SecretAccessKey: KEY.secret }
      return { status: 200, headers: {}, body: new TextEncoder().encode(JSON.stringify(keys)) }
    },
  }
  const store = testStore('aws', { service: 'SecretsManager', region: REGION })
  const provider = await awsOpener(LIMITS)(store, { ...opening.context, http })
  assert.equal(inShort(await readOne(provider, get('a'))), '{"x":1}')
  assert.deepEqual(asked, ['http://169.254.170.2/v2/x'])
})

// ── Clocks ──

test('a clock that is wrong is told, once it has been corrected', async (t) => {
  const { opening } = await bench(t, { clock: () => Date.now() + 3_600_000 })
  const notices: string[] = []
  const context = { ...opening.context, onNotice: (words: string) => notices.push(words) }
  const store = testStore('aws', { service: 'SecretsManager', region: REGION, auth: KEYS_AUTH })
  const provider = await awsOpener(LIMITS)(store, context)
  assert.equal(inShort(await readOne(provider, get('a'))), '{"x":1}')
  assert.equal(notices.length, 1)
  assert.match(notices[0] ?? '', /clock of this machine/)
})

// ── The quota of the batch call ──

test('batches are free until one is refused, and then take turns', async () => {
  let now = 1000
  const slept: number[] = []
  const sleep = async (delayMs: number): Promise<void> => {
    slept.push(delayMs)
  }
  const pace = batchPace({ nowMs: () => now, sleep }, { perSecond: 100, attempts: 5 })
  const { signal } = new AbortController()
  const turns = async (count: number): Promise<readonly boolean[]> =>
    Promise.all(Array.from({ length: count }, () => pace.turn(signal)))
  assert.deepEqual(await turns(3), [true, true, true])
  pace.throttled()
  // Five turns are near enough to wait for; of those behind them one in a tenth of a second is read one by one.
  assert.deepEqual(await turns(8), [true, true, true, true, true, false, true, true])
  assert.deepEqual(slept, [10, 20, 30, 40, 50, 60, 70])
  now += 15
  assert.deepEqual(await turns(1), [true], 'too soon after the last')
  now += 1000
  assert.deepEqual(await turns(2), [true, true])
  assert.deepEqual(slept.slice(8), [10])
})

const BATCH = 'secretsmanager:BatchGetSecretValue'
const SINGLE = 'secretsmanager:GetSecretValue'

// The server verifies in the same process: a busy machine must not look like a silent one.
const SLOW = { connectMs: 5000, requestMs: 5000, callMs: 5000 }

/** A store on a real clock, in the traffic of a run. */
async function inTraffic(
  t: Parameters<typeof bench>[0],
  count: number,
  quotas: Readonly<Record<string, number>>,
) {
  const keys = Array.from({ length: count }, (_, at) => `s/${at}`)
  const secrets = Object.fromEntries(keys.map((key) => [key, key]))
  const { aws, opening } = await bench(t, { secrets, quotas })
  const sleep = (delayMs: number) =>
    new Promise<void>((resolve) => setTimeout(resolve, Math.min(delayMs, 50)))
  const pace = createPace({ limitMax: 32, random: () => 0.5, sleep })
  const signs = new Set<unknown>()
  const context = {
    ...opening.context,
    sleep,
    turn: async (attempt: Parameters<typeof opening.context.turn>[0], signal: AbortSignal) => {
      const place = await pace.enter(signal)
      const made = await attempt()
      place.leave(made.sign, made.retryAfterMs)
      signs.add(made.sign)
      return made.outcome
    },
  } as typeof opening.context
  const store = testStore('aws', { service: 'SecretsManager', region: REGION, auth: KEYS_AUTH })
  return { aws, opening, keys, signs, provider: await awsOpener(SLOW, 50)(store, context) }
}

test('single reads carry what the quota of the batch holds up, and none is lost', async (t) => {
  // One batch in ten seconds, so that a busy machine changes nothing.
  const { aws, opening, keys, signs, provider } = await inTraffic(t, 100, { [BATCH]: 0.1 })
  const answers = await readAll(provider, ...keys.map((key) => get(key)))
  assert.deepEqual(answers.map(inShort), keys)
  const batches = aws.calls.all.filter(({ call, status }) => call === BATCH && status === 200)
  assert.equal(batches.length, 1)
  assert.equal(aws.calls.count(SINGLE), keys.length - 20)
  assert.ok(aws.calls.count(BATCH) <= 1 + 4 * 5)
  assert.deepEqual([...signs], ['answered'], 'the quota of the batch narrows no other call')
  assert.deepEqual(opening.calls.toSorted(), callsOf(aws).toSorted())
})

test('without a refusal there is no single read: calls made are calls planned', async (t) => {
  const { aws, keys, provider } = await inTraffic(t, 200, {})
  await readAll(provider, ...keys.map((key) => get(key)))
  assert.deepEqual([aws.calls.count(BATCH), aws.calls.count(SINGLE)], [10, 0])
})

test('an account that is throttled as a whole is not asked for each of its secrets', async (t) => {
  const { aws, keys, provider } = await inTraffic(t, 60, { [BATCH]: 0, [SINGLE]: 0 })
  const answers = await readAll(provider, ...keys.map((key) => get(key)))
  assert.deepEqual(new Set(answers.map(inShort)), new Set(['throttled']))
  assert.ok(aws.calls.count() <= 3 * (5 + 5), `${aws.calls.count()} calls`)
})

test('a role that is assumed counts its calls as well', async (t) => {
  const arn = 'arn:aws:iam::123456789012:role/next'
  const { aws, open, opening } = await bench(t, { roles: [{ arn, trust: { principals: [USER] } }] })
  await readOne(await open({ role: arn }), get('a'))
  assert.deepEqual(opening.calls, callsOf(aws))
})
