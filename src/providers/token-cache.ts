/** A credential with an end. */
export interface Expiring {
  /** On the clock of the run; Infinity for one without end. */
  readonly expiresMs: number
}

/** One login for all calls of a store. */
export interface TokenCache<Token extends Expiring> {
  /** A token with some life left; one login however many ask at the same time. */
  readonly token: (signal: AbortSignal) => Promise<Token>
  /**
   * After a refusal of `stale`: whether another token can be had. Most refusals are about rights, so a store logs in
   * again at most once a minute.
   */
  readonly renew: (stale: Token) => boolean
}

// As long as the longest run: a token that is handed out holds until its end.
const EXPIRY_MARGIN_MS = 5 * 60 * 1000
const RENEW_MS_MIN = 60_000

/** Logs in when a token is asked for first, and again shortly before it ends. A failed login is not remembered. */
export function tokenCache<Token extends Expiring>(
  logIn: (signal: AbortSignal) => Promise<Token>,
  nowMs: () => number,
): TokenCache<Token> {
  let current: { readonly token: Promise<Token>; endsMs: number } | undefined
  let latest: Token | undefined
  let renewedMs = Number.NEGATIVE_INFINITY
  const start = (signal: AbortSignal): Promise<Token> => {
    const token = logIn(signal)
    const mine = { token, endsMs: Number.POSITIVE_INFINITY }
    current = mine
    token.then(
      (value) => {
        // One that lives shorter than the margin is used for half of its life.
        const lifeMs = value.expiresMs - nowMs()
        mine.endsMs = nowMs() + Math.max(lifeMs - EXPIRY_MARGIN_MS, lifeMs / 2)
      },
      () => {
        if (current === mine) current = undefined
      },
    )
    return token
  }
  return {
    token: async (signal) => {
      const found = current
      const isAlive = found !== undefined && found.endsMs > nowMs()
      latest = await (isAlive ? found.token : start(signal))
      return latest
    },
    renew: (stale) => {
      // Somebody else has renewed it since.
      if (stale !== latest) return true
      if (nowMs() - renewedMs < RENEW_MS_MIN) return false
      renewedMs = nowMs()
      current = undefined
      latest = undefined
      return true
    },
  }
}
