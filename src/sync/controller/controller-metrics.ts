import { readKey } from '../../model/provider.ts'
import type { Store } from '../../model/store.ts'
import { readsOf } from '../../values/assemble.ts'
import type { SyncReport } from '../report.ts'
import type { Done } from '../run-context.ts'
import { createRegistry, type Labels, type Registry } from './metrics.ts'
import type { Queue } from './queue.ts'

// What the controller tells Prometheus: names of External Secrets Operator where it has the same figure, `waybill_` where
// it has none. Labels are names of objects, never a key of a provider and never a value.

/** What happens, as numbers. */
export interface ControllerMetrics {
  readonly registry: Registry
  readonly onRun: (done: readonly Done[], report: SyncReport, tookMs: number) => void
  /** A request to a provider is over, whoever made it. */
  readonly onCallEnded: (call: string, isError: boolean) => void
  readonly onGone: (namespace: string, name: string) => void
  readonly onProblem: (key: string, isProblem: boolean) => void
  readonly onBundleGone: (key: string) => void
  readonly onStore: (store: Pick<Store, 'kind' | 'namespace' | 'name'>, status: string) => void
  readonly onStoreGone: (store: Pick<Store, 'kind' | 'namespace' | 'name'>) => void
  readonly onWatchTrouble: (kind: string) => void
}

/** What is asked at each scrape. */
export interface ControllerState {
  readonly queue: Queue
  /** Monotonic. */
  readonly nowMs: () => number
  readonly isLeading: () => boolean
  readonly heardMs: () => number
}

const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** The metrics of one controller. */
export function createControllerMetrics(state: ControllerState): ControllerMetrics {
  const registry = createRegistry()
  const { counter, gauge } = registry
  const calls = counter('externalsecret_sync_calls_total', 'Reconciles of an ExternalSecret')
  const errors = counter('externalsecret_sync_calls_error', 'Reconciles that failed')
  const condition = gauge('externalsecret_status_condition', 'The condition of an ExternalSecret')
  const asked = counter(
    'externalsecret_provider_api_calls_count',
    'Requests that left for a provider',
  )
  const saved = counter(
    'waybill_provider_calls_saved_total',
    'Reads that needed no request, because another ExternalSecret had asked the same',
  )
  const seconds = registry.histogram(
    'waybill_reconcile_duration_seconds',
    'Duration of a run over ExternalSecrets that were due together',
    SECONDS,
  )
  const unusable = gauge('waybill_bundle_unusable', 'Whether the last complete bundle is kept')
  const restarts = counter('waybill_watch_failures_total', 'Lists and watches that failed')
  const staleness = createStaleness(registry, state)
  collectState(registry, state)
  const reconciled = ({ externalSecret, result, isRead }: Done): void => {
    const { namespace, name } = externalSecret
    const labels = { name, namespace }
    const isFailed = result.outcome === 'failed'
    if (isRead || isFailed) calls.add(labels)
    if (isFailed) errors.add(labels)
    else if (isRead) staleness.fresh(namespace, name)
    for (const status of ['True', 'False']) {
      const isSo = result.condition.status === status
      condition.set({ ...labels, condition: 'Ready', status }, isSo ? 1 : 0)
    }
  }
  return {
    registry,
    onRun: (done, report, tookMs) => {
      seconds.observe(tookMs / 1000)
      for (const one of done) reconciled(one)
      const sent = [...report.calls.values()].reduce((sum, count) => sum + count, 0)
      saved.add({}, Math.max(0, readsWanted(done) - sent))
    },
    onCallEnded: (name, isError) => {
      const [provider = '', call = ''] = name.split(':')
      asked.add({ provider, call, status: isError ? 'error' : 'success' })
    },
    onGone: (namespace, name) => {
      for (const metric of [calls, errors, condition]) metric.drop({ namespace, name })
      staleness.forget(namespace, name)
    },
    onProblem: (key, isProblem) => unusable.set(labelsOfBundle(key), isProblem ? 1 : 0),
    onBundleGone: (key) => unusable.drop(labelsOfBundle(key)),
    ...storeMetrics(registry),
    onWatchTrouble: (kind) => restarts.add({ kind }),
  }
}

/** By `namespace/bundle`. */
function labelsOfBundle(key: string): Labels {
  const [namespace = '', bundle = ''] = key.split('/')
  return { namespace, bundle }
}

/** The conditions of stores, and what becomes of them. */
function storeMetrics({ gauge }: Registry): Pick<ControllerMetrics, 'onStore' | 'onStoreGone'> {
  const stores = gauge('secretstore_status_condition', 'The condition of a SecretStore')
  const clusterStores = gauge(
    'clustersecretstore_status_condition',
    'The condition of a ClusterSecretStore',
  )
  const metricOf = ({ kind, namespace, name }: Pick<Store, 'kind' | 'namespace' | 'name'>) =>
    kind === 'ClusterSecretStore'
      ? { metric: clusterStores, labels: { name } }
      : { metric: stores, labels: { name, namespace } }
  return {
    onStore: (store, ready) => {
      const { metric, labels } = metricOf(store)
      for (const status of ['True', 'False']) {
        metric.set({ ...labels, condition: 'Ready', status }, ready === status ? 1 : 0)
      }
    },
    onStoreGone: (store) => {
      const { metric, labels } = metricOf(store)
      metric.drop(labels)
    },
  }
}

/** One request per distinct read of each ExternalSecret: what it would cost to look at each alone. */
function readsWanted(done: readonly Done[]): number {
  return done
    .filter(({ isRead }) => isRead)
    .reduce((sum, { externalSecret }) => {
      const reads = readsOf(externalSecret, externalSecret.namespace)
      return sum + new Set(reads.map(({ read }) => readKey(read))).size
    }, 0)
}

/** How old the last good read is. */
function createStaleness(registry: Registry, { nowMs }: ControllerState) {
  const gauge = registry.gauge(
    'waybill_externalsecret_staleness_seconds',
    'Time since all reads of an ExternalSecret were last answered',
  )
  const readMs = new Map<
    string,
    { readonly namespace: string; readonly name: string; atMs: number }
  >()
  registry.onScrape(() => {
    for (const { namespace, name, atMs } of readMs.values()) {
      gauge.set({ name, namespace }, Math.round((nowMs() - atMs) / 1000))
    }
  })
  return {
    fresh: (namespace: string, name: string): void => {
      readMs.set(`${namespace}/${name}`, { namespace, name, atMs: nowMs() })
    },
    forget: (namespace: string, name: string): void => {
      readMs.delete(`${namespace}/${name}`)
      gauge.drop({ namespace, name })
    },
  }
}

function collectState(registry: Registry, state: ControllerState): void {
  const items = registry.gauge('waybill_items', 'ExternalSecrets that are kept in sync')
  const depth = registry.gauge('waybill_queue_depth', 'ExternalSecrets that are due and wait')
  const leading = registry.gauge('waybill_leader', 'Whether this replica does the work')
  const silence = registry.gauge(
    'waybill_watch_silence_seconds',
    'Time since the quietest watch heard of the API server',
  )
  registry.onScrape(() => {
    items.set({}, state.queue.size())
    depth.set({}, state.queue.depth(state.nowMs()))
    leading.set({}, state.isLeading() ? 1 : 0)
    silence.set({}, Math.round((state.nowMs() - state.heardMs()) / 1000))
  })
}
