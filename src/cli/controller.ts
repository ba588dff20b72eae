import { KubeError } from '../kube/api.ts'
import { createKubeApi } from '../kube/client.ts'
import { createKubeWatch } from '../kube/watch.ts'
import type { Store } from '../model/store.ts'
import type {
  BundleSourcePorts,
  BundleSourceSettings,
  Ran,
} from '../sync/controller/bundle-source.ts'
import { type End, runController } from '../sync/controller/controller.ts'
import {
  type ControllerMetrics,
  createControllerMetrics,
} from '../sync/controller/controller-metrics.ts'
import {
  type Address,
  type HealthServers,
  type HealthState,
  serveHealth,
} from '../sync/controller/health-server.ts'
import { createLease, type Lease, type LeaseSettings } from '../sync/controller/lease.ts'
import { createObjectMetrics } from '../sync/controller/object-metrics.ts'
import { type Batch, createQueue, type QueueLimits } from '../sync/controller/queue.ts'
import type { Source } from '../sync/controller/source.ts'
import { splitBatch } from '../sync/controller/sources.ts'
import type { StorePorts } from '../sync/controller/store-source.ts'
import { summaryText } from '../sync/report.ts'
import { createHttpClient } from '../sync/transport.ts'
import { WorkUnusable } from '../sync/work.ts'
import { findConnection } from './connect.ts'
import { type Log, logger, warnRarely } from './controller-log.ts'
import { addressesOf, concurrencyOf, leaseNameOf, sharesOf } from './controller-options.ts'
import { CALL_MS, createRuns, kubeOptions, type World } from './controller-runs.ts'
import { createAllSources } from './controller-sources.ts'
import { EXIT, WorldError } from './exit.ts'
import type { Command, OptionValues } from './invocation.ts'
import { createLastWords } from './last-words.ts'
import { objectReports } from './object-reports.ts'
import { identityOf, worldError } from './sync.ts'

// waybill controller: keeps the Secrets of bundles and of ExternalSecret objects as they say, until it is told to stop.

const KUBE_BODY_BYTES_MAX = 64 * 1024 * 1024
/** Sooner than the lease's deadline, with room for a second try. */
const LEASE_CALL_MS = 4_000
/** The event loop of a process that is alive turns more often. */
const TICK_MS_MAX = 30_000

/** `waybill controller`: exit 4 when it had better be started anew, else by signal. */
export const controller: Command = async ({ options, io }) => {
  const addresses = addressesOf(options)
  const concurrency = concurrencyOf(options)
  const shares = sharesOf(options, io.env)
  const http = createHttpClient({ bodyBytesMax: KUBE_BODY_BYTES_MAX })
  try {
    const world = { options, io, http, ...(await findConnection(options, io)) }
    const warn = warnRarely(logger(io), io.clock.monotonicMs)
    const lease = leaseOf(world, shares.index, ({ message }) => warn(message))
    const settings = settingsOf(options, shares.isOurs)
    const limits = { batchesMax: concurrency, retriesMax: Math.max(1, concurrency >> 2) }
    return await run({ ...world, lease, settings, limits, addresses, warn })
  } catch (error) {
    throw worldError(error)
  } finally {
    http.close()
  }
}

interface Parts extends World {
  readonly lease: Lease | undefined
  readonly settings: BundleSourceSettings
  readonly limits: QueueLimits
  readonly addresses: readonly Address[]
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
}

