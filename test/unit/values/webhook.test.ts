import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { parityOf } from '../../../src/model/parity.ts'
import type { Payload } from '../../../src/model/provider.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { extractMap, selectValue } from '../../../src/values/payload.ts'
import { selectJson } from '../../../src/values/webhook.ts'

interface Row {
  readonly path: string
  /** The document of the first line when absent. */
  readonly json?: string
  /** What the path selects, as JSON; null where it fails. */
  readonly out: string | null
  /** What data[] stores; null where nothing can be stored. */
  readonly one: string | null
}

// Every answer was given by github.com/PaesslerAG/jsonpath v0.1.1 with gval v1.2.4 on Go 1.26.
const [head = '', ...lines] = readFileSync('test/unit/values/webhook-jsonpath.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
const { document } = JSON.parse(head) as { readonly document: string }
const rows = lines.map((line) => JSON.parse(line) as Row)

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)
const ref = { key: 'k', property: 'not.looked.up', metadata: false }

function payload(dialect: Payload['dialect'], text: string): Payload {
  return {
    ...{ dialect, text: SecretValue.fromText(text) },
    ...{ binary: undefined, data: undefined, metadata: undefined },
  }
}

/** Upstream walks maps in random order, so lists of their members are compared as sets. */
function comparable(json: string | null): unknown {
  const value: unknown = json === null ? null : JSON.parse(json)
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value
}

test('jsonPath: what a path selects is what the Go library selects', () => {
  const wrong: unknown[] = []
  for (const { path, json = document, out } of rows) {
    const selected = selectJson(bytes(json), path)
    const ours = selected.failure === undefined ? textOf(selected.value) : null
    if (JSON.stringify(comparable(ours)) !== JSON.stringify(comparable(out))) {
      wrong.push({ path, json: json === document ? undefined : json, ours, out })
    }
  }
  assert.deepEqual(wrong, [])
  assert.ok(rows.length > 300)
})

test('jsonPath: data[] stores the first element, without decimals', () => {
  const isRandom = (path: string): boolean => /\.\.|\*/.test(path)
  const wrong: unknown[] = []
  for (const { path, json = document, one } of rows) {
    const selected = selectJson(bytes(json), path)
    const stored =
      selected.failure === undefined
        ? selectValue(payload('webhook-json', textOf(selected.value)), ref)
        : selected
    const ours = stored.failure === undefined ? textOf(stored.value) : null
    if (!isRandom(path) && ours !== one) wrong.push({ path, json, ours, one })
  }
  assert.deepEqual(wrong, [])
})

test('webhook: without a path the body is stored as it came, whatever the property', () => {
  for (const body of ['plain', '{"a": 1}', '']) {
    assert.equal(textOf(selectValue(payload('webhook', body), ref).value), body)
  }
})

const extracts: readonly {
  readonly story: string
  readonly body: string
  readonly data: Readonly<Record<string, string>> | undefined
}[] = [
  {
    story: 'an object',
    body: '{"a":"x","n":1.50,"big":12345678901234567890,"b":true,"z":null}',
    data: { a: 'x', n: '1.5', big: '12345678901234567000', b: 'true', z: '' },
  },
  {
    story: 'objects and lists inside stay JSON, escaped as Go does',
    body: '{"o":{"b":"<", "a":1},"l":[1, "x"]}',
    data: { o: '{"a":1,"b":"\\u003c"}', l: '[1,"x"]' },
  },
  { story: 'a text that holds an object', body: '"{\\"a\\":\\"x\\"}"', data: { a: 'x' } },
  { story: 'keys of JavaScript', body: '{"__proto__":"x"}', data: { ['__proto__']: 'x' } },
  { story: 'a list', body: '[1]', data: undefined },
  { story: 'null', body: 'null', data: undefined },
  { story: 'no JSON', body: 'plain', data: undefined },
  { story: 'a text that holds none', body: '"plain"', data: undefined },
]
for (const { story, body, data } of extracts) {
  test(`webhook: extract of ${story}`, () => {
    for (const dialect of ['webhook', 'webhook-json'] as const) {
      const found = extractMap(payload(dialect, body), ref, parityOf('eso'))
      if (data === undefined) assert.equal(found.failure?.code, 'NotJson')
      else {
        const ours = new Map([...(found.value ?? [])].map(([key, value]) => [key, textOf(value)]))
        assert.deepEqual(ours, new Map(Object.entries(data)))
      }
    }
  })
}

test('jsonPath: no path and no document makes it throw, loop or quote the document', () => {
  const signs = [
    '$',
    '@',
    '.',
    '..',
    '[',
    ']',
    '*',
    '?',
    '(',
    ')',
    ':',
    ',',
    '-1',
    '==',
    'a',
    '"a"',
    '0',
  ]
  const path = fc.array(fc.constantFrom(...signs), { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(path, fc.json(), (given, json) => {
      const { failure } = selectJson(bytes(json), given)
      assert.ok(failure === undefined || !failure.message.includes('\n'))
    }),
    { numRuns: 300 },
  )
  const nested = `${'['.repeat(1500)}`
  assert.equal(selectJson(bytes('{}'), nested).failure?.code, 'InvalidEntry')
})

test('jsonPath: a path that multiplies its matches ends', () => {
  const deep = `${'[0,'.repeat(200)}0${']'.repeat(200)}`
  assert.equal(selectJson(bytes(deep), '$..*..*..*..*').failure?.code, 'PropertyNotFound')
})
