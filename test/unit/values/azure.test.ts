import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parityOf } from '../../../src/model/parity.ts'
import type { Payload } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { extractMap, selectValue } from '../../../src/values/payload.ts'

interface Given {
  readonly text?: string
  readonly binary?: Uint8Array
  readonly tags?: Readonly<Record<string, string>>
}

function payloadOf({ text, binary, tags }: Given): Payload {
  const none = { labels: undefined, annotations: undefined, json: undefined }
  return {
    dialect: 'azure-key-vault',
    text: text === undefined ? undefined : SecretValue.fromText(text),
    binary: binary === undefined ? undefined : new SecretValue(binary),
    data: undefined,
    metadata: { tags: new Map(Object.entries(tags ?? {})), ...none },
  }
}

const decode = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

const selections: readonly {
  readonly story: string
  readonly given: Given
  readonly property?: string
  readonly metadata?: true
  readonly out: string
}[] = [
  { story: 'no property takes the text', given: { text: '{"a":1}' }, out: '{"a":1}' },
  {
    story: 'a dot is a path first',
    given: { text: '{"a.b":"literal","a":{"b":"path"}}' },
    property: 'a.b',
    out: 'path',
  },
  {
    story: 'a literal key is found when the path is not',
    given: { text: '{"a.b":"literal"}' },
    property: 'a.b',
    out: 'literal',
  },
  { story: 'no such property', given: { text: '{}' }, property: 'a', out: 'PropertyNotFound' },
  {
    story: 'a property of a text',
    given: { text: 'plain' },
    property: 'a',
    out: 'PropertyNotFound',
  },
  {
    story: 'a certificate knows no property',
    given: { binary: Uint8Array.of(65, 66) },
    property: 'x',
    out: 'AB',
  },
  { story: 'nothing at all', given: {}, out: 'EmptySecret' },
  {
    story: 'all tags',
    given: { tags: { b: '<', a: '1', 'attribute.created': '2017-05-04T22:53:30Z' } },
    metadata: true,
    out: '{"a":"1","attribute.created":"2017-05-04T22:53:30Z","b":"\\u003c"}',
  },
  { story: 'no tags', given: {}, metadata: true, out: '{}' },
  { story: 'one tag', given: { tags: { a: '1' } }, metadata: true, property: 'a', out: '1' },
  {
    story: 'a tag with a dot',
    given: { tags: { 'a.b': '1' } },
    metadata: true,
    property: 'a.b',
    out: '1',
  },
  {
    story: 'a path in a tag',
    given: { tags: { a: '{"b":{"c":"x"}}' } },
    metadata: true,
    property: 'a.b.c',
    out: 'x',
  },
  {
    story: 'a whole tag by a dot at its end',
    given: { tags: { a: 'x' } },
    metadata: true,
    property: 'a.',
    out: 'x',
  },
  {
    story: 'no such tag',
    given: { tags: {} },
    metadata: true,
    property: 'a',
    out: 'PropertyNotFound',
  },
  {
    story: 'no such path in a tag',
    given: { tags: { a: '{}' } },
    metadata: true,
    property: 'a.b',
    out: 'PropertyNotFound',
  },
  {
    story: 'a dot at the beginning',
    given: { tags: { '': 'x' } },
    metadata: true,
    property: '.a',
    out: 'PropertyNotFound',
  },
]
for (const { story, given, property, metadata, out } of selections) {
  test(`azure: ${story}`, () => {
    const ref = { key: 'k', property, metadata: metadata === true }
    const { value, failure } = selectValue(payloadOf(given), ref)
    assert.equal(failure?.code ?? decode(value), out)
  })
}

const extracts: readonly {
  readonly story: string
  readonly key: string
  readonly given: Given
  readonly property?: string
  readonly metadata?: true
  readonly out: string | Readonly<Record<string, string>>
}[] = [
  {
    story: 'an object',
    key: 'k',
    given: { text: '{"a":"x","n":1.50}' },
    out: { a: 'x', n: '1.50' },
  },
  { story: 'with its type', key: 'secret/k', given: { text: '{"a":"x"}' }, out: { a: 'x' } },
  {
    story: 'a part of it',
    key: 'k',
    property: 'o',
    given: { text: '{"o":{"a":1}}' },
    out: { a: '1' },
  },
  { story: 'a text', key: 'k', given: { text: 'x' }, out: 'NotJson' },
  { story: 'a key', key: 'key/k', given: { text: '{"kty":"RSA"}' }, out: 'InvalidEntry' },
  {
    story: 'a certificate',
    key: 'cert/k',
    given: { binary: Uint8Array.of(1) },
    out: 'InvalidEntry',
  },
  {
    story: 'tags, of which objects of texts are taken apart',
    key: 'secret/k',
    metadata: true,
    given: { tags: { env: 'prod', o: '{"a":"1","b":"2"}', mixed: '{"a":1}', l: '["a"]' } },
    out: { k_env: 'prod', k_o_a: '1', k_o_b: '2', k_mixed: '{"a":1}', k_l: '["a"]' },
  },
  {
    story: 'one tag',
    key: 'k',
    metadata: true,
    property: 'env',
    given: { tags: { env: 'prod', x: 'y' } },
    out: { k_env: 'prod' },
  },
  {
    story: 'one tag of a key with its type, whose name upstream never finds',
    key: 'secret/k',
    metadata: true,
    property: 'env',
    given: { tags: { env: 'prod' } },
    out: { 'secret/k_env': '' },
  },
  {
    story: 'a tag that is not there',
    key: 'k',
    metadata: true,
    property: 'x',
    given: {},
    out: 'PropertyNotFound',
  },
]
for (const { story, key, given, property, metadata, out } of extracts) {
  test(`azure: extract of ${story}`, () => {
    const ref = { key, property, metadata: metadata === true }
    const { value, failure } = extractMap(payloadOf(given), ref, parityOf('eso'))
    const entries = [...(value ?? [])].map(([name, bytes]) => [name, decode(bytes)])
    assert.deepEqual(failure?.code ?? Object.fromEntries(entries), out)
  })
}
