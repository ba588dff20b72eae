import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { convertKey, convertKeys, validateKeys } from '../../../src/values/keys.ts'

const mapOf = (...keys: readonly string[]): Map<string, string> =>
  new Map(keys.map((key) => [key, key]))

const rows: readonly (readonly [
  story: string,
  strategy: string | undefined,
  key: string,
  out: string,
])[] = [
  ['a slash becomes an underscore', undefined, 'a/b', 'a_b'],
  ['a code point is one character', 'Default', '😀', '_'],
  ['letters of all scripts stay', 'Default', 'é日٣½', 'é日٣½'],
  ['a combining mark is no letter', 'Default', 'a\u0301', 'a_'],
  ['Unicode names the code point', 'Unicode', '/', '_U002f_'],
  ['with more digits where it needs them', 'Unicode', '😀', '_U1f600_'],
  ['an unknown strategy changes nothing', 'Nope', 'a b', 'a b'],
]

for (const [story, strategy, key, out] of rows) {
  test(`convert: ${story}`, () => {
    assert.equal(convertKey(strategy, key), out)
  })
}

test('convert: a collision names the result and both sources, in either order', () => {
  const expected = 'secret name collision during conversion: a_b (from a b and a/b)'
  assert.equal(convertKeys('Default', mapOf('a/b', 'a b')).failure?.message, expected)
  assert.equal(convertKeys('Default', mapOf('a b', 'a/b')).failure?.message, expected)
})

test('convert: what it makes is valid, and converting again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (key) => {
      for (const strategy of ['Default', 'Unicode']) {
        const name = convertKey(strategy, key)
        assert.equal(convertKey(strategy, name), name)
        if (name.length < 60) assert.equal(validateKeys(mapOf(name)).failure, undefined)
      }
    }),
  )
})

test('validate: an empty key is dropped silently', () => {
  assert.deepEqual([...(validateKeys(mapOf('', 'a')).value ?? [])], [['a', 'a']])
})

test('validate: length counts bytes', () => {
  assert.equal(validateKeys(mapOf('a'.repeat(253))).failure, undefined)
  assert.match(
    validateKeys(mapOf('é'.repeat(127))).failure?.message ?? '',
    /length 254 but max is 253/,
  )
})

test('validate: names the character and the key', () => {
  const { failure } = validateKeys(mapOf('foo/bar'))
  assert.equal(failure?.code, 'InvalidKey')
  assert.match(failure?.message ?? '', /invalid character "\/".*: foo\/bar$/)
})

test('keys: names that JavaScript has plans for are ordinary', () => {
  const kept = validateKeys(mapOf('__proto__', 'constructor')).value
  assert.deepEqual([...(kept?.keys() ?? [])], ['__proto__', 'constructor'])
})
