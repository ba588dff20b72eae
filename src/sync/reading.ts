import type { ExternalSecret } from '../model/external-secret.ts'
import { isArray, isObject, type JsonValue, text } from '../model/json.ts'
import { type Answer, type ProviderErrorCode, type Read, readKey } from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import {
  failureOf,
  type OpenContext,
  type OpenProvider,
  ProviderError,
  type SecretProvider,
} from '../providers/provider.ts'
import { readsOf } from '../values/assemble.ts'
import { deadline } from './deadline.ts'
import type { Generators } from './generators.ts'
import type { StoreGate } from './store-gate.ts'

// The reads of a run: each store is opened once, each distinct read is asked once, and every ExternalSecret waits for its
// own answers only, so that a store that is down delays nobody else's.

/** Stores, generators and deadlines of one run. */
export interface ReadingOptions {
  readonly gate: StoreGate
  readonly generators: Generators
  readonly open: OpenProvider
  /** What a store is opened with, but for the signal. */
  readonly contextFor: (store: Store, namespace: string) => Omit<OpenContext, 'signal'>
  /** The whole run. */
  readonly signal: AbortSignal
  /** Logging in, and each batch of reads. */
  readonly deadlineMs: number
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

/** A multiple of what AWS takes in one call. */
const BATCH_READS = 100
const BATCHES_AT_ONCE = 4
/** Logging out is a courtesy: tokens end by themselves. */
const CLOSE_DEADLINE_MS = 5000

/** Plans and starts all reads at once; nothing is read that none of these ExternalSecrets needs. */
export async function startReading(
  externalSecrets: readonly ExternalSecret[],
  options: ReadingOptions,
): Promise<Reading> {
  const groups = new Map<string, Group>()
  const answers = new Map<string, Promise<Answer>>()
  // A group is opened when all that belongs to it is known.
  await Promise.all(
    [...distinctReads(externalSecrets)].map(async ([id, { read, namespace }]) => {
      const { answer } = await enlist(read, namespace, { groups, options })
      answers.set(id, answer)
    }),
  )
  for (const group of groups.values()) void readGroup(group, options)
  return {
    answersFor: async (externalSecret) => {
      const { namespace } = externalSecret
      const found = new Map<string, Answer>()
      for (const { read } of readsOf(externalSecret, namespace)) {
        const answer = await answers.get(`${namespace} ${readKey(read)}`)
        if (answer !== undefined) found.set(readKey(read), answer)
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
  readonly namespace: string
}

/** Equal reads of all ExternalSecrets are asked once. */
function distinctReads(
  externalSecrets: readonly ExternalSecret[],
): ReadonlyMap<string, NamespacedRead> {
  const reads = new Map<string, NamespacedRead>()
  for (const externalSecret of externalSecrets) {
    const { namespace } = externalSecret
    for (const { read } of readsOf(externalSecret, namespace)) {
      reads.set(`${namespace} ${readKey(read)}`, { read, namespace })
    }
  }
  return reads
}

/** Reads that share one login. */
interface Group {
  readonly store: Store
  readonly namespace: string
  readonly asked: Map<string, Asked>
  opened: Promise<SecretProvider> | undefined
}

/** A read and the promise of its answer. */
interface Asked {
  readonly read: Read
  readonly answer: Promise<Answer>
  readonly give: (answer: Answer) => void
}

/** Groups by store and namespace, filled while stores are judged. */
interface Plan {
  readonly groups: Map<string, Group>
  readonly options: ReadingOptions
}

/** Puts a read into the group of its store; a store that may not be used answers at once. */
async function enlist(
  read: Read,
  namespace: string,
  { groups, options }: Plan,
): Promise<{ readonly answer: Promise<Answer> }> {
  if (read.op === 'generate') return { answer: options.generators.answer(read) }
  const found = await options.gate(read.store, namespace)
  if (found.outcome === 'failed') return known(found)
  const { store } = found
  const isShared = store.kind === 'SecretStore' || !isReferent(store)
  const id = isShared ? read.store : `${read.store} ${namespace}`
  const group = groups.get(id) ?? { store, namespace, asked: new Map(), opened: undefined }
  groups.set(id, group)
  const key = readKey(read)
  const asked = group.asked.get(key) ?? pending(read)
  group.asked.set(key, asked)
  return { answer: asked.answer }
}

function known(answer: Answer): { readonly answer: Promise<Answer> } {
  return { answer: Promise.resolve(answer) }
}

/** A promise that the group settles when its batch is answered. */
function pending(read: Read): Asked {
  let give: (answer: Answer) => void = () => undefined
  const answer = new Promise<Answer>((resolve) => {
    give = resolve
  })
  return { read, answer, give }
}

/** One login for all reads of a group; when it fails, they all fail with its words. */
async function readGroup(group: Group, options: ReadingOptions): Promise<void> {
  const asked = [...group.asked.values()]
  try {
    const provider = await opened(group, options)
    const batches: (readonly Asked[])[] = []
    for (let at = 0; at < asked.length; at += BATCH_READS) {
      batches.push(asked.slice(at, at + BATCH_READS))
    }
    const waiting = batches.values()
    const lane = async (): Promise<void> => {
      for (const batch of waiting) await readBatch(batch, provider, { group, options })
    }
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, lane))
  } catch (error) {
    const answer = failureAnswer(error, group.store, options)
    for (const { give } of asked) give(answer)
  }
}

/** The login has its own deadline, so that one dead store cannot hold the others. */
async function opened(group: Group, options: ReadingOptions): Promise<SecretProvider> {
  const { store, namespace } = group
  const signal = deadline(options.signal, options.deadlineMs)
  const context = { ...options.contextFor(store, namespace), signal }
  group.opened = options.open(store, context)
  return untilAborted(group.opened, signal)
}

async function readBatch(
  batch: readonly Asked[],
  provider: SecretProvider,
  { group, options }: { readonly group: Group; readonly options: ReadingOptions },
): Promise<void> {
  const signal = deadline(options.signal, options.deadlineMs)
  try {
    const reads = batch.map(({ read }) => read)
    const answers = await untilAborted(provider.read(reads, signal), signal)
    for (const [at, { give }] of batch.entries()) {
      give(answers[at] ?? failed('malformed', 'the provider left the read unanswered'))
    }
  } catch (error) {
    const answer = failureAnswer(error, group.store, options)
    for (const { give } of batch) give(answer)
  }
}

/** A provider that ignores its signal must not hold the run. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** Anything but a ProviderError and an abort is a bug of ours; its text may quote a value, so only its kind is told. */
function failureAnswer(
  error: unknown,
  store: Store,
  { signal, deadlineMs }: ReadingOptions,
): Answer {
  if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
  const name = `${store.kind} ${store.name}`
  if (signal.aborted) return failed('timeout', `the run ended before ${name} answered`, UNREACHABLE)
  if (error instanceof Error && error.name !== 'TimeoutError' && error.name !== 'AbortError') {
    return failed('malformed', `${name} could not be read: internal error ${error.name}`)
  }
  const message = `${name} did not answer within ${deadlineMs / 1000} s`
  return failed('timeout', message, UNREACHABLE)
}

const UNREACHABLE = 'see that its server can be reached from here'

function failed(code: ProviderErrorCode, message: string, hint?: string): Answer {
  return { outcome: 'failed', failure: { code, message, hint } }
}

/** Never rejects: the run has done its work. */
async function closeGroup({ opened }: Group): Promise<void> {
  try {
    const provider = await opened
    if (provider !== undefined) {
      await untilAborted(provider.close(), AbortSignal.timeout(CLOSE_DEADLINE_MS))
    }
  } catch {
    // It never opened, which its reads have told already, or it does not answer any more.
  }
}

/**
 * Whether the identity of a ClusterSecretStore depends on who asks (R14): a reference without a namespace, or session tags.
 * Only then do two namespaces need two logins.
 */
function isReferent({ settings }: Store): boolean {
  const walk = (value: JsonValue | undefined): boolean => {
    if (isArray(value)) return value.some(walk)
    if (!isObject(value)) return false
    const isReference = text(value.name) !== undefined && text(value.namespace) === undefined
    return (
      isReference ||
      Object.entries(value).some(([key, item]) => key === 'sessionTags' || walk(item))
    )
  }
  return walk(settings)
}
