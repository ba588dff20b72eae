import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parityOf } from '../../../src/model/parity.ts'
import type { Dialect, Payload, PayloadMetadata } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import type { Attempt } from '../../../src/values/attempt.ts'
import { extractMap, selectValue } from '../../../src/values/payload.ts'

// What each provider's payload becomes, beyond the everyday rows of payload.test.ts. A value, or the code of the failure.

const utf8 = new TextDecoder()

function payloadOf(dialect: Dialect, parts: Partial<Payload>): Payload {
  const none = { text: undefined, binary: undefined, data: undefined, metadata: undefined }
  return { ...none, ...parts, dialect }
}

function outOf(attempt: Attempt<Uint8Array | undefined>): string | undefined {
  if (attempt.failure !== undefined) return attempt.failure.code
  return attempt.value === undefined ? undefined : utf8.decode(attempt.value)
}

interface Row {
  readonly story: string
  readonly text: string
  readonly property?: string
  readonly out: string | undefined
}

type Table = readonly (readonly [dialects: readonly Dialect[], rows: readonly Row[]])[]

const selections: Table = [
  [
    ['aws-secrets-manager', 'aws-parameter-store'],
    [
      {
        story: 'a text in JSON is given without quotes',
        text: '{"a":"x\\n"}',
        property: 'a',
        out: 'x\n',
      },
      { story: 'a null is an empty text', text: '{"a":null}', property: 'a', out: '' },
      {
        story: 'an object keeps its blanks',
        text: '{"a":{ "b" : 1 }}',
        property: 'a',
        out: '{ "b" : 1 }',
      },
      { story: 'a number is written anew', text: '{"n":1.50}', property: 'n', out: '1.5' },
      {
        story: 'a large integer keeps its digits',
        text: '{"n":9007199254740993}',
        property: 'n',
        out: '9007199254740993',
      },
      { story: 'an item of a list', text: '{"l":["x","y"]}', property: 'l.1', out: 'y' },
      { story: 'the length of a list', text: '{"l":["x","y"]}', property: 'l.#', out: '2' },
      {
        story: 'a property in a text that is no JSON',
        text: 'plain',
        property: 'a',
        out: 'PropertyNotFound',
      },
      { story: 'a broken end does not hide a member', text: '{"a":"x"', property: 'a', out: 'x' },
      {
        story: 'an escaped dot is a literal one',
        text: '{"a.b":"x"}',
        property: 'a\\.b',
        out: 'x',
      },
      {
        story: 'names of JavaScript are ordinary',
        text: '{"a":1}',
        property: 'constructor',
        out: 'PropertyNotFound',
      },
    ],
  ],
  [
    ['gcp-secret-manager'],
    [
      { story: 'a property of valid JSON', text: '{"a":{"b":"x"}}', property: 'a.b', out: 'x' },
      {
        story: 'a dotted name is a literal key first',
        text: '{"a.b":"x","a":{"b":"y"}}',
        property: 'a.b',
        out: 'x',
      },
      { story: 'a broken end hides everything', text: '{"a":"x"', property: 'a', out: 'NotJson' },
      { story: 'white space around is fine', text: ' {"a":"x"}\n', property: 'a', out: 'x' },
      {
        story: 'a name that is not there',
        text: '{"a":1}',
        property: 'b',
        out: 'PropertyNotFound',
      },
      { story: 'no property takes any text', text: '{broken', out: '{broken' },
    ],
  ],
  [
    ['vault-kv1', 'vault-kv2'],
    [
      {
        story: 'an exact key wins over a path',
        text: '{"a.b":"x","a":{"b":"y"}}',
        property: 'a.b',
        out: 'x',
      },
      {
        story: 'a path where there is no such key',
        text: '{"a":{"b":"y"}}',
        property: 'a.b',
        out: 'y',
      },
      { story: 'an empty text is a value', text: '{"a":""}', property: 'a', out: '' },
      { story: 'a boolean', text: '{"a":true}', property: 'a', out: 'true' },
      {
        story: 'an object is written anew, sorted',
        text: '{"a":{ "c":1, "b":2 }}',
        property: 'a',
        out: '{"b":2,"c":1}',
      },
      { story: 'a list is written anew', text: '{"a":[ 1, "x" ]}', property: 'a', out: '[1,"x"]' },
      {
        story: 'a large number keeps its digits',
        text: '{"n":12345678901234567890}',
        property: 'n',
        out: '12345678901234567890',
      },
      { story: 'a missing name', text: '{"a":1}', property: 'b', out: 'PropertyNotFound' },
      { story: 'an empty secret is an object', text: '{}', out: '{}' },
      { story: 'a text is no secret', text: '"x"', property: 'x', out: 'NotJson' },
    ],
  ],
  [
    ['fake'],
    [
      { story: 'no property takes the text', text: 'plain', out: 'plain' },
      {
        story: 'a dot is always a path',
        text: '{"a.b":"x","a":{"b":"y"}}',
        property: 'a.b',
        out: 'y',
      },
      {
        story: 'a literal dot has to be escaped',
        text: '{"a.b":"x"}',
        property: 'a\\.b',
        out: 'x',
      },
      {
        story: 'a missing property is a missing secret',
        text: 'plain',
        property: 'a',
        out: 'SecretNotFound',
      },
      { story: 'a null is an empty text', text: '{"a":null}', property: 'a', out: '' },
    ],
  ],
]

