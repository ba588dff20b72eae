import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import type { Store } from '../../../src/model/store.ts'
import { openStore } from '../../../src/providers/open.ts'
import { ProviderError, type SecretProvider } from '../../../src/providers/provider.ts'
import { testTls } from '../../servers/server.ts'
import { startWebhook, type WebhookServer } from '../../servers/webhook.ts'
import {
  decode,
  get,
  inShort,
  printed,
  type TestCluster,
  type TestOpening,
  testClusterStore,
  testOpening,
  testStore,
} from './opening.ts'

const TOKEN = 't0ken-of-the-hook'
const CLUSTER: TestCluster = {
  secrets: {
    'shop/hook': { token: TOKEN, host: 'x', 'a.b': 'dotted' },
    'shop/plain': { token: 'unlabelled' },
    'shop/other': { token: 'other' },
    'team/hook': { token: 'of-the-team' },
  },
  labels: {
    'shop/hook': { 'external-secrets.io/type': 'webhook' },
    'shop/other': { 'external-secrets.io/type': 'something' },
    'team/hook': { 'external-secrets.io/type': 'webhook' },
  },
}
const SECRETS = [{ name: 'auth', secretRef: { name: 'hook' } }]
const HEADERS = { Authorization: 'Bearer {{ .auth.token }}' }

interface Opened {
  readonly provider: SecretProvider
  readonly hook: WebhookServer
  readonly opening: TestOpening
  readonly ask: (key: string, more?: Partial<Read & { op: 'get' }>) => Promise<Answer | undefined>
}

async function start(
  t: TestContext,
  settings: (url: string) => JsonObject,
  storeOf: (settings: JsonObject) => Store = (given) => testStore('webhook', given),
): Promise<Opened> {
  const hook = await startWebhook({
    authorization: `Bearer ${TOKEN}`,
    secrets: {
      one: 'first',
      'a/b c': 'spaced',
      n: 12.5,
      o: { x: 1, y: '<' },
      l: ['p', 'q'],
      e: [],
    },
  })
  const opening = testOpening({ cluster: CLUSTER })
  t.after(() => {
    opening.close()
    return hook.close()
  })
  const given = { secrets: SECRETS, headers: HEADERS, ...settings(hook.url) }
  const provider = await openStore(storeOf(given), opening.context)
  return {
    ...{ provider, hook, opening },
    ask: async (key, more) =>
      (await provider.read([{ ...get(key), ...more }], opening.context.signal))[0],
  }
}

const byKey = (url: string): JsonObject => ({ url: `${url}/secrets/{{ .remoteRef.key }}` })

/** What the echo server got. */
function echoed(answer: Answer | undefined): Record<string, string> & {
  headers: Record<string, string>
} {
  assert.ok(answer?.outcome === 'found' && answer.payload.text !== undefined)
  return JSON.parse(decode(answer.payload.text))
}

test('webhook: without jsonPath the body is the secret', async (t) => {
  const { ask } = await start(t, byKey)
  assert.equal(inShort(await ask('one')), '{"value":"first"}')
})

test('webhook: a key is escaped in the URL as Go does, so it cannot be another path', async (t) => {
  const { ask } = await start(t, byKey)
  assert.equal(inShort(await ask('a/b c')), '{"value":"spaced"}')
})

test('webhook: a key is escaped as url.QueryEscape of Go does, character by character', async (t) => {
  const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => at + 32))
  const { ask } = await start(t, (url) => ({ url: `${url}/echo?k={{ .remoteRef.key }}` }))
  assert.equal(
    echoed(await ask(`${ascii}\n\0é€😀\u00a0`)).query,
    'k=+%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~%0A%00%C3%A9%E2%82%AC%F0%9F%98%80%C2%A0',
  )
})

test('webhook: everything but the URL gets raw values', async (t) => {
  const { ask } = await start(t, (url) => ({
    url: `${url}/echo/{{ .remoteRef.namespace }}`,
    method: 'POST',
    headers: { 'X-Key': '{{ .remoteRef.key }}', 'X-Dot': '{{ index .auth "a.b" }}' },
    body: '{{ .remoteRef.version }}|{{ .remoteRef.property | upper }}|{{ .remoteRef.key }}',
  }))
  const got = echoed(await ask('a/b &c', { version: 'v 1', property: 'p q' }))
  assert.deepEqual([got.method, got.path, got.body], ['POST', '/echo/shop', 'v 1|P Q|a/b &c'])
  assert.deepEqual([got.headers['x-key'], got.headers['x-dot']], ['a/b &c', 'dotted'])
})

