import type { Store } from '../model/store.ts'
import { ProviderError } from './provider.ts'
import type { OpenWriter } from './writer.ts'

/** Name below `spec.provider` → its opener. Loaded on first need, as those for reading are. */
const WRITERS: ReadonlyMap<string, () => Promise<OpenWriter>> = new Map([
  ['aws', async () => (await import('./aws/sdk.ts')).openAwsWriter],
  ['fake', async () => (await import('./fake/push.ts')).openFakeWriter],
  ['gcpsm', async () => (await import('./gcp/open.ts')).openGcpWriter],
  ['kubernetes', async () => (await import('./kubernetes/push.ts')).openKubernetesWriter],
  ['openBao', async () => (await import('./vault/client.ts')).openVaultWriter],
  ['vault', async () => (await import('./vault/client.ts')).openVaultWriter],
])

/** Opens any store for writing. Throws ProviderError, `unsupported` for a provider that only reads. */
export const openWriter: OpenWriter = async (store, context) => {
  const load = WRITERS.get(store.provider)
  if (load === undefined) throw readOnly(store)
  return (await load())(store, context)
}

/** Why a store cannot be written to. */
export function readOnly({ provider }: Pick<Store, 'provider'>): ProviderError {
  return new ProviderError(
    'unsupported',
    `provider ${provider || '(none)'} cannot be pushed to`,
    `it can be to ${[...WRITERS.keys()].join(', ')}`,
  )
}

/** Whether stores of this provider can be written to. */
export function canWrite(provider: string): boolean {
  return WRITERS.has(provider)
}
