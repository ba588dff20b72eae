import { isObject, type JsonObject, type JsonValue, member } from '../model/json.ts'
import type {
  Answer,
  Payload,
  PayloadMetadata,
  ProviderErrorCode,
  ProviderFailure,
  Read,
} from '../model/provider.ts'
import { type Store, storeKey } from '../model/store.ts'
import type { Pattern } from '../values/pattern-engine.ts'
import { type FixturePayload, latestOf, payloadOf, readPayload } from './fixture-payload.ts'

// Payloads that stand for providers: `stores.<Kind>/<name>.<remote key>`, also `<Kind>/<namespace>/<name>`.

/** Store as named in the file → remote key → payload. */
export type Fixtures = ReadonlyMap<string, ReadonlyMap<string, FixturePayload>>

/** Reads a fixtures file. The problem names the place, never a payload. */
export function decodeFixtures(object: JsonObject): Fixtures | { readonly problem: string } {
  const isAboutGenerators = member(object, 'generators') !== undefined
  const stores = member(object, 'stores') ?? (isAboutGenerators ? Object.create(null) : undefined)
  if (!isObject(stores)) return { problem: 'expected a map "stores" of <Kind>/<name>' }
  const fixtures = new Map<string, ReadonlyMap<string, FixturePayload>>()
  for (const [name, keys] of Object.entries(stores)) {
    if (!/^(Cluster)?SecretStore\//.test(name)) {
      return { problem: `stores.${name}: expected SecretStore/<name> or ClusterSecretStore/<name>` }
    }
    const payloads = readStore(keys ?? Object.create(null))
    if ('problem' in payloads) return { problem: `stores.${name}${payloads.problem}` }
    fixtures.set(name, payloads)
  }
  return fixtures
}

/** What stands in the file for one store, or what to add to it. */
export function fixturesOf(
  store: Store,
  fixtures: Fixtures,
): Payloads | { readonly failure: ProviderFailure } {
  const { kind, namespace, name } = store
  const short = `${kind}/${name}`
  const payloads = fixtures.get(storeKey(kind, namespace, name)) ?? fixtures.get(short)
  if (payloads !== undefined) return payloads
  const message = `the fixtures hold nothing for ${short}`
  return {
    failure: { code: 'unavailable', message, hint: `add stores.${short} to the fixtures` },
  }
}

type Payloads = ReadonlyMap<string, FixturePayload>

/** The payloads of one store, or the first place that is wrong. */
function readStore(keys: JsonValue): Payloads | { readonly problem: string } {
  if (!isObject(keys)) return { problem: ': expected a map of remote keys' }
  const payloads = new Map<string, FixturePayload>()
  for (const [key, value] of Object.entries(keys)) {
    const payload = value === undefined ? undefined : readPayload(value)
    if (payload === undefined) return { problem: `.${key}: ${EXPECTED}` }
    payloads.set(key, payload)
  }
  return payloads
}

const EXPECTED = 'expected a string, {binary}, {json}, {versions, tags, metadata} or {error}'

/** Answers a read as the store's provider would, from the file. */
export function fixtureAnswer(
  read: Exclude<Read, { op: 'generate' }>,
  store: Store,
  {
    fixtures,
    pattern,
    exactTags,
  }: { fixtures: Fixtures; pattern: Pattern | undefined; exactTags: boolean },
): Answer {
  const payloads = fixturesOf(store, fixtures)
  if ('failure' in payloads) return { outcome: 'failed', failure: payloads.failure }
  return read.op === 'get'
    ? getOne(read, payloads, store)
    : findMany(read, payloads, { store, pattern, exactTags })
}

/** A key that is not in the file is absent, as it would be at the provider. */
function getOne(
  read: Extract<Read, { op: 'get' }>,
  payloads: ReadonlyMap<string, FixturePayload>,
  store: Store,
): Answer {
  const fixture = payloads.get(read.key)
  if (fixture === undefined) return { outcome: 'absent' }
  const version =
    read.version === undefined ? latestOf(fixture) : fixture.versions.get(read.version)
  const isMetadata = read.metadata && fixture.error === undefined
  if (version === undefined && !isMetadata) return { outcome: 'absent' }
  const error = fixture.error ?? version?.error
  if (error !== undefined) return refused(error, read.key)
  const payload = payloadOf(version, store)
  return {
    outcome: 'found',
    payload: read.metadata ? { ...payload, metadata: metadataOf(fixture) } : payload,
  }
}

/** One map stands for labels and annotations alike. */
function metadataOf({ tags, metadata, metadataJson }: FixturePayload): PayloadMetadata {
  return { tags, labels: metadata, annotations: metadata, json: metadataJson }
}

/** How one store finds. */
interface Finder {
  readonly store: Store
  readonly pattern: Pattern | undefined
  readonly exactTags: boolean
}

/** By name (an unanchored pattern) or by tags, below a path. */
function findMany(read: Find, payloads: Payloads, finder: Finder): Answer {
  if (read.nameRegexp === undefined && read.tags === undefined) {
    return failed('unsupported', 'find needs a name or tags')
  }
  const found = new Map<string, Payload>()
  for (const [key, fixture] of payloads) {
    if (!isFound(key, fixture, { ...finder, read })) continue
    const version = latestOf(fixture)
    const error = fixture.error ?? version?.error ?? 'absent'
    if (version !== undefined && version.error === undefined) {
      found.set(key, payloadOf(version, finder.store))
    } else if (error !== 'absent') return refused(error, key)
  }
  return { outcome: 'found-many', payloads: found }
}

type Find = Extract<Read, { op: 'find' }>

/** Path, name and tags must all match; under ESO's parity AWS over-matches tags (R125). */
function isFound(
  key: string,
  fixture: FixturePayload,
  { read: { path, nameRegexp, tags }, pattern, store, exactTags }: Finder & { read: Find },
): boolean {
  return (
    (path === undefined || key.startsWith(path)) &&
    (nameRegexp === undefined || isNamed(key, pattern)) &&
    (tags === undefined ||
      (exactTags || store.provider !== 'aws' ? isTagged : overMatches)(fixture, tags))
  )
}

function isNamed(key: string, pattern: Pattern | undefined): boolean {
  return pattern?.matches(new TextEncoder().encode(key)) === true
}

/** Exact pairs. */
function isTagged(fixture: FixturePayload, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([name, value]) => fixture.tags?.get(name) === value)
}

/** ESO's search in AWS: beginnings of keys and of values, each a filter of its own (R125). */
function overMatches({ tags }: FixturePayload, wanted: ReadonlyMap<string, string>): boolean {
  const starts = (texts: Iterable<string> | undefined, start: string): boolean =>
    [...(texts ?? [])].some((text) => text.startsWith(start))
  return [...wanted].every(
    ([name, value]) => starts(tags?.keys(), name) && starts(tags?.values(), value),
  )
}

/** `absent` is an answer, everything else a failure. */
function refused(error: ProviderErrorCode | 'absent', key: string): Answer {
  return error === 'absent'
    ? { outcome: 'absent' }
    : failed(error, `the provider refused to read ${key}: ${error}`)
}

function failed(code: ProviderErrorCode, message: string, hint?: string): Answer {
  return { outcome: 'failed', failure: { code, message, hint } }
}
