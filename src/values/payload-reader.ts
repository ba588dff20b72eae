import type { Parity } from '../model/parity.ts'
import type { Payload } from '../model/provider.ts'
import type { Attempt } from './attempt.ts'

/** What an entry asks of a payload. */
export interface PayloadRef {
  readonly key: string
  readonly property: string | undefined
  /** metadataPolicy Fetch: read the payload's metadata instead of its value. */
  readonly metadata: boolean
}

/**
 * How one provider's payloads become values. A failure with the code SecretNotFound means that the provider's rules
 * count this as "no secret", so that a deletionPolicy may act on it.
 */
export interface PayloadReader {
  /** `data[]` and `find`: one value. Undefined where ESO stores an empty one (Go's nil). */
  readonly select: (payload: Payload, ref: PayloadRef) => Attempt<Uint8Array | undefined>
  /** `dataFrom[].extract`: keys and values. */
  readonly extract: (
    payload: Payload,
    ref: PayloadRef,
    parity: Parity,
  ) => Attempt<ReadonlyMap<string, Uint8Array>>
}
