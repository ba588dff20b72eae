import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { readCa } from '../../../src/providers/ca.ts'
import { exchange, objectOf, type Question } from '../../../src/providers/exchange.ts'
import { rsaKeyOf, signRs256 } from '../../../src/providers/jwt.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import { secureUrl } from '../../../src/providers/secure-url.ts'
import { readClaims, verifyToken } from '../../servers/jwt.ts'
import { type Fault, json, startServer, type TestServer, testTls } from '../../servers/server.ts'
import { testOpening, testStore } from './opening.ts'

// What providers without a library share: questions, keys, URLs and CAs.

async function startEcho(t: TestContext): Promise<TestServer> {
  const server = await startServer({
    tls: false,
    nameOf: () => 'echo:Ask',
    answer: () => ({ call: 'echo:Ask', reply: json(200, { fine: true }) }),
  })
  t.after(server.close)
  return server
}

interface Asked {
  readonly outcome: number | string
  readonly calls: number
  readonly slept: readonly number[]
}

async function ask(
  t: TestContext,
  fault: Pick<Fault, 'times' | 'does'>,
  more: Partial<Question> = {},
): Promise<Asked> {
  const server = await startEcho(t)
  const { context, slept, close } = testOpening()
  t.after(close)
  server.fault(fault)
  const question: Question = {
    call: 'echo:Ask',
    what: 'the echo',
    request: {
      ...{ method: 'GET', url: `${server.url}/`, headers: {}, body: undefined, tls: undefined },
      timeoutMs: 60,
    },
    ...{ isRepeatable: true, hidesHost: false, retry: undefined },
    ...more,
  }
  const outcome = await exchange(context, question, context.signal).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof ProviderError ? error.code : String(error)),
  )
  return { outcome, calls: server.calls.count(), slept }
}

const reply = (status: number, headers: Record<string, string> = {}): Fault['does'] => ({
  reply: { status, headers, body: '' },
})
const reset: Fault['does'] = { reset: 'before' }
const retry = { maxRetries: 1, delayMs: 7 }

const rows: readonly {
  readonly story: string
  readonly fault: Pick<Fault, 'times' | 'does'>
  readonly more?: Partial<Question>
  readonly outcome: number | string
  readonly attempts: number
  readonly slept: readonly number[]
}[] = [
  {
    story: 'a fault inside passes',
    fault: { does: reply(503) },
    outcome: 200,
    attempts: 2,
    slept: [250],
  },
  {
    story: 'it stays',
    fault: { times: 9, does: reply(500) },
    outcome: 500,
    attempts: 3,
    slept: [250, 500],
  },
  {
    story: 'what may have had an effect is asked once',
    fault: { times: 9, does: reply(500) },
    more: { isRepeatable: false },
    outcome: 500,
    attempts: 1,
    slept: [],
  },
  {
    story: 'throttling is always asked again, when the server says',
    fault: { times: 2, does: reply(429, { 'retry-after': '3' }) },
    more: { isRepeatable: false },
    outcome: 200,
    attempts: 3,
    slept: [3000, 3000],
  },
  {
    story: 'throttling stays',
    fault: { times: 9, does: reply(429) },
    outcome: 429,
    attempts: 5,
    slept: [250, 500, 1000, 2000],
  },
  { story: 'a cut connection', fault: { does: reset }, outcome: 200, attempts: 2, slept: [250] },
  {
    story: 'a cut connection that may have had an effect',
    fault: { does: reset },
    more: { isRepeatable: false },
    outcome: 'unavailable',
    attempts: 1,
    slept: [],
  },
  {
    story: 'silence is not repeated',
    fault: { does: { hang: true } },
    outcome: 'timeout',
    attempts: 1,
    slept: [],
  },
  {
    story: 'a redirect is not followed',
    fault: { does: { redirect: 'http://127.0.0.1:1/' } },
    outcome: 'invalid',
    attempts: 1,
    slept: [],
  },
  {
    story: 'a refusal is an answer',
    fault: { does: reply(403) },
    outcome: 403,
    attempts: 1,
    slept: [],
  },
  {
    story: 'retrySettings of the store hold',
    fault: { times: 9, does: reply(503, { 'retry-after': '3' }) },
    more: { retry },
    outcome: 503,
    attempts: 2,
    slept: [7],
  },
  {
    story: 'retrySettings may ask for none',
    fault: { times: 9, does: reply(429) },
    more: { retry: { maxRetries: 0, delayMs: undefined } },
    outcome: 429,
    attempts: 1,
    slept: [],
  },
]
for (const { story, fault, more, outcome, attempts, slept } of rows) {
  test(`exchange: ${story}`, async (t) => {
    const asked = await ask(t, fault, more)
    assert.deepEqual([asked.outcome, asked.slept], [outcome, slept])
    // A connection that is cut before its answer is counted by the server as well.
    assert.equal(asked.calls, attempts)
  })
}

