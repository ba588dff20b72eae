import { answerAll } from '../answers.ts'
import type { OpenProvider } from '../provider.ts'
import { tokenCache } from '../token-cache.ts'
import { logIn } from './login.ts'
import { answerRead } from './reads.ts'
import { decodeAzure } from './settings.ts'

/** Bounds of a store's requests, in milliseconds. */
export interface AzureLimits {
  /** One request with its body. */
  readonly requestMs: number
}

/** Reads at the same time: a vault gives 4,000 in ten seconds, to everybody together. */
const LANES = 16

/** Opens stores of Azure Key Vault with these limits. */
export function azureOpener({ requestMs }: AzureLimits): OpenProvider {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeAzure(store, context.env.AZURE_AUTHORITY_HOST)
    const door = { settings, opening }
    const tokens = tokenCache((signal) => logIn(door, signal), context.nowMs)
    // Now, so that an identity that is refused fails the store once, and not each of its reads.
    await tokens.token(context.signal)
    const vault = { ...door, tokens, requestMs }
    return {
      read: (reads, signal) =>
        answerAll(reads, { lanes: LANES, signal }, (read) => answerRead(vault, read, signal)),
      close: async () => undefined,
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openAzure: OpenProvider = azureOpener({ requestMs: 10_000 })
