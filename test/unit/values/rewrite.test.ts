import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { type ParityMode, parityOf } from '../../../src/model/parity.ts'
import { patternEngine } from '../../../src/values/pattern.ts'
import { rewriteKeys } from '../../../src/values/rewrite.ts'
import type { Transform } from '../../../src/values/transform.ts'

const shout: Transform = (template, key) =>
  template === 'broken'
    ? { outcome: 'failed', stage: 'parse', message: 'unclosed action' }
    : { outcome: 'rendered', text: key.toUpperCase() }

function rewrite(
  operations: readonly JsonObject[],
  values: Readonly<Record<string, string>>,
  mode: ParityMode = 'waybill',
) {
  const bytes = Object.entries(values).map(([key, value]): [string, Uint8Array] => [
    key,
    new TextEncoder().encode(value),
  ])
  const means = { parity: parityOf(mode), patterns: patternEngine, transform: shout }
  const { value, failure } = rewriteKeys(operations, new Map(bytes), means)
  if (failure !== undefined) return failure
  return Object.fromEntries([...value].map(([key, item]) => [key, new TextDecoder().decode(item)]))
}

const regexp = (source: string, target: string): JsonObject => ({ regexp: { source, target } })

test('rewrite: operations follow each other', () => {
  const operations = [regexp('^db-', ''), regexp('-', '_')]
  assert.deepEqual(rewrite(operations, { 'db-user-name': 'u', other: 'o' }), {
    user_name: 'u',
    other: 'o',
  })
})

test('rewrite: two keys that become one are an error that names both', () => {
  const failure = rewrite([regexp('[0-9]', '')], { a2: 'y', a1: 'x' })
  assert.deepEqual(failure, {
    code: 'KeyCollision',
    field: 'rewrite[0]',
    message: 'failed rewrite operation[0]: a1 and a2 both become a',
  })
})

test("rewrite: under ESO's parity the last of them wins", () => {
  assert.deepEqual(rewrite([regexp('[0-9]', '')], { a2: 'y', a1: 'x' }, 'eso'), { a: 'y' })
})

test('rewrite: a pattern that Go refuses fails at its field', () => {
  const failure = rewrite([{}, regexp('[', '')], { a: '1' })
  assert.ok('code' in failure && failure.code === 'InvalidPattern')
  assert.equal(failure.field, 'rewrite[1].regexp.source')
})

test('rewrite: a key beyond all length is not matched', () => {
  const failure = rewrite([regexp('a', 'b')], { ['a'.repeat(5000)]: '1' })
  assert.ok('code' in failure && failure.code === 'InvalidKey')
})

test('rewrite: transform renders every key', () => {
  assert.deepEqual(rewrite([{ transform: { template: 't' } }], { a: '1', b: '2' }), {
    A: '1',
    B: '2',
  })
})

test('rewrite: a broken transform says which operation', () => {
  const failure = rewrite([{ transform: { template: 'broken' } }], { a: '1' })
  assert.deepEqual(failure, {
    code: 'TemplateInvalid',
    field: 'rewrite[0].transform.template',
    message: 'failed rewrite operation[0]: unclosed action',
  })
})

test('merge: later keys win, and priority comes last in its own order', () => {
  const values = { a: '{"x":1,"y":"ya"}', b: '{"y":"yb"}', c: '{"x":3}' }
  const merge = { conflictPolicy: 'Ignore', priority: ['c', 'a'] }
  assert.deepEqual(rewrite([{ merge }], values), { x: '1', y: 'ya' })
})

test('merge: a conflict names the fields, sorted', () => {
  const failure = rewrite([{ merge: {} }], { a: '{"y":1,"x":1}', b: '{"x":2,"y":2}' })
  assert.ok('code' in failure && failure.code === 'Conflict')
  assert.match(failure.message ?? '', /conflicts: x, y$/)
})

test('merge: strategy JSON keeps the keys and adds one', () => {
  const merge = { strategy: 'JSON', into: 'all' }
  assert.deepEqual(rewrite([{ merge }], { a: '{"b":"<>", "a":1.0}' }), {
    a: '{"b":"<>", "a":1.0}',
    all: '{"a":1,"b":"<>"}',
  })
})

test('merge: strategy JSON needs a name', () => {
  const failure = rewrite([{ merge: { strategy: 'JSON' } }], { a: '{}' })
  assert.ok('code' in failure && failure.code === 'IntoMissing')
})

test('merge: a value that is no object fails and is not quoted', () => {
  const failure = rewrite([{ merge: {} }], { a: 'hunter2hunter2' })
  assert.ok('code' in failure && failure.code === 'NotJson')
  assert.ok(!(failure.message ?? '').includes('hunter2'))
})

test('merge: a priority that is not there is an error unless it may be missing', () => {
  const strict = rewrite([{ merge: { priority: ['z'] } }], { a: '{"x":1}' })
  assert.ok('code' in strict && strict.code === 'PriorityNotFound')
  const merge = { priority: ['z'], priorityPolicy: 'IgnoreNotFound' }
  assert.deepEqual(rewrite([{ merge }], { a: '{"x":1}' }), { x: '1' })
})

test('rewrite: of several operations in one element merge goes before regexp, regexp before transform', () => {
  const both = { ...regexp('a', 'r'), transform: { template: 't' } }
  assert.deepEqual(rewrite([both], { a: '1' }), { r: '1' })
  assert.deepEqual(rewrite([{ ...both, merge: {} }], { a: '{"x":1}' }), { x: '1' })
})
