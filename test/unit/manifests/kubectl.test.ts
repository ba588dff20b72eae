import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  decodeStream,
  readStringMap,
  splitStream,
  yamlToJson,
} from '../../../src/manifests/kubectl.ts'
import { runFile } from '../../vector-runner/run.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (text: string, isStrict = false): string => {
  const read = yamlToJson(bytes(text), isStrict)
  return read.outcome === 'read' ? read.json : `error ${read.reason}`
}

test('every answer of the real sigs.k8s.io/yaml and Kubernetes decoder in the vectors is ours', async () => {
  const { passed, failures } = await runFile('test/vectors/yaml.jsonl')
  assert.deepEqual(failures, [])
  const lines = readFileSync('test/vectors/yaml.jsonl', 'utf8').trim().split('\n')
  assert.equal(passed, lines.length)
})

// Each row was seen to be the answer of sigs.k8s.io/yaml 1.6.0.
const rows: readonly { readonly story: string; readonly text: string; readonly is: string }[] = [
  { story: 'a single quote doubled behind a break', text: "a: 'b\n  ''c'", is: `{"a":"b 'c"}` },
  { story: 'content behind a flow root is dropped', text: '[a]]', is: '["a"]' },
  { story: 'a key that is an empty list is dropped with its value', text: '[]: x', is: '[]' },
  { story: 'a less indented line ends the document', text: ' a: 1\nb: 2', is: '{"a":1}' },
  { story: 'a JSON-like key in block style ends it', text: '"a":1', is: '"a"' },
  { story: 'a lone CR breaks a line', text: 'a: 1\rb: 2', is: '{"a":1,"b":2}' },
  { story: 'a flow key must end on its line', text: '{a\n: 1}', is: 'error yaml' },
  { story: 'an escaped slash is unknown', text: 'a: "\\/"', is: 'error yaml' },
  {
    story: 'a pair of surrogate escapes is refused',
    text: 'a: "\\ud83d\\ude00"',
    is: 'error yaml',
  },
  { story: 'an escaped apostrophe is one', text: `a: "\\'"`, is: `{"a":"'"}` },
  { story: 'bytes of !!binary that are no UTF-8', text: 'a: !!binary /w==', is: '{"a":"\\ufffd"}' },
  { story: 'a tie of 32-bit digits', text: '156789.123456789: x', is: '{"156789.12":"x"}' },
  {
    story: 'an integer keeps its 64 bits',
    text: 'a: 9007199254740993',
    is: '{"a":9007199254740993}',
  },
  { story: 'minus zero is a float', text: 'a: -0.0', is: '{"a":-0}' },
  { story: 'minus zero is an integer', text: 'a: -0', is: '{"a":0}' },
  { story: 'a key beyond 63 bits', text: '9223372036854775808: x', is: 'error yaml' },
  { story: 'an anchor that holds itself', text: 'a: &x [*x]', is: 'error yaml' },
  { story: 'a merge of a list that is no list of maps', text: '<<: [[a]]', is: 'error yaml' },
  { story: 'a date with its tag', text: 'a: !!timestamp 2020-02-29', is: '{"a":"2020-02-29"}' },
  { story: 'a day that does not exist', text: 'a: !!timestamp 2021-02-29', is: 'error yaml' },
]
for (const { story, text, is } of rows) {
  test(`as kubectl reads it: ${story}`, () => {
    assert.equal(json(text), is)
  })
}

test('a merge key below an explicit key overrides it', () => {
  assert.equal(json('a: 2\n<<: {a: 1}'), '{"a":1}')
  assert.equal(json('a: 2\n<<: {a: 1}', true), 'error duplicate-key')
})

test('an infinity that a later key replaces is no error', () => {
  assert.equal(json('a: .inf'), 'error json')
  assert.equal(json('a: .inf\na: 1'), '{"a":1}')
})

test('nesting beyond what the stack carries is an error, not a crash', () => {
  assert.equal(json(`${'['.repeat(900)}${']'.repeat(900)}`).length, 1800)
  assert.equal(json(`${'['.repeat(20_000)}`), 'error yaml')
})

test('a document that nearly all stems from aliases is refused as go-yaml refuses it', () => {
  const levels = ['a: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 6; i++) {
    levels.push(`b${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(',')}]`)
  }
  assert.equal(json(levels.join('\n')), 'error yaml')
})

test('a string map takes scalars only', () => {
  assert.deepEqual(readStringMap(bytes('a: [1]')), { outcome: 'unreadable', reason: 'json' })
  assert.deepEqual(readStringMap(bytes('- a')), { outcome: 'unreadable', reason: 'json' })
  assert.deepEqual(readStringMap(bytes('a: b: c')), { outcome: 'unreadable', reason: 'yaml' })
})

test('a string map keeps keys that name members of every object', () => {
  const read = readStringMap(bytes('__proto__: 1\nconstructor: yes\n'))
  assert.ok(read.outcome === 'read')
  assert.deepEqual(
    [...read.entries],
    [
      ['__proto__', '1'],
      ['constructor', 'true'],
    ],
  )
})

test('the splitter cuts at column 0 only and drops the carriage return', () => {
  const { documents, isBroken } = splitStream(bytes('a: |\n  ---\r\n---\r\nb: 1\n'))
  assert.equal(isBroken, false)
  const texts = documents.map((document) => new TextDecoder().decode(document))
  assert.deepEqual(texts, ['a: |\n  ---\n', 'b: 1\n'])
})

test('more than one JSON object makes a stream JSON for good', () => {
  assert.deepEqual(decodeStream(bytes('{"a":1} b: 2')), {
    objects: ['{"a":1}', '{"b":2}'],
    reason: undefined,
  })
  assert.deepEqual(decodeStream(bytes('{"a":1}{"b":2} c: 3')), {
    objects: ['{"a":1}', '{"b":2}'],
    reason: 'json',
  })
})
