import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret, type ExternalSecret } from '../../../src/model/external-secret.ts'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { resultOfChange } from '../../../src/sync/result.ts'
import type { Done } from '../../../src/sync/run-context.ts'
import { intentOf, memoryAfter } from '../../../src/sync/status-after.ts'
import { type App, type How, startApp } from './app.ts'
import { externalSecret, fakeStore, versionOf } from './story.ts'

// target.manifest with an administrator's list (MT-7, R101–R104): what is rendered, handed off and written with the rights of
// the job, for a ConfigMap and for a kind of somebody else.

const CANARY = 'c4n4ry-value-of-a-secret'
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const MIDDLEWARE = { apiVersion: 'traefik.io/v1alpha1', kind: 'Middleware' }
const OX = { apiVersion: 'example.com/v1', kind: 'Ox' }
const ALLOWED = ['ConfigMap', 'Middleware.traefik.io', 'Ox.example.com=oxen']
const LIST = ALLOWED.map((word) => `--allow-target=${word}`)
const WITH: How = { generate: LIST, sync: LIST }
const MINUTE_MS = 60_000
const NOTHING = { entries: new Map(), dropped: new Map() }
const RESULT = { parity: parityOf('waybill'), nextRefresh: undefined }

const one = (name: string, target: JsonObject, value = CANARY): string =>
  fakeStore({ a: value, b: '{"port":5432}' }) + externalSecret({ name, keys: { k: 'a' }, target })

const settings = (more: JsonObject = {}, value?: string): string =>
  one('api', { name: 'settings', manifest: CONFIG_MAP, ...more }, value)

const mapIn = (app: App): JsonObject | undefined =>
  app.server.object('ConfigMap', 'shop', 'settings')

interface Kind {
  readonly story: string
  readonly manifest: { readonly apiVersion: string; readonly kind: string }
  readonly place: readonly string[]
}

const kinds: readonly Kind[] = [
  { story: 'a ConfigMap', manifest: CONFIG_MAP, place: ['data'] },
  { story: 'somebody else’s kind', manifest: MIDDLEWARE, place: ['spec', 'data'] },
  { story: 'a kind with a plural of its own', manifest: OX, place: ['spec', 'data'] },
]

for (const { story, manifest, place } of kinds) {
  const { kind } = manifest
  const manifests = (value?: string): string => one('api', { name: 'settings', manifest }, value)
  const valueIn = (app: App): unknown =>
    dig(app.server.object(kind, 'shop', 'settings'), ...place, 'k')

  test(`${story} is made, kept and mended with the rights of the job`, async (t) => {
    const app = await startApp(t)
    const first = await app.sync(manifests(), WITH)
    assert.deepEqual(
      [first.code, first.results[0]?.outcome, first.results[0]?.target],
      [0, 'created', `${kind}/shop/settings`],
    )
    assert.equal(first.results[0]?.condition.reason, 'ResourceSynced')
    assert.equal(valueIn(app), CANARY)
    const made = app.server.object(kind, 'shop', 'settings')
    assert.equal(dig(made, 'metadata', 'labels', 'waybill.dev/managed'), 'true')
    const owners = dig(made, 'metadata', 'ownerReferences') as readonly JsonObject[]
    assert.deepEqual(
      owners.map(({ kind: owner, name }) => [owner, name]),
      [['ConfigMap', 'waybill-shop']],
    )
    const same = await app.sync(manifests(), WITH)
    assert.equal(same.results[0]?.outcome, 'unchanged')
    assert.equal(versionOf(app.server.object(kind, 'shop', 'settings')), versionOf(made))
    const changed = await app.sync(manifests('another value'), WITH)
    assert.equal(changed.results[0]?.outcome, 'updated')
    assert.equal(valueIn(app), 'another value')
    assert.equal(app.server.object('Secret', 'shop', 'settings'), undefined)
  })

  test(`${story} goes with its ExternalSecret: missed twice, by --prune`, async (t) => {
    const app = await startApp(t)
    const pruning = (afterMs: number): How => ({
      generate: [...LIST, '--orphans=delete'],
      sync: [...LIST, '--prune'],
      afterMs,
    })
    const other = externalSecret({ name: 'other', keys: { k: 'a' }, target: { manifest } })
    await app.sync(manifests() + other, WITH)
    const rest = fakeStore({ a: CANARY }) + other
    await app.sync(rest, pruning(MINUTE_MS))
    assert.equal(valueIn(app), CANARY)
    const { report } = await app.sync(rest, pruning(11 * MINUTE_MS))
    assert.match(report.notes.join(), new RegExp(`${kind} shop/settings was pruned`))
    assert.equal(app.server.object(kind, 'shop', 'settings'), undefined)
    assert.notEqual(app.server.object(kind, 'shop', 'other'), undefined)
  })

  test(`${story} is deleted by deletionPolicy Delete at the second sighting`, async (t) => {
    const app = await startApp(t)
    const policy = { name: 'settings', manifest, deletionPolicy: 'Delete' }
    await app.sync(one('api', policy), WITH)
    const gone = one('api', policy).replace('"key":"a","value"', '"key":"z","value"')
    const seen = await app.sync(gone, WITH)
    assert.equal(seen.results[0]?.outcome, 'retained')
    const again = await app.sync(gone, WITH)
    assert.deepEqual(
      [again.results[0]?.outcome, again.results[0]?.condition.reason],
      ['deleted', 'ResourceDeleted'],
    )
    assert.equal(app.server.object(kind, 'shop', 'settings'), undefined)
  })
}

