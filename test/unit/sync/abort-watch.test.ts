import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { watchersOf } from '../../../src/sync/abort-watch.ts'

test('thousands of calls that watch a signal are one listener, and each is told once', () => {
  const controller = new AbortController()
  const told: number[] = []
  for (let at = 0; at < 1000; at++) watchersOf(controller.signal).add(() => told.push(at))
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1)
  controller.abort()
  assert.deepEqual(told, [...Array(1000).keys()])
  assert.equal(watchersOf(controller.signal).size, 0)
})

test('whoever has left is not told, even by one that is told before', () => {
  const controller = new AbortController()
  const watchers = watchersOf(controller.signal)
  const told: string[] = []
  const early = (): void => void told.push('early')
  const late = (): void => void told.push('late')
  watchers.add(early)
  watchers.add(() => watchers.delete(late))
  watchers.add(late)
  watchers.delete(early)
  controller.abort()
  assert.deepEqual(told, [])
})

test('two signals have watchers of their own', () => {
  const [one, two] = [new AbortController(), new AbortController()]
  let count = 0
  watchersOf(one.signal).add(() => count++)
  two.abort()
  assert.equal(count, 0)
  one.abort()
  assert.equal(count, 1)
})
