import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { buildGraph } from '../graph/graph.ts'
import { type KubeApi, KubeError } from '../kube/api.ts'
import { parseDuration } from '../model/duration.ts'
import { dig, type JsonObject, member, text } from '../model/json.ts'
import { parityOf } from '../model/parity.ts'
import type { SecretValue } from '../model/secret-value.ts'
import { DEFAULT_CLASS } from '../model/store.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import { plain } from '../report/plain.ts'
import { readClusterPolicy } from '../sync/cluster-policy.ts'
import type { Lookup } from '../sync/credentials.ts'
import { afterglow, deadline } from '../sync/deadline.ts'
import { folderTarget } from '../sync/folder-target.ts'
import { withPushes } from '../sync/push/session.ts'
import {
  type SyncReport,
  summaryText,
  syncReportJson,
  syncReportText,
  terminationText,
} from '../sync/report.ts'
import { runSession } from '../sync/session.ts'
import type { SessionPorts, SessionSettings, Share } from '../sync/session-context.ts'
import { createStoreClients, type StoreClients } from '../sync/store-clients.ts'
import { createHttpClient } from '../sync/transport.ts'
import { type Work, WorkUnusable, workOfBundle, workOfGraph } from '../sync/work.ts'
import { allowedTargets } from './allowed-targets.ts'
import { apiAddresses, clusterPorts, inCluster, RECORDS_MS } from './cluster-ports.ts'
import { findConnection, lazyKube, openKube } from './connect.ts'
import { EXIT, UsageError, WorldError } from './exit.ts'
import { type Given, readGiven } from './given.ts'
import type { Command, OptionValues } from './invocation.ts'
import type { Io } from './io.ts'
import { givenPolicy } from './policy-file.ts'

// waybill sync: one run. With -f the manifests are the human's, with the human's rights; without, the bundle of an app.

const KUBE_BODY_BYTES_MAX = 64 * 1024 * 1024
/** As many as a run writes at once; the shards of a large bundle, all asked for together, need no more. */
const KUBE_SOCKETS_MAX = 16
const TERMINATION_LOG = '/dev/termination-log'

/**
 * `waybill sync`: exit 0, 4 when the cluster is out of reach, 5 when some ExternalSecret failed.
 */
export const sync: Command = async ({ options, io }) => {
  const print = printerOf(options.text('output') ?? 'text')
  const given = await givenOf(options, io)
  const signal = deadline(io.signal, timeoutOf(options))
  const kubeHttp = createHttpClient({
    bodyBytesMax: KUBE_BODY_BYTES_MAX,
    socketsPerPoolMax: KUBE_SOCKETS_MAX,
  })
  let clients: StoreClients | undefined
  try {
    const cluster = await openCluster(options, io, { http: kubeHttp, signal })
    const work = await workFor(options, given, cluster)
    const policy = await policyFor(options, io, given === undefined ? cluster.kube : undefined)
    const settings = { ...settingsOf(options, io.env, cluster.namespace), policy }
    clients = createStoreClients({
      network: policy.network,
      isInCluster: cluster.isInCluster,
      apiAddresses: apiAddresses(io),
    })
    const ports = portsOf({ options, io, cluster, given, clients, signal, settings })
    const report = await withPushes(await runSession(work, settings, ports), work, {
      settings,
      ports,
    })
    await io.writeOut(new TextEncoder().encode(print(report)))
    return await conclude(report, io, cluster)
  } catch (error) {
    throw worldError(error)
  } finally {
    clients?.close()
    kubeHttp.close()
  }
}

function printerOf(format: string): (report: SyncReport) => string {
  if (format === 'json') return syncReportJson
  if (format === 'text') return syncReportText
  throw new UsageError(`--output is ${JSON.stringify(format)}, expected text or json`)
}

/** Milliseconds; up to a day. */
function timeoutOf(options: OptionValues): number {
  const word = options.text('timeout') ?? '5m'
  const ns = parseDuration(word)
  if (ns !== undefined && ns > 0n && ns < 86_400_000_000_000n) return Number(ns / 1_000_000n) || 1
  throw new UsageError(`--timeout is ${JSON.stringify(word)}, expected a duration such as 5m`)
}

