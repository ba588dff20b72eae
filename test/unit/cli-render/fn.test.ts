import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load } from 'js-yaml'
import { waybill } from './fake-io.ts'

const ITEMS = [
  {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      name: 'p-db',
      namespace: 'shop',
      annotations: {
        'config.kubernetes.io/path': 'base/db.yaml',
        'config.kubernetes.io/index': '2',
      },
    },
    spec: {
      secretStoreRef: { name: 'store' },
      target: { name: 'db' },
      data: [{ secretKey: 'k', remoteRef: { key: 'r' } }],
    },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain' } },
]

interface Answer {
  readonly items: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[]
  readonly results?: readonly Readonly<Record<string, unknown>>[]
}

async function run(
  functionConfig: object | undefined,
  items: readonly object[] = ITEMS,
): Promise<{ readonly code: number; readonly err: string; readonly answer: Answer | undefined }> {
  const stdin = JSON.stringify({
    apiVersion: 'config.kubernetes.io/v1',
    kind: 'ResourceList',
    items,
    ...(functionConfig === undefined ? {} : { functionConfig }),
  })
  const { code, out, err } = await waybill(['fn'], { stdin })
  return { code, err, answer: out === '' ? undefined : (load(out) as unknown as Answer) }
}

const waybillConfig = (spec: object): object => ({
  apiVersion: 'waybill.dev/v1',
  kind: 'Waybill',
  metadata: { name: 'x' },
  spec,
})

const kinds = (answer: Answer | undefined): readonly string[] =>
  answer?.items.map(({ kind }) => kind) ?? []

test('options come from spec', async () => {
  const { code, answer } = await run(waybillConfig({ app: 'shop', rbac: 'none' }))
  assert.equal(code, 0)
  assert.deepEqual([...new Set(kinds(answer))], ['ConfigMap', 'Job', 'CronJob'])
})

test('options come from the data of a ConfigMap, as kpt passes them', async () => {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {},
    data: { app: 'shop', handoff: 'controller' },
  }
  const { code, answer } = await run(config)
  assert.equal(code, 0)
  assert.deepEqual([...new Set(kinds(answer))], ['ConfigMap'])
})

test('handoff crd leaves the items as they are', async () => {
  const { answer } = await run(waybillConfig({ handoff: 'crd' }))
  assert.deepEqual(kinds(answer), ['ExternalSecret', 'ConfigMap'])
})

test('a bundle needs a name', async () => {
  const { code, answer, err } = await run(undefined)
  assert.deepEqual([code, answer], [2, undefined])
  assert.match(err, /set spec\.app/)
})

test('an error fails the function: stderr says what and where, stdout stays empty', async () => {
  const [first, second] = ITEMS
  const broken = {
    ...first,
    spec: { ...first?.spec, data: [{ secretkey: 'k', remoteRef: { key: 'r' } }] },
  }
  const { code, answer, err } = await run(waybillConfig({ app: 'shop' }), [broken, second ?? {}])
  assert.equal(code, 1)
  assert.equal(answer, undefined)
  assert.match(err, /ExternalSecret\/shop\/p-db/)
  assert.match(err, /secretkey/)
})

test('a warning is a result that says which item of which file it is about', async () => {
  const { answer } = await run(waybillConfig({ app: 'shop' }))
  const [result] = answer?.results ?? []
  assert.deepEqual(result?.file, { path: 'base/db.yaml', index: 2 })
  assert.deepEqual(result?.resourceRef, {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    name: 'p-db',
    namespace: 'shop',
  })
})

test('warnings are results of a function that ends well', async () => {
  const { code, answer } = await run(waybillConfig({ app: 'shop' }))
  assert.equal(code, 0)
  assert.deepEqual(
    answer?.results?.map(({ severity }) => severity),
    ['warning'],
  )
})

const wrong: readonly (readonly [story: string, spec: object, problem: RegExp])[] = [
  ['an option of another command', { fixtures: 'x' }, /unknown member of spec "fixtures"/],
  ['an operator’s option', { 'allow-target': ['ConfigMap'] }, /unknown member of spec "allow-/],
  ['a choice that is none', { handoff: 'jobs' }, /handoff has the wrong value, expected job/],
  ['a number', { app: 1 }, /app has the wrong value, expected a text/],
  ['a list of numbers', { 'grant-store': [1] }, /grant-store has the wrong value/],
  ['a mode that is none', { mode: 'check' }, /expected transform, validate/],
  [
    'validate under transformers',
    { mode: 'validate', field: 'transformers' },
    /delete every resource/,
  ],
]
for (const [story, spec, problem] of wrong) {
  test(`function configuration: ${story} is refused without an answer`, async () => {
    const { code, err, answer } = await run(waybillConfig(spec))
    assert.deepEqual([code, answer], [2, undefined])
    assert.match(err, problem)
  })
}

test('inside of kustomize a consumer still names the Secret without its prefix', async () => {
  const [first] = ITEMS
  const renamed = {
    ...first,
    metadata: {
      ...first?.metadata,
      annotations: { 'internal.config.kubernetes.io/previousNames': 'db' },
    },
    spec: { ...first?.spec, target: undefined },
  }
  const consumer = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'p-api',
      namespace: 'shop',
      annotations: { 'argocd.argoproj.io/sync-wave': '-5' },
    },
    spec: { template: { spec: { containers: [{ envFrom: [{ secretRef: { name: 'db' } }] }] } } },
  }
  const { answer } = await run(waybillConfig({ app: 'shop' }), [renamed, consumer])
  const job = answer?.items.find(({ kind }) => kind === 'Job') as unknown as {
    metadata: { annotations: Record<string, string> }
  }
  assert.equal(job.metadata.annotations['argocd.argoproj.io/sync-wave'], '-6')
})
