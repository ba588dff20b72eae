import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinStreams } from '../../../src/manifests/join.ts'
import { decodeStream, yamlToJson } from '../../../src/manifests/kubectl.ts'
import { LIMITS } from '../../../src/manifests/limits.ts'
import { readStream, readText, type Scanned } from '../../../src/manifests/read.ts'
import { foreign, jsonStream, ours, pieces, stream } from './streams.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const API = 'apiVersion: external-secrets.io/v1\n'

async function passed(scanned: Scanned, bytes: Uint8Array, own: readonly string[] = []) {
  const parts: Uint8Array[] = []
  const input = { scanned, ranges: scanned.remaining(), chunks: [bytes] }
  for await (const part of joinStreams([input], own)) parts.push(part)
  return Buffer.concat(parts).toString()
}

const view = (scanned: Scanned): unknown => ({
  documents: scanned.documents.map(({ object, at }) => [object, at]),
  findings: scanned.findings,
  count: scanned.documentCount,
  remaining: scanned.remaining(),
})

const isOurs = (json: string): boolean =>
  String(JSON.parse(json)?.apiVersion).split('/')[0] === 'external-secrets.io'

/** Objects as kubectl decodes them, Lists taken apart. */
function objectsOf(text: string): unknown[] {
  const { objects, reason } = decodeStream(encode(text))
  assert.equal(reason, undefined)
  const flatten = (object: { items?: [] }): unknown[] =>
    Array.isArray(object.items) ? object.items.flatMap(flatten) : [object]
  return objects.flatMap((json) => flatten(JSON.parse(json)))
}

test('what is read does not depend on how the stream comes in pieces', async () => {
  const cut = fc
    .oneof(stream, jsonStream)
    .chain(({ text }) => fc.tuple(fc.constant(text), pieces(text)))
  await fc.assert(
    fc.asyncProperty(cut, async ([text, chunks]) => {
      const whole = readText('in.yaml', encode(text))
      assert.deepEqual(view(await readStream({ file: 'in.yaml', chunks })), view(whole))
    }),
    { numRuns: 150 },
  )
})

test('every object of ours is found, and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(stream, jsonStream), ({ text, ours: expected }) => {
      const { documents, findings, foreign: others } = readText('in.yaml', encode(text))
      assert.deepEqual(findings, [])
      assert.equal(documents.length, expected)
      assert.deepEqual(others, [])
    }),
    { numRuns: 150 },
  )
})

test('to kubectl the output is the input without what was taken', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(stream, jsonStream), async ({ text }) => {
      const bytes = encode(text)
      const out = await passed(readText('in.yaml', bytes), bytes, ['---\n{"own":1}\n'])
      const kept = objectsOf(text).filter((object) => !isOurs(JSON.stringify(object)))
      assert.deepEqual(objectsOf(out), [...kept, { own: 1 }])
    }),
    { numRuns: 150 },
  )
})

test('what stays is made of the bytes of the input, in their order', () => {
  fc.assert(
    fc.property(fc.oneof(stream, jsonStream), ({ text }) => {
      const bytes = encode(text)
      let last = 0
      for (const { start, end } of readText('in.yaml', bytes).remaining()) {
        assert.ok(start >= last && end > start && end <= bytes.length)
        last = end
      }
    }),
    { numRuns: 100 },
  )
})

test('documents of others keep every byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.oneof(foreign, ours), foreign)), async (pairs) => {
      const parts = pairs.flat()
      const bytes = encode(parts.map(({ text }) => `---\n${text}`).join(''))
      const kept = parts.filter((part) => part.ours === 0).map(({ text }) => `---\n${text}`)
      assert.equal(await passed(readText('in.yaml', bytes), bytes), kept.join(''))
    }),
    { numRuns: 60 },
  )
})

test('a stream in which nothing is taken comes out as it went in', async () => {
  const text = '# head\n\n--- # a\r\na: 1\r\n---\n---\nb: [\n'
  const scanned = readText('in.yaml', encode(text))
  assert.equal(await passed(scanned, encode(text)), text)
})

