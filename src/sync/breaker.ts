// When a store is given up. A failure here is a try that got no answer: network, TLS, 5xx, a sealed Vault. Tries that
// were under way at the same time are one round: a server that restarts cuts them all at once and is back a second later.
//
//   state      │ an answer │ a failure                                     │ may a call leave?
//   ───────────┼───────────┼───────────────────────────────────────────────┼─────────────────
//   closed     │ closed    │ closed; open after three rounds in two seconds│ yes
//   open       │ closed    │ open                                          │ no
//   half-open  │ closed    │ open, twice as long, at most five minutes     │ one, to see
//
// Half-open is an open breaker whose time is over: nothing has to tick.

/** What is known of a store that fails: plain data, which a controller keeps between its runs. */
export interface Breaker {
  /** Rounds of failures since the last answer. */
  readonly rounds: number
  /** When the first call of them began. */
  readonly sinceMs: number
  /** Calls that began before this belong to the round that is counted already. */
  readonly countedMs: number
  /** Undefined while it is closed. */
  readonly openUntilMs: number | undefined
  readonly openForMs: number
  /** The last failure, in our words. */
  readonly words: string
}

/** Breakers by store; one that answers has none. */
export type Breakers = Map<string, Breaker>

const ROUNDS_MAX = 3
/** Shorter than the pauses of three tries, longer than a restart behind a load balancer. */
const LASTS_MS = 2000
const OPEN_MS = { first: 30_000, longest: 300_000 }

/** Nobody has asked such a store for an hour: it was deleted, or is another one now. */
const FORGOTTEN_MS = 3_600_000

/** Keeps the state of a store that fails. A new one takes the place of those that nobody asks any more. */
export function remember(
  breakers: Breakers,
  id: string,
  { breaker, nowMs }: { readonly breaker: Breaker; readonly nowMs: number },
): void {
  if (!breakers.has(id)) {
    for (const [known, { countedMs, openUntilMs = countedMs }] of breakers) {
      if (nowMs - openUntilMs > FORGOTTEN_MS) breakers.delete(known)
    }
  }
  breakers.set(id, breaker)
}

/** One try that got no answer. */
export interface Failing {
  readonly beganMs: number
  readonly nowMs: number
  readonly words: string
}

/** The state after a failure; an answer has none, its breaker is forgotten. */
export function afterFailure(
  breaker: Breaker | undefined,
  { beganMs, nowMs, words }: Failing,
): Breaker {
  if (breaker === undefined) return closed({ rounds: 1, sinceMs: beganMs, nowMs, words })
  // What left before the round was counted says nothing new.
  if (beganMs < breaker.countedMs) return { ...breaker, words }
  if (breaker.openUntilMs !== undefined) {
    return nowMs < breaker.openUntilMs ? breaker : opened(breaker, { nowMs, words })
  }
  const rounds = breaker.rounds + 1
  const next = closed({ rounds, sinceMs: breaker.sinceMs, nowMs, words })
  const isOver = rounds >= ROUNDS_MAX && nowMs - breaker.sinceMs >= LASTS_MS
  return isOver ? opened(next, { nowMs, words }) : next
}

function closed({
  rounds,
  sinceMs,
  nowMs,
  words,
}: {
  readonly rounds: number
  readonly sinceMs: number
  readonly nowMs: number
  readonly words: string
}): Breaker {
  return { rounds, sinceMs, countedMs: nowMs, openUntilMs: undefined, openForMs: 0, words }
}

/** Opens at once, or for twice as long as the last time. */
export function opened(
  breaker: Breaker,
  { nowMs, words }: Pick<Failing, 'nowMs' | 'words'>,
): Breaker {
  const { openForMs: before } = breaker
  const openForMs = before === 0 ? OPEN_MS.first : Math.min(before * 2, OPEN_MS.longest)
  return { ...breaker, countedMs: nowMs, openForMs, openUntilMs: nowMs + openForMs, words }
}

/** Whether calls may leave: all of them, one that finds out, or none. */
export function admits(breaker: Breaker | undefined, nowMs: number): 'all' | 'one' | 'none' {
  if (breaker?.openUntilMs === undefined) return 'all'
  return nowMs < breaker.openUntilMs ? 'none' : 'one'
}