test('exchange: a host that is a secret stays out of the message', async (t) => {
  const { context, close } = testOpening()
  t.after(close)
  const question = (hidesHost: boolean): Question => ({
    call: 'x:Y',
    what: 'the echo',
    request: {
      ...{ method: 'GET', url: 'http://127.0.0.1:1/secret', headers: {}, body: undefined },
      ...{ tls: undefined, timeoutMs: 500 },
    },
    ...{ isRepeatable: false, retry: undefined, hidesHost },
  })
  await assert.rejects(exchange(context, question(false), context.signal), /127\.0\.0\.1:1/)
  await assert.rejects(exchange(context, question(true), context.signal), {
    message: 'the echo: the connection is refused',
  })
})

for (const [body, object] of [
  ['{"a":1}', { a: 1 }],
  ['[1]', undefined],
  ['null', undefined],
  ['{', undefined],
  ['', undefined],
] as const) {
  test(`objectOf: ${body || 'nothing'} is ${object === undefined ? 'no' : 'an'} object`, () => {
    assert.deepEqual(objectOf(new TextEncoder().encode(body)), object)
  })
}

// ── URLs ──

const urls: readonly (readonly [given: string, result: string | RegExp])[] = [
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com/api/v3//', 'https://api.example.com/api/v3'],
  ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['http://[::1]:1', 'http://[::1]:1'],
  ['http://127.0.0.2', /plain http/],
  ['http://localhost.example.com', /plain http/],
  ['http://0.0.0.0', /plain http/],
  ['http://10.0.0.1', /plain http/],
  ['https://user@api.example.com', /no user/],
  ['https://:password@api.example.com', /no user/],
  ['https://api.example.com?x=1', /no user, query or fragment/],
  ['https://api.example.com#x', /no user, query or fragment/],
  ['ftp://api.example.com', /no URL/],
  ['file:///etc/passwd', /no URL/],
  ['api.example.com', /no URL/],
  ['//api.example.com', /no URL/],
  ['https://', /no URL/],
  ['', /no URL/],
]
for (const [given, result] of urls) {
  test(`secureUrl: ${JSON.stringify(given)}`, () => {
    const read = (): string => secureUrl(given, 'spec.url')
    if (typeof result === 'string') assert.equal(read(), result)
    else
      assert.throws(read, (error) => error instanceof ProviderError && result.test(error.message))
  })
}

// ── Keys ──

test('jwt: what is signed verifies, with the header that was asked for', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = rsaKeyOf(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  assert.ok(key !== undefined)
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'k1' }
  const token = signRs256(key, { iss: 'me', exp: 2_000_000_000 }, { kid: 'k1' })
  const nowMs = 1_900_000_000_000
  assert.deepEqual(verifyToken(token, [jwk], nowMs), { iss: 'me', exp: 2_000_000_000 })
  assert.equal(verifyToken(`${token.slice(0, -8)}AAAAAAAA`, [jwk], nowMs), undefined)
  assert.deepEqual(readClaims(token), { iss: 'me', exp: 2_000_000_000 })
})

test('jwt: only an RSA key is one', () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pem = elliptic.export({ type: 'pkcs8', format: 'pem' }).toString()
  for (const text of [
    pem,
    '',
    'canary',
    '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
  ]) {
    assert.equal(rsaKeyOf(text), undefined)
  }
})

// ── CAs ──

test('readCa: a bundle wins, may be PEM or its base64, and nothing means the system', async (t) => {
  const { ca } = testTls().authority
  const { context, close } = testOpening({
    cluster: { configMaps: { 'shop/ca': { pem: ca, other: 'canary' } } },
  })
  t.after(close)
  const opening = { store: testStore('x', {}), context }
  const provider = { type: 'ConfigMap', name: 'ca', key: 'pem' }
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const read = (settings: Parameters<typeof readCa>[0]): ReturnType<typeof readCa> =>
    readCa(settings, 'spec', opening)
  assert.equal(await read({}), undefined)
  assert.equal(await read({ caBundle: base64(ca) }), ca)
  assert.equal(await read({ caBundle: base64(base64(ca)), caProvider: { name: 'gone' } }), ca)
  assert.equal(await read({ caProvider: provider }), ca)
  const broken = { ...provider, key: 'other' }
  await assert.rejects(read({ caProvider: broken }), /^ProviderError: spec.caProvider holds no PEM/)
  await assert.rejects(read({ caProvider: { type: 'Secret' } }), /names no object/)
})
