import assert from 'node:assert/strict'
import { test } from 'node:test'
import { es, STORES, simulate, values } from './scene.ts'

const V = 'secretStoreRef: {name: v, kind: SecretStore}'
const A = 'secretStoreRef: {name: a, kind: ClusterSecretStore}'
const F = 'secretStoreRef: {name: f, kind: SecretStore}'

const FIXTURES = `
stores:
  SecretStore/v:
    api: {json: {token: tok-1, nested: {deep: down}, n: 12}}
    gone: {error: NotFound}
    locked: {error: Forbidden}
    busy: {error: Throttled}
    history: {versions: {"1": {json: {x: old}}, "2": {json: {x: new}}}}
  ClusterSecretStore/a:
    db: '{"password":"pw","user":"u"}'
    bin: {binary: /wA=}
    stages: {versions: {AWSCURRENT: now, AWSPREVIOUS: then}, tags: {team: a}}
    tagged: {versions: {AWSCURRENT: found}, tags: {team: b}}
`

test('several stores in one Secret; values only with --reveal', async (t) => {
  const manifests =
    STORES +
    es(
      'api',
      `{${V}, data: [
        {secretKey: token, remoteRef: {key: api, property: token}},
        {secretKey: deep, remoteRef: {key: api, property: nested.deep}},
        {secretKey: pw, remoteRef: {key: db, property: password}, sourceRef: {storeRef: {name: a, kind: ClusterSecretStore}}},
        {secretKey: f, remoteRef: {key: k}, sourceRef: {storeRef: {name: f, kind: SecretStore}}}]}`,
    )
  const hidden = await simulate(t, { manifests, fixtures: FIXTURES })
  assert.equal(hidden.code, 0, hidden.err)
  const [result] = hidden.results
  assert.equal(result?.externalSecret, 'shop/api')
  assert.equal(result?.outcome, 'created')
  assert.deepEqual(result?.secret?.data, {
    deep: '‹4 bytes›',
    f: '‹10 bytes›',
    pw: '‹2 bytes›',
    token: '‹5 bytes›',
  })
  assert.deepEqual(result?.condition, {
    type: 'Ready',
    status: 'True',
    reason: 'SecretSynced',
    message: 'secret synced',
  })
  const shown = await simulate(t, { manifests, fixtures: FIXTURES, args: ['--reveal'] })
  assert.deepEqual(values(shown.results[0]), {
    deep: 'down',
    f: 'fake-value',
    pw: 'pw',
    token: 'tok-1',
  })
  assert.equal(shown.results[0]?.secret?.type, 'Opaque')
})

test('every error of an ExternalSecret, with its field; the others go on; exit 5, or 4 when all fail', async (t) => {
  const bad = es(
    'bad',
    `{${V}, data: [
      {secretKey: a, remoteRef: {key: gone}},
      {secretKey: b, remoteRef: {key: never}},
      {secretKey: c, remoteRef: {key: api, property: nope}},
      {secretKey: d, remoteRef: {key: locked}},
      {secretKey: e, remoteRef: {key: busy}},
      {secretKey: f, remoteRef: {key: x}, sourceRef: {storeRef: {name: none, kind: SecretStore}}}]}`,
  )
  const good = es('good', `{${F}, data: [{secretKey: a, remoteRef: {key: k}}]}`)
  const some = await simulate(t, { manifests: STORES + bad + good, fixtures: FIXTURES })
  assert.equal(some.code, 5)
  const [first, second] = some.results
  assert.equal(first?.secret, null)
  assert.deepEqual(
    first?.errors.map(({ code, field }) => [code, field]),
    [
      ['SecretNotFound', 'spec.data[0].remoteRef.key'],
      ['SecretNotFound', 'spec.data[1].remoteRef.key'],
      ['PropertyNotFound', 'spec.data[2].remoteRef.property'],
      ['Forbidden', 'spec.data[3]'],
      ['Throttled', 'spec.data[4]'],
      ['StoreNotFound', 'spec.data[5]'],
    ],
  )
  assert.equal(first?.condition.reason, 'SecretSyncedError')
  assert.match(first?.condition.message ?? '', /spec\.data\[3\]/)
  assert.equal(second?.outcome, 'created')
  assert.equal((await simulate(t, { manifests: STORES + bad, fixtures: FIXTURES })).code, 4)
})

