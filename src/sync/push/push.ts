import { KubeError } from '../../kube/api.ts'
import type { OutcomeError } from '../../model/outcome.ts'
import { type PushItem, pushedName, type SyncedPushSecrets } from '../../model/push.ts'
import type { PushData, PushSecret } from '../../model/push-secret.ts'
import { pushItems } from '../../values/push-items.ts'
import { transformThrough } from '../../values/transform.ts'
import { refusalOfError } from '../result.ts'
import { isLost } from './lost.ts'
import type { StorePush } from './one-key.ts'
import { pushToStore, type StorePushed } from './one-store.ts'
import type { PushPorts } from './ports.ts'
import {
  failedOutcome,
  type PushOutcome,
  pushedOutcome,
  skippedOutcome,
  withdrawnOutcome,
} from './result.ts'
import { readSources, type Sources } from './source.ts'
import { enter, findStores, type PushStore, storeRefOf } from './stores.ts'

// One PushSecret: source → entries per store → what is there → changes → writes. Stores complete independently, and so do
// the remote keys of one store.

/**
 * Pushes one PushSecret, whose namespace is filled in. Never rejects: every failure is in the outcome. `remembered` is what
 * the outcome before this one had as `synced` (in a cluster with the CRD: `status.syncedPushSecrets`); whoever calls keeps
 * `outcome.synced` for the next time, also of an outcome that failed. Whether a push is due is the caller's question.
 */
export async function pushOne(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  ports: PushPorts,
): Promise<PushOutcome> {
  try {
    const sources = await readSources(pushSecret, ports)
    if (sources.outcome === 'gone')
      return await sourceGone(pushSecret, remembered, { sources, ports })
    if (sources.outcome === 'failed') {
      return failedOutcome(pushSecret, sources.errors, { synced: remembered })
    }
    return await pushSources(pushSecret, remembered, { sources, ports })
  } catch (error) {
    const { errors } = refusalOfError(error)
    const isClusterFailure = error instanceof KubeError
    return failedOutcome(pushSecret, errors, { synced: remembered, isClusterFailure })
  }
}

/**
 * Takes back everything that was pushed, whatever the deletionPolicy says now: for a PushSecret that is being deleted, by a
 * caller that has seen `deletionPolicy: Delete`. Its finalizer may go once `outcome.synced` is empty. Never rejects.
 */
export async function withdraw(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  ports: PushPorts,
): Promise<PushOutcome> {
  const done: Done[] = []
  for (const name of remembered.keys()) {
    done.push(await leaveStore(name, pushSecret, { remembered, ports }))
  }
  return withdrawnOutcome(pushSecret, merged(done), 'everything that was pushed is taken back')
}

/** What was done in one store. */
interface Done extends StorePushed {
  readonly name: string
}

/** Only deletionPolicy Delete reacts, and only if something was pushed before. */
async function sourceGone(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  {
    sources,
    ports,
  }: { readonly sources: Extract<Sources, { outcome: 'gone' }>; readonly ports: PushPorts },
): Promise<PushOutcome> {
  const { error } = sources
  if (pushSecret.deletionPolicy !== 'Delete' || remembered.size === 0) {
    return failedOutcome(pushSecret, [error], { synced: remembered })
  }
  const { keepsLost } = ports
  if (keepsLost !== undefined) {
    const { code, message } = keepsLost
    const kept = { ...error, code, message: `${error.message}; ${message}` }
    return failedOutcome(pushSecret, [kept], { synced: remembered })
  }
  const outcome = await withdraw(pushSecret, remembered, ports)
  if (outcome.errors.length > 0) return outcome
  const { condition } = outcome
  return {
    ...outcome,
    condition: { ...condition, message: `${error.message}; what was pushed of it is gone` },
  }
}

interface Sourced {
  readonly sources: Extract<Sources, { outcome: 'found' }>
  readonly ports: PushPorts
}

async function pushSources(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  { sources, ports }: Sourced,
): Promise<PushOutcome> {
  const { stores, errors, foreign } = await findStores(pushSecret, ports)
  if (stores.length === 0 && errors.length === 0) {
    if (foreign > 0) return skippedOutcome(pushSecret, OTHERS_STORES, remembered)
    const error = {
      code: 'StoreNotFound',
      field: 'spec.secretStoreRefs',
      message: 'no store is there',
    }
    return failedOutcome(pushSecret, [error], { synced: remembered })
  }
  const done = await Promise.all(
    stores.map((store) => pushStore(store, pushSecret, { remembered, sources, ports })),
  )
  const left = await leaveStores(pushSecret, remembered, {
    ports,
    kept: new Set(stores.map(({ name }) => name)),
    isCertain: errors.length === 0 && foreign === 0,
  })
  const { changes, errors: failures, synced } = merged([...done, ...left])
  return pushedOutcome(pushSecret, { changes, errors: [...errors, ...failures], synced })
}

