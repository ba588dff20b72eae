import { type OpenProvider, ProviderError } from './provider.ts'

/** Name below `spec.provider` → its opener. Each is loaded on first need: an SDK costs tens of milliseconds. */
const OPENERS: ReadonlyMap<string, () => Promise<OpenProvider>> = new Map([
  ['aws', async () => (await import('./aws/sdk.ts')).openAws],
  ['gcpsm', async () => (await import('./gcp/open.ts')).openGcp],
  ['azurekv', async () => (await import('./azurekv/open.ts')).openAzure],
  ['fake', async () => (await import('./fake/open.ts')).openFake],
  ['kubernetes', async () => (await import('./kubernetes/open.ts')).openKubernetes],
  // Settings and API are a part of Vault's.
  ['openBao', async () => (await import('./vault/client.ts')).openVault],
  ['vault', async () => (await import('./vault/client.ts')).openVault],
  ['webhook', async () => (await import('./webhook/open.ts')).openWebhook],
])

/** Opens any store. Throws ProviderError, `unsupported` for a provider that is not here. */
export const openStore: OpenProvider = async (store, context) => {
  const load = OPENERS.get(store.provider)
  if (load !== undefined) return (await load())(store, context)
  throw new ProviderError(
    'unsupported',
    store.provider === ''
      ? `${store.kind} ${store.name} does not name exactly one provider`
      : `provider ${store.provider} is not supported`,
    `supported are ${[...OPENERS.keys()].join(', ')}`,
  )
}
