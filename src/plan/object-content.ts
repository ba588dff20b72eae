import {
  canonicalJson,
  compareBytes,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
} from '../model/json.ts'
import { SecretValue } from '../model/secret-value.ts'

// The content of an object that is no Secret, in the form of a Secret's data, so that every rule about Secrets holds for it
// as well: one entry per leaf. The key is the path with dots (`spec.auth.password`), the value the leaf as JSON. Lists are
// leaves: who owns which item of one only a schema could tell.

/** Members that are no content: what identifies the object, and what others say about it. */
export const NO_CONTENT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status'])

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Writable only while it is built. */
export interface Draft {
  [key: string]: JsonValue | undefined
}

/** Leaves by path. Members that are null count as absent, as the API server drops them. */
export function leavesOf(object: JsonObject): Map<string, SecretValue> {
  const leaves = new Map<string, SecretValue>()
  collect(object, '', leaves)
  return leaves
}

function collect(object: JsonObject, above: string, leaves: Map<string, SecretValue>): void {
  for (const key of Object.keys(object).sort(compareBytes)) {
    const value = object[key]
    if (value === undefined || value === null) continue
    const path = joined(above, key)
    if (isObject(value) && Object.keys(value).length > 0) collect(value, path, leaves)
    else leaves.set(path, new SecretValue(encoder.encode(canonicalJson(value))))
  }
}

/** The tree again, keys in byte order; `show` makes of each leaf what is to be seen of it. */
export function treeOf(
  leaves: ReadonlyMap<string, SecretValue>,
  show: (leaf: JsonValue) => JsonValue,
): JsonObject {
  const root: Draft = Object.create(null)
  for (const path of [...leaves.keys()].sort(compareBytes)) {
    const segments = split(path)
    const last = segments.pop() ?? ''
    let at = root
    for (const segment of segments) at = memberDraft(at, segment)
    const leaf = leaves.get(path)
    if (leaf !== undefined) at[last] = show(leafOf(leaf))
  }
  return root
}

function memberDraft(at: Draft, key: string): Draft {
  const known = Object.hasOwn(at, key) ? at[key] : undefined
  if (isObject(known)) return known as Draft
  const made: Draft = Object.create(null)
  at[key] = made
  return made
}

/** A number keeps its digits: JSON.parse would round one beyond 2^53. */
function leafOf(leaf: SecretValue): JsonValue {
  const json = decoder.decode(leaf.reveal())
  return /^-?\d{16,}$/.test(json) ? BigInt(json) : JSON.parse(json)
}

/** A value in its place. */
export function asIs(leaf: JsonValue): JsonValue {
  return leaf
}

/** What is printed where values must not be seen. */
export function hiddenLeaf(leaf: JsonValue): JsonValue {
  const text = typeof leaf === 'string' ? leaf : canonicalJson(leaf)
  return SecretValue.fromText(text).toString()
}

/** A value as text; undefined for bytes that are none: only a Secret can hold those. */
export function textOf(value: SecretValue): string | undefined {
  const bytes = value.reveal()
  const text = decoder.decode(bytes)
  return Buffer.from(text).equals(bytes) ? text : undefined
}

// --- paths: segments with dots between them, a dot or a backslash within one escaped ---

/** One level deeper. */
export function joined(above: string, key: string): string {
  const segment = key.replace(/[\\.]/g, '\\$&')
  return above === '' ? segment : `${above}.${segment}`
}

function split(path: string): string[] {
  const segments: string[] = ['']
  for (let at = 0; at < path.length; at++) {
    const char = path.charAt(at)
    if (char === '.') segments.push('')
    else segments.push(`${segments.pop()}${char === '\\' ? path.charAt(++at) : char}`)
  }
  return segments
}

/** Whether the path is, or lies below, one of these. */
export function isWithin(path: string, places: ReadonlySet<string>): boolean {
  if (places.has(path)) return true
  const segments = split(path)
  let above = ''
  return segments.some((segment) => {
    above = joined(above, segment)
    return places.has(above)
  })
}

/**
 * The fields of one entry of managedFields, as such paths. A list is one field: how its items are told apart stops the
 * descent.
 */
export function fieldPaths(fields: JsonValue | undefined): readonly string[] {
  if (!isObject(fields)) return []
  const found: string[] = []
  for (const [element, below] of Object.entries(fields)) {
    const name = element.startsWith('f:') ? element.slice(2) : ''
    if (name === '' || NO_CONTENT.has(name)) continue
    descend(below, joined('', name), found)
  }
  return found
}

function descend(fields: JsonValue | undefined, path: string, found: string[]): void {
  const members = isObject(fields) ? Object.entries(fields) : []
  const named = members.filter(([element]) => element.startsWith('f:'))
  const isLeaf = named.length === 0 || members.some(([element]) => /^[kvi]:/.test(element))
  if (isLeaf) {
    // `.` alone is a map that is owned empty; with names it only says that the map itself is owned as well.
    found.push(path)
    return
  }
  for (const [element, below] of named) descend(below, joined(path, element.slice(2)), found)
}

/** Kinds whose objects may be frozen as a Secret may. */
export function canBeImmutable(kind: string): boolean {
  return kind === 'ConfigMap'
}

/** The members of an object that are its content. */
export function contentOf(object: JsonObject): JsonObject {
  const isConfigMap = object.kind === 'ConfigMap'
  const content: Draft = Object.create(null)
  for (const [key, value] of Object.entries(object)) {
    if (NO_CONTENT.has(key) || (isConfigMap && key === 'immutable')) continue
    if (!isArray(value) || value.length > 0) content[key] = value
  }
  return content
}
