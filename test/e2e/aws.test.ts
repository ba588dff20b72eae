import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { LabelParameterVersionCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { JsonObject } from '../../src/model/json.ts'
import type { Answer, Read } from '../../src/model/provider.ts'
import { openAws } from '../../src/providers/aws/sdk.ts'
import { generate } from '../../src/providers/generators/generate.ts'
import { find } from '../unit/providers/aws-bench.ts'
import {
  decode,
  fetchMetadata,
  get,
  inShort,
  type TestOpening,
  testOpening,
  testStore,
} from '../unit/providers/opening.ts'
import { type Bed, openBed, waybill, writePrivate } from './bed.ts'

// Real thing needed: moto, an AWS that others wrote. It judges what our own strict servers cannot, whether we understand
// AWS as somebody else does: payloads, versions, stages, batches, filters, pages, roles and tokens. It checks no signature.

const REGION = 'eu-central-1'
const KEYS = {
  secretRef: {
    accessKeyIDSecretRef: { name: 'keys', key: 'id' },
    secretAccessKeySecretRef: { name: 'keys', key: 'key' },
  },
}
const ROLE = 'arn:aws:iam::123456789012:role/reader'

let bed: Bed
let endpoint = ''
let opening: TestOpening
let versionId = ''

before(async () => {
  bed = openBed('aws')
  endpoint = bed.up('moto').AWS_ENDPOINT_URL ?? ''
  opening = testOpening({
    env: { AWS_ENDPOINT_URL: endpoint },
    cluster: {
      secrets: { 'shop/keys': { id: 'testing', key: 'testing' } },
      accounts: { 'shop/reader': { 'eks.amazonaws.com/role-arn': ROLE } },
      token: () => 'a.web.identity',
    },
  })
  await seed()
})

after(() => {
  opening?.close()
  bed?.down()
})

async function seed(): Promise<void> {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' }
  const secrets = new SecretsManagerClient({ region: REGION, endpoint, credentials })
  const Tags = [
    { Key: 'env', Value: 'prod' },
    { Key: 'tier', Value: 'web' },
  ]
  const created = [
    { Name: 'shop/api', SecretString: '{"user":"u","count":1.50}', Tags },
    { Name: 'shop/db', SecretString: 'old' },
    { Name: 'shop/bin', SecretBinary: Uint8Array.of(0, 255, 128, 10) },
    { Name: 'other/api', SecretString: 'x', Tags: [{ Key: 'env', Value: 'production' }] },
    ...Array.from({ length: 45 }, (_, at) => ({ Name: `many/${at}`, SecretString: `v${at}` })),
  ]
  for (const input of created) {
    const { Name, VersionId = '' } = await secrets.send(new CreateSecretCommand(input))
    if (Name === 'shop/db') versionId = VersionId
  }
  await secrets.send(new PutSecretValueCommand({ SecretId: 'shop/db', SecretString: 'new' }))
  const parameters = new SSMClient({ region: REGION, endpoint, credentials })
  const put = (Name: string, Value: string, more: object = {}) =>
    parameters.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', ...more }))
  await put('/shop/api', '{"user":"u"}', { Tags })
  await put('/shop/db', '1')
  await put('/shop/db', '2', { Overwrite: true })
  await put('/shop/deep/list', 'a,b', { Type: 'StringList', Tags: [{ Key: 'env', Value: 'prod' }] })
  await put('rootless', 'r', { Type: 'String' })
  for (let at = 0; at < 23; at++) await put(`/many/${at}`, `v${at}`)
  const label = { Name: '/shop/db', ParameterVersion: 1, Labels: ['blue'] }
  await parameters.send(new LabelParameterVersionCommand(label))
}

/** Answers, and the calls that were told and that moto's own log has. */
async function ask(
  settings: JsonObject,
  ...reads: readonly Read[]
): Promise<{ readonly answers: readonly Answer[]; readonly calls: readonly string[] }> {
  const store = testStore('aws', { region: REGION, auth: KEYS, ...settings })
  opening.calls.length = 0
  const before = requestsSeen()
  const provider = await openAws(store, opening.context)
  const answers = await provider.read(reads, opening.context.signal)
  await provider.close()
  await requestsReach(before + opening.calls.length)
  return { answers, calls: [...opening.calls] }
}

/** A line of the log may come after the answer that it tells of. */
async function requestsReach(count: number): Promise<void> {
  for (let tries = 0; tries < 100 && requestsSeen() < count; tries++) await setTimeout(20)
  assert.equal(requestsSeen(), count)
}

function requestsSeen(): number {
  const log = readFileSync(join(bed.state, 'moto', 'moto.log'), 'utf8')
  // Not by lines: two threads may write into one.
  return log.split('POST / HTTP').length - 1
}

const SECRETS = { service: 'SecretsManager' }
const PARAMETERS = { service: 'ParameterStore' }
const names = (answer: Answer | undefined): readonly string[] =>
  answer?.outcome === 'found-many' ? [...answer.payloads.keys()] : []
const tags = (pairs: Readonly<Record<string, string>>) => new Map(Object.entries(pairs))

test('Secrets Manager: values, stages, version ids, bytes, and what is not there', async () => {
  const { answers, calls } = await ask(
    SECRETS,
    get('shop/api'),
    get('shop/db'),
    get('shop/bin'),
    get('shop/none'),
    get('shop/db', 'AWSPREVIOUS'),
    get('shop/db', `uuid/${versionId}`),
    get('shop/db', 'no-such-stage'),
  )
  assert.deepEqual(answers.slice(0, 2).map(inShort), ['{"user":"u","count":1.50}', 'new'])
  const [, , bin] = answers
  assert.ok(bin?.outcome === 'found')
  assert.deepEqual([...(bin.payload.binary?.reveal() ?? [])], [0, 255, 128, 10])
  assert.deepEqual(answers.slice(3).map(inShort), ['absent', 'old', 'old', 'absent'])
  assert.equal(calls.filter((call) => call.endsWith('BatchGetSecretValue')).length, 1)
})

test('Secrets Manager: 45 secrets are three calls', async () => {
  const reads = Array.from({ length: 45 }, (_, at) => get(`many/${at}`))
  const { answers, calls } = await ask(SECRETS, ...reads)
  assert.deepEqual(
    answers.map(inShort),
    reads.map((_, at) => `v${at}`),
  )
  assert.deepEqual(
    calls,
    Array.from({ length: 3 }, () => 'secretsmanager:BatchGetSecretValue'),
  )
})

test('Secrets Manager: tags by Fetch, and the prefix of the store', async () => {
  const { answers } = await ask({ ...SECRETS, prefix: 'shop/' }, fetchMetadata('api'), get('db'))
  const [fetched, value] = answers
  assert.ok(fetched?.outcome === 'found')
  assert.deepEqual(Object.fromEntries(fetched.payload.metadata?.tags ?? []), {
    env: 'prod',
    tier: 'web',
  })
  assert.equal(inShort(value), 'new')
})

test('Secrets Manager: find by name, path and exact tags', async () => {
  const { answers } = await ask(
    SECRETS,
    find({ nameRegexp: 'api$' }),
    find({ nameRegexp: '.', path: 'shop/' }),
    find({ tags: tags({ env: 'prod' }) }),
    find({ tags: tags({ env: 'prod', tier: 'web' }), nameRegexp: 'api' }),
    find({ nameRegexp: 'nothing' }),
  )
  assert.deepEqual(answers.map(names), [
    ['other/api', 'shop/api'],
    ['shop/api', 'shop/bin', 'shop/db'],
    ['shop/api'],
    ['shop/api'],
    [],
  ])
})

test('Parameter Store: values, versions, labels, and what is not there', async () => {
  const { answers, calls } = await ask(
    PARAMETERS,
    get('/shop/api'),
    get('/shop/db'),
    get('/shop/db', '1'),
    get('/shop/db', 'blue'),
    get('/shop/deep/list'),
    get('rootless'),
    get('/shop/none'),
  )
  const values = ['{"user":"u"}', '2', '1', '1', 'a,b', 'r', 'absent']
  assert.deepEqual(answers.map(inShort), values)
  // moto does not repeat which version it gives: the three of one parameter are asked for alone.
  assert.deepEqual(calls, ['ssm:GetParameters', ...Array(3).fill('ssm:GetParameter')])
})

test('Parameter Store: 23 parameters are three calls', async () => {
  const reads = Array.from({ length: 23 }, (_, at) => get(`/many/${at}`))
  const { answers, calls } = await ask(PARAMETERS, ...reads)
  assert.deepEqual(
    answers.map(inShort),
    reads.map((_, at) => `v${at}`),
  )
  assert.equal(calls.length, 3)
})

test('Parameter Store: tags by Fetch, find by name below a path and by tags', async () => {
  const { answers } = await ask(
    PARAMETERS,
    fetchMetadata('/shop/api'),
    find({ nameRegexp: '.', path: '/shop' }),
    find({ nameRegexp: '^/many/' }),
    find({ tags: tags({ env: 'prod' }) }),
    find({ tags: tags({ env: 'prod', tier: 'web' }), path: '/shop' }),
  )
  const [fetched, below, many, tagged, both] = answers
  assert.ok(fetched?.outcome === 'found')
  assert.equal(fetched.payload.metadata?.tags?.get('tier'), 'web')
  assert.deepEqual(names(below), ['/shop/api', '/shop/db', '/shop/deep/list'])
  assert.equal(names(many).length, 23)
  assert.deepEqual(names(tagged), ['/shop/api', '/shop/deep/list'])
  assert.deepEqual(names(both), ['/shop/api'])
})

test('a role of a ServiceAccount, then a chain of roles with tags', async () => {
  const { answers, calls } = await ask(
    {
      ...SECRETS,
      auth: { jwt: { serviceAccountRef: { name: 'reader' } } },
      additionalRoles: ['arn:aws:iam::123456789012:role/between'],
      role: 'arn:aws:iam::123456789012:role/last',
      externalID: 'ext',
      sessionTags: [{ key: 'team', value: 'shop' }],
      transitiveTagKeys: ['team'],
    },
    get('shop/db'),
  )
  assert.deepEqual(answers.map(inShort), ['new'])
  const roles = ['sts:AssumeRoleWithWebIdentity', 'sts:AssumeRole', 'sts:AssumeRole']
  assert.deepEqual(calls, [...roles, 'secretsmanager:GetSecretValue'])
})

async function make(kind: string, spec: JsonObject = {}): Promise<Record<string, string>> {
  const sources = { randomBytes: (length: number) => randomBytes(length), context: opening.context }
  const made = await generate({ kind, spec: { region: REGION, auth: KEYS, ...spec } }, sources)
  assert.ok(made.outcome === 'generated', inShort(made))
  return Object.fromEntries([...made.data].map(([key, value]) => [key, decode(value)]))
}

test('ECRAuthorizationToken: a login to the registry of the account', async () => {
  const {
    username,
    password = '',
    proxy_endpoint,
    expires_at,
  } = await make('ECRAuthorizationToken')
  assert.equal(username, 'AWS')
  assert.notEqual(password, '')
  assert.match(proxy_endpoint ?? '', /^https:\/\/\d{12}\.dkr\.ecr\.eu-central-1\.amazonaws\.com$/)
  // moto's tokens have ended in 2015.
  assert.match(expires_at ?? '', /^\d{10}$/)
})

test('STSSessionToken: keys that end', async () => {
  const made = await make('STSSessionToken', { requestParameters: { sessionDuration: 900 } })
  assert.match(made.access_key_id ?? '', /^[A-Z0-9]{16,}$/)
  assert.notEqual(made.session_token, '')
  assert.ok(Number(made.expiration) * 1000 > Date.now())
})

// ── The program ──

const MANIFESTS = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: secrets, namespace: shop}
spec: {provider: {aws: {service: SecretsManager, region: eu-central-1}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: parameters, namespace: shop}
spec: {provider: {aws: {service: ParameterStore, region: eu-central-1, prefix: /shop/}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: both, namespace: shop}
spec:
  secretStoreRef: {name: secrets}
  data:
    - {secretKey: user, remoteRef: {key: shop/api, property: user}}
    - {secretKey: count, remoteRef: {key: shop/api, property: count}}
    - {secretKey: db, remoteRef: {key: shop/db}}
    - secretKey: parameter
      remoteRef: {key: db, version: "1"}
      sourceRef: {storeRef: {name: parameters}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: found, namespace: shop}
spec:
  secretStoreRef: {name: parameters}
  dataFrom:
    - find: {name: {regexp: "."}, path: /shop/deep}
      rewrite: [{regexp: {source: ".*/", target: ""}}]
`

test('waybill sync: from both services into Secrets, in as few calls as there are', async () => {
  const folder = join(bed.state, 'out')
  mkdirSync(folder)
  const file = writePrivate(join(bed.state, 'manifests.yaml'), MANIFESTS)
  const env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
  }
  const run = await waybill(['sync', '-f', file, '--local', folder, '-o', 'json'], { env })
  assert.equal(run.code, 0, run.err + run.out)
  const { calls } = JSON.parse(run.out)
  assert.deepEqual(calls, {
    'secretsmanager:BatchGetSecretValue': 1,
    'ssm:GetParameter': 1,
    'ssm:GetParametersByPath': 1,
  })
  const written = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n')
    .replaceAll('"', '')
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  for (const line of [`user: ${base64('u')}`, `count: ${base64('1.5')}`, `db: ${base64('new')}`]) {
    assert.ok(written.includes(line), written.replace(/: .*/g, ': …'))
  }
  assert.ok(written.includes(`parameter: ${base64('1')}`))
  assert.ok(written.includes(`list: ${base64('a,b')}`))
})
