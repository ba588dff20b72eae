import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Batch, createQueue } from '../../../../src/sync/controller/queue.ts'
import { type Verdict, WHOLE } from '../../../../src/sync/controller/source.ts'

const LIMITS = { batchesMax: 4, retriesMax: 1 }
const DONE: Verdict = { outcome: 'done', againInMs: undefined }
const FAILED: Verdict = { outcome: 'failed' }
const middle = (): number => 0.5

function item(batch: string, name: string): { readonly batch: string; readonly name: string } {
  return { batch, name }
}

function all(batch: Batch, verdict: Verdict): ReadonlyMap<string, Verdict> {
  return new Map([...batch.items.keys()].map((name) => [name, verdict]))
}

function taken(batch: Batch | undefined): Batch {
  assert.ok(batch, 'nothing was due')
  return batch
}

test('what is added twice is run once, together with the others of its batch', () => {
  const queue = createQueue(LIMITS, middle)
  for (const name of ['a', 'b', 'a']) queue.add(item('x', name), 'changed', 0)
  queue.add(item('y', 'c'), 'changed', 5)
  assert.deepEqual([...taken(queue.take(0)).items.keys()], ['a', 'b'])
  assert.equal(queue.take(4), undefined)
  assert.deepEqual([...taken(queue.take(5)).items.keys()], ['c'])
})

test('a batch runs once at a time; what comes meanwhile is run after it', () => {
  const queue = createQueue(LIMITS, middle)
  queue.add(item('x', 'a'), 'changed', 0)
  const first = taken(queue.take(0))
  queue.add(item('x', 'a'), 'forced', 1)
  queue.add(item('x', 'b'), 'changed', 1)
  assert.equal(queue.take(1), undefined)
  assert.equal(queue.nextDueMs(), undefined, 'nothing that could be taken')
  queue.settle(first, all(first, DONE), 2)
  const second = taken(queue.take(2))
  assert.deepEqual(
    [...second.items],
    [
      ['a', 'forced'],
      ['b', 'changed'],
    ],
  )
})

test('what failed waits 1 s doubling to 7 min, and a success forgets it (R96)', () => {
  const queue = createQueue(LIMITS, middle)
  queue.add(item('x', 'a'), 'changed', 0)
  let nowMs = 0
  const delays: number[] = []
  for (let failures = 0; failures < 11; failures++) {
    const batch = taken(queue.take(nowMs))
    assert.equal(batch.isRetry, failures > 0)
    queue.settle(batch, all(batch, FAILED), nowMs)
    const nextMs = queue.nextDueMs() ?? 0
    delays.push((nextMs - nowMs) / 1000)
    nowMs = nextMs
  }
  assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 420, 420])
  const batch = taken(queue.take(nowMs))
  queue.settle(batch, all(batch, { outcome: 'done', againInMs: 10 }), nowMs)
  assert.equal(queue.nextDueMs(), nowMs + 10)
  assert.equal(taken(queue.take(nowMs + 10)).isRetry, false)
})

test('the back-off differs by a tenth at most', () => {
  for (const [random, delayMs] of [
    [0, 900],
    [0.999_999, 1099.999_8],
  ] as const) {
    const queue = createQueue(LIMITS, () => random)
    queue.add(item('x', 'a'), 'changed', 0)
    const batch = taken(queue.take(0))
    queue.settle(batch, new Map(), 0)
    assert.ok(Math.abs((queue.nextDueMs() ?? 0) - delayMs) < 0.001)
  }
})

test('an edit does not wait for the back-off', () => {
  const queue = createQueue(LIMITS, middle)
  queue.add(item('x', 'a'), 'changed', 0)
  const batch = taken(queue.take(0))
  queue.settle(batch, all(batch, FAILED), 0)
  queue.add(item('x', 'a'), 'changed', 1)
  assert.equal(queue.nextDueMs(), 1)
})

