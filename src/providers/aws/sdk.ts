import { state } from '@aws-sdk/core/client'
import type { OpenProvider } from '../provider.ts'
import type { Opening } from '../references.ts'
import { type AwsLimits, throttledAttempts } from './caller.ts'
import { type SignedRequest, signCallerIdentity } from './caller-identity.ts'
import { logIn } from './client.ts'
import { registryTokenAsker } from './registry-token.ts'
import { sessionTokenAsker } from './session-token.ts'
import { decodeAws, decodeIdentity } from './settings.ts'

// The SDK says on stderr that it will need Node 22 in 2027. That is for whoever builds waybill, not for its users.
state.warningEmitted = true

/** A secret is a few kilobytes from one region to the next: slower than this is broken. */
const LIMITS: AwsLimits = { connectMs: 2000, requestMs: 5000, callMs: 10_000 }

/** AWS's quota of BatchGetSecretValue, which is the same for every account. */
const BATCHES_PER_SECOND = 100

/** Opens stores of AWS within these limits; the client of a service is loaded on its first need. */
export function awsOpener(limits: AwsLimits, batchesPerSecond = BATCHES_PER_SECOND): OpenProvider {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeAws(opening)
    const { source, ...login } = await logIn(opening, settings, limits)
    const { prefix, retry } = settings
    const { principal } = source
    const quota = { perSecond: batchesPerSecond, attempts: throttledAttempts(retry) }
    const parts = { ...login, prefix, principal, context, quota }
    switch (settings.service) {
      case 'SecretsManager':
        return (await import('./secret-reads.ts')).openSecretReads(parts)
      case 'ParameterStore':
        return (await import('./parameter-store.ts')).openParameterStore(parts)
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openAws: OpenProvider = awsOpener(LIMITS)

/** Generator ECRAuthorizationToken. */
export const ecrAuthorizationToken = registryTokenAsker(LIMITS)

/** Generator STSSessionToken. */
export const stsSessionToken = sessionTokenAsker(LIMITS)

/** Who is to be proven, and to which Vault. */
export interface CallerIdentityProof {
  readonly opening: Opening
  /** Where the settings of `opening.store` stand, for messages. */
  readonly field: string
  readonly serverId: string | undefined
}

/** Logs in as a store would, and signs the question who that was. */
export async function signedCallerIdentity(
  { opening, field, serverId }: CallerIdentityProof,
  signal: AbortSignal,
): Promise<SignedRequest> {
  // The names of credentials stand right below the field, and not below an `auth` of it.
  const identity = { ...decodeIdentity(opening, field), field }
  const { source } = await logIn(opening, identity, LIMITS)
  const { region } = identity
  const nowMs = opening.context.nowMs()
  return signCallerIdentity(await source.keys(signal), { region, serverId, nowMs })
}

/** In the same chunk: the clients of the SDK are there already. */
export { openAwsWriter } from './push.ts'
