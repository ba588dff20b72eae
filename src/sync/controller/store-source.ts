import { KubeError } from '../../kube/api.ts'
import type { Listing } from '../../kube/list.ts'
import { canonicalJson, dig, type JsonObject, member, text } from '../../model/json.ts'
import { decodeStore, isOfClass, type Store, type StoreKind } from '../../model/store.ts'
import { type AnyCondition, conditionsWith } from '../../plan/object-status.ts'
import type { BundleSourcePorts } from './bundle-source.ts'
import { createFollowers, type Followed } from './followers.ts'
import { tellOf } from './object-events.ts'
import type { ObjectSettings } from './object-run.ts'
import { lastStatusWriter, shapeStatusWriters } from './rival.ts'
import { type Sink, type Source, type Verdict, WHOLE } from './source.ts'
import { uidOf, writeObjectStatus } from './status-writer.ts'
import { capabilitiesOf, healthOfStore, storeIntervalMs } from './store-health.ts'

// SecretStores and ClusterSecretStores as a source of work: each is opened at its interval, and its status says how that
// went. What the status says already is not written again.

/** What it needs of the world. */
export interface StorePorts
  extends Pick<BundleSourcePorts, 'openWatch' | 'clock' | 'openRun' | 'onTrouble'> {
  readonly onHealth: (store: Store, condition: AnyCondition) => void
  readonly onStoreGone: (store: Store) => void
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
  /** It is new, or another one now: what failed because of it is worth a try. */
  readonly onChanged: (store: Store) => void
}

/** Which stores, and how they are opened. */
export interface StoreSettings extends ObjectSettings {
  /** Empty for all, and for those of the cluster. */
  readonly namespace: string
  readonly isOurs: (batch: string) => boolean
}

interface KnownStore {
  readonly store: Store
  readonly object: JsonObject
  readonly stamp: string
}

type Known = Map<string, KnownStore>

/** Opens nothing before it is told to watch. */
export function createStoreSource(settings: StoreSettings, ports: StorePorts): Source {
  const known: Known = new Map()
  const followers = createFollowers(ports.openWatch, ports.clock, ports.onTrouble)
  // A controller of one namespace has no business with stores of the cluster.
  const kinds: readonly StoreKind[] =
    settings.namespace === '' ? ['SecretStore', 'ClusterSecretStore'] : ['SecretStore']
  return {
    watch: async (sink, signal) => {
      const { onTrouble } = ports
      const told = { onChange: putting(known, settings, { sink, ...ports }), onTrouble }
      const followed = kinds.map((kind) => storesOf(kind, settings, told))
      await Promise.all(followed.map((one) => followers.follow(one, signal)))
    },
    isSynced: followers.isSynced,
    heardMs: followers.heardMs,
    reconcile: async (batch, _items, signal) => {
      const one = known.get(batch)
      const isThere = (): boolean => known.has(batch)
      const verdict = one && (await look(one, { settings, ports, isThere, signal }))
      return new Map<string, Verdict>([[WHOLE, verdict ?? NEVER]])
    },
    close: async () => undefined,
  }
}

const NEVER: Verdict = { outcome: 'done', againInMs: undefined }

type Put = (object: JsonObject, isGone: boolean) => void

function putting(
  known: Known,
  { isOurs }: StoreSettings,
  {
    sink,
    onChanged,
    onStoreGone,
  }: { readonly sink: Sink } & Pick<StorePorts, 'onChanged' | 'onStoreGone'>,
): Put {
  return (object, isGone) => {
    const store = decodeStore(object)
    const batch = `${store.kind}/${store.namespace}/${store.name}`
    const before = known.get(batch)
    const stamp = `${uidOf(object)} ${canonicalJson(member(object, 'spec') ?? null)}`
    if (isGone) {
      known.delete(batch)
      onStoreGone(store)
    } else known.set(batch, { store, object, stamp })
    if (isGone || before?.stamp !== stamp) onChanged(store)
    if (!isOurs(batch)) return
    if (isGone) sink.gone({ batch, name: WHOLE })
    else if (before?.stamp !== stamp) sink.changed({ batch, name: WHOLE }, 'changed')
  }
}

function storesOf(
  kind: StoreKind,
  settings: StoreSettings,
  told: { readonly onChange: Put; readonly onTrouble: StorePorts['onTrouble'] },
): Followed {
  const listing = listingOf(kind, settings)
  return {
    listing,
    shape: shapeStatusWriters,
    onChange: told.onChange,
    onListed: () => undefined,
    onForbidden: (error) => told.onTrouble(listing, error),
  }
}

function listingOf(kind: StoreKind, { namespace }: StoreSettings): Listing {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind,
    namespace,
    labelSelector: undefined,
    isMetadataOnly: false,
  }
}

interface Looking {
  readonly settings: StoreSettings
  readonly ports: StorePorts
  /** Whether it still is when it was looked at. */
  readonly isThere: () => boolean
  readonly signal: AbortSignal
}

/** Opens a store and writes down how that went. */
async function look({ store, object }: KnownStore, looking: Looking): Promise<Verdict> {
  const { settings, ports, isThere, signal } = looking
  if (!isOfClass(store.controller, settings.controllerClass)) return NEVER
  const { ports: world, policy } = await ports.openRun(signal)
  const condition = await healthOfStore(store, { ...settings, ports: world, policy })
  if (signal.aborted || !isThere()) return NEVER
  ports.onHealth(store, condition)
  const isWell = condition.status === 'True'
  const status = statusPatch({ store, object }, condition, {
    nowMs: world.nowMs(),
    fieldManager: settings.fieldManager,
  })
  const writer = { kube: world.records, fieldManager: settings.fieldManager }
  try {
    if (Object.keys(status).length > 0) await writeObjectStatus(writer, object, status)
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    ports.onTrouble(listingOf(store.kind, settings), error)
    return { outcome: 'failed' }
  }
  const { reason, message } = condition
  const teller = { kube: world.records, nowMs: world.nowMs(), warn: ports.warn }
  if (!isWell) await tellOf(object, [{ type: 'Warning', reason, message }], teller)
  return isWell ? { outcome: 'done', againInMs: storeIntervalMs(store) } : { outcome: 'failed' }
}

/** Members of the status that are new. What another controller says as well stays in its words. */
function statusPatch(
  { store, object }: Pick<KnownStore, 'store' | 'object'>,
  condition: AnyCondition,
  { nowMs, fieldManager }: { readonly nowMs: number; readonly fieldManager: string },
): JsonObject {
  const before = member(object, 'status')
  const listed = member(before, 'conditions')
  const writer = lastStatusWriter(object)
  const isOthers = writer !== undefined && writer !== fieldManager
  const said = (Array.isArray(listed) ? listed : []).find((one) => member(one, 'type') === 'Ready')
  const isSaid =
    isOthers &&
    member(said, 'status') === condition.status &&
    member(said, 'reason') === condition.reason
  const conditions = isSaid ? undefined : conditionsWith(listed, condition, nowMs)
  const capabilities = capabilitiesOf(store)
  const isCapable = text(dig(object, 'status', 'capabilities')) !== undefined
  return {
    ...(conditions === undefined ? {} : { conditions }),
    ...(isCapable ? {} : { capabilities }),
  }
}
