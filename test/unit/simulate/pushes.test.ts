import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { es, type Given, STORES, simulate } from './scene.ts'

// PushSecrets of a simulation: planned by the code of a real push, against the fixtures.

interface Push {
  readonly pushSecret: string
  readonly outcome: string
  readonly condition: { readonly status: string; readonly reason: string; readonly message: string }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
  readonly changes: readonly { readonly action: string; readonly remoteKey: string }[]
}

interface Pushed {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly pushes: readonly Push[]
}

const GCP = `---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: g, namespace: shop, labels: {tier: gold}}
spec: {provider: {gcpsm: {projectID: p}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: k, namespace: shop}
spec: {provider: {kubernetes: {remoteNamespace: other, auth: {serviceAccount: {name: x}}, server: {url: 'https://k'}}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: v1, namespace: shop}
spec: {provider: {vault: {server: 'https://vault', path: kv, version: v1, auth: {tokenSecretRef: {name: t, key: t}}}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: hook, namespace: shop}
spec: {provider: {webhook: {url: 'https://hook/', result: {}}}}
`

const EXISTING = `
apiVersion: v1
kind: Secret
metadata: {name: source, namespace: shop, labels: {push: 'yes'}}
stringData: {}
data: {password: Y2FuYXJ5LXB3, user: Y2FuYXJ5LXVzZXI=}
`

const MANAGED = '{managed-by: external-secrets}'

const FIXTURES = `
stores:
  SecretStore/v:
    same: {versions: {"1": {json: {password: canary-pw}}}, metadata: ${MANAGED}}
    old: {versions: {"3": {json: {password: canary-old, other: canary-kept}}}, metadata: ${MANAGED}}
    foreign: {json: {password: canary-theirs}}
    closed: {error: Forbidden}
    none: {error: NotFound}
  ClusterSecretStore/a:
    raw: {versions: {AWSCURRENT: canary-raw}, tags: ${MANAGED}}
  SecretStore/g: {}
  SecretStore/k:
    there: {json: {password: canary-theirs}}
  SecretStore/v1:
    marked: {json: {password: canary-old, custom_metadata: {managed-by: external-secrets}}}
    bare: {json: {password: canary-old}}
`

function ps(name: string, spec: string): string {
  return `---
apiVersion: external-secrets.io/v1alpha1
kind: PushSecret
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`
}

const SOURCE = 'selector: {secret: {name: source}}'
const entry = (key: string, property?: string): string =>
  `data: [{match: {secretKey: password, remoteRef: {remoteKey: ${key}${property === undefined ? '' : `, property: ${property}`}}}}]`

async function push(t: TestContext, given: Given): Promise<Pushed> {
  const { code, out, err } = await simulate(t, {
    fixtures: FIXTURES,
    existing: EXISTING,
    ...given,
    manifests: STORES + GCP + given.manifests,
  })
  const isJson = out.startsWith('{')
  assert.ok(given.args?.includes('--reveal') || !/canary/.test(out + err), 'a value was told')
  return { code, out, err, pushes: isJson ? (JSON.parse(out).pushes ?? []) : [] }
}

async function only(t: TestContext, spec: string): Promise<Push & { readonly code: number }> {
  const { pushes, code, out } = await push(t, { manifests: ps('one', spec) })
  const [first] = pushes
  assert.ok(first !== undefined && pushes.length === 1, out)
  return { ...first, code }
}

const rows = [
  { story: 'nothing is there', store: 'v', at: entry('new', 'password'), action: 'created' },
  { story: 'the file says NotFound', store: 'v', at: entry('none', 'p'), action: 'created' },
  { story: 'ours, the same', store: 'v', at: entry('same', 'password'), action: 'unchanged' },
  { story: 'ours, another value', store: 'v', at: entry('old', 'password'), action: 'updated' },
  { story: 'AWS, ours by tag', store: 'a', at: entry('raw'), action: 'updated' },
  { story: 'GCP, an empty provider', store: 'g', at: entry('new'), action: 'created' },
  { story: 'kubernetes keeps no mark', store: 'k', at: entry('there', 'x'), action: 'updated' },
  {
    story: 'KV v1, ours by its own key',
    store: 'v1',
    at: entry('marked', 'password'),
    action: 'updated',
  },
  { story: 'a fake store', store: 'f', at: entry('new'), action: 'created' },
]

for (const { story, store, at, action } of rows) {
  test(`simulate: a push: ${story} → ${action}`, async (t) => {
    const kind = store === 'a' ? 'ClusterSecretStore' : 'SecretStore'
    const spec = `{secretStoreRefs: [{name: ${store}, kind: ${kind}}], ${SOURCE}, ${at}}`
    const { changes, errors, outcome, code } = await only(t, spec)
    assert.deepEqual(errors, [])
    assert.equal(changes[0]?.action, action)
    assert.equal(outcome, action === 'unchanged' ? 'unchanged' : 'pushed')
    assert.equal(code, 0)
  })
}

const refusals = [
  { story: "somebody else's", store: 'v', at: entry('foreign', 'p'), error: 'NotManaged' },
  { story: "somebody else's in KV v1", store: 'v1', at: entry('bare', 'p'), error: 'NotManaged' },
  { story: "somebody else's in a fake", store: 'f', at: entry('k'), error: 'NotManaged' },
  { story: 'a provider that refuses', store: 'v', at: entry('closed', 'p'), error: 'Forbidden' },
  { story: 'a provider that only reads', store: 'hook', at: entry('x'), error: 'Unsupported' },
  { story: 'a store that is not there', store: 'nope', at: entry('x'), error: 'StoreNotFound' },
  { story: 'a key that the Secret lacks', store: 'g', at: entry('x'), error: 'SecretNotFound' },
]

