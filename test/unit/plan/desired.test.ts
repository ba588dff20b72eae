import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { type ParityMode, parityOf } from '../../../src/model/parity.ts'
import type { ObservedSecret, Secret } from '../../../src/model/secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { buildDesired, type Desired, withoutOwned } from '../../../src/plan/desired.ts'
import { engine } from '../template/render.ts'

const CONFIG_MAP = new Map([
  ['plain', 'val {{ .a }}'],
  ['kv', '{{ .b }}-k: {{ .a }}\nother: yes\n'],
  ['bad', '{{ .a'],
])

function existing(parts: Partial<Secret> = {}): Secret {
  return {
    name: 'es',
    namespace: 'ns',
    type: 'Opaque',
    data: new Map([['old', SecretValue.fromText('o')]]),
    labels: new Map([['kept', '1']]),
    annotations: new Map(),
    finalizers: [],
    immutable: false,
    ...parts,
  }
}

interface Case {
  readonly target: JsonObject
  readonly metadata?: JsonObject
  readonly existing?: Secret
  readonly mode?: ParityMode
}

function build({ target, metadata = {}, existing: there, mode = 'waybill' }: Case): Desired {
  return buildDesired({
    externalSecret: decodeExternalSecret({
      metadata: { name: 'es', namespace: 'ns', ...metadata },
      spec: { target },
    }),
    data: new Map(['a', 'b'].map((key) => [key, SecretValue.fromText(`fetched-${key}`)])),
    existing: there,
    sources: {
      configMap: (name) => (name === 'cm' ? CONFIG_MAP : undefined),
      secret: (name) =>
        name === 'sec' ? new Map([['plain', SecretValue.fromText('sv {{ .a }}')]]) : undefined,
    },
    templates: engine,
    parity: parityOf(mode),
  })
}

function secretOf(desired: Desired): Secret {
  if (desired.outcome === 'failed') assert.fail(desired.errors.map(({ message }) => message).join())
  return desired.secret
}

function dataOf(desired: Desired): Record<string, string> {
  const { data } = secretOf(desired)
  return Object.fromEntries(
    [...data].map(([key, value]) => [key, Buffer.from(value.reveal()).toString()]),
  )
}

function errorsOf(desired: Desired): readonly string[] {
  assert.equal(desired.outcome, 'failed')
  return desired.outcome === 'failed'
    ? desired.errors.map(({ code, field }) => `${code} ${field}`)
    : []
}

const FETCHED = { a: 'fetched-a', b: 'fetched-b' }
const T = 'spec.target.template'

interface Row {
  readonly story: string
  readonly target: JsonObject
  readonly existing?: Secret
  readonly data: Record<string, string>
}

const rows: readonly Row[] = [
  { story: 'no template: what was fetched', target: {}, data: FETCHED },
  { story: 'Owner: existing keys go', target: {}, existing: existing(), data: FETCHED },
  {
    story: 'Merge: existing keys stay',
    target: { creationPolicy: 'Merge' },
    existing: existing(),
    data: { old: 'o', ...FETCHED },
  },
  {
    story: 'CreateOrMerge: existing keys stay',
    target: { creationPolicy: 'CreateOrMerge' },
    existing: existing(),
    data: { old: 'o', ...FETCHED },
  },
  { story: 'an empty template is as none', target: { template: {} }, data: FETCHED },
  {
    story: 'template data replaces what was fetched',
    target: { template: { data: { k: '{{ .a | upper }}' } } },
    data: { k: 'FETCHED-A' },
  },
  {
    story: 'mergePolicy Merge keeps it',
    target: { template: { mergePolicy: 'Merge', data: { a: 'x' } } },
    data: { a: 'x', b: 'fetched-b' },
  },
  {
    story: 'data wins over templateFrom',
    target: {
      template: {
        data: { plain: 'd' },
        templateFrom: [{ configMap: { name: 'cm', items: [{ key: 'plain' }] } }],
      },
    },
    data: { plain: 'd' },
  },
  {
    story: 'a Secret wins over a ConfigMap of the same item',
    target: {
      template: {
        templateFrom: [
          {
            configMap: { name: 'cm', items: [{ key: 'plain' }] },
            secret: { name: 'sec', items: [{ key: 'plain' }] },
          },
        ],
      },
    },
    data: { plain: 'sv fetched-a' },
  },
  {
    story: 'a later item wins over an earlier one',
    target: { template: { templateFrom: [{ literal: 'k: 1' }, { literal: 'k: 2' }] } },
    data: { k: '2' },
  },
  {
    story: 'KeysAndValues is YAML 1.1: yes becomes true',
    target: {
      template: {
        templateFrom: [
          { configMap: { name: 'cm', items: [{ key: 'kv', templateAs: 'KeysAndValues' }] } },
        ],
      },
    },
    data: { 'fetched-b-k': 'fetched-a', other: 'true' },
  },
  {
    story: 'values can be decoded',
    target: {
      template: { templateFrom: [{ literal: 'k: aGVsbG8=', valuesDecodingStrategy: 'Base64' }] },
    },
    data: { k: 'hello' },
  },
  {
    story: 'a literal may aim at labels',
    target: { template: { templateFrom: [{ literal: 'l: 1', target: 'lAbElS' }] } },
    data: {},
  },
]

