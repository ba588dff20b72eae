import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { processFetched } from '../../../src/values/datafrom.ts'
import { patternEngine } from '../../../src/values/pattern.ts'

// From what a provider returned to what an entry of dataFrom contributes.

type Texts = Readonly<Record<string, string>>

function processed(entry: JsonObject, fetched: Texts): Texts | string {
  const [decoded] = decodeExternalSecret({ spec: { dataFrom: [entry] } }).dataFrom
  assert.ok(decoded !== undefined)
  const bytes = new Map(Object.entries(fetched).map(([key, text]) => [key, Buffer.from(text)]))
  const means = { parity: parityOf('waybill'), patterns: patternEngine, transform: undefined }
  const { value, failure } = processFetched(decoded, bytes, means)
  if (failure !== undefined) return `${failure.code} at ${failure.field}`
  return Object.fromEntries([...value].map(([key, text]) => [key, Buffer.from(text).toString()]))
}

interface Row {
  readonly story: string
  readonly entry: JsonObject
  readonly fetched: Texts
  readonly out: Texts | string
}

const generator: JsonObject = { sourceRef: { generatorRef: { kind: 'Password', name: 'p' } } }
const toDash: JsonObject = { regexp: { source: '/', target: '-' } }

const rows: readonly Row[] = [
  {
    story: 'keys of find are paths, and become names',
    entry: { find: {} },
    fetched: { '/team/db-1': 'x' },
    out: { '_team_db-1': 'x' },
  },
  {
    story: 'keys of find keep dots, hyphens and letters of all scripts',
    entry: { find: {} },
    fetched: { 'a.b-c_é': 'x' },
    out: { 'a.b-c_é': 'x' },
  },
  {
    story: 'conversion by Unicode says what the characters were',
    entry: { find: { conversionStrategy: 'Unicode' } },
    fetched: { 'a/b': 'x' },
    out: { a_U002f_b: 'x' },
  },
  {
    story: 'two paths that become one name are an error',
    entry: { find: {} },
    fetched: { 'a/b': '1', a_b: '2' },
    out: 'KeyCollision at conversionStrategy',
  },
  {
    story: 'with a rewrite nothing is converted',
    entry: { find: {}, rewrite: [toDash] },
    fetched: { 'a/b': 'x' },
    out: { 'a-b': 'x' },
  },
  {
    story: 'what a rewrite leaves in a key is refused, not converted',
    entry: { find: {}, rewrite: [toDash] },
    fetched: { 'a b': 'x' },
    out: 'InvalidKey at ',
  },
  {
    story: 'a key that a rewrite empties is dropped',
    entry: { find: {}, rewrite: [{ regexp: { source: '.*', target: '' } }] },
    fetched: { a: 'x' },
    out: {},
  },
  {
    story: 'values of extract are decoded behind the conversion',
    entry: { extract: { key: 'k', decodingStrategy: 'Base64' } },
    fetched: { 'a b': 'aGk=' },
    out: { a_b: 'hi' },
  },
  {
    story: 'a value that does not decode fails at the strategy',
    entry: { extract: { key: 'k', decodingStrategy: 'Base64' } },
    fetched: { a: '***' },
    out: 'DecodeFailed at decodingStrategy',
  },
  {
    story: 'decoding by Auto leaves what does not decode',
    entry: { extract: { key: 'k', decodingStrategy: 'Auto' } },
    fetched: { a: '***', b: 'aGk=' },
    out: { a: '***', b: 'hi' },
  },
  {
    story: 'a null byte is fine unless it is told otherwise',
    entry: { extract: { key: 'k' } },
    fetched: { a: 'x\u0000' },
    out: { a: 'x\u0000' },
  },
  {
    story: 'a null byte can be an error',
    entry: { find: { nullBytePolicy: 'Fail' } },
    fetched: { a: 'x\u0000' },
    out: 'NullByte at nullBytePolicy',
  },
  {
    story: 'a null byte counts behind the decoding',
    entry: { extract: { key: 'k', decodingStrategy: 'Base64', nullBytePolicy: 'Fail' } },
    fetched: { a: 'AA==' },
    out: 'NullByte at nullBytePolicy',
  },
  {
    story: 'what a generator makes is not converted, but validated',
    entry: generator,
    fetched: { 'a/b': 'x' },
    out: 'InvalidKey at ',
  },
  {
    story: 'what a generator makes can be rewritten',
    entry: { ...generator, rewrite: [toDash] },
    fetched: { 'a/b': 'x' },
    out: { 'a-b': 'x' },
  },
]

for (const { story, entry, fetched, out } of rows) {
  test(`dataFrom: ${story}`, () => {
    assert.deepEqual(processed(entry, fetched), out)
  })
}
