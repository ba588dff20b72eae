import { KubeError } from '../../kube/api.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Store } from '../../model/store.ts'
import { MANAGED_LABEL } from '../../plan/marks.ts'
import { createLanes } from '../lanes.ts'
import type { SyncReport } from '../report.ts'
import type { Done } from '../run-context.ts'
import type { Statuses } from '../status-part.ts'
import type { BundleSourcePorts } from './bundle-source.ts'
import {
  createExternalSecrets,
  type ExternalSecrets,
  type KnownExternalSecret,
  type KnownState,
  namespaceOfBatch,
} from './external-secrets.ts'
import { createFollowers, type Followed } from './followers.ts'
import { concludeOne, letGo, type ObjectWorld } from './object-aftermath.ts'
import { tellOf, toldOfRival } from './object-events.ts'
import { type ObjectSettings, runObjects } from './object-run.ts'
import { type Rival, rivalOf, rivalWords, shapeStatusWriters } from './rival.ts'
import type { Cause, Sink, Source, Verdict } from './source.ts'
import { verdictOf } from './verdict.ts'
import { createWatchedSecrets, shapeSecret, type WatchedSecrets } from './watched-secrets.ts'

// ExternalSecret objects as a source of work, as External Secrets Operator has them: their status is the memory, so that a
// new process reads nothing that is not due. Nothing is announced before both lists are complete: without the Secrets
// each one would count as edited.

/** What it needs of the world. */
export interface ExternalSecretPorts
  extends Pick<BundleSourcePorts, 'openWatch' | 'clock' | 'openRun' | 'onTrouble'> {
  readonly onRun: (subject: string, ran: ObjectsRan) => void
  /** Something that a person should know, once. */
  readonly onWords: (words: string) => void
  /** Says the same thing rarely. */
  readonly warn: (words: string) => void
}

/** What one run came to. */
export interface ObjectsRan {
  readonly report: SyncReport
  readonly done: readonly Done[]
  readonly tookMs: number
}

/** Which objects, and how they are synced. */
export interface ExternalSecretSettings extends ObjectSettings {
  /** Empty for all. */
  readonly namespace: string
  /** Whether an ExternalSecret is this replica's, by its batch. */
  readonly isOurs: (batch: string) => boolean
}

interface Context {
  readonly settings: ExternalSecretSettings
  readonly ports: ExternalSecretPorts
  readonly known: ExternalSecrets
  readonly secrets: WatchedSecrets
}

const WRITES_AT_ONCE = 16

/** The source, and what others tell it. */
export interface ExternalSecretSource extends Source {
  /** What failed may have failed because of this store, which is another one now. */
  readonly storeChanged: (store: Store) => void
}

/** Opens nothing before it is told to watch. */
export function createExternalSecretSource(
  settings: ExternalSecretSettings,
  ports: ExternalSecretPorts,
): ExternalSecretSource {
  let told: Sink | undefined
  const context: Context = {
    settings,
    ports,
    known: createExternalSecrets(),
    secrets: createWatchedSecrets(),
  }
  const followers = createFollowers(ports.openWatch, ports.clock, ports.onTrouble)
  return {
    watch: async (sink, signal) => {
      const secrets = latch()
      const objects = latch()
      const announced = announcing(sink, secrets.isDone)
      told = announced.sink
      const follow = async (): Promise<void> => {
        await Promise.race([objects.done, aborted(signal)])
        if (signal.aborted) return
        const onListed = (): void => {
          secrets.finish()
          announced.flush()
        }
        await followers.follow(managedSecrets(context, sink, onListed), signal)
      }
      const listed = externalSecrets(context, announced.sink, objects.finish)
      await Promise.all([followers.follow(listed, signal), follow()])
    },
    storeChanged: (store) => {
      for (const { item, state } of context.known.readingFrom(store)) {
        const isWell = state.memory !== undefined && state.memory.outcome !== 'failed'
        if (!isWell && settings.isOurs(item.batch)) told?.changed(item, 'changed')
      }
    },
    isSynced: followers.isSynced,
    heardMs: followers.heardMs,
    reconcile: (batch, items, signal) => reconcile(batch, items, { ...context, signal }),
    close: async () => undefined,
  }
}