for (const { story, target, existing: there, data } of rows) {
  test(`desired: ${story}`, () => {
    const base: Case = { target }
    assert.deepEqual(dataOf(build(there === undefined ? base : { ...base, existing: there })), data)
  })
}

test('without a template labels and annotations are copied, tracking metadata is not', () => {
  const metadata = {
    labels: { team: 'a', 'app.kubernetes.io/instance': 'app', 'helm.sh/chart': 'c' },
    annotations: {
      note: 'n',
      'argocd.argoproj.io/tracking-id': 't',
      'kubectl.kubernetes.io/x': 'y',
    },
  }
  const ours = secretOf(build({ target: {}, metadata }))
  assert.deepEqual([...ours.labels.keys()], ['team'])
  assert.deepEqual([...ours.annotations.keys()], ['note'])
  const theirs = secretOf(build({ target: {}, metadata, mode: 'eso' }))
  assert.equal(theirs.labels.size, 3)
  assert.equal(theirs.annotations.size, 3)
})

test('with a template only its own metadata is set, and keys are literal', () => {
  const template = { metadata: { labels: { '{{ .a }}': '{{ .b }}' }, finalizers: ['x/y', 'x/y'] } }
  const metadata = { labels: { team: 'a' } }
  const secret = secretOf(build({ target: { template }, metadata, mode: 'eso' }))
  assert.deepEqual([...secret.labels], [['{{ .a }}', 'fetched-b']])
  assert.deepEqual(secret.finalizers, ['x/y'])
})

test('existing metadata stays under every policy', () => {
  assert.deepEqual(
    [...secretOf(build({ target: {}, existing: existing() })).labels],
    [['kept', '1']],
  )
})

test('the type is the template’s, else the existing one, else nothing', () => {
  const template = { type: 'kubernetes.io/tls' }
  assert.equal(
    secretOf(build({ target: { template }, existing: existing() })).type,
    'kubernetes.io/tls',
  )
  assert.equal(secretOf(build({ target: {}, existing: existing() })).type, 'Opaque')
  assert.equal(secretOf(build({ target: {} })).type, '')
})

test('immutable and the target’s name come from the target', () => {
  const secret = secretOf(build({ target: { name: 'other', immutable: true } }))
  assert.equal(secret.name, 'other')
  assert.equal(secret.immutable, true)
})

