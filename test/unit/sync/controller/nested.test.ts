import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropFrom, putInto } from '../../../../src/sync/controller/nested.ts'

test('the last entry of an inner map takes it along', () => {
  const maps = new Map<string, Map<string, number>>()
  putInto(maps, 'a', ['x', 1])
  putInto(maps, 'a', ['y', 2])
  putInto(maps, '__proto__', ['x', 3])
  dropFrom(maps, 'a', 'x')
  assert.deepEqual([...maps.keys()], ['a', '__proto__'])
  dropFrom(maps, 'a', 'x')
  dropFrom(maps, 'nobody', 'x')
  assert.equal(maps.get('a')?.get('y'), 2)
  dropFrom(maps, 'a', 'y')
  dropFrom(maps, '__proto__', 'x')
  assert.equal(maps.size, 0)
})
