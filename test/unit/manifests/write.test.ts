import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinStreams } from '../../../src/manifests/join.ts'
import { decodeStream, yamlToJson } from '../../../src/manifests/kubectl.ts'
import { readText } from '../../../src/manifests/read.ts'
import { writeJsonManifest, writeManifest } from '../../../src/manifests/write.ts'
import { canonicalJson, type JsonObject } from '../../../src/model/json.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function readBack(text: string): unknown {
  const read = yamlToJson(encode(text), true)
  assert.ok(read.outcome === 'read', text)
  return JSON.parse(read.json)
}

// What YAML 1.1, YAML 1.2 or go-yaml would take for something else if it were not quoted.
const TRICKY = [
  ...[
    'yes',
    'No',
    'y',
    'n',
    'on',
    'null',
    '~',
    '',
    ' ',
    'true',
    '010',
    '0o17',
    '0x1',
    '0b1',
    '1_000',
    '1e3',
    '.5',
  ],
  ...[
    '.inf',
    '1:30',
    '2020-01-01',
    '<<',
    '=',
    '- a',
    '? a',
    ': a',
    'a: b',
    'a #b',
    '#a',
    '*a',
    '&a',
    '!a',
    '%a',
  ],
  ...[
    '@a',
    '`a',
    '|',
    '>',
    '"',
    "'",
    '{',
    '[',
    ',',
    '---',
    '...',
    '--- a',
    'a\nb',
    'a\n\n',
    '\na',
    ' a',
    'a ',
    '\ta',
  ],
  ...[
    '\u0085',
    '\u2028',
    '\ufeff',
    '\u0000',
    '\u001b',
    'é',
    '😀',
    '\\',
    '{{ .x }}',
    'a\rb',
    '0888',
    '+1',
    '-',
    'x:',
  ],
]

test('a manifest reads back as it was, whatever its strings look like', () => {
  for (const text of TRICKY) {
    const object = { a: text, [text]: 1, list: [text, { [text]: text }] }
    assert.deepEqual(readBack(writeManifest(object)), object, JSON.stringify(text))
    assert.deepEqual(readBack(writeJsonManifest(object)), object, JSON.stringify(text))
  }
})

test('a lone surrogate is written as the character that kubectl would make of it', () => {
  assert.deepEqual(readBack(writeManifest({ a: '\ud800' })), { a: '\ufffd' })
})

test('random objects read back as they were, and equal ones give equal bytes', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom(...TRICKY),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1, maxKeys: 3 }),
      (made) => {
        const object = made as JsonObject
        const back = readBack(writeManifest(object)) as JsonObject
        assert.equal(canonicalJson(back), canonicalJson(object))
        const reversed = Object.fromEntries(Object.entries(object).reverse())
        assert.equal(writeManifest(reversed), writeManifest(object))
      },
    ),
    { numRuns: 300 },
  )
})

test('what the object is comes first, its other keys in byte order', () => {
  const object = {
    spec: 1,
    metadata: { name: 'a', annotations: {} },
    kind: 'A',
    apiVersion: 'v1',
    data: 'yes',
  }
  assert.equal(
    writeManifest(object),
    "---\napiVersion: v1\nkind: A\nmetadata:\n  annotations: {}\n  name: a\ndata: 'yes'\nspec: 1\n",
  )
})

test('integers beyond 2^53 keep their digits', () => {
  assert.match(writeManifest({ a: 9007199254740993n }), /^a: 9007199254740993$/m)
})

async function join(texts: readonly string[], own: readonly string[]): Promise<string> {
  const inputs = texts.map((text) => {
    const scanned = readText('in.yaml', encode(text))
    return { scanned, ranges: scanned.remaining(), chunks: [encode(text)] }
  })
  const parts: Uint8Array[] = []
  for await (const part of joinStreams(inputs, own)) parts.push(part)
  return Buffer.concat(parts).toString()
}

