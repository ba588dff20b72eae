import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { type Fault, json } from '../../servers/server.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, versionOf } from './story.ts'

// G-13: what the API server does to a run. Whatever happens, no Secret is other than before or as wanted, the cause is
// named, and the run after it heals everything.

const OLD = fakeStore({ a: 'old-1', b: 'old-2', c: 'old-3' })
const NEW = fakeStore({ a: 'new-1', b: 'new-2', c: 'new-3' })
const THREE = ['a', 'b', 'c']
  .map((key) => externalSecret({ name: `es-${key}`, keys: { k: key } }))
  .join('')

const refusal = (code: number, reason: string, headers: Readonly<Record<string, string>> = {}) => ({
  reply: json(
    code,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code },
    { ...headers },
  ),
})

const SECRET_CALLS = ['get secrets', 'patch secrets']

interface Storm {
  readonly story: string
  readonly faults: readonly Fault[]
  /** Whether the run itself gets through it. */
  readonly isSurvived: boolean
}

const storm = (does: Fault['does'], times: number): readonly Fault[] =>
  SECRET_CALLS.map((call) => ({ call, times, does }))

const storms: readonly Storm[] = [
  { story: 'two 409 at a write', faults: [writes(refusal(409, 'Conflict'), 2)], isSurvived: true },
  {
    story: '409 at every write',
    faults: [writes(refusal(409, 'Conflict'), 99)],
    isSurvived: false,
  },
  { story: '410 for every request', faults: storm(refusal(410, 'Expired'), 99), isSurvived: false },
  {
    story: 'some 429 with Retry-After',
    faults: storm(refusal(429, 'TooManyRequests', { 'retry-after': '1' }), 3),
    isSurvived: true,
  },
  {
    story: '429 for ever',
    faults: storm(refusal(429, 'TooManyRequests', { 'retry-after': '1' }), 99),
    isSurvived: false,
  },
  { story: 'some 500', faults: storm(refusal(500, 'InternalError'), 3), isSurvived: true },
  { story: '500 for ever', faults: storm(refusal(500, 'InternalError'), 99), isSurvived: false },
  { story: 'connections that end', faults: storm({ reset: 'before' }, 3), isSurvived: true },
  { story: 'answers that are cut', faults: storm({ truncateTo: 7 }, 3), isSurvived: true },
  { story: 'answers that are always cut', faults: storm({ truncateTo: 7 }, 99), isSurvived: false },
  {
    story: 'a 200 that is no object',
    faults: storm({ reply: { status: 200, body: '<html>captive portal</html>' } }, 99),
    isSurvived: false,
  },
  {
    story: 'a redirect',
    faults: storm({ redirect: 'https://127.0.0.1:9/' }, 99),
    isSurvived: false,
  },
  {
    story: 'credentials that are refused',
    faults: storm(refusal(401, 'Unauthorized'), 99),
    isSurvived: false,
  },
]

function writes(does: Fault['does'], times: number): Fault {
  return { call: 'patch secrets', times, does }
}

const secretOf = ({ server }: App, name: string): JsonObject | undefined =>
  server.object('Secret', 'shop', name)

function value(app: App, name: string): string | undefined {
  const data = dig(secretOf(app, name), 'data', 'k')
  return typeof data === 'string' ? Buffer.from(data, 'base64').toString() : undefined
}

const values = (app: App): readonly (string | undefined)[] =>
  ['a', 'b', 'c'].map((key) => value(app, `es-${key}`))

const OLDS = ['old-1', 'old-2', 'old-3']
const NEWS = ['new-1', 'new-2', 'new-3']

for (const { story, faults, isSurvived } of storms) {
  test(`G-13: ${story}: ${isSurvived ? 'the run gets through' : 'it fails, nothing is half'}, and the next run heals`, async (t) => {
    const app = await startApp(t)
    await app.sync(OLD + THREE)
    await app.render(NEW + THREE)
    for (const fault of faults) app.server.fault(fault)
    const ran = await app.sync(NEW + THREE)
    app.server.clearFaults()
    assert.equal(ran.code === 0, isSurvived, `${ran.code} ${ran.out}${ran.err}`)
    const now = values(app)
    for (const [at, text] of now.entries()) {
      // A write whose answer was lost has happened.
      assert.ok(text === OLDS[at] || text === NEWS[at], String(text))
    }
    if (isSurvived) assert.deepEqual(now, NEWS)
    else {
      assert.ok(
        ran.results.every(({ condition }) => condition.message !== ''),
        'without a cause',
      )
    }
    const healed = await app.sync(NEW + THREE)
    assert.equal(healed.code, 0, healed.out)
    assert.deepEqual(values(app), NEWS)
    const versions = ['a', 'b', 'c'].map((key) => versionOf(secretOf(app, `es-${key}`)))
    await app.sync(NEW + THREE)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => versionOf(secretOf(app, `es-${key}`))),
      versions,
      'a duplicate write',
    )
  })
}

