/**
 * Aborts with its parent, or after `delayMs` if that is sooner. Trap: Node 20 collects a timeout that only AbortSignal.any
 * knows of, and then it never fires (nodejs/node#54614); a listener keeps it.
 */
export function deadline(parent: AbortSignal, delayMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(delayMs)
  timeout.addEventListener('abort', () => undefined, { once: true })
  return AbortSignal.any([parent, timeout])
}
