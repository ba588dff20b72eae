import type { Node, SecretGraph } from '../graph/graph.ts'
import type { Document } from '../manifests/document.ts'
import type { Finding } from '../model/finding.ts'
import { compareBytes, type JsonObject, member } from '../model/json.ts'
import type { Store, StoreKey } from '../model/store.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import { encodeBundle } from './bundle.ts'
import {
  type Cargo,
  cargoesOf,
  mayAskForNamespace,
  namespaceOf,
  siteOf,
  storeKeys,
  storesUsed,
  usersOf,
} from './cargo.ts'
import {
  type Grant,
  grantedFinding,
  grantObjects,
  needsGrantFinding,
  subjectsOf,
} from './grants.ts'
import { completionsFor, cronJob, hookJob } from './job.ts'
import { bundleName } from './names.ts'
import { type RunNeeds, role, roleBinding, runRules, serviceAccount } from './rbac.ts'
import { manyShards, namespaceUnknown, passedThrough, tooLarge } from './remarks.ts'
import { type Schedule, scheduleOf } from './schedule.ts'
import { encodeStore } from './stores.ts'
import { namespaceWaveOf, type Waves, wavesOf } from './waves.ts'

// From the graph to the objects that stand for its references in the cluster. Everything is made per namespace, in byte
// order of namespaces and names, so the order of the input changes nothing.

/** Wave of what serves other applications' runs: before any consumer without a wave. */
const STORE_WAVE = -2
/** More shards than this slow every render and sync of the Application. */
const SHARDS_WARNED = 20

/** Settings of a render that shape its hand-off. */
export interface HandoffOptions {
  /** `controller`: bundles and stores only; an installed controller picks them up. */
  readonly mode: 'job' | 'controller'
  readonly app: string
  readonly storeNamespace: string
  readonly image: string
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly isRbacWanted: boolean
  /** Whether runs delete Secrets that no ExternalSecret asks for any more. */
  readonly prunes: boolean
  readonly grants: readonly Grant[]
  /** Kinds besides Secret that runs may write. */
  readonly targets: readonly AllowedTarget[]
}

/** Objects to add to the stream, and what the author should know. */
export interface Handoff {
  /** In the order of output. */
  readonly objects: readonly JsonObject[]
  readonly findings: readonly Finding[]
}

/** Plans the hand-off. `foreign` holds the objects around that were read (see `waves.ts`). */
export function planHandoff(
  graph: SecretGraph,
  foreign: readonly Document[],
  options: HandoffOptions,
): Handoff {
  const objects: JsonObject[] = []
  const findings: Finding[] = [...passedThrough(graph)]
  const wavesByNamespace = new Map<string, Waves>()
  const runs: JsonObject[] = []
  for (const cargo of cargoesOf(graph)) {
    const placed = wavesOf(siteOf(cargo, graph), foreign, graph.defaultNamespace)
    wavesByNamespace.set(cargo.namespace, placed.waves)
    const run = planRun(cargo, placed.waves, { graph, options })
    runs.push(...run.objects)
    findings.push(...run.findings)
    if (options.mode === 'job') findings.push(...placed.findings)
  }
  for (const store of sortedStores(graph)) {
    const published = publish(store, { graph, foreign, options, wavesByNamespace })
    objects.push(...published.objects)
    findings.push(...published.findings)
  }
  return { objects: [...objects, ...runs], findings }
}

interface Context {
  readonly graph: SecretGraph
  readonly options: HandoffOptions
}

function planRun(cargo: Cargo, waves: Waves, { graph, options }: Context): Handoff {
  const { namespace, externalSecrets } = cargo
  const schedule = scheduleOf(
    externalSecrets.map(({ resource }) => resource),
    `${namespace}/${options.app}`,
  )
  const encoded = encodeBundle({
    app: options.app,
    namespace,
    storeNamespace: options.storeNamespace,
    periodSeconds: schedule?.periodSeconds,
    prunes: options.prunes,
    objects: [
      ...externalSecrets.map(({ resource }) => resource.object),
      ...cargo.generators.map(({ resource }) => resource),
    ],
  })
  if (encoded.outcome === 'unusable') return { objects: [], findings: [tooLarge(cargo, encoded)] }
  const { anchor, shards } = encoded.bundle
  const setup = [anchor, ...shards].map((object) => inWave(object, waves.setup))
  const findings = shards.length > SHARDS_WARNED ? [manyShards(cargo, shards.length)] : []
  if (options.mode === 'controller' || externalSecrets.length === 0) {
    return { objects: setup, findings }
  }
  if (namespace === '') return { objects: [], findings: [namespaceUnknown(cargo)] }
  const rights = options.isRbacWanted ? planRights(cargo, { graph, options }, shards.length) : []
  return {
    objects: [
      ...setup,
      ...rights.map((object) => inWave(object, waves.setup)),
      ...runObjects(namespace, { waves, schedule, options, shards: shards.length }),
    ],
    findings: [...findings, ...(options.isRbacWanted ? ungranted(cargo, { graph, options }) : [])],
  }
}

