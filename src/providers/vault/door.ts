import type { TlsSettings } from '../../model/http.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import { readCa } from '../ca.ts'
import { credential, type Opening } from '../references.ts'
import { type VaultApi, vaultApi } from './api.ts'
import { decodeVault, type VaultSettings } from './settings.ts'

/** What a login needs. */
export interface Door {
  readonly api: VaultApi
  readonly settings: VaultSettings
  readonly opening: Opening
}

/** Reads the settings of a store, or of a generator, that stand at `field`. Throws ProviderError. */
export async function openDoor(opening: Opening, field: string, requestMs: number): Promise<Door> {
  const settings = decodeVault(opening.store, field)
  const tls = await readTls(settings, opening)
  const api = vaultApi({ settings, tls, context: opening.context, requestMs })
  return { api, settings, opening }
}

/** Undefined when the store leaves TLS to the system. */
async function readTls(
  { clientCertificate, field }: VaultSettings,
  opening: Opening,
): Promise<TlsSettings | undefined> {
  const ca = await readCa(opening.store.settings, field, opening)
  if (ca === undefined && clientCertificate === undefined) return undefined
  // A certificate of the login serves the connection, too: Vault sees it nowhere else.
  let cert: SecretValue | undefined
  let key: SecretValue | undefined
  if (clientCertificate !== undefined) {
    const place = `the client certificate of ${field}`
    cert = await credential(clientCertificate.cert, place, opening)
    key = await credential(clientCertificate.key, place, opening)
  }
  return { ca, cert, key, serverName: undefined, isVerificationOff: false }
}
