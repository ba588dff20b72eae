// The joint between providers and whoever watches over the traffic of a store: how many calls are under way, and
// whether the store is worth asking at all.

/** What one attempt says about the store, whatever it says about the secret. */
export type Sign = 'answered' | 'throttled' | 'failed'

/** One attempt of a call, made. */
export interface Attempted<Outcome> {
  readonly outcome: Outcome
  /** Undefined when it says nothing, e.g. it was cancelled. */
  readonly sign: Sign | undefined
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined
  /** For people, when the sign is `failed`: what happened, without a value. */
  readonly words: string
}

/**
 * Makes one attempt when its turn has come. Throws ProviderError without making it once the store has been given up, and
 * the reason of the signal when that aborts first. Pauses between attempts belong outside: they would hold a place.
 */
export type Turn = <Outcome>(
  attempt: () => Promise<Attempted<Outcome>>,
  signal: AbortSignal,
) => Promise<Outcome>

/** For those whose calls nobody watches: a generator makes one, and a test its own. */
export const atOnce: Turn = async (attempt) => (await attempt()).outcome
