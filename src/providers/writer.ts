import type { PushDialect, PushWrite, RemotePlace, RemoteSecret } from '../model/push.ts'
import type { Store } from '../model/store.ts'
import type { OpenContext } from './provider.ts'

/** An open store that can be written to. Every call throws ProviderError, `conflict` for what has changed since `observe`. */
export interface SecretWriter {
  readonly dialect: PushDialect
  /** Undefined when absent, which only a clear answer says. */
  readonly observe: (place: RemotePlace, signal: AbortSignal) => Promise<RemoteSecret | undefined>
  /**
   * Creates or updates. The mark that says who manages the secret is there before its value or together with it, so that a
   * kill in between leaves nothing that the next run would take for somebody else's.
   */
  readonly write: (write: PushWrite, signal: AbortSignal) => Promise<void>
  /** Removes the whole secret; absent is fine. */
  readonly remove: (
    place: RemotePlace,
    observed: RemoteSecret,
    signal: AbortSignal,
  ) => Promise<void>
  /** Ends what the login opened. Never rejects. */
  readonly close: () => Promise<void>
}

/** Opens a store for writing: reads its credentials and logs in. Throws ProviderError. */
export type OpenWriter = (store: Store, context: OpenContext) => Promise<SecretWriter>