interface Latch {
  readonly done: Promise<void>
  readonly isDone: () => boolean
  readonly finish: () => void
}

function latch(): Latch {
  let isDone = false
  let resolve: () => void = () => undefined
  const done = new Promise<void>((settle) => {
    resolve = settle
  })
  const finish = (): void => {
    isDone = true
    resolve()
  }
  return { done, isDone: () => isDone, finish }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** A sink that holds back until it may tell. */
function announcing(
  sink: Sink,
  mayTell: () => boolean,
): { readonly sink: Sink; readonly flush: () => void } {
  const held: (() => void)[] = []
  const soon = (say: () => void): void => {
    if (mayTell()) say()
    else held.push(say)
  }
  return {
    sink: {
      changed: (item, cause) => soon(() => sink.changed(item, cause)),
      gone: (item) => soon(() => sink.gone(item)),
    },
    flush: () => {
      for (const say of held.splice(0)) say()
    },
  }
}

/** The objects; their CustomResourceDefinition need not be there. */
function externalSecrets(
  { settings, ports, known }: Context,
  sink: Sink,
  onListed: () => void,
): Followed {
  return {
    listing: {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      namespace: settings.namespace,
      labelSelector: undefined,
      isMetadataOnly: false,
    },
    shape: shapeStatusWriters,
    onChange: (object, isGone) => {
      const { changed, gone } = known.put(object, isGone)
      if (gone !== undefined && settings.isOurs(gone.batch)) sink.gone(gone)
      if (changed !== undefined && settings.isOurs(changed.batch)) sink.changed(changed, 'changed')
    },
    onListed,
    onForbidden: ({ message }) => ports.warn(`ExternalSecret objects are left alone: ${message}`),
  }
}

/** Names and versions of the Secrets that carry our label: a version that no run left is drift. */
function managedSecrets(
  { settings, known, secrets }: Context,
  sink: Sink,
  onListed: () => void,
): Followed {
  return {
    listing: {
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: settings.namespace,
      labelSelector: `${MANAGED_LABEL}=true`,
      isMetadataOnly: true,
    },
    shape: (object) => shapeSecret(object, settings.fieldManager),
    onChange: (object: JsonObject, isGone) => {
      const { namespace, name, resourceVersion } = secrets.put(object, isGone)
      for (const { item, state } of known.withTarget(`${namespace}/${name}`)) {
        const isOdd = isOddVersion(state, isGone ? '' : resourceVersion)
        if (isOdd && settings.isOurs(item.batch)) sink.changed(item, 'changed')
      }
    },
    onListed,
  }
}

/** Whether a Secret is not as the last run left it; what happens during a run is looked at when it ends. */
function isOddVersion(state: KnownState, version: string): boolean {
  if (!state.isRunning) return state.memory !== undefined && state.memory.secretVersion !== version
  state.seen = version
  return false
}

type Running = Context & { readonly signal: AbortSignal }

/** One run over these of a namespace; those that go, and those of another controller, stay out of it. */
async function reconcile(
  batch: string,
  items: ReadonlyMap<string, Cause>,
  running: Running,
): Promise<ReadonlyMap<string, Verdict>> {
  const { known, ports, settings, signal } = running
  const verdicts = new Map<string, Verdict>([...items.keys()].map((name) => [name, NEVER]))
  const namespace = namespaceOfBatch(batch)
  const { ports: world, policy } = await ports.openRun(signal)
  const nowMs = world.nowMs()
  const { fieldManager } = settings
  const { warn } = ports
  const writer: ObjectWorld = { kube: world.records, fieldManager, nowMs, beganMs: nowMs, warn }
  const staying: KnownExternalSecret[] = []
  for (const name of items.keys()) {
    const one = known.get(namespace, name)
    const verdict = one && (await setAside(one, { writer, running }))
    if (verdict !== undefined) verdicts.set(name, verdict)
    else if (one !== undefined) staying.push(one)
  }
  if (staying.length === 0) return verdicts
  const names = new Set(staying.map(({ item }) => item.name))
  const force = new Set([...names].filter((name) => items.get(name) === 'forced'))
  for (const { state } of staying) Object.assign(state, { isRunning: true, seen: undefined })
  try {
    const startMs = ports.clock.nowMs()
    const work = { all: known.inNamespace(namespace), names, force }
    const run = await runObjects(work, settings, { ports: world, policy, secrets: running.secrets })
    // Of those that went meanwhile nothing is told: nobody would take it back.
    const done = run.done.filter(({ externalSecret: { name } }) => known.get(namespace, name))
    ports.onRun(namespace, { ...run, done, tookMs: ports.clock.nowMs() - startMs })
    const after = { batch, writer, running, memory: run.memory }
    const lanes = createLanes(WRITES_AT_ONCE)
    const judged = run.done.map((done) => lanes(() => conclude(done, after)))
    for (const [name, verdict] of await Promise.all(judged)) verdicts.set(name, verdict)
  } finally {
    for (const { state } of staying) state.isRunning = false
  }
  return verdicts
}

interface Aside {
  readonly writer: ObjectWorld
  readonly running: Running
}

/** What of an ExternalSecret that no run is about; undefined for all others. */
async function setAside(one: KnownExternalSecret, aside: Aside): Promise<Verdict | undefined> {
  const { writer, running } = aside
  const { nowMs } = writer
  const rival = rivalOf(one.externalSecret, { ...running.settings, ...one.state, nowMs })
  if (rival !== undefined) return leaveTo(rival, one, aside)
  one.state.said = ''
  const { targets } = running.settings
  return one.isLeaving ? tried(one, { ...writer, targets }) : undefined
}

const NEVER: Verdict = { outcome: 'done', againInMs: undefined }
const AT_ONCE: Verdict = { outcome: 'done', againInMs: 0 }

/** Another controller keeps it: nothing is touched, and somebody is told. */
async function leaveTo(
  rival: Rival,
  known: KnownExternalSecret,
  { writer, running: { ports } }: Aside,
): Promise<Verdict> {
  const { namespace, name } = known.externalSecret
  const message = rivalWords('ExternalSecret', rival)
  if (known.state.said !== rival.manager) {
    known.state.said = rival.manager
    ports.onWords(`ExternalSecret/${namespace}/${name}: ${message}`)
    await tellOf(known.externalSecret.object, [toldOfRival('ExternalSecret', rival)], writer)
  }
  return { outcome: 'done', againInMs: rival.untilMs - writer.nowMs }
}

/** A conflict means that it is looked at again. */
async function tried(
  one: KnownExternalSecret,
  world: Parameters<typeof letGo>[1],
): Promise<Verdict> {
  try {
    await letGo(one, world)
    return NEVER
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    const subject = `ExternalSecret/${one.externalSecret.namespace}/${one.item.name}`
    if (error.code !== 'conflict') world.warn(`${subject} cannot be let go: ${error.message}`)
    return { outcome: 'failed' }
  }
}

/** What follows for one, and when it is looked at again. What could not be written down is tried again. */
async function conclude(
  done: Done,
  {
    batch,
    writer,
    running: { known, secrets, ports },
    memory,
  }: {
    readonly batch: string
    readonly writer: ObjectWorld
    readonly running: Running
    readonly memory: Statuses
  },
): Promise<readonly [string, Verdict]> {
  const { namespace, name } = done.externalSecret
  const one = known.get(namespace, name)
  if (one === undefined) return [name, NEVER]
  const { state } = one
  const owned = secrets.ownedBy(one.uid)
  try {
    const synced = { ...one, externalSecret: done.externalSecret }
    await concludeOne(synced, done, { ...writer, owned })
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    ports.warn(`ExternalSecret/${namespace}/${name}: ${error.message}`)
    return [name, { outcome: 'failed' }]
  }
  const entry = memory.get(name)
  state.memory = entry
  state.isRunning = false
  const version = done.result.outcome === 'failed' ? undefined : entry?.secretVersion
  const isTouched = version !== undefined && state.seen !== undefined && state.seen !== version
  if (isTouched) return [name, AT_ONCE]
  return [name, verdictOf(done, { nowMs: writer.nowMs, spread: batch })]
}
