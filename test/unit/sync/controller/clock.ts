/** A clock that stands still until a test moves it. */
export interface VirtualClock {
  /** Since the epoch. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>
  /** Moves the time and wakes whoever has slept enough. */
  readonly advance: (delayMs: number) => void
}

interface Sleeper {
  readonly wakeMs: number
  readonly wake: () => void
}

export function virtualClock(startMs: number): VirtualClock {
  let passedMs = 0
  const sleepers = new Set<Sleeper>()
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const end = (settle: () => void) => () => {
          sleepers.delete(sleeper)
          signal.removeEventListener('abort', abort)
          settle()
        }
        const abort = (): void => end(() => reject(signal.reason))()
        const sleeper: Sleeper = { wakeMs: passedMs + delayMs, wake: end(resolve) }
        if (delayMs <= 0) return resolve()
        sleepers.add(sleeper)
        signal.addEventListener('abort', abort, { once: true })
      }),
    advance: (delayMs) => {
      passedMs += delayMs
      for (const sleeper of [...sleepers]) if (sleeper.wakeMs <= passedMs) sleeper.wake()
    },
  }
}

/** Looks again and again while the servers of a test do their work; fails after twenty seconds. */
export async function until(isSo: () => boolean, what = 'it did not happen'): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(what)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
