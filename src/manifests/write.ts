import { DUMP_SCHEMA, dump, NOT_RESOLVED, type ScalarTagDefinition } from 'js-yaml'
import {
  canonicalJson,
  compareBytes,
  isArray,
  type JsonObject,
  type JsonValue,
} from '../model/json.ts'
import { isTyped } from './yaml/resolve.ts'

type IntegerTag = ScalarTagDefinition<unknown>

const SEPARATOR = '---\n'

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

/** As a JSON escape, which YAML reads alike in double quotes. */
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

/** js-yaml's integer tag with our two changes. */
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

// What an object is comes first, for people.
const FIRST_KEYS = ['apiVersion', 'kind', 'metadata']

/** FIRST_KEYS in their order, then by bytes: the same on every machine. */
function compareKeys(a: string, b: string): number {
  return rank(a) - rank(b) || compareBytes(a, b)
}

/** Position among the first keys, or behind all of them. */
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