test('stores that hang hold a part of the lanes and no more', () => {
  const queue = createQueue(LIMITS, middle)
  for (const batch of ['bad1', 'bad2', 'bad3']) queue.add(item(batch, 'a'), 'changed', 0)
  for (let turn = 0; turn < 3; turn++) {
    const batch = taken(queue.take(0))
    queue.settle(batch, all(batch, FAILED), 0)
  }
  const hanging = taken(queue.take(1_000))
  assert.equal(hanging.isRetry, true)
  assert.equal(queue.take(1_000), undefined, 'one retry at a time')
  for (const batch of ['good1', 'good2', 'good3', 'good4'])
    queue.add(item(batch, 'a'), 'changed', 0)
  for (let turn = 0; turn < 3; turn++) assert.equal(taken(queue.take(1_000)).isRetry, false)
  assert.equal(queue.take(1_000), undefined, 'four at once in all')
})

test('healthy items of a batch do not run with those that failed', () => {
  const queue = createQueue(LIMITS, middle)
  queue.add(item('x', 'bad'), 'changed', 0)
  queue.add(item('x', 'good'), 'changed', 0)
  const first = taken(queue.take(0))
  const verdicts = new Map<string, Verdict>([
    ['bad', FAILED],
    ['good', { outcome: 'done', againInMs: 1_000 }],
  ])
  queue.settle(first, verdicts, 0)
  const names = [taken(queue.take(1_000))].map(({ items }) => [...items.keys()])
  assert.equal(names[0]?.length, 1)
})

test('what is forgotten is run no more, not even after its run', () => {
  const queue = createQueue(LIMITS, middle)
  queue.add(item('x', 'a'), 'changed', 0)
  queue.add(item('x', WHOLE), 'changed', 0)
  assert.equal(queue.size(), 1)
  const batch = taken(queue.take(0))
  queue.forget(item('x', 'a'))
  queue.forget(item('x', WHOLE))
  queue.settle(batch, all(batch, FAILED), 0)
  assert.equal(queue.size(), 0)
  assert.equal(queue.nextDueMs(), undefined)
})

test('property: nothing that is due starves, and no batch runs twice at once', () => {
  const op = fc.constantFrom<Step['op']>('add', 'take', 'settle')
  const steps = fc.array(fc.record({ op, batch: fc.nat(3), name: fc.nat(3) }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (history) => {
      const walk = startWalk()
      for (const step of history) walk.step(step)
      walk.finish()
    }),
    { numRuns: 200 },
  )
})

interface Step {
  readonly op: 'add' | 'take' | 'settle'
  readonly batch: number
  readonly name: number
}

/** A queue, what runs of it, and what must be so at each step. */
function startWalk() {
  const queue = createQueue({ batchesMax: 2, retriesMax: 1 }, middle)
  const running: Batch[] = []
  let nowMs = 0
  const settle = (batch: Batch | undefined, verdict: Verdict): void => {
    if (batch === undefined) return
    running.splice(running.indexOf(batch), 1)
    queue.settle(batch, all(batch, verdict), nowMs)
  }
  const take = (): Batch | undefined => {
    const next = queue.take(nowMs)
    if (next === undefined) return undefined
    assert.ok(running.every((other) => other.batch !== next.batch))
    running.push(next)
    assert.ok(running.length <= 2)
    return next
  }
  const steps: Readonly<Record<Step['op'], (step: Step) => void>> = {
    add: ({ batch, name }) => queue.add(item(`b${batch}`, `n${name}`), 'changed', nowMs),
    take,
    settle: ({ name }) => settle(running[0], name % 2 === 0 ? DONE : FAILED),
  }
  return {
    step: (step: Step): void => {
      nowMs += 500
      steps[step.op](step)
    },
    finish: (): void => {
      for (const batch of [...running]) settle(batch, DONE)
      for (let turn = 0; turn < 40; turn++) {
        nowMs += 1_000_000
        settle(take(), DONE)
      }
      assert.equal(queue.depth(nowMs), 0)
    },
  }
}
