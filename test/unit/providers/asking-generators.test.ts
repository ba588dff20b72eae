import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer } from '../../../src/model/provider.ts'
import { generate } from '../../../src/providers/generators/generate.ts'
import { type GithubOptions, type GithubServer, startGithub } from '../../servers/github.ts'
import { startWebhook, type WebhookServer } from '../../servers/webhook.ts'
import { decode, printed, type TestOpening, testOpening } from './opening.ts'

// The generators that ask somebody: a Webhook, and GitHub.

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = {
  pkcs1: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
}
const ELLIPTIC = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const HOOK_TOKEN = 'Zq7Wv9Xk2Jp4'

function cluster(t: TestContext, nowMs?: () => number): TestOpening {
  const opening = testOpening({
    ...(nowMs === undefined ? {} : { nowMs }),
    cluster: {
      secrets: {
        'shop/app': { ...PEM, elliptic: ELLIPTIC },
        'shop/hook': { token: HOOK_TOKEN },
        'shop/unlabelled': { token: HOOK_TOKEN },
      },
      labels: { 'shop/hook': { 'external-secrets.io/type': 'webhook' } },
    },
  })
  t.after(opening.close)
  return opening
}

function make(kind: string, spec: JsonObject, { context }: TestOpening): Promise<Answer> {
  const object = { apiVersion: 'generators.external-secrets.io/v1alpha1', kind, spec }
  return generate(object, { randomBytes: (length) => randomBytes(length), context })
}

function dataOf(answer: Answer): Record<string, string> {
  assert.ok(answer.outcome === 'generated', printed(answer))
  return Object.fromEntries([...answer.data].map(([key, value]) => [key, decode(value)]))
}

function failureOf(answer: Answer): { readonly code: string; readonly message: string } {
  assert.ok(answer.outcome === 'failed')
  return answer.failure
}

// ── Webhook ──

async function startHook(t: TestContext, secrets: Record<string, unknown>): Promise<WebhookServer> {
  const hook = await startWebhook({ authorization: HOOK_TOKEN, secrets })
  t.after(hook.close)
  return hook
}

const hookSpec = (url: string, more: JsonObject = {}): JsonObject => ({
  url,
  result: {},
  headers: { authorization: '{{ .auth.token }}' },
  secrets: [{ name: 'auth', secretRef: { name: 'hook' } }],
  ...more,
})

test('Webhook generator: the members of the answer are the values', async (t) => {
  const hook = await startHook(t, { pair: '{"user":"u","n":5,"deep":{"a":[1]},"none":null}' })
  const made = await make('Webhook', hookSpec(`${hook.url}/raw/pair`), cluster(t))
  assert.deepEqual(dataOf(made), { user: 'u', n: '5', deep: '{"a":[1]}', none: '' })
})

test('Webhook generator: jsonPath selects the object, also in a text', async (t) => {
  const hook = await startHook(t, { pair: { user: 'u' }, text: '{"user":"v"}' })
  const result = { jsonPath: '$.value' }
  const opening = cluster(t)
  for (const [key, user] of [
    ['pair', 'u'],
    ['text', 'v'],
  ]) {
    const spec = hookSpec(`${hook.url}/secrets/${key}`, { result })
    assert.deepEqual(dataOf(await make('Webhook', spec, opening)), { user })
  }
})

test('Webhook generator: a ClusterGenerator stands for it', async (t) => {
  const hook = await startHook(t, { pair: '{"user":"u"}' })
  const generator = { webhookSpec: hookSpec(`${hook.url}/raw/pair`) }
  const made = await make('ClusterGenerator', { kind: 'Webhook', generator }, cluster(t))
  assert.deepEqual(dataOf(made), { user: 'u' })
})

const hookFailures: readonly {
  readonly story: string
  readonly path: string
  readonly more?: JsonObject
  readonly code: string
}[] = [
  { story: 'nothing is there', path: '/raw/none', code: 'invalid' },
  { story: 'the answer is text', path: '/raw/plain', code: 'malformed' },
  { story: 'the answer is a list', path: '/raw/list', code: 'malformed' },
  {
    story: 'the path selects nothing',
    path: '/raw/pair',
    more: { result: { jsonPath: '$.x' } },
    code: 'invalid',
  },
  {
    story: 'the token is missing',
    path: '/raw/pair',
    more: { headers: {} },
    code: 'unauthenticated',
  },
  {
    story: 'the Secret has no label',
    path: '/raw/pair',
    more: { secrets: [{ name: 'auth', secretRef: { name: 'unlabelled' } }] },
    code: 'forbidden',
  },
  { story: 'there is no URL', path: '', more: { url: '' }, code: 'invalid' },
]
for (const { story, path, more, code } of hookFailures) {
  test(`Webhook generator: it fails when ${story}, and tells no secret`, async (t) => {
    const secrets = {
      pair: '{"user":"canary-user"}',
      plain: 'canary-user',
      list: '["canary-user"]',
    }
    const hook = await startHook(t, secrets)
    const made = await make('Webhook', hookSpec(`${hook.url}${path}`, more), cluster(t))
    assert.equal(failureOf(made).code, code)
    assert.doesNotMatch(printed(made), /canary|Zq7Wv9/)
  })
}

// ── GithubAccessToken ──

const NOW = Date.parse('2026-03-01T12:00:00Z')

