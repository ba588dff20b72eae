import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Merge, mergeValues } from '../../../src/values/merge.ts'

const DEFAULTS: Merge = {
  into: '',
  strategy: 'Extract',
  conflictPolicy: 'Error',
  priority: [],
  priorityPolicy: 'Strict',
}

type Texts = Readonly<Record<string, string>>

function merged(merge: Partial<Merge>, values: Texts): Texts | string {
  const bytes = new Map(Object.entries(values).map(([key, text]) => [key, Buffer.from(text)]))
  const { value, failure } = mergeValues({ ...DEFAULTS, ...merge }, bytes)
  if (failure !== undefined) return `${failure.code} at ${failure.field}`
  return Object.fromEntries([...value].map(([key, text]) => [key, Buffer.from(text).toString()]))
}

interface Row {
  readonly story: string
  readonly merge?: Partial<Merge>
  readonly values: Texts
  readonly out: Texts | string
}

const rows: readonly Row[] = [
  {
    story: 'members of all objects become the keys',
    values: { a: '{"x":1}', b: '{"y":"z"}' },
    out: { x: '1', y: 'z' },
  },
  { story: 'of nothing comes nothing', values: {}, out: {} },
  { story: 'a null is an empty object', values: { a: 'null', b: '{"x":1}' }, out: { x: '1' } },
  { story: 'an empty object adds nothing', values: { a: '{}' }, out: {} },
  { story: 'a null member is an empty value', values: { a: '{"x":null}' }, out: { x: '' } },
  {
    story: 'numbers go through float64',
    values: { a: '{"n":1.50,"big":12345678901234567890}' },
    out: { n: '1.5', big: '12345678901234567000' },
  },
  {
    story: 'objects are written anew',
    values: { a: '{"o":{ "b":1, "a":2 }}' },
    out: { o: '{"a":2,"b":1}' },
  },
  { story: 'a text is no object', values: { a: 'x' }, out: 'NotJson at .merge' },
  { story: 'a list is no object', values: { a: '[{"x":1}]' }, out: 'NotJson at .merge' },
  { story: 'half an object is none', values: { a: '{"x":1' }, out: 'NotJson at .merge' },
  {
    story: 'a member that two objects have is a conflict',
    values: { a: '{"x":1}', b: '{"x":1}' },
    out: 'Conflict at .merge.conflictPolicy',
  },
  {
    story: 'a priority does not settle a conflict',
    merge: { priority: ['a'] },
    values: { a: '{"x":1}', b: '{"x":2}' },
    out: 'Conflict at .merge.conflictPolicy',
  },
  {
    story: 'ignored, the last key in byte order wins',
    merge: { conflictPolicy: 'Ignore' },
    values: { b: '{"x":2}', a: '{"x":1}', B: '{"x":0}' },
    out: { x: '2' },
  },
  {
    story: 'a priority comes behind all others',
    merge: { conflictPolicy: 'Ignore', priority: ['a'] },
    values: { a: '{"x":1}', b: '{"x":2}' },
    out: { x: '1' },
  },
  {
    story: 'of two priorities the later wins',
    merge: { conflictPolicy: 'Ignore', priority: ['b', 'a'] },
    values: { a: '{"x":1}', b: '{"x":2}', c: '{"x":3}' },
    out: { x: '1' },
  },
  {
    story: 'a priority without a key is an error',
    merge: { priority: ['z'] },
    values: { a: '{}' },
    out: 'PriorityNotFound at .merge.priority',
  },
  {
    story: 'unless it may be missing',
    merge: { priority: ['z'], priorityPolicy: 'IgnoreNotFound' },
    values: { a: '{"x":1}' },
    out: { x: '1' },
  },
  {
    story: 'a name of JavaScript is no key that is there',
    merge: { priority: ['constructor'] },
    values: { a: '{}' },
    out: 'PriorityNotFound at .merge.priority',
  },
  {
    story: 'strategy JSON keeps what went in',
    merge: { strategy: 'JSON', into: 'all' },
    values: { a: '{"x":1}', b: '{"y":"<"}' },
    out: { a: '{"x":1}', b: '{"y":"<"}', all: '{"x":1,"y":"<"}' },
  },
  {
    story: 'strategy JSON may write over a key that went in',
    merge: { strategy: 'JSON', into: 'a' },
    values: { a: '{"x":1}', b: '{"y":2}' },
    out: { a: '{"x":1,"y":2}', b: '{"y":2}' },
  },
  {
    story: 'strategy JSON needs a name',
    merge: { strategy: 'JSON' },
    values: { a: '{}' },
    out: 'IntoMissing at .merge.into',
  },
]

for (const { story, merge = {}, values, out } of rows) {
  test(`merge: ${story}`, () => {
    assert.deepEqual(merged(merge, values), out)
  })
}

test('merge: the order in which the values come changes nothing', () => {
  const objects = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.integer(), { maxKeys: 2 }),
  )
  fc.assert(
    fc.property(objects, fc.boolean(), (some, isIgnoring) => {
      const entries = Object.entries(some).map(([key, o]): [string, string] => [
        key,
        JSON.stringify(o),
      ])
      const merge = { conflictPolicy: isIgnoring ? 'Ignore' : 'Error' } as const
      const turned = Object.fromEntries([...entries].reverse())
      assert.deepEqual(merged(merge, turned), merged(merge, Object.fromEntries(entries)))
    }),
    { numRuns: 200 },
  )
})
