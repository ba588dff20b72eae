import type { ExternalSecret, RemoteRef } from '../model/external-secret.ts'
import { compareBytes } from '../model/json.ts'
import type { OutcomeError } from '../model/outcome.ts'
import type { Parity } from '../model/parity.ts'
import type { Answer, Dialect, Payload, ProviderFailure, Read } from '../model/provider.ts'
import { SecretValue } from '../model/secret-value.ts'
import type { Assembled, PlannedRead } from './assembled.ts'
import { type Attempt, done, failed, type ValueFailure } from './attempt.ts'
import { codeOfProvider, type ValueCode } from './codes.ts'
import { nullByte, processFetched } from './datafrom.ts'
import { decodeValue } from './decode.ts'
import { type Entry, entriesOf, type Source } from './entries.ts'
import { convertKeys } from './keys.ts'
import type { PatternEngine } from './pattern-engine.ts'
import { absentFailure, extractMap, selectValue } from './payload.ts'
import type { PayloadRef } from './payload-reader.ts'
import type { ByteMap } from './rewrite.ts'
import type { Transform } from './transform.ts'

// What an answer comes to (R24, R25). Later entries go over earlier ones (R17).
//
//  answer                             │ Retain │ Delete, Merge
//  ───────────────────────────────────┼────────┼───────────────────────────────────────
//  found                              │ values │ values
//  absent, or deleted at its provider │ error  │ left out, and named as gone
//  a property that is not there       │ error  │ error; on `fake` it is an absent secret
//  failed                             │ error  │ error
//  an element that takes nothing      │ error  │ error (R18: nothing under ESO's parity)

/** Everything that `assemble` looks at: no provider, no clock, no environment. */
export interface AssembleInput {
  readonly externalSecret: ExternalSecret
  /** Namespace of an ExternalSecret that names none. */
  readonly defaultNamespace: string
  readonly parity: Parity
  /** The answer to a read of `readsOf`, by `readKey`. */
  readonly answerTo: (read: Read) => Answer
  /** Needed when `needsOf` says so. */
  readonly patterns: PatternEngine | undefined
  readonly transform: Transform | undefined
}

/** What the rewrites of an ExternalSecret need loaded before `assemble`. */
export interface Needs {
  readonly patterns: boolean
  readonly transform: boolean
}

/**
 * Which engines to load first. A rewrite whose engine is missing fails as Unsupported, not as a
 * crash.
 */
export function needsOf({ dataFrom }: ExternalSecret): Needs {
  const operations = dataFrom.flatMap(({ rewrite }) => rewrite)
  return {
    patterns: operations.some((operation) => Object.hasOwn(operation, 'regexp')),
    transform: operations.some((operation) => Object.hasOwn(operation, 'transform')),
  }
}

/** Every read of an ExternalSecret, in the order of its entries: dataFrom first, then data. Equal reads repeat. */
export function readsOf(
  externalSecret: ExternalSecret,
  defaultNamespace: string,
): readonly PlannedRead[] {
  const reads: PlannedRead[] = []
  for (const entry of entriesOf(externalSecret, defaultNamespace)) {
    if (entry.source === undefined || entry.read.failure !== undefined) continue
    reads.push({ field: entry.field, read: entry.read.value })
  }
  return reads
}

/**
 * Turns answers into the data of the target Secret: later entries overwrite earlier ones (R17). All errors are
 * reported, in the order of the entries. An answer of "absent" is an error under deletionPolicy Retain and goes to
 * `gone` under the others (R24).
 */
export function assemble(input: AssembleInput): Assembled {
  const { externalSecret, defaultNamespace } = input
  const sum: Sum = { data: new Map(), errors: [], gone: [] }
  for (const entry of entriesOf(externalSecret, defaultNamespace)) {
    if (entry.source !== undefined) add(sum, entry, input)
    else if (input.parity.storeRefAloneFails) sum.errors.push(emptyElement(entry.field))
  }
  return sum.errors.length > 0
    ? { outcome: 'failed', errors: sum.errors }
    : { outcome: 'complete', data: sortedByKey(sum.data), gone: sum.gone }
}

/** What the entries so far add up to. */
interface Sum {
  readonly data: Map<string, SecretValue>
  readonly errors: OutcomeError[]
  readonly gone: string[]
}

/** What a deletionPolicy may act on. */
const ABSENT: ReadonlySet<ValueCode> = new Set(['SecretNotFound', 'SecretGone'])

function add({ data, errors, gone }: Sum, entry: Entry, input: AssembleInput): void {
  const { value, failure } = valuesOf(entry, input)
  const skipsAbsent = input.externalSecret.target.deletionPolicy !== 'Retain'
  if (failure === undefined) {
    for (const [key, bytes] of value) data.set(key, new SecretValue(bytes))
  } else if (ABSENT.has(failure.code) && skipsAbsent) {
    gone.push(entry.field)
  } else {
    errors.push(locate(entry, failure))
  }
}

function emptyElement(field: string): OutcomeError {
  const message = 'takes nothing: expected find, extract or sourceRef.generatorRef'
  return { code: 'InvalidEntry', field, message }
}

