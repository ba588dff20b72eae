import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plain, shortened } from '../../../src/report/plain.ts'

const rows: readonly (readonly [story: string, text: string, shown: string])[] = [
  ['an escape sequence loses its escape', '\u001b[31mred', ' [31mred'],
  ['line breaks become blanks', 'a\r\nb\u2028c\u0085d', 'a  b c d'],
  ['a tab becomes a blank', 'a\tb', 'a b'],
  ['marks that turn the direction of writing go', 'a\u202eb\u2066c', 'a b c'],
  ['what has no width goes', 'a\u200bb\ufeffc', 'a b c'],
  ['a null byte goes', 'a\u0000b', 'a b'],
  ['half a surrogate pair goes', 'a\ud83db', 'a b'],
  ['letters of all scripts stay', 'é 日本 العربية 😀', 'é 日本 العربية 😀'],
]

for (const [story, text, shown] of rows) {
  test(`plain: ${story}`, () => {
    assert.equal(plain(text), shown)
  })
}

test('shortened: what fits is left, what does not ends in dots', () => {
  assert.equal(shortened('abcde', 5), 'abcde')
  assert.equal(shortened('abcdef', 5), 'abcd…')
  assert.equal(shortened('', 5), '')
  assert.equal(shortened('abc😀def', 5), 'abc…')
})

const letter = fc.constantFrom('a', 'é', '😀', '\ud83d', '\u0000', '\n', '\u202e', '\u2028')

test('shortened: the length holds and nothing invisible remains', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: letter, maxLength: 25 }),
      fc.integer({ min: 1, max: 20 }),
      (text, length) => {
        const short = shortened(text, length)
        assert.ok(short.length <= length)
        assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(short))
      },
    ),
    { numRuns: 100 },
  )
})
