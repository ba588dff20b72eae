import { setMaxListeners } from 'node:events'
import { counted } from '../counted.ts'
import { type OpenContext, ProviderError } from '../provider.ts'
import { fullJitterMs, type RetrySettings } from '../retry.ts'
import type { Attempted, Sign } from '../turn.ts'
import { type AwsFault, readFault } from './failure.ts'

/** No default of the SDK ends a call, so each of these is set. */
export interface AwsLimits {
  readonly connectMs: number
  /** Until the answer begins. */
  readonly requestMs: number
  /** The whole call with its body. */
  readonly callMs: number
}

/** A call ended without an answer. Stays inside this folder; `fault` holds nothing of the SDK's error. */
export class AwsCallFailure extends Error {
  readonly fault: AwsFault
  constructor(fault: AwsFault) {
    super(fault.words)
    this.fault = fault
  }
}

/** Makes one call, named as its quota is: again after throttling, faults and cut connections, within limits. */
export type AwsCaller = <Output>(
  call: string,
  send: (signal: AbortSignal) => Promise<Output>,
  signal: AbortSignal,
) => Promise<Output>

// Attempts in all, the first one included.
const THROTTLED_ATTEMPTS = 5
const UNAVAILABLE_ATTEMPTS = 3

/** How one store's calls are bounded and repeated. */
export interface CallerOptions {
  readonly limits: AwsLimits
  readonly retry: RetrySettings | undefined
  /** What signs the calls; undefined where nothing does, or nothing that could be had anew. */
  readonly session: SessionMemory | undefined
  /** Whether a throttled call is made again here; otherwise whoever made it sees to that. */
  readonly repeatsThrottled: boolean
}

/** Many calls may find at the same time that one session has expired: only the first of them ends it. */
export interface SessionMemory {
  readonly current: () => unknown
  readonly forget: (session: unknown) => void
}

/** The SDK's own retries are off: they know neither the clock nor the deadline of a run, and count nothing. */
export function awsCaller(context: OpenContext, options: CallerOptions): AwsCaller {
  return async (call, send, signal) => {
    for (let attempt = 1; ; attempt++) {
      const session = options.session?.current()
      const outcome = await context.turn(
        () => countedOnce(context, call, () => tryOnce(send, signal, options)),
        signal,
      )
      if ('output' in outcome) return outcome.output
      const { fault } = outcome
      if (attempt >= attemptsMax(fault, options)) throw new AwsCallFailure(fault)
      if (fault.cause === 'expired') options.session?.forget(session)
      else await pause({ fault, attempt, signal }, context, options.retry)
    }
  }
}

/** The SDK tells nobody when a request leaves. */
function countedOnce<Output>(
  context: OpenContext,
  call: string,
  attempt: () => Promise<Attempted<Outcome<Output>>>,
): Promise<Attempted<Outcome<Output>>> {
  const isError = ({ outcome }: Attempted<Outcome<Output>>): boolean => 'fault' in outcome
  return counted(context, { call, isError }, (onLeave) => {
    onLeave()
    return attempt()
  })
}

const SKEW =
  'the clock of this machine differs from that of AWS by minutes; signatures were corrected, but set it'

/** A call that failed, and the place that it has among its repetitions. */
interface Failed {
  readonly fault: AwsFault
  readonly attempt: number
  readonly signal: AbortSignal
}

/** After a corrected clock the call is made again at once: nothing has to recover. */
async function pause(
  { fault, attempt, signal }: Failed,
  context: OpenContext,
  retry: RetrySettings | undefined,
): Promise<void> {
  if (fault.isSkewCorrected) {
    context.onNotice?.(SKEW)
    return
  }
  const jitterMs = fullJitterMs(attempt, context.random())
  await context.sleep(retry?.delayMs ?? fault.retryAfterMs ?? jitterMs, signal)
}

type Outcome<Output> = { readonly output: Output } | { readonly fault: AwsFault }

/** The SDK's error ends here: what leaves is our reading of it. */
async function tryOnce<Output>(
  send: (signal: AbortSignal) => Promise<Output>,
  signal: AbortSignal,
  { limits, repeatsThrottled }: CallerOptions,
): Promise<Attempted<Outcome<Output>>> {
  try {
    const output = await bounded(send, signal, limits.callMs)
    return { outcome: { output }, sign: 'answered', retryAfterMs: undefined, words: '' }
  } catch (error) {
    signal.throwIfAborted()
    // Ours: the login that this call needed has failed, and its error says why.
    if (error instanceof ProviderError) throw error
    const fault = readFault(error)
    const { retryAfterMs, words } = fault
    return { outcome: { fault }, sign: signOf(fault.cause, repeatsThrottled), retryAfterMs, words }
  }
}

/**
 * What a fault says about the store: a refusal is an answer as well, somebody is there. A call with a quota and a pace of its
 * own says nothing about the others when it is throttled.
 */
function signOf(cause: AwsFault['cause'], repeatsThrottled: boolean): Sign {
  if (cause === 'throttled') return repeatsThrottled ? 'throttled' : 'answered'
  return ['unavailable', 'timeout', 'untrusted'].includes(cause) ? 'failed' : 'answered'
}

/** R114: `maxRetries` counts attempts, and is 3 when only the interval is given. */
function givenAttempts(retry: RetrySettings | undefined): number | undefined {
  return retry === undefined ? undefined : (retry.maxRetries ?? 3)
}

/** How often a call is made that AWS refuses for its rate. */
export function throttledAttempts(retry: RetrySettings | undefined): number {
  return givenAttempts(retry) ?? THROTTLED_ATTEMPTS
}

/** A refusal is final; what passes by itself is worth another try. */
function attemptsMax(fault: AwsFault, options: CallerOptions): number {
  const { retry, session, repeatsThrottled } = options
  if (fault.isSkewCorrected) return 2
  const given = givenAttempts(retry)
  switch (fault.cause) {
    case 'throttled':
      return repeatsThrottled ? throttledAttempts(retry) : 1
    case 'unavailable':
    case 'timeout':
      return given ?? UNAVAILABLE_ATTEMPTS
    case 'expired':
      return session === undefined ? 1 : 2
    default:
      return 1
  }
}

/**
 * The SDK stops listening to its signal once an answer begins; a body that drips is cut here. The listener is taken off
 * again: one signal lasts for a whole run of thousands of calls.
 */
async function bounded<Output>(
  send: (signal: AbortSignal) => Promise<Output>,
  signal: AbortSignal,
  callMs: number,
): Promise<Output> {
  signal.throwIfAborted()
  const ending = new AbortController()
  let end = (): void => undefined
  const cut = new Promise<never>((_, reject) => {
    end = () => {
      // Before the SDK hears of it: its own words for that say less.
      reject(late())
      ending.abort()
    }
  })
  setMaxListeners(0, signal)
  signal.addEventListener('abort', end, { once: true })
  const timer = setTimeout(end, callMs)
  try {
    return await Promise.race([send(ending.signal), cut])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}

function late(): Error {
  const error = new Error('late')
  error.name = 'TimeoutError'
  return error
}
