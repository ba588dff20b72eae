import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, run, startFiles, versionOf } from './story.ts'

// G-17: Secrets that are somebody else's. G-21: sizes. G-24: what the machine denies. G-25: hand-offs of other versions.

const seedSecret = (app: App, name: string, more: JsonObject): void => {
  const metadata = { name, namespace: 'shop', ...(more.metadata as JsonObject | undefined) }
  app.server.seed({ apiVersion: 'v1', kind: 'Secret', ...more, metadata })
}

test('G-17: a foreign, an immutable and a twice claimed Secret stay untouched, each with its code', async (t) => {
  const app = await startApp(t)
  const same = { name: 'same' }
  const manifests = [
    fakeStore({ a: 'ours' }),
    externalSecret({ name: 'foreign', keys: { k: 'a' } }),
    externalSecret({ name: 'frozen', keys: { k: 'a' } }),
    externalSecret({ name: 'one', keys: { k: 'a' }, target: same }),
    externalSecret({ name: 'two', keys: { k: 'a' }, target: same }),
    externalSecret({ name: 'well', keys: { k: 'a' } }),
  ].join('')
  seedSecret(app, 'foreign', { data: { k: 'dGhlaXJz' } })
  seedSecret(app, 'frozen', {
    immutable: true,
    data: { k: 'ZnJvemVu' },
    metadata: {
      labels: { 'waybill.dev/managed': 'true' },
      annotations: { 'waybill.dev/owner': 'shop' },
    },
  })
  const versions = (): readonly string[] =>
    ['foreign', 'frozen'].map((name) => versionOf(app.server.object('Secret', 'shop', name)))
  const before = versions()
  const ran = await app.give(manifests, [])
  assert.equal(ran.code, 5)
  const codes = ran.results.map(({ externalSecret: name, outcome, errors }) => [
    name,
    outcome === 'failed' ? errors[0]?.code : outcome,
  ])
  assert.deepEqual(Object.fromEntries(codes), {
    'shop/foreign': 'NotOwned',
    'shop/frozen': 'Immutable',
    'shop/one': 'created',
    'shop/two': 'Conflict',
    'shop/well': 'created',
  })
  assert.deepEqual(versions(), before)
})

test('G-17 (MT-8): two apps that claim one Secret: the first keeps it', async (t) => {
  const app = await startApp(t)
  const wanted = fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { k: 'a' } })
  await app.sync(wanted)
  const version = versionOf(app.server.object('Secret', 'shop', 'api'))
  const kubeconfig = app.kubeconfig(app.server.adminToken)
  const argv = ['sync', '-f=-', '--app=other', '-n=shop', '--kubeconfig', kubeconfig, '-o=json']
  const second = await run(argv, { stdin: wanted })
  assert.equal(second.results[0]?.errors[0]?.code, 'Conflict', second.out)
  assert.equal(versionOf(app.server.object('Secret', 'shop', 'api')), version)
})

// ── G-21 ──

test('G-21: a value of 700 KiB is synced whole, data above 1 MiB are refused before anything is sent', async (t) => {
  const files = await startFiles(t)
  const store = fakeStore({ big: 'x'.repeat(700 * 1024), small: 'v' })
  const manifests = [
    store,
    externalSecret({ name: 'fits', keys: { k: 'big' } }),
    externalSecret({ name: 'twice', keys: { k: 'big', l: 'big' } }),
    externalSecret({ name: 'small', keys: { k: 'small' } }),
  ].join('')
  const ran = await files.sync(manifests)
  assert.equal(ran.code, 5)
  assert.equal(files.data('fits').k?.length, 700 * 1024)
  assert.equal(files.secret('twice'), undefined)
  const twice = ran.results.find(({ target }) => target.endsWith('twice'))
  assert.equal(twice?.errors[0]?.code, 'TooLarge')
  assert.match(twice?.condition.message ?? '', /1 MiB|1,?048,?576/)
  assert.equal(
    files.kube.calls.all.filter(
      ({ call, keys }) => /^patch/.test(call) && /twice/.test(keys.join()),
    ).length,
    0,
  )
  assert.equal(files.data('small').k, 'v')
})

/** So large that each ExternalSecret fills some of a shard. */
const PADDED = { template: { mergePolicy: 'Merge', metadata: {}, data: { p: 'x'.repeat(60_000) } } }

test('G-21: more than twenty shards are one bundle; a set that is torn in any way leaves everything as it is', async (t) => {
  const app = await startApp(t)
  const wanted = (value: string): string =>
    fakeStore({ a: value }) +
    Array.from({ length: 48 }, (_, at) =>
      externalSecret({ name: `es-${at}`, keys: { k: 'a' }, spec: { target: PADDED } }),
    ).join('')
  const first = await app.sync(wanted('one'))
  assert.equal(first.code, 0, first.err)
  const shards = app.server
    .objects('ConfigMap', 'shop')
    .filter((object) => /^waybill-shop-\d+$/.test(String(dig(object, 'metadata', 'name'))))
  assert.ok(shards.length > 20, `${shards.length} shards`)
  assert.ok(
    app.server.calls.connections() <= 16 + 1,
    `${app.server.calls.connections()} connections`,
  )
  const versions = (): readonly string[] => app.server.objects('Secret', 'shop').map(versionOf)
  const before = versions()
  for (const shard of [shards[0], shards[shards.length - 1]]) {
    const name = String(dig(shard, 'metadata', 'name'))
    app.server.remove('ConfigMap', 'shop', name)
    const torn = await app.again()
    assert.equal(torn.code, 4)
    assert.match(torn.err, new RegExp(name))
    app.server.seed(withoutVersion(shard ?? {}))
  }
  assert.deepEqual(versions(), before)
  const whole = await app.again()
  assert.equal(whole.code, 0, whole.err)
})

