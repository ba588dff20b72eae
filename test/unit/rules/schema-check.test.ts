import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPath } from '../../../src/manifests/document.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { withDefaults } from '../../../src/rules/defaults.ts'
import { violations } from '../../../src/rules/schema-check.ts'
import { schemaOf } from '../../../src/rules/schema-table.ts'
import { editDistance, nearest } from '../../../src/rules/spelling.ts'

function said(object: JsonObject): readonly string[] {
  const schema = schemaOf(object)
  assert.ok(schema !== undefined)
  return [...violations(object, schema, [])].map(
    ({ path, message, hint }) =>
      `${formatPath(path)}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  )
}

function externalSecret(spec: JsonObject): JsonObject {
  const metadata = { name: 'api' }
  return { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', metadata, spec }
}

function store(provider: JsonObject, rest: JsonObject = {}): JsonObject {
  const metadata = { name: 's' }
  const spec = { provider, ...rest }
  return { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', metadata, spec }
}

const vault = { server: 'https://v', auth: { tokenSecretRef: { name: 't', key: 't' } } }

const rows: readonly { story: string; object: JsonObject; said: readonly string[] }[] = [
  {
    story: 'a misspelt field that is required is one finding, not two',
    object: externalSecret({ data: [{ secretKey: 'a', remotRef: { key: 'k' } }] }),
    said: ['spec.data[0].remotRef: unknown field "remotRef" (did you mean "remoteRef"?)'],
  },
  {
    story: 'case counts',
    object: externalSecret({ datafrom: [] }),
    said: ['spec.datafrom: unknown field "datafrom" (did you mean "dataFrom"?)'],
  },
  {
    story: 'a field like nothing lists what there is',
    object: externalSecret({ secretStoreRef: { zzzzzzzz: 1 } }),
    said: ['spec.secretStoreRef.zzzzzzzz: unknown field "zzzzzzzz" (known here: kind, name)'],
  },
  {
    story: 'a missing field',
    object: externalSecret({ data: [{ secretKey: 'a' }] }),
    said: ['spec.data[0].remoteRef: "remoteRef" is required'],
  },
  {
    story: 'a missing field that has a default',
    object: {
      apiVersion: 'generators.external-secrets.io/v1alpha1',
      kind: 'Password',
      metadata: { name: 'p' },
      spec: { digits: 2, length: null },
    },
    said: [],
  },
  {
    story: 'null is absence',
    object: externalSecret({ refreshPolicy: null, data: [{ secretKey: 'a', remoteRef: null }] }),
    said: ['spec.data[0].remoteRef: "remoteRef" is required'],
  },
  {
    story: 'null in a list is not',
    object: externalSecret({ data: [null] }),
    said: ['spec.data[0]: expected an object, got null'],
  },
  {
    story: 'wrong types',
    object: externalSecret({
      data: { secretKey: 'a' },
      refreshInterval: 5,
      target: { immutable: 'yes' },
    }),
    said: [
      'spec.data: expected a list, got an object (begin each item with "- ")',
      'spec.refreshInterval: expected a string, got a number (put it in quotes: YAML reads it as something else than text)',
      'spec.target.immutable: expected true or false, got a string (leave out the quotes)',
    ],
  },
  {
    story: 'a value outside of the enum',
    object: externalSecret({ target: { creationPolicy: 'owner' } }),
    said: [
      'spec.target.creationPolicy: "owner" is not one of Owner, Orphan, Merge, None, CreateOrMerge (did you mean "Owner"?)',
    ],
  },
  {
    story: 'a pattern in words',
    object: externalSecret({ secretStoreRef: { name: 'My_Store' } }),
    said: [
      `spec.secretStoreRef.name: "My_Store" must consist of lower case letters, digits, '-' and '.', with a letter or digit at both ends`,
    ],
  },
  {
    story: 'too long a name is not tried against its pattern',
    object: externalSecret({ secretStoreRef: { name: '-'.repeat(254) } }),
    said: ['spec.secretStoreRef.name: must have at most 253 characters'],
  },
  {
    story: 'exactly one property, few choices',
    object: externalSecret({
      dataFrom: [
        { extract: { key: 'k' }, rewrite: [{ regexp: { source: 'a', target: 'b' }, merge: {} }] },
      ],
    }),
    said: [
      'spec.dataFrom[0].rewrite[0]: expected exactly one of merge, regexp, transform, got "regexp" and "merge"',
    ],
  },
  {
    story: 'labels are text',
    object: { ...externalSecret({}), metadata: { name: 'api', labels: { a: 1 }, lables: {} } },
    said: [
      'metadata.labels.a: expected a string, got a number (put it in quotes: YAML reads it as something else than text)',
      'metadata.lables: unknown field "lables" (did you mean "labels"?)',
    ],
  },
  {
    story: 'an authored status is not judged',
    object: { ...externalSecret({}), status: { a: 1 } },
    said: [],
  },
  {
    story: 'an integer or a string',
    object: store({ vault }, { refreshInterval: 1.5 }),
    said: ['spec.refreshInterval: expected an integer or a string, got a number'],
  },
  {
    story: 'base64',
    object: store({ vault: { ...vault, caBundle: '-----BEGIN' } }),
    said: ['spec.provider.vault.caBundle: must be base64'],
  },
  {
    story: 'a CEL rule',
    object: store({ pulumi: { organization: 'o', project: 'p', environment: 'e' } }),
    said: [
      "spec.provider.pulumi: Exactly one of 'auth' or deprecated 'accessToken' must be specified",
    ],
  },
  {
    story: 'a prototype is no schema',
    object: externalSecret({ target: JSON.parse('{"constructor":1,"__proto__":{}}') }),
    said: [
      'spec.target.constructor: unknown field "constructor" (known here: creationPolicy, deletionPolicy, immutable, manifest, name, template)',
      'spec.target.__proto__: unknown field "__proto__" (known here: creationPolicy, deletionPolicy, immutable, manifest, name, template)',
    ],
  },
]

for (const { story, object, said: expected } of rows) {
  test(`schema: ${story}`, () => assert.deepEqual(said(object), expected))
}

test('defaults: those of the CRD, and nothing that 2.9 dropped', () => {
  const filled = withDefaults(
    externalSecret({ data: [{ secretKey: 'a', remoteRef: { key: 'k' } }] }),
  )
  assert.deepEqual(JSON.parse(JSON.stringify(filled.spec)), {
    data: [{ secretKey: 'a', remoteRef: { key: 'k' } }],
    refreshInterval: '1h0m0s',
    target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
  })
})

test('defaults: null with a default becomes it, null without one is dropped', () => {
  const filled = withDefaults(
    externalSecret({
      refreshInterval: null,
      refreshPolicy: null,
      target: { template: { data: null } },
    }),
  )
  assert.deepEqual(JSON.parse(JSON.stringify(filled.spec)), {
    refreshInterval: '1h0m0s',
    target: {
      creationPolicy: 'Owner',
      deletionPolicy: 'Retain',
      template: { engineVersion: 'v2', mergePolicy: 'Replace' },
    },
  })
})

test('defaults: an unknown kind and the given object stay as they are', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret' }
  assert.equal(withDefaults(secret), secret)
  const given = externalSecret({})
  withDefaults(given)
  assert.deepEqual(given, externalSecret({}))
})

const distances: readonly (readonly [string, string, number])[] = [
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['remotRef', 'remoteRef', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
]
for (const [a, b, distance] of distances) {
  test(`spelling: ${a} and ${b} are ${distance} apart`, () => {
    assert.equal(editDistance(a, b), distance)
    assert.equal(editDistance(b, a), distance)
  })
}

test('spelling: what is like nothing has no neighbour', () => {
  assert.equal(nearest('zebra', ['data', 'target']), undefined)
  assert.equal(nearest('x'.repeat(100_000), ['data']), undefined)
})
