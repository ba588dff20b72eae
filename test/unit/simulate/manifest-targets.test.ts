import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson, type JsonObject } from '../../../src/model/json.ts'
import { document, externalSecret, fakeStore } from '../sync/story.ts'
import { simulate } from './scene.ts'

// What an object that is no Secret is made of (R102, R103), and what is refused in it.

const VALUES = {
  user: 'app',
  password: 's3cr3t-canary',
  port: '5432',
  list: '- a\n- b',
  junk: 'a: : b:',
}
const OX = { apiVersion: 'example.com/v1', kind: 'Ox' }
const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const LIST = ['--allow-target=ConfigMap', '--allow-target=Ox.example.com']

const OX_ALONE: Shown = { ...OX, metadata: {} }

interface Shown extends JsonObject {
  readonly metadata: JsonObject & {
    readonly labels?: JsonObject
    readonly annotations?: JsonObject
  }
}

async function objectOf(
  t: Parameters<typeof simulate>[0],
  target: JsonObject,
  { existing, args = ['--reveal'] }: { existing?: JsonObject; args?: readonly string[] } = {},
) {
  const keys = Object.fromEntries(Object.keys(VALUES).map((key) => [key, key]))
  const manifests =
    fakeStore(VALUES) + externalSecret({ name: 'api', keys, target: { manifest: OX, ...target } })
  const ran = await simulate(t, {
    manifests,
    args: [...LIST, ...args],
    ...(existing === undefined ? {} : { existing: document(existing) }),
  })
  const [result] = ran.results as readonly ((typeof ran.results)[number] & { object?: Shown })[]
  assert.equal(result?.secret, null)
  return { ...ran, result, object: result?.object }
}

const from = (...templateFrom: readonly JsonObject[]): JsonObject => ({
  template: { templateFrom },
})

interface Row {
  readonly story: string
  readonly target: JsonObject
  /** Everything but apiVersion, kind and metadata. */
  readonly content: JsonObject
}

const rows: readonly Row[] = [
  { story: 'no template: spec.data (R102)', target: {}, content: { spec: { data: VALUES } } },
  {
    story: 'no template, a ConfigMap: data (R102)',
    target: { manifest: CONFIG_MAP },
    content: { data: VALUES },
  },
  {
    story: 'template.data is data, as text',
    target: { template: { data: { port: '{{ .port }}', yes: 'true' } } },
    content: { data: { port: '5432', yes: 'true' } },
  },
  {
    story: 'target Data in any letter case takes each key, as text',
    target: from({ target: 'DATA', literal: 'a: {{ .port }}\nb: yes' }),
    content: { data: { a: '5432', b: 'true' } },
  },
  {
    story: 'a path: leaves are YAML (R103)',
    target: from(
      { target: 'spec.port', literal: '{{ .port }}' },
      { target: 'spec.on', literal: 'true' },
      { target: 'spec.ratio', literal: '3.14' },
      { target: 'spec.list', literal: '{{ .list }}' },
      { target: 'spec.text', literal: '{{ .user }}' },
    ),
    content: { spec: { port: 5432, on: true, ratio: 3.14, list: ['a', 'b'], text: 'app' } },
  },
  {
    story: 'a number that float64 would round keeps its digits, here as text',
    target: from({ target: 'spec.id', literal: '12345678901234567' }),
    content: { spec: { id: '12345678901234567' } },
  },
  {
    story: 'null is no leaf',
    target: from({ target: 'spec.none', literal: '' }, { target: 'spec.a', literal: '1' }),
    content: { spec: { a: 1 } },
  },
  {
    story: 'maps are merged at their path, one level deep',
    target: from(
      { target: 'spec.auth', literal: 'user: {{ .user }}\nmore: {a: 1}' },
      { target: 'spec.auth', literal: 'more: {b: 2}\npassword: x' },
    ),
    content: { spec: { auth: { user: 'app', more: { b: 2 }, password: 'x' } } },
  },
  {
    story: 'a path of one name is replaced',
    target: from(
      { target: 'spec.auth', literal: 'a: 1' },
      { target: 'Spec', literal: 'user: {{ .user }}' },
    ),
    content: { spec: { user: 'app' } },
  },
  {
    story: 'items by number; names keep their case (#6458)',
    target: from(
      { target: 'spec.rules[1].from[0].notRemoteIpBlocks', literal: '["10.0.0.0/8"]' },
      { target: 'spec.rules[1]', literal: 'to: x' },
    ),
    content: {
      spec: { rules: [null, { from: [{ notRemoteIpBlocks: ['10.0.0.0/8'] }], to: 'x' }] },
    },
  },
  {
    story: 'a dot within a name of a key stays within it',
    target: from({ target: 'spec.map', literal: '{"a.b": 1, "c\\\\d": 2, "__proto__": 3}' }),
    content: { spec: JSON.parse('{"map": {"__proto__": 3, "a.b": 1, "c\\\\d": 2}}') },
  },
  {
    story: 'any other member of the object',
    target: from({ target: 'rules', literal: '[{a: 1}]' }),
    content: { rules: [{ a: 1 }] },
  },
]

