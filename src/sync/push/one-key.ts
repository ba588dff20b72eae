import { member, text } from '../../model/json.ts'
import type { OutcomeError } from '../../model/outcome.ts'
import type { ProviderFailure } from '../../model/provider.ts'
import { type PushItem, pushedName, type RemotePlace } from '../../model/push.ts'
import type { PushData, PushSecret } from '../../model/push-secret.ts'
import { type Store, storeKey } from '../../model/store.ts'
import { type PushChange, planPush } from '../../plan/plan-push.ts'
import { refusalOfRead } from '../../plan/read-policy.ts'
import { ProviderError } from '../../providers/provider.ts'
import type { SecretWriter } from '../../providers/writer.ts'
import { codeOfProvider } from '../../values/codes.ts'
import { metadataSpec } from '../../values/push-metadata.ts'
import { deadline } from '../deadline.ts'
import type { PushPorts } from './ports.ts'
import type { PushedChange, Told } from './result.ts'
import type { PushStore } from './stores.ts'

// One remote key of a store: what is there, the plan, the write.

/** What has to happen in one store. */
export interface StorePush {
  readonly store: PushStore
  readonly items: readonly PushItem[]
  /** What was pushed there before, by `remoteKey/property`. */
  readonly remembered: ReadonlyMap<string, PushData>
  /** Of `remembered`, what is to go. */
  readonly dropped: readonly PushData[]
}

/** All that concerns one remote key. */
export interface KeyPush {
  readonly remoteKey: string
  readonly items: readonly PushItem[]
  readonly dropped: readonly PushData[]
}

/** Where it happens. */
export interface KeyContext {
  readonly push: StorePush
  readonly pushSecret: PushSecret
  readonly ports: PushPorts
  readonly writer: SecretWriter
}

/** What has happened to it. */
export interface KeyPushed {
  readonly change: PushedChange
  readonly errors: readonly OutcomeError[]
  readonly synced: ReadonlyMap<string, PushData>
}

/** Observe, plan, write. Never rejects for a failure of the world. */
export async function pushKey(key: KeyPush, context: KeyContext): Promise<KeyPushed> {
  const refusal = policyRefusal(key, context)
  if (refusal !== undefined) return failedKey(key, refusal, context)
  try {
    const planned = await settleKey(key, context)
    return {
      change: told(planned, key, context),
      errors: planned.errors,
      synced: syncedAfter(planned, key, context),
    }
  } catch (error) {
    return failedKey(key, failureOf(error, context.ports), context)
  }
}

/** The administrator's policy holds for what is written as for what is read. */
function policyRefusal(
  key: KeyPush,
  { push, pushSecret, ports, writer }: KeyContext,
): Told | undefined {
  const { namespace } = pushSecret
  const place = placeOf(key, writer)
  const store = storeAt(push.store.store, place)
  const read = {
    op: 'get',
    store: storeKey(store.kind, namespace, store.name),
    key: place.remoteKey,
    version: undefined,
    property: undefined,
    metadata: false,
  } as const
  const refusal = refusalOfRead(ports.reading.policy, { namespace, read, store })
  return refusal && wordsOf(refusal)
}

/** Trust: the metadata of a PushSecret may name another namespace, and the policy is asked about that one. */
function storeAt(store: Store, { spec }: RemotePlace): Store {
  const remoteNamespace = text(member(spec, 'remoteNamespace'))
  if (remoteNamespace === undefined) return store
  return { ...store, settings: { ...store.settings, remoteNamespace } }
}

// Somebody who writes the same key again and again must not hold the run.
const CONFLICTS_MAX = 3