test('--parity=eso hides the cause behind the name of the step, and writes no marks', async (t) => {
  const manifests =
    STORES +
    es('bad', `{${V}, data: [{secretKey: a, remoteRef: {key: gone}}]}`) +
    es('good', `{${F}, data: [{secretKey: a, remoteRef: {key: k}}]}`)
  const ran = await simulate(t, { manifests, fixtures: FIXTURES, args: ['--parity', 'eso'] })
  assert.equal(ran.results[0]?.condition.message, 'could not get secret data from provider')
  assert.deepEqual(ran.results[1]?.secret?.metadata, { name: 'good', namespace: 'shop' })
})

test('payload forms: binary, versions, tags, extract', async (t) => {
  const manifests =
    STORES +
    es('bin', `{${A}, data: [{secretKey: x, remoteRef: {key: bin}}]}`) +
    es('latest', `{${V}, data: [{secretKey: x, remoteRef: {key: history, property: x}}]}`) +
    es(
      'first',
      `{${V}, data: [{secretKey: x, remoteRef: {key: history, property: x, version: "1"}}]}`,
    ) +
    es('stage', `{${A}, data: [{secretKey: x, remoteRef: {key: stages, version: AWSPREVIOUS}}]}`) +
    es('extract', `{${A}, dataFrom: [{extract: {key: db}}]}`) +
    es('find', `{${A}, dataFrom: [{find: {name: {regexp: ^stag}}}]}`) +
    es('tags', `{${A}, dataFrom: [{find: {tags: {team: b}}}]}`)
  const ran = await simulate(t, { manifests, fixtures: FIXTURES, args: ['--reveal'] })
  assert.equal(ran.code, 0, ran.out)
  assert.equal(ran.results[0]?.secret?.data.x, '/wA=')
  assert.deepEqual(ran.results.slice(1).map(values), [
    { x: 'new' },
    { x: 'old' },
    { x: 'then' },
    { password: 'pw', user: 'u' },
    { stages: 'now' },
    { tagged: 'found' },
  ])
})

interface PolicyRow {
  readonly story: string
  readonly target: string
  readonly key: string
  readonly existing?: string
  readonly args?: readonly string[]
  readonly outcome: string
  readonly reason: string
  readonly data?: Readonly<Record<string, string>> | null
}

const OURS = `{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: shop, labels: {waybill.dev/managed: "true"}, annotations: {waybill.dev/owner: shop/x}}, type: Opaque, data: {k: b2xk}}`
const THEIRS = `{apiVersion: v1, kind: Secret, metadata: {name: x, namespace: shop}, type: Opaque, stringData: {other: 'y'}}`

const POLICIES: readonly PolicyRow[] = [
  {
    story: 'ours, rotated',
    target: '{}',
    key: 'api',
    existing: OURS,
    outcome: 'updated',
    reason: 'SecretSynced',
    data: { k: 'tok-1' },
  },
  {
    story: 'foreign, Owner',
    target: '{}',
    key: 'api',
    existing: THEIRS,
    outcome: 'failed',
    reason: 'SecretSyncedError',
    data: null,
  },
  {
    story: 'foreign, adopted',
    target: '{}',
    key: 'api',
    existing: THEIRS,
    args: ['--adopt', 'eso'],
    outcome: 'updated',
    reason: 'SecretSynced',
    data: { k: 'tok-1' },
  },
  {
    story: 'foreign, parity',
    target: '{}',
    key: 'api',
    existing: THEIRS,
    args: ['--parity', 'eso'],
    outcome: 'updated',
    reason: 'SecretSynced',
    data: { k: 'tok-1' },
  },
  {
    story: 'foreign, Merge',
    target: '{creationPolicy: Merge}',
    key: 'api',
    existing: THEIRS,
    outcome: 'updated',
    reason: 'SecretSynced',
    data: { k: 'tok-1', other: 'y' },
  },
  {
    story: 'absent, Merge',
    target: '{creationPolicy: Merge}',
    key: 'api',
    outcome: 'skipped',
    reason: 'SecretMissing',
    data: null,
  },
  {
    story: 'absent, CreateOrMerge',
    target: '{creationPolicy: CreateOrMerge}',
    key: 'api',
    outcome: 'created',
    reason: 'SecretSynced',
    data: { k: 'tok-1' },
  },
  {
    story: 'None',
    target: '{creationPolicy: None}',
    key: 'api',
    outcome: 'skipped',
    reason: 'SecretSynced',
    data: null,
  },
  {
    story: 'gone, Retain',
    target: '{}',
    key: 'gone',
    existing: OURS,
    outcome: 'failed',
    reason: 'SecretSyncedError',
    data: null,
  },
  {
    story: 'gone, Delete',
    target: '{deletionPolicy: Delete}',
    key: 'gone',
    existing: OURS,
    outcome: 'deleted',
    reason: 'SecretDeleted',
    data: null,
  },
  {
    story: 'gone, Delete, foreign',
    target: '{deletionPolicy: Delete}',
    key: 'gone',
    existing: THEIRS,
    outcome: 'failed',
    reason: 'SecretSyncedError',
    data: null,
  },
  {
    story: 'gone, Delete, Orphan',
    target: '{creationPolicy: Orphan, deletionPolicy: Delete}',
    key: 'gone',
    existing: OURS,
    outcome: 'failed',
    reason: 'SecretSyncedError',
    data: null,
  },
  {
    story: 'gone, Merge',
    target: '{deletionPolicy: Merge}',
    key: 'gone',
    existing: OURS,
    outcome: 'updated',
    reason: 'SecretSynced',
    data: {},
  },
  {
    story: 'immutable keeps its data',
    target: '{immutable: true}',
    key: 'api',
    existing: OURS,
    outcome: 'updated',
    reason: 'SecretSynced',
    data: { k: 'old' },
  },
]

