import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, type JsonObject, type JsonValue } from '../../../src/model/json.ts'
import { mergePatchOf } from '../../../src/model/merge-patch.ts'
import { mergePatch } from '../../servers/kube-request.ts'

const ROWS: readonly {
  readonly story: string
  readonly before: JsonObject
  readonly after: JsonObject
  readonly patch: JsonObject
}[] = [
  { story: 'the same', before: { a: { b: [1] } }, after: { a: { b: [1] } }, patch: {} },
  { story: 'new', before: {}, after: { a: { b: 1 } }, patch: { a: { b: 1 } } },
  { story: 'gone', before: { a: 1, b: 2 }, after: { b: 2 }, patch: { a: null } },
  {
    story: 'deeper',
    before: { a: { b: { c: 1, d: 2 } } },
    after: { a: { b: { d: 3 } } },
    patch: { a: { b: { c: null, d: 3 } } },
  },
  { story: 'a list is one value', before: { a: [1, 2] }, after: { a: [2] }, patch: { a: [2] } },
  { story: 'a map for a text', before: { a: 'x' }, after: { a: {} }, patch: { a: {} } },
  { story: 'an empty map', before: { a: { b: 1 } }, after: { a: {} }, patch: { a: { b: null } } },
]

for (const { story, before, after, patch } of ROWS) {
  test(`merge patch: ${story}`, () => {
    assert.equal(canonicalJson(mergePatchOf(before, after)), canonicalJson(patch))
  })
}

test('merge patch: a name of an object’s own is a name like any other', () => {
  const after: JsonObject = JSON.parse('{"constructor":{"x":1},"toString":"y"}')
  assert.equal(canonicalJson(mergePatchOf({}, after)), canonicalJson(after))
})

const json = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer()), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
}))

test('merge patch: whoever merges it has what was wanted', () => {
  fc.assert(
    fc.property(json.object, json.object, (before, after) => {
      const merged = mergePatch(before, mergePatchOf(before, after))
      assert.equal(canonicalJson(merged), canonicalJson(after))
    }),
  )
})
