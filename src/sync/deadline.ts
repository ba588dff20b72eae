/**
 * Aborts with its parent, or after `delayMs` if that is sooner. Trap: Node 20 collects a timeout that only AbortSignal.any
 * knows of, and then it never fires (nodejs/node#54614); a listener keeps it.
 */
export function deadline(parent: AbortSignal, delayMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(delayMs)
  timeout.addEventListener('abort', () => undefined, { once: true })
  return AbortSignal.any([parent, timeout])
}

/** Aborts `graceMs` after its parent does: for what is to be written down about work that was stopped. */
export function afterglow(parent: AbortSignal, graceMs: number): AbortSignal {
  const controller = new AbortController()
  const abort = (): void => {
    setTimeout(() => controller.abort(parent.reason), graceMs).unref()
  }
  if (parent.aborted) abort()
  else parent.addEventListener('abort', abort, { once: true })
  return controller.signal
}

/** Work with a signal of its own, which follows its parent: what hangs on it does not outlive the work. */
export async function within<T>(
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const abort = (): void => own.abort(parent.reason)
  if (parent.aborted) abort()
  parent.addEventListener('abort', abort)
  try {
    return await work(own.signal)
  } finally {
    parent.removeEventListener('abort', abort)
  }
}
