import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scan } from '../../../src/manifests/scan.ts'
import { YamlFault } from '../../../src/manifests/yaml/fault.ts'
import { parseText } from '../../../src/manifests/yaml/parser.ts'

// Twice the input, twice the steps: counted, not timed.

const LIMITS = { depthMax: 300, aliasesMax: 1000 }

/** A text that counts how often a character of it is asked for. */
class CountingText extends String {
  steps = 0
  override charCodeAt(index: number): number {
    this.steps++
    return super.charCodeAt(index)
  }
  override slice(start?: number, end?: number): string {
    this.steps += Math.max(0, (end ?? this.length) - (start ?? 0))
    return super.slice(start, end)
  }
}

function parseSteps(text: string): number {
  const counting = new CountingText(text)
  try {
    parseText(counting as unknown as string, LIMITS)
  } catch (error) {
    assert.ok(error instanceof YamlFault)
  }
  return counting.steps
}

const texts: readonly { readonly story: string; readonly make: (n: number) => string }[] = [
  { story: 'keys', make: (n) => Array.from({ length: n }, (_, i) => `k${i}: v\n`).join('') },
  { story: 'one long line', make: (n) => `a: ${'x'.repeat(n * 8)}` },
  { story: 'comments', make: (n) => `${'# c\n'.repeat(n)}a: 1` },
  { story: 'blank lines in a scalar', make: (n) => `a: 'x${'\n'.repeat(n)}y'` },
  { story: 'a flow of keys on one line', make: (n) => `{${'a: 1, '.repeat(n)}}` },
  { story: 'brackets that never close', make: (n) => '['.repeat(n) },
  { story: 'escapes', make: (n) => `"${'\\x41'.repeat(n)}"` },
  { story: 'question marks', make: (n) => `{${'? '.repeat(n)}` },
  { story: 'block lines', make: (n) => `a: |\n${'  x\n'.repeat(n)}` },
  { story: 'plain words over many lines', make: (n) => `a: ${'b\n  '.repeat(n)}` },
]
for (const { story, make } of texts) {
  test(`parsing is linear: ${story}`, () => {
    const once = parseSteps(make(2000))
    assert.ok(parseSteps(make(4000)) <= once * 2.3 + 1000, story)
    assert.ok(once <= make(2000).length * 40, `${once} steps`)
  })
}

/** Bytes that the scan hands on or copies, by what it selects. */
function selectedBytes(chunk: string, count: number): number {
  let bytes = 0
  const limits = { inputBytesMax: 2 ** 30, documentsMax: 2 ** 30, selectedMax: 2 ** 30 }
  const scan = new Scan({ needles: [], limits, onSelected: (raw) => (bytes += raw.bytes.length) })
  const piece = Buffer.from(chunk)
  for (let i = 0; i < count; i++) scan.push(piece)
  scan.finish()
  return bytes
}

test('a document is handed on once, however many needles it has and pieces it comes in', () => {
  const chunk = 'a: external-secrets.io "\\x65" !!binary x\n'.repeat(50)
  assert.equal(selectedBytes(chunk, 40), chunk.length * 40)
  assert.equal(selectedBytes(`---\n${chunk}`, 40), (chunk.length + 4) * 40)
})

test('separators alone, glued separators and bare exclamation marks select nothing', () => {
  assert.equal(selectedBytes('---\n', 5000), 0)
  assert.equal(selectedBytes('---x\n'.repeat(100), 200), 0)
  assert.equal(selectedBytes('!'.repeat(10_000), 20), 0)
})
