import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { convertKey } from '../../../src/values/keys.ts'
import { reverseKey, reverseKeys } from '../../../src/values/reverse-keys.ts'

const ROWS: readonly (readonly [story: string, key: string, name: string])[] = [
  ['K6: what is no escape stays', '_U0xxx_x_U005b_', '_U0xxx_x['],
  ['several in a row', 'a_U002f_b_U002f_c', 'a/b/c'],
  ['more than four digits', '_U1f600_', '😀'],
  ['digits in any case', '_U005B__U005b_', '[['],
  ['too few digits', '_U05b_', '_U05b_'],
  ['a surrogate is no character', '_Ud800_', '\ufffd'],
  ['nor is what is beyond Unicode', '_U110000_', '\ufffd'],
  ['a number that Go cannot parse stays', '_U80000000_', '_U80000000_'],
]
for (const [story, key, name] of ROWS) {
  test(`reverse: ${story}`, () => {
    assert.equal(reverseKey('ReverseUnicode', key), name)
    assert.equal(reverseKey('None', key), key)
  })
}

// Text that holds an escape itself cannot be told from an escaped character: upstream's encoding has no quote for it.
const PLAIN = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((key) => !/_U[0-9a-f]{4,}_/i.test(key) && key.isWellFormed())

test('K7: ReverseUnicode undoes Unicode', () => {
  fc.assert(
    fc.property(PLAIN, (key) => {
      const written = convertKey('Unicode', key)
      fc.pre(!/_U[0-9a-f]{4,}(?!_)/i.test(key) && !/_U?[0-9a-f]*$/i.test(key))
      assert.equal(reverseKey('ReverseUnicode', written), key)
    }),
    { numRuns: 300 },
  )
})

test('two keys that become one are an error that names both', () => {
  const data = new Map([
    ['a_U002f_b', 1],
    ['a/b', 2],
  ])
  const { failure } = reverseKeys('ReverseUnicode', data)
  assert.equal(failure?.code, 'KeyCollision')
  assert.match(failure?.message ?? '', /a\/b and a_U002f_b/)
})
