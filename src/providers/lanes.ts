/**
 * Runs `work` for every item, at most `lanes` at a time, and gives the results in the order of the items. The first
 * rejection ends it: nothing is started after it.
 */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  let isEnded = false
  const lane = async (): Promise<void> => {
    for (const [at, item] of waiting) {
      if (isEnded) return
      results[at] = await work(item)
    }
  }
  const running = Array.from({ length: Math.min(lanes, items.length) }, lane)
  try {
    await Promise.all(running)
  } finally {
    isEnded = true
  }
  return results
}
