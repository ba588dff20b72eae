import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { SecretValue } from '../../../src/model/secret-value.ts'

const CANARY = 'correct horse battery staple'
const secret = SecretValue.fromText(CANARY)

const ways: readonly (readonly [way: string, printed: () => string])[] = [
  ['a template literal', () => `${secret}`],
  ['joined to a text', () => `value: ${String(secret)}`],
  ['JSON', () => JSON.stringify({ secret, list: [secret] })],
  ['inspect', () => inspect(secret)],
  ['inspect of what is hidden', () => inspect(secret, { showHidden: true, depth: 9 })],
  ['inspect within a Map', () => inspect(new Map([['k', secret]]), { depth: 9 })],
  ['format as an object', () => format('%o %O %j %s', secret, secret, secret, secret)],
  ['its own names', () => inspect(Object.getOwnPropertyNames(secret))],
  ['a copy of its members', () => JSON.stringify({ ...secret })],
  ['an error that holds it', () => inspect(new Error('x', { cause: secret }))],
  ['a list as text', () => [secret].join(',')],
]

for (const [way, printed] of ways) {
  test(`a secret never shows: ${way}`, () => {
    const text = printed()
    assert.ok(!text.includes('correct'), text)
    assert.ok(!text.includes(Buffer.from(CANARY).toString('base64').slice(0, 8)), text)
    assert.ok(!text.includes(Buffer.from(CANARY).toString('hex').slice(0, 8)), text)
  })
}

test('a secret prints as the number of its bytes', () => {
  assert.equal(String(SecretValue.fromText('é')), '‹2 bytes›')
  assert.equal(inspect({ a: secret }), '{ a: ‹28 bytes› }')
  assert.equal(JSON.stringify(secret), '"‹28 bytes›"')
})

test('reveal gives the bytes as they are', () => {
  const bytes = Uint8Array.of(0, 255, 195, 40)
  assert.deepEqual(new SecretValue(bytes).reveal(), bytes)
  assert.equal(new SecretValue(bytes).byteLength, 4)
})

test('fromText takes UTF-8', () => {
  assert.deepEqual([...SecretValue.fromText('é😀').reveal()], [...Buffer.from('é😀')])
})

test('two secrets are equal when their bytes are', () => {
  const bytes = fc.uint8Array({ maxLength: 12 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const expected = Buffer.compare(a, b) === 0
      assert.equal(new SecretValue(a).equals(new SecretValue(b)), expected)
      assert.ok(new SecretValue(a).equals(new SecretValue(Uint8Array.from(a))))
    }),
    { numRuns: 500 },
  )
})

const unequal: readonly (readonly [story: string, a: string, b: string])[] = [
  ['a prefix', 'aaaa', 'aaa'],
  ['what repeats itself', 'abab', 'ab'],
  ['nothing and a zero byte', '', '\u0000'],
  ['a last byte', 'abcd', 'abce'],
]

for (const [story, a, b] of unequal) {
  test(`secrets differ by ${story}, seen from either side`, () => {
    const [one, other] = [SecretValue.fromText(a), SecretValue.fromText(b)]
    assert.equal(one.equals(other), false)
    assert.equal(other.equals(one), false)
  })
}
