import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParityMode, parityOf } from '../../../src/model/parity.ts'
import type { Dialect, Payload } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { absentFailure, extractMap, selectValue } from '../../../src/values/payload.ts'

const NONE = { text: undefined, binary: undefined, data: undefined, metadata: undefined }

function payload(dialect: Dialect, text: string | undefined): Payload {
  return {
    ...NONE,
    dialect,
    text: text === undefined ? undefined : SecretValue.fromText(text),
  }
}

const decode = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

function select(from: Payload, property?: string, metadata = false): string | undefined {
  const { value, failure } = selectValue(from, { key: 'k', property, metadata })
  return failure === undefined ? decode(value) : failure.code
}

function extract(from: Payload, property?: string, mode: ParityMode = 'waybill'): unknown {
  const ref = { key: 'k', property, metadata: false }
  const { value, failure } = extractMap(from, ref, parityOf(mode))
  if (failure !== undefined) return failure.code
  return Object.fromEntries([...value].map(([key, bytes]) => [key, decode(bytes)]))
}

const DOTTED = '{"a.b":"lit","a":{"b":"nest","n":1.50}}'

const selections: readonly (readonly [
  story: string,
  dialect: Dialect,
  text: string | undefined,
  property: string | undefined,
  out: string | undefined,
])[] = [
  ['no property takes the payload as it is', 'aws-secrets-manager', ' x ', undefined, ' x '],
  ['an empty payload is present', 'aws-secrets-manager', '', undefined, ''],
  ['nothing at all is not', 'aws-secrets-manager', undefined, undefined, 'EmptySecret'],
  ['a dotted property is a literal key first', 'aws-secrets-manager', DOTTED, 'a.b', 'lit'],
  ['then a path', 'aws-secrets-manager', DOTTED, 'a.n', '1.5'],
  ['AWS does not ask for JSON', 'aws-parameter-store', 'plain', 'a', 'PropertyNotFound'],
  ['GCP does', 'gcp-secret-manager', 'plain', 'a', 'NotJson'],
  ['GCP reads no broken document', 'gcp-secret-manager', '{"a":1}x', 'a', 'NotJson'],
  [
    'Vault prints its data sorted, HTML escaped',
    'vault-kv2',
    '{"b":"<","a":1.50}',
    undefined,
    '{"a":1.50,"b":"\\u003c"}',
  ],
  ['Vault knows exact keys only as such', 'vault-kv2', DOTTED, 'a.b', 'lit'],
  ['Vault keeps the text of a number under its key', 'vault-kv2', '{"n":1e3}', 'n', '1e3'],
  ['but not behind a path', 'vault-kv2', '{"o":{"n":1e3}}', 'o.n', '1000'],
  ['a null of Vault is no value', 'vault-kv2', '{"a":null}', 'a', undefined],
  ['a deleted version is no secret', 'vault-kv2', 'null', undefined, 'SecretNotFound'],
  ['version 1 has no versions', 'vault-kv1', 'null', undefined, '{"data":null}'],
  ['data that is no object is refused', 'vault-kv2', '[1]', undefined, 'NotJson'],
  ['a missing property of fake is no secret', 'fake', '{"a":1}', 'b', 'SecretNotFound'],
]

for (const [story, dialect, text, property, out] of selections) {
  test(`select: ${story}`, () => {
    assert.equal(select(payload(dialect, text), property), out)
  })
}

test('select: SecretBinary is read where there is no SecretString', () => {
  const binary = SecretValue.fromText('{"a":"x"}')
  const from: Payload = { ...NONE, dialect: 'aws-secrets-manager', binary }
  assert.equal(select(from), '{"a":"x"}')
  assert.equal(select(from, 'a'), 'x')
})

const extractions: readonly (readonly [
  story: string,
  dialect: Dialect,
  text: string,
  property: string | undefined,
  out: unknown,
])[] = [
  [
    'strings lose their quotes, all else keeps its text',
    'aws-secrets-manager',
    '{"s":"x","n":1.50,"o":{ "z": 1 },"nul":null}',
    undefined,
    { s: 'x', n: '1.50', o: '{ "z": 1 }', nul: '' },
  ],
  [
    'the last of two equal keys counts',
    'gcp-secret-manager',
    '{"a":1,"a":2}',
    undefined,
    { a: '2' },
  ],
  ['null is an empty map', 'aws-parameter-store', 'null', undefined, {}],
  ['an array is refused', 'aws-secrets-manager', '[1]', undefined, 'NotJson'],
  ['a property narrows', 'aws-secrets-manager', '{"a":{"b":1}}', 'a', { b: '1' }],
  [
    'a string that holds JSON is opened',
    'gcp-secret-manager',
    '{"a":"{\\"b\\":1}"}',
    'a',
    { b: '1' },
  ],
  ['a null property of Vault holds no object', 'vault-kv2', '{"a":null}', 'a', 'NotJson'],
]

