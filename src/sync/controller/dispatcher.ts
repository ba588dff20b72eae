import { setMaxListeners } from 'node:events'
import { within } from '../deadline.ts'
import type { Batch, Queue } from './queue.ts'
import type { Source, Verdict } from './source.ts'

/** Clock of the controller; `nowMs` is monotonic. */
export interface ControllerClock {
  readonly nowMs: () => number
  /** Rejects as soon as the signal aborts. */
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
}

/** What the dispatcher tells of its work. */
export interface DispatcherEvents {
  /** Called whenever it looks for work: the loop is alive. */
  readonly onTick: () => void
  readonly onBatch: (batch: Batch, error: unknown) => void
}

/** Runs what is due, until told to stop. */
export interface Dispatcher {
  /** Looks again: something was added. */
  readonly wake: () => void
  /**
   * Works until `stopping` aborts, and waits for the runs that are under way: whoever is tired of waiting aborts `working`.
   */
  readonly work: (stopping: AbortSignal, working: AbortSignal) => Promise<void>
}

// The loop looks at least so often, which is also its sign of life.
const TICK_MS_MAX = 5_000

/** Takes from the queue and hands to the source. */
export function createDispatcher(
  { source, queue }: { readonly source: Source; readonly queue: Queue },
  clock: ControllerClock,
  { onTick, onBatch }: DispatcherEvents,
): Dispatcher {
  let wake: () => void = () => undefined
  const under = new Set<Promise<void>>()

  const run = async (batch: Batch, signal: AbortSignal): Promise<void> => {
    let verdicts: ReadonlyMap<string, Verdict> = new Map()
    let failure: unknown
    try {
      verdicts = await within(signal, (own) => source.reconcile(batch.batch, batch.items, own))
    } catch (error) {
      failure = error
    }
    queue.settle(batch, verdicts, clock.nowMs())
    onBatch(batch, failure)
    wake()
  }

  const start = (working: AbortSignal): void => {
    for (;;) {
      const batch = queue.take(clock.nowMs())
      if (batch === undefined) return
      const running = run(batch, working).finally(() => under.delete(running))
      under.add(running)
    }
  }

  return {
    wake: () => wake(),
    work: async (stopping, working) => {
      // As many runs listen as there may be at once: no leak.
      setMaxListeners(0, working)
      stopping.addEventListener('abort', () => wake(), { once: true })
      while (!stopping.aborted) {
        const woken = new AbortController()
        wake = () => woken.abort()
        onTick()
        start(working)
        const leftMs = (queue.nextDueMs() ?? Number.POSITIVE_INFINITY) - clock.nowMs()
        const delayMs = Math.min(Math.max(0, leftMs), TICK_MS_MAX)
        await clock.sleep(delayMs, woken.signal).catch(() => undefined)
      }
      await Promise.all(under)
    },
  }
}