for (const [dialects, rows] of selections) {
  for (const dialect of dialects) {
    for (const { story, text, property, out } of rows) {
      test(`${dialect}: ${story}`, () => {
        const from = payloadOf(dialect, { text: SecretValue.fromText(text) })
        assert.equal(outOf(selectValue(from, { key: 'k', property, metadata: false })), out)
      })
    }
  }
}

test('aws: an empty SecretString goes before a SecretBinary', () => {
  const from = payloadOf('aws-secrets-manager', {
    text: SecretValue.fromText(''),
    binary: SecretValue.fromText('binary'),
  })
  assert.equal(outOf(selectValue(from, { key: 'k', property: undefined, metadata: false })), '')
})

test('aws: a SecretBinary that is no UTF-8 comes out byte by byte', () => {
  const bytes = Uint8Array.of(0, 255, 195, 40)
  const from = payloadOf('aws-secrets-manager', { binary: new SecretValue(bytes) })
  assert.deepEqual(
    selectValue(from, { key: 'k', property: undefined, metadata: false }).value,
    bytes,
  )
})

const remote = payloadOf('kubernetes', {
  data: new Map([
    ['user', SecretValue.fromText('ada')],
    ['cfg', SecretValue.fromText('{"db":{"port":5432},"list":["x"]}')],
    ['cfg.json', SecretValue.fromText('whole')],
  ]),
})

const remoteRows: readonly (readonly [story: string, property: string, out: string])[] = [
  ['a key', 'user', 'ada'],
  ['a key with a dot goes before a path', 'cfg.json', 'whole'],
  ['a path behind the first dot', 'cfg.db.port', '5432'],
  ['an item of a list within a value', 'cfg.list.0', 'x'],
  ['a path into a value that is no JSON', 'user.name', 'PropertyNotFound'],
  ['a key that is not there', 'other', 'PropertyNotFound'],
  ['a dot alone', '.', 'PropertyNotFound'],
  ['a name of JavaScript', '__proto__', 'PropertyNotFound'],
]

for (const [story, property, out] of remoteRows) {
  test(`kubernetes: ${story}`, () => {
    assert.equal(outOf(selectValue(remote, { key: 'k', property, metadata: false })), out)
  })
}

test('kubernetes: a Secret without data is an empty object', () => {
  const from = payloadOf('kubernetes', {})
  assert.equal(outOf(selectValue(from, { key: 'k', property: undefined, metadata: false })), '{}')
})

const NO_METADATA: PayloadMetadata = {
  tags: undefined,
  labels: undefined,
  annotations: undefined,
  json: undefined,
}

interface MetadataRow {
  readonly story: string
  readonly dialect: Dialect
  readonly metadata: Partial<PayloadMetadata>
  readonly property?: string
  readonly out: string | undefined
}

const labels = new Map([
  ['b', '2'],
  ['a', '1'],
])

