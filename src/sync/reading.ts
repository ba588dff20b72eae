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
  /** The answers to the reads of one ExternalSecret, by `readKey`. Never rejects. */
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
  const answers = new Map<string, Promise<Answer>>()
  const plan: Plan = { groups, options, lanes: new Map() }
  const { reads, keysBy } = distinctReads(externalSecrets)
  // A group is opened when all that belongs to it is known.
  await Promise.all(
    [...reads].map(async ([id, one]) => {
      const { answer } = await enlist(one, plan)
      answers.set(id, answer)
    }),
  )
  for (const group of groups.values()) void readGroup(group, options)
  return {
    answersFor: async (externalSecret) => {
      const found = new Map<string, Answer>()
      for (const key of keysBy.get(externalSecret) ?? []) {
        const answer = await answers.get(idOf(externalSecret, key))
        if (answer !== undefined) found.set(key, answer)
      }
      return found
    },
    readCount: () => [...groups.values()].reduce((sum, { asked }) => sum + asked.size, 0),
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
}

/** What all ExternalSecrets ask for, and what each of them does. */
interface Wanted {
  readonly reads: ReadonlyMap<string, NamespacedRead>
  readonly keysBy: ReadonlyMap<ExternalSecret, ReadonlySet<string>>
}

/** Equal reads of all ExternalSecrets are asked once. */
function distinctReads(externalSecrets: readonly ExternalSecret[]): Wanted {
  const reads = new Map<string, NamespacedRead>()
  const keysBy = new Map<ExternalSecret, Set<string>>()
  for (const externalSecret of externalSecrets) {
    const { namespace } = externalSecret
    const keys = new Set<string>()
    for (const { read } of readsOf(externalSecret, namespace)) {
      const key = readKey(read)
      const id = idOf(externalSecret, key)
      if (!reads.has(id)) reads.set(id, { read, key, namespace })
      keys.add(key)
    }
    keysBy.set(externalSecret, keys)
  }
  return { reads, keysBy }
}

function idOf({ namespace }: ExternalSecret, key: string): string {
  return `${namespace} ${key}`
}

/** Groups by store and namespace, filled while stores are judged. */
interface Plan {
  readonly groups: Map<string, Group>
  readonly options: ReadingOptions
  /** By generator: one whose server is down holds up no other. */
  readonly lanes: Map<string, Lanes>
}

/** Puts a read into the group of its store; a store that may not be used answers at once. */
async function enlist(
  { read, key: readAs, namespace }: NamespacedRead,
  plan: Plan,
): Promise<{ readonly answer: Promise<Answer> }> {
  const { groups, options } = plan
  if (read.op === 'generate') {
    const refusal = refusalOfRead(options.policy, { namespace, read, store: undefined })
    return refusal === undefined ? { answer: generated(read, plan) } : refused(refusal)
  }
  const found = await options.gate(read.store, namespace)
  if (found.outcome === 'failed') return known(found)
  const { store } = found
  const refusal = refusalOfRead(options.policy, { namespace, read, store })
  if (refusal !== undefined) return refused(refusal)
  const isShared = store.kind === 'SecretStore' || !isReferent(store)
  const id = isShared ? read.store : `${read.store} ${namespace}`
  const group = groups.get(id) ?? { store, namespace, asked: new Map(), opened: undefined }
  groups.set(id, group)
  const wanted = readFor(store, read)
  const key = wanted === read ? readAs : readKey(wanted)
  const asked = group.asked.get(key) ?? pending(wanted, namespace)
  group.asked.set(key, asked)
  return { answer: asked.answer }
}

function generated(read: GenerateRead, { lanes, options }: Plan): Promise<Answer> {
  const own = lanes.get(read.generator) ?? createLanes(GENERATIONS_AT_ONCE)
  lanes.set(read.generator, own)
  return own(() => options.generators.answer(read))
}

function refused(failure: ProviderFailure): { readonly answer: Promise<Answer> } {
  return known({ outcome: 'failed', failure })
}

function known(answer: Answer): { readonly answer: Promise<Answer> } {
  return { answer: Promise.resolve(answer) }
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
