import type { Answer, ProviderErrorCode, ProviderFailure } from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import {
  failureOf,
  type OpenContext,
  type OpenProvider,
  ProviderError,
  type SecretProvider,
} from '../providers/provider.ts'
import { type Asked, give } from './asked.ts'
import { deadline } from './deadline.ts'
import type { StoreTraffic, Traffic } from './traffic.ts'

// The reads of one store: one login, then batches, several at a time, as many as the store's pace allows. A batch that
// misses its deadline costs its own reads; a store that has not said a word by then is not asked any more.

/** What opening and reading a store takes. */
export interface GroupOptions {
  readonly open: OpenProvider
  /** What a store is opened with, but for the signal. */
  readonly contextFor: (store: Store, namespace: string) => Omit<OpenContext, 'signal'>
  readonly traffic: Traffic
  /** The whole run. */
  readonly signal: AbortSignal
  /** Logging in, and each batch of reads. */
  readonly deadlineMs: number
}

/** Reads that share one login. */
export interface Group {
  readonly store: Store
  readonly namespace: string
  readonly asked: Map<string, Asked>
  opened: Promise<SecretProvider> | undefined
}

/** A multiple of what AWS takes in one call. */
const BATCH_READS = 160
/** Calls of a provider that a batch makes at least; 32 at once then need five batches. */
const CALLS_PER_BATCH = 7
/** Logging out is a courtesy: tokens end by themselves. */
const CLOSE_DEADLINE_MS = 5000

/** Answers every read of the group; never rejects. When the login fails, they all fail with its words. */
export async function readGroup(group: Group, options: GroupOptions): Promise<void> {
  const waiting = [...inTurns([...group.asked.values()])]
  // Nobody else holds them: what is answered and taken can be forgotten while the others are read.
  group.asked.clear()
  const reader: Reader = { group, options, traffic: options.traffic(group.store) }
  try {
    const refused = reader.traffic.refusal()
    if (refused !== undefined) return giveAll(waiting, { outcome: 'failed', failure: refused })
    const provider = await opened(reader)
    const running = new Set<Promise<void>>()
    while (waiting.length > 0) {
      while (running.size >= Math.ceil(reader.traffic.limit() / CALLS_PER_BATCH)) {
        await Promise.race(running)
      }
      const work: Promise<void> = readBatch(waiting.splice(0, BATCH_READS), provider, reader)
      running.add(work)
      void work.then(() => running.delete(work))
    }
    await Promise.all(running)
  } catch (error) {
    giveAll(waiting, failureAnswer(error, reader))
  }
}

/** A group while it is read. */
interface Reader {
  readonly group: Group
  readonly options: GroupOptions
  readonly traffic: StoreTraffic
}

function giveAll(asked: readonly Asked[], answer: Answer): void {
  for (const one of asked) give(one, answer)
}

/** One read of each namespace after the other: a tenant with thousands does not come before one with three (MT-9). */
function inTurns(asked: readonly Asked[]): readonly Asked[] {
  const queues = new Map<string, Asked[]>()
  for (const one of asked) {
    const queue = queues.get(one.namespace)
    if (queue === undefined) queues.set(one.namespace, [one])
    else queue.push(one)
  }
  if (queues.size < 2) return asked
  const longest = Math.max(...[...queues.values()].map(({ length }) => length))
  return Array.from({ length: longest }, (_, at) =>
    [...queues.values()].flatMap((queue) => queue[at] ?? []),
  ).flat()
}

/** The login has its own deadline, so that one dead store cannot hold the others. */
async function opened({ group, options, traffic }: Reader): Promise<SecretProvider> {
  const { store, namespace } = group
  const signal = deadline(options.signal, options.deadlineMs)
  const isLate = traffic.begin()
  const context = { ...options.contextFor(store, namespace), signal }
  group.opened = options.open(store, context)
  try {
    return await untilAborted(group.opened, signal)
  } catch (error) {
    if (signal.aborted && !options.signal.aborted) isLate(SILENT)
    throw error
  }
}

async function readBatch(
  batch: readonly Asked[],
  provider: SecretProvider,
  reader: Reader,
): Promise<void> {
  const { options, traffic } = reader
  const refused = traffic.refusal()
  if (refused !== undefined) return giveAll(batch, { outcome: 'failed', failure: refused })
  const signal = deadline(options.signal, options.deadlineMs)
  const isLate = traffic.begin()
  try {
    const reads = batch.map(({ read }) => read)
    const answers = await untilAborted(provider.read(reads, signal), signal)
    const cause = causeOf(answers)
    for (const [at, asked] of batch.entries()) {
      const answer = answers[at] ?? failed('malformed', 'the provider left the read unanswered')
      give(asked, cause === undefined ? answer : named(answer, cause, traffic.refusal()))
    }
  } catch (error) {
    if (signal.aborted && !options.signal.aborted) isLate(SILENT)
    giveAll(batch, failureAnswer(error, reader))
  }
}

const SILENT = 'no answer came within the time for one batch of reads'

/** What a store can be as a whole, rather than one of its secrets. */
const CAUSES: ReadonlySet<ProviderErrorCode> = new Set(['sealed', 'untrusted', 'timeout'])

function causeOf(answers: readonly Answer[]): ProviderErrorCode | undefined {
  for (const answer of answers) {
    if (answer.outcome === 'failed' && CAUSES.has(answer.failure.code)) return answer.failure.code
  }
  return undefined
}

/** A read that was not asked fails under the code of those that were; their words may name another tenant's key. */
function named(
  answer: Answer,
  code: ProviderErrorCode,
  refusal: ProviderFailure | undefined,
): Answer {
  if (answer.outcome !== 'failed' || answer.failure.message !== refusal?.message) return answer
  const words = code === 'sealed' ? `${refusal.message} (sealed)` : refusal.message
  return { outcome: 'failed', failure: { ...refusal, code, message: words } }
}

/** A provider that ignores its signal must not hold the run. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Anything but a ProviderError and an abort is a bug of ours; its text may quote a value, so only its kind is told. */
function failureAnswer(error: unknown, { group, options }: Reader): Answer {
  if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
  const { kind, name: storeName } = group.store
  const name = `${kind} ${storeName}`
  if (options.signal.aborted) {
    return failed('timeout', `the run ended before ${name} answered`, UNREACHABLE)
  }
  if (error instanceof Error && error.name !== 'TimeoutError' && error.name !== 'AbortError') {
    return failed('malformed', `${name} could not be read: internal error ${error.name}`)
  }
  const message = `${name} did not answer within ${options.deadlineMs / 1000} s`
  return failed('timeout', message, UNREACHABLE)
}

const UNREACHABLE = 'see that its server can be reached from here'

function failed(code: ProviderErrorCode, message: string, hint?: string): Answer {
  return { outcome: 'failed', failure: { code, message, hint } }
}

/** Never rejects: the run has done its work. */
export async function closeGroup({ opened }: Group): Promise<void> {
  try {
    const provider = await opened
    if (provider !== undefined) {
      await untilAborted(provider.close(), AbortSignal.timeout(CLOSE_DEADLINE_MS))
    }
  } catch {
    // It never opened, which its reads have told already, or it does not answer any more.
  }
}
