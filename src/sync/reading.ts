import type { ExternalSecret } from '../model/external-secret.ts'
import { isArray, isObject, type JsonValue, text } from '../model/json.ts'
import {
  type Answer,
  type ProviderFailure,
  type Read,
  readFor,
  readKey,
} from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import { refusalOfRead } from '../plan/read-policy.ts'
import { readsOf } from '../values/assemble.ts'
import type { GenerateRead, Generators } from './generators.ts'
import { createLanes, type Lanes } from './lanes.ts'
import type { StoreGate } from './store-gate.ts'
import { closeGroup, type Group, type GroupOptions, pending, readGroup } from './store-reads.ts'

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
  const { reads, readsBy } = distinctReads(externalSecrets)
  // A group is opened when all that belongs to it is known.
  await Promise.all(reads.map((one) => enlist(one, plan)))
  const readCount = [...groups.values()].reduce((sum, { asked }) => sum + asked.size, 0)
  for (const group of groups.values()) void readGroup(group, options)
  return {
    answersFor: async (externalSecret) => {
      const wanted = readsBy.get(externalSecret) ?? []
      readsBy.delete(externalSecret)
      const found = new Map<string, Answer>()
      for (const { key, answer } of wanted) {
        if (answer !== undefined) found.set(key, await answer)
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
  readonly namespace: string
  /** Undefined until it is enlisted. */
  answer: Promise<Answer> | undefined
}

/** What all ExternalSecrets ask for, and what each of them does. */
interface Wanted {
  readonly reads: readonly NamespacedRead[]
  readonly readsBy: Map<ExternalSecret, readonly NamespacedRead[]>
}

/** Equal reads of all ExternalSecrets are asked once. */
function distinctReads(externalSecrets: readonly ExternalSecret[]): Wanted {
  const byNamespace = new Map<string, Map<string, NamespacedRead>>()
  const readsBy = new Map<ExternalSecret, readonly NamespacedRead[]>()
  for (const externalSecret of externalSecrets) {
    const { namespace } = externalSecret
    const known = byNamespace.get(namespace) ?? new Map<string, NamespacedRead>()
    byNamespace.set(namespace, known)
    const own = readsOf(externalSecret, namespace).map(({ read }) => {
      const key = readKey(read)
      const one = known.get(key) ?? { read, key, namespace, answer: undefined }
      known.set(key, one)
      return one
    })
    readsBy.set(externalSecret, own)
  }
  return { reads: [...byNamespace.values()].flatMap((known) => [...known.values()]), readsBy }
}

/** Groups by store and namespace, filled while stores are judged. */
interface Plan {
  readonly groups: Map<string, Group>
  readonly options: ReadingOptions
  /** By generator: one whose server is down holds up no other. */
  readonly lanes: Map<string, Lanes>
}

/** Puts a read into the group of its store; a store that may not be used answers at once. */
async function enlist(one: NamespacedRead, plan: Plan): Promise<void> {
  const { read, namespace } = one
  const { gate, policy } = plan.options
  if (read.op === 'generate') {
    const failure = refusalOfRead(policy, { namespace, read, store: undefined })
    one.answer = failure === undefined ? generated(read, plan) : refused(failure)
    return
  }
  const found = await gate(read.store, namespace)
  if (found.outcome === 'failed') {
    one.answer = refused(found.failure)
    return
  }
  const failure = refusalOfRead(policy, { namespace, read, store: found.store })
  one.answer =
    failure === undefined
      ? grouped(one, { id: read.store, store: found.store }, plan)
      : refused(failure)
}

function refused(failure: ProviderFailure): Promise<Answer> {
  return Promise.resolve({ outcome: 'failed', failure })
}

/** The answer of the store, asked once for equal reads of all that share its login. */
function grouped(
  { read, key: readAs, namespace }: NamespacedRead,
  { id: storeId, store }: { readonly id: string; readonly store: Store },
  { groups }: Plan,
): Promise<Answer> {
  const isShared = store.kind === 'SecretStore' || !isReferent(store)
  const id = isShared ? storeId : `${storeId} ${namespace}`
  const group = groups.get(id) ?? { store, namespace, asked: new Map(), opened: undefined }
  groups.set(id, group)
  const wanted = readFor(store, read)
  const key = wanted === read ? readAs : readKey(wanted)
  const asked = group.asked.get(key) ?? pending(wanted, namespace)
  group.asked.set(key, asked)
  return asked.answer
}

function generated(read: GenerateRead, { lanes, options }: Plan): Promise<Answer> {
  const own = lanes.get(read.generator) ?? createLanes(GENERATIONS_AT_ONCE)
  lanes.set(read.generator, own)
  return own(() => options.generators.answer(read))
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
