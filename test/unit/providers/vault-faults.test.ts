import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startVault } from '../../servers/vault.ts'
import { get, inShort } from './opening.ts'
import { bench, failureIn, readOne, SECRETS } from './vault-bench.ts'
import { AUTH, cluster, password, READ_SHOP } from './vault-logins.ts'

// What goes wrong at Vault or on the way there, and how often it is tried again.

const errors = (text: string): string => JSON.stringify({ errors: [text] })
const retried: readonly {
  readonly story: string
  readonly status: number
  readonly body: string
  readonly times: number
  readonly result: string
  readonly calls: number
}[] = [
  { story: 'one 500', status: 500, body: errors('x'), times: 1, result: 'found', calls: 2 },
  { story: 'two 502 of a proxy', status: 502, body: '<html>', times: 2, result: 'found', calls: 3 },
  { story: 'three 500', status: 500, body: errors('x'), times: 3, result: 'unavailable', calls: 3 },
  {
    story: 'not replicated yet',
    status: 412,
    body: errors('x'),
    times: 3,
    result: 'found',
    calls: 4,
  },
  {
    story: 'never replicated',
    status: 412,
    body: errors('x'),
    times: 9,
    result: 'unavailable',
    calls: 4,
  },
  {
    story: 'a performance standby',
    status: 473,
    body: errors('x'),
    times: 3,
    result: 'found',
    calls: 4,
  },
  {
    story: 'a DR secondary for ever',
    status: 472,
    body: errors('x'),
    times: 9,
    result: 'unavailable',
    calls: 4,
  },
  {
    story: 'sealed once',
    status: 503,
    body: errors('Vault is sealed'),
    times: 1,
    result: 'found',
    calls: 2,
  },
  {
    story: 'sealed',
    status: 503,
    body: errors('Vault is sealed'),
    times: 3,
    result: 'sealed',
    calls: 3,
  },
  { story: 'rate limit', status: 429, body: errors('x'), times: 4, result: 'found', calls: 5 },
  {
    story: 'rate limit for ever',
    status: 429,
    body: errors('x'),
    times: 9,
    result: 'throttled',
    calls: 5,
  },
  { story: 'a bad request', status: 400, body: errors('x'), times: 9, result: 'invalid', calls: 1 },
  { story: 'garbage', status: 200, body: 'tok-1 {', times: 9, result: 'malformed', calls: 1 },
  {
    story: 'another map',
    status: 200,
    body: '{"data":{"x":1}}',
    times: 9,
    result: 'malformed',
    calls: 1,
  },
]
for (const { story, status, body, times, result, calls } of retried) {
  test(`fault: ${story} → ${result} after ${calls} calls`, async (t) => {
    const { open, vault, opening } = await bench(t)
    const provider = await open()
    vault.fault({ times, does: { reply: { status, body } } })
    const answer = await readOne(provider, get('shop/api'))
    assert.equal(answer?.outcome === 'failed' ? answer.failure.code : answer?.outcome, result)
    assert.deepEqual([vault.calls.count(), opening.calls.length], [calls, calls])
    if (status !== 429) assert.ok(opening.slept.every((ms) => ms >= 1000 && ms <= 1500))
  })
}

test('Retry-After is waited for, within reason', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  const reply = (after: string) => ({
    reply: { status: 429, headers: { 'retry-after': after }, body: errors('x') },
  })
  vault.fault({ does: reply('7') })
  vault.fault({ does: reply('99999') })
  await readOne(provider, get('shop/api'))
  assert.deepEqual(opening.slept, [7000, 30_000])
})

test('retrySettings of the store: attempts and delay, none without maxRetries', async (t) => {
  const { open, vault, opening } = await bench(t)
  const fault = { times: 9, does: { reply: { status: 500, body: errors('x') } } }
  vault.fault(fault)
  const patient = await open({}, { retrySettings: { maxRetries: 4, retryInterval: '2s' } })
  await readOne(patient, get('shop/api'))
  assert.deepEqual([vault.calls.count(), opening.slept], [5, [2000, 2000, 2000, 2000]])
  vault.calls.clear()
  const hasty = await open({}, { retrySettings: { retryInterval: '2s' } })
  await readOne(hasty, get('shop/api'))
  assert.equal(vault.calls.count(), 1)
})

test('a redirect is not followed and the token stays here', async (t) => {
  const { open, vault } = await bench(t)
  const elsewhere = await startVault()
  t.after(() => elsewhere.close())
  const provider = await open()
  vault.fault({ does: { redirect: `${elsewhere.url}/v1/secret/data/shop/api` } })
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.hint ?? '', /redirects are not followed/)
  assert.equal(elsewhere.calls.count(), 0)
})

test('a server that never answers ends at the deadline of the call', async (t) => {
  const { open, vault } = await bench(t, {}, {}, { requestMs: 100 })
  const provider = await open()
  vault.fault({ times: 9, does: { hang: true } })
  assert.equal(failureIn(await readOne(provider, get('shop/api')))?.code, 'timeout')
})

test('an aborted signal rejects, whatever was under way', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.fault({ times: 9, does: { hang: true } })
  const ending = new AbortController()
  const reading = provider.read([get('shop/api'), get('shop/exact')], ending.signal)
  ending.abort(new Error('the run ends'))
  await assert.rejects(reading, /the run ends/)
})

test('a cut connection is tried again', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.fault({ does: { reset: 'in-body' } })
  vault.fault({ does: { truncateTo: 5 } })
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
})

test('nobody listens: the host is named, and how often it was tried', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  await vault.close()
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'unavailable')
  assert.match(failure?.message ?? '', /refused the connection/)
  assert.equal(opening.calls.length, 3)
})

test('one bad read spoils no other', async (t) => {
  const { open, opening } = await bench(t)
  const reads = [get('../x'), get('shop/exact'), get('none')]
  const answers = await (await open()).read(reads, opening.context.signal)
  assert.deepEqual(answers.map(inShort), ['invalid', SECRETS['shop/exact'], 'absent'])
})

test('close never rejects', async (t) => {
  const { open, vault } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef: password } } })
  await vault.close()
  await provider.close()
  await provider.close()
})