async function run(parts: Parts): Promise<number> {
  const { io, http, connection, lease, settings, limits, addresses } = parts
  const log = logger(io)
  const queue = createQueue(limits, io.random.fraction)
  const clock = { ...io.clock, nowMs: io.clock.monotonicMs, random: io.random.fraction }
  const state = { isLeading: false, tickMs: clock.nowMs() }
  const metrics: ControllerMetrics = createControllerMetrics({
    queue,
    nowMs: clock.nowMs,
    isLeading: () => state.isLeading,
    heardMs: () => source.heardMs(),
  })
  const runs = createRuns(parts, lease, {
    onRefused: ({ message }) => parts.warn(message),
    onCallEnded: metrics.onCallEnded,
  })
  const openWatch = (signal: AbortSignal) =>
    createKubeWatch(connection, http, kubeOptions(io, signal, CALL_MS))
  const objects = objectReports(log, createObjectMetrics(metrics.registry))
  const said = reports(log, metrics, parts.warn)
  const told = { ...said, ...objects, warn: parts.warn }
  const world = { ...told, ...runs, openWatch, clock, wallMs: io.clock.nowMs }
  const source = createAllSources(settings, world, parts.options)
  const health = await listen(healthOf({ state, source, metrics, nowMs: clock.nowMs }), addresses)
  log('info', `watching ${settings.namespace || 'all namespaces'}`)
  if (health.ports.length > 0) log('info', `serving at ${addressWords(addresses, health)}`)
  try {
    const on = {
      onTick: () => {
        state.tickMs = clock.nowMs()
      },
      onBatch: ({ batch }: Batch, error: unknown) => {
        if (error !== undefined) log('error', `${splitBatch(batch).rest}: ${wordsOf(error)}`)
      },
      onLeading: () => {
        state.isLeading = true
        log('info', lease === undefined ? 'working' : 'leading')
      },
      onGone: (batch: string, name: string) => {
        const { word, rest } = splitBatch(batch)
        const [namespace = ''] = rest.split('/')
        if (word === 'bundle' || word === 'object') metrics.onGone(namespace, name)
        if (word === 'object') said.onObjectGone(namespace)
        objects.onObjectGone(batch)
      },
    }
    return concluded(await runController({ source, queue, lease, clock, ...on }, io.signal))
  } finally {
    health.close()
    runs.close()
  }
}

/** 0 after a signal, whose own exit code takes its place. */
function concluded(end: End): number {
  if (end === 'stopped') return EXIT.clean
  throw new WorldError(
    end === 'lost'
      ? 'the lease could not be renewed in time: another replica may lead'
      : 'the API server was not heard for ten minutes',
  )
}

/** Undefined without `--leader-elect`. Its calls outlive the signal that ends the rest: the lease is given back. */
function leaseOf(
  { options, io, http, connection }: World,
  shard: number,
  onTrouble: LeaseSettings['onTrouble'],
): Lease | undefined {
  if (!options.flag('leader-elect')) return undefined
  const never = new AbortController().signal
  const kube = createKubeApi(connection, http, kubeOptions(io, never, LEASE_CALL_MS))
  const random = Buffer.from(io.random.bytes(6)).toString('hex')
  const settings = {
    namespace: options.text('leader-elect-namespace') ?? connection.namespace,
    name: leaseNameOf(shard),
    identity: `${io.env.HOSTNAME ?? 'waybill'}_${random}`,
    onTrouble,
  }
  const { monotonicMs: nowMs, nowMs: wallMs, sleep } = io.clock
  return createLease(kube, settings, { nowMs, wallMs, sleep, random: io.random.fraction })
}

function settingsOf(
  options: OptionValues,
  isOurs: BundleSourceSettings['isOurs'],
): BundleSourceSettings {
  return {
    namespace: options.text('namespace') ?? '',
    storeNamespace: options.text('store-namespace') ?? 'waybill-system',
    session: {
      ...identityOf(options),
      dryRun: 'none',
      prunes: options.flag('prune'),
      confirmsDeletions: false,
      share: undefined,
    },
    isOurs,
  }
}

