import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { KubeApi } from '../../../src/kube/api.ts'
import { createKubeApi } from '../../../src/kube/client.ts'
import type { Connection } from '../../../src/kube/connection.ts'
import { readText } from '../../../src/manifests/read.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import type { KubeServer } from '../../servers/kube.ts'
import { type FakeIo, fakeIo } from '../cli/fake-io.ts'
import {
  document,
  externalSecret,
  type Files,
  fakeStore,
  run,
  START_MS,
  startFiles,
  versionOf,
} from './story.ts'

// Generators in `simulate`, where output must be repeatable, and in a real run, where the Secret keeps what was made.

function generator(kind: string, name: string, spec: JsonObject): string {
  const metadata = { name, ...(kind === 'ClusterGenerator' ? {} : { namespace: 'shop' }) }
  return document({ apiVersion: 'generators.external-secrets.io/v1alpha1', kind, metadata, spec })
}

function from(kind: string, name: string, rewrite?: JsonObject): JsonObject {
  const sourceRef = { generatorRef: { kind, name } }
  return rewrite === undefined ? { sourceRef } : { sourceRef, rewrite: [rewrite] }
}

/** An ExternalSecret without a store. */
function generated(name: string, dataFrom: readonly JsonObject[], spec: JsonObject = {}): string {
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name, namespace: 'shop' },
    spec: { dataFrom, ...spec },
  })
}

async function simulate(
  t: TestContext,
  manifests: string,
  fixtures?: string,
): Promise<{ readonly code: number; readonly seen: readonly string[]; readonly err: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-generators-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'fixtures.yaml'), fixtures ?? '')
  const more = fixtures === undefined ? [] : ['--fixtures', 'fixtures.yaml']
  const io = fakeIo({ stdin: manifests, cwd: folder })
  const ran = await run(['simulate', '-', '-o', 'json', '--reveal', ...more], io)
  return { code: ran.code, err: ran.err, seen: ran.results.map(seenIn) }
}

function seenIn(result: object): string {
  const { secret, errors } = result as {
    readonly secret: { readonly data: Readonly<Record<string, string>> } | null
    readonly errors: readonly {
      readonly code: string
      readonly field: string
      readonly message: string
    }[]
  }
  if (secret === null)
    return errors.map(({ code, field, message }) => `${code} ${field}: ${message}`).join('\n')
  return Object.entries(secret.data)
    .map(([key, value]) => `${key}=${Buffer.from(value, 'base64')}`)
    .join(' ')
}

test('simulate: Fake and a ClusterGenerator around it need no fixture and no store', async (t) => {
  const { code, seen } = await simulate(
    t,
    generator('Fake', 'f', { data: { foo: 'bar' } }) +
      generator('ClusterGenerator', 'c', {
        kind: 'Fake',
        generator: { fakeSpec: { data: { baz: 'bang' } } },
      }) +
      generated('es', [from('Fake', 'f'), from('ClusterGenerator', 'c')]),
  )
  assert.deepEqual([code, seen], [0, ['baz=bang foo=bar']])
})

test('simulate: what a generator makes is rewritten, and its keys are validated', async (t) => {
  const { seen } = await simulate(
    t,
    generator('Fake', 'f', { data: { foo: 'bar' } }) +
      generator('Fake', 'bad', { data: { 'a/b': 'x' } }) +
      generated('one', [from('Fake', 'f', { regexp: { source: '^', target: 'my_' } })]) +
      generated('two', [from('Fake', 'bad')]),
  )
  assert.equal(seen[0], 'my_foo=bar')
  assert.match(seen[1] ?? '', /^InvalidKey spec\.dataFrom\[0\]/)
})

test('simulate: a random generator is a failure that says what to add', async (t) => {
  const { code, seen } = await simulate(
    t,
    generator('Password', 'db', {}) + generated('es', [from('Password', 'db')]),
  )
  assert.deepEqual(
    [code, seen],
    [
      4,
      [
        'NotRepeatable spec.dataFrom[0]: generator Password/shop/db makes other values at every run; add generators.Password/db with its values to the fixtures',
      ],
    ],
  )
})

const fixtures: readonly (readonly [string, string])[] = [
  ['by kind and name', 'generators: {Password/db: {password: s3cret}}'],
  [
    'by kind, namespace and name',
    'generators: {Password/shop/db: {password: s3cret}, Password/db: {password: other}}',
  ],
  [
    'as bytes',
    `generators: {Password/db: {password: {binary: ${Buffer.from('s3cret').toString('base64')}}}}`,
  ],
  [
    'beside stores',
    'stores: {SecretStore/x: {a: b}}\ngenerators: {Password/db: {password: s3cret}}',
  ],
]
for (const [story, text] of fixtures) {
  test(`simulate: fixtures stand for a random generator, ${story}`, async (t) => {
    const manifests = generator('Password', 'db', {}) + generated('es', [from('Password', 'db')])
    const { code, seen } = await simulate(t, manifests, text)
    assert.deepEqual([code, seen], [0, ['password=s3cret']])
  })
}

