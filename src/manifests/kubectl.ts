import type { JsonValue } from '../model/json.ts'
import { type Built, buildValue } from './yaml/build.ts'
import { YamlFault } from './yaml/fault.ts'
import { formatFloat32 } from './yaml/float32.ts'
import { goJson, NoJsonForm } from './yaml/go-json.ts'
import { parseJson, skipJsonBlanks } from './yaml/json-parser.ts'
import { parseText } from './yaml/parser.ts'
import type { Scalar } from './yaml/resolve.ts'
import { decodeText } from './yaml/text.ts'

// What kubectl, Argo CD and External Secrets Operator make of YAML: sigs.k8s.io/yaml and the Kubernetes stream decoder.
// `read.ts` is stricter on purpose: it refuses what these readers resolve silently.

/** Those readers nest to 10 000 levels; our stack carries a tenth of it, which no manifest needs. */
const KUBECTL_LIMITS = { depthMax: 1000, aliasesMax: 1_000_000, nodesMax: 4_000_000 }

/**
 * Canonical JSON of a document (Go's encoder), or why there is none. The parser's words are left
 * out: they quote.
 */
export type JsonText =
  | {
      readonly outcome: 'read'
      readonly json: string
      /** The same without the text: JSON.parse of it would round integers beyond 2^53. */
      readonly value: JsonValue
    }
  | { readonly outcome: 'unreadable'; readonly reason: 'yaml' | 'json' | 'duplicate-key' }

/** The first document of a text as JSON. Strict refuses a second key of the same name; otherwise the last one wins. */
export function yamlToJson(bytes: Uint8Array, isStrict: boolean): JsonText {
  try {
    const built = readFirst(bytes)
    const isRepeated = built.clash !== undefined && !built.clash.isRandom
    if (isStrict && isRepeated) return unreadable('duplicate-key')
    const value = jsonValue(built)
    return { outcome: 'read', json: goJson(value), value }
  } catch (error) {
    return unreadable(reasonOf(error))
  }
}

/** What follows the first document is dropped, as sigs.k8s.io/yaml does. */
function readFirst(bytes: Uint8Array, readMember?: (scalar: Scalar) => JsonValue): Built {
  const { root } = parseText(decodeText(bytes), KUBECTL_LIMITS)
  if (root === undefined) return EMPTY
  const options = { limits: KUBECTL_LIMITS }
  return buildValue(root, readMember === undefined ? options : { ...options, readMember })
}

// A text without a document is null to every Go reader.
const EMPTY: Built = {
  value: null,
  clash: undefined,
  badKeyOffset: undefined,
  rootMergeOffset: undefined,
  infiniteOffset: undefined,
}

/** Throws YamlFault for a key that JSON cannot have. */
function jsonValue({ value, badKeyOffset }: Built): JsonValue {
  if (badKeyOffset === undefined) return value
  throw new YamlFault('yaml-syntax', badKeyOffset, 'a key has no text')
}

/** A reason by its literal, so that both answers share one shape. */
function unreadable<T extends string>(
  reason: T,
): { readonly outcome: 'unreadable'; readonly reason: T } {
  return { outcome: 'unreadable', reason }
}

/** Lets everything through that is no fault of the text: that is a bug of ours. */
function reasonOf(error: unknown): 'yaml' | 'json' {
  if (error instanceof YamlFault) return 'yaml'
  if (error instanceof NoJsonForm) return 'json'
  throw error
}

/** `templateAs: KeysAndValues` as Go reads it, or why not. */
export type StringMap =
  | { readonly outcome: 'read'; readonly entries: ReadonlyMap<string, string> }
  | { readonly outcome: 'unreadable'; readonly reason: 'yaml' | 'json' }

/**
 * The first document of a text as a map of strings, as `templateAs: KeysAndValues` reads it (R64): numbers and booleans
 * become text again, floats with 32 bits, null the empty string; the last of two equal keys wins. `yaml`: not YAML;
 * `json`: not a map of scalars.
 */
export function readStringMap(bytes: Uint8Array): StringMap {
  try {
    const value = jsonValue(readFirst(bytes, coerce))
    if (value === null) return { outcome: 'read', entries: new Map() }
    if (typeof value !== 'object' || Array.isArray(value)) return unreadable('json')
    const entries = new Map<string, string>()
    for (const [key, item] of Object.entries(value)) {
      if (item !== null && typeof item !== 'string') return unreadable('json')
      entries.set(wellFormed(key), wellFormed(item ?? ''))
    }
    return { outcome: 'read', entries }
  } catch (error) {
    return unreadable(reasonOf(error))
  }
}

/** encoding/json into a string field, by way of go-yaml: the source's spelling is lost (R64). */
function coerce(scalar: Scalar): JsonValue {
  switch (scalar.form) {
    case 'string':
    case 'null':
      return scalar.value
    case 'float':
      return formatFloat32(scalar.value)
    default:
      return String(scalar.value)
  }
}

/** Go replaces what has no UTF-8 when it writes JSON. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

/** Documents as bytes of their own; nothing of them is parsed. */
export interface SplitStream {
  readonly documents: readonly Uint8Array[]
  /** Whether splitting stopped at a separator with something behind it, as `--- {a: 1}` or `---b`. */
  readonly isBroken: boolean
}

