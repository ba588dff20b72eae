import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deadline, within } from '../../../src/sync/deadline.ts'

test('a deadline fires although nobody but us knows of its timer', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const signal = deadline(new AbortController().signal, 20)
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  collect()
  collect()
  // The timer of a signal does not keep the process alive.
  const awake = setTimeout(() => undefined, 5_000)
  t.after(() => clearTimeout(awake))
  await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
  assert.equal(signal.reason?.name, 'TimeoutError')
})

test('a deadline ends with its parent, and says why', () => {
  const parent = new AbortController()
  const signal = deadline(parent.signal, 60_000)
  parent.abort('SIGTERM')
  assert.equal(signal.reason, 'SIGTERM')
})

test('work with a signal of its own ends with its parent, and leaves nothing on it', async () => {
  const parent = new AbortController()
  let own: AbortSignal | undefined
  for (let at = 0; at < 100; at++) {
    await within(parent.signal, async (signal) => {
      own = signal
      signal.addEventListener('abort', () => undefined)
      assert.equal(getEventListeners(parent.signal, 'abort').length, 1)
    })
  }
  await assert.rejects(within(parent.signal, () => Promise.reject(new Error('no'))))
  assert.equal(getEventListeners(parent.signal, 'abort').length, 0)
  assert.equal(own?.aborted, false)
  const ending = within(parent.signal, async (signal) => {
    parent.abort('SIGTERM')
    return signal.reason
  })
  assert.equal(await ending, 'SIGTERM')
  assert.equal(await within(parent.signal, async (signal) => signal.reason), 'SIGTERM')
})