/** What happens, for people and for Prometheus. */
function reports(
  log: Log,
  metrics: ControllerMetrics,
  warn: Parts['warn'],
): Pick<BundleSourcePorts, 'onRun' | 'onProblem' | 'onBundleGone' | 'onTrouble'> & {
  /** As `onRun`, for objects of the cluster. */
  readonly onObjects: (subject: string, ran: Ran) => void
  readonly onHealth: StorePorts['onHealth']
  readonly onStoreGone: StorePorts['onStoreGone']
  readonly onWords: (words: string) => void
  /** One of this namespace: what was said of all of them may be said again. */
  readonly onObjectGone: (namespace: string) => void
} {
  const noted = createLastWords()
  const onObjects = (subject: string, { report, done, tookMs }: Ran): void => {
    metrics.onRun(done, report, tookMs)
    // Entries that the bundle may not hold are told with it, and not at every run.
    const results = done.map(({ result }) => result)
    const isQuiet = results.every(({ outcome }) => QUIET.has(outcome))
    if (!isQuiet) log('info', `${subject}: ${summaryText({ ...report, results })}`)
    for (const { externalSecret, outcome, condition } of results) {
      if (outcome !== 'failed') continue
      log('error', `ExternalSecret/${externalSecret}: ${condition.message}`)
    }
    const notes = report.notes.join('; ')
    const isNew = noted.replace(subject, notes) !== undefined
    if (isNew) log('warning', `${subject}: ${notes || 'settled'}`)
  }
  return {
    onObjects,
    onWords: (words) => log('warning', words),
    onStoreGone: (store) => {
      metrics.onStoreGone(store)
      noted.forget(subjectOfStore(store))
    },
    onHealth: (store, { status, message }) => {
      const subject = subjectOfStore(store)
      metrics.onStore(store, status)
      const words = status === 'True' ? '' : message
      const isNew = noted.replace(subject, words) !== undefined
      if (isNew) log(words === '' ? 'info' : 'error', `${subject}: ${words || message}`)
    },
    onObjectGone: (namespace) => noted.forget(namespace),
    onBundleGone: (key, before) => {
      metrics.onBundleGone(key)
      if (before !== undefined) noted.forget(`${before.namespace}/${before.app}`)
    },
    onRun: ({ namespace, app }, ran) => onObjects(`${namespace}/${app}`, ran),
    onProblem: (key, problem) => {
      metrics.onProblem(key, problem !== undefined)
      if (problem !== undefined)
        log('warning', `${key}: ${problem}; the last complete bundle stays`)
    },
    onTrouble: ({ kind }, error) => {
      metrics.onWatchTrouble(kind)
      // What is refused is refused until somebody grants it.
      if (error.code === 'forbidden') warn(error.message)
      else log('warning', error.message)
    },
  }
}

function subjectOfStore({ kind, namespace, name }: Pick<Store, 'kind' | 'namespace' | 'name'>) {
  return [kind, namespace, name].filter((part) => part !== '').join('/')
}

/** Outcomes that change nothing. */
const QUIET: ReadonlySet<string> = new Set(['unchanged', 'skipped', 'retained'])

function healthOf({
  state,
  source,
  metrics,
  nowMs,
}: {
  readonly state: { readonly isLeading: boolean; readonly tickMs: number }
  readonly source: Source
  readonly metrics: ControllerMetrics
  readonly nowMs: () => number
}): HealthState {
  return {
    deadBecause: () => {
      const silentMs = state.isLeading ? nowMs() - state.tickMs : 0
      return silentMs > TICK_MS_MAX ? 'the loop stands still' : undefined
    },
    // A replica that waits for the lease is ready to take over.
    unreadyBecause: () => (source.isSynced() ? undefined : 'the first list is not complete'),
    metrics: metrics.registry.text,
  }
}

/** A port that is taken is the world's fault. */
async function listen(state: HealthState, addresses: readonly Address[]): Promise<HealthServers> {
  try {
    return await serveHealth(state, addresses)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new WorldError(`metrics and probes cannot be served: ${code}`)
  }
}

/** With the ports that were found for `:0`. */
function addressWords(addresses: readonly Address[], { ports }: HealthServers): string {
  return addresses.map(({ host = '' }, at) => `${host}:${ports[at]}`).join(', ')
}

/** Ours, or a name: texts of others may quote anything. */
function wordsOf(error: unknown): string {
  const known = error instanceof KubeError || error instanceof WorkUnusable
  return known
    ? error.message
    : `internal error: ${error instanceof Error ? error.name : 'unknown'}`
}