/** Fields of `rewrite` and `sourceRef` hang below the entry, all others below its reference. */
function locate({ field, refField }: Entry, failure: ValueFailure): OutcomeError {
  const { code, message } = failure
  if (failure.field === '') return { code, field, message }
  const isOwn = failure.field.startsWith('rewrite') || failure.field.startsWith('sourceRef')
  return { code, field: `${field}.${isOwn ? '' : `${refField}.`}${failure.field}`, message }
}

/** What one entry contributes. */
export function valuesOf({ source, read }: Entry, input: AssembleInput): Attempt<ByteMap> {
  if (read.failure !== undefined) return read
  const answer = input.answerTo(read.value)
  switch (answer.outcome) {
    case 'failed':
      return providerFailed(answer.failure)
    case 'absent':
      return absent(answer, source)
    default:
      return source.from === 'value'
        ? oneOf(source, payloadOf(answer))
        : mapOf(source, answer, input)
  }
}

function providerFailed({ code, message, hint }: ProviderFailure): Attempt<never> {
  return failed(codeOfProvider(code), hint === undefined ? message : `${message}; ${hint}`)
}

/** Deleted reads like missing, under a name of its own; a dialect may see it as an error instead. */
function absent(
  { dialect, gone }: Extract<Answer, { outcome: 'absent' }>,
  source: Source,
): Attempt<never> {
  if (gone !== undefined) return failed('SecretGone', gone, absentField(source))
  if (dialect !== undefined && source.from !== 'find' && source.from !== 'generator') {
    return absentFailure(dialect, source.from === 'extract', source.ref.key)
  }
  return failed('SecretNotFound', absentMessage(source), absentField(source))
}

function absentMessage(source: Source): string {
  return source.from === 'value' || source.from === 'extract'
    ? `secret ${source.ref.key} does not exist at the provider`
    : 'no secret exists at the provider'
}

function absentField(source: Source): string {
  return source.from === 'value' || source.from === 'extract' ? 'key' : ''
}

/** A provider that answers another question than the one asked is a bug of ours. */
export function payloadOf(answer: Answer): Payload {
  if (answer.outcome === 'found') return answer.payload
  throw new Error(`a read of one secret was answered with ${answer.outcome}`)
}

/** R19: conversionStrategy has no effect here. */
function oneOf(
  { ref, secretKey }: Extract<Source, { from: 'value' }>,
  payload: Payload,
): Attempt<ByteMap> {
  const selected = selectValue(payload, payloadRef(ref))
  if (selected.failure !== undefined) return selected
  const decoded = decodeValue(ref.decodingStrategy, selected.value ?? new Uint8Array())
  if (decoded.failure !== undefined) {
    return failed(decoded.failure.code, decoded.failure.message, 'decodingStrategy')
  }
  const hasNull = ref.nullBytePolicy === 'Fail' && decoded.value.includes(0)
  return hasNull ? nullByte(secretKey) : done(new Map([[secretKey, decoded.value]]))
}

/** What a payload's reader needs to know of a reference; strategies come later. */
export function payloadRef({ key, property, metadataPolicy }: RemoteRef): PayloadRef {
  return { key, property, metadata: metadataPolicy === 'Fetch' }
}

function mapOf(
  source: Exclude<Source, { from: 'value' }>,
  answer: Answer,
  input: AssembleInput,
): Attempt<ByteMap> {
  const fetched = fetchedMap(source, answer, input)
  if (fetched.failure !== undefined) return fetched
  return processFetched(source.entry, fetched.value, input)
}

/** What an answer holds, by the names that the provider has for it. */
export function fetchedMap(
  source: Exclude<Source, { from: 'value' }>,
  answer: Answer,
  input: AssembleInput,
): Attempt<ByteMap> {
  const fetched =
    source.from === 'extract'
      ? extractMap(payloadOf(answer), payloadRef(source.ref), input.parity)
      : manyOf(answer, source.entry.find?.conversionStrategy)
  return fetched.failure === undefined ? done(sortedByKey(fetched.value)) : fetched
}

/** Providers whose `find` converts names itself, so that a rewrite sees them converted (R23). */
const CONVERTING: ReadonlySet<Dialect> = new Set(['fake', 'gcp-secret-manager', 'kubernetes'])

/** Each found secret is one key with the whole payload (R29). */
function manyOf(answer: Answer, conversionStrategy: string | undefined): Attempt<ByteMap> {
  const out = new Map<string, Uint8Array>()
  if (answer.outcome === 'generated') {
    for (const [key, value] of answer.data) out.set(key, value.reveal())
    return done(out)
  }
  if (answer.outcome !== 'found-many') {
    throw new Error(`a read of many secrets was answered with ${answer.outcome}`)
  }
  let converts = false
  for (const [name, payload] of answer.payloads) {
    converts ||= CONVERTING.has(payload.dialect)
    const selected = selectValue(payload, { key: name, property: undefined, metadata: false })
    if (selected.failure !== undefined) return selected
    out.set(name, selected.value ?? new Uint8Array())
  }
  return converts ? convertKeys(conversionStrategy, out) : done(out)
}

/** By the bytes of the keys, so that neither errors nor data depend on the order of an answer. */
function sortedByKey<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...map].sort(([a], [b]) => compareBytes(a, b)))
}