test('simulate: fixtures stand for a generator that lives elsewhere, and for a ClusterGenerator', async (t) => {
  const { seen } = await simulate(
    t,
    generated('es', [from('ECRAuthorizationToken', 'ecr'), from('ClusterGenerator', 'c')]),
    'generators: {ECRAuthorizationToken/ecr: {username: AWS, password: p}, ClusterGenerator/c: {uuid: u}}',
  )
  assert.deepEqual(seen, ['password=p username=AWS uuid=u'])
})

const wrongFixtures: readonly (readonly [string, string])[] = [
  ['generators: [a]', 'generators: expected a map of <Kind>/<name>'],
  ['generators: {db: {a: b}}', 'generators.db: expected <Kind>/<name>, such as Password/database'],
  [
    'generators: {Password/db: secret-text}',
    'generators.Password/db: expected a map of output keys',
  ],
  [
    'generators: {Password/db: {a: [secret-text]}}',
    'generators.Password/db.a: expected a string or {binary}',
  ],
]
for (const [text, problem] of wrongFixtures) {
  test(`simulate: ${problem}`, async (t) => {
    const { code, err } = await simulate(t, generated('es', []), text)
    assert.equal(code, 3)
    assert.ok(err.includes(problem), err)
    assert.ok(!err.includes('secret-text'))
  })
}

test('simulate: a generator that is not there, one that needs a provider, one of another class', async (t) => {
  const { seen } = await simulate(
    t,
    generator('ACRAccessToken', 'acr', {}) +
      generator('Fake', 'theirs', { controller: 'theirs', data: { a: 'b' } }) +
      generated('absent', [from('Password', 'constructor')]) +
      generated('unsupported', [from('ACRAccessToken', 'acr')]) +
      generated('foreign', [from('Fake', 'theirs')]),
  )
  assert.match(
    seen[0] ?? '',
    /^GeneratorNotFound spec\.dataFrom\[0\]: generator Password\/shop\/constructor was not found/,
  )
  assert.match(
    seen[1] ?? '',
    /^Unsupported .*generators of kind "ACRAccessToken" are not supported/,
  )
  assert.equal(
    seen[2],
    'ControllerClass spec.dataFrom[0]: Fake/shop/theirs belongs to controller class "theirs"',
  )
})

// ── A real run ──

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('sync: generators make values, and no two entries share one', async (t) => {
  const files = await startFiles(t)
  const twice = [
    from('UUID', 'id', { regexp: { source: 'uuid', target: 'first' } }),
    from('UUID', 'id', { regexp: { source: 'uuid', target: 'second' } }),
    from('Password', 'pw'),
    from('SSHKey', 'key'),
    from('ClusterGenerator', 'c'),
  ]
  const { code, out, err } = await files.sync(
    generator('UUID', 'id', {}) +
      generator('Password', 'pw', { length: 12 }) +
      generator('SSHKey', 'key', { keyType: 'ed25519', comment: 'shop' }) +
      generator('ClusterGenerator', 'c', {
        kind: 'Fake',
        generator: { fakeSpec: { data: { fixed: 'x' } } },
      }) +
      generated('one', twice) +
      generated('two', [from('UUID', 'id')]),
  )
  assert.equal(code, 0, out + err)
  const one = files.data('one')
  assert.deepEqual(Object.keys(one).sort(), [
    'first',
    'fixed',
    'password',
    'privateKey',
    'publicKey',
    'second',
  ])
  assert.equal(one.password?.length, 12)
  assert.match(one.publicKey ?? '', /^ssh-ed25519 \S+ shop\n$/)
  const ids = [one.first, one.second, files.data('two').uuid]
  for (const id of ids) assert.match(id ?? '', UUID)
  assert.equal(new Set(ids).size, 3)
  for (const value of Object.values(one))
    assert.ok(value.length < 8 || !(out + err).includes(value))
})

test('sync: a generator that fails leaves its Secret alone and the others written', async (t) => {
  const files = await startFiles(t)
  const { code, results } = await files.sync(
    generator('Password', 'bad', { length: 4, digits: 5 }) +
      generated('bad', [from('Password', 'bad')]) +
      generated('absent', [from('ClusterGenerator', 'absent')]) +
      fakeStore({ k: 'v' }) +
      externalSecret({ name: 'good', keys: { a: 'k' } }),
  )
  assert.equal(code, 5)
  assert.deepEqual(
    results.map(({ outcome, errors }) => errors[0]?.code ?? outcome),
    ['Invalid', 'GeneratorNotFound', 'created'],
  )
  assert.equal(files.secret('bad'), undefined)
  assert.match(
    results[1]?.errors[0]?.message ?? '',
    /was not found; declare it in the same render, or install its CRD and grant get/,
  )
  assert.deepEqual(files.data('good'), { a: 'v' })
})

const HOUR_MS = 3_600_000