test('without the list nothing is written, no store is asked, and no right is handed off', async (t) => {
  const app = await startApp(t)
  await app.sync(settings(), { ...WITH, sync: ['--dry-run=client', ...LIST] })
  const role = app.server.object('Role', 'shop', 'waybill-shop')
  assert.match(JSON.stringify(role), /"settings"/)
  const ran = await app.again()
  const [result] = ran.results
  assert.equal(result?.outcome, 'failed')
  assert.match(
    result?.errors[0]?.message ?? '',
    /^target\.manifest is not supported: .*--allow-target=ConfigMap$/,
  )
  assert.equal(ran.report.reads, 0)
  assert.equal(mapIn(app), undefined)
})

test('the rights are those of the policy, by name, and the job is told the list', async (t) => {
  const app = await startApp(t)
  const merge = externalSecret({
    name: 'b',
    keys: { k: 'a' },
    target: { name: 'theirs', manifest: MIDDLEWARE, creationPolicy: 'Merge' },
  })
  await app.sync(settings({ deletionPolicy: 'Delete' }) + merge, WITH)
  const rules = dig(app.server.object('Role', 'shop', 'waybill-shop'), 'rules') as readonly {
    readonly resourceNames: readonly string[]
  }[]
  assert.deepEqual(
    rules.filter(({ resourceNames = [] }) => resourceNames.some((n) => /settings|theirs/.test(n))),
    [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        verbs: ['get', 'create', 'patch', 'update', 'delete'],
        resourceNames: ['settings'],
      },
      {
        apiGroups: ['traefik.io'],
        resources: ['middlewares'],
        verbs: ['get', 'patch', 'update'],
        resourceNames: ['theirs'],
      },
    ],
  )
  const { out } = await app.render(settings(), LIST)
  for (const word of LIST) assert.match(out, new RegExp(word.replaceAll('.', '\\.')))
})

test('a foreign ConfigMap is refused, consented to by its label, and merged into', async (t) => {
  const app = await startApp(t)
  const theirs: JsonObject = {
    ...CONFIG_MAP,
    metadata: { name: 'settings', namespace: 'shop' },
    data: { k: 'mine', other: 'x' },
  }
  app.server.seed(theirs)
  const refused = await app.sync(settings(), WITH)
  const [first] = refused.results
  assert.deepEqual([first?.outcome, first?.errors[0]?.code], ['failed', 'NotOwned'])
  assert.match(first?.errors[0]?.message ?? '', /the target ConfigMap was not made by waybill/)
  const merged = await app.sync(settings({ creationPolicy: 'Merge' }), WITH)
  assert.equal(merged.results[0]?.outcome, 'updated')
  assert.deepEqual({ ...(mapIn(app)?.data as JsonObject) }, { k: CANARY, other: 'x' })
  assert.equal(dig(mapIn(app), 'metadata', 'labels'), undefined)
  const back = externalSecret({
    name: 'api',
    keys: { n: 'a' },
    target: { name: 'settings', manifest: CONFIG_MAP, creationPolicy: 'Merge' },
  })
  await app.sync(fakeStore({ a: CANARY }) + back, WITH)
  assert.deepEqual({ ...(mapIn(app)?.data as JsonObject) }, { n: CANARY, other: 'x' })
})

test('what strangers put into a ConfigMap of ours goes, and theirs in metadata stays', async (t) => {
  const app = await startApp(t)
  await app.sync(settings(), WITH)
  const edit: JsonObject = {
    ...CONFIG_MAP,
    metadata: { name: 'settings', namespace: 'shop', labels: { team: 'x' } },
    data: { stray: '1', k: 'edited' },
  }
  await app.kube.apply(edit, { fieldManager: 'human', isForced: true, isDryRun: false })
  const mended = await app.sync(settings(), WITH)
  assert.equal(mended.results[0]?.outcome, 'updated')
  assert.deepEqual({ ...(mapIn(app)?.data as JsonObject) }, { k: CANARY })
  assert.equal(dig(mapIn(app), 'metadata', 'labels', 'team'), 'x')
})

test('an immutable ConfigMap keeps its data', async (t) => {
  const app = await startApp(t)
  await app.sync(settings({ immutable: true }), WITH)
  assert.equal(mapIn(app)?.immutable, true)
  const later = await app.sync(settings({ immutable: true }, 'new value'), WITH)
  assert.equal(later.results[0]?.outcome, 'unchanged')
  assert.equal(dig(mapIn(app), 'data', 'k'), CANARY)
})

test('a Secret and a ConfigMap of one name are two targets', async (t) => {
  const app = await startApp(t)
  const secret = externalSecret({ name: 'b', keys: { k: 'a' }, target: { name: 'settings' } })
  const { code, results } = await app.sync(settings() + secret, WITH)
  assert.equal(code, 0)
  assert.deepEqual(results.map(({ target }) => target).sort(), [
    'ConfigMap/shop/settings',
    'shop/settings',
  ])
})

