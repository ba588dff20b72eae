import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIFE } from './life.ts'
import { LOOKUP } from './lookup.ts'
import { SECRET } from './secret.ts'
import { VALUES } from './values.ts'
import { walk } from './walk.ts'

walk([...LOOKUP, ...LIFE])

test('R1 to R106: none is missing, and none is there twice', () => {
  const numbers = Array.from({ length: 106 }, (_, at) => at + 1)
  const rules = [...LOOKUP, ...VALUES, ...SECRET, ...LIFE]
  assert.deepEqual(
    rules.map(({ rule }) => rule),
    numbers,
  )
})
