import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer } from '../../../src/model/provider.ts'
import {
  controllerClassOf,
  generate,
  isRandom,
} from '../../../src/providers/generators/generate.ts'
import { startVault } from '../../servers/vault.ts'
import { type DynamicRequest, databaseEngine } from '../../servers/vault-dynamic.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'
import { decode, type TestOpening, testOpening } from './opening.ts'

const POLICIES: NonNullable<VaultOptions['policies']> = {
  maker: [
    { path: 'database/creds/', capabilities: ['read'] },
    { path: 'echo/', capabilities: ['read', 'list', 'update', 'delete'] },
    { path: 'secret/data/', capabilities: ['read'] },
    { path: 'auth/token/create', capabilities: ['update'] },
  ],
}

interface Bench {
  readonly vault: Awaited<ReturnType<typeof startVault>>
  readonly opening: TestOpening
  /** What reached the engine at `echo`. */
  readonly asked: DynamicRequest[]
  readonly run: (spec: JsonObject) => Promise<Answer>
  /** The same by a ClusterGenerator. */
  readonly runWrapped: (spec: JsonObject) => Promise<Answer>
}

async function bench(t: TestContext): Promise<Bench> {
  const asked: DynamicRequest[] = []
  const vault = await startVault({
    secrets: { secret: { app: '{"n":1.50,"list":[1,"<"],"none":null,"deep":{"b":1,"a":true}}' } },
    policies: POLICIES,
    auth: {
      userpass: {
        method: 'userpass',
        users: { ann: { password: 'pass-1', grant: { policies: ['maker'] } } },
      },
    },
    dynamic: {
      database: databaseEngine((at) => `password-${at}`),
      echo: (request) => {
        asked.push(request)
        if (request.path === 'none') return undefined
        if (request.path === 'silent') return { status: 204 }
        if (request.path === 'bad') return { status: 400 }
        return { data: request.method === 'list' ? '{"keys":["a","b/"]}' : '{"ok":true}' }
      },
    },
  })
  const opening = testOpening({ cluster: { secrets: { 'shop/login': { password: 'pass-1' } } } })
  t.after(() => {
    opening.close()
    return vault.close()
  })
  const provider = {
    server: vault.url,
    auth: {
      userPass: {
        path: 'userpass',
        username: 'ann',
        secretRef: { name: 'login', key: 'password' },
      },
    },
  }
  const sources = { randomBytes: () => new Uint8Array(), context: opening.context }
  const kind = 'VaultDynamicSecret'
  return {
    vault,
    opening,
    asked,
    run: (spec) => generate({ kind, spec: { provider, ...spec } }, sources),
    runWrapped: (spec) =>
      generate(
        {
          kind: 'ClusterGenerator',
          spec: { kind, generator: { vaultDynamicSecretSpec: { provider, ...spec } } },
        },
        sources,
      ),
  }
}

/** Keys and values, or the failure in one line. */
function shown(answer: Answer): Readonly<Record<string, string>> | string {
  if (answer.outcome === 'failed') return `${answer.failure.code}: ${answer.failure.message}`
  assert.ok(answer.outcome === 'generated')
  return Object.fromEntries([...answer.data].map(([key, value]) => [key, decode(value)]))
}

test('a user of a database: each run makes one, and it lives on when the run is over', async (t) => {
  const { run, vault } = await bench(t)
  const first = shown(await run({ path: 'database/creds/app' }))
  const second = shown(await run({ path: '/database/creds/app' }))
  assert.deepEqual(first, { username: 'v-app-1', password: 'password-1' })
  assert.deepEqual(second, { username: 'v-app-2', password: 'password-2' })
  assert.equal(vault.leases().length, 2)
  assert.equal(vault.calls.count('vault:revoke-self'), 0)
})

test('what has no lease needs no login afterwards: its token is revoked', async (t) => {
  const { run, vault } = await bench(t)
  await run({ path: 'echo/x' })
  await run({ path: 'echo/none' })
  assert.equal(vault.live().length, 0)
  assert.equal(vault.calls.count('vault:login'), 2)
})

test('a ClusterGenerator makes the same', async (t) => {
  const { runWrapped } = await bench(t)
  assert.deepEqual(shown(await runWrapped({ path: 'database/creds/app' })), {
    username: 'v-app-1',
    password: 'password-1',
  })
})

test('a child token: its parent is left alone, or it would die at once', async (t) => {
  const { run, vault } = await bench(t)
  const spec = {
    path: 'auth/token/create',
    method: 'POST',
    parameters: { policies: ['maker'] },
    resultType: 'Auth',
  }
  const made = shown(await run(spec))
  assert.ok(typeof made === 'object')
  const { client_token = '', ...rest } = made
  assert.ok(vault.live().some(({ id }) => id === client_token))
  assert.deepEqual(rest, {
    accessor: 'accessor-of-the-child',
    entity_id: '',
    identity_policies: '',
    lease_duration: '600',
    metadata: '',
    mfa_requirement: '',
    orphan: 'false',
    policies: '["maker"]',
    renewable: 'true',
    token_policies: '["maker"]',
  })
})

test('values are text, numbers keep theirs, lists and maps are JSON', async (t) => {
  const { run } = await bench(t)
  assert.deepEqual(shown(await run({ path: 'secret/data/app' })), {
    data: '{"deep":{"a":true,"b":1},"list":[1,"\\u003c"],"n":1.50,"none":null}',
    metadata: (shown(await run({ path: 'secret/data/app' })) as Record<string, string>).metadata,
  })
})