for (const { story, target, key, existing, args = [], outcome, reason, data } of POLICIES) {
  test(`policies: ${story}: ${outcome}`, async (t) => {
    const property = key === 'api' ? ', property: token' : ''
    const manifests =
      STORES +
      es(
        'x',
        `{${V}, target: ${target}, data: [{secretKey: k, remoteRef: {key: ${key}${property}}}]}`,
      )
    const ran = await simulate(t, {
      manifests,
      fixtures: FIXTURES,
      ...(existing === undefined ? {} : { existing }),
      args: ['--reveal', ...args],
    })
    const [result] = ran.results
    assert.equal(result?.outcome, outcome, ran.out)
    assert.equal(result?.condition.reason, reason)
    if (data === null) assert.equal(result?.secret, null)
    else assert.deepEqual(values(result), data)
  })
}

test('what simulate has written is unchanged when it is given back as existing', async (t) => {
  const manifests =
    STORES +
    es(
      'a',
      `{${V}, target: {template: {type: kubernetes.io/basic-auth, metadata: {labels: {l: "{{ .token }}"}}, data: {username: "{{ .token }}"}}}, dataFrom: [{extract: {key: api}}]}`,
    ) +
    es('b', `{${F}, data: [{secretKey: k, remoteRef: {key: k}}]}`)
  const first = await simulate(t, {
    manifests,
    fixtures: FIXTURES,
    args: ['--reveal', '-o', 'yaml'],
  })
  assert.equal(first.code, 0, first.err)
  const second = await simulate(t, { manifests, fixtures: FIXTURES, existing: first.out })
  assert.deepEqual(
    second.results.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged'],
  )
})

test('two ExternalSecrets, one target: the second sees what the first wrote', async (t) => {
  const spec = (key: string): string =>
    `{${F}, target: {name: same}, data: [{secretKey: ${key}, remoteRef: {key: k}}]}`
  const ran = await simulate(t, { manifests: STORES + es('one', spec('x')) + es('two', spec('z')) })
  assert.deepEqual(
    ran.results.map(({ outcome, errors }) => [outcome, errors[0]?.code]),
    [
      ['created', undefined],
      ['failed', 'Conflict'],
    ],
  )
})

test('a store of another controller class is left alone', async (t) => {
  const manifests =
    STORES.replace('spec: {provider: {fake:', 'spec: {controller: other, provider: {fake:') +
    es('x', `{${F}, data: [{secretKey: a, remoteRef: {key: k}}]}`)
  const ran = await simulate(t, { manifests })
  assert.equal(ran.code, 0)
  assert.equal(ran.results[0]?.outcome, 'skipped')
  assert.equal(ran.results[0]?.errors[0]?.code, 'ControllerClass')
})

test('templates read ConfigMaps and Secrets of --existing', async (t) => {
  const manifests =
    STORES +
    es(
      'x',
      `{${F}, target: {template: {templateFrom: [{configMap: {name: cm, items: [{key: t}]}}]}}, data: [{secretKey: a, remoteRef: {key: k}}]}`,
    )
  const existing =
    '{apiVersion: v1, kind: ConfigMap, metadata: {name: cm, namespace: shop}, data: {t: "v={{ .a }}"}}'
  const ran = await simulate(t, { manifests, existing, args: ['--reveal'] })
  assert.deepEqual(values(ran.results[0]), { t: 'v=fake-value' }, ran.out)
})

