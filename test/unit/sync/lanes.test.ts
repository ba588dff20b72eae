import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes } from '../../../src/sync/lanes.ts'

interface Job {
  readonly work: () => Promise<string>
  readonly finish: () => void
  readonly break: () => void
}

/** Jobs that end when they are told to, and a list of those that have begun. */
function jobs(count: number): { readonly all: readonly Job[]; readonly begun: number[] } {
  const begun: number[] = []
  const all = Array.from({ length: count }, (_, index): Job => {
    const { promise, resolve, reject } = deferred()
    return {
      work: () => {
        begun.push(index)
        return promise
      },
      finish: () => resolve(`done ${index}`),
      break: () => reject(new Error(`broken ${index}`)),
    }
  })
  return { all, begun }
}

function deferred() {
  let resolve: (value: string) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<string>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

/** Lets everything run that can. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('lanes: no more work begins than there are lanes', async () => {
  const lanes = createLanes(2)
  const { all, begun } = jobs(3)
  const results = all.map(({ work }) => lanes(work))
  await settle()
  assert.deepEqual(begun, [0, 1])
  for (const job of all) job.finish()
  assert.deepEqual(await Promise.all(results), ['done 0', 'done 1', 'done 2'])
})

test('lanes: who waits longest comes next, whichever lane is free', async () => {
  const lanes = createLanes(2)
  const { all, begun } = jobs(4)
  const results = all.map(({ work }) => lanes(work))
  await settle()
  all[1]?.finish()
  await settle()
  assert.deepEqual(begun, [0, 1, 2])
  all[0]?.finish()
  await settle()
  assert.deepEqual(begun, [0, 1, 2, 3])
  for (const job of all) job.finish()
  await Promise.all(results)
})

test('lanes: work that fails gives its lane back, and its error to who asked', async () => {
  const lanes = createLanes(1)
  const { all, begun } = jobs(2)
  const [first, second] = all.map(({ work }) => lanes(work))
  all[0]?.break()
  await assert.rejects(first ?? Promise.resolve(), /^Error: broken 0$/)
  await settle()
  assert.deepEqual(begun, [0, 1])
  all[1]?.finish()
  assert.equal(await second, 'done 1')
})

test('lanes: work that throws at once gives its lane back, too', async () => {
  const lanes = createLanes(1)
  const broken = lanes(() => {
    throw new Error('at once')
  })
  await assert.rejects(broken, /at once/)
  assert.equal(await lanes(async () => 'next'), 'next')
})

test('lanes: a lane that was handed on is not free for a third', async () => {
  const lanes = createLanes(1)
  const { all, begun } = jobs(3)
  const first = lanes(all[0]?.work ?? assert.fail)
  const second = lanes(all[1]?.work ?? assert.fail)
  all[0]?.finish()
  await first
  const third = lanes(all[2]?.work ?? assert.fail)
  await settle()
  assert.deepEqual(begun, [0, 1])
  for (const job of all) job.finish()
  await Promise.all([second, third])
})
