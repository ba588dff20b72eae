import { HANDOFF_LABEL } from '../../handoff/names.ts'
import type { KubeError } from '../../kube/api.ts'
import type { FollowClock } from '../../kube/follow.ts'
import type { Listing } from '../../kube/list.ts'
import type { KubeWatch } from '../../kube/watch.ts'
import { dig, member, text } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import type { StorePolicy } from '../../model/store-policy.ts'
import { MANAGED_LABEL } from '../../plan/marks.ts'
import { within } from '../deadline.ts'
import type { SyncReport } from '../report.ts'
import type { Done } from '../run-context.ts'
import { runPart } from '../session.ts'
import type { SessionPorts, SessionSettings } from '../session-context.ts'
import { type BundleNews, type Bundles, createBundles, type ReadyBundle } from './bundles.ts'
import { createDropping } from './dropping.ts'
import { createFollowers, type Followed } from './followers.ts'
import { type Cause, type Sink, type Source, type Verdict, WHOLE } from './source.ts'
import { createStatusKeeper, type StatusKeeper, TIMES_MS } from './status-keeper.ts'
import { createStoreMaps, createSuspects, type Suspects } from './store-maps.ts'
import { type AsLeftIn, createTargets, type Targets } from './targets.ts'
import { verdictOf } from './verdict.ts'

// Bundles as a source of work: their ConfigMaps are watched, and so are the Secrets that carry our label, of which only
// names and versions are asked: no value is kept here between two runs.

/** What the bundles' controller needs of the world. */
export interface BundleSourcePorts {
  /** Lists and watches until the signal aborts. */
  readonly openWatch: (signal: AbortSignal) => KubeWatch
  readonly clock: FollowClock
  /** The world of one run, whose writes stop with the signal, and what the administrator allows it. */
  readonly openRun: (
    signal: AbortSignal,
  ) => Promise<{ readonly ports: SessionPorts; readonly policy: StorePolicy }>
  readonly onRun: (bundle: ReadyBundle, ran: Ran) => void
  /** A set that cannot be used, or that can be used again (undefined). */
  readonly onProblem: (key: string, problem: string | undefined) => void
  /** Its anchor is gone; `before` is what it was when it was last complete. */
  readonly onBundleGone: (key: string, before: ReadyBundle | undefined) => void
  readonly onTrouble: (listing: Listing, error: KubeError) => void
  /** A store that was handed off is new, or another one now. */
  readonly onStoreChanged: (store: Store) => void
}

/** What one run came to. */
export interface Ran {
  readonly report: SyncReport
  readonly done: readonly Done[]
  readonly tookMs: number
}

/** Which bundles, and how they are synced. */
export interface BundleSourceSettings {
  /** Empty for all. */
  readonly namespace: string
  readonly storeNamespace: string
  readonly session: Omit<SessionSettings, 'namespace' | 'force' | 'policy'>
  /** Whether a bundle is this replica's. */
  readonly isOurs: (key: string) => boolean
}

/** The source, and what others tell it. */
export interface BundleSource extends Source {
  /** What failed may have failed because of this store, which is another one now. */
  readonly storeChanged: (store: Store) => void
}

