import { decodeGcpAuth } from '../gcp/auth.ts'
import { readServiceAccountKey, signJwt } from '../gcp/service-account-key.ts'
import { ProviderError } from '../provider.ts'
import { credential, namespaceOf } from '../references.ts'
import type { CloudAuth } from './auth.ts'
import type { Door } from './door.ts'

/** Vault takes fifteen minutes at most. */
const PROOF_SECONDS = 600

/** What `auth/gcp/login` wants: a JWT that a service account signed for this role of Vault. */
export async function gcpProof(
  { role, identity }: CloudAuth,
  { settings, opening }: Door,
  _signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const field = `${settings.field}.auth.gcp`
  const auth = decodeGcpAuth(identity, field)
  const exp = Math.floor(opening.context.nowMs() / 1000) + PROOF_SECONDS
  if (auth.source === 'key') {
    const { ref } = auth
    const json = await credential(ref, `${field}.secretRef.secretAccessKeySecretRef`, opening)
    const where = `Secret ${namespaceOf(ref, opening.store, opening.context)}/${ref.name}`
    const key = readServiceAccountKey(json, where)
    return { role, jwt: signJwt(key, { sub: key.email, aud: `vault/${role}`, exp }) }
  }
  throw new ProviderError('unsupported', `vault auth.gcp without secretRef is not supported`)
}
