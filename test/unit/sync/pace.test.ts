import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullJitterMs } from '../../../src/providers/retry.ts'
import type { Sign } from '../../../src/providers/turn.ts'
import { createPace, type Pace, type Place } from '../../../src/sync/pace.ts'
import { quotaOf, type SimulatedTime, simulatedTime } from './simulated-server.ts'

const { signal } = new AbortController()

function paceOf(time: SimulatedTime, limitMax = 32): Pace {
  return createPace({ limitMax, random: () => 0.5, sleep: time.sleep })
}

/** Takes so many places at once. */
function places(pace: Pace, count: number): Promise<readonly Place[]> {
  return Promise.all(Array.from({ length: count }, () => pace.enter(signal)))
}

interface Row {
  readonly story: string
  /** Signs of calls that were under way together, round after round. */
  readonly rounds: readonly (readonly Sign[])[]
  readonly limit: number
}

const many = (sign: Sign, count: number): readonly Sign[] =>
  Array.from({ length: count }, () => sign)

const rows: readonly Row[] = [
  { story: 'answers keep it wide', rounds: [many('answered', 32)], limit: 32 },
  { story: 'one throttled call halves it', rounds: [['throttled']], limit: 16 },
  { story: 'those of one round halve it once', rounds: [many('throttled', 32)], limit: 16 },
  {
    story: 'round after round it falls to one, and never below',
    rounds: many('throttled', 9).map((sign) => [sign]),
    limit: 1,
  },
  {
    story: 'a failure of the server narrows it as well',
    rounds: [['failed'], ['failed']],
    limit: 8,
  },
  {
    story: 'it widens by one for as many answers as it is wide',
    rounds: [['throttled'], many('answered', 16)],
    limit: 16,
  },
  {
    story: 'and so on',
    rounds: [['throttled'], many('answered', 16), many('answered', 3)],
    limit: 17,
  },
]

for (const { story, rounds, limit } of rows) {
  test(`pace: ${story}`, async () => {
    const pace = paceOf(simulatedTime())
    for (const signs of rounds) {
      const taken = await places(pace, signs.length)
      for (const [at, place] of taken.entries()) place.leave(signs[at])
    }
    assert.equal(pace.limit(), limit)
  })
}

test('pace: whoever does not get a place waits until one is free, first come, first served', async () => {
  const pace = paceOf(simulatedTime(), 1)
  const first = await pace.enter(signal)
  const order: string[] = []
  const second = pace.enter(signal).then((place) => {
    order.push('second')
    return place
  })
  const third = pace.enter(signal).then(() => order.push('third'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(order, [])
  first.leave('answered')
  ;(await second).leave('answered')
  await third
  assert.deepEqual(order, ['second', 'third'])
})

test('pace: who is aborted while waiting leaves the queue, and takes no place', async () => {
  const pace = paceOf(simulatedTime(), 1)
  const first = await pace.enter(signal)
  const controller = new AbortController()
  const given = pace.enter(controller.signal)
  controller.abort(new Error('stopped'))
  await assert.rejects(given, /stopped/)
  await assert.rejects(pace.enter(controller.signal), /stopped/)
  first.leave('answered')
  assert.ok(await pace.enter(signal))
})

test('pace: Retry-After holds back every call of the store, once per round', async () => {
  const time = simulatedTime()
  const pace = paceOf(time)
  const [one, other] = await places(pace, 2)
  one?.leave('throttled', 2000)
  other?.leave('throttled', 9000)
  await time.until(pace.enter(signal))
  assert.equal(time.nowMs(), 2000)
})

test('pace: a probe goes alone, and its answer opens the whole width', async () => {
  const pace = paceOf(simulatedTime())
  pace.narrow()
  const probe = await pace.enter(signal)
  let isIn = false
  const next = pace.enter(signal).then((place) => {
    isIn = true
    return place
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isIn, false)
  probe.leave('answered')
  await next
  assert.equal(pace.limit(), 32)
})

interface Played {
  readonly ms: number
  readonly calls: number
  readonly lost: number
}

const CALL_MS = 20
const REFS = 2000
const TRIES = 5

/** 2,000 reads of 80 lanes, as a provider makes them: up to five tries, full jitter between them. */
async function play(perSecond: number | undefined, retryAfterMs?: number): Promise<Played> {
  const time = simulatedTime()
  const admits = quotaOf(perSecond, time.nowMs)
  // Deterministic, and spread over the whole range.
  let seed = 1
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const pace = createPace({ limitMax: 32, random, sleep: time.sleep })
  let calls = 0
  let lost = 0
  const call = async (): Promise<boolean> => {
    const place = await pace.enter(signal)
    calls++
    const isAdmitted = admits()
    await time.sleep(CALL_MS)
    if (isAdmitted) place.leave('answered')
    else place.leave('throttled', retryAfterMs)
    return isAdmitted
  }
  const read = async (): Promise<void> => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (await call()) return
      if (attempt < TRIES) await time.sleep(retryAfterMs ?? fullJitterMs(attempt, random()))
    }
    lost++
  }
  const waiting = Array.from({ length: REFS }).values()
  const lane = async (): Promise<void> => {
    for (const _ of waiting) await read()
  }
  await time.until(Promise.all(Array.from({ length: 80 }, lane)))
  return { ms: time.nowMs(), calls, lost }
}

const UNTHROTTLED = 32 / (CALL_MS / 1000)

test('pace: a server that takes half of what we could ask: all done in 3 times the time, 1.5 calls each (G-8)', async () => {
  const free = await play(undefined)
  assert.equal(free.calls, REFS, 'without throttling each is one call')
  const half = await play(UNTHROTTLED / 2)
  assert.equal(half.lost, 0)
  assert.ok(half.ms <= 3 * free.ms, `${half.ms} ms against ${free.ms} ms`)
  assert.ok(half.calls <= 1.5 * REFS, `${half.calls} calls`)
})

test('pace: with Retry-After the same holds', async () => {
  const half = await play(UNTHROTTLED / 2, 100)
  const free = await play(undefined)
  assert.equal(half.lost, 0)
  assert.ok(half.ms <= 3 * free.ms, `${half.ms} ms against ${free.ms} ms`)
  assert.ok(half.calls <= 1.5 * REFS, `${half.calls} calls`)
})

test('pace: a quota far below us is followed, and no read is lost', async () => {
  const slow = await play(100)
  assert.equal(slow.lost, 0)
  assert.ok(slow.ms <= 3 * (REFS / 100) * 1000, `${slow.ms} ms`)
})