const OTHERS_STORES = 'its stores belong to another controller class'

async function pushStore(
  store: PushStore,
  pushSecret: PushSecret,
  { remembered, sources, ports }: Sourced & { readonly remembered: SyncedPushSecrets },
): Promise<Done> {
  const { items, errors } = await itemsFor(store, pushSecret, { sources, ports })
  const before = remembered.get(store.name) ?? new Map<string, PushData>()
  // Beside an error nothing is taken back: what is missing may be missing because of it.
  const isCertain = errors.length === 0 && pushSecret.deletionPolicy === 'Delete'
  const unwanted = isCertain ? droppedOf(before, items) : []
  const { keepsLost } = ports
  const isKept = (entry: PushData): boolean =>
    keepsLost !== undefined && isLost(entry, sources.sources)
  const dropped = unwanted.filter((entry) => !isKept(entry))
  const kept =
    keepsLost === undefined || dropped.length === unwanted.length
      ? []
      : [{ ...keepsLost, field: 'spec.selector' }]
  const done = await pushToStore({ store, items, remembered: before, dropped }, pushSecret, ports)
  const untouched = [...before].filter(([, { remoteKey }]) => !isHandled(remoteKey, items, dropped))
  return {
    name: store.name,
    changes: done.changes,
    errors: [...errors, ...kept, ...done.errors],
    synced: new Map([...untouched, ...done.synced]),
  }
}

function isHandled(
  remoteKey: string,
  items: readonly PushItem[],
  dropped: readonly PushData[],
): boolean {
  return [...items.map(({ entry }) => entry), ...dropped].some(
    (entry) => entry.remoteKey === remoteKey,
  )
}

function droppedOf(
  before: ReadonlyMap<string, PushData>,
  items: readonly PushItem[],
): readonly PushData[] {
  const wanted = new Set(items.map(({ entry }) => pushedName(entry)))
  return [...before].flatMap(([name, entry]) => (wanted.has(name) ? [] : [entry]))
}

async function itemsFor(
  { store, labels }: PushStore,
  pushSecret: PushSecret,
  { sources, ports }: Sourced,
): Promise<{ readonly items: readonly PushItem[]; readonly errors: readonly OutcomeError[] }> {
  const { engines, parity } = ports
  const { dataTo } = pushSecret
  const isMatching = dataTo.some(
    ({ regexp, rewrite }) => regexp !== undefined || rewrite.length > 0,
  )
  const isRendering = dataTo.some(({ rewrite }) =>
    rewrite.some((item) => item.transform !== undefined),
  )
  const patterns = isMatching ? await engines.patterns() : undefined
  const transform = isRendering
    ? transformThrough((await engines.templates()).together())
    : undefined
  const target = { kind: store.kind, name: store.name, labels }
  return pushItems(
    pushSecret,
    { target, sources: sources.sources },
    { parity, patterns, transform },
  )
}

/** Stores that the PushSecret no longer names. */
async function leaveStores(
  pushSecret: PushSecret,
  remembered: SyncedPushSecrets,
  {
    ports,
    kept,
    isCertain,
  }: { readonly ports: PushPorts; readonly kept: ReadonlySet<string>; readonly isCertain: boolean },
): Promise<readonly Done[]> {
  const left = [...remembered.keys()].filter((name) => !kept.has(name))
  if (pushSecret.deletionPolicy !== 'Delete' || !isCertain) {
    return left.map((name) => untouched(name, remembered, []))
  }
  return Promise.all(left.map((name) => leaveStore(name, pushSecret, { remembered, ports })))
}

function untouched(
  name: string,
  remembered: SyncedPushSecrets,
  errors: readonly OutcomeError[],
): Done {
  return { name, changes: [], errors, synced: remembered.get(name) ?? new Map() }
}

/** Takes back everything of one store. */
async function leaveStore(
  name: string,
  pushSecret: PushSecret,
  { remembered, ports }: { readonly remembered: SyncedPushSecrets; readonly ports: PushPorts },
): Promise<Done> {
  const store = await enter(
    { ...storeRefOf(name), field: 'status.syncedPushSecrets' },
    pushSecret,
    ports,
  )
  if ('error' in store) return untouched(name, remembered, [store.error])
  const before = remembered.get(name) ?? new Map<string, PushData>()
  const push: StorePush = { store, items: [], remembered: before, dropped: [...before.values()] }
  return { name, ...(await pushToStore(push, pushSecret, ports)) }
}

/** Stores of which nothing is left are forgotten. */
function merged(done: readonly Done[]): {
  readonly changes: StorePushed['changes']
  readonly errors: readonly OutcomeError[]
  readonly synced: SyncedPushSecrets
} {
  return {
    changes: done.flatMap(({ changes }) => changes),
    errors: done.flatMap(({ errors }) => errors),
    synced: new Map(
      done.flatMap(({ name, synced }) => (synced.size === 0 ? [] : [[name, synced]])),
    ),
  }
}
