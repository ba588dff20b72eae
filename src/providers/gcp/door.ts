import type { JsonValue } from '../../model/json.ts'
import type { Opening } from '../references.ts'
import { decodeRetry } from '../retry.ts'
import { decodeGcpAuth, type GcpAuth } from './auth.ts'
import type { GcpLine } from './call.ts'
import { endpointsOf, type GcpEndpoints } from './endpoints.ts'
import type { AccessToken, Principal } from './exchange.ts'

/** What a login needs. */
export interface GcpDoor {
  readonly auth: GcpAuth
  /** Where `auth` stands, for messages: `spec.provider.gcpsm.auth`. */
  readonly field: string
  readonly opening: Opening
  readonly line: GcpLine
  readonly endpoints: GcpEndpoints
}

/** An `auth` of gcpsm's shape, wherever it stands. */
export interface AuthPlace {
  readonly auth: JsonValue | undefined
  readonly field: string
  /** Bound of one request. */
  readonly requestMs: number
}

/** Decodes the `auth`; nothing is looked up and nobody is asked. Throws ProviderError `invalid`. */
export function gcpDoor(opening: Opening, { auth, field, requestMs }: AuthPlace): GcpDoor {
  const { store, context } = opening
  return {
    auth: decodeGcpAuth(auth, field),
    field,
    opening,
    line: { context, requestMs, retry: decodeRetry(store) },
    endpoints: endpointsOf(context.env),
  }
}

/** An access token and whose it is. */
export interface GcpToken extends AccessToken {
  readonly principal: Principal
}

/** A service account of Google. */
export function accountPrincipal(email: string): Principal {
  return { words: `service account ${email}`, member: `serviceAccount:${email}`, email }
}
