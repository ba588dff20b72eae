import type { TlsSettings } from '../../model/http.ts'
import type { SecretValue } from '../../model/secret-value.ts'
import { inLanes } from '../lanes.ts'
import { type OpenProvider, ProviderError } from '../provider.ts'
import { credential, namespaceOf, type Opening, revealText } from '../references.ts'
import { vaultApi } from './api.ts'
import { answerRead } from './reads.ts'
import { openSession } from './session.ts'
import { type CaSource, decodeVault, type VaultSettings } from './settings.ts'

/** Bounds of a store's requests, in milliseconds. */
export interface VaultLimits {
  /** One request with its body. */
  readonly requestMs: number
}

/** Reads at the same time: Vault has no batch, and its nodes are shared with everybody else. */
const LANES = 16

/** Opens Vault stores with these limits. */
export function vaultOpener({ requestMs }: VaultLimits): OpenProvider {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeVault(store)
    const tls = await readTls(settings, opening)
    const api = vaultApi({ settings, tls, context, requestMs })
    const door = { api, settings, opening }
    const session = openSession(door)
    // Now, so that a login that is refused fails the store once, and not each of its reads.
    await session.token(context.signal)
    return {
      read: (reads, signal) =>
        inLanes(reads, LANES, (read) => answerRead({ ...door, session }, read, signal)),
      close: session.close,
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openVault: OpenProvider = vaultOpener({ requestMs: 10_000 })

/** Undefined when the store leaves TLS to the system. */
async function readTls(
  settings: VaultSettings,
  opening: Opening,
): Promise<TlsSettings | undefined> {
  const { ca: source, clientCertificate } = settings
  if (source === undefined && clientCertificate === undefined) return undefined
  const ca = source === undefined ? undefined : await readCa(source, opening)
  let cert: SecretValue | undefined
  let key: SecretValue | undefined
  if (clientCertificate !== undefined) {
    cert = await credential(clientCertificate.cert, 'the client certificate of the store', opening)
    key = await credential(clientCertificate.key, 'the client certificate of the store', opening)
  }
  return { ca, cert, key, serverName: undefined, isVerificationOff: false }
}

/** PEM text. Throws ProviderError when it is missing or no PEM. */
async function readCa(source: CaSource, opening: Opening): Promise<string> {
  if (source.from === 'bundle') return pemOf(decodeBase64(source.base64), 'caBundle')
  const { ref, from } = source
  if (from === 'Secret') {
    return pemOf(revealText(await credential(ref, 'caProvider', opening)), 'caProvider')
  }
  const text = await opening.context.credentials.configMapKey(ref)
  if (text !== undefined) return pemOf(text, 'caProvider')
  throw new ProviderError(
    'credentials-not-found',
    `ConfigMap ${namespaceOf(ref, opening.store, opening.context)}/${ref.name} has no key "${ref.key}", which caProvider names`,
  )
}

const decodeBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8')

/** ESO takes a PEM and the base64 of one. */
function pemOf(text: string, field: string): string {
  const isPem = (candidate: string): boolean => candidate.includes('-----BEGIN CERTIFICATE-----')
  if (isPem(text)) return text
  const decoded = decodeBase64(text)
  if (isPem(decoded)) return decoded
  throw new ProviderError(
    'invalid',
    `spec.provider.vault.${field} holds no PEM certificate`,
    'it wants the base64 of the text that begins with -----BEGIN CERTIFICATE-----',
  )
}