const SEEDS = [
  `${API}kind: ExternalSecret\n`,
  'apiVersion: "external\\x2dsecrets.io/v1"\nkind: A\n',
  'a: 1\n---\n{"apiVersion": "external-secrets.io/v1", "items": [{}]}\n',
  'kind: List\nitems:\n- &a {apiVersion: external-secrets.io/v1}\n- *a\n',
  `%TAG ! tag:yaml.org,2002:\n---\n${API}`,
  'apiVersion: >-\n  external-secrets.io/v1\n? b\n: |+\n  c\n\n...\n',
]
const BITS = [
  '\n',
  '\r',
  ' ',
  '\t',
  ': ',
  '- ',
  '? ',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ',',
  '&a ',
  '*a',
]
const MORE = [
  '!!binary ',
  '!<x> ',
  '%',
  '\\x65',
  '\\\n',
  '<<: ',
  '|\n',
  '---\n',
  '...\n',
  '#',
  '\u0085',
  '\ufeff',
  'é',
  'external-secrets.io/v1',
]
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(120), fc.nat(3), fc.constantFrom(...BITS, ...MORE)), { maxLength: 6 }),
  )
  .map(([seed, edits]) =>
    edits.reduce((text, [at, gone, bit]) => text.slice(0, at) + bit + text.slice(at + gone), seed),
  )

test('reading never throws, and its documents can be asked for any place', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      const { documents, remaining } = readText('in.yaml', encode(text), { needles: ['a'] })
      remaining()
      for (const document of documents) {
        const { line, column } = document.locate(['metadata', 'labels', 0, 'x'])
        assert.ok(line >= 1 && column >= 1)
        assert.notEqual(document.line(line), undefined)
      }
    }),
    { numRuns: 1500 },
  )
})

test('nothing that kubectl takes for ours passes in silence', () => {
  let seen = 0
  fc.assert(
    fc.property(mutated, (text) => {
      const { objects } = decodeStream(encode(text))
      if (!objects.some(isOurs)) return
      seen++
      const { documents, findings } = readText('in.yaml', encode(text))
      assert.ok(documents.length > 0 || findings.length > 0, JSON.stringify(text))
    }),
    { numRuns: 1500 },
  )
  assert.ok(seen > 100, `only ${seen} inputs were ours`)
})

test('what is read is what kubectl reads', () => {
  fc.assert(
    fc.property(mutated, (text) => {
      const { documents, findings, documentCount } = readText('in.yaml', encode(text))
      const [first] = documents
      if (findings.length > 0 || first === undefined || documentCount !== 1) return
      const read = yamlToJson(encode(text), true)
      if (read.outcome === 'read' && !read.json.includes('"items"')) {
        assert.deepEqual(JSON.parse(JSON.stringify(first.object)), JSON.parse(read.json))
      }
    }),
    { numRuns: 800 },
  )
})

test('a place names the file, the line and the column of a value or of its key', () => {
  const text = `# c\n---\n${API}kind: ExternalSecret\nmetadata: {name: é, labels: {a/b: "x"}}\nspec:\n  data:\n  - secretKey: k\n    remoteRef:\n      key: é\n  empty:\n`
  const [document] = readText('a.yaml', encode(text)).documents
  assert.ok(document)
  const at = (path: readonly (string | number)[], isKey = false): string => {
    const { line, column } = document.locate(path, isKey)
    return `${line}:${column}`
  }
  assert.deepEqual(document.at, { file: 'a.yaml', line: 3, column: 1 })
  assert.equal(at(['kind']), '4:7')
  assert.equal(at(['kind'], true), '4:1')
  assert.equal(at(['metadata', 'labels', 'a/b']), '5:35')
  assert.equal(at(['spec', 'data', 0]), '8:5')
  assert.equal(at(['spec', 'data', 0, 'remoteRef', 'key']), '10:12')
  assert.equal(at(['spec', 'empty']), '11:3', 'an empty value is pointed at by its key')
  assert.equal(at(['spec', 'data', 0, 'remoteRef', 'property']), '10:7', 'the object that lacks it')
  assert.equal(at(['spec', 'data', 7]), '8:3', 'the list that lacks it')
  assert.equal(document.line(10), '      key: é')
  assert.equal(document.line(12), '')
  assert.equal(document.line(2), undefined)
})

test('a place is found through aliases, merge keys, Lists and CRLF', () => {
  const text =
    'items:\r\n- apiVersion: external-secrets.io/v1\r\n  kind: A\r\n  b: &b {c: 1}\r\n  d: *b\r\n  e:\r\n    <<: *b\r\n'
  const scanned = readText('a.yaml', encode(`kind: List\n${text}`))
  const [document] = scanned.documents
  assert.deepEqual(
    scanned.findings.map(({ rule }) => rule),
    ['yaml-ambiguous'],
  )
  assert.equal(document, undefined, 'a List with anchors cannot be taken apart')
  const [alone] = readText(
    'a.yaml',
    encode(text.replace('items:\r\n- ', '').replaceAll('\n  ', '\n')),
  ).documents
  assert.ok(alone)
  assert.deepEqual(alone.locate(['d', 'c']), { file: 'a.yaml', line: 3, column: 11 })
  assert.deepEqual(alone.locate(['e', 'c']), { file: 'a.yaml', line: 3, column: 11 })
  assert.equal(alone.line(3), 'b: &b {c: 1}')
})

