import { compareBytes, isArray, isObject, member, text } from '../../model/json.ts'
import type { Answer, Payload, Read } from '../../model/provider.ts'
import { SecretValue } from '../../model/secret-value.ts'
import type { Store } from '../../model/store.ts'
import { compileNamePattern } from '../name-pattern.ts'
import { failureOf, ProviderError, type SecretProvider } from '../provider.ts'

// ESO's fake provider (R164): values that stand in the store itself, for demos and tests.

/** An element of `spec.provider.fake.data`. */
interface Entry {
  readonly key: string
  readonly version: string
  readonly value: string
}

/** Opens a fake store. It needs no credentials and no network, so it can be opened without a context. */
export async function openFake(store: Store): Promise<SecretProvider> {
  refuseInvalid(store)
  const entries = decodeEntries(store)
  return {
    read: async (reads, signal) => {
      signal.throwIfAborted()
      return Promise.all(reads.map((read) => answer(entries, read)))
    },
    close: async () => undefined,
  }
}

/** Upstream: 0 is ready and 1 unknown, which counts as ready; a store that is not ready is not read. */
function refuseInvalid({ settings }: Store): void {
  const result = member(settings, 'validationResult') ?? 0
  if (result === 0 || result === 1) return
  throw new ProviderError(
    'invalid',
    'spec.provider.fake.validationResult says that this store is not ready',
    'remove it, or set it to 0',
  )
}

/** Upstream: key and version are joined as text, so `a` at version `1` takes the place of `a1`; the last entry wins. */
export function decodeEntries({ settings }: Store): ReadonlyMap<string, Entry> {
  const data = member(settings, 'data')
  const entries = new Map<string, Entry>()
  for (const [at, item] of (isArray(data) ? data : []).filter(isObject).entries()) {
    const key = text(member(item, 'key')) ?? ''
    const value = text(member(item, 'value')) ?? ''
    const version = text(member(item, 'version')) ?? ''
    if (key === '' || value === '') {
      const where = `spec.provider.fake.data[${at}]`
      throw new ProviderError('invalid', `${where}: key and value must not be empty`)
    }
    entries.set(key + version, { key, version, value })
  }
  return entries
}

/** R164: lookup by key and version as one text, and the version has to be the one that was asked for. */
async function answer(entries: ReadonlyMap<string, Entry>, read: Read): Promise<Answer> {
  if (read.op === 'get') {
    const entry = entries.get(read.key + (read.version ?? ''))
    if (entry?.version !== (read.version ?? '')) return { outcome: 'absent' }
    return { outcome: 'found', payload: payloadOf(entry) }
  }
  if (read.op === 'generate') return unsupported('a fake store generates nothing')
  if (read.nameRegexp === undefined) return unsupported('a fake store finds by name only')
  return findByName(entries, read.nameRegexp)
}

/** Of several versions the highest text wins; no match is an empty map (R31). */
async function findByName(entries: ReadonlyMap<string, Entry>, regexp: string): Promise<Answer> {
  try {
    const isMatch = await compileNamePattern(regexp)
    const latest = new Map<string, Entry>()
    for (const entry of entries.values()) {
      if (!isMatch(entry.key)) continue
      const known = latest.get(entry.key)
      const isNewer = known === undefined || compareBytes(entry.version, known.version) > 0
      if (isNewer) latest.set(entry.key, entry)
    }
    const payloads = new Map([...latest].map(([key, entry]) => [key, payloadOf(entry)]))
    return { outcome: 'found-many', payloads }
  } catch (error) {
    if (error instanceof ProviderError) return { outcome: 'failed', failure: failureOf(error) }
    throw error
  }
}

/** The answer to a question that a fake store does not understand. */
function unsupported(message: string): Answer {
  return { outcome: 'failed', failure: { code: 'unsupported', message, hint: undefined } }
}

/** Values are always text here. */
function payloadOf({ value }: Entry): Payload {
  return {
    dialect: 'fake',
    text: SecretValue.fromText(value),
    binary: undefined,
    data: undefined,
    metadata: undefined,
  }
}