test('all errors are reported, each with its field', () => {
  const template = {
    data: { broken: '{{ .a', missing: '{{ .nope }}' },
    templateFrom: [
      { configMap: { name: 'absent', items: [{ key: 'k' }] } },
      { configMap: { name: 'cm', items: [{ key: 'nokey' }, { key: 'bad' }] } },
      { literal: '- list' },
      { literal: 'k: "!"', valuesDecodingStrategy: 'Base64' },
      { literal: 'k: v', target: '' },
      { configMap: {} },
      { configMap: { name: 'cm', items: [{}] } },
      { configMap: { name: 'cm', items: [{ key: 'plain', templateAs: 'Whole' }] } },
      { literal: 'a: "b' },
    ],
  }
  assert.deepEqual(errorsOf(build({ target: { template } })), [
    `TemplateNotFound ${T}.templateFrom[0].configMap.name`,
    `TemplateKeyNotFound ${T}.templateFrom[1].configMap.items[0]`,
    `TemplateInvalid ${T}.templateFrom[1].configMap.items[1]`,
    `NotStringMap ${T}.templateFrom[2].literal`,
    `DecodeFailed ${T}.templateFrom[3].literal`,
    `InvalidTarget ${T}.templateFrom[4].target`,
    `TemplateNotFound ${T}.templateFrom[5].configMap.name`,
    `TemplateKeyNotFound ${T}.templateFrom[6].configMap.items[0]`,
    `Unsupported ${T}.templateFrom[7].configMap.items[0]`,
    `NotStringMap ${T}.templateFrom[8].literal`,
    `TemplateInvalid ${T}.data.broken`,
    `TemplateFailed ${T}.data.missing`,
  ])
})

interface Refusal {
  readonly story: string
  readonly target: JsonObject
  readonly mode?: ParityMode
  readonly error: string
}

const TOKEN = 'kubernetes.io/service-account-token'
const ACCOUNT = 'kubernetes.io/service-account.name'

const refusals: readonly Refusal[] = [
  {
    story: 'a target that is no part of a Secret',
    target: { template: { templateFrom: [{ literal: 'a: b', target: 'spec' }] } },
    error: `NotAllowed ${T}.templateFrom[0].target`,
  },
  {
    story: 'a token type with the account’s name',
    target: { template: { type: TOKEN, metadata: { annotations: { [ACCOUNT]: 'x' } } } },
    mode: 'eso',
    error: `NotAllowed ${T}.type`,
  },
  {
    story: 'a token type with rendered annotations',
    target: {
      template: { type: TOKEN, templateFrom: [{ literal: 'a: b', target: 'ANNOTATIONS' }] },
    },
    mode: 'eso',
    error: `NotAllowed ${T}.type`,
  },
  {
    story: 'a bootstrap token',
    target: { template: { type: 'bootstrap.kubernetes.io/token' } },
    mode: 'eso',
    error: `NotAllowed ${T}.type`,
  },
  {
    story: 'a token type alone',
    target: { template: { type: TOKEN } },
    error: `NotAllowed ${T}.type`,
  },
  {
    story: 'the annotation alone',
    target: { template: { metadata: { annotations: { [ACCOUNT]: 'x' } } } },
    error: 'NotAllowed metadata.annotations',
  },
  {
    story: 'another kind of object',
    target: { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } },
    error: 'Unsupported spec.target.manifest',
  },
  {
    story: 'an engine of the past',
    target: { template: { engineVersion: 'v1' } },
    error: `Unsupported ${T}.engineVersion`,
  },
]

for (const { story, target, mode, error } of refusals) {
  test(`desired refuses ${story}`, () => {
    assert.equal(errorsOf(build(mode === undefined ? { target } : { target, mode }))[0], error)
  })
}

test('a token type that ESO lets pass is refused only by default', () => {
  const target = { template: { type: TOKEN } }
  assert.equal(build({ target, mode: 'eso' }).outcome, 'built')
  assert.equal(build({ target }).outcome, 'failed')
})

test('what our field manager owned is gone before the Secret is built', () => {
  const observed: ObservedSecret = {
    ...existing({ annotations: new Map([['n', '1']]) }),
    uid: 'u',
    resourceVersion: '1',
    owners: [],
    ownedKeys: new Set(['old']),
    ownedLabels: new Set(['kept']),
    ownedAnnotations: new Set(),
    othersKeys: new Set(),
    residue: new Set(),
  }
  const rest = withoutOwned(observed)
  assert.deepEqual([rest.data.size, rest.labels.size, rest.annotations.size], [0, 0, 1])
})