test('the words of a caller select documents of others, which pass through all the same', () => {
  const text = `kind: A\nmetadata: {annotations: {argocd.argoproj.io/sync-wave: "1"}}\n---\nkind: B\n---\n${API}`
  const scanned = readText('a.yaml', encode(text), { needles: ['sync-wave'] })
  assert.deepEqual(
    scanned.foreign.map(({ object }) => object.kind),
    ['A'],
  )
  assert.equal(scanned.documents.length, 1)
  assert.equal(scanned.documentCount, 3)
  assert.deepEqual(scanned.remaining(), [{ start: 0, end: text.indexOf(`---\n${API}`) }])
})

test('a document of others that a caller asked for and that is broken is no finding', () => {
  const { findings, foreign: others } = readText('a.yaml', encode('sync-wave: [\n'), {
    needles: ['sync-wave'],
  })
  assert.deepEqual([findings, others], [[], []])
})

test('only what the caller takes is cut', () => {
  const text = `${API}kind: A\n---\n${API}kind: B\n`
  const scanned = readText('a.yaml', encode(text))
  assert.deepEqual(
    scanned.remaining(({ object }) => object.kind === 'A'),
    [{ start: text.indexOf('---'), end: text.length }],
  )
})

test('items of a typed List have its type', () => {
  const text = `${API}kind: ExternalSecretList\nitems:\n- metadata: {name: a}\n`
  const [document] = readText('a.yaml', encode(text)).documents
  assert.equal(document?.object.kind, 'ExternalSecret')
  assert.equal(document?.object.apiVersion, 'external-secrets.io/v1')
})

const limits: readonly {
  readonly story: string
  readonly text: string
  readonly limit: Partial<typeof LIMITS>
  readonly rule: string
}[] = [
  { story: 'input', text: API, limit: { inputBytesMax: 10 }, rule: 'input-too-large' },
  { story: 'document', text: API, limit: { documentBytesMax: 10 }, rule: 'input-too-large' },
  {
    story: 'documents',
    text: 'a: 1\n---\nb: 1\n---\nc: 1\n',
    limit: { documentsMax: 2 },
    rule: 'input-too-large',
  },
  {
    story: 'documents of ours',
    text: `${API}---\n${API}`,
    limit: { selectedMax: 1 },
    rule: 'input-too-large',
  },
  { story: 'depth', text: `${API}a: [[[[]]]]\n`, limit: { depthMax: 4 }, rule: 'yaml-too-deep' },
  {
    story: 'depth through aliases',
    text: `${API}a: &a [[]]\nb: &b [*a]\nc: [*b]\n`,
    limit: { depthMax: 4 },
    rule: 'yaml-too-deep',
  },
  {
    story: 'aliases',
    text: `${API}a: &a 1\nb: [*a, *a, *a]\n`,
    limit: { aliasesMax: 2 },
    rule: 'yaml-alias-bomb',
  },
  {
    story: 'values',
    text: `${API}a: &a [1, 2, 3]\nb: [*a, *a, *a]\n`,
    limit: { nodesMax: 10 },
    rule: 'yaml-alias-bomb',
  },
]
for (const { story, text, limit, rule } of limits) {
  test(`limit of ${story}: ${rule}, and the input passes whole`, () => {
    const scanned = readText('a.yaml', encode(text), { limits: { ...LIMITS, ...limit } })
    assert.deepEqual(
      scanned.findings.map((finding) => finding.rule),
      [rule],
    )
    assert.deepEqual(readText('a.yaml', encode(text)).findings, [])
  })
}

test('the usual bomb of nine levels is refused', () => {
  const lines = [`${API}a0: &a0 x`]
  for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(9)}]`)
  const { findings } = readText('a.yaml', encode(lines.join('\n')))
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['yaml-alias-bomb'],
  )
})

test('keys that name members of every object stay data', () => {
  const [document] = readText(
    'a.yaml',
    encode(`${API}kind: A\n__proto__: {polluted: 1}\nconstructor: 2\n`),
  ).documents
  assert.ok(document)
  assert.ok(!('toString' in document.object))
  assert.deepEqual(Object.keys(document.object), ['apiVersion', 'kind', '__proto__', 'constructor'])
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})
