import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { RULES } from '../../../src/rules/list.ts'
import { judged } from './judged.ts'

for (const { id, bad, good } of RULES) {
  test(`${id}: its bad example is found`, () => {
    assert.ok(judged(bad).some(({ rule }) => rule === id))
  })

  test(`${id}: its bad example is about nothing worse`, () => {
    const others = judged(bad).filter(({ rule, severity }) => rule !== id && severity === 'error')
    // A kind that nobody knows, or a version, brings no further judgement with it.
    assert.deepEqual(others, [])
  })

  test(`${id}: its good example is clean`, () => {
    const errors = judged(good).filter(({ rule, severity }) => rule === id || severity === 'error')
    assert.deepEqual(errors, [])
  })
}

test('rules: each is a file of its own name', () => {
  for (const { id } of RULES) assert.ok(existsSync(`src/rules/${id}.ts`), id)
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length)
})

test('rules: every file that declares a rule is in the list', () => {
  const ids = new Set(RULES.map(({ id }) => id))
  for (const file of readdirSync('src/rules')) {
    const isRule = readFileSync(`src/rules/${file}`, 'utf8').includes(': Rule = {')
    assert.equal(isRule, ids.has(file.replace('.ts', '')), file)
  }
})
