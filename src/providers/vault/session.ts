import { dig } from '../../model/json.ts'
import { ProviderError } from '../provider.ts'
import type { CallOptions } from './api.ts'
import type { Door } from './door.ts'
import { logIn, type VaultToken } from './login.ts'

// One identity of a store has one token. Its life:
//
//   two thirds are over     renew-self; a new login where it is not renewable, or near its max TTL
//   it is over              a new login
//   403 on it               a new login, at most one a minute
//   close                   revoke-self, unless it was given to us or is a batch token

/** One login for a whole run, and its end. */
export interface VaultSession {
  /** A token with a third of its life left; one login or renewal however many ask at the same time. */
  readonly token: (signal: AbortSignal) => Promise<VaultToken | undefined>
  /**
   * After a 403 on `stale`: whether another token can be had. Most refusals are about a policy, so a store logs in again
   * at most once a minute.
   */
  readonly replace: (stale: VaultToken | undefined) => boolean
  /** Revokes what the logins opened. Never rejects. */
  readonly close: () => Promise<void>
}

/** A token, or the request for one. Times are Infinity until it is there. */
interface Held {
  readonly token: Promise<VaultToken | undefined>
  value: VaultToken | undefined
  /** When two thirds of its life are over. */
  dueMs: number
  endsMs: number
}

// A policy that is missing would otherwise cost a login per read (500 reads, 500 logins).
const REPLACE_MS_MIN = 60_000
const REVOKE_MS_MAX = 5000

/** The store's one token, however many reads share it. */
export function openSession(door: Door): VaultSession {
  const { nowMs } = door.opening.context
  const opened = new Set<VaultToken>()
  let held: Held | undefined
  let replacedMs = Number.NEGATIVE_INFINITY
  // The life of a token is counted from before it was asked for: an answer may be long on its way.
  const hold = (asked: Promise<VaultToken | undefined>): Held => {
    const startedMs = nowMs()
    const mine: Held = { token: asked, value: undefined, dueMs: Infinity, endsMs: Infinity }
    asked.then(
      (value) => {
        mine.value = value
        if (value?.leaseMs === undefined) return
        mine.dueMs = startedMs + (value.leaseMs * 2) / 3
        mine.endsMs = startedMs + value.leaseMs
      },
      () => {
        if (held === mine) held = undefined
      },
    )
    return mine
  }
  // Only what a login of ours has opened is ours to end.
  const open = async (signal: AbortSignal): Promise<VaultToken | undefined> => {
    const token = await logIn(door, signal)
    if (token?.isRevocable === true) opened.add(token)
    return token
  }
  // While a login or renewal is under way its times are Infinity, so everybody waits for the same one.
  const current = (signal: AbortSignal): Held => {
    if (held === undefined || held.endsMs <= nowMs()) return hold(open(signal))
    if (held.dueMs > nowMs() || held.value === undefined) return held
    const { value, endsMs } = held
    return hold(prolonged({ value, endsMs }, { door, open, signal }))
  }
  return {
    token: (signal) => {
      held = current(signal)
      return held.token
    },
    replace: (stale) => {
      if (stale === undefined || stale.leaseMs === undefined) return false
      // Somebody else has replaced it since, or is about to.
      if (held?.value?.value !== stale.value) return true
      if (nowMs() - replacedMs < REPLACE_MS_MIN) return false
      replacedMs = nowMs()
      held = undefined
      return true
    },
    close: async () => {
      held = undefined
      const tokens = [...opened]
      opened.clear()
      await Promise.all(tokens.map((token) => revoke(door, token)))
    },
  }
}

/** What a renewal needs: where to ask, and a login for when that is of no use. */
interface Renewal {
  readonly door: Door
  readonly open: (signal: AbortSignal) => Promise<VaultToken | undefined>
  readonly signal: AbortSignal
}

/** The same token with a new lease, or another token. What cannot be had now is no failure while the old one lives. */
async function prolonged(
  { value, endsMs }: { readonly value: VaultToken; readonly endsMs: number },
  { door, open, signal }: Renewal,
): Promise<VaultToken | undefined> {
  try {
    return (
      (value.isRenewable ? await renewed(value, door, signal) : undefined) ?? (await open(signal))
    )
  } catch (error) {
    signal.throwIfAborted()
    const leftMs = endsMs - door.opening.context.nowMs()
    if (!(error instanceof ProviderError) || leftMs <= 0) throw error
    return { ...value, leaseMs: leftMs }
  }
}

/** Undefined when Vault does not renew it, or hardly: its max TTL is near. */
async function renewed(
  token: VaultToken,
  door: Door,
  signal: AbortSignal,
): Promise<VaultToken | undefined> {
  try {
    const options = ofToken(door, { call: 'vault:renew-self', token, signal })
    const { status, json } = await door.api.write('auth/token/renew-self', {}, options)
    const seconds = dig(json, 'auth', 'lease_duration')
    const isLonger =
      status === 200 && typeof seconds === 'number' && seconds * 2000 > (token.leaseMs ?? 0)
    return isLonger ? { ...token, leaseMs: seconds * 1000 } : undefined
  } catch (error) {
    if (error instanceof ProviderError) return undefined
    throw error
  }
}

/** Whatever goes wrong here is no failure of the run. */
async function revoke(door: Door, token: VaultToken): Promise<void> {
  const signal = AbortSignal.timeout(REVOKE_MS_MAX)
  try {
    const options = ofToken(door, { call: 'vault:revoke-self', token, signal })
    await door.api.write('auth/token/revoke-self', {}, options)
  } catch {
    // It ends by itself at the end of its life; the run has done its work.
  }
}

/** A call about the token itself: in the namespace of the login, that is where it lives. */
function ofToken(
  { settings }: Door,
  {
    call,
    token,
    signal,
  }: { readonly call: string; readonly token: VaultToken; readonly signal: AbortSignal },
): CallOptions {
  return { call, token: token.value, namespace: settings.loginNamespace, signal, isRetried: false }
}
