import { specHash } from '../plan/schedule.ts'
import type { Done } from './run-context.ts'
import type { StatusEntry, Statuses } from './status.ts'

/** What the next run has to know: entries of ExternalSecrets that are no longer there are left out. */
export function statusAfter(
  done: readonly Done[],
  remembered: Statuses,
  { namespace, nowMs }: { readonly namespace: string; readonly nowMs: number },
): Statuses {
  const entries = new Map<string, StatusEntry>()
  for (const one of done) {
    const { name } = one.externalSecret
    if (one.externalSecret.namespace !== namespace || name === '') continue
    const before = remembered.get(name)
    const entry = entryAfter(one, before, nowMs)
    if (entry !== undefined) entries.set(name, entry)
  }
  return entries
}

/** What failed keeps the memory of the last success; what was not due keeps all of it. */
function entryAfter(
  { externalSecret, result, secretVersion, isGone, isRead }: Done,
  before: StatusEntry | undefined,
  nowMs: number,
): StatusEntry | undefined {
  if (result.outcome === 'skipped' && !isRead) return before
  const isFailed = result.outcome === 'failed'
  const now = new Date(nowMs).toISOString()
  const since = before?.goneSince ?? now
  return {
    lastSync: isFailed ? before?.lastSync : now,
    specHash: isFailed ? (before?.specHash ?? '') : specHash(externalSecret),
    secretVersion: isFailed ? (before?.secretVersion ?? '') : secretVersion,
    goneSince: isGone ? since : undefined,
    outcome: result.outcome,
    reason: result.condition.reason,
    message: result.condition.message,
    nextRefresh: isFailed ? undefined : result.nextRefresh,
  }
}
