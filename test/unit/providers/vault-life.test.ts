import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Grant } from '../../servers/vault-grant.ts'
import { get, inShort } from './opening.ts'
import { bench, readOne, SECRETS } from './vault-bench.ts'
import { cluster, password, READ_SHOP } from './vault-logins.ts'

// The life of a token: renewed, replaced, revoked, and what happens when Vault is sealed.

/** A store of a user whose tokens are like this, and a clock in seconds. */
async function living(t: TestContext, life: Partial<Grant>) {
  let now = Date.now()
  const grant = { policies: ['shop'], ttlSeconds: 300, ...life }
  const auth = {
    userpass: { method: 'userpass' as const, users: { ann: { password: 'pass-1', grant } } },
  }
  const options = { auth, policies: READ_SHOP, clock: () => now }
  const { open, vault, opening } = await bench(t, options, cluster, { nowMs: () => now })
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef: password } } })
  return {
    vault,
    opening,
    provider,
    calls: () => [vault.calls.count('vault:login'), vault.calls.count('vault:renew-self')],
    readAfter: async (seconds: number) => {
      now += seconds * 1000
      return inShort(await readOne(provider, get('shop/exact')))
    },
  }
}

test('a token is renewed when two thirds of its life are over', async (t) => {
  const { vault, calls, readAfter, provider } = await living(t, {})
  await readAfter(190)
  assert.deepEqual(calls(), [1, 0])
  for (const seconds of [20, 210, 210])
    assert.equal(await readAfter(seconds), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [1, 3])
  assert.equal(vault.calls.all.filter(({ status }) => status === 403).length, 0)
  await provider.close()
  assert.equal(vault.live().length, 0)
})

test('many reads at once share one renewal', async (t) => {
  const { calls, provider, readAfter, opening } = await living(t, {})
  await readAfter(199)
  const reading = readAfter(2)
  const reads = Array.from({ length: 30 }, () => get('shop/api'))
  const answers = await provider.read(reads, opening.context.signal)
  await reading
  assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['found']))
  assert.deepEqual(calls(), [1, 1])
})

test('a token whose max TTL is near is replaced by a login, and nothing fails in between', async (t) => {
  const { vault, calls, readAfter } = await living(t, { maxTtlSeconds: 500 })
  for (let step = 0; step < 20; step++) assert.equal(await readAfter(60), SECRETS['shop/exact'])
  assert.ok(vault.calls.all.every(({ status }) => status < 300))
  const [logins = 0] = calls()
  assert.ok(logins >= 3 && logins <= 4, `${logins}`)
})

test('a batch token is used until two thirds, then replaced; it is neither renewed nor revoked', async (t) => {
  const { vault, calls, readAfter, provider } = await living(t, { isBatch: true })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [2, 0])
  await provider.close()
  assert.equal(vault.calls.count('vault:revoke-self'), 0)
})

test('a renewal that is refused is a login; a login that is refused, too, is no failure while the token lives', async (t) => {
  const { vault, calls, readAfter } = await living(t, {})
  const denied = { reply: { status: 403, body: '{"errors":["permission denied"]}' } }
  vault.fault({ call: 'vault:renew-self', does: denied })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [2, 1])
  vault.fault({ call: 'vault:renew-self', times: 9, does: denied })
  vault.fault({ call: 'vault:login', times: 9, does: denied })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.equal(await readAfter(95), 'unauthenticated')
  vault.clearFaults()
  assert.equal(await readAfter(0), SECRETS['shop/exact'])
})

test('500 reads at once of a store that was not asked before are one login', async (t) => {
  const { calls, provider, vault, opening } = await living(t, {})
  vault.revokeAll()
  const reads = Array.from({ length: 500 }, () => get('shop/api'))
  const answers = await provider.read(reads, opening.context.signal)
  assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['found']))
  assert.deepEqual(calls(), [2, 0])
})

test('a sealed Vault is told, and read again as soon as it is unsealed', async (t) => {
  const { vault, readAfter } = await living(t, {})
  vault.seal()
  assert.equal(await readAfter(1), 'sealed')
  assert.equal(await readAfter(600), 'sealed')
  vault.unseal()
  assert.equal(await readAfter(1), SECRETS['shop/exact'])
})
