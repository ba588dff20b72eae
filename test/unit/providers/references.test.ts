import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../../src/model/json.ts'
import { compileNamePattern } from '../../../src/providers/name-pattern.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import { decodeAccountRef, decodeKeyRef, texts } from '../../../src/providers/references.ts'

const keyRefs: readonly (readonly [
  story: string,
  value: JsonValue | undefined,
  ref: ReturnType<typeof decodeKeyRef>,
])[] = [
  ['all of it', { name: 'n', namespace: 'ns', key: 'k' }, { name: 'n', namespace: 'ns', key: 'k' }],
  [
    'an empty namespace is none',
    { name: 'n', namespace: '', key: 'k' },
    { name: 'n', namespace: undefined, key: 'k' },
  ],
  [
    'an absent key is the default',
    { name: 'n' },
    { name: 'n', namespace: undefined, key: 'token' },
  ],
  [
    'an empty key is, too',
    { name: 'n', key: '' },
    { name: 'n', namespace: undefined, key: 'token' },
  ],
  ['without a name there is none', { key: 'k' }, undefined],
  ['an empty name is none', { name: '', key: 'k' }, undefined],
  ['a text is none', 'n', undefined],
  ['nothing is none', undefined, undefined],
]

for (const [story, value, ref] of keyRefs) {
  test(`a selector of a key: ${story}`, () => {
    assert.deepEqual(decodeKeyRef(value, 'token'), ref)
  })
}

test('a selector of a ServiceAccount keeps its audiences', () => {
  assert.deepEqual(decodeAccountRef({ name: 'sa', audiences: ['vault', 5, 'aws'] }), {
    name: 'sa',
    namespace: undefined,
    audiences: ['vault', 'aws'],
  })
  assert.equal(decodeAccountRef({ audiences: ['vault'] }), undefined)
})

test('texts of what is no list are none', () => {
  for (const value of [undefined, null, 'a', { 0: 'a' }]) assert.deepEqual(texts(value), [])
})

const patterns: readonly (readonly [pattern: string, name: string, isMatch: boolean])[] = [
  ['db', 'my-db-1', true],
  ['^db', 'my-db-1', false],
  ['^db$', 'db', true],
  ['(?i)DB', 'my-db', true],
  ['^.$', 'é', true],
  ['', 'anything', true],
]

for (const [pattern, name, isMatch] of patterns) {
  test(`a search for ${JSON.stringify(pattern)} ${isMatch ? 'finds' : 'does not find'} ${name}`, async () => {
    assert.equal((await compileNamePattern(pattern))(name), isMatch)
  })
}

test('a search with a pattern that RE2 does not know is invalid', async () => {
  for (const pattern of ['(', 'a(?=b)', '(a)\\1']) {
    await assert.rejects(compileNamePattern(pattern), (error) => {
      assert.ok(error instanceof ProviderError)
      assert.equal(error.code, 'invalid')
      assert.match(error.message, /^find\.name\.regexp: /)
      return true
    })
  }
})