const metadataRows: readonly MetadataRow[] = [
  { story: 'no tags are an empty object', dialect: 'aws-secrets-manager', metadata: {}, out: '{}' },
  {
    story: 'a tag',
    dialect: 'aws-parameter-store',
    metadata: { tags: labels },
    property: 'a',
    out: '1',
  },
  {
    story: 'a tag that is not there',
    dialect: 'aws-secrets-manager',
    metadata: { tags: labels },
    property: 'z',
    out: 'PropertyNotFound',
  },
  {
    story: 'both maps, null where there is none',
    dialect: 'gcp-secret-manager',
    metadata: { labels },
    out: '{"annotations":null,"labels":{"a":"1","b":"2"}}',
  },
  {
    story: 'all labels',
    dialect: 'gcp-secret-manager',
    metadata: { labels },
    property: 'labels',
    out: '{"a":"1","b":"2"}',
  },
  {
    story: 'no annotations',
    dialect: 'gcp-secret-manager',
    metadata: { labels },
    property: 'annotations',
    out: 'null',
  },
  {
    story: 'a label with dots in its name',
    dialect: 'gcp-secret-manager',
    metadata: { labels: new Map([['a.b/c', 'x']]) },
    property: 'labels.a.b/c',
    out: 'x',
  },
  {
    story: 'a label that is not there',
    dialect: 'gcp-secret-manager',
    metadata: { labels },
    property: 'labels.z',
    out: 'PropertyNotFound',
  },
  {
    story: 'a label without a name',
    dialect: 'gcp-secret-manager',
    metadata: { labels },
    property: 'labels.',
    out: 'InvalidEntry',
  },
  {
    story: 'both maps of a Secret',
    dialect: 'kubernetes',
    metadata: { labels },
    out: '{"annotations":null,"labels":{"a":"1","b":"2"}}',
  },
  {
    story: 'a label of a Secret',
    dialect: 'kubernetes',
    metadata: { labels },
    property: 'labels.b',
    out: '2',
  },
  {
    story: 'a label of a Secret that is not there',
    dialect: 'kubernetes',
    metadata: { labels },
    property: 'labels.z',
    out: 'PropertyNotFound',
  },
  { story: 'no metadata at all is no value', dialect: 'vault-kv2', metadata: {}, out: undefined },
  {
    story: 'only three fields of the system are handed out',
    dialect: 'vault-kv2',
    metadata: {
      json: SecretValue.fromText('{"created_time":"t","current_version":3,"max_versions":9}'),
    },
    out: '{"created_time":"t","current_version":"3"}',
  },
  {
    story: 'one custom field',
    dialect: 'vault-kv2',
    metadata: { json: SecretValue.fromText('{"custom_metadata":{"owner":"pay"}}') },
    property: 'owner',
    out: 'pay',
  },
  {
    story: 'version 1 has none',
    dialect: 'vault-kv1',
    metadata: { json: SecretValue.fromText('{}') },
    out: 'Unsupported',
  },
]

for (const { story, dialect, metadata, property, out } of metadataRows) {
  test(`metadata of ${dialect}: ${story}`, () => {
    const from = payloadOf(dialect, { metadata: { ...NO_METADATA, ...metadata } })
    assert.equal(outOf(selectValue(from, { key: 'k', property, metadata: true })), out)
  })
}

interface ExtractRow {
  readonly story: string
  readonly dialect: Dialect
  readonly text: string
  readonly out: Readonly<Record<string, string>> | string
}

const extractions: readonly ExtractRow[] = [
  {
    story: 'a plain text has no keys',
    dialect: 'aws-parameter-store',
    text: 'plain',
    out: 'NotJson',
  },
  { story: 'nothing has no keys', dialect: 'aws-secrets-manager', text: '', out: 'NotJson' },
  {
    story: 'keys of all scripts',
    dialect: 'gcp-secret-manager',
    text: '{"é日":"x"}',
    out: { é日: 'x' },
  },
  { story: 'an empty object', dialect: 'fake', text: '{}', out: {} },
  {
    story: 'booleans and lists keep their text',
    dialect: 'fake',
    text: '{"b":true,"l":[1, 2]}',
    out: { b: 'true', l: '[1, 2]' },
  },
  {
    story: 'Vault writes lists anew',
    dialect: 'vault-kv2',
    text: '{"b":true,"l":[1, 2]}',
    out: { b: 'true', l: '[1,2]' },
  },
  {
    story: 'a text with a null byte',
    dialect: 'fake',
    text: '{"a":"x\\u0000"}',
    out: { a: 'x\u0000' },
  },
]

for (const { story, dialect, text, out } of extractions) {
  test(`extract of ${dialect}: ${story}`, () => {
    const from = payloadOf(dialect, { text: SecretValue.fromText(text) })
    const ref = { key: 'k', property: undefined, metadata: false }
    const { value, failure } = extractMap(from, ref, parityOf('waybill'))
    const got =
      failure?.code ?? Object.fromEntries([...(value ?? [])].map(([k, v]) => [k, utf8.decode(v)]))
    assert.deepEqual(got, out)
  })
}

test('no failure of any dialect holds a piece of the payload', () => {
  const dialects: readonly Dialect[] = [
    'aws-secrets-manager',
    'aws-parameter-store',
    'azure-key-vault',
    'gcp-secret-manager',
    'vault-kv1',
    'vault-kv2',
    'kubernetes',
    'fake',
  ]
  for (const dialect of dialects) {
    for (const text of ['correct horse', '{"a":"correct horse"', '["correct horse"]']) {
      const secret = SecretValue.fromText(text)
      const from = payloadOf(dialect, { text: secret, data: new Map([['d', secret]]) })
      const ref = { key: 'k', property: 'p', metadata: false }
      for (const { failure } of [
        selectValue(from, ref),
        extractMap(from, ref, parityOf('waybill')),
      ]) {
        assert.ok(failure !== undefined, dialect)
        assert.ok(!JSON.stringify(failure).includes('horse'), dialect)
      }
    }
  }
})
