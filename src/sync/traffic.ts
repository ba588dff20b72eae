import { createHash } from 'node:crypto'
import {
  type HttpClient,
  HttpFailure,
  type HttpFailureCode,
  type HttpRequest,
  type HttpResponse,
} from '../model/http.ts'
import type { ProviderFailure } from '../model/provider.ts'
import { type Store, storeKey } from '../model/store.ts'
import { ProviderError } from '../providers/provider.ts'
import { retryAfterMs } from '../providers/retry.ts'
import type { Attempted, Sign, Turn } from '../providers/turn.ts'
import { admits, afterFailure, type Breakers, opened, remember } from './breaker.ts'
import { createPace, type Pace } from './pace.ts'

// All calls of a run pass here, each store's by itself: a pace that follows what the store can take, and a breaker for
// one that does not answer. Nothing is shared between stores, so none of them can delay another (MT-9).

/** The traffic of one store. */
export interface StoreTraffic {
  readonly turn: Turn
  /** The client, each of its requests in its turn. */
  readonly throttled: (http: HttpClient) => HttpClient
  /** Calls that may be under way now. */
  readonly limit: () => number
  /** Why the store is not asked any more; undefined while it is. */
  readonly refusal: () => ProviderFailure | undefined
  /** Starts a piece of work; what it returns says that its deadline has passed: without any answer since, the store is given up. */
  readonly begin: () => (words: string) => void
}

/** The traffic of a run. */
export type Traffic = (store: Store) => StoreTraffic

/** The world as far as traffic needs it. */
export interface TrafficOptions {
  /** What earlier runs of this process found out; this run adds to it. */
  readonly breakers: Breakers
  readonly nowMs: () => number
  readonly random: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** The whole run. */
  readonly signal: AbortSignal
}

/** As many connections as the transport keeps for one origin. More would only wait there, inside of their time limits. */
const CALLS_AT_ONCE = 32

/** Each store gets its own pace at its first call. */
export function createTraffic(options: TrafficOptions): Traffic {
  const known = new Map<string, StoreTraffic>()
  return (store) => {
    const key = storeKey(store.kind, store.namespace, store.name)
    const traffic = known.get(key) ?? openTraffic(key, store, options)
    known.set(key, traffic)
    return traffic
  }
}

function openTraffic(name: string, store: Store, options: TrafficOptions): StoreTraffic {
  const { breakers, nowMs, random, sleep, signal } = options
  const id = `${name} ${digestOf(store)}`
  const pace = createPace({
    limitMax: CALLS_AT_ONCE,
    random,
    sleep: (delayMs) => sleep(delayMs, signal),
  })
  if (admits(breakers.get(id), nowMs()) === 'one') pace.narrow()
  const watch: Watch = { id, name, pace, options, answeredMs: Number.NEGATIVE_INFINITY }
  const turn = turnOf(watch)
  return {
    turn,
    throttled: (http) => ({
      request: (request) => inTurn(turn, http, request),
      close: http.close,
    }),
    limit: pace.limit,
    refusal: () => refusalOf(watch),
    begin: () => {
      const beganMs = nowMs()
      return (words) => {
        if (watch.answeredMs >= beganMs) return
        const failing = { beganMs, nowMs: nowMs(), words }
        const breaker = opened(afterFailure(breakers.get(id), failing), failing)
        remember(breakers, id, { breaker, nowMs: failing.nowMs })
      }
    },
  }
}

/** What is known of one store in this run. */
interface Watch {
  readonly id: string
  readonly name: string
  readonly pace: Pace
  readonly options: TrafficOptions
  answeredMs: number
}

function refusalOf({ id, name, options }: Watch): ProviderFailure | undefined {
  const breaker = options.breakers.get(id)
  if (breaker === undefined || admits(breaker, options.nowMs()) !== 'none') return undefined
  return {
    code: 'unavailable',
    message: `${name} is not asked any more, because it did not answer: ${breaker.words}`,
    hint: 'see that its server is up and can be reached from here',
  }
}

/** One store's calls, counted and judged. */
function turnOf(watch: Watch): Turn {
  const { pace, options } = watch
  return async (attempt, signal) => {
    const place = await pace.enter(signal)
    let sign: Sign | undefined
    let afterMs: number | undefined
    try {
      const refused = refusalOf(watch)
      if (refused !== undefined) {
        throw new ProviderError(refused.code, refused.message, refused.hint)
      }
      const beganMs = options.nowMs()
      // Its time is over in the middle of a run: those behind this call wait for what it finds.
      if (admits(options.breakers.get(watch.id), beganMs) === 'one') pace.narrow()
      const made = await attempt()
      sign = made.sign
      afterMs = made.retryAfterMs
      learn(watch, made, beganMs)
      return made.outcome
    } finally {
      place.leave(sign, afterMs)
    }
  }
}

/** To be throttled is an answer as well: somebody is there. */
function learn(watch: Watch, { sign, words }: Attempted<unknown>, beganMs: number): void {
  const { breakers, nowMs } = watch.options
  if (sign === 'failed') {
    const failing = { beganMs, nowMs: nowMs(), words }
    const breaker = afterFailure(breakers.get(watch.id), failing)
    remember(breakers, watch.id, { breaker, nowMs: failing.nowMs })
  } else if (sign !== undefined) {
    watch.answeredMs = nowMs()
    breakers.delete(watch.id)
  }
}

/** A request is one attempt; its failure is thrown as the client would have thrown it. */
async function inTurn(turn: Turn, http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  const outcome = await turn(() => attempt(http, request), request.signal).catch((error) => {
    // It was still waiting: that is how the client puts it.
    if (!request.signal.aborted || error instanceof ProviderError) throw error
    return new HttpFailure('aborted', 'the request was cancelled while it waited for its turn')
  })
  if (outcome instanceof HttpFailure) throw outcome
  return outcome
}

/** A store that was corrected is another one: what was found out about it does not count any more. */
function digestOf({ settings }: Store): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64')
}

/** A new failure of the transport does not compile until it has a meaning here. */
const NETWORK: Readonly<Record<HttpFailureCode, Sign | undefined>> = {
  refused: 'failed',
  unresolved: 'failed',
  timeout: 'failed',
  reset: 'failed',
  'untrusted-certificate': 'failed',
  // These say something about one request or one host, or nothing at all.
  'too-large': 'answered',
  redirect: 'answered',
  'forbidden-address': undefined,
  aborted: undefined,
}

/** What a server's status says about all of its calls. */
function signOf(status: number, retryAfter: number | undefined): Sign {
  if (status === 429 || (status === 503 && retryAfter !== undefined)) return 'throttled'
  // 501: a Vault that is not initialised, or an operation that is not there, is an answer.
  return status >= 500 && status !== 501 ? 'failed' : 'answered'
}

async function attempt(
  http: HttpClient,
  request: HttpRequest,
): Promise<Attempted<HttpResponse | HttpFailure>> {
  try {
    const response = await http.request(request)
    const { status, headers } = response
    const afterMs = retryAfterMs(headers['retry-after'])
    const sign = signOf(status, afterMs)
    return { outcome: response, sign, retryAfterMs: afterMs, words: `HTTP ${status}` }
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    const { code, message: words } = error
    return { outcome: error, sign: NETWORK[code], retryAfterMs: undefined, words }
  }
}