/** Opens nothing before it is told to watch. */
export function createBundleSource(
  settings: BundleSourceSettings,
  ports: BundleSourcePorts,
): BundleSource {
  let told: Sink | undefined
  const suspects = createSuspects()
  const bundles = createBundles(settings.storeNamespace)
  const dropping = createDropping()
  const { clock } = ports
  const followers = createFollowers(ports.openWatch, clock, ports.onTrouble)
  const isHeard = (): boolean =>
    followers.isSynced() && clock.nowMs() - followers.heardMs() < HEARD_MS
  const targets = createTargets(isHeard)
  const statuses = createStatusKeeper(clock.nowMs)
  const tell = (sink: Sink): void => {
    for (const news of bundles.news().filter(({ key }) => settings.isOurs(key))) {
      ports.onProblem(news.key, news.problem)
      takeIn(news, { targets, statuses, suspects })
      if (news.problem !== undefined) continue
      if (isSmaller(news)) dropping.add(news.key)
      announce(news, sink)
      if (news.after !== undefined) continue
      ports.onBundleGone(news.key, news.before)
      dropping.forget(news.key)
    }
  }
  return {
    watch: async (sink, signal) => {
      told = sink
      const onStoreMap = storeMapsTo(ports.onStoreChanged, settings)
      const configMaps = bundleMaps(settings.namespace, { bundles, onStoreMap }, () => tell(sink))
      const secrets = managedSecrets(settings.namespace, targets, sink)
      await Promise.all([
        followers.follow(configMaps, signal),
        followers.follow(secrets, signal),
        writeTimes(statuses, ports, signal),
      ])
    },
    storeChanged: (store) => {
      for (const item of suspects.readingFrom(store, bundles)) told?.changed(item, 'changed')
    },
    isSynced: followers.isSynced,
    heardMs: followers.heardMs,
    reconcile: async (key, items, signal) => {
      const bundle = bundles.get(key)
      if (bundle === undefined) return new Map()
      targets.began(key, items.keys())
      suspects.began(key, items.keys())
      const looking = dropping.began(key, items.keys())
      const verdicts = new Map<string, Verdict>()
      const versions = new Map<string, string | undefined>()
      const memory = { statuses, asLeft: targets.asLeft(key) }
      const isThere = (name: string): boolean => bundles.get(key)?.specs.has(name) === true
      try {
        const looked = await reconcile(bundle, items, { settings, ports, memory, isThere, signal })
        for (const { name, verdict, version } of looked) {
          verdicts.set(name, verdict)
          versions.set(name, version)
        }
        for (const one of looking.concluded(isPruned(bundle, settings))) verdicts.set(WHOLE, one)
      } finally {
        looking.ended()
        const touched = [...items.keys()].filter((name) =>
          targets.ended(key, name, versions.get(name)),
        )
        for (const name of touched) verdicts.set(name, AT_ONCE)
        // It went during the run, which has written its status since.
        if (bundles.get(key) === undefined) statuses.forget(key)
      }
      suspects.ended(key, verdicts)
      return verdicts
    },
    close: () => flushed(statuses, ports),
  }
}

/** Writes down what was held back. */
async function flushed(statuses: StatusKeeper, { openRun }: BundleSourcePorts): Promise<void> {
  const { ports: world } = await openRun(new AbortController().signal)
  await statuses.flush(world.records, 0)
}

/** What is remembered follows the bundle. */
function takeIn(
  { key, after }: BundleNews,
  {
    targets,
    statuses,
    suspects,
  }: { readonly targets: Targets; readonly statuses: StatusKeeper; readonly suspects: Suspects },
): void {
  targets.replace(key, after)
  if (after !== undefined) return
  statuses.forget(key)
  suspects.forget(key)
}

/** The API server tells of itself every minute at least; what was not heard longer may have changed unseen. */
const HEARD_MS = 120_000

/** Times that no run writes any more because none is due soon. */
async function writeTimes(
  statuses: StatusKeeper,
  { clock, openRun }: BundleSourcePorts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TIMES_MS, signal).catch(() => undefined)
    if (signal.aborted || !statuses.isHolding()) continue
    await within(signal, async (own) => {
      const { ports } = await openRun(own)
      await statuses.flush(ports.records, TIMES_MS)
    })
  }
}

const AT_ONCE: Verdict = { outcome: 'done', againInMs: 0 }

/** Whoever rendered it may want that, or whoever runs this. */
function isPruned({ work }: ReadyBundle, { session }: BundleSourceSettings): boolean {
  return session.prunes || work.prunes
}

/** Tells of a store when its ConfigMap makes another one of it. */
function storeMapsTo(
  onStoreChanged: BundleSourcePorts['onStoreChanged'],
  { storeNamespace }: BundleSourceSettings,
): Followed['onChange'] {
  const storeMaps = createStoreMaps(storeNamespace)
  return (configMap, isGone) => {
    const store = storeMaps.put(configMap, isGone)
    if (store !== undefined) onStoreChanged(store)
  }
}

/** Anchors, shards and stores. Whatever comes at once is judged at once: an edit of a bundle is several events. */
function bundleMaps(
  namespace: string,
  { bundles, onStoreMap }: { readonly bundles: Bundles; readonly onStoreMap: Followed['onChange'] },
  tell: () => void,
): Followed {
  let isListed = false
  let isAsked = false
  const judgeSoon = (): void => {
    if (isAsked || !isListed) return
    isAsked = true
    queueMicrotask(() => {
      isAsked = false
      tell()
    })
  }
  const labelSelector = `${HANDOFF_LABEL} in (anchor,shard,store)`
  return {
    listing: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace,
      labelSelector,
      isMetadataOnly: false,
    },
    onChange: (object, isGone) => {
      if (dig(object, 'metadata', 'labels', HANDOFF_LABEL) === 'store') {
        onStoreMap(object, isGone)
        return
      }
      bundles.put(object, isGone)
      judgeSoon()
    },
    onListed: () => {
      isListed = true
      judgeSoon()
    },
  }
}