for (const { story, target, content } of rows) {
  test(story, async (t) => {
    const { object, out, result } = await objectOf(t, target)
    assert.equal(result?.outcome, 'created', out)
    assert.equal(result?.condition.reason, 'ResourceSynced')
    const { apiVersion: _, kind: __, metadata: ___, ...rest } = object ?? OX_ALONE
    assert.equal(canonicalJson(rest), canonicalJson(content))
  })
}

const refused: readonly (readonly [string, JsonObject, string])[] = [
  ['metadata', from({ target: 'metadata.finalizers', literal: '[a]' }), 'InvalidTarget'],
  ['owners', from({ target: 'metadata', literal: 'ownerReferences: []' }), 'InvalidTarget'],
  ['another kind', from({ target: 'kind', literal: 'Pod' }), 'InvalidTarget'],
  ['a status', from({ target: 'status.phase', literal: 'x' }), 'InvalidTarget'],
  ['no path', from({ target: '', literal: 'a: b' }), 'InvalidTarget'],
  ['an empty name', from({ target: 'spec..a', literal: 'a: b' }), 'InvalidTarget'],
  ['an index alone', from({ target: '[0]', literal: 'a: b' }), 'InvalidTarget'],
  ['an open bracket', from({ target: 'spec.a[0', literal: 'a: b' }), 'InvalidTarget'],
  ['a huge index', from({ target: 'spec.a[10001]', literal: 'a: b' }), 'InvalidTarget'],
  [
    'a way through a text',
    from({ target: 'spec.a', literal: 'x' }, { target: 'spec.a.b', literal: 'y' }),
    'InvalidTarget',
  ],
  ['no YAML', from({ target: 'spec.a', literal: '{{ .junk }}' }), 'NotYaml'],
  [
    'a strategy for a map',
    from({ target: 'spec.a', literal: 'a: YQ==', valuesDecodingStrategy: 'Base64' }),
    'Unsupported',
  ],
  [
    'spec of a ConfigMap',
    { manifest: CONFIG_MAP, ...from({ target: 'spec.a', literal: 'b' }) },
    'InvalidTarget',
  ],
  [
    'a number in a ConfigMap',
    { manifest: CONFIG_MAP, ...from({ target: 'data.a', literal: '1' }) },
    'InvalidValue',
  ],
  [
    'a bad key of a ConfigMap',
    { manifest: CONFIG_MAP, template: { data: { 'a/b': 'x' } } },
    'InvalidKey',
  ],
  [
    'a label of the hand-off',
    { template: { metadata: { labels: { 'waybill.dev/handoff': 'anchor' } } } },
    'NotAllowed',
  ],
  [
    'a computed annotation of ours',
    from({ target: 'Annotations', literal: '{{ "waybill.dev" }}/app: x' }),
    'NotAllowed',
  ],
  ['bytes that are no text', { template: { data: { k: '{{ "/w==" | b64dec }}' } } }, 'NotText'],
  ['a finalizer', { template: { metadata: { finalizers: ['x/y'] } } }, 'NotAllowed'],
]

