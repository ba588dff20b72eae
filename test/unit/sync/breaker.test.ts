import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  admits,
  afterFailure,
  type Breaker,
  type Breakers,
  opened,
  remember,
} from '../../../src/sync/breaker.ts'

/** A try, by the seconds at which it began and failed. */
type Try = readonly [began: number, failed: number]

function after(tries: readonly Try[], start?: Breaker): Breaker | undefined {
  return tries.reduce<Breaker | undefined>(
    (breaker, [began, failed]) =>
      afterFailure(breaker, { beganMs: began * 1000, nowMs: failed * 1000, words: 'HTTP 503' }),
    start,
  )
}

interface Row {
  readonly story: string
  readonly tries: readonly Try[]
  /** Seconds at which somebody wants to call, and what the breaker says. */
  readonly asks: Readonly<Record<number, 'all' | 'one' | 'none'>>
}

const THREE: readonly Try[] = [
  [0, 0.1],
  [1.2, 1.3],
  [2.6, 2.7],
]

const rows: readonly Row[] = [
  { story: 'nothing has failed', tries: [], asks: { 0: 'all' } },
  { story: 'two tries are too few', tries: THREE.slice(0, 2), asks: { 2: 'all' } },
  {
    story: 'three tries over two seconds open it for half a minute',
    tries: THREE,
    asks: { 3: 'none', 32: 'none', 33: 'one' },
  },
  {
    story: 'a hundred calls that a restart cuts at once are one try',
    tries: Array.from({ length: 100 }, (): Try => [0, 0.5]),
    asks: { 1: 'all' },
  },
  {
    story: 'three tries within a second may be one restart',
    tries: [
      [0, 0.1],
      [0.2, 0.3],
      [0.4, 0.5],
    ],
    asks: { 1: 'all' },
  },
  {
    story: 'the probe that fails opens it for twice as long',
    tries: [...THREE, [33, 34]],
    asks: { 35: 'none', 93: 'none', 94: 'one' },
  },
  {
    story: 'what was under way when it opened does not prolong it',
    tries: [...THREE, [2.5, 12]],
    asks: { 32: 'none', 33: 'one' },
  },
]

for (const { story, tries, asks } of rows) {
  test(`breaker: ${story}`, () => {
    const breaker = after(tries)
    for (const [second, says] of Object.entries(asks)) {
      assert.equal(admits(breaker, Number(second) * 1000), says, `at ${second} s`)
    }
  })
}

test('breaker: however often a probe fails, the next one comes within five minutes', () => {
  let breaker = after(THREE)
  let nowMs = 2700
  for (let probe = 0; probe < 12; probe++) {
    const until = breaker?.openUntilMs ?? 0
    assert.ok(until - nowMs <= 300_000, `probe ${probe}`)
    nowMs = until
    breaker = afterFailure(breaker, { beganMs: nowMs, nowMs, words: '' })
  }
  assert.equal(breaker?.openForMs, 300_000)
})

test('breaker: it never opens before two seconds and three tries, whatever their order', () => {
  const time = fc.integer({ min: 0, max: 1999 })
  fc.assert(
    fc.property(fc.array(fc.tuple(time, time), { maxLength: 30 }), (times) => {
      const sorted = times
        .map(([a, b]): Try => [Math.min(a, b) / 1000, Math.max(a, b) / 1000])
        .sort((a, b) => a[1] - b[1])
      assert.equal(admits(after(sorted), 2000), 'all')
    }),
    { numRuns: 200 },
  )
})

test('breaker: a deadline without any answer opens it at once', () => {
  const first = after([[0, 30]])
  assert.ok(first !== undefined)
  const breaker = opened(first, { nowMs: 30_000, words: 'silent' })
  assert.equal(admits(breaker, 31_000), 'none')
  assert.equal(breaker.words, 'silent')
})

test('breaker: its state is plain data, so a controller can keep it', () => {
  const breaker = after(THREE)
  assert.deepEqual(JSON.parse(JSON.stringify(breaker)), breaker)
})

test('breaker: a store that nobody has asked for an hour is forgotten when another one fails', () => {
  const breakers: Breakers = new Map()
  const failAt = (id: string, nowMs: number): void => {
    const breaker = afterFailure(breakers.get(id), { beganMs: nowMs, nowMs, words: '' })
    remember(breakers, id, { breaker, nowMs })
  }
  const hourMs = 3_600_000
  for (let at = 0; at < 1_000; at++) failAt(`store ${at}`, at * hourMs)
  assert.deepEqual([...breakers.keys()], ['store 998', 'store 999'])
  failAt('store 998', 1_001 * hourMs)
  assert.deepEqual([...breakers.keys()], ['store 998', 'store 999'], 'known ones displace nobody')
})