test('a kind of the cluster, or one that there is not, is an error that names it', async (t) => {
  const app = await startApp(t)
  const rows = [
    [
      { apiVersion: 'example.com/v1', kind: 'Beacon' },
      /Beacon of example\.com\/v1 belongs to no n/,
    ],
    [{ apiVersion: 'example.org/v1', kind: 'Unseen' }, /the cluster has no Unseen of example\.org/],
    [{ apiVersion: 'example.com/v1', kind: 'Cow' }, /the cluster has no Cow of example\.com\/v1/],
  ] as const
  for (const [manifest, message] of rows) {
    const list = [`--allow-target=${manifest.kind}.${manifest.apiVersion.split('/')[0]}`]
    const ran = await app.sync(one('api', { name: 'x', manifest }), { generate: list, sync: list })
    assert.match(ran.results[0]?.errors[0]?.message ?? '', message)
  }
})

test('another version of the kind is the same object, and no reason to prune it', () => {
  const inVersion = (version: string): ExternalSecret =>
    decodeExternalSecret({
      metadata: { name: 'api', namespace: 'shop' },
      spec: { target: { manifest: { apiVersion: `traefik.io/${version}`, kind: 'Middleware' } } },
    })
  const done = (version: string): Done => {
    const externalSecret = inVersion(version)
    const result = resultOfChange(
      externalSecret,
      { action: 'unchanged', observed: undefined },
      RESULT,
    )
    return { externalSecret, result, secretVersion: '1', isGone: false, isRead: true }
  }
  const after = (version: string) => ({ namespace: 'shop', nowMs: 0, all: [inVersion(version)] })
  const first = memoryAfter([done('v1alpha1')], NOTHING, after('v1alpha1'))
  assert.equal(intentOf([inVersion('v1')], first, 'shop'), undefined)
  const second = memoryAfter([done('v1')], first, after('v1'))
  assert.equal(second.entries.get('api')?.ownedSecret, 'Middleware.v1.traefik.io_api')
  assert.deepEqual([...second.dropped], [])
  const renamed = memoryAfter([], second, { ...after('v1'), all: [] })
  assert.deepEqual([...renamed.dropped.keys()], ['Middleware.v1.traefik.io_api'])
})

test('what the API server keeps in other words than ours is written once, and unchanged ever after', async (t) => {
  const app = await startApp(t)
  const template = { templateFrom: [{ target: 'spec.rate', literal: '9007199254740993' }] }
  const manifests = one('api', { name: 'settings', manifest: MIDDLEWARE, template })
  const outcomes: unknown[] = []
  for (const afterMs of [0, 90 * MINUTE_MS, 180 * MINUTE_MS]) {
    const { results } = await app.sync(manifests, { ...WITH, afterMs })
    outcomes.push(results[0]?.outcome)
  }
  assert.deepEqual(outcomes, ['created', 'unchanged', 'unchanged'])
})

test('a group is looked up once per run', async (t) => {
  const app = await startApp(t)
  const more = ['b', 'c', 'd'].map((name) =>
    externalSecret({ name, keys: { k: 'a' }, target: { manifest: MIDDLEWARE } }),
  )
  await app.sync(fakeStore({ a: CANARY }) + more.join(''), WITH)
  assert.equal(app.server.calls.count('discover'), 1)
})

test('no value leaves: not in reports, errors, the memory or a dry run', async (t) => {
  const app = await startApp(t)
  const dry = await app.sync(settings(), {
    ...WITH,
    sync: [...LIST, '--dry-run=client'],
  })
  assert.deepEqual(dry.results[0]?.keys, { added: ['data.k'], changed: [], removed: [] })
  const broken = settings({
    template: { templateFrom: [{ literal: 'p: {{ .k }}', target: 'data.k.x' }], data: { k: 'x' } },
  })
  const ran = [dry, await app.sync(settings(), WITH), await app.sync(broken, WITH)]
  for (const { out, err } of ran) assert.doesNotMatch(out + err, new RegExp(CANARY))
  const memory = JSON.stringify(app.server.object('ConfigMap', 'shop', 'waybill-shop-status'))
  assert.match(memory, /ConfigMap\.v1_settings/)
  assert.doesNotMatch(memory, new RegExp(CANARY))
})

test('memory that names a kind which is allowed no more is kept, and nothing is done about it', async (t) => {
  const app = await startApp(t)
  const other = externalSecret({ name: 'other', keys: { k: 'a' } })
  await app.sync(settings() + other, WITH)
  const rest = fakeStore({ a: CANARY }) + other
  for (const _ of [1, 2, 3]) {
    await app.sync(rest, { generate: ['--orphans=delete'], sync: ['--prune'] })
  }
  assert.equal(dig(mapIn(app), 'data', 'k'), CANARY)
  const memory = app.server.object('ConfigMap', 'shop', 'waybill-shop-status')
  assert.match(JSON.stringify(memory), /dropped_ConfigMap\.v1_settings/)
})
