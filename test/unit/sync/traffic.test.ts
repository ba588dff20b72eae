import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HttpClient, HttpFailure, type HttpFailureCode } from '../../../src/model/http.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import type { Breakers } from '../../../src/sync/breaker.ts'
import { createTraffic, type StoreTraffic } from '../../../src/sync/traffic.ts'

// What a store's requests say about the store: `answer` is a status, or why there was none.

type Reply = number | HttpFailureCode | readonly [status: number, retryAfter: string]

interface World {
  readonly http: HttpClient
  readonly traffic: StoreTraffic
  readonly breakers: Breakers
  readonly slept: number[]
  readonly pass: (ms: number) => void
  sent: number
}

function worldOf(replies: readonly Reply[], breakers: Breakers = new Map()): World {
  let now = 0
  const slept: number[] = []
  const waiting = replies.values()
  const store = decodeStore({
    kind: 'SecretStore',
    metadata: { name: 'st', namespace: 'shop' },
    spec: { provider: { vault: {} } },
  })
  const { signal } = new AbortController()
  const sleep = async (delayMs: number): Promise<void> => {
    slept.push(delayMs)
  }
  const traffic = createTraffic({ breakers, nowMs: () => now, random: () => 0.5, sleep, signal })
  const world: World = {
    ...{ breakers, slept, traffic: traffic(store), sent: 0 },
    pass: (ms) => {
      now += ms
    },
    http: {
      request: async () => {
        world.sent++
        const reply = waiting.next().value ?? 200
        if (typeof reply === 'string') throw new HttpFailure(reply, 'vault:8200 said nothing')
        const [status, retryAfter] = typeof reply === 'number' ? [reply, undefined] : reply
        const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
        return { status, headers: headers as Record<string, string>, body: new Uint8Array() }
      },
      close: () => undefined,
    },
  }
  return world
}

/** The status, the code of the failure, or `given up`. */
async function ask({ traffic, http }: World): Promise<number | string> {
  const { signal } = new AbortController()
  const request = {
    method: 'GET',
    url: 'https://vault:8200',
    headers: {},
    body: undefined,
  } as const
  try {
    const sent = traffic
      .throttled(http)
      .request({ ...request, tls: undefined, timeoutMs: 1, signal })
    return (await sent).status
  } catch (error) {
    if (error instanceof HttpFailure) return error.code
    assert.ok(error instanceof ProviderError)
    return 'given up'
  }
}

interface Row {
  readonly reply: Reply
  /** Calls that may be under way afterwards. */
  readonly limit: 16 | 32
  /** Whether it counts towards giving up. */
  readonly counts: boolean
}

const rows: readonly Row[] = [
  { reply: 200, limit: 32, counts: false },
  { reply: 403, limit: 32, counts: false },
  { reply: 404, limit: 32, counts: false },
  { reply: 412, limit: 32, counts: false },
  { reply: 472, limit: 32, counts: false },
  { reply: 501, limit: 32, counts: false },
  { reply: 429, limit: 16, counts: false },
  { reply: [503, '1'], limit: 16, counts: false },
  { reply: 500, limit: 16, counts: true },
  { reply: 503, limit: 16, counts: true },
  { reply: 'refused', limit: 16, counts: true },
  { reply: 'unresolved', limit: 16, counts: true },
  { reply: 'timeout', limit: 16, counts: true },
  { reply: 'reset', limit: 16, counts: true },
  { reply: 'untrusted-certificate', limit: 16, counts: true },
  { reply: 'too-large', limit: 32, counts: false },
  { reply: 'redirect', limit: 32, counts: false },
  { reply: 'forbidden-address', limit: 32, counts: false },
  { reply: 'aborted', limit: 32, counts: false },
]

for (const { reply, limit, counts } of rows) {
  test(`traffic: ${reply} leaves a width of ${limit}${counts ? ' and counts as down' : ''}`, async () => {
    const world = worldOf([reply])
    await ask(world)
    assert.equal(world.traffic.limit(), limit)
    assert.equal(world.breakers.size, counts ? 1 : 0)
  })
}

test('traffic: Retry-After holds back the store, capped at half a minute', async () => {
  const world = worldOf([
    [429, '7'],
    [429, '900'],
  ])
  await ask(world)
  await ask(world)
  assert.deepEqual(world.slept, [7000, 30_000])
})

test('traffic: after three failed tries nothing leaves, and what fails says why', async () => {
  const world = worldOf([503, 503, 503])
  for (const _ of [1, 2, 3]) {
    assert.equal(await ask(world), 503)
    world.pass(1200)
  }
  assert.equal(await ask(world), 'given up')
  assert.equal(world.sent, 3)
  assert.match(world.traffic.refusal()?.message ?? '', /did not answer: HTTP 503$/)
})

test('traffic: half a minute later one call finds out, and its answer forgets everything', async () => {
  const world = worldOf([503, 503, 503, 200])
  for (const _ of [1, 2, 3]) {
    world.pass(1200)
    await ask(world)
  }
  assert.equal(await ask(world), 'given up')
  world.pass(30_000)
  assert.equal(await ask(world), 200)
  assert.equal(world.breakers.size, 0)
  assert.equal(world.traffic.limit(), 32)
})

test('traffic: what one run found out, the next one of the same process knows', async () => {
  const first = worldOf(['refused', 'refused', 'refused'])
  for (const _ of [1, 2, 3]) {
    first.pass(1200)
    await ask(first)
  }
  const next = worldOf([], first.breakers)
  assert.equal(await ask(next), 'given up')
  assert.equal(next.sent, 0)
})

test('traffic: a success in between starts the count anew', async () => {
  const world = worldOf([503, 503, 200, 503, 503, 200])
  for (const _ of [1, 2, 3, 4, 5, 6]) {
    world.pass(5000)
    await ask(world)
  }
  assert.equal(world.sent, 6)
  assert.equal(world.traffic.refusal(), undefined)
})

test('traffic: a late batch gives up a store that has said nothing since, and no other', async () => {
  const world = worldOf([200])
  const late = world.traffic.begin()
  world.pass(10)
  await ask(world)
  late('no answer in 30 s')
  assert.equal(world.traffic.refusal(), undefined)
  world.pass(10)
  world.traffic.begin()('no answer in 30 s')
  assert.match(world.traffic.refusal()?.message ?? '', /no answer in 30 s/)
})