const LF = 0x0a
/** Go's blanks: a byte order mark is none, NEL is one. */
const BARE = /^(?:(?!\ufeff)[\s\u0085])*(?:#|$)/

/**
 * Cuts a stream where the Kubernetes reader does: at every line that begins with `---`, whatever the context. Breaks
 * come out as LF, and a separator before any content stays in the document.
 */
export function splitStream(bytes: Uint8Array): SplitStream {
  const documents: Uint8Array[] = []
  let lines: Uint8Array[] = []
  for (const line of linesOf(bytes)) {
    const separator = separatorForm(line)
    if (separator === 'broken') return { documents, isBroken: true }
    if (separator === 'none' || lines.length === 0) lines.push(line)
    else {
      documents.push(joinLines(lines))
      lines = []
    }
  }
  if (lines.length > 0) documents.push(joinLines(lines))
  return { documents, isBroken: false }
}

/** Lines without their LF or CRLF; a CR at the very end stays. */
function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(LF, start)
    const end = found < 0 ? bytes.length : found
    const hasReturn = found > start && bytes[found - 1] === 0x0d
    yield bytes.subarray(start, hasReturn ? end - 1 : end)
    start = end + 1
  }
}

/** `broken` ends the stream: the Kubernetes splitter gives up there, and so do its readers. */
function separatorForm(line: Uint8Array): 'none' | 'bare' | 'broken' {
  if (line[0] !== 0x2d || line[1] !== 0x2d || line[2] !== 0x2d) return 'none'
  const rest = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line.subarray(3))
  return BARE.test(rest) ? 'bare' : 'broken'
}

/** Every line ends in LF, the last one too. */
function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(lines.reduce((sum, { length }) => sum + length + 1, 0))
  let at = 0
  for (const line of lines) {
    joined.set(line, at)
    at += line.length
    joined[at++] = LF
  }
  return joined
}

/** What a reader has got before it stopped, and why it did. */
export interface DecodedStream {
  /** JSON texts, without empty and `null` documents. */
  readonly objects: readonly string[]
  /** Why decoding stopped early. */
  readonly reason: 'yaml' | 'json' | undefined
}

/** A stream as kubectl and Argo CD decode it: JSON objects in a row if it begins with `{`, else YAML documents. */
export function decodeStream(bytes: Uint8Array): DecodedStream {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (!/^(?:(?!\ufeff)[\s\u0085])*\{/.test(text)) return decodeYamlStream(bytes)
  const { objects, count, end, isComplete } = decodeJsonObjects(text)
  if (isComplete) return { objects, reason: undefined }
  // One object or none leaves open what the stream is; more of them make it JSON for good.
  const rest = count > 1 ? undefined : yamlRest(text, end)
  if (rest === undefined) return { objects, reason: 'json' }
  const further = decodeYamlStream(new TextEncoder().encode(rest))
  const isFirst = further.reason !== undefined && further.objects.length === 0
  return {
    objects: [...objects, ...further.objects],
    reason: isFirst ? 'json' : further.reason,
  }
}

/** Values in a row without separators; the first broken one ends it. */
function decodeJsonObjects(text: string): {
  readonly objects: readonly string[]
  /** With `null`, which is no object. */
  readonly count: number
  readonly end: number
  readonly isComplete: boolean
} {
  const objects: string[] = []
  let count = 0
  let end = 0
  try {
    for (;;) {
      const start = skipJsonBlanks(text, end)
      if (start >= text.length) return { objects, count, end, isComplete: true }
      end = parseJson(text, start, KUBECTL_LIMITS.depthMax).end
      count++
      const object = text.slice(start, end)
      if (object !== 'null') objects.push(object)
    }
  } catch (error) {
    if (error instanceof YamlFault) return { objects, count, end, isComplete: false }
    throw error
  }
}

/**
 * What the YAML reader gets when JSON ends: blanks up to the first break are eaten. Upstream: it looks four bytes ahead
 * and gives up when fewer are left.
 */
function yamlRest(text: string, end: number): string | undefined {
  let at = end
  for (;;) {
    if (new TextEncoder().encode(text.slice(at, at + 4)).length < 4) return undefined
    const character = text.charAt(at)
    // Upstream: U+FFFD is what it takes for broken text.
    if (character === '\ufffd') return undefined
    if (!/(?!\ufeff)[\s\u0085]/.test(character)) return text.slice(at)
    at++
    if (character === '\n') return text.slice(at)
  }
}

/** One unreadable document ends the stream: what follows is never applied by kubectl. */
function decodeYamlStream(bytes: Uint8Array): DecodedStream {
  const { documents, isBroken } = splitStream(bytes)
  const objects: string[] = []
  for (const document of documents) {
    const read = yamlToJson(document, false)
    if (read.outcome === 'unreadable') return { objects, reason: 'yaml' }
    if (read.json !== 'null') objects.push(read.json)
  }
  return { objects, reason: isBroken ? 'yaml' : undefined }
}
