import type { ExternalSecret } from '../../model/external-secret.ts'
import { isArray, member, text } from '../../model/json.ts'
import { nextRefreshMs, specHash } from '../../plan/schedule.ts'
import { syncedVersionOf } from '../../plan/synced-version.ts'
import type { StatusEntry } from '../status-part.ts'
import type { WatchedSecret } from './watched-secrets.ts'

/**
 * What the status of an ExternalSecret says about its last sync, for a process that has just begun. The Secret counts as it
 * was left when all of its data is still held by us; undefined for what was never synced.
 */
export function memoryOfStatus(
  externalSecret: ExternalSecret,
  secret: WatchedSecret | undefined,
): StatusEntry | undefined {
  const { object } = externalSecret
  const status = member(object, 'status')
  const lastSync = text(member(status, 'refreshTime')) ?? ''
  const synced = text(member(status, 'syncedResourceVersion')) ?? ''
  const atMs = Date.parse(lastSync)
  if (Number.isNaN(atMs) || synced === '') return undefined
  const conditions = member(status, 'conditions')
  const ready = (isArray(conditions) ? conditions : []).find(
    (one) => member(one, 'type') === 'Ready',
  )
  const reason = text(member(ready, 'reason')) ?? ''
  const next = nextRefreshMs(externalSecret, atMs)
  return {
    lastSync,
    specHash: synced === syncedVersionOf(object) ? specHash(externalSecret) : '',
    // Empty would say that there should be none.
    secretVersion: /^(Secret|Resource)Deleted$/.test(reason) ? '' : versionOf(secret),
    ownedSecret: '',
    madeKeys: undefined,
    goneSince: undefined,
    outcome: member(ready, 'status') === 'True' ? 'unchanged' : 'failed',
    reason,
    message: text(member(ready, 'message')) ?? '',
    nextRefresh: next === undefined ? undefined : new Date(next).toISOString(),
  }
}

function versionOf(secret: WatchedSecret | undefined): string {
  return secret?.isIntact === true ? secret.resourceVersion : 'unknown'
}
