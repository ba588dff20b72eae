import { DUMP_SCHEMA, dump, NOT_RESOLVED, type ScalarTagDefinition } from 'js-yaml'
import {
  canonicalJson,
  compareBytes,
  isArray,
  type JsonObject,
  type JsonValue,
} from '../model/json.ts'
import type { Scanned } from './read.ts'
import type { ByteRange } from './source.ts'
import { isTyped } from './yaml/resolve.ts'

type IntegerTag = ScalarTagDefinition<unknown>

const SEPARATOR = '---\n'
const LF = 0x0a
const DASH = 0x2d

/**
 * An object as a document of its own: the `---` line and block YAML with keys in byte order, so that equal objects give
 * equal bytes. Whatever YAML 1.1 or 1.2 would take for something else is quoted.
 */
export function writeManifest(object: JsonObject): string {
  // js-yaml 5.5 writes such a key bare, where it starts another document.
  if (Object.keys(object).some((key) => /^(?:---|\.\.\.)/.test(key)))
    return writeJsonManifest(object)
  return SEPARATOR + dump(ordered(object), { lineWidth: -1, noRefs: true, schema: SCHEMA })
}

/** The same as one line of JSON, which every YAML parser reads alike. */
export function writeJsonManifest(object: JsonObject): string {
  return `${SEPARATOR}${canonicalJson(object).replace(NOT_JSON_TO_YAML, escapeUnit)}\n`
}

/** Legal in JSON, but a break, a mark or a control character to YAML. */
const NOT_JSON_TO_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A copy with keys in byte order, apart from those that say what the object is. */
function ordered(value: JsonValue): JsonValue {
  if (typeof value === 'string') return wellFormed(value)
  if (value === null || typeof value !== 'object') return value
  if (isArray(value)) return value.map(ordered)
  const copy: Record<string, JsonValue> = {}
  for (const key of Object.keys(value).sort(compareKeys)) {
    const item = value[key]
    if (item !== undefined) define(copy, wellFormed(key), ordered(item))
  }
  return copy
}

/**
 * Two changes to what js-yaml takes for an integer: those beyond 2^53 are bigint in what we read, and go-yaml reads more
 * strings as numbers than YAML 1.1 and 1.2 together (`0X1F`, `+0o7`, `0_8`, `1_0e1`), which must be quoted too.
 */
const SCHEMA = DUMP_SCHEMA.withTags(
  DUMP_SCHEMA.tags.flatMap((tag) =>
    tag.tagName === 'tag:yaml.org,2002:int' && tag.nodeKind === 'scalar' ? [widened(tag)] : [],
  ),
)

function widened(tag: IntegerTag): IntegerTag {
  return {
    ...tag,
    identify: (value: unknown) => typeof value === 'bigint' || tag.identify(value),
    resolve: (source, isExplicit, tagName) => {
      const value = tag.resolve(source, isExplicit, tagName)
      return value === NOT_RESOLVED && isTyped(source) ? 0 : value
    },
  }
}

const FIRST_KEYS = ['apiVersion', 'kind', 'metadata']

function compareKeys(a: string, b: string): number {
  return rank(a) - rank(b) || compareBytes(a, b)
}

function rank(key: string): number {
  const index = FIRST_KEYS.indexOf(key)
  return index < 0 ? FIRST_KEYS.length : index
}

/** A lone surrogate has no UTF-8, and its escape is an error to go-yaml. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

/** As an own property: `__proto__` is a legal key. */
function define(copy: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
}

/** An input and its bytes once more, in pieces of any size. */
export interface PassedStream {
  readonly scanned: Scanned
  readonly ranges: readonly ByteRange[]
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * One stream of all that leaves: the remaining ranges of the inputs, byte by byte as they came, then `own` documents (each
 * from `writeManifest`). A `---` line is put where two parts meet that bring none, and between JSON objects; a missing
 * last line break is added there too. A single YAML input with nothing taken and nothing added comes out as it went in.
 */
export async function* joinStreams(
  inputs: readonly PassedStream[],
  own: readonly string[],
): AsyncGenerator<Uint8Array> {
  const joint = new Joint()
  for (const { scanned, ranges, chunks } of inputs) {
    let mustOpen = true
    for await (const { bytes, isRangeStart } of pick(chunks, ranges)) {
      if (isRangeStart && (mustOpen || scanned.isJson)) yield joint.open(bytes, scanned.isJson)
      mustOpen = false
      yield joint.pass(bytes)
    }
  }
  for (const text of own) {
    const bytes = new TextEncoder().encode(text)
    yield joint.open(bytes, false)
    yield joint.pass(bytes)
  }
}

/** Knows how the output ends, so that the next part begins on a line of its own and behind a separator. */
class Joint {
  #isEmpty: boolean
  #endsLine: boolean

  constructor() {
    this.#isEmpty = true
    this.#endsLine = true
  }

  /** What must stand before `next`. */
  open(next: Uint8Array, isForced: boolean): Uint8Array {
    const hasSeparator = next[0] === DASH && next[1] === DASH && next[2] === DASH
    const isNeeded = !hasSeparator && (isForced || !this.#isEmpty)
    return new TextEncoder().encode((this.#endsLine ? '' : '\n') + (isNeeded ? SEPARATOR : ''))
  }

  pass(bytes: Uint8Array): Uint8Array {
    this.#isEmpty = false
    this.#endsLine = bytes.at(-1) === LF
    return bytes
  }
}

interface Piece {
  readonly bytes: Uint8Array
  readonly isRangeStart: boolean
}

/** The bytes of `ranges`, in order, from a stream of chunks. */
async function* pick(
  chunks: PassedStream['chunks'],
  ranges: readonly ByteRange[],
): AsyncGenerator<Piece> {
  let offset = 0
  let index = 0
  for await (const chunk of chunks) {
    const end = offset + chunk.length
    for (
      let range = ranges[index];
      range !== undefined && range.start < end;
      range = ranges[index]
    ) {
      const from = Math.max(range.start, offset)
      const to = Math.min(range.end, end)
      if (to > from) {
        yield {
          bytes: chunk.subarray(from - offset, to - offset),
          isRangeStart: from === range.start,
        }
      }
      if (range.end > end) break
      index++
    }
    offset = end
  }
}