/** Observe, plan, write; again when somebody else was faster. */
async function settleKey(key: KeyPush, context: KeyContext): Promise<PushChange> {
  const { writer, pushSecret, ports } = context
  const { reading, isDryRun } = ports
  for (let conflicts = 0; ; conflicts++) {
    const signal = deadline(reading.signal, reading.deadlineMs)
    const change = planPush({
      ...key,
      dialect: writer.dialect,
      updatePolicy: pushSecret.updatePolicy,
      observed: await writer.observe(placeOf(key, writer), signal),
    })
    try {
      if (!isDryRun) await apply(change, writer, signal)
      return change
    } catch (error) {
      const isConflict = error instanceof ProviderError && error.code === 'conflict'
      if (!isConflict || conflicts >= CONFLICTS_MAX) throw error
    }
  }
}

/** A broken `metadata` is told by the plan; here it only means that nothing is known of it. */
function placeOf({ remoteKey, items, dropped }: KeyPush, { dialect }: SecretWriter): RemotePlace {
  const metadata = (items.at(-1)?.entry ?? dropped.at(-1))?.metadata
  const spec = metadataSpec(dialect, metadata)
  return { remoteKey, spec: spec.failure === undefined ? spec.value : Object.create(null) }
}

/** A run that was stopped writes nothing more. */
async function apply(change: PushChange, writer: SecretWriter, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (change.action === 'create' || change.action === 'update') {
    await writer.write(change.write, signal)
  }
  if (change.action === 'delete') {
    const { remoteKey, spec, observed } = change
    await writer.remove({ remoteKey, spec }, observed, signal)
  }
}

/** A plan's action → what has happened. */
const ACTIONS = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  unchanged: 'unchanged',
  skip: 'skipped',
  refuse: 'refused',
} as const

function told({ action }: PushChange, key: KeyPush, { push }: KeyContext): PushedChange {
  return { ...names(key, push), action: ACTIONS[action] }
}

/** What the change is about, for people. */
function names({ remoteKey, items, dropped }: KeyPush, { store }: StorePush) {
  const entries = items.length === 0 ? dropped : items.map(({ entry }) => entry)
  const properties = entries.flatMap(({ property }) => (property === undefined ? [] : [property]))
  return { store: store.name, remoteKey, properties }
}

/** What was pushed is remembered, and what was pushed once and could not be taken back. */
function syncedAfter(
  { pushed, errors }: PushChange,
  { remoteKey, dropped }: KeyPush,
  { push, ports }: KeyContext,
): ReadonlyMap<string, PushData> {
  const before = [...push.remembered].filter(([, entry]) => entry.remoteKey === remoteKey)
  if (ports.isDryRun) return new Map(before)
  const isTakenBack = errors.length === 0
  const gone = new Set(isTakenBack ? dropped.map(pushedName) : [])
  const now = pushed.map(({ entry }) => [pushedName(entry), entry] as const)
  return new Map([...before.filter(([name]) => !gone.has(name)), ...now])
}

/** Nothing was done about this key; what is remembered of it stays. */
function failedKey(key: KeyPush, { code, message }: Told, { push }: KeyContext): KeyPushed {
  const { remoteKey, items } = key
  const about = `${push.store.name} ${remoteKey}: ${message}`
  const fields = items.length === 0 ? [''] : items.map(({ field }) => field)
  return {
    change: { ...names(key, push), action: 'refused' },
    errors: [...new Set(fields)].map((field) => ({ code, field, message: about })),
    synced: new Map([...push.remembered].filter(([, entry]) => entry.remoteKey === remoteKey)),
  }
}

/** Anything but a ProviderError is a bug or the end of the run; its text, which may quote a value, stays here. */
export function failureOf(error: unknown, { reading }: PushPorts): Told {
  if (error instanceof ProviderError) return wordsOf(error)
  if (reading.signal.aborted) return { code: 'Interrupted', message: 'the run was stopped' }
  const name = error instanceof Error ? error.name : 'unknown'
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { code: 'Timeout', message: 'the store did not answer in time' }
  }
  return { code: 'Internal', message: `internal error ${name}, please report it` }
}

function wordsOf({ code, message, hint }: ProviderFailure): Told {
  const words = hint === undefined ? message : `${message}; ${hint}`
  return { code: codeOfProvider(code), message: words }
}
