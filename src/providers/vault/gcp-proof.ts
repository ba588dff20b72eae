import { revealText } from '../references.ts'
import type { CloudAuth } from './auth.ts'
import type { Door } from './door.ts'

/** Vault takes fifteen minutes at most. */
const PROOF_SECONDS = 600
/** Of one request to Google. */
const REQUEST_MS = 10_000

/** What `auth/gcp/login` wants: a JWT that a service account signed for this role of Vault. */
export async function gcpProof(
  { role, identity }: CloudAuth,
  { settings, opening }: Door,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  // Loaded here only: most stores of Vault never need it.
  const { gcpDoor, signedIdentity } = await import('../gcp/open.ts')
  const place = { auth: identity, field: `${settings.field}.auth.gcp`, requestMs: REQUEST_MS }
  const wanted = { audience: `vault/${role}`, seconds: PROOF_SECONDS }
  const jwt = await signedIdentity(gcpDoor(opening, place), wanted, signal)
  return { role, jwt: revealText(jwt) }
}
