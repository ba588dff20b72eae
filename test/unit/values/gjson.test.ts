import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gjson } from '../../../src/values/gjson.ts'
import { cpuMs } from '../../cpu-time.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** `undefined` where nothing exists. */
function ask(json: string, path: string): string | undefined {
  const { exists, text } = gjson(encode(json), path)
  return exists ? decode(text) : undefined
}

const LIST = '{"a":[{"b":1},{"b":2,"c":"y"}]}'
const DOTS = '{"a.b":"lit","a":{"b":"nest"}}'

const rows: readonly (readonly [story: string, json: string, path: string, out?: string])[] = [
  ['a number loses its trailing zero', '{"a":1.50}', 'a', '1.5'],
  [
    'an integer beyond 2^53 keeps every digit',
    '{"a":12345678901234567890}',
    'a',
    '12345678901234567890',
  ],
  ['an exponent is written out', '{"a":1e3}', 'a', '1000'],
  ['out of range is infinite', '{"a":1e400}', 'a', '+Inf'],
  ['negative zero stays negative', '{"a":-0.0}', 'a', '-0'],
  ['null exists and is empty', '{"a":null}', 'a', ''],
  ['an object keeps its blanks', '{"a":{ "b" : 1}}', 'a', '{ "b" : 1}'],
  ['an index reaches into an array', LIST, 'a.1.b', '2'],
  ['a hash collects', LIST, 'a.#.b', '[1,2]'],
  ['a hash at the end counts', LIST, 'a.#', '2'],
  ['a query finds the first', LIST, 'a.#(b==2).c', 'y'],
  ['a query with a hash finds all', LIST, 'a.#(b>0)#.b', '[1,2]'],
  ['a path goes before a literal key', DOTS, 'a.b', 'nest'],
  ['a backslash makes a dot literal', DOTS, 'a\\.b', 'lit'],
  ['wildcards match keys', '{"foo1":"x"}', 'foo*', 'x'],
  [
    'an escaped wildcard stays one as soon as another is live',
    '{"a*b":"x","axb":"y"}',
    'a\\*?',
    'x',
  ],
  ['@this is the document', '[1]', '@this', '[1]'],
  ['modifiers chain', '[1,2,3]', '@reverse|0', '3'],
  [
    '@pretty sorts on demand',
    '{"b":1,"a":2}',
    '@pretty:{"sortKeys":true}',
    '{\n  "a": 2,\n  "b": 1\n}\n',
  ],
  [
    'of equal arrays at the edge of the width only the later one fits',
    '[[1,2],[1,2]]',
    '@pretty:{"width":8}',
    '[\n  [\n    1,\n    2\n  ],\n  [1, 2]\n]\n',
  ],
  ['an unknown modifier is a key', '{"@nope":1}', '@nope', '1'],
  ['a multipath makes an object', '{"a":1,"b":{"c":2}}', '{a,b.c}', '{"a":1,"c":2}'],
  ['a multipath takes names', '{"a":1}', '{"n":a}', '{"n":1}'],
  ['a literal needs no document', '{}', '!"x"', 'x'],
  ['two dots read lines', '{"a":1}\n{"a":2}', '..#.a', '[1,2]'],
  ['an index beyond 64 bits wraps around', '[7]', '18446744073709551616', '7'],
  ['of duplicate keys the first counts', '{"a":1,"a":2}', 'a', '1'],
  ['a document that never ends is read as far as it goes', '{"a":{"b":1}', 'a', '{"b":1}'],
  ['text is no document', 'plain', 'a'],
  ['a missing key does not exist', '{"a":1}', 'b'],
]

for (const [story, json, path, out] of rows) {
  test(`gjson: ${story}`, () => {
    assert.equal(ask(json, path), out)
  })
}

test('gjson: bytes that are not UTF-8 survive', () => {
  const json = Uint8Array.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])
  assert.deepEqual(gjson(json, 'a').text, Uint8Array.from([0xff, 0xfe]))
})

test('gjson: no document and no path throws', () => {
  const token = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      '(',
      ')',
      '"',
      '\\',
      ',',
      ':',
      '.',
      '|',
      '#',
      '@this',
      '@pretty',
      '!',
      '*',
    ],
    ...[
      '?',
      'a',
      '1',
      '-',
      'null',
      'true',
      ' ',
      '\n',
      '~',
      '=',
      '%',
      '@dig:a',
      '@group',
      '\u0000',
      'é',
    ],
  )
  const text = fc.array(token, { maxLength: 20 }).map((tokens) => tokens.join(''))
  fc.assert(
    fc.property(text, text, (json, path) => {
      const { exists, text: found } = gjson(encode(json), path)
      return exists || found.length === 0
    }),
    { numRuns: 2000 },
  )
})

test('gjson: every member of an object is found under its escaped key', () => {
  const key = fc.string({ minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.dictionary(key, fc.integer()), (object) => {
      for (const [name, value] of Object.entries(object)) {
        const path = name.replaceAll(/[^A-Za-z0-9]/g, (c) => `\\${c}`)
        // A first `@` or `!` cannot be confused: it is escaped. Lone surrogates have no JSON of their own.
        if (!/[*?\ud800-\udfff]/.test(name))
          assert.equal(ask(JSON.stringify(object), path), String(value))
      }
    }),
    { numRuns: 300 },
  )
})

const costly: readonly (readonly [story: string, json: string, path: string])[] = [
  [
    'a multipath that doubles sixty times',
    '[1]'.repeat(100),
    Array(60).fill('[@this,@this]').join('|'),
  ],
  ['quotes that double sixty times', '"\\"\\""', Array(60).fill('@tostr').join('|')],
  ['brackets without an end', '['.repeat(100_000), '@flatten:{"deep":true}'],
  ['brackets in the path', '[]', '['.repeat(4000)],
  ['a path longer than any property', '{"a":1}', 'a.'.repeat(5000)],
  ['stars that backtrack', `["${'a'.repeat(20_000)}"]`, `#(%"${'*a'.repeat(50)}b")`],
]

for (const [story, json, path] of costly) {
  test(`gjson: ${story} ends soon`, () => {
    const tookMs = cpuMs(() => ask(json, path))
    assert.ok(tookMs < 4000, `${tookMs} ms`)
  })
}