const OURS = 'apiVersion: external-secrets.io/v1\nkind: A\n'
const joints: readonly {
  readonly story: string
  readonly texts: readonly string[]
  readonly own: readonly string[]
  readonly is: string
}[] = [
  {
    story: 'a separator between files',
    texts: ['a: 1\n', 'b: 1\n'],
    own: [],
    is: 'a: 1\n---\nb: 1\n',
  },
  {
    story: 'none where the file brings its own',
    texts: ['a: 1\n', '---\nb: 1\n'],
    own: [],
    is: 'a: 1\n---\nb: 1\n',
  },
  {
    story: 'a line break where the last is missing',
    texts: ['a: 1', 'b: 1'],
    own: [],
    is: 'a: 1\n---\nb: 1',
  },
  { story: 'nothing for an empty file', texts: ['', 'b: 1\n'], own: [], is: 'b: 1\n' },
  {
    story: 'nothing of a file that is all ours',
    texts: [OURS, 'b: 1\n'],
    own: ['---\nc: 1\n'],
    is: 'b: 1\n---\nc: 1\n',
  },
  {
    story: 'the second document leads when the first is taken',
    texts: [`${OURS}---\nb: 1\n`],
    own: [],
    is: '---\nb: 1\n',
  },
  { story: 'own documents alone', texts: [OURS], own: ['---\nc: 1\n'], is: '---\nc: 1\n' },
  {
    story: 'JSON objects in a row are put apart',
    texts: ['{"a":1} {"b":2}\n', 'c: 1\n'],
    own: [],
    is: '---\n{"a":1}\n---\n{"b":2}\n---\nc: 1\n',
  },
  {
    story: 'a single JSON object stays as it is',
    texts: ['{"a":1}\n'],
    own: ['---\nc: 1\n'],
    is: '{"a":1}\n---\nc: 1\n',
  },
]
for (const { story, texts, own, is } of joints) {
  test(`joining: ${story}`, async () => {
    const joined = await join(texts, own)
    assert.equal(joined, is)
    assert.equal(decodeStream(encode(joined)).reason, undefined)
  })
}

const list = (items: string): string => `{"kind":"List","items":[${items}]}`
const E = '{"apiVersion":"external-secrets.io/v1","kind":"E"}'
const cuts: readonly { readonly story: string; readonly text: string; readonly is: string }[] = [
  { story: 'the first item and its comma', text: list(`${E}, 1, {"a":1}`), is: list('1, {"a":1}') },
  {
    story: 'the last item and the comma before',
    text: list(`{"a":1} , ${E}`),
    is: list('{"a":1}'),
  },
  {
    story: 'a run in the middle',
    text: list(`{"a":1},${E},${E},{"b":1}`),
    is: list('{"a":1},{"b":1}'),
  },
  { story: 'a run at the end', text: list(`{"a":1},${E},${E}`), is: list('{"a":1}') },
  { story: 'both ends', text: list(`${E},{"a":1},${E}`), is: list('{"a":1}') },
  {
    story: 'a List in a List',
    text: list(`${list(`${E},{"a":1}`)},${list(E)},{"b":1}`),
    is: list(`${list('{"a":1}')},{"b":1}`),
  },
  { story: 'a List that is left empty', text: `x: 1\n---\n${list(E)}\n`, is: 'x: 1\n' },
  {
    story: 'an empty List of others',
    text: `{"kind":"List","items":[],"x":"external-secrets.io"}`,
    is: `{"kind":"List","items":[],"x":"external-secrets.io"}`,
  },
  {
    story: 'block items with comments and a block scalar',
    text: 'kind: List\nitems:\n# a\n- apiVersion: external-secrets.io/v1 # b\n  x: |\n    y\n\n# c\n- z: 1\n# d\n- apiVersion: external-secrets.io/v1\nend: 1\n',
    is: 'kind: List\nitems:\n# a\n# c\n- z: 1\n# d\nend: 1\n',
  },
  {
    story: 'indented items and CRLF',
    text: 'items:\r\n  - a: é\r\n  - apiVersion: external-secrets.io/v1\r\n    b:\r\n  - c: 1',
    is: 'items:\r\n  - a: é\r\n  - c: 1',
  },
]
for (const { story, text, is } of cuts) {
  test(`cutting a List: ${story}`, async () => {
    assert.equal(await join([text], []), is)
  })
}
