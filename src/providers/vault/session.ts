import { type Door, logIn, type VaultToken } from './login.ts'

/** One login for a whole run, and its end. */
export interface VaultSession {
  /** A token with a third of its life left; one login however many ask at the same time. */
  readonly token: (signal: AbortSignal) => Promise<VaultToken | undefined>
  /**
   * After a 403 on `stale`: whether another token can be had. Most refusals are about a policy, so a store logs in again
   * at most once a minute.
   */
  readonly renew: (stale: VaultToken | undefined) => boolean
  /** Revokes what the logins opened. Never rejects. */
  readonly close: () => Promise<void>
}

// A policy that is missing would otherwise cost a login per read (500 reads, 500 logins).
const RENEW_MS_MIN = 60_000
const REVOKE_MS_MAX = 5000

/** The store's one token, however many reads share it. */
export function openSession(door: Door): VaultSession {
  const { nowMs } = door.opening.context
  const opened: VaultToken[] = []
  let current: { token: Promise<VaultToken | undefined>; endsMs: number } | undefined
  let renewedMs = Number.NEGATIVE_INFINITY
  const start = (signal: AbortSignal): Promise<VaultToken | undefined> => {
    const token = logIn(door, signal)
    const mine = { token, endsMs: Number.POSITIVE_INFINITY }
    current = mine
    token.then(
      (value) => {
        if (value?.leaseMs === undefined) return
        opened.push(value)
        mine.endsMs = nowMs() + (value.leaseMs * 2) / 3
      },
      () => {
        if (current === mine) current = undefined
      },
    )
    return token
  }
  let latest: VaultToken | undefined
  return {
    token: async (signal) => {
      const isAlive = current !== undefined && current.endsMs > nowMs()
      latest = await (isAlive ? current?.token : start(signal))
      return latest
    },
    renew: (stale) => {
      if (stale === undefined || stale.leaseMs === undefined) return false
      // Somebody else has renewed it since.
      if (stale !== latest) return true
      if (nowMs() - renewedMs < RENEW_MS_MIN) return false
      renewedMs = nowMs()
      current = undefined
      latest = undefined
      return true
    },
    close: async () => {
      current = undefined
      await Promise.all(opened.splice(0).map((token) => revoke(door, token)))
    },
  }
}

/** In the namespace of the login: that is where the token lives. */
async function revoke({ api, settings }: Door, { value }: VaultToken): Promise<void> {
  const options = {
    call: 'vault:revoke-self',
    token: value,
    namespace: settings.loginNamespace,
    signal: AbortSignal.timeout(REVOKE_MS_MAX),
    isRetried: false,
  }
  try {
    await api.write('auth/token/revoke-self', {}, options)
  } catch {
    // It ends by itself at the end of its life; the run has done its work.
  }
}