async function startHub(t: TestContext, more: Partial<GithubOptions> = {}): Promise<GithubServer> {
  const hub = await startGithub({
    appId: '12345',
    key: publicKey.export({ format: 'jwk' }),
    clock: () => NOW,
    installations: { '77': ['web', 'api'] },
    ...more,
  })
  t.after(hub.close)
  return hub
}

function hubSpec(url: string, more: JsonObject = {}, key = 'pkcs1'): JsonObject {
  const auth = { privateKey: { secretRef: { name: 'app', key } } }
  return { appID: '12345', installID: '77', url, auth, ...more }
}

for (const key of ['pkcs1', 'pkcs8']) {
  test(`GithubAccessToken: a ${key} key makes a token`, async (t) => {
    const hub = await startHub(t)
    const opening = cluster(t, () => NOW)
    const made = await make('GithubAccessToken', hubSpec(hub.url, {}, key), opening)
    assert.deepEqual(dataOf(made), { token: hub.handedOut[0] })
    assert.deepEqual(opening.calls, ['github:CreateInstallationAccessToken'])
  })
}

test('GithubAccessToken: repositories and permissions narrow the token', async (t) => {
  const hub = await startHub(t)
  const spec = hubSpec(hub.url, { repositories: ['api'], permissions: { contents: 'read' } })
  const made = await make(
    'GithubAccessToken',
    spec,
    cluster(t, () => NOW),
  )
  assert.deepEqual(dataOf(made), { token: 'ghs_77_0_api' })
})

test('GithubAccessToken: an Enterprise Server has its API below a path', async (t) => {
  const hub = await startHub(t, { prefix: '/api/v3' })
  const made = await make(
    'GithubAccessToken',
    hubSpec(`${hub.url}/api/v3/`),
    cluster(t, () => NOW),
  )
  assert.equal(dataOf(made).token, hub.handedOut[0])
})

test('GithubAccessToken: throttling passes', async (t) => {
  const hub = await startHub(t)
  hub.fault({ does: { reply: { status: 429, body: '' } } })
  const made = await make(
    'GithubAccessToken',
    hubSpec(hub.url),
    cluster(t, () => NOW),
  )
  assert.equal(made.outcome, 'generated')
})

const hubFailures: readonly {
  readonly story: string
  readonly more?: JsonObject
  readonly key?: string
  readonly nowMs?: number
  readonly code: string
  readonly says: RegExp
}[] = [
  { story: 'another app', more: { appID: '1' }, code: 'unauthenticated', says: /HTTP 401/ },
  { story: 'an hour late', nowMs: NOW - 3_600_000, code: 'unauthenticated', says: /HTTP 401/ },
  { story: 'a clock ahead', nowMs: NOW + 60_000, code: 'unauthenticated', says: /HTTP 401/ },
  { story: 'no such installation', more: { installID: '78' }, code: 'invalid', says: /"78"/ },
  {
    story: 'a path for an installation',
    more: { installID: '77/access_tokens/../77' },
    code: 'invalid',
    says: /HTTP 404/,
  },
  {
    story: 'a repository that it has not',
    more: { repositories: ['secret'] },
    code: 'invalid',
    says: /HTTP 422/,
  },
  { story: 'a key of another kind', key: 'elliptic', code: 'invalid', says: /no RSA key/ },
  { story: 'no key', key: 'none', code: 'credentials-not-found', says: /shop\/app/ },
  { story: 'no appID', more: { appID: '' }, code: 'invalid', says: /spec.appID/ },
  { story: 'no auth', more: { auth: null }, code: 'invalid', says: /names no Secret/ },
  { story: 'strange permissions', more: { permissions: 'all' }, code: 'invalid', says: /a map/ },
  {
    story: 'plain http',
    more: { url: 'http://github.example.com' },
    code: 'invalid',
    says: /spec.url is plain http/,
  },
  {
    story: 'a URL with a password',
    more: { url: 'https://a:b@github.example.com' },
    code: 'invalid',
    says: /spec.url may have no user/,
  },
]
for (const { story, more, key, nowMs, code, says } of hubFailures) {
  test(`GithubAccessToken: ${story} is ${code}, and the key is told to nobody`, async (t) => {
    const hub = await startHub(t)
    const opening = cluster(t, () => nowMs ?? NOW)
    const made = await make('GithubAccessToken', hubSpec(hub.url, more, key), opening)
    const { code: found, message } = failureOf(made)
    assert.equal(found, code)
    assert.match(message, says)
    assert.doesNotMatch(printed(made), /eyJ|BEGIN/)
  })
}

const broken: readonly (readonly [story: string, body: string])[] = [
  ['no JSON', 'ghs_of_somebody'],
  ['no token', '{"tokens":"ghs_of_somebody"}'],
  ['another type', '{"token":{"x":"ghs_of_somebody"}}'],
]
for (const [story, body] of broken) {
  test(`GithubAccessToken: an answer with ${story} is malformed`, async (t) => {
    const hub = await startHub(t)
    hub.fault({ does: { reply: { status: 201, body } } })
    const made = await make(
      'GithubAccessToken',
      hubSpec(hub.url),
      cluster(t, () => NOW),
    )
    assert.equal(failureOf(made).code, 'malformed')
    assert.ok(!printed(made).includes('ghs_'))
  })
}
