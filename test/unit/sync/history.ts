import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodeBundle } from '../../../src/handoff/bundle.ts'
import { encodeStore } from '../../../src/handoff/stores.ts'
import { type KubeApi, KubeError, type ObjectRef } from '../../../src/kube/api.ts'
import { HttpFailure } from '../../../src/model/http.ts'
import { dig, type JsonObject, member } from '../../../src/model/json.ts'
import { parityOf } from '../../../src/model/parity.ts'
import { decodeStore } from '../../../src/model/store.ts'
import { clusterTarget } from '../../../src/sync/cluster-target.ts'
import { runSession } from '../../../src/sync/session.ts'
import type { SessionPorts, SessionSettings } from '../../../src/sync/session-context.ts'
import { workOfBundle } from '../../../src/sync/work.ts'

// Random histories of an app: Git edits it, the provider rotates, forgets or fails, people edit and delete Secrets, the
// anchor is re-created, and runs are killed at any call. A model says which data a Secret may have at each moment.

/** One ExternalSecret of the bundle. */
export interface Entry {
  readonly name: string
  readonly target: string
  readonly keys: readonly string[]
  readonly deletionPolicy: 'Retain' | 'Delete'
}

/** `gone`: the store answers and has none of it; `broken`: it does not answer. */
export type Remote = 'first' | 'second' | 'gone' | 'broken'

export type Step =
  | { readonly op: 'edit'; readonly entries: readonly Entry[] }
  | { readonly op: 'remote'; readonly remote: Remote }
  | { readonly op: 'drift'; readonly target: string; readonly how: 'edit' | 'delete' | 'label' }
  | { readonly op: 'anchor' }
  | { readonly op: 'sync'; readonly minutes: number; readonly callsMax: number | undefined }

const KEYS = ['k1', 'k2'] as const
const NAMES = ['a', 'b', 'c'] as const

const entry = fc.record({
  keys: fc.subarray([...KEYS], { minLength: 1 }),
  deletionPolicy: fc.constantFrom('Retain', 'Delete'),
  isRenamed: fc.boolean(),
})
const entries = fc
  .tuple(fc.subarray([...NAMES], { minLength: 1 }), fc.array(entry, { minLength: 3, maxLength: 3 }))
  .map(([names, shapes]) =>
    names.map((name, at): Entry => {
      const { isRenamed = false, keys = ['k1'], deletionPolicy = 'Retain' } = shapes[at] ?? {}
      return { name, target: isRenamed ? `${name}-new` : name, keys, deletionPolicy }
    }),
  )
const target = fc.constantFrom('a', 'b', 'c', 'a-new')

/** A Git commit, a rotation, an accident or a run; half of the steps are runs, some of which are killed. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ op: fc.constant('edit'), entries }) },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constant('remote'),
        remote: fc.constantFrom<Remote>('first', 'second', 'gone', 'broken'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        op: fc.constant('drift'),
        target,
        how: fc.constantFrom('edit', 'delete', 'label'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('anchor') }) },
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constant('sync'),
        minutes: fc.constantFrom(1, 20, 120),
        callsMax: fc.option(fc.integer({ min: 3, max: 12 }), { nil: undefined, freq: 3 }),
      }),
    },
  ),
  { minLength: 2, maxLength: 8 },
) as fc.Arbitrary<readonly Step[]>

type Data = Readonly<Record<string, string>>

/** What Git and the provider say; `dataOf` is the whole of the reference. */
class Model {
  entries: readonly Entry[] = []
  remote: Remote = 'first'
  /** Undefined when nothing can be read. */
  dataOf({ name, keys }: Entry, remote: Remote): Data | undefined {
    if (remote === 'gone' || remote === 'broken') return undefined
    return Object.fromEntries(keys.map((key) => [key, `${remote}-${name}-${key}`]))
  }
  /** Until a run has ended, whatever the provider says, the collector may take what the old anchor owned. */
  isAnchorNew = false
  wanted(targetName: string): Entry | undefined {
    return this.entries.find((one) => one.target === targetName)
  }
  /** Whether a Secret may be there with this data after a run that found `before`. */
  allows(targetName: string, now: Data | undefined, before: Data | undefined): boolean {
    if (same(now, before)) return true
    const one = this.wanted(targetName)
    // Nobody asks for it: it may be pruned, and nothing else.
    if (one === undefined) return now === undefined
    if (now === undefined) {
      return this.isAnchorNew || (one.deletionPolicy === 'Delete' && this.remote === 'gone')
    }
    return same(now, this.dataOf(one, this.remote))
  }
}

