/** Lets at most so many pieces of work run at once. */
export type Lanes = <T>(work: () => Promise<T>) => Promise<T>

/** At most `count` pieces of work at a time, first come, first served; a failure frees its lane. */
export function createLanes(count: number): Lanes {
  let free = count
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