test('webhook: what a template does not find is <no value>, as upstream', async (t) => {
  const { ask } = await start(t, (url) => ({
    url: `${url}/echo`,
    method: 'POST',
    body: '{{ .remoteRef.nothing }},{{ .nobody.nothing }},{{ .auth.nothing }}',
  }))
  assert.equal(echoed(await ask('k')).body, '<no value>,<no value>,<no value>')
})

test('webhook: a GET may have a body, and it is framed', async (t) => {
  const { ask } = await start(t, (url) => ({ url: `${url}/echo`, body: 'x={{ .remoteRef.key }}' }))
  const got = echoed(await ask('k'))
  assert.deepEqual([got.method, got.body, got.headers['content-length']], ['GET', 'x=k', '3'])
})

test('webhook: headers that frame the message or name another host are not sent', async (t) => {
  const headers = { Host: 'elsewhere', 'Content-Length': '9', 'Transfer-Encoding': 'chunked' }
  const { ask, hook } = await start(t, (url) => ({ url: `${url}/echo`, headers }))
  const got = echoed(await ask('k'))
  assert.equal(got.headers.host, new URL(hook.url).host)
  assert.equal(got.headers['transfer-encoding'], undefined)
})

test('webhook: a POST is asked as the server wants it', async (t) => {
  const { ask } = await start(t, (url) => ({
    url: `${url}/secrets`,
    method: 'post',
    headers: { ...HEADERS, 'Content-Type': 'application/json' },
    body: '{"key": {{ .remoteRef.key | quote }}}',
    result: { jsonPath: '$.value' },
  }))
  assert.equal(inShort(await ask('one')), '"first"')
})

const results: readonly { readonly path: string; readonly key: string; readonly out: string }[] = [
  { path: '$.value', key: 'one', out: '"first"' },
  { path: '$.value', key: 'n', out: '12.5' },
  { path: '$.value.{{ .remoteRef.property }}', key: 'o', out: '1' },
  { path: '$.value[*]', key: 'l', out: '["p","q"]' },
  { path: '$.none', key: 'one', out: 'invalid' },
  { path: '$[', key: 'one', out: 'invalid' },
  { path: '{{ .remoteRef', key: 'one', out: 'invalid' },
]
for (const { path, key, out } of results) {
  test(`webhook: jsonPath ${path} of ${key} gives ${out}`, async (t) => {
    const { ask } = await start(t, (url) => ({ ...byKey(url), result: { jsonPath: path } }))
    assert.equal(inShort(await ask(key, { property: 'x' })), out)
  })
}

test('webhook: a jsonPath needs JSON', async (t) => {
  const { ask } = await start(t, (url) => ({
    url: `${url}/raw/{{ .remoteRef.key }}`,
    result: { jsonPath: '$' },
  }))
  assert.equal(inShort(await ask('one')), 'malformed')
})

const statuses: readonly { readonly status: number; readonly is: string; readonly says: RegExp }[] =
  [
    { status: 404, is: 'absent', says: /^$/ },
    { status: 304, is: 'unsupported', says: /HTTP 304/ },
    { status: 400, is: 'invalid', says: /asked for "one": gave an error \(HTTP 400\)/ },
    { status: 401, is: 'unauthenticated', says: /refused \(HTTP 401\)/ },
    { status: 403, is: 'forbidden', says: /refused \(HTTP 403\)/ },
    { status: 429, is: 'throttled', says: /HTTP 429/ },
    { status: 503, is: 'unavailable', says: /HTTP 503/ },
  ]
for (const { status, is, says } of statuses) {
  test(`webhook: HTTP ${status} is ${is}`, async (t) => {
    const { ask, hook } = await start(t, byKey)
    hook.fault({ times: 99, does: { reply: { status, body: status === 304 ? '' : TOKEN } } })
    const answer = await ask('one')
    assert.equal(inShort(answer), is)
    assert.match(answer?.outcome === 'failed' ? answer.failure.message : '', says)
    assert.ok(!printed(answer).includes(TOKEN))
  })
}