for (const [story, dialect, text, property, out] of extractions) {
  test(`extract: ${story}`, () => {
    assert.deepEqual(extract(payload(dialect, text), property), out)
  })
}

test('extract: Vault numbers keep their text; ESO rounds them', () => {
  const from = payload('vault-kv2', '{"n":12345678901234567890,"o":{"f":1.50}}')
  assert.deepEqual(extract(from), { n: '12345678901234567890', o: '{"f":1.50}' })
  assert.deepEqual(extract(from, undefined, 'eso'), {
    n: '12345678901234567000',
    o: '{"f":1.5}',
  })
})

const remote: Payload = {
  ...NONE,
  dialect: 'kubernetes',
  data: new Map([
    ['cfg', SecretValue.fromText('{"a":{"b":"x"},"s":"lit"}')],
    ['file.json', SecretValue.fromText('<>')],
  ]),
}

test('kubernetes: a key may hold a dot, else a path goes into the value', () => {
  assert.equal(select(remote, 'file.json'), '<>')
  assert.equal(select(remote, 'cfg.a.b'), 'x')
  assert.equal(select(remote, 'cfg.'), 'PropertyNotFound')
  assert.equal(select(remote, '.cfg'), 'PropertyNotFound')
})

test('kubernetes: without a property the data is JSON, nothing escaped', () => {
  assert.equal(
    select(remote),
    '{"cfg":"{\\"a\\":{\\"b\\":\\"x\\"},\\"s\\":\\"lit\\"}","file.json":"<>"}',
  )
})

test('kubernetes: extract with a property encodes every value again', () => {
  assert.deepEqual(extract(remote, 'cfg'), { a: '{"b":"x"}', s: '"lit"' })
  assert.equal(extract(remote, 'cfg.a'), 'PropertyNotFound')
  assert.equal(extract(remote, 'file.json'), 'NotJson')
})

test('metadata: tags of AWS are a JSON object', () => {
  const tags = new Map([
    ['env', 'prod'],
    ['b.c', '<'],
  ])
  const metadata = { tags, labels: undefined, annotations: undefined, json: undefined }
  const from: Payload = { ...NONE, dialect: 'aws-secrets-manager', metadata }
  assert.equal(select(from, undefined, true), '{"b.c":"\\u003c","env":"prod"}')
  assert.equal(select(from, 'b.c', true), '<')
})

test('metadata: custom fields of Vault go over those of the system, all as text', () => {
  const json = SecretValue.fromText(
    '{"created_time":"t","current_version":3,"custom_metadata":{"team":"a","created_time":"mine","n":1.50}}',
  )
  const metadata = { tags: undefined, labels: undefined, annotations: undefined, json }
  const from: Payload = { ...NONE, dialect: 'vault-kv2', metadata }
  assert.equal(
    select(from, undefined, true),
    '{"created_time":"mine","current_version":"3","n":"1.50","team":"a"}',
  )
  assert.equal(select({ ...from, dialect: 'vault-kv1' }, undefined, true), 'Unsupported')
})

test('metadata: labels and annotations of GCP and kubernetes', () => {
  const labels = new Map([['a', '1']])
  const annotations = new Map([['j', '{"k":{"l":5},"kl":6}']])
  const metadata = { tags: undefined, labels, annotations, json: undefined }
  const gcp: Payload = { ...NONE, dialect: 'gcp-secret-manager', metadata }
  assert.equal(select(gcp, 'labels.a', true), '1')
  assert.equal(select(gcp, 'other', true), 'InvalidEntry')
  const kubernetes: Payload = { ...gcp, dialect: 'kubernetes' }
  assert.equal(select(kubernetes, 'labels', true), '{"a":"1"}')
  // Upstream joins the rest of the path without its dots.
  assert.equal(select(kubernetes, 'annotations.j.k.l', true), '6')
  assert.equal(select(kubernetes, 'other', true), 'PropertyNotFound')
})

test('absence: kubernetes counts it as no secret for extract only', () => {
  assert.equal(absentFailure('kubernetes', false, 'k').failure?.code, 'InvalidEntry')
  assert.equal(absentFailure('kubernetes', true, 'k').failure?.code, 'SecretNotFound')
  assert.equal(absentFailure('vault-kv2', false, 'k').failure?.code, 'SecretNotFound')
})
