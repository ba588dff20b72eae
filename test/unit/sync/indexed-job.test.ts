import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import { encodeBundle } from '../../../src/handoff/bundle.ts'
import { dig, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, type Ran } from './story.ts'

// Many references: the pods of an Indexed Job share the bundle out, and together do exactly what one pod does.

const STORE = fakeStore({ a: 'one', b: 'two' })

/** So large that a bundle of 40 has eight shards. */
const PADDING = 'x'.repeat(25_000)

function large(count: number, keys: Readonly<Record<string, string>> = { k: 'a' }): string {
  const one = (at: number): string =>
    externalSecret({ name: `es-${at}`, keys, spec: { target: padded() } })
  return STORE + Array.from({ length: count }, (_, at) => one(at)).join('')
}

function padded(): JsonObject {
  return { template: { mergePolicy: 'Merge', metadata: {}, data: { padding: PADDING } } }
}

/** One pod of `count`. */
function pod(
  { sync }: App,
  manifests: string,
  [index, count]: readonly [number, number],
): Promise<Ran> {
  const env = { JOB_COMPLETION_INDEX: String(index) }
  return sync(manifests, {
    sync: [`--completions=${count}`],
    env,
    afterMs: 0,
  })
}

function outcomes(runs: readonly Ran[]): readonly string[] {
  return runs
    .flatMap(({ results }) => results)
    .map(({ externalSecret, outcome }) => `${externalSecret} ${outcome}`)
    .sort()
}

function words(runs: readonly Ran[]): ReadonlySet<string> {
  return new Set(runs.flatMap(({ results }) => results.map(({ outcome }) => outcome)))
}

function statusData({ server }: App): ReadonlyMap<string, JsonValue> {
  const data = server
    .objects('ConfigMap', 'shop')
    .filter((object) => /-status(-\d+)?$/.test(String(dig(object, 'metadata', 'name'))))
    .flatMap((object) => Object.entries((dig(object, 'data') ?? {}) as JsonObject))
    .filter(([key]) => !key.includes('_'))
  return new Map(data as [string, JsonValue][])
}

test('two pods do exactly the work of one: each ExternalSecret once, each status once', async (t) => {
  const [shared, alone] = [await startApp(t), await startApp(t)]
  const manifests = large(40)
  const runs = [await pod(shared, manifests, [0, 2]), await pod(shared, manifests, [1, 2])]
  const whole = await alone.sync(manifests)
  assert.deepEqual(outcomes(runs), outcomes([whole]))
  assert.equal(new Set(outcomes(runs)).size, 40)
  assert.ok(
    runs.every(({ results }) => results.length >= 8),
    'neither is idle',
  )
  assert.deepEqual([...statusData(shared).keys()].sort(), [...statusData(alone).keys()].sort())
  assert.equal(statusData(shared).size, 40)
  const again = [await pod(shared, manifests, [0, 2]), await pod(shared, manifests, [1, 2])]
  assert.deepEqual(words(again), new Set(['skipped']))
})

test('pods that run at the same time do not disturb each other', async (t) => {
  const app = await startApp(t)
  const manifests = large(40)
  await pod(app, manifests, [0, 1])
  const changed = large(40, { k: 'b' })
  const runs = await Promise.all([0, 1, 2, 3].map((index) => pod(app, changed, [index, 4])))
  assert.deepEqual(words(runs), new Set(['updated']))
  assert.equal(statusData(app).size, 40)
})

test('two owners of one Secret are told apart although different pods have them', async (t) => {
  const app = await startApp(t)
  const spec = { target: { name: 'same', ...padded() } }
  const first = externalSecret({ name: 'first', keys: { k: 'b' }, spec })
  await app.sync(large(40) + first)
  const objects = Array.from({ length: 40 }, (_, at) => {
    return JSON.parse(externalSecret({ name: `es-${at}`, keys: { k: 'a' }, spec }).slice(4))
  })
  const encoded = encodeBundle({
    ...{ app: 'shop', namespace: 'shop', storeNamespace: 'waybill-system' },
    ...{ periodSeconds: 3600, objects },
  })
  assert.ok(encoded.outcome === 'encoded')
  const { anchor, shards } = encoded.bundle
  for (const object of [anchor, ...shards]) {
    await app.kube.apply(object, { fieldManager: 'argocd', isForced: true, isDryRun: false })
  }
  const runs = [0, 1].map((index) =>
    app.again({ sync: ['--completions=2'], env: { JOB_COMPLETION_INDEX: String(index) } }),
  )
  const lines = outcomes(await Promise.all(runs))
  assert.equal(lines.length, 40)
  assert.deepEqual(
    lines.filter((line) => !line.endsWith('failed')),
    ['shop/es-0 updated'],
  )
})

test('a bundle with half as many shards keeps its memory: nothing is read again, nothing forgotten', async (t) => {
  const app = await startApp(t)
  await app.sync(large(40))
  const half = large(20)
  const first = await app.sync(half, { afterMs: 1000 })
  assert.deepEqual(words([first]), new Set(['skipped']))
  const dropped = first.report.notes.join()
  assert.match(dropped, /no ExternalSecret asks any more for .* and 15 more/)
  const second = await app.sync(half, { afterMs: 1000 })
  assert.equal(second.report.notes.join(), dropped)
})

test('generate: nearly everybody gets a plain Job, a large bundle an Indexed one that says so', async (t) => {
  const app = await startApp(t)
  const rendered = async (manifests: string): Promise<readonly JsonObject[]> =>
    loadAll((await app.render(manifests)).out) as readonly JsonObject[]
  const isJob = ({ kind }: JsonObject): boolean => /Job$/.test(String(kind))
  const plain = (await rendered(large(3))).find(isJob)
  assert.equal(dig(plain, 'spec', 'completionMode'), undefined)
  const objects = await rendered(large(40))
  const shards = objects.filter(({ metadata }) => /shop-\d+$/.test(String(dig(metadata, 'name'))))
  const pods = shards.length / 4
  assert.ok(pods >= 2)
  const jobs = objects.filter(isJob)
  assert.deepEqual(
    jobs.map(({ kind }) => kind),
    ['Job', 'CronJob'],
  )
  for (const job of jobs) {
    const spec = job.kind === 'Job' ? job.spec : dig(job, 'spec', 'jobTemplate', 'spec')
    assert.deepEqual(
      ['completionMode', 'completions', 'parallelism'].map((name) => dig(spec, name)),
      ['Indexed', pods, pods],
    )
    assert.match(JSON.stringify(dig(spec, 'template')), new RegExp(`"--completions=${pods}"`))
  }
})

const refusals: readonly { readonly words: readonly string[]; readonly index?: string }[] = [
  { words: ['--completions=2'] },
  { words: ['--completions=2'], index: '2' },
  { words: ['--completions=0'], index: '0' },
  { words: ['--completions=x'], index: '0' },
]
for (const { words, index } of refusals) {
  test(`sync ${words.join(' ')} with JOB_COMPLETION_INDEX ${index ?? 'unset'} is a usage error`, async (t) => {
    const app = await startApp(t)
    const env = index === undefined ? {} : { JOB_COMPLETION_INDEX: index }
    const { code, err } = await app.sync(STORE + externalSecret({ name: 'a', keys: { k: 'a' } }), {
      sync: words,
      env,
    })
    assert.equal(code, 2)
    assert.match(err, /--completions/)
  })
}
