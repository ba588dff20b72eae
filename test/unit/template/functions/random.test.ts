import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTemplateEngine } from '../../../../src/template/engine.ts'
import { below, type Random } from '../../../../src/template/functions/random.ts'
import { patternEngine } from '../../../../src/values/pattern.ts'
import { rendered } from '../render.ts'
import { testRefusals, testRows } from './rows.ts'

// What is drawn follows from the injected bytes alone.

/** Bytes in turn, over and over. */
function turning(...bytes: readonly number[]): Random {
  let at = 0
  return (length) => Uint8Array.from({ length }, () => bytes[at++ % bytes.length] ?? 0)
}

function drawn(template: string, random: Random | undefined): string {
  const sources = { now: undefined, random, generateKey: undefined, patterns: patternEngine }
  const rendering = createTemplateEngine(sources).render({
    key: 'key',
    text: Buffer.from(template),
    data: new Map(),
    missingKey: 'error',
  })
  return rendering.outcome === 'failed'
    ? rendering.error.message
    : Buffer.from(rendering.value.reveal()).toString()
}

interface Row {
  readonly story: string
  readonly template: string
  readonly bytes: readonly number[]
  readonly expected: string
}

const rows: readonly Row[] = [
  {
    story: 'a byte is the place in the alphabet',
    template: '{{ randNumeric 4 }}',
    bytes: [0, 1, 2, 9],
    expected: '0129',
  },
  {
    story: 'a byte beyond the alphabet is drawn again, so that none is likelier',
    template: '{{ randNumeric 2 }}',
    bytes: [10, 15, 3, 12, 7],
    expected: '37',
  },
  {
    story: 'only as many bits count as the alphabet needs',
    template: '{{ randNumeric 2 }}',
    bytes: [0xf0, 0x25],
    expected: '05',
  },
  {
    story: 'letters begin with capitals',
    template: '{{ randAlpha 3 }}',
    bytes: [0, 25, 26],
    expected: 'AZa',
  },
  {
    story: 'digits come behind the letters',
    template: '{{ randAlphaNum 3 }}',
    bytes: [51, 52, 61],
    expected: 'z09',
  },
  {
    story: 'ASCII is what can be printed, the blank included',
    template: '[{{ randAscii 3 }}]',
    bytes: [0, 1, 94],
    expected: '[ !~]',
  },
  {
    story: 'randInt has its lower bound and not its upper',
    template: '{{ randInt 10 14 }} {{ randInt 10 14 }}',
    bytes: [0, 3],
    expected: '10 13',
  },
  {
    story: 'randInt goes below zero',
    template: '{{ randInt -5 -1 }}',
    bytes: [1],
    expected: '-4',
  },
  {
    story: 'randBytes are in base64',
    template: '{{ randBytes 3 }}',
    bytes: [0, 255, 97],
    expected: 'AP9h',
  },
  {
    story: 'a UUID has its version and variant',
    template: '{{ uuidv4 }}',
    bytes: [255],
    expected: 'ffffffff-ffff-4fff-bfff-ffffffffffff',
  },
  {
    story: 'shuffle moves whole letters',
    template: '{{ shuffle "aé日" }}',
    bytes: [0],
    expected: 'é日a',
  },
]

for (const { story, template, bytes, expected } of rows) {
  test(`random: ${story}`, () => {
    assert.equal(drawn(template, turning(...bytes)), expected)
  })
}

test('random: every number below a limit is drawn, and none at it', () => {
  for (const limit of [2n, 3n, 5n, 256n, 257n]) {
    let next = 0
    const random: Random = (length) => {
      const value = next++
      return Uint8Array.from({ length }, (_, i) => (value >> (8 * (length - 1 - i))) & 255)
    }
    const seen = new Set(Array.from({ length: Number(limit) }, () => below(random, limit)))
    assert.equal(BigInt(seen.size), limit)
    assert.ok([...seen].every((value) => value >= 0n && value < limit))
  }
})

test('random: of one possibility nothing is drawn', () => {
  const refuse: Random = () => assert.fail('nothing has to be drawn')
  assert.equal(below(refuse, 1n), 0n)
})

for (const template of ['randAlpha 1', 'randBytes 1', 'uuidv4', 'shuffle "ab"', 'bcrypt "a"']) {
  test(`random: where output must be repeatable, ${template} fails`, () => {
    const name = template.split(' ')[0]
    assert.equal(
      drawn(`{{ ${template} }}`, undefined),
      `line 1, column 3: error calling ${name}: no randomness here, where output must be repeatable`,
    )
  })
}

test('random: two drawings differ', () => {
  const [first, second] = rendered('{{ randAlphaNum 20 }} {{ randAlphaNum 20 }}').split(' ')
  assert.notEqual(first, second)
})

testRows('random', [
  { story: 'a length of zero gives nothing', template: '[{{ randAlpha 0 }}]', expected: '[]' },
  { story: 'a negative length gives nothing', template: '[{{ randAscii -1 }}]', expected: '[]' },
  { story: 'no bytes are no text', template: '[{{ randBytes 0 }}]', expected: '[]' },
  { story: 'shuffle of one letter is that letter', template: '{{ shuffle "é" }}', expected: 'é' },
])

testRefusals('random', [
  {
    story: 'randInt of an empty range',
    template: '{{ randInt 5 5 }}',
    message: 'error calling randInt: randInt needs a range that is not empty',
  },
  {
    story: 'randBytes of a negative length',
    template: '{{ randBytes -1 }}',
    message: 'error calling randBytes: a negative length',
  },
  {
    story: 'randAlpha of a text',
    template: '{{ randAlpha .s }}',
    message: 'wrong type for value; expected int; got string',
  },
  {
    story: 'uuidv4 with an argument',
    template: '{{ uuidv4 .s }}',
    message: 'wrong number of args for uuidv4: want 0 got 1',
  },
])