for (const { story, store, at, error } of refusals) {
  test(`simulate: a push that cannot be: ${story} → ${error}, exit 4`, async (t) => {
    const entries = error === 'SecretNotFound' ? at.replace('password', 'nope') : at
    const spec = `{secretStoreRefs: [{name: ${store}}], ${SOURCE}, ${entries}}`
    const { errors, outcome, condition, code } = await only(t, spec)
    assert.deepEqual(
      errors.map((one) => one.code),
      [error],
    )
    assert.deepEqual([outcome, condition.reason, code], ['failed', 'Errored', 4])
  })
}

test('simulate: a store without fixtures says what to add, `{}` for one that is empty', async (t) => {
  const spec = `{secretStoreRefs: [{name: g}], ${SOURCE}, ${entry('x')}}`
  const { pushes } = await push(t, { manifests: ps('one', spec), fixtures: 'stores: {}' })
  assert.match(pushes[0]?.condition.message ?? '', /add stores\.SecretStore\/g to the fixtures/)
})

test('simulate: what an ExternalSecret of the same input makes can be pushed on, and pushed again', async (t) => {
  const F = 'secretStoreRef: {name: f, kind: SecretStore}'
  const made = es('made', `{${F}, data: [{secretKey: password, remoteRef: {key: k}}]}`)
  const on = (name: string): string =>
    ps(name, `{secretStoreRefs: [{name: g}], selector: {secret: {name: made}}, ${entry('copied')}}`)
  const { pushes, code } = await push(t, { manifests: on('first') + made + on('second') })
  assert.deepEqual(
    pushes.map(({ pushSecret, outcome }) => [pushSecret, outcome]),
    [
      ['shop/first', 'pushed'],
      ['shop/second', 'unchanged'],
    ],
  )
  assert.equal(code, 0)
})

test('simulate: Secrets and stores are chosen by labels', async (t) => {
  const spec = `{secretStoreRefs: [{labelSelector: {matchLabels: {tier: gold}}}],
    selector: {secret: {selector: {matchLabels: {push: 'yes'}}}},
    data: [{match: {secretKey: user, remoteRef: {remoteKey: u}}}]}`
  const { changes } = await only(t, spec)
  assert.deepEqual(changes, [
    { store: 'SecretStore/g', remoteKey: 'u', properties: [], action: 'created' },
  ])
})

test('simulate: what an object of a cluster remembers is taken back where it is dropped', async (t) => {
  const spec = `{secretStoreRefs: [{name: v}], deletionPolicy: Delete, ${SOURCE}, ${entry('same', 'password')}}`
  const status = `status: {syncedPushSecrets: {SecretStore/v: {old/password: {match: {secretKey: password, remoteRef: {remoteKey: old, property: password}}}}}}\n`
  const { pushes } = await push(t, { manifests: ps('one', spec) + status })
  assert.deepEqual(
    pushes[0]?.changes.map(({ remoteKey, action }) => `${remoteKey} ${action}`),
    ['same unchanged', 'old updated'],
  )
})

test('simulate: templates of a push read ConfigMaps and Secrets that exist', async (t) => {
  const spec = `{secretStoreRefs: [{name: g}], ${SOURCE}, data: [{match: {secretKey: url, remoteRef: {remoteKey: u}}}],
    template: {templateFrom: [{configMap: {name: words, items: [{key: url}]}}]}}`
  const existing = `${EXISTING}---
apiVersion: v1
kind: ConfigMap
metadata: {name: words, namespace: shop}
data: {url: 'url: "https://{{ .user }}"'}
`
  const { pushes } = await push(t, { manifests: ps('one', spec), existing })
  assert.deepEqual(pushes[0]?.errors, [])
  assert.equal(pushes[0]?.outcome, 'pushed')
})

test('simulate: one push that fails beside one that does not is exit 5, and one that no API server takes is not tried', async (t) => {
  const good = ps('good', `{secretStoreRefs: [{name: g}], ${SOURCE}, ${entry('x')}}`)
  const bad = ps('bad', `{secretStoreRefs: [{name: g}], ${SOURCE}, updatePolicy: Perhaps}`)
  const { pushes, code } = await push(t, { manifests: bad + good })
  assert.equal(code, 5)
  assert.deepEqual(
    pushes.map(({ outcome, errors }) => [outcome, errors[0]?.code]),
    [
      ['failed', 'InvalidSpec'],
      ['pushed', undefined],
    ],
  )
})

test('simulate: -o yaml says on stderr what would be pushed, by name, also with --reveal', async (t) => {
  const good = ps('good', `{secretStoreRefs: [{name: v}], ${SOURCE}, ${entry('new', 'pw')}}`)
  const bad = ps('bad', `{secretStoreRefs: [{name: v}], ${SOURCE}, ${entry('foreign', 'pw')}}`)
  const args = ['-o', 'yaml', '--reveal']
  const { out, err, code } = await push(t, { manifests: good + bad, args })
  assert.equal(out, '')
  assert.equal(code, 5)
  const [first, second, third] = err.split('\n')
  assert.equal(first, 'PushSecret/shop/good: created SecretStore/v new (pw)')
  assert.equal(second, 'PushSecret/shop/bad: refused SecretStore/v foreign (pw)')
  assert.match(third ?? '', /^PushSecret\/shop\/bad: set secret failed: .*not managed/)
  assert.doesNotMatch(err, /canary/)
})

test('simulate: without PushSecrets the report is as it was', async (t) => {
  const { out } = await push(t, { manifests: '' })
  assert.ok(!Object.hasOwn(JSON.parse(out), 'pushes'))
})
