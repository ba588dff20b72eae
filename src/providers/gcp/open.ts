import { inLanes } from '../lanes.ts'
import type { OpenProvider } from '../provider.ts'
import { gcpDoor } from './door.ts'
import { secretManagerOf } from './endpoints.ts'
import { gcpIdentity } from './identity.ts'
import { metadataName } from './metadata-server.ts'
import { answerRead } from './reads.ts'
import { AUTH_FIELD, decodeGcp } from './settings.ts'

/** Bounds of a store's requests, in milliseconds. */
export interface GcpLimits {
  /** One request with its body. */
  readonly requestMs: number
}

/** Reads at the same time: a project has a quota of 90,000 a minute, and no batch. */
const LANES = 24

/** Opens stores of GCP Secret Manager with these limits. */
export function gcpOpener({ requestMs }: GcpLimits): OpenProvider {
  return async (store, context) => {
    const opening = { store, context }
    const settings = decodeGcp(opening)
    const place = { auth: store.settings.auth, field: AUTH_FIELD, requestMs }
    const door = gcpDoor(opening, place)
    const identity = gcpIdentity(door)
    // Now, so that an identity that is refused fails the store once, and not each of its reads.
    await identity.token(context.signal)
    const project =
      settings.project || (await metadataName(door, 'project/project-id', context.signal))
    const api = `${secretManagerOf(context.env, settings.location)}/v1`
    const secrets = { door, identity, settings: { ...settings, project }, api }
    return {
      read: async (reads, signal) => {
        signal.throwIfAborted()
        return inLanes(reads, LANES, (read) => answerRead(secrets, read, signal))
      },
      close: async () => undefined,
    }
  }
}

/** The opener that `openStore` uses; tests open with shorter limits. */
export const openGcp: OpenProvider = gcpOpener({ requestMs: 10_000 })

export { gcpDoor } from './door.ts'
export { gcrAccessToken } from './gcr-access-token.ts'
export { signedIdentity } from './signed-identity.ts'