function same(a: Data | undefined, b: Data | undefined): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(data: Data | undefined): unknown {
  return data === undefined ? undefined : Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Where a history happens: a namespace of its own, as an administrator. */
export interface Stage {
  readonly kube: KubeApi
  readonly namespace: string
  readonly app: string
  /** A Secret as it is now. */
  readonly secret: (name: string) => Promise<JsonObject | undefined>
  /** The garbage collector's work; where a real one does it, time for it. */
  readonly collect: () => Promise<void>
  readonly startMs: number
}

/** Plays the steps, checks every run against the model, and that all is well after the faults have ended. */
export async function play(story: readonly Step[], stage: Stage): Promise<void> {
  const model = new Model()
  const world = createWorld(stage)
  await world.publish(
    [{ name: 'a', target: 'a', keys: ['k1', 'k2'], deletionPolicy: 'Retain' }],
    model,
  )
  await world.setRemote('first', model)
  for (const step of story) await world.act(step, model)
  await world.heal(model)
}

function createWorld(stage: Stage) {
  const { kube, namespace, app, startMs } = stage
  let nowMs = startMs
  let seen = new Set<string>()
  const asGit = { fieldManager: 'argocd', isForced: true, isDryRun: false }

  const publish = async (all: readonly Entry[], model: Model): Promise<void> => {
    const encoded = encodeBundle({
      ...{ app, namespace, storeNamespace: 'waybill-system', periodSeconds: 3600 },
      objects: all.map((one) => externalSecretOf(one, stage)),
    })
    assert.ok(encoded.outcome === 'encoded')
    const { anchor, shards } = encoded.bundle
    for (const object of [anchor, ...shards]) await kube.apply(object, asGit)
    model.entries = all
  }

  const setRemote = async (remote: Remote, model: Model): Promise<void> => {
    const store = storeObject(remote, stage)
    const home = { kind: 'SecretStore', name: storeName(stage), namespace } as const
    await kube.apply(encodeStore(decodeStore(store), home), asGit)
    model.remote = remote
  }

  const secrets = async (): Promise<ReadonlyMap<string, Data>> => {
    const found = new Map<string, Data>()
    for (const name of ['a', 'b', 'c', 'a-new', 'b-new', 'c-new']) {
      const object = await stage.secret(`${app}-${name}`)
      if (object !== undefined) found.set(name, dataOfSecret(object))
    }
    return found
  }

  const run = async (callsMax: number | undefined, model: Model): Promise<void> => {
    const before = await secrets()
    const text = await syncOnce(stage, { nowMs, callsMax })
    if (callsMax === undefined) model.isAnchorNew = false
    await stage.collect()
    const after = await secrets()
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [now, was] = [after.get(name), before.get(name)]
      assert.ok(
        model.allows(name, now, was),
        `${name}: ${JSON.stringify(was)} became ${JSON.stringify(now)}`,
      )
    }
    assert.doesNotMatch(text, /(first|second)-[abc]-k/, 'a report holds a value')
    seen = new Set(after.keys())
  }

  const drift = async (name: string, how: 'edit' | 'delete' | 'label'): Promise<void> => {
    const object = await kube.get(secretRef(`${app}-${name}`, namespace))
    if (object === undefined) return
    const metadata = member(object, 'metadata') as JsonObject
    const { managedFields: _, ...kept } = metadata
    if (how === 'delete') {
      const { uid, resourceVersion } = metadata as Readonly<Record<string, string>>
      await kube.delete(
        secretRef(`${app}-${name}`, namespace),
        { uid: uid ?? '', resourceVersion },
        false,
      )
      return
    }
    const labels = { ...((kept.labels ?? {}) as JsonObject), human: 'was-here' }
    const edited: JsonObject =
      how === 'label'
        ? { ...object, metadata: { ...kept, labels } }
        : { ...object, metadata: kept, data: { k1: Buffer.from('human').toString('base64') } }
    await kube.replace(edited, { fieldManager: 'human', isDryRun: false })
  }

  const recreateAnchor = async (model: Model): Promise<void> => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `waybill-${app}` }
    const object = await kube.get(ref)
    const { uid, resourceVersion } = member(object, 'metadata') as Readonly<Record<string, string>>
    await kube.delete(ref, { uid: uid ?? '', resourceVersion }, false)
    model.isAnchorNew = true
    await publish(model.entries, model)
  }

  return {
    publish,
    setRemote,
    act: async (step: Step, model: Model): Promise<void> => {
      switch (step.op) {
        case 'edit':
          return publish(step.entries, model)
        case 'remote':
          return setRemote(step.remote, model)
        case 'drift':
          return drift(step.target, step.how)
        case 'anchor':
          return recreateAnchor(model)
        case 'sync':
          nowMs += step.minutes * 60_000
          return run(step.callsMax, model)
      }
    },
    /** The faults end: two runs later every Secret is as Git and the provider say, and no other is left. */
    heal: async (model: Model): Promise<void> => {
      await setRemote('second', model)
      for (let at = 0; at < 2; at++) {
        nowMs += 7_200_000
        await run(undefined, model)
      }
      const wanted = model.entries.map((one) => [one.target, model.dataOf(one, 'second')] as const)
      const now = await secrets()
      for (const [name, data] of wanted)
        assert.ok(same(now.get(name), data), `${name} is not healed`)
      const names = wanted.map(([name]) => name)
      assert.deepEqual(
        [...seen].filter((name) => !names.includes(name)),
        [],
        'left behind',
      )
      const settled = await versions(stage, names)
      nowMs += 1000
      await run(undefined, model)
      assert.deepEqual(await versions(stage, names), settled, 'a run without news writes nothing')
    },
  }
}

