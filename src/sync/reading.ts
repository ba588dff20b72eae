import type { ExternalSecret } from '../model/external-secret.ts'
import { isArray, isObject, type JsonValue, text } from '../model/json.ts'
import { type Answer, type Read, readFor, readKey } from '../model/provider.ts'
import type { Store, StoreKey } from '../model/store.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import { refusalOfRead } from '../plan/read-policy.ts'
import { readsOf } from '../values/assemble.ts'
import { type Asked, give, newAsked, take } from './asked.ts'
import type { GenerateRead, Generators } from './generators.ts'
import { createLanes, type Lanes } from './lanes.ts'
import type { FoundStore, StoreGate } from './store-gate.ts'
import { closeGroup, type Group, type GroupOptions, readGroup } from './store-reads.ts'

// The reads of a run: each store is opened once, each distinct read is asked once, and every ExternalSecret waits for its
// own answers only, so that a store that is down delays nobody else's.

/** Stores, generators and deadlines of one run. */
export interface ReadingOptions extends GroupOptions {
  readonly gate: StoreGate
  readonly generators: Generators
  /** Asked about each read, before its store is opened (MT-5). */
  readonly policy: StorePolicy
}

/** All reads of a run, each asked once however many entries need it. */
export interface Reading {
  /**
   * The answers to the reads of one ExternalSecret, by `readKey`. Never rejects. They are given once: an answer that all
   * have taken is not kept, so that a run holds no more values than it works on.
   */
  readonly answersFor: (externalSecret: ExternalSecret) => Promise<ReadonlyMap<string, Answer>>
  /** Distinct reads that were asked. */
  readonly readCount: () => number
  /** Logs out of every store. */
  readonly close: () => Promise<void>
}

/** Calls at once of what one generator object asks: every entry makes new values. */
const GENERATIONS_AT_ONCE = 8

/** Plans and starts all reads at once; nothing is read that none of these ExternalSecrets needs. */
export async function startReading(
  externalSecrets: readonly ExternalSecret[],
  options: ReadingOptions,
): Promise<Reading> {
  const groups = new Map<string, Group>()
  const plan: Plan = { groups, options, lanes: new Map() }
  const { asks, readsBy } = distinctReads(externalSecrets)
  const judged = await Promise.all(
    asks.map(async (ask) => ({ ask, found: await foundStore(ask, options) })),
  )
  // A group is opened when all that belongs to it is known.
  for (const { ask, found } of judged) enlist(ask, found, plan)
  const readCount = [...groups.values()].reduce((sum, { asked }) => sum + asked.size, 0)
  for (const group of groups.values()) void readGroup(group, options)
  return {
    answersFor: async (externalSecret) => {
      const wanted = readsBy.get(externalSecret) ?? []
      readsBy.delete(externalSecret)
      const found = new Map<string, Answer>()
      for (const { key, asked } of wanted) {
        if (asked !== undefined) found.set(key, await take(asked))
      }
      return found
    },
    readCount: () => readCount,
    close: async () => {
      await Promise.all([...groups.values()].map(closeGroup))
    },
  }
}

/** A read on behalf of one namespace: identity and grants depend on it. */
interface NamespacedRead {
  readonly read: Read
  /** Its `readKey`. */
  readonly key: string
  /** Entries that need it. */
  readers: number
  /** Undefined until it is enlisted. */
  asked: Asked | undefined
}

/** The reads of one store on behalf of one namespace; of generators, when there is no store. */
interface Ask {
  readonly namespace: string
  readonly store: StoreKey | undefined
  readonly reads: NamespacedRead[]
}

/** What all ExternalSecrets ask for, and what each of them does. */
interface Wanted {
  readonly asks: readonly Ask[]
  readonly readsBy: Map<ExternalSecret, readonly NamespacedRead[]>
}

/** What one namespace asks for. */
interface Asker {
  readonly byKey: Map<string, NamespacedRead>
  readonly byStore: Map<StoreKey | undefined, Ask>
}

