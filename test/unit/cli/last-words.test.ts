import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLastWords } from '../../../src/cli/last-words.ts'

test('words are said once for as long as they stay the same, and again when they come back', () => {
  const said = createLastWords()
  assert.equal(said.replace('a', ''), undefined)
  assert.equal(said.replace('a', 'down'), '')
  assert.equal(said.replace('a', 'down'), undefined)
  assert.equal(said.replace('b', 'down'), '')
  assert.equal(said.replace('a', 'still down'), 'down')
  assert.equal(said.replace('a', ''), 'still down')
  assert.equal(said.replace('a', 'down'), '')
})

test('of a subject that is no more nothing was said', () => {
  const said = createLastWords()
  said.replace('a', 'down')
  said.forget('a')
  assert.equal(said.replace('a', 'down'), '')
})
