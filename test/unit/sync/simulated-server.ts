// A server in simulated time: calls take as long as they are said to, and nobody waits for it.

/** Time that passes only when everybody waits. */
export interface SimulatedTime {
  readonly nowMs: () => number
  readonly sleep: (delayMs: number) => Promise<void>
  /** Lets time pass until this is settled. */
  readonly until: <T>(work: Promise<T>) => Promise<T>
}

export function simulatedTime(): SimulatedTime {
  let now = 0
  const waiting: { readonly atMs: number; readonly wake: () => void }[] = []
  const sleep = (delayMs: number): Promise<void> =>
    new Promise((wake) => {
      waiting.push({ atMs: now + delayMs, wake })
    })
  return {
    nowMs: () => now,
    sleep,
    until: async (work) => {
      let isSettled = false
      const settle = (): void => {
        isSettled = true
      }
      work.then(settle, settle)
      for (;;) {
        // Everything that can run does, before time goes on.
        await new Promise((resolve) => setImmediate(resolve))
        if (isSettled) return work
        waiting.sort((a, b) => a.atMs - b.atMs)
        const next = waiting.shift()
        if (next === undefined) throw new Error('everybody waits, and nothing will happen')
        now = next.atMs
        next.wake()
        // Those of the same moment too.
        while (waiting[0]?.atMs === now) waiting.shift()?.wake()
      }
    },
  }
}

/** So many calls a second, as a token bucket with a tenth of a second of burst; undefined takes everything. */
export function quotaOf(perSecond: number | undefined, nowMs: () => number): () => boolean {
  if (perSecond === undefined) return () => true
  const size = Math.max(1, perSecond / 10)
  let tokens = size
  let filledMs = 0
  return () => {
    tokens = Math.min(size, tokens + ((nowMs() - filledMs) * perSecond) / 1000)
    filledMs = nowMs()
    if (tokens < 1) return false
    tokens--
    return true
  }
}
