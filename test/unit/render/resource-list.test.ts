import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { load } from 'js-yaml'
import type { JsonObject } from '../../../src/model/json.ts'
import { type Edit, readResourceList } from '../../../src/render/resource-list.ts'

const NOTHING: Edit = { isTaken: () => false, added: [], results: [] }
const take =
  (...names: readonly string[]) =>
  (item: JsonObject): boolean =>
    names.includes(String((item.metadata as JsonObject).name))

function item(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}

const BLOCK = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: ConfigMap   # one
  metadata: {name: a}
  data: {x: 1.0, y: 0o17}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: b}
  data:
    text: |
      - not an item
      items: []

- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
functionConfig:
  kind: Waybill
  spec: {app: x}
`
const JSON_LIST =
  '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"kind":"A","metadata":{"name":"a"}}, {"kind":"B","metadata":{"name":"b"}}],"functionConfig":{"kind":"Waybill"}}'

interface Read {
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
  readonly functionConfig: unknown
  readonly results?: readonly unknown[]
}

function edited(text: string, edit: Partial<Edit>): Read {
  return load(readResourceList(text).edited({ ...NOTHING, ...edit })) as unknown as Read
}

const names = ({ items }: Read): readonly string[] => items.map(({ metadata }) => metadata.name)

test('nothing to do changes no byte', () => {
  for (const text of [BLOCK, JSON_LIST, BLOCK.replaceAll('\n', '\r\n')]) {
    assert.equal(readResourceList(text).edited(NOTHING), text)
  }
})

const rows: readonly {
  readonly story: string
  readonly text: string
  readonly edit: Partial<Edit>
  readonly names: readonly string[]
}[] = [
  { story: 'the first', text: BLOCK, edit: { isTaken: take('a') }, names: ['b', 'c'] },
  { story: 'the middle', text: BLOCK, edit: { isTaken: take('b') }, names: ['a', 'c'] },
  { story: 'the last', text: BLOCK, edit: { isTaken: take('c') }, names: ['a', 'b'] },
  { story: 'all', text: BLOCK, edit: { isTaken: () => true }, names: [] },
  {
    story: 'all, for another',
    text: BLOCK,
    edit: { isTaken: () => true, added: [item('n')] },
    names: ['n'],
  },
  {
    story: 'one, for two',
    text: BLOCK,
    edit: { isTaken: take('b'), added: [item('n'), item('o')] },
    names: ['a', 'c', 'n', 'o'],
  },
  { story: 'the first of JSON', text: JSON_LIST, edit: { isTaken: take('a') }, names: ['b'] },
  {
    story: 'all of JSON, for another',
    text: JSON_LIST,
    edit: { isTaken: () => true, added: [item('n')] },
    names: ['n'],
  },
  {
    story: 'none of an empty list',
    text: 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig: {kind: Waybill}\n',
    edit: { added: [item('n')] },
    names: ['n'],
  },
  {
    story: 'none of a list without items',
    text: 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {kind: Waybill}\n',
    edit: { added: [item('n')] },
    names: ['n'],
  },
  {
    story: 'the last of a list that ends with items',
    text: `${BLOCK.slice(0, BLOCK.indexOf('functionConfig'))}`.trimEnd(),
    edit: { isTaken: take('c'), added: [item('n')] },
    names: ['a', 'b', 'n'],
  },
]
for (const { story, text, edit, names: expected } of rows) {
  test(`items are taken and added: ${story}`, () => {
    const read = edited(text, edit)
    assert.deepEqual(names(read), expected)
    if (text.includes('functionConfig')) assert.ok(read.functionConfig)
  })
}

test('what stays keeps every byte', () => {
  const out = readResourceList(BLOCK).edited({ ...NOTHING, isTaken: take('b') })
  assert.ok(
    out.includes('  kind: ConfigMap   # one\n  metadata: {name: a}\n  data: {x: 1.0, y: 0o17}\n'),
  )
})

test('results are added at the end, in block style and in JSON', () => {
  const results = [{ message: 'a: "b"', severity: 'error' }]
  for (const text of [BLOCK, JSON_LIST]) {
    assert.deepEqual(JSON.parse(JSON.stringify(edited(text, { results }).results)), results)
  }
})

test('added items survive whatever text they hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const added = [{ ...item('n'), data: { text } }]
      const read = edited(BLOCK, { isTaken: take('a'), added }) as unknown as {
        items: { data?: { text: string } }[]
      }
      assert.equal(read.items.at(-1)?.data?.text, text)
    }),
    { numRuns: 200 },
  )
})

test('an anchor that leaves with its item does not break those that use it', () => {
  const text = BLOCK.replace('{x: 1.0, y: 0o17}', '&d {x: 1}').replace(
    '{name: c}',
    '{name: c}\n  data: *d',
  )
  const read = edited(text, { isTaken: take('a') }) as unknown as { items: { data?: object }[] }
  assert.deepEqual(JSON.parse(JSON.stringify(read.items[1]?.data)), { x: 1 })
})

test('a validator prints a list without items', () => {
  const { emptied } = readResourceList(BLOCK)
  assert.equal(emptied([]), 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n')
})

for (const text of ['', '{', '[]', 'kind: ResourceList', 'a: 1\n---\nb: 2', 'a: *b', '\u0000']) {
  test(`${JSON.stringify(text)} is no ResourceList`, () => {
    assert.throws(() => readResourceList(text), { name: 'RenderError' })
  })
}