/** The API server and who we are to it. */
interface Cluster {
  readonly kube: KubeApi
  /** The same, some seconds longer than the run. */
  readonly records: KubeApi
  readonly namespace: string
  readonly isInCluster: boolean
  readonly ownToken: () => Promise<SecretValue | undefined>
}

/** With --local the cluster is only looked for when a store needs something of it. */
async function openCluster(
  options: OptionValues,
  io: Io,
  net: { readonly http: ReturnType<typeof createHttpClient>; readonly signal: AbortSignal },
): Promise<Cluster> {
  const targets = allowedTargets(options)
  const wanted = options.text('namespace') ?? io.env.ARGOCD_APP_NAMESPACE
  const open = async (): Promise<Cluster> => {
    const { connection, isInCluster } = await findConnection(options, io)
    const open = (signal: AbortSignal): KubeApi =>
      openKube(connection, net.http, { io, signal, targets })
    return {
      kube: open(net.signal),
      records: open(afterglow(net.signal, RECORDS_MS)),
      namespace: wanted ?? connection.namespace,
      isInCluster,
      ownToken: async () => (isInCluster ? connection.token() : undefined),
    }
  }
  if (options.text('local') === undefined) return open()
  let opened: Promise<Cluster> | undefined
  const lazily = (): Promise<Cluster> => {
    opened ??= open()
    return opened
  }
  return {
    kube: lazyKube(async () => (await lazily()).kube),
    records: lazyKube(async () => (await lazily()).records),
    namespace: wanted ?? 'default',
    isInCluster: false,
    ownToken: async () => (await lazily()).ownToken(),
  }
}

/** Read before anything is asked of a cluster. Undefined: the bundle of an app. */
async function givenOf(options: OptionValues, io: Io): Promise<Given | undefined> {
  const files = options.list('filename')
  if (files.length > 0) return readGiven(files, io)
  if (options.text('app') !== undefined) return undefined
  throw new UsageError(
    'nothing to sync: name manifests with -f, or the bundle of an app with --app',
  )
}

/** With -f from the manifests, else from the bundle that a render has left. */
async function workFor(
  options: OptionValues,
  given: Given | undefined,
  { namespace, kube }: Cluster,
): Promise<Work> {
  const app = options.text('app')
  const storeNamespace = options.text('store-namespace') ?? 'waybill-system'
  if (given === undefined) return workOfBundle(kube, { app: app ?? '', namespace, storeNamespace })
  const isLocal = options.text('local') !== undefined
  return workOfGraph(buildGraph(given.documents, namespace), {
    app,
    namespace,
    storeNamespace,
    kube: isLocal ? undefined : kube,
  })
}

/** The administrator's word: the file, or for work that comes from the cluster what the cluster holds. */
export async function policyFor(
  options: OptionValues,
  io: Io,
  kube: KubeApi | undefined,
  mayBeRefused = true,
): Promise<StorePolicy> {
  const path = options.text('store-policy')
  const given = await givenPolicy(path, options.flag('require-store-conditions'), io)
  if (path !== undefined || kube === undefined) return given
  const storeNamespace = options.text('store-namespace') ?? 'waybill-system'
  const isRequired = options.flag('require-store-policy')
  const held = await readClusterPolicy(kube, storeNamespace, { isRequired, mayBeRefused })
  if (held === undefined) return given
  return { ...held, requiresConditions: held.requiresConditions || given.requiresConditions }
}

/** In which manner Secrets are written. `--parity=eso` implies adopting, as ESO does (R75). */
export function identityOf(
  options: OptionValues,
): Pick<
  SessionSettings,
  'parity' | 'adopts' | 'controllerClass' | 'esoMarks' | 'fieldManager' | 'targets'
> {
  const parity = parityOf(options.text('parity') === 'eso' ? 'eso' : 'waybill')
  return {
    parity,
    adopts: options.text('adopt') === 'eso' || !parity.refusesForeignSecrets,
    controllerClass: options.text('controller-class') ?? DEFAULT_CLASS,
    esoMarks: options.flag('eso-annotations'),
    fieldManager: options.text('field-manager') ?? 'waybill',
    targets: allowedTargets(options),
  }
}

function settingsOf(
  options: OptionValues,
  env: Io['env'],
  namespace: string,
): Omit<SessionSettings, 'policy'> {
  const dryRun = options.text('dry-run')
  return {
    ...identityOf(options),
    namespace,
    dryRun: dryRun === 'client' || dryRun === 'server' ? dryRun : 'none',
    force: new Set(options.list('force')),
    prunes: options.flag('prune'),
    confirmsDeletions: options.flag('confirm-deletions'),
    share: shareOf(options.text('completions'), env),
  }
}

