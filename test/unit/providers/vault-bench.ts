import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import type { Store } from '../../../src/model/store.ts'
import { ProviderError, type SecretProvider } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { startVault, type VaultServer } from '../../servers/vault.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'
import { type TestOpening, type TestOptions, testOpening, testStore } from './opening.ts'

// A Vault of this process, and stores that read it.

export const TOKEN = 'token-that-was-given'
export const SECRETS = {
  'shop/api': { token: 'tok-1', port: 8080 },
  'shop/exact': '{"account":12345678901234567890,"price":1.50, "html":"<&>"}',
}

export interface Bench {
  readonly vault: VaultServer
  readonly opening: TestOpening
  readonly open: (settings?: JsonObject, spec?: JsonObject) => Promise<SecretProvider>
  readonly openStore: (store: Store) => Promise<SecretProvider>
}

/** A Vault with KV v2 at `secret`, and a store that reads it with a root token unless `auth` says otherwise. */
export async function bench(
  t: TestContext,
  options: VaultOptions = {},
  cluster: TestOptions['cluster'] = {},
  { requestMs = 10_000, ...more }: TestOptions & { readonly requestMs?: number } = {},
): Promise<Bench> {
  const vault = await startVault({
    secrets: { secret: SECRETS },
    tokens: { [TOKEN]: { policies: ['root'] } },
    ...options,
  })
  const secrets = { 'shop/vault-token': { token: TOKEN }, ...cluster?.secrets }
  const opening = testOpening({ ...more, cluster: { ...cluster, secrets } })
  const openStore = vaultOpener({ requestMs })
  t.after(() => {
    opening.close()
    return vault.close()
  })
  const settings = {
    server: vault.url,
    path: 'secret',
    auth: { tokenSecretRef: { name: 'vault-token', key: 'token' } },
  }
  return {
    vault,
    opening,
    open: (given = {}, spec = {}) =>
      openStore(testStore('vault', { ...settings, ...given }, spec), opening.context),
    openStore: (store) => openStore(store, opening.context),
  }
}

export async function readOne(provider: SecretProvider, read: Read): Promise<Answer | undefined> {
  const [answer] = await provider.read([read], new AbortController().signal)
  return answer
}

export const failureIn = (answer: Answer | undefined) =>
  answer?.outcome === 'failed' ? answer.failure : undefined

export async function refusalOf(opened: Promise<unknown>): Promise<ProviderError> {
  const error = await opened.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ProviderError)
  return error
}
