import { setMaxListeners } from 'node:events'
import type { Dispatcher } from './dispatcher.ts'
import { type ControllerClock, createDispatcher } from './dispatcher.ts'
import type { Lease } from './lease.ts'
import type { Batch, Queue } from './queue.ts'
import type { Source } from './source.ts'

// One controller: it watches from the beginning, works while it leads, and ends in one of three ways.
//
//  stopped  │ it was told to: runs under way get ten seconds, the lease is given back
//  lost     │ the lease could not be renewed in time: another may lead now
//  deaf     │ the API server was not heard for ten minutes, as after a watch that hangs: a new process is better

const GRACE_MS = 10_000
const DEAF_MS = 600_000
const LISTEN_MS = 10_000
/** Each watch waits on the signal that ends them all, and there are 13; many more would be a leak. */
const WATCHES_MAX = 40

/** How it ended. */
export type End = 'stopped' | 'lost' | 'deaf'

/** What a controller is made of. */
export interface ControllerParts {
  readonly source: Source
  readonly queue: Queue
  /** Undefined: this replica is alone. */
  readonly lease: Lease | undefined
  readonly clock: ControllerClock
  readonly onTick: () => void
  readonly onBatch: (batch: Batch, error: unknown) => void
  readonly onLeading: () => void
  /** An ExternalSecret that is no more. */
  readonly onGone: (batch: string, name: string) => void
}

/** Runs until the signal aborts, or until it had better not go on. Rejects only for a bug. */
export async function runController(parts: ControllerParts, stop: AbortSignal): Promise<End> {
  const { source, queue, lease, clock } = parts
  const dispatcher = createDispatcher({ source, queue }, clock, parts)
  const over = new AbortController()
  setMaxListeners(WATCHES_MAX, over.signal)
  const sink = {
    changed: (item, cause) => {
      queue.add(item, cause, clock.nowMs())
      dispatcher.wake()
    },
    gone: (item) => {
      queue.forget(item)
      parts.onGone(item.batch, item.name)
    },
  } satisfies Parameters<Source['watch']>[0]
  const watching = source.watch(sink, over.signal)
  try {
    const ends = [lead(dispatcher, parts, stop), untilDeaf(source, clock, over.signal), watching]
    return (await Promise.race(ends)) ?? 'stopped'
  } finally {
    over.abort()
    await watching
    await source.close()
    await lease?.release()
  }
}

/** Waits for the lease, works, and stops with grace, or at once when the lease is lost. */
async function lead(
  dispatcher: Dispatcher,
  parts: ControllerParts,
  stop: AbortSignal,
): Promise<End> {
  const { lease, clock, onLeading } = parts
  if (lease !== undefined && !(await lease.acquire(stop))) return 'stopped'
  if (stop.aborted) return 'stopped'
  onLeading()
  const stopping = new AbortController()
  const working = new AbortController()
  const work = dispatcher.work(stopping.signal, working.signal)
  const keeping = new AbortController()
  const kept = lease === undefined ? aborted(stop) : lease.keep(keeping.signal)
  const isLost = (await Promise.race([kept, aborted(stop)])) === false && !stop.aborted
  stopping.abort()
  if (isLost) working.abort()
  else await Promise.race([work, clock.sleep(GRACE_MS, keeping.signal).catch(() => undefined)])
  working.abort()
  await work
  keeping.abort()
  // A renewal under way would take back what is about to be given up.
  await kept
  return isLost ? 'lost' : 'stopped'
}

function aborted(signal: AbortSignal): Promise<true> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(true)
    else signal.addEventListener('abort', () => resolve(true), { once: true })
  })
}

/** The watchdog. Never ends while the API server is heard. */
async function untilDeaf(
  source: Source,
  clock: ControllerClock,
  signal: AbortSignal,
): Promise<End> {
  while (!signal.aborted) {
    await clock.sleep(LISTEN_MS, signal).catch(() => undefined)
    if (clock.nowMs() - source.heardMs() > DEAF_MS) return 'deaf'
  }
  return 'stopped'
}