test('webhook: what may have had an effect is not repeated, throttling is', async (t) => {
  const { ask, hook } = await start(t, (url) => ({ url: `${url}/echo`, method: 'POST' }))
  hook.fault({ times: 99, does: { reply: { status: 500, body: '' } } })
  assert.equal(inShort(await ask('k')), 'unavailable')
  assert.equal(hook.calls.count(), 1)
  hook.clearFaults()
  hook.fault({ does: { reply: { status: 429, headers: { 'retry-after': '2' }, body: '' } } })
  assert.equal((await ask('k'))?.outcome, 'found')
})

test('webhook: the timeout of the store holds', async (t) => {
  const { ask, hook } = await start(t, (url) => ({ ...byKey(url), timeout: '40ms' }))
  hook.fault({ times: 99, does: { hang: true } })
  assert.equal(inShort(await ask('one')), 'timeout')
})

test('webhook: find is no question that it knows', async (t) => {
  const { provider, opening } = await start(t, byKey)
  const find: Read = {
    ...{ op: 'find', store: 's', path: undefined, nameRegexp: 'x' },
    ...{ tags: undefined, conversionStrategy: undefined },
  }
  assert.deepEqual((await provider.read([find], opening.context.signal)).map(inShort), [
    'unsupported',
  ])
})

test('webhook: a key cannot climb out of its path', async (t) => {
  const { ask, hook } = await start(t, (url) => ({ url: `${url}/secrets/{{ .remoteRef.key }}/x` }))
  for (const key of ['..', '.']) assert.equal(inShort(await ask(key)), 'invalid')
  assert.equal(hook.calls.count(), 0)
})

test('webhook: a template that names the host is used, and the host gets into no message', async (t) => {
  const { ask, hook } = await start(t, (url) => {
    const port = new URL(url).port
    return { url: `http://{{ .remoteRef.property }}:${port}/secrets/{{ .remoteRef.key }}` }
  })
  assert.equal(inShort(await ask('one', { property: '127.0.0.1' })), '{"value":"first"}')
  hook.fault({ times: 99, does: { reset: 'before' } })
  const answer = await ask('one', { property: '127.0.0.1' })
  assert.equal(inShort(answer), 'unavailable')
  assert.ok(!printed(answer).includes('127.0.0.1'))
})

test('webhook: templates make http and https URLs only', async (t) => {
  const { ask } = await start(t, () => ({ url: '{{ .remoteRef.key }}' }))
  for (const key of ['file:///etc/passwd', 'nothing', 'ftp://x/']) {
    assert.equal(inShort(await ask(key)), 'invalid')
  }
})

test('webhook: TLS is verified against the CA of the store', async (t) => {
  const hook = await startWebhook({
    tls: true,
    authorization: `Bearer ${TOKEN}`,
    secrets: { one: 'x' },
  })
  const { ca } = testTls().authority
  const opening = testOpening({ cluster: { ...CLUSTER, configMaps: { 'shop/ca': { pem: ca } } } })
  t.after(() => {
    opening.close()
    return hook.close()
  })
  const given = { ...byKey(hook.url), secrets: SECRETS, headers: HEADERS }
  const ask = async (more: JsonObject): Promise<string> => {
    const provider = await openStore(testStore('webhook', { ...given, ...more }), opening.context)
    return inShort((await provider.read([get('one')], opening.context.signal))[0])
  }
  assert.equal(await ask({}), 'untrusted')
  assert.equal(await ask({ caBundle: Buffer.from(ca).toString('base64') }), '{"value":"x"}')
  const caProvider = { type: 'ConfigMap', name: 'ca', key: 'pem' }
  assert.equal(await ask({ caProvider }), '{"value":"x"}')
})