test('yaml holds the Secrets alone, and failures are said on stderr', async (t) => {
  const manifests =
    STORES +
    es('bad', `{${V}, data: [{secretKey: a, remoteRef: {key: locked}}]}`) +
    es('good', `{${F}, data: [{secretKey: a, remoteRef: {key: k}}]}`)
  const ran = await simulate(t, { manifests, fixtures: FIXTURES, args: ['-o', 'yaml'] })
  assert.equal(ran.out.match(/^kind: /gm)?.length, 1)
  assert.match(ran.out, /a: ‹10 bytes›/)
  assert.match(ran.err, /ExternalSecret\/shop\/bad: spec\.data\[0\]/)
})

const WRONG: readonly {
  story: string
  given: { fixtures?: string; args?: string[]; manifests?: string }
  code: number
  says: RegExp
}[] = [
  { story: 'fixtures are no map', given: { fixtures: '- a' }, code: 3, says: /not a YAML map/ },
  { story: 'fixtures without stores', given: { fixtures: 'store: {}' }, code: 3, says: /stores/ },
  {
    story: 'a store that is none',
    given: { fixtures: 'stores: {Vault/x: {}}' },
    code: 3,
    says: /SecretStore/,
  },
  {
    story: 'a payload of no form',
    given: { fixtures: 'stores: {SecretStore/v: {k: {wrong: 1}}}' },
    code: 3,
    says: /SecretStore\/v\.k/,
  },
  {
    story: 'fixtures that are not there',
    given: { args: ['--fixtures', '/none'] },
    code: 3,
    says: /ENOENT/,
  },
  { story: 'a time that is none', given: { args: ['--at', 'noon'] }, code: 2, says: /RFC 3339/ },
  {
    story: 'an output that is none',
    given: { args: ['-o', 'xml'] },
    code: 2,
    says: /yaml or json/,
  },
  {
    story: 'broken YAML',
    given: { manifests: 'apiVersion: external-secrets.io/v1\nkind: [\n' },
    code: 3,
    says: /<stdin>:\d+/,
  },
]

for (const { story, given, code, says } of WRONG) {
  test(`${story}: exit ${code}, stdout empty`, async (t) => {
    const ran = await simulate(t, { manifests: STORES, ...given })
    assert.equal(ran.code, code)
    assert.match(ran.err, says)
    assert.equal(ran.out, '')
  })
}

test('a fixture number keeps every digit; --parity=eso rounds extracted ones as the operator does', async (t) => {
  const big = '12345678901234567890'
  const fixtures = `
stores:
  SecretStore/v: {num: {json: {id: ${big}, deep: {id: -9007199254740993}}}}
  SecretStore/k: {num: {json: {id: ${big}}}, text: '{"id": ${big}, "s": "é"}'}
  ClusterSecretStore/a: {num: {json: {id: ${big}}}, bare: ${big}}
`
  const kubernetes = `---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: k, namespace: shop}
spec: {provider: {kubernetes: {remoteNamespace: other, auth: {serviceAccount: {name: r}}}}}
`
  const k = 'sourceRef: {storeRef: {name: k, kind: SecretStore}}'
  const a = 'sourceRef: {storeRef: {name: a, kind: ClusterSecretStore}}'
  const properties = es(
    'properties',
    `{${V}, data: [
      {secretKey: v, remoteRef: {key: num, property: id}},
      {secretKey: deep, remoteRef: {key: num, property: deep.id}},
      {secretKey: whole, remoteRef: {key: num}},
      {secretKey: k, remoteRef: {key: num, property: id}, ${k}},
      {secretKey: text, remoteRef: {key: text, property: id}, ${k}},
      {secretKey: s, remoteRef: {key: text, property: s}, ${k}},
      {secretKey: a, remoteRef: {key: num, property: id}, ${a}},
      {secretKey: bare, remoteRef: {key: bare}, ${a}}]}`,
  )
  const extracted = es('extracted', `{${V}, dataFrom: [{extract: {key: num}}]}`)
  const given = { manifests: STORES + kubernetes + properties + extracted, fixtures }
  const kept = await simulate(t, { ...given, args: ['--reveal'] })
  assert.equal(kept.code, 0, kept.err)
  assert.deepEqual(kept.results.map(values), [
    {
      a: big,
      bare: big,
      deep: '-9007199254740993',
      k: big,
      s: 'é',
      text: big,
      v: big,
      whole: `{"deep":{"id":-9007199254740993},"id":${big}}`,
    },
    { deep: '{"id":-9007199254740993}', id: big },
  ])
  const rounded = await simulate(t, { ...given, args: ['--reveal', '--parity=eso'] })
  assert.equal(values(rounded.results[1]).id, '12345678901234567000')
})