function withoutVersion(object: JsonObject): JsonObject {
  const { uid: _, resourceVersion: __, ...metadata } = object.metadata as JsonObject
  return { ...object, metadata }
}

// ── G-24 ──

const PLAIN = fakeStore({ a: 'one' }) + externalSecret({ name: 'api', keys: { k: 'a' } })

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-limits-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Ended {
  readonly code: number | null
  readonly err: string
  readonly out: string
}

/** A shell in which `waybill` is ours. */
function shell(script: string, input: string): Promise<Ended> {
  const child = spawn(
    'bash',
    ['-c', `waybill() { "${process.execPath}" $FLAGS dist/waybill.cjs "$@"; }; ${script}`],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })))
}

test('G-24: a file that grows too large for its limit leaves no part of it, and the cause is told', async (t) => {
  const folder = join(scratch(t), 'out')
  const big =
    fakeStore({ a: 'x'.repeat(400_000) }) + externalSecret({ name: 'api', keys: { k: 'a' } })
  // A full disk, as far as a process can tell: its writes end in the middle.
  const ran = await shell(`trap '' XFSZ; ulimit -f 100; waybill sync -f - --local ${folder}`, big)
  assert.notEqual(ran.code, 0)
  assert.match(ran.err + ran.out, /cannot write .*shop_api\.yaml/)
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], [])
})

test('G-24: a full device and a folder that nobody can make are named', async () => {
  for (const folder of ['/proc/nothing', '/dev/full/x']) {
    const ran = await run(['sync', '-f=-', '--local', folder, '-o=json'], { stdin: PLAIN })
    assert.notEqual(ran.code, 0)
    assert.match(ran.results[0]?.condition.message ?? '', new RegExp(`cannot write ${folder}/`))
  }
})

test('G-24: no descriptors left: exit is not 0, and what is wrong is said', async (t) => {
  const folder = join(scratch(t), 'out')
  mkdirSync(folder)
  const many =
    fakeStore({ a: 'one' }) +
    Array.from({ length: 40 }, (_, at) =>
      externalSecret({ name: `e${at}`, keys: { k: 'a' } }),
    ).join('')
  const ran = await shell(`ulimit -n 24; waybill sync -f - --local ${folder}`, many)
  const files = readdirSync(folder)
  assert.deepEqual(
    files.filter((name) => name.endsWith('.tmp')),
    [],
  )
  if (ran.code === 0) assert.equal(files.length, 40)
  else assert.match(ran.err + ran.out, /too many|EMFILE/)
})

test('G-24: without a temporary folder a run works: nothing of it goes there', async (t) => {
  const folder = join(scratch(t), 'out')
  const ran = await shell(
    `TMPDIR=/nonexistent HOME=/nonexistent waybill sync -f - --local ${folder}`,
    PLAIN,
  )
  assert.equal(ran.code, 0, ran.err)
  assert.deepEqual(readdirSync(folder), ['shop_api.yaml'])
})

test('G-24: 200 ExternalSecrets and 4 MB of values fit into 64 MiB of heap', async (t) => {
  const folder = join(scratch(t), 'out')
  const values = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`k${at}`, `${at}`.padStart(100_000, 'x')]),
  )
  const many =
    fakeStore(values) +
    Array.from({ length: 200 }, (_, at) =>
      externalSecret({ name: `e${at}`, keys: { k: `k${at % 40}` } }),
    ).join('')
  const input = join(folder, '..', 'in.yaml')
  writeFileSync(input, many)
  const ran = await shell(
    `FLAGS=--max-old-space-size=64; waybill sync -f ${input} --local ${folder}`,
    '',
  )
  assert.equal(ran.code, 0, ran.err)
  assert.equal(readdirSync(folder).length, 200)
})

// ── G-25 ──

test('G-25: a bundle of a newer format is refused with both numbers, and everything stays', async (t) => {
  const app = await startApp(t)
  await app.sync(PLAIN)
  const version = versionOf(app.server.object('Secret', 'shop', 'api'))
  const anchor = app.server.object('ConfigMap', 'shop', 'waybill-shop') as JsonObject
  const newer = { ...(anchor.data as JsonObject), format: '2' }
  await app.kube.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'waybill-shop', namespace: 'shop' },
      data: newer,
    },
    { fieldManager: 'argocd', isForced: true, isDryRun: false },
  )
  const ran = await app.again()
  assert.equal(ran.code, 4)
  assert.match(ran.err, /has format 2, this version reads up to 1/)
  assert.equal(versionOf(app.server.object('Secret', 'shop', 'api')), version)
})

test('G-25: what a version to come adds to anchor and status is passed by', async (t) => {
  const app = await startApp(t)
  await app.sync(PLAIN)
  const asArgo = { fieldManager: 'argocd', isForced: true, isDryRun: false }
  const anchor = app.server.object('ConfigMap', 'shop', 'waybill-shop') as JsonObject
  await app.kube.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'waybill-shop', namespace: 'shop' },
      data: { ...(anchor.data as JsonObject), tomorrow: 'something else' },
    },
    asArgo,
  )
  await app.kube.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'waybill-shop-status', namespace: 'shop' },
      data: { 'es-of-tomorrow': '{"never":"seen"}', broken: 'no JSON' },
    },
    { ...asArgo, fieldManager: 'tomorrow' },
  )
  const ran = await app.again()
  assert.equal(ran.code, 0, ran.err)
})