const refusals: readonly {
  readonly story: string
  readonly settings: JsonObject
  readonly code: string
  readonly says: RegExp
}[] = [
  {
    story: 'a Secret without the label',
    settings: { secrets: [{ name: 'a', secretRef: { name: 'plain' } }] },
    code: 'forbidden',
    says: /shop\/plain is not meant for webhooks/,
  },
  {
    story: 'a Secret for something else',
    settings: { secrets: [{ name: 'a', secretRef: { name: 'other' } }] },
    code: 'forbidden',
    says: /external-secrets.io\/type: webhook/,
  },
  {
    story: 'a Secret that is not there',
    settings: { secrets: [{ name: 'a', secretRef: { name: 'gone' } }] },
    code: 'credentials-not-found',
    says: /shop\/gone does not exist/,
  },
  {
    story: 'a nameless Secret',
    settings: { secrets: [{ name: '', secretRef: { name: 'hook' } }] },
    code: 'invalid',
    says: /secrets\[0\]/,
  },
  {
    story: 'NTLM',
    settings: { auth: { ntlm: { usernameSecret: { name: 'hook' }, passwordSecret: {} } } },
    code: 'unsupported',
    says: /NTLM/,
  },
  { story: 'no URL', settings: { url: '' }, code: 'invalid', says: /url is empty/ },
  { story: 'a strange method', settings: { method: 'BREW' }, code: 'unsupported', says: /BREW/ },
  { story: 'a strange timeout', settings: { timeout: 'soon' }, code: 'invalid', says: /timeout/ },
  { story: 'no certificate', settings: { caBundle: 'eHg=' }, code: 'invalid', says: /caBundle/ },
  {
    story: 'a CA that is not there',
    settings: { caProvider: { type: 'ConfigMap', name: 'ca', key: 'k' } },
    code: 'credentials-not-found',
    says: /shop\/ca/,
  },
]
for (const { story, settings, code, says } of refusals) {
  test(`webhook: a store with ${story} does not open`, async (t) => {
    const { context, close } = testOpening({ cluster: CLUSTER })
    t.after(close)
    const store = testStore('webhook', { url: 'https://hook.example.com', ...settings })
    await assert.rejects(openStore(store, context), (error) => {
      assert.ok(error instanceof ProviderError)
      assert.equal(error.code, code)
      assert.match(error.message, says)
      return true
    })
  })
}

test('webhook: a ClusterSecretStore has to say where its Secrets are', async (t) => {
  const team = [{ name: 'auth', secretRef: { name: 'hook', namespace: 'team' } }]
  const { ask } = await start(
    t,
    (url) => ({ url: `${url}/echo`, secrets: team }),
    (given) => testClusterStore('webhook', given),
  )
  assert.equal(echoed(await ask('k')).headers.authorization, 'Bearer of-the-team')
  const nameless = testClusterStore('webhook', { url: 'https://x', secrets: SECRETS })
  const { context, close } = testOpening({ cluster: CLUSTER })
  t.after(close)
  await assert.rejects(openStore(nameless, context), /names no namespace/)
})

test('webhook: no key changes scheme, host, port or the path before it', async (t) => {
  const asked: string[] = []
  const opening = testOpening()
  t.after(opening.close)
  const http = {
    request: async ({ url }: { readonly url: string }) => {
      asked.push(url)
      return { status: 404, headers: {}, body: new Uint8Array() }
    },
    close: () => undefined,
  }
  const url = 'https://hook.example.com:8443/v1/{{ .remoteRef.key }}?v={{ .remoteRef.version }}'
  const store = testStore('webhook', { url })
  const provider = await openStore(store, { ...opening.context, http })
  const hostile = fc.constantFrom(
    '@evil',
    '//evil',
    '\\\\evil',
    ':1',
    '#',
    '?',
    '%2e%2e',
    '/..',
    '\r\n',
    '{{',
    '\u0000',
    '．．',
    '\t',
    'ⓔvil',
  )
  const text = fc.oneof(
    fc.array(hostile, { maxLength: 4 }).map((parts) => parts.join('/')),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  await fc.assert(
    fc.asyncProperty(text, text, async (key, version) => {
      asked.length = 0
      const [answer] = await provider.read([{ ...get(key), version }], opening.context.signal)
      for (const sent of asked) {
        const { origin, pathname, hash } = new URL(sent)
        assert.deepEqual([origin, hash], ['https://hook.example.com:8443', ''])
        assert.match(pathname, /^\/v1\/[^/]*$/)
      }
      assert.equal(asked.length === 0 ? 'invalid' : 'absent', inShort(answer))
    }),
    { numRuns: 300 },
  )
})