test('G-13: one Secret that cannot be written stops no other', async (t) => {
  const app = await startApp(t)
  await app.sync(OLD + THREE)
  app.server.fault({ call: 'patch secrets', times: 1, does: refusal(403, 'Forbidden') })
  const ran = await app.sync(NEW + THREE)
  assert.equal(ran.code, 5)
  const outcomes = ran.results.map(({ outcome }) => outcome).sort()
  assert.deepEqual(outcomes, ['failed', 'updated', 'updated'])
})

test('G-13: an API server that answers nothing ends the run at its deadline, with a status of its own words', async (t) => {
  const app = await startApp(t)
  await app.sync(OLD + THREE)
  app.server.fault({ call: 'patch secrets', times: 99, does: { hang: true } })
  const began = performance.now()
  const ran = await app.sync(NEW + THREE, { sync: ['--timeout=400ms'] })
  assert.ok(performance.now() - began < 8000)
  assert.notEqual(ran.code, 0)
  assert.ok(ran.results.every(({ outcome }) => outcome === 'failed'))
  assert.deepEqual(values(app), OLDS)
  app.server.clearFaults()
  await app.sync(NEW + THREE)
  assert.deepEqual(values(app), NEWS)
})

test('G-22: the same again: no write, and no read before it is due', async (t) => {
  const app = await startApp(t)
  const manifests = `${OLD}${['a', 'b']
    .map((key) =>
      externalSecret({ name: `es-${key}`, keys: { k: key }, spec: { refreshInterval: '3h' } }),
    )
    .join('')}`
  await app.sync(manifests)
  app.server.calls.clear()
  const early = await app.again()
  assert.equal(early.report.reads, 0)
  const changing = /^(patch|put|post|create|update|delete) /
  assert.deepEqual(
    app.server.calls.all.filter(({ call }) => changing.test(call)),
    [],
  )
  const due = await app.again({ afterMs: 4 * 3_600_000 })
  assert.equal(due.report.reads, 2)
  const written = app.server.calls.all.filter(({ call }) => changing.test(call))
  assert.deepEqual([...new Set(written.map(({ keys }) => keys.join()))].length <= 1, true)
  assert.ok(
    written.every(({ call }) => call === 'patch configmaps'),
    'no more than the time of the read',
  )
})

test('G-16: two runs at the same time both succeed, and leave one value', async (t) => {
  const app = await startApp(t)
  await app.sync(OLD + THREE)
  await app.sync(NEW + THREE, { sync: ['--dry-run=client'] })
  app.server.calls.clear()
  const hours = { afterMs: 3_600_000 }
  const [one, two] = await Promise.all([app.again(hours), app.again(hours)])
  assert.deepEqual([one.code, two.code], [0, 0], one.out + two.out)
  assert.deepEqual(values(app), NEWS)
})

for (const hours of [-1, 1]) {
  test(`G-16: a clock that is ${hours} h off changes no Secret, and the run after it is as ever`, async (t) => {
    const app = await startApp(t)
    await app.sync(OLD + THREE)
    const versions = (): readonly string[] =>
      ['a', 'b', 'c'].map((key) => versionOf(secretOf(app, `es-${key}`)))
    const before = versions()
    const skewed = await app.again({ afterMs: hours * 3_600_000 })
    assert.equal(skewed.code, 0, skewed.out)
    assert.deepEqual(versions(), before)
    const next = await app.sync(NEW + THREE, { afterMs: 2 * 3_600_000 - hours * 3_600_000 })
    assert.equal(next.code, 0, next.out)
    assert.deepEqual(values(app), NEWS)
  })
}
