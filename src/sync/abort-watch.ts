// One signal ends a whole run, and thousands of calls want to know. A listener of its own for each costs a call more than
// its headers, so all that watch a signal share one.

const watched = new WeakMap<AbortSignal, Set<() => void>>()

/** Those who are told when the signal aborts, in the order in which they came; whoever leaves is not told. */
export function watchersOf(signal: AbortSignal): Set<() => void> {
  const known = watched.get(signal)
  if (known !== undefined) return known
  const watchers = new Set<() => void>()
  watched.set(signal, watchers)
  const tell = (): void => {
    for (const watcher of watchers) {
      watchers.delete(watcher)
      watcher()
    }
  }
  signal.addEventListener('abort', tell, { once: true })
  return watchers
}