function runObjects(
  namespace: string,
  {
    waves,
    schedule,
    options,
    shards,
  }: {
    readonly waves: Waves
    readonly schedule: Schedule | undefined
    readonly options: HandoffOptions
    readonly shards: number
  },
): readonly JsonObject[] {
  const settings = { ...options, namespace, completions: completionsFor(shards) }
  const job = hookJob(settings, waves.job)
  if (schedule === undefined) return [job]
  return [job, inWave(cronJob(settings, schedule.cron), waves.first)]
}

function planRights(
  { namespace, externalSecrets, generators }: Cargo,
  { graph, options }: Context,
  shardCount: number,
): readonly JsonObject[] {
  const name = bundleName(options.app)
  const stores = storesUsed(externalSecrets, graph)
  const needs: RunNeeds = {
    app: options.app,
    namespace,
    externalSecrets: externalSecrets.map(({ resource }) => resource),
    generators: generators.map(({ resource }) => resource),
    shards: shardCount,
    prunes: options.prunes,
    targets: options.targets,
    stores: stores.present,
    absentStores: stores.absent
      .filter((key) => key.startsWith('SecretStore/'))
      .map((key) => key.split('/')[2] ?? ''),
    isNamespaceRead: mayAskForNamespace(stores),
  }
  return [
    serviceAccount(options.app, namespace),
    role(name, namespace, runRules(needs)),
    roleBinding(name, namespace, { roleName: name, subjects: [{ namespace, name }] }),
  ]
}

function ungranted(cargo: Cargo, { graph, options }: Context): readonly Finding[] {
  const seen = new Set<StoreKey>()
  const findings: Finding[] = []
  for (const node of cargo.externalSecrets) {
    for (const key of storeKeys(node.resource, graph)) {
      if (!key.startsWith('ClusterSecretStore/') || graph.stores.has(key) || seen.has(key)) continue
      seen.add(key)
      findings.push(needsGrantFinding(node, key, { namespace: cargo.namespace, graph, options }))
    }
  }
  return findings
}

function sortedStores(graph: SecretGraph): readonly Node<Store>[] {
  return [...graph.stores].sort(([a], [b]) => compareBytes(a, b)).map(([, store]) => store)
}

function publish(
  store: Node<Store>,
  {
    graph,
    foreign,
    options,
    wavesByNamespace,
  }: Context & {
    readonly foreign: readonly Document[]
    readonly wavesByNamespace: ReadonlyMap<string, Waves>
  },
): Handoff {
  const { kind, name } = store.resource
  const isCluster = kind === 'ClusterSecretStore'
  const home = isCluster ? options.storeNamespace : namespaceOf(store.resource.object, graph)
  const users = isCluster ? usersOf(store.key, graph) : [home]
  const wave = Math.max(
    Math.min(STORE_WAVE, ...users.map((user) => wavesByNamespace.get(user)?.setup ?? STORE_WAVE)),
    namespaceWaveOf(home, foreign)?.wave ?? Number.NEGATIVE_INFINITY,
  )
  const configMap = encodeStore(store.resource, { kind, name, namespace: home })
  if (!isCluster || options.mode === 'controller' || !options.isRbacWanted) {
    return { objects: [inWave(configMap, wave)], findings: [] }
  }
  const subjects = subjectsOf(users, options)
  return {
    objects: [configMap, ...grantObjects(store.resource, subjects, home)].map((object) =>
      inWave(object, wave),
    ),
    findings: subjects.length > 0 ? [grantedFinding(store, subjects)] : [],
  }
}

function inWave(object: JsonObject, wave: number): JsonObject {
  const metadata = member(object, 'metadata') as JsonObject
  return {
    ...object,
    metadata: { ...metadata, annotations: { 'argocd.argoproj.io/sync-wave': String(wave) } },
  }
}
