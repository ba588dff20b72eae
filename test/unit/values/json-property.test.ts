import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { binaryOfText, fromBinary, textOfBinary } from '../../../src/values/binary.ts'
import { gjson } from '../../../src/values/gjson.ts'
import { readJson } from '../../../src/values/json.ts'
import {
  literalPath,
  parsePath,
  sameJson,
  withMember,
  withoutProperty,
  withProperty,
} from '../../../src/values/json-property.ts'

// Answers of tidwall/sjson 1.2.7 to the same questions, but for the rows that say why they differ.

interface Row {
  readonly story: string
  readonly json: string
  readonly path: string
  /** After setting the path to `x`; undefined when it is refused. */
  readonly out: string | undefined
}

const ROWS: readonly Row[] = [
  { story: 'nothing there yet', json: '', path: 'a', out: '{"a":"x"}' },
  { story: 'an empty object', json: '{}', path: 'a', out: '{"a":"x"}' },
  { story: 'a value gives way', json: '{"a":1}', path: 'a', out: '{"a":"x"}' },
  {
    story: 'a scalar gives way to an object',
    json: '{"a":1}',
    path: 'a.b',
    out: '{"a":{"b":"x"}}',
  },
  { story: 'null as well', json: '{"a":null}', path: 'a.b', out: '{"a":{"b":"x"}}' },
  { story: 'so does a whole text', json: '"s"', path: 'a', out: '{"a":"x"}' },
  {
    story: 'an escaped dot is part of the name',
    json: '{"a":1}',
    path: 'a\\.b',
    out: '{"a":1,"a.b":"x"}',
  },
  { story: 'an escaped query mark too', json: '{}', path: 'a\\*', out: '{"a*":"x"}' },
  { story: 'digits index a list', json: '{"a":[1,2]}', path: 'a.1', out: '{"a":[1,"x"]}' },
  {
    story: 'a list grows with nulls',
    json: '{"a":[1]}',
    path: 'a.3',
    out: '{"a":[1,null,null,"x"]}',
  },
  { story: '-1 appends', json: '{"a":[1]}', path: 'a.-1', out: '{"a":[1,"x"]}' },
  { story: 'digits make a list', json: '{}', path: 'a.1', out: '{"a":[null,"x"]}' },
  {
    story: 'unless a colon says that they are a name',
    json: '{}',
    path: 'a.:0',
    out: '{"a":{"0":"x"}}',
  },
  { story: 'a list at the top', json: '', path: '0', out: '["x"]' },
  { story: 'other marks are names', json: '{}', path: 'a-b_c/d e', out: '{"a-b_c/d e":"x"}' },
  {
    story: 'numbers keep their text',
    json: '{"n":1.50,"m":12345678901234567890}',
    path: 'b',
    out: '{"n":1.50,"m":12345678901234567890,"b":"x"}',
  },
  { story: 'a list has no names', json: '[1]', path: 'a', out: undefined },
  {
    story: 'sjson writes nothing, and says nothing: we refuse',
    json: '{}',
    path: 'a*',
    out: undefined,
  },
  { story: 'the same', json: '{}', path: 'a#b', out: undefined },
  { story: 'the same', json: '{}', path: 'a|b', out: undefined },
  { story: 'sjson makes an empty name: we refuse', json: '{}', path: 'a..b', out: undefined },
  { story: 'sjson would fill the memory: we refuse', json: '[]', path: '9999999', out: undefined },
  {
    story: 'sjson leaves the second one: we leave one',
    json: '{"a":1,"a":2}',
    path: 'a',
    out: '{"a":"x"}',
  },
]

function set(json: string, path: string, value: string): string | undefined {
  const parts = parsePath(path)
  if (parts.failure !== undefined) return undefined
  const out = withProperty(readJson(binaryOfText(json)), parts.value, binaryOfText(value))
  return out.failure === undefined ? textOfBinary(out.value) : undefined
}

for (const { story, json, path, out } of ROWS) {
  test(`set ${path} in ${json || 'nothing'}: ${story}`, () => {
    assert.equal(set(json, path, 'x'), out)
  })
}

test('a value is quoted as Go quotes it', () => {
  const value = 'q"\n<\u2028é\\\u0007'
  assert.equal(set('{}', 'a', value), '{"a":"q\\"\\n\\u003c\\u2028é\\\\\\u0007"}')
})

const REMOVED: readonly (readonly [json: string, path: string, out: string])[] = [
  ['{"a":1,"b":2}', 'a', '{"b":2}'],
  ['{"a":1,"b":2}', 'b', '{"a":1}'],
  ['{"a":1}', 'a', '{}'],
  ['{"a":{"b":1},"c":1.0}', 'a.b', '{"a":{},"c":1.0}'],
  ['{"a":[1,2,3]}', 'a.1', '{"a":[1,3]}'],
  ['{"a":1}', 'b', '{"a":1}'],
]
for (const [json, path, out] of REMOVED) {
  test(`without ${path}, ${json} is ${out}`, () => {
    const parts = parsePath(path)
    const read = readJson(json)
    assert.ok(parts.failure === undefined && read !== undefined)
    assert.equal(withoutProperty(read, parts.value), out)
  })
}

test('a literal name is no path, and a member is put in as it is', () => {
  const read = readJson('{"a.b":1,"a":{"b":2}}')
  assert.ok(read !== undefined)
  assert.equal(withoutProperty(read, literalPath('a.b')), '{"a":{"b":2}}')
  assert.equal(withMember('{"a":1,"m":0}', 'm', '{"n":1}'), '{"a":1,"m":{"n":1}}')
})

test('two texts are the same JSON whatever their order and blanks, but not their numbers', () => {
  assert.ok(sameJson('{"a":1,"b":[true,null]}', ' { "b" : [ true , null ] , "a" : 1 } '))
  assert.ok(!sameJson('{"a":1}', '{"a":1.0}'))
  assert.ok(!sameJson('{"a":"1"}', '{"a":1}'))
  assert.ok(sameJson('no json', 'no json'))
})

const NAMES = fc.array(fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/), { minLength: 1, maxLength: 4 })

test('what was set is read back by gjson, and nothing else changes', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[A-Z]{1,4}$/), fc.jsonValue(), { noNullPrototype: true }),
      NAMES,
      fc.string({ unit: 'grapheme' }),
      (object, names, value) => {
        const json = JSON.stringify(object)
        const out = set(json, names.join('.'), value)
        assert.ok(out !== undefined)
        const bytes = fromBinary(binaryOfText(out))
        assert.equal(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(gjson(bytes, names.join('.')).text),
          value,
        )
        const parsed = JSON.parse(out)
        for (const [key, old] of Object.entries(object))
          assert.deepEqual(parsed[key], JSON.parse(JSON.stringify(old)))
      },
    ),
    { numRuns: 60 },
  )
})