test('Raw is the whole answer, as the client of Vault reads it', async (t) => {
  const { run } = await bench(t)
  assert.deepEqual(shown(await run({ path: 'echo/x', resultType: 'Raw' })), {
    data: '{"ok":true}',
    lease_duration: '0',
    lease_id: '',
    mount_type: 'dynamic',
    renewable: 'false',
    request_id: 'req-1',
    warnings: '',
  })
})

const methods: readonly {
  readonly story: string
  readonly spec: JsonObject
  readonly method: DynamicRequest['method']
  readonly body: JsonObject
  readonly query: string
}[] = [
  { story: 'GET when none is given', spec: {}, method: 'read', body: {}, query: '' },
  {
    story: 'GET with parameters, several values of one, sorted',
    spec: { method: 'GET', getParameters: { z: ['1&2'], a: ['b', 'c d'] }, parameters: { x: 1 } },
    method: 'read',
    body: {},
    query: 'a=b&a=c+d&z=1%262',
  },
  { story: 'LIST', spec: { method: 'LIST' }, method: 'list', body: {}, query: 'list=1' },
  { story: 'DELETE', spec: { method: 'DELETE' }, method: 'delete', body: {}, query: '' },
  {
    story: 'POST with a body of any shape',
    spec: { method: 'POST', parameters: { cn: '{{x}}/y', n: 1, deep: { a: [true] } } },
    method: 'write',
    body: { cn: '{{x}}/y', n: 1, deep: { a: [true] } },
    query: '',
  },
  {
    story: 'any other word is a write',
    spec: { method: 'PUT' },
    method: 'write',
    body: {},
    query: '',
  },
]
for (const { story, spec, method, body, query } of methods) {
  test(`method: ${story}`, async (t) => {
    const { run, asked } = await bench(t)
    const made = shown(await run({ path: 'echo/a b/c', ...spec }))
    assert.deepEqual(made, method === 'list' ? { keys: '["a","b/"]' } : { ok: 'true' })
    const [request] = asked
    assert.deepEqual(
      [request?.method, request?.path, request?.body, request?.query.toString()],
      [method, 'a b/c', body, query],
    )
  })
}

const failures: readonly {
  readonly story: string
  readonly spec: JsonObject
  readonly is: RegExp
}[] = [
  { story: 'no path', spec: { path: '' }, is: /^invalid: spec\.path must be/ },
  { story: 'a path upwards', spec: { path: 'echo/../sys' }, is: /^invalid: vault path/ },
  { story: 'no provider', spec: { path: 'echo/x', provider: null }, is: /spec\.provider must be/ },
  { story: 'a part that is none', spec: { path: 'x', resultType: 'All' }, is: /spec\.resultType/ },
  {
    story: 'parameters of one value',
    spec: { path: 'x', getParameters: { a: 'b' } },
    is: /getParameters\.a must be a list/,
  },
  {
    story: 'parameters that are no object',
    spec: { path: 'x', method: 'POST', parameters: [1] },
    is: /parameters must be an object/,
  },
  {
    story: 'nothing there',
    spec: { path: 'echo/none' },
    is: /empty answer to a read of echo\/none \(HTTP 404\)/,
  },
  {
    story: 'no content',
    spec: { path: 'echo/silent', method: 'POST' },
    is: /empty answer to a write of echo\/silent \(HTTP 204\)/,
  },
  { story: 'no engine', spec: { path: 'nowhere/x' }, is: /^forbidden: .* to read nowhere\/x/ },
  {
    story: 'a refused method',
    spec: { path: 'database/creds/app', method: 'DELETE' },
    is: /^forbidden: .* to delete database\/creds\/app/,
  },
  {
    story: 'a request that the engine refuses',
    spec: { path: 'echo/bad', method: 'POST' },
    is: /^invalid: vault does not answer a write of echo\/bad \(HTTP 400\)/,
  },
  {
    story: 'the part is missing',
    spec: { path: 'echo/x', resultType: 'Auth' },
    is: /^invalid: the answer of vault path echo\/x has no part "auth"/,
  },
]
for (const { story, spec, is } of failures) {
  test(`it fails and says why: ${story}`, async (t) => {
    const { run, vault } = await bench(t)
    assert.match(String(shown(await run(spec))), is)
    assert.equal(vault.live().length, 0)
  })
}

test('a token without the part Data: the hint names the part that there is', async (t) => {
  const { run } = await bench(t)
  const answer = await run({ path: 'auth/token/create', method: 'POST' })
  assert.ok(answer.outcome === 'failed')
  assert.match(answer.failure.hint ?? '', /resultType to Auth/)
})

for (const path of ['echo/none', 'echo/silent']) {
  test(`an empty answer of ${path} may be allowed, then it gives no keys`, async (t) => {
    const { run } = await bench(t)
    assert.deepEqual(shown(await run({ path, method: 'POST', allowEmptyResponse: true })), {})
  })
}

test('retrySettings of the generator count', async (t) => {
  const { run, vault, opening } = await bench(t)
  const body = JSON.stringify({ errors: ['x'] })
  vault.fault({ call: 'vault:read', times: 9, does: { reply: { status: 500, body } } })
  const retrySettings = { maxRetries: 3, retryInterval: '2s' }
  assert.match(
    String(shown(await run({ path: 'database/creds/app', retrySettings }))),
    /^unavailable/,
  )
  assert.deepEqual(opening.slept, [2000, 2000, 2000])
})

test('a simulation cannot repeat it, and another controller class may own it', () => {
  const generator = { kind: 'VaultDynamicSecret', spec: { controller: 'dev' } }
  assert.ok(isRandom(generator))
  assert.equal(controllerClassOf(generator), 'dev')
})
