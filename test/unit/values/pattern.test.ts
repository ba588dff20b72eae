import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { patternEngine, patternProblem } from '../../../src/values/pattern.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function pattern(source: string) {
  const { value, failure } = patternEngine.compile(source)
  assert.equal(failure, undefined)
  assert.ok(value !== undefined)
  return value
}

const replacements: readonly (readonly [
  story: string,
  source: string,
  key: string,
  target: string,
  out: string,
])[] = [
  ['no empty match follows a match', '(.*)', 'foo', 'new-$1', 'new-foo'],
  ['empty matches lie between characters', '', 'é日', '-', '-é-日-'],
  ['a name is as long as it can be', 'a(.)', 'ab', '$1x', ''],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is Go's syntax
  ['braces end a name', 'a(.)', 'ab', '${1}x', 'bx'],
  ['two dollars are one', 'a', 'a', '$$1', '$1'],
  ['an open brace stays', 'a', 'a', '${1', '${1'],
  ['a leading zero makes a name', '(a)', 'a', '[$01]', '[]'],
  ['a group of that name answers', '(?P<01>a)', 'a', '[$01]', '[a]'],
  ['of equal names the first that took part counts', '(?P<n>a)|(?P<n>b)', 'b', '$n', 'b'],
  ['JavaScript has no say', '(a)', 'a', "$&$`$'$<n>", "$&$`$'$<n>"],
]

for (const [story, source, key, target, out] of replacements) {
  test(`replace: ${story}`, () => {
    assert.equal(decode(pattern(source).replaceAll(encode(key), encode(target))), out)
  })
}

const refused: readonly (readonly [story: string, source: string])[] = [
  ['look-ahead', '(?=a)'],
  ['look-behind', '(?<!a)b'],
  ['a back-reference', '(a)\\1'],
  ['a repeat above a thousand', 'a{1001}'],
  ['any byte', '\\C'],
  ['a property that is no category or script', '\\p{Emoji}'],
  ['a script of two words, which Go cannot find', '\\p{Old_Italic}'],
  ['a name with a foreign letter', '(?P<é>a)'],
  ['a pattern that goes on and on', 'a'.repeat(1001)],
]

for (const [story, source] of refused) {
  test(`pattern: ${story} is refused without being quoted`, () => {
    const problem = patternProblem(source)
    assert.ok(problem !== undefined)
    assert.ok(!problem.includes(source))
  })
}

test('pattern: names of classes ignore case, blanks, hyphens and underscores', () => {
  assert.ok(pattern('^\\p{lowercase_letter}\\p{ - Greek }\\p{Any}$').matches(encode('aαx')))
})

test('pattern: an escape or a literal run is not read as a class', () => {
  assert.ok(pattern('^\\\\p$').matches(encode('\\p')))
  assert.ok(pattern('^\\Q\\p{Emoji}\\E$').matches(encode('\\p{Emoji}')))
})

test('pattern: a class is left before its groups are', () => {
  assert.deepEqual(pattern('[(?P<n>](?P<m>a)').groupNames, ['', 'm'])
})

test('pattern: group names may repeat', () => {
  assert.deepEqual(pattern('(?P<n>a)(?<n>b)(c)').groupNames, ['', 'n', 'n', ''])
})

test('pattern: offsets count bytes, and a group that took no part is -1', () => {
  assert.deepEqual(pattern('(é)|(b)').findAll(encode('xéb')), [
    [1, 3, 1, 3, -1, -1],
    [3, 4, -1, -1, 3, 4],
  ])
})

test('pattern: an invalid byte is one character', () => {
  const bytes = Uint8Array.from([0x61, 0xff, 0x62])
  assert.deepEqual(pattern('.').findAll(bytes), [
    [0, 1],
    [1, 2],
    [2, 3],
  ])
})

test('pattern: a literal pattern finds what indexOf finds', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '.'), minLength: 1, maxLength: 3 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '.', '😀'), maxLength: 20 })
  fc.assert(
    fc.property(word, text, (wanted, subject) => {
      const { matches } = pattern(`\\Q${wanted}\\E`)
      return matches(encode(subject)) === subject.includes(wanted)
    }),
    { numRuns: 200 },
  )
})

test('pattern: replacing with the whole match changes nothing', () => {
  const source = fc.constantFrom('.', 'a*', '', '(a|b)+', '\\W', '^', '$', '(?s).*', 'é?')
  fc.assert(
    fc.property(source, fc.uint8Array({ maxLength: 20 }), (text, subject) => {
      assert.deepEqual(pattern(text).replaceAll(subject, encode('$0')), subject)
    }),
    { numRuns: 300 },
  )
})

test('pattern: what makes a backtracking engine hang ends at once', () => {
  assert.equal(pattern('^(a+)+$').matches(encode(`${'a'.repeat(2000)}b`)), false)
})
