import { compareBytes } from '../model/json.ts'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, textOfBinary, toBinary } from './binary.ts'
import { encodeGoJson, formatSecretValue } from './go-print.ts'
import { type GoMap, type GoValue, goValueOf } from './go-value.ts'
import { readJson } from './json.ts'
import { shortened } from './keys.ts'

// What a merge of objects comes to (R37–R41). They are taken in byte order of their keys, those of `priority` last and in
// its order; whoever comes later wins.
//
//  values, priority           │ policy               │ strategy        │ answer
//  ───────────────────────────┼──────────────────────┼─────────────────┼────────────────────────────────────
//  one is no JSON object      │                      │                 │ error
//  a priority names no key    │ Strict               │                 │ error
//  a priority names no key    │ IgnoreNotFound       │                 │ as if it were not in the list
//  two objects have one field │ conflictPolicy Error │                 │ error, whatever the priority
//  else                       │                      │ Extract         │ the fields, and nothing else
//  else                       │                      │ JSON, into `x`  │ what came, and the object as `x`
//  else                       │                      │ JSON, no `into` │ error

/** `rewrite[].merge` with its defaults. */
export interface Merge {
  readonly into: string
  readonly strategy: 'Extract' | 'JSON'
  readonly conflictPolicy: 'Error' | 'Ignore'
  readonly priority: readonly string[]
  readonly priorityPolicy: 'Strict' | 'IgnoreNotFound'
}

/** Values by key; each value must be a JSON object. */
type ByteMap = ReadonlyMap<string, Uint8Array>

/** Merges the JSON objects that the values hold (R37–R41). */
export function mergeValues(merge: Merge, values: ByteMap): Attempt<ByteMap> {
  const merged = mergeFields(merge, values)
  if (merged.failure !== undefined) return merged
  const { fields, conflicts } = merged.value
  if (merge.conflictPolicy === 'Error' && conflicts.size > 0) {
    const names = [...conflicts].sort(compareBytes).map(shortened).join(', ')
    return failed('Conflict', `merge failed with conflicts: ${names}`, '.merge.conflictPolicy')
  }
  return merge.strategy === 'JSON' ? mergeInto(merge, values, fields) : extractFields(fields)
}

/** Fields of all objects, and the names that more than one had. */
interface Merged {
  /** By key as a binary string. */
  readonly fields: ReadonlyMap<string, GoValue>
  readonly conflicts: ReadonlySet<string>
}

/** Keys in byte order, those of `priority` last and in its order: whoever comes later wins. */
function mergeFields(merge: Merge, values: ByteMap): Attempt<Merged> {
  const fields = new Map<string, GoValue>()
  const conflicts = new Set<string>()
  const { priority } = merge
  const others = [...values.keys()].filter((key) => !priority.includes(key)).sort(compareBytes)
  for (const key of [...others, ...priority]) {
    const object = objectAt(key, values, merge)
    if (object.failure !== undefined) return object
    for (const [name, field] of object.value) {
      if (fields.has(name)) conflicts.add(textOfBinary(name))
      fields.set(name, field)
    }
  }
  return done({ fields, conflicts })
}

/**
 * The fields of one value; a priority that names no key is an error unless told otherwise (R39).
 */
function objectAt(
  key: string,
  values: ByteMap,
  { priorityPolicy }: Merge,
): Attempt<ReadonlyMap<string, GoValue>> {
  const value = values.get(key)
  if (value === undefined) {
    if (priorityPolicy === 'IgnoreNotFound') return done(new Map())
    const message = `merge failed with key ${JSON.stringify(shortened(key))} not found in input map`
    return failed('PriorityNotFound', message, '.merge.priority')
  }
  const object = objectOf(value)
  return object === undefined
    ? failed(
        'NotJson',
        `merge failed: the value of key ${shortened(key)} is no JSON object`,
        '.merge',
      )
    : done(object)
}

/** JSON null counts as an empty object, as Go decodes it. */
function objectOf(value: Uint8Array): ReadonlyMap<string, GoValue> | undefined {
  const json = readJson(toBinary(value))
  if (json?.shape === 'null') return new Map()
  const object = json?.shape === 'object' ? goValueOf(json, 'float64') : undefined
  return object?.go === 'map[string]interface {}' ? object.entries : undefined
}

/**
 * Strategy Extract (R40): the objects' members become the keys, and the old keys go; numbers pass
 * through float64.
 */
function extractFields(fields: ReadonlyMap<string, GoValue>): Attempt<ByteMap> {
  const out = new Map<string, Uint8Array>()
  for (const [name, field] of fields) {
    out.set(textOfBinary(name), fromBinary(formatSecretValue(field) ?? ''))
  }
  return done(out)
}

/** Strategy JSON: one more key holds the merged object, the others stay (R41). */
function mergeInto(
  { into }: Merge,
  values: ByteMap,
  entries: ReadonlyMap<string, GoValue>,
): Attempt<ByteMap> {
  if (into === '')
    return failed('IntoMissing', "merge failed with missing 'into' field", '.merge.into')
  const object: GoMap = { go: 'map[string]interface {}', entries }
  return done(new Map([...values, [into, fromBinary(encodeGoJson(object, false) ?? '')]]))
}