for (const [story, target, code] of refused) {
  test(`refused, and no value is told: ${story}`, async (t) => {
    const { result, out, err } = await objectOf(t, target)
    assert.deepEqual(
      [result?.outcome, result?.condition.reason, result?.errors[0]?.code],
      ['failed', 'ResourceSyncedError', code],
      out,
    )
    assert.doesNotMatch(out + err, /s3cr3t|: : b/)
  })
}

test('values are lengths unless they are asked for, numbers and lists too', async (t) => {
  const target = from(
    { target: 'spec.port', literal: '{{ .port }}' },
    { target: 'spec.auth', literal: 'password: {{ .password }}' },
  )
  const { object, out } = await objectOf(t, target, { args: [] })
  assert.deepEqual(object?.spec, { auth: { password: '‹13 bytes›' }, port: '‹4 bytes›' })
  assert.doesNotMatch(out, /s3cr3t|5432/)
})

test('labels and annotations are those of the ExternalSecret, or of the template', async (t) => {
  const { object } = await objectOf(t, {
    template: {
      metadata: { labels: { who: '{{ .user }}' } },
      templateFrom: [{ target: 'annotations', literal: 'at: {{ .port }}' }],
    },
  })
  assert.equal(object?.metadata.labels?.who, 'app')
  assert.equal(object?.metadata.annotations?.at, '5432')
})

test('Merge keeps what is there, path by path; Owner does not, and asks first', async (t) => {
  const existing = {
    ...OX,
    metadata: { name: 'api', namespace: 'shop', labels: { theirs: 'x' } },
    spec: { auth: { user: 'them', keep: true }, list: [1] },
    status: { phase: 'x' },
  }
  const literal = from({ target: 'spec.auth', literal: 'user: {{ .user }}' })
  const merged = await objectOf(t, { ...literal, creationPolicy: 'Merge' }, { existing })
  assert.deepEqual(merged.object?.spec, { auth: { keep: true, user: 'app' }, list: [1] })
  const refusal = await objectOf(t, literal, { existing })
  assert.equal(refusal.result?.errors[0]?.code, 'NotOwned')
  const adopted = await objectOf(t, literal, { existing, args: ['--adopt=eso', '--reveal'] })
  assert.deepEqual(adopted.object?.spec, { auth: { user: 'app' } })
  assert.equal(adopted.object?.metadata.labels?.theirs, 'x')
})

test('--eso-annotations: the hash covers spec, else data (R104)', async (t) => {
  const hashOf = async (target: JsonObject): Promise<unknown> => {
    const { object } = await objectOf(t, target, { args: ['--eso-annotations'] })
    return object?.metadata.annotations?.['reconcile.external-secrets.io/data-hash']
  }
  // sha3-224 of `map[a:1 b:map[c:x]]` and `map[k:v]`.
  const spec = from({ target: 'Spec', literal: 'a: 1\nb: {c: x}' })
  assert.equal(await hashOf(spec), '0e1ba5c50e37b4688034509ddc0c5f211abbaefb44c50a8b7bfdb0a7')
  assert.equal(
    await hashOf({ manifest: CONFIG_MAP, template: { data: { k: 'v' } } }),
    '91bf3dec87055bc57b9c9edafd051023c7314b7c15724a0882143dc6',
  )
})

test('without the list the report says who can allow it', async (t) => {
  const target = { manifest: OX }
  const manifests =
    fakeStore({ a: 'x' }) + externalSecret({ name: 'api', keys: { k: 'a' }, target })
  const { results, code } = await simulate(t, { manifests })
  assert.equal(code, 4)
  assert.match(results[0]?.condition.message ?? '', /--allow-target=Ox\.example\.com/)
})

test('a kind that nobody may allow is a usage error', async (t) => {
  const { code, err } = await simulate(t, {
    manifests: fakeStore({}),
    args: ['--allow-target=Pod'],
  })
  assert.equal(code, 2)
  assert.match(err, /--allow-target is "Pod", which is never written/)
})
