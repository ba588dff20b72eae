import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  canonicalJson,
  compareBytes,
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../../src/model/json.ts'

const wellFormed = fc.string({ unit: 'grapheme', maxLength: 12 })

test('compareBytes orders as Buffer.compare orders UTF-8', () => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
      assert.equal(Math.sign(compareBytes(a, b)), expected)
    }),
    { numRuns: 2000 },
  )
})

const pairs: readonly (readonly [story: string, a: string, b: string])[] = [
  ['a prefix comes first', 'a', 'ab'],
  ['nothing comes first', '', '\u0000'],
  ['capitals come before small letters', 'Z', 'a'],
  ['letters of two bytes come behind ASCII', 'z', 'é'],
  ['a surrogate pair comes behind U+FFFF', '\uffff', '😀'],
  ['a surrogate pair comes behind private letters, which UTF-16 puts last', '\ue000', '𐀀'],
  ['two pairs compare by code point', '😀', '😁'],
]

for (const [story, a, b] of pairs) {
  test(`compareBytes: ${story}`, () => {
    assert.ok(compareBytes(a, b) < 0)
    assert.ok(compareBytes(b, a) > 0)
    assert.equal(compareBytes(a, a), 0)
  })
}

test('member sees own members only', () => {
  const object: JsonObject = JSON.parse('{"__proto__":1,"a":null}')
  assert.equal(member(object, '__proto__'), 1)
  assert.equal(member(object, 'a'), null)
  assert.equal(member(object, 'toString'), undefined)
})

test('member of what is no object is absent', () => {
  for (const value of [undefined, null, 'abc', 5, true, [1]]) {
    assert.equal(member(value, 'length'), undefined)
  }
})

test('dig goes from member to member and stops at the first that is absent', () => {
  const object = { a: { b: { c: 1 } }, list: [1] }
  assert.equal(dig(object, 'a', 'b', 'c'), 1)
  assert.equal(dig(object, 'a', 'x', 'c'), undefined)
  assert.equal(dig(object, 'list', '0'), undefined)
  assert.equal(dig(object), object)
})

test('an object is neither null nor a list', () => {
  assert.deepEqual([null, [], {}, 'a', undefined].map(isObject), [false, false, true, false, false])
  assert.deepEqual([null, [], {}, 'a', undefined].map(isArray), [false, true, false, false, false])
})

test('text is a string only', () => {
  assert.equal(text(''), '')
  assert.equal(text(5), undefined)
  assert.equal(text(null), undefined)
})

const rows: readonly (readonly [story: string, value: JsonValue, json: string])[] = [
  [
    'keys are in byte order at every level',
    { b: { d: 1, c: 2 }, a: 3 },
    '{"a":3,"b":{"c":2,"d":1}}',
  ],
  ['lists keep their order', [3, 1, 2], '[3,1,2]'],
  ['an integer beyond 2^53 keeps its digits', 12345678901234567890n, '12345678901234567890'],
  ['an absent member is left out, a null is not', { a: undefined, b: null }, '{"b":null}'],
  ['texts are escaped as JSON does', { 'a"': '\n\u2028' }, '{"a\\"":"\\n\u2028"}'],
  [
    'keys of code points above all others come last',
    { '😀': 1, '\uffff': 2 },
    '{"\uffff":2,"😀":1}',
  ],
]

for (const [story, value, json] of rows) {
  test(`canonicalJson: ${story}`, () => {
    assert.equal(canonicalJson(value), json)
  })
}

test('canonicalJson gives equal bytes for equal values, whatever the order of their keys', () => {
  const value = fc.dictionary(wellFormed, fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(value, (object) => {
      const plain: JsonObject = JSON.parse(JSON.stringify(object))
      const turned = Object.fromEntries(Object.entries(plain).reverse())
      assert.equal(canonicalJson(turned), canonicalJson(plain))
      assert.deepEqual(JSON.parse(canonicalJson(plain)), plain)
    }),
    { numRuns: 200 },
  )
})