const COMPLETIONS_MAX = 64

/** The part of an Indexed Job that this pod has; Kubernetes says which in JOB_COMPLETION_INDEX. */
function shareOf(completions: string | undefined, env: Io['env']): Share | undefined {
  if (completions === undefined) return undefined
  const count = Number(completions)
  const index = Number(env.JOB_COMPLETION_INDEX || 'none')
  if (!Number.isInteger(count) || count < 1 || count > COMPLETIONS_MAX) {
    const expected = `a whole number from 1 to ${COMPLETIONS_MAX}`
    throw new UsageError(`--completions is ${JSON.stringify(completions)}, expected ${expected}`)
  }
  if (Number.isInteger(index) && index >= 0 && index < count) return { index, count }
  throw new UsageError(
    `--completions is for the pods of an Indexed Job: JOB_COMPLETION_INDEX is not below ${count}`,
  )
}

/** Everything that the ports are made of. */
interface PortsInput {
  readonly options: OptionValues
  readonly io: Io
  readonly cluster: Cluster
  readonly given: Given | undefined
  readonly clients: StoreClients
  readonly signal: AbortSignal
  readonly settings: SessionSettings
}

/** A cluster's ports; a run into a folder writes there, and is given what its stores log in with. */
function portsOf(input: PortsInput): SessionPorts {
  const { options, io, cluster, given, settings } = input
  const directory = options.text('local')
  const ports = clusterPorts({ ...cluster, ...input, breakers: new Map() }, settings)
  if (directory === undefined) return ports
  return {
    ...ports,
    isLocal: true,
    targetFor: () => folderTarget(resolve(io.cwd, directory)),
    credentials: { ...ports.credentials, lookup: givenFirst(given?.others ?? [], cluster) },
  }
}

/** A run into a folder may bring the Secrets that its stores log in with. */
function givenFirst(
  objects: readonly JsonObject[],
  { kube, namespace: fallback }: Cluster,
): Lookup {
  const lookup = inCluster(kube)
  return async (kind, namespace, name) => {
    const given = objects.find(
      (object) =>
        member(object, 'kind') === kind &&
        text(dig(object, 'metadata', 'name')) === name &&
        (text(dig(object, 'metadata', 'namespace')) || fallback) === namespace,
    )
    return given ?? lookup(kind, namespace, name)
  }
}

/** Notes and summary go to stderr, the report has gone to stdout. */
async function conclude(report: SyncReport, io: Io, { isInCluster }: Cluster): Promise<number> {
  const notes = [...report.notes, ...proxyNote(report, io.env)]
  for (const note of notes) io.writeErr(`note: ${plain(note)}\n`)
  io.writeErr(`${summaryText(report)}\n`)
  const results = [...report.results, ...(report.pushes ?? [])]
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  if (failed.length === 0) return EXIT.clean
  // Read by `kubectl describe pod`; outside of a pod there is no such file, and it is not made.
  if (isInCluster) {
    await writeFile(TERMINATION_LOG, terminationText(report), { flag: 'r+' }).catch(() => undefined)
  }
  const isClusterDown =
    failed.length === results.length && failed.every(({ isClusterFailure }) => isClusterFailure)
  return isClusterDown ? EXIT.world : EXIT.partial
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']
const UNREACHED: ReadonlySet<string> = new Set(['Unavailable', 'Timeout'])

/** Every other program of the pod would use the proxy, so nobody would think of it. */
function proxyNote({ results }: SyncReport, env: Io['env']): readonly string[] {
  const name = PROXIES.find((proxy) => env[proxy])
  const isUnreached = results.some(({ errors }) => errors.some(({ code }) => UNREACHED.has(code)))
  if (name === undefined || !isUnreached) return []
  return [`${name} is set, and not used: stores are asked directly`]
}

/** Errors of the world that ended the whole run; everything else passes and is a bug. */
export function worldError(error: unknown): unknown {
  if (error instanceof KubeError) return new WorldError(plain(error.message))
  if (error instanceof WorkUnusable) return new WorldError(plain(error.message), error.hint)
  return error
}
