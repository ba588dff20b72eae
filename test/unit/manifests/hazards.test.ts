import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readText } from '../../../src/manifests/read.ts'

// Inputs that parsers, kubectl, Argo CD and kustomize take for different things. What may be ours to any of them is read,
// or refused by name; it never passes in silence.

const API = 'apiVersion: external-secrets.io/v1\n'
const REST = 'kind: ExternalSecret\nmetadata: {name: a}\n'
const FOREIGN = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n'
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

function verdict(input: string | Uint8Array): string {
  const bytes = typeof input === 'string' ? encode(input) : input
  const { documents, findings } = readText('in.yaml', bytes)
  if (findings.length > 0) {
    return findings.map(({ rule, at }) => `${rule}:${at.line}`).join(' ')
  }
  return documents.length === 0 ? 'passes' : 'ours'
}

const BASE64 = Buffer.from('external-secrets.io/v1').toString('base64')

interface Row {
  readonly story: string
  readonly input: string | Uint8Array
  readonly is: string
}

const rows: readonly Row[] = [
  { story: 'plain', input: API + REST, is: 'ours' },
  { story: '\\x escape', input: `apiVersion: "external\\x2dsecrets.io/v1"\n${REST}`, is: 'ours' },
  { story: '\\u escape', input: `apiVersion: "external\\u002dsecrets.io/v1"\n${REST}`, is: 'ours' },
  {
    story: '\\U escape',
    input: `apiVersion: "\\U00000065xternal-secrets.io/v1"\n${REST}`,
    is: 'ours',
  },
  {
    story: 'line continuation',
    input: `apiVersion: "external-\\\n  secrets.io/v1"\n${REST}`,
    is: 'ours',
  },
  {
    story: 'CRLF continuation',
    input: `apiVersion: "external-\\\r\n  secrets.io/v1"\r\n${REST}`,
    is: 'ours',
  },
  {
    story: 'continuation at LS',
    input: `apiVersion: "external-\\\u2028 secrets.io/v1"\n${REST}`,
    is: 'yaml-ambiguous:1',
  },
  { story: '!!binary', input: `apiVersion: !!binary ${BASE64}\n${REST}`, is: 'ours' },
  {
    story: 'verbatim tag',
    input: `apiVersion: !<tag:yaml.org,2002:binary> ${BASE64}\n${REST}`,
    is: 'ours',
  },
  { story: 'tag with %', input: `apiVersion: !!bin%61ry ${BASE64}\n${REST}`, is: 'ours' },
  {
    story: '%TAG',
    input: `%TAG !e! tag:yaml.org,2002:\n---\napiVersion: !e!binary ${BASE64}\n${REST}`,
    is: 'yaml-syntax:2',
  },
  { story: 'UTF-16', input: Uint8Array.of(0xff, 0xfe, 0x61, 0), is: 'input-encoding:1' },
  {
    story: 'UTF-32',
    input: Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x61),
    is: 'input-encoding:1',
  },
  { story: 'NUL', input: `${FOREIGN}---\na: "\0"\n`, is: 'input-encoding:5' },
  { story: 'alias', input: `x: &v external-secrets.io/v1\napiVersion: *v\n${REST}`, is: 'ours' },
  { story: 'explicit key', input: `? apiVersion\n: external-secrets.io/v1\n${REST}`, is: 'ours' },
  {
    story: 'folded scalar',
    input: `apiVersion: >-\n  external-secrets.io/v1\n${REST}`,
    is: 'ours',
  },
  { story: 'quoted key', input: `"apiVersion": 'external-secrets.io/v1'\n${REST}`, is: 'ours' },
  {
    story: 'flow',
    input: '{apiVersion: external-secrets.io/v1, kind: ExternalSecret}\n',
    is: 'ours',
  },
  {
    story: 'item of a List',
    input: `apiVersion: v1\nkind: List\nitems:\n- ${(API + REST).replaceAll('\n', '\n  ').trimEnd()}\n`,
    is: 'ours',
  },
  { story: 'mentioned in a comment', input: `# external-secrets.io\n${FOREIGN}`, is: 'passes' },
  {
    story: 'mentioned in a value',
    input: `${FOREIGN}data: {a: external-secrets.io/v1}\n`,
    is: 'passes',
  },
  {
    story: 'merge key supplies apiVersion',
    input: `x: &m {apiVersion: external-secrets.io/v1}\n<<: *m\n${REST}`,
    is: 'yaml-ambiguous:2',
  },
  {
    story: 'apiVersion twice, ours last',
    input: `apiVersion: v1\n${API}${REST}`,
    is: 'yaml-duplicate-key:2',
  },
  {
    story: 'apiVersion twice, ours first',
    input: `${API}apiVersion: v1\n${REST}`,
    is: 'yaml-duplicate-key:2',
  },
  { story: 'byte order mark at the front', input: `\ufeff${API}${REST}`, is: 'ours' },
  {
    story: 'byte order mark before the second document',
    input: `${FOREIGN}---\n\ufeff${API}${REST}`,
    is: 'ours',
  },
  {
    story: '... and a second document',
    input: `${FOREIGN}...\n${API}${REST}`,
    is: 'yaml-ambiguous:5',
  },
  { story: 'CR as line break', input: `a: 1\r${API}${REST}`, is: 'yaml-ambiguous:1' },
  { story: 'NEL as line break', input: `a: 1\u0085${API}${REST}`, is: 'yaml-ambiguous:1' },
  { story: 'PS as line break', input: `a: 1\u2029${API}${REST}`, is: 'yaml-ambiguous:1' },
  {
    story: 'JSON objects glued behind a YAML document',
    input: `${FOREIGN}---\n{"a":1}{"apiVersion":"external-secrets.io/v1"}\n`,
    is: 'yaml-ambiguous:5',
  },
  { story: 'separator with a comment', input: `${FOREIGN}--- # c\n${API}${REST}`, is: 'ours' },
  { story: 'separator with a tab', input: `${FOREIGN}---\t\n${API}${REST}`, is: 'ours' },
  { story: 'CRLF', input: `${FOREIGN}---\n${API}${REST}`.replaceAll('\n', '\r\n'), is: 'ours' },
  {
    story: 'object on the separator line',
    input: `${FOREIGN}--- {apiVersion: external-secrets.io/v1}\n`,
    is: 'yaml-ambiguous:4',
  },
  {
    story: 'separator glued to a key',
    input: `${FOREIGN}---${API}${REST}`,
    is: 'yaml-ambiguous:4',
  },
  { story: 'four dashes', input: `${FOREIGN}----\n${API}${REST}`, is: 'yaml-ambiguous:4' },
  {
    story: '--- in a block scalar',
    input: `${API}${REST}spec:\n  a: |\n    ---\n    b\n`,
    is: 'ours',
  },
  {
    story: '--- at column 0 in a quoted scalar',
    input: `${API}${REST}x: 'a\n---\nb'\n`,
    is: 'yaml-syntax:4',
  },
  {
    story: 'a foreign object that looks ours inside a quote',
    input: `x: "\napiVersion: v1\nkind: A\n"\n${API}${REST}`,
    is: 'ours',
  },
  {
    story: 'our object that looks foreign: indented root',
    input: `  x: "\napiVersion: v1\nkind: A\n"\n  ${API}  kind: ExternalSecret\n`,
    is: 'ours',
  },
  {
    story: 'a sequence of objects',
    input: `- ${API}  kind: ExternalSecret\n`,
    is: 'yaml-syntax:1',
  },
  {
    story: 'tab as indent',
    input: `${API}kind: ExternalSecret\nspec:\n\ta: 1\n`,
    is: 'yaml-syntax:4',
  },
  {
    story: 'an anchor that ends in a colon to one parser',
    input: `? apiVersion\n: &x: external-secrets.io/v1\n${REST}`,
    is: 'yaml-ambiguous:1',
  },
  {
    story: 'a blank line behind a continuation',
    input: `apiVersion: "external-secrets.io\\\n\n  /v1"\n${REST}`,
    is: 'yaml-ambiguous:1',
  },
  { story: 'infinity', input: `${API}${REST}x: .inf\n`, is: 'yaml-syntax:4' },
  { story: 'null as key', input: `${API}${REST}? \n: 1\n`, is: 'yaml-syntax:4' },
  {
    story: 'keys that become the same text',
    input: `${API}${REST}x: {1: a, '1': b}\n`,
    is: 'yaml-duplicate-key:4',
  },
]
for (const { story, input, is } of rows) {
  test(`hazard: ${story} → ${is}`, () => {
    assert.equal(verdict(input), is)
  })
}

test('what stands twice deep inside of a foreign object is its own business', () => {
  assert.equal(verdict(`${FOREIGN}data: {a: external-secrets.io, a: b}\n"x": 1\n`), 'passes')
})

test('a broken document between good ones hides none of them', () => {
  const stream = `${API}kind: A\n---\n${API}kind: [\n---\n${API}kind: B\n`
  const { documents, findings } = readText('in.yaml', encode(stream))
  assert.deepEqual(
    documents.map(({ object }) => object.kind),
    ['A', 'B'],
  )
  assert.equal(findings.length, 1)
})

test('a broken document that cannot be ours is not judged', () => {
  assert.equal(verdict(`a: [\n---\n${API}${REST}`), 'ours')
})

test('no message repeats what a document says', () => {
  const secret = 'hunter2'
  const broken = [
    `"${secret}`,
    `*${secret}`,
    `!${secret}!x y`,
    `[${secret}`,
    `${secret}: [${secret}\n`,
  ]
  for (const text of broken) {
    const { findings } = readText('in.yaml', encode(`${API}x: ${text}`))
    assert.equal(findings.length, 1, text)
    assert.ok(!JSON.stringify(findings).includes(secret), text)
  }
})
