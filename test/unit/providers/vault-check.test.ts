import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProviderError } from '../../../src/providers/provider.ts'
import { bench } from './vault-bench.ts'

const { signal } = new AbortController()

test('a token that was given is looked up when somebody asks, and not before', async (t) => {
  const { vault, open } = await bench(t)
  const provider = await open()
  assert.equal(vault.calls.count('vault:lookup-self'), 0)
  await provider.check?.(signal)
  assert.equal(vault.calls.count('vault:lookup-self'), 1)
})

test('a token that Vault does not know fails the check, and its words do not hold it', async (t) => {
  const secrets = { 'shop/vault-token': { token: 'hvs.unknown-token' } }
  const { open } = await bench(t, {}, { secrets })
  const provider = await open()
  await assert.rejects(
    async () => provider.check?.(signal),
    (error) => {
      assert.ok(error instanceof ProviderError)
      assert.equal(error.code, 'unauthenticated')
      assert.match(error.message, /^vault does not accept the token in Secret .*\(HTTP 403\)$/)
      assert.doesNotMatch(error.message, /hvs/)
      return true
    },
  )
})
