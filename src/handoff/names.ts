import { createHash } from 'node:crypto'
import type { StoreKind } from '../model/store.ts'

// The names of everything that a hand-off emits. They are a contract with the cluster side: both derive them from the
// app and the store alone, never from content, so that an edit never renames an object that owns Secrets.

/** A CronJob's name: the controller appends eleven characters, and the Job's name is a label of 63 at most. */
const BUNDLE_NAME_MAX = 52
const OBJECT_NAME_MAX = 253
const PREFIX = 'waybill-'

/** Label that every object of a hand-off carries; may be reserved to the render side by an admission policy (MT-11). */
export const HANDOFF_LABEL = 'waybill.dev/handoff'
/** Label with the app, in the form of its names. */
export const APP_LABEL = 'waybill.dev/app'

/**
 * Name of the anchor ConfigMap, Job, CronJob and ServiceAccount of an app: `waybill-<app>`. An app whose name is no object
 * name (Argo CD's `namespace_name`), is too long, or would collide with a shard, a status,
 * what was pushed, or a store, gets a stable hash.
 */
export function bundleName(app: string): string {
  return PREFIX + shortened(app, BUNDLE_NAME_MAX - PREFIX.length, isAmbiguous(app))
}

/** ConfigMap with one part of the bundle. */
export function shardName(app: string, index: number): string {
  return `${bundleName(app)}-${index}`
}

/** ConfigMap in which a run records what it did; bundles of several shards have several. */
export function statusName(app: string, part = 0): string {
  return `${bundleName(app)}-status${part === 0 ? '' : `-${part}`}`
}

/** ConfigMap that hands a store off: in the store's own namespace, or in the store namespace for a ClusterSecretStore. */
export function storeConfigMapName(kind: StoreKind, name: string): string {
  const prefix = kind === 'ClusterSecretStore' ? `${PREFIX}clusterstore-` : `${PREFIX}store-`
  return prefix + shortened(name, OBJECT_NAME_MAX - prefix.length, false)
}

/** `waybill-x-0` is app `x-0`'s anchor or app `x`'s shard: the app gives way, as shards outnumber such apps. */
function isAmbiguous(app: string): boolean {
  return /-(\d{1,2}|status|pushed)$/.test(app) || /^(store|clusterstore)-/.test(app)
}

/** `text` as an object name of at most `lengthMax`; a hash of the original keeps what was changed distinct. */
export function shortened(text: string, lengthMax: number, isHashed: boolean): string {
  const legal = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .replace(/\.[.-]+|-+\./g, '-')
  if (legal === text && legal.length <= lengthMax && legal !== '' && !isHashed) return legal
  const hash = sha256(text).slice(0, 8)
  const head = legal.slice(0, lengthMax - hash.length - 1).replace(/[^a-z0-9]+$/, '')
  return head === '' ? hash : `${head}-${hash}`
}

/** Lower-case hexadecimal digest of the UTF-8 bytes of `text`. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