test('sync: a value is kept until it is due, and made anew when it is or when its Secret is gone', async (t) => {
  const files = await startFiles(t)
  const manifests = generator('UUID', 'id', {}) + generated('es', [from('UUID', 'id')])
  const sync = (nowMs: number): Promise<string> => made(files, manifests, nowMs)
  assert.equal(await sync(START_MS), 'created')
  const first = files.data('es').uuid
  assert.equal(await sync(START_MS + HOUR_MS / 2), 'skipped')
  assert.equal(files.data('es').uuid, first)
  assert.equal(await sync(START_MS + HOUR_MS), 'updated')
  const second = files.data('es').uuid
  assert.notEqual(second, first)
  const before = versionOf(files.secret('es'))
  await annotate(files.kube, 'es')
  assert.notEqual(versionOf(files.secret('es')), before)
  assert.equal(await sync(START_MS + HOUR_MS + 500), 'skipped', 'an annotation makes no new value')
  files.kube.remove('Secret', 'shop', 'es')
  assert.equal(await sync(START_MS + HOUR_MS + 1000), 'created')
  assert.notEqual(files.data('es').uuid, second)
})

test('sync: a made value that somebody deletes is made anew, with all beside it (R3)', async (t) => {
  const files = await startFiles(t)
  const manifests =
    generator('UUID', 'id', {}) +
    generator('Password', 'pw', { length: 10 }) +
    generated('es', [from('UUID', 'id'), from('Password', 'pw')])
  assert.equal(await made(files, manifests, START_MS), 'created')
  const { uuid } = files.data('es')
  await asAdmin(files.kube, async (kube) => {
    const secret = files.secret('es') ?? {}
    const { password: _, ...data } = secret.data as JsonObject
    await kube.replace({ ...secret, data }, { fieldManager: 'kubectl-edit', isDryRun: false })
  })
  assert.equal(await made(files, manifests, START_MS + 1000), 'updated')
  assert.equal(files.data('es').password?.length, 10)
  assert.notEqual(files.data('es').uuid, uuid)
  assert.equal(await made(files, manifests, START_MS + 2000), 'skipped')
})

/** The outcome of a run whose generators make what nobody knows. */
async function made(files: Files, manifests: string, nowMs: number): Promise<string> {
  const argv = ['sync', '-f', '-', '--app', 'shop', '-n', 'shop', '-o', 'json']
  const io: FakeIo = {
    ...fakeIo({ stdin: manifests, nowMs }),
    random: { bytes: (length) => Uint8Array.from(randomBytes(length)), fraction: () => 0.5 },
  }
  const { code, results, err } = await run([...argv, '--kubeconfig', files.kubeconfig], io)
  assert.equal(code, 0, err)
  return results[0]?.outcome ?? ''
}

test('sync: a generator travels in the bundle of its app', async (t) => {
  const files = await startFiles(t)
  const manifests =
    generator('Password', 'pw', { length: 10 }) + generated('es', [from('Password', 'pw')])
  mkdirSync(join(files.folder, 'app'))
  writeFileSync(join(files.folder, 'app', 'es.yaml'), manifests)
  const bundle = await run(['generate', join(files.folder, 'app'), '--app', 'shop', '-n', 'shop'])
  assert.equal(bundle.code, 0, bundle.err)
  const { foreign, documents } = readText('out', Buffer.from(bundle.out), {
    needles: ['ConfigMap'],
  })
  const configMaps = foreign.map(({ object }) => object).filter(({ kind }) => kind === 'ConfigMap')
  assert.equal(documents.length, 0, 'everything of ours travels')
  files.kube.seed(...configMaps)
  const argv = [
    'sync',
    '--app',
    'shop',
    '-n',
    'shop',
    '-o',
    'json',
    '--kubeconfig',
    files.kubeconfig,
  ]
  const { code, err } = await run(argv, { nowMs: START_MS })
  assert.equal(code, 0, err)
  assert.equal(files.data('es').password?.length, 10)
})

/** Somebody else, such as a reloader, puts an annotation on a Secret of namespace `shop`. */
async function annotate(server: KubeServer, name: string): Promise<void> {
  const metadata = { name, namespace: 'shop', annotations: { note: 'x' } }
  await asAdmin(server, (kube) =>
    kube.apply(
      { apiVersion: 'v1', kind: 'Secret', metadata },
      { fieldManager: 'reloader', isForced: false, isDryRun: false },
    ),
  )
}

async function asAdmin(
  server: KubeServer,
  act: (kube: KubeApi) => Promise<unknown>,
): Promise<void> {
  const connection: Connection = {
    server: server.url,
    ca: server.ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    isVerificationOff: false,
    namespace: 'shop',
    token: async () => SecretValue.fromText(server.adminToken),
  }
  const http = createHttpClient()
  const { clock, random, signal } = fakeIo()
  const options = {
    timeoutMs: 5000,
    signal,
    nowMs: clock.nowMs,
    random: random.fraction,
    sleep: clock.sleep,
  }
  await act(createKubeApi(connection, http, options))
  http.close()
}