async function versions(
  { app, secret }: Stage,
  names: readonly string[],
): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (const name of names) {
    const object = await secret(`${app}-${name}`)
    all.push(dig(object, 'metadata', 'resourceVersion'))
  }
  return all
}

/** One run, killed at its `callsMax`-th call to the API server. Answers all that it says. */
async function syncOnce(
  { kube, namespace, app }: Stage,
  { nowMs, callsMax }: { readonly nowMs: number; readonly callsMax: number | undefined },
): Promise<string> {
  const controller = new AbortController()
  const mortal = callsMax === undefined ? kube : mortalKube(kube, callsMax, controller)
  try {
    const work = await workOfBundle(mortal, { app, namespace, storeNamespace: 'waybill-system' })
    const report = await runSession(
      work,
      { ...SETTINGS, namespace },
      portsOf(mortal, nowMs, controller.signal),
    )
    return JSON.stringify(report)
  } catch (error) {
    if (error instanceof KubeError) return error.message
    throw error
  }
}

/** After so many calls the process is gone: the last one may have arrived or not. */
function mortalKube(kube: KubeApi, callsMax: number, controller: AbortController): KubeApi {
  let left = callsMax
  const call =
    <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      left--
      if (left < 0) throw new KubeError('unavailable', 0, 'the run was killed')
      if (left > 0) return ask(...args)
      if (callsMax % 2 === 0) await ask(...args)
      controller.abort('SIGKILL')
      throw new KubeError('unavailable', 0, 'the run was killed')
    }
  return {
    ...kube,
    get: call(kube.get),
    list: call(kube.list),
    apply: call(kube.apply),
    replace: call(kube.replace),
    create: call(kube.create),
    delete: call(kube.delete),
  }
}

const SETTINGS: Omit<SessionSettings, 'namespace'> = {
  parity: parityOf('waybill'),
  adopts: false,
  esoMarks: false,
  dryRun: 'none',
  fieldManager: 'waybill',
  force: new Set(),
  prunes: true,
  targets: [],
  confirmsDeletions: true,
  policy: undefined,
  controllerClass: 'default',
  share: undefined,
}

function portsOf(kube: KubeApi, nowMs: number, signal: AbortSignal): SessionPorts {
  return {
    kube,
    records: kube,
    isLocal: false,
    targetFor: (claimOf) =>
      clusterTarget({ kube, fieldManager: 'waybill', isDryRun: false, claimOf }),
    credentials: {
      lookup: (kind, namespace, name) => kube.get({ apiVersion: 'v1', kind, namespace, name }),
      serviceAccountToken: kube.serviceAccountToken,
      ownToken: async () => undefined,
    },
    // A fake store asks nobody.
    httpFor: () => ({
      request: async () => {
        throw new HttpFailure('refused', 'there is no network here')
      },
      close: () => undefined,
    }),
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    breakers: new Map(),
    randomBytes: (length) => new Uint8Array(length),
    random: () => 0.5,
    sleep: async () => {},
    env: {},
    signal,
  }
}

function secretRef(name: string, namespace: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name }
}

function dataOfSecret(object: JsonObject): Data {
  const data = (member(object, 'data') ?? {}) as Data
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

const storeName = ({ app }: Stage): string => `${app}-store`

function externalSecretOf(one: Entry, stage: Stage): JsonObject {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: one.name, namespace: stage.namespace },
    spec: {
      secretStoreRef: { kind: 'SecretStore', name: storeName(stage) },
      target: { name: `${stage.app}-${one.target}`, deletionPolicy: one.deletionPolicy },
      data: one.keys.map((key) => ({
        secretKey: key,
        remoteRef: { key: `${one.name}-${key}` },
      })),
    },
  }
}

/** `broken` names a provider that nobody has. */
function storeObject(remote: Remote, stage: Stage): JsonObject {
  const values = NAMES.flatMap((name) =>
    KEYS.map((key) => ({ key: `${name}-${key}`, value: `${remote}-${name}-${key}` })),
  )
  const data = remote === 'gone' ? [{ key: 'other', value: 'x' }] : values
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: storeName(stage), namespace: stage.namespace },
    spec: { provider: remote === 'broken' ? { nobody: {} } : { fake: { data } } },
  }
}
