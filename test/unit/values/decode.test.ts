import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeMap, decodeValue, keysWithNullByte } from '../../../src/values/decode.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const rows: readonly (readonly [
  story: string,
  strategy: string | undefined,
  value: string,
  bytes: string | undefined,
])[] = [
  ['no strategy leaves the value', undefined, 'aGk=', 'aGk='],
  ['None leaves the value', 'None', 'aGk=', 'aGk='],
  ['Base64 decodes', 'Base64', 'aGk=', 'hi'],
  ['line ends count nowhere', 'Base64', 'a\nG\r\nk\n=\n', 'hi'],
  ['padding is required', 'Base64', 'aGk', undefined],
  ['a blank is no line end', 'Base64', 'aG k=', undefined],
  ['the other alphabet is refused', 'Base64', '_-8=', undefined],
  ['too much padding is refused', 'Base64', 'YWJj=', undefined],
  ['padding in the middle is refused', 'Base64', 'YQ==YQ==', undefined],
  ['three pads are refused', 'Base64', 'Y===', undefined],
  ['spare bits are ignored', 'Base64', 'aGl=', 'hi'],
  ['Auto leaves what is not base64', 'Auto', 'not base64!', 'not base64!'],
  ['an unknown strategy is refused', 'auto', 'aGk=', undefined],
]

for (const [story, strategy, value, bytes] of rows) {
  test(`decode: ${story}`, () => {
    const decoded = decodeValue(strategy, encode(value))
    assert.deepEqual(decoded.value, bytes === undefined ? undefined : encode(bytes))
  })
}

test('decode: Auto mangles plain text of the right shape, as upstream', () => {
  assert.deepEqual(decodeValue('Auto', encode('1234')).value, Uint8Array.from([0xd7, 0x6d, 0xf8]))
})

test('decode: undoes what encoders do', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const standard = Buffer.from(bytes).toString('base64')
      const url = standard.replaceAll('+', '-').replaceAll('/', '_')
      assert.deepEqual(decodeValue('Base64', encode(standard)).value, bytes)
      assert.deepEqual(decodeValue('Base64URL', encode(url)).value, bytes)
      assert.deepEqual(decodeValue('Auto', encode(url)).value, bytes)
      assert.deepEqual(decodeValue('None', bytes).value, bytes)
    }),
  )
})

test('decode: one failure counts all broken keys and shows none of their values', () => {
  const values = new Map([
    ['b', encode('hunter2-hunter2')],
    ['a', encode('correct horse')],
    ['c', encode('aGk=')],
  ])
  const { failure } = decodeMap('Base64', values)
  assert.equal(failure?.message, 'failure decoding key a and 1 more: not Base64')
})

test('null bytes: names the keys that hold one, in order', () => {
  const values = new Map([
    ['z', Uint8Array.of(1, 0)],
    ['a', Uint8Array.of(0)],
    ['m', Uint8Array.of(1)],
  ])
  assert.deepEqual(keysWithNullByte(values), ['a', 'z'])
})