/** Names and versions of the Secrets that carry our label: a version that no run left is drift. */
function managedSecrets(namespace: string, targets: Targets, sink: Sink): Followed {
  const labelSelector = `${MANAGED_LABEL}=true`
  return {
    listing: { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector, isMetadataOnly: true },
    onChange: (object, isGone) => {
      const metadata = member(object, 'metadata')
      const secret = `${text(member(metadata, 'namespace'))}/${text(member(metadata, 'name'))}`
      const version = isGone ? '' : (text(member(metadata, 'resourceVersion')) ?? '')
      for (const item of targets.seen(secret, version)) sink.changed(item, 'changed')
    },
    onListed: () => undefined,
  }
}

/** What differs from the bundle as it was. */
function announce({ key, before, after }: BundleNews, sink: Sink): void {
  for (const name of before?.specs.keys() ?? []) {
    if (after?.specs.has(name) !== true) sink.gone({ batch: key, name })
  }
  if (after === undefined) {
    sink.gone({ batch: key, name: WHOLE })
    return
  }
  if (isSmaller({ before, after })) sink.changed({ batch: key, name: WHOLE }, 'changed')
  const cause = before === undefined ? undefined : causeForAll(before, after)
  for (const [name, spec] of after.specs) {
    const isChanged = before?.specs.get(name) !== spec
    if (cause !== undefined || isChanged) sink.changed({ batch: key, name }, cause ?? 'changed')
  }
}

/** Whether something may have been dropped: a bundle that is new to us may have had more. */
function isSmaller({ before, after }: Pick<BundleNews, 'before' | 'after'>): boolean {
  if (before === undefined) return after !== undefined
  // What was dropped before it was to be pruned is looked for now.
  if (after?.work.prunes === true && !before.work.prunes) return true
  return [...before.specs.keys()].some((name) => after?.specs.has(name) !== true)
}

/** Why all of a bundle are looked at: somebody asks for it, or a new anchor has to own what the old one did. */
function causeForAll(before: ReadyBundle, after: ReadyBundle): Cause | undefined {
  if (after.forced !== before.forced && after.forced !== '') return 'forced'
  return before.work.anchor?.uid === after.work.anchor?.uid ? undefined : 'changed'
}

/** What one ExternalSecret came to; `version` is undefined when its Secret was left as it was found. */
interface Looked {
  readonly name: string
  readonly verdict: Verdict
  readonly version: string | undefined
}

/** One run over these items of a bundle. */
async function reconcile(
  bundle: ReadyBundle,
  items: ReadonlyMap<string, Cause>,
  {
    settings,
    ports,
    memory: { statuses, asLeft },
    isThere,
    signal,
  }: {
    readonly settings: BundleSourceSettings
    readonly ports: BundleSourcePorts
    readonly memory: { readonly statuses: StatusKeeper; readonly asLeft: AsLeftIn }
    /** Whether the bundle still has an ExternalSecret of this name. */
    readonly isThere: (name: string) => boolean
    readonly signal: AbortSignal
  },
): Promise<readonly Looked[]> {
  const forced = [...items].filter(([, cause]) => cause === 'forced').map(([name]) => name)
  const beganMs = ports.clock.nowMs()
  const { ports: world, policy } = await ports.openRun(signal)
  const { namespace, app, work } = bundle
  const session = { ...settings.session, namespace, policy, force: new Set(forced) }
  const names = new Set(items.keys())
  const records = statuses.through(world.records)
  const kept = { records, asLeft: asLeft(world.randomBytes) }
  const { report, done } = await runPart(work, session, { ...world, ...kept, names })
  // Of those that went meanwhile nothing is told: nobody would take it back.
  const there = done.filter(({ externalSecret: { name } }) => isThere(name))
  ports.onRun(bundle, { report, done: there, tookMs: ports.clock.nowMs() - beganMs })
  const now = { nowMs: world.nowMs(), spread: `${namespace}/${app}` }
  return done.map((one) => ({
    name: one.externalSecret.name,
    verdict: verdictOf(one, now),
    version: one.result.outcome === 'failed' ? undefined : one.secretVersion,
  }))
}
