import type { Opening } from '../references.ts'
import type { OpenSecrets } from './ask.ts'
import { gcpDoor } from './door.ts'
import { secretManagerOf } from './endpoints.ts'
import { gcpIdentity } from './identity.ts'
import { metadataName } from './metadata-server.ts'
import { AUTH_FIELD, decodeGcp } from './settings.ts'

/** Bounds of a store's requests, in milliseconds. */
export interface GcpLimits {
  /** One request with its body. */
  readonly requestMs: number
}

/** A store with somebody logged in. Throws ProviderError. */
export async function openSecrets(
  opening: Opening,
  { requestMs }: GcpLimits,
): Promise<OpenSecrets> {
  const { store, context } = opening
  const settings = decodeGcp(opening)
  const place = { auth: store.settings.auth, field: AUTH_FIELD, requestMs }
  const door = gcpDoor(opening, place)
  const identity = gcpIdentity(door)
  // Now, so that an identity that is refused fails the store once, and not each of its reads.
  await identity.token(context.signal)
  const project =
    settings.project || (await metadataName(door, 'project/project-id', context.signal))
  const api = `${secretManagerOf(context.env, settings.location)}/v1`
  return { door, identity, settings: { ...settings, project }, api }
}
