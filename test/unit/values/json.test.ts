import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  binaryOfText,
  fromBinary,
  runeAt,
  runeBefore,
  textOfBinary,
  toBinary,
} from '../../../src/values/binary.ts'
import {
  formatFixed,
  formatJsonFloat,
  formatV,
  parseGoFloat,
} from '../../../src/values/go-number.ts'
import { dataHash, encodeGoJson, formatSecretValue, printV } from '../../../src/values/go-print.ts'
import { goValueOf } from '../../../src/values/go-value.ts'
import { membersByKey, readJson } from '../../../src/values/json.ts'
import { isValidJson } from '../../../src/values/json-valid.ts'

test('json: numbers keep their text and values their blanks', () => {
  const json = readJson(' {"n": 1.50, "big":12345678901234567890, "o": { "z" : 1 } } ')
  assert.ok(json?.shape === 'object')
  assert.deepEqual(
    json.members.map(({ key, value }) => [key, value.raw]),
    [
      ['n', '1.50'],
      ['big', '12345678901234567890'],
      ['o', '{ "z" : 1 }'],
    ],
  )
})

test('json: of duplicate keys the last counts, and both are kept', () => {
  const json = readJson('{"a":1,"a":2}')
  assert.ok(json?.shape === 'object')
  assert.equal(json.members.length, 2)
  assert.equal(membersByKey(json.members).get('a')?.raw, '2')
})

test('json: keys that JavaScript has plans for are ordinary', () => {
  const json = readJson('{"__proto__":1,"constructor":2}')
  assert.ok(json?.shape === 'object')
  assert.deepEqual([...membersByKey(json.members).keys()], ['__proto__', 'constructor'])
})

const strings: readonly (readonly [story: string, raw: string, text: string])[] = [
  ['a pair of escapes is one character', '"\\ud83d\\ude00"', '😀'],
  ['a lone surrogate is replaced', '"\\ud800x"', '\ufffdx'],
  ['the second of two bad ones is read again', '"\\ud800\\ud83d\\ude00"', '\ufffd😀'],
  ['short escapes', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
]

for (const [story, raw, text] of strings) {
  test(`json string: ${story}`, () => {
    const json = readJson(raw)
    assert.ok(json?.shape === 'string')
    assert.equal(textOfBinary(json.text), text)
  })
}

test('json string: bytes that are not UTF-8 are replaced one by one', () => {
  const json = readJson('"\xff\xfe"')
  assert.ok(json?.shape === 'string')
  assert.equal(textOfBinary(json.text), '\ufffd\ufffd')
})

test('json: agrees with the platform on what is JSON', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '-0',
    '01',
    '1.',
    '1e5',
    'null',
    'tru',
    ' ',
    '\t',
    '\\u',
    '"\\u00e9"',
    '"\n"',
    '"',
  )
  const text = fc.oneof(
    fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join('')),
    fc.json(),
  )
  fc.assert(
    fc.property(text, (json) => {
      const binary = binaryOfText(json)
      assert.equal(isValidJson(binary), isJson(json))
      assert.equal(readJson(binary) !== undefined, isJson(json))
    }),
    { numRuns: 2000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('json: depth is refused, not crashed on', () => {
  assert.equal(readJson('['.repeat(100_000) + ']'.repeat(100_000)), undefined)
  assert.equal(isValidJson('['.repeat(100_000) + ']'.repeat(100_000)), true)
  assert.equal(readJson(`"${'['.repeat(5000)}"`)?.shape, 'string')
})

test('json: encoding what was read gives the same values', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = readJson(binaryOfText(JSON.stringify(value)))
      assert.ok(json !== undefined)
      for (const numbers of ['float64', 'text'] as const) {
        const go = goValueOf(json, numbers)
        assert.ok(go !== undefined)
        const text = textOfBinary(encodeGoJson(go, true) ?? '')
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)))
      }
    }),
    { numRuns: 500 },
  )
})

test('json: a number beyond float64 is refused as float64 and kept as text', () => {
  const json = readJson('1e400')
  assert.ok(json !== undefined)
  assert.equal(goValueOf(json, 'float64'), undefined)
  assert.deepEqual(goValueOf(json, 'text'), { go: 'json.Number', value: '1e400' })
})