/** Equal reads of all ExternalSecrets are asked once. */
function distinctReads(externalSecrets: readonly ExternalSecret[]): Wanted {
  const askers = new Map<string, Asker>()
  const readsBy = new Map<ExternalSecret, readonly NamespacedRead[]>()
  for (const externalSecret of externalSecrets) {
    const { namespace } = externalSecret
    const asker = askers.get(namespace) ?? { byKey: new Map(), byStore: new Map() }
    askers.set(namespace, asker)
    const reads = readsOf(externalSecret, namespace)
    readsBy.set(
      externalSecret,
      reads.map(({ read }) => counted(asker, read, namespace)),
    )
  }
  return { asks: [...askers.values()].flatMap(({ byStore }) => [...byStore.values()]), readsBy }
}

function counted({ byKey, byStore }: Asker, read: Read, namespace: string): NamespacedRead {
  const key = readKey(read)
  const known = byKey.get(key)
  if (known !== undefined) {
    known.readers++
    return known
  }
  const one: NamespacedRead = { read, key, readers: 1, asked: undefined }
  byKey.set(key, one)
  const store = read.op === 'generate' ? undefined : read.store
  const ask = byStore.get(store)
  if (ask === undefined) byStore.set(store, { namespace, store, reads: [one] })
  else ask.reads.push(one)
  return one
}

/** Groups by store and namespace, filled while stores are judged. */
interface Plan {
  readonly groups: Map<string, Group>
  readonly options: ReadingOptions
  /** By generator: one whose server is down holds up no other. */
  readonly lanes: Map<string, Lanes>
}

/** Undefined for generators. */
async function foundStore(
  { store, namespace }: Ask,
  { gate }: ReadingOptions,
): Promise<FoundStore | undefined> {
  return store === undefined ? undefined : gate(store, namespace)
}

/** Puts reads into the group of their store; a store that may not be used answers at once. */
function enlist(ask: Ask, found: FoundStore | undefined, plan: Plan): void {
  const { namespace, reads } = ask
  const store = found?.outcome === 'found' ? found.store : undefined
  // Opened for a read that is allowed, and not for one that is refused.
  let group: Group | undefined
  for (const one of reads) {
    const { read } = one
    const failure =
      found?.outcome === 'failed'
        ? found.failure
        : refusalOfRead(plan.options.policy, { namespace, read, store })
    if (failure !== undefined) one.asked = newAsked(read, namespace, { outcome: 'failed', failure })
    else if (read.op === 'generate') one.asked = generated(read, namespace, plan)
    else if (store !== undefined) {
      group ??= groupOf(ask, store, plan)
      one.asked = grouped(one, namespace, group)
    }
    if (one.asked !== undefined) one.asked.readers += one.readers
  }
}

/** The group of all whose reads share a login; two stores in a namespace never do. */
function groupOf({ namespace, store: id = '' }: Ask, store: Store, { groups }: Plan): Group {
  const isShared = store.kind === 'SecretStore' || !isReferent(store)
  const name = isShared ? id : `${id} ${namespace}`
  const group = groups.get(name) ?? { store, namespace, asked: new Map(), opened: undefined }
  groups.set(name, group)
  return group
}

/** Equal reads of all that share a login are one. */
function grouped({ read, key: readAs }: NamespacedRead, namespace: string, group: Group): Asked {
  const wanted = readFor(group.store, read)
  const key = wanted === read ? readAs : readKey(wanted)
  const asked = group.asked.get(key) ?? newAsked(wanted, namespace)
  group.asked.set(key, asked)
  return asked
}

function generated(read: GenerateRead, namespace: string, { lanes, options }: Plan): Asked {
  const own = lanes.get(read.generator) ?? createLanes(GENERATIONS_AT_ONCE)
  lanes.set(read.generator, own)
  const asked = newAsked(read, namespace)
  void own(() => options.generators.answer(read)).then((answer) => give(asked, answer))
  return asked
}

/**
 * Whether the identity of a ClusterSecretStore depends on who asks (R14): a reference without a namespace, or session tags.
 * Only then do two namespaces need two logins.
 */
function isReferent({ provider, settings }: Store): boolean {
  const walk = (value: JsonValue | undefined): boolean => {
    if (isArray(value)) return value.some(walk)
    if (!isObject(value)) return false
    const isReference = text(value.name) !== undefined && text(value.namespace) === undefined
    return (
      isReference ||
      Object.entries(value).some(([key, item]) => key === 'sessionTags' || walk(item))
    )
  }
  // Its templates are told the namespace, so its answers may depend on it.
  return provider === 'webhook' || walk(settings)
}
