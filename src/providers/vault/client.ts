import type { Ask } from '../generators/asking.ts'
import { inLanes } from '../lanes.ts'
import type { OpenProvider } from '../provider.ts'
import type { Opening } from '../references.ts'
import type { OpenVaultStore } from './ask.ts'
import { checkToken } from './check.ts'
import { openDoor } from './door.ts'
import { dynamicSecretAsker } from './dynamic-secret.ts'
import { answerRead } from './reads.ts'
import { openSession } from './session.ts'

/** Bounds of a store's requests, in milliseconds. */
export interface VaultLimits {
  /** One request with its body. */
  readonly requestMs: number
}

/** Those of every run. */
export const VAULT_LIMITS: VaultLimits = { requestMs: 10_000 }

/** Reads at the same time: Vault has no batch, and its nodes are shared with everybody else. */
const LANES = 16

/** Opens Vault stores with these limits. */
export function vaultOpener(limits: VaultLimits): OpenProvider {
  return async (store, context) => {
    const vault = await enterVault(limits, { store, context })
    return {
      read: (reads, signal) => inLanes(reads, LANES, (read) => answerRead(vault, read, signal)),
      check: (signal) => checkToken(vault, signal),
      close: vault.session.close,
    }
  }
}

/** Logs in now, so that a login that is refused fails the store once, and not each of its reads. Throws ProviderError. */
export async function enterVault(
  { requestMs }: VaultLimits,
  opening: Opening,
): Promise<OpenVaultStore> {
  const { store, context } = opening
  const door = await openDoor(opening, `spec.provider.${store.provider}`, requestMs)
  const session = openSession(door)
  await session.token(context.signal)
  return { ...door, session }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openVault: OpenProvider = vaultOpener(VAULT_LIMITS)

/** The generator VaultDynamicSecret. */
export const vaultDynamicSecret: Ask = dynamicSecretAsker(VAULT_LIMITS)

/** In the same chunk: node-vault is there already. */
export { openVaultWriter } from './push.ts'