const floats: readonly (readonly [value: number, fixed: string, v: string, json?: string])[] = [
  [0, '0', '0', '0'],
  [-0, '-0', '-0', '-0'],
  [1e6, '1000000', '1e+06', '1000000'],
  [999999, '999999', '999999', '999999'],
  [123456789.5, '123456789.5', '1.234567895e+08', '123456789.5'],
  [1e21, '1000000000000000000000', '1e+21', '1e+21'],
  [1e-5, '0.00001', '1e-05', '0.00001'],
  [1e-7, '0.0000001', '1e-07', '1e-7'],
  [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
  [Number.NaN, 'NaN', 'NaN'],
]

for (const [value, fixed, v, json] of floats) {
  test(`float: ${v} in its three layouts`, () => {
    assert.equal(formatFixed(value), fixed)
    assert.equal(formatV(value), v)
    assert.equal(formatJsonFloat(value), json)
  })
}

test('float: 32 bits need fewer digits', () => {
  assert.equal(formatV(Math.fround(0.1), 32), '0.1')
  assert.equal(formatFixed(Math.fround(16777216), 32), '16777216')
})

test('float: what is printed reads back as the same number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.equal(parseGoFloat(formatFixed(value)), value)
      assert.equal(parseGoFloat(formatV(value)), value)
    }),
  )
})

const numbers: readonly (readonly [text: string, value: number | undefined])[] = [
  ['1_000', 1000],
  ['1__0', undefined],
  ['_1', undefined],
  ['0x_1p4', 16],
  ['0x1p-1074', 5e-324],
  ['0x1p1024', Number.POSITIVE_INFINITY],
  ['0x.8p1', 1],
  ['0x1', undefined],
  ['-infinity', Number.NEGATIVE_INFINITY],
  ['+nan', undefined],
  ['1.', 1],
  ['.', undefined],
  ['', undefined],
  ['0b1', undefined],
]

for (const [text, value] of numbers) {
  test(`float: Go reads ${JSON.stringify(text)} as ${value ?? 'an error'}`, () => {
    assert.equal(parseGoFloat(text), value)
  })
}

test('print: maps are sorted by the bytes of their keys', () => {
  const json = readJson(binaryOfText('{"é":null,"z":[true,"x"],"Z":{"a":1.50}}'))
  assert.ok(json !== undefined)
  const go = goValueOf(json, 'text')
  assert.ok(go !== undefined)
  assert.equal(textOfBinary(printV(go)), 'map[Z:map[a:1.50] z:[true x] é:<nil>]')
})

test('secret value: containers are JSON with HTML escaped, null is empty', () => {
  const json = readJson('{"b":"<&>","a":[1.0,null]}')
  assert.ok(json !== undefined)
  const go = goValueOf(json, 'float64')
  assert.ok(go !== undefined)
  assert.equal(formatSecretValue(go), '{"a":[1,null],"b":"\\u003c\\u0026\\u003e"}')
  assert.equal(formatSecretValue({ go: 'nil' }), '')
  assert.equal(formatSecretValue({ go: '[]string', items: ['a', 'b'] }), 'a\nb')
  assert.equal(formatSecretValue({ go: 'int', value: 1n }), undefined)
})

test("data hash: equals ESO's, whatever the order of the keys", () => {
  const expected = '1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64'
  const foo: [string, Uint8Array] = ['foo', new TextEncoder().encode('value1')]
  const bar: [string, Uint8Array] = ['bar', new TextEncoder().encode('value2')]
  assert.equal(dataHash(new Map([foo, bar])), expected)
  assert.equal(dataHash(new Map([bar, foo])), expected)
  assert.equal(dataHash(new Map()), '74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b')
})

test('binary strings: bytes and text come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: 'grapheme' }), (bytes, text) => {
      assert.deepEqual(fromBinary(toBinary(bytes)), bytes)
      assert.equal(textOfBinary(binaryOfText(text)), text)
    }),
  )
})

test('binary strings: code points read alike from both ends of valid UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const binary = binaryOfText(text)
      const forward: number[] = []
      for (let at = 0; at < binary.length; at += runeAt(binary, at).size) {
        forward.push(runeAt(binary, at).code)
      }
      const backward: number[] = []
      for (let end = binary.length; end > 0; end -= runeBefore(binary, end).size) {
        backward.unshift(runeBefore(binary, end).code)
      }
      assert.deepEqual(forward, backward)
      assert.equal(String.fromCodePoint(...forward), text)
    }),
  )
})
