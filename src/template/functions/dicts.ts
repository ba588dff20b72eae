import { fail } from '../failure.ts'
import { type Functions, fixed, variadic } from '../function.ts'
import {
  dict,
  element,
  type GoMap,
  type GoValue,
  kindOf,
  list,
  sortedKeys,
  strings,
} from '../value.ts'
import type { Version } from '../version.ts'
import { visit } from '../work.ts'
import { isEmpty } from './lists.ts'
import { toText } from './strings.ts'

// Sprig's dicts. They are shared and mutable: `set`, `unset` and `merge` change the first argument for everyone.

/** An odd last key gets an empty value. */
function fromPairs(values: readonly GoValue[]): GoMap {
  const entries = new Map<string, GoValue>()
  for (let i = 0; i < values.length; i += 2) {
    entries.set(toText(values[i]), i + 1 < values.length ? element(values[i + 1]) : '')
  }
  return dict(entries)
}

/** Changes the dict itself and returns it, so a pipeline can go on. */
function set(map: GoMap, key: string, value: GoValue): GoMap {
  if (map.isNil) fail('assignment to entry in nil map')
  map.entries.set(key, element(value))
  return map
}

/** Fills what the target lacks or holds empty; overwriting takes every value but a dict, which is merged. */
function mergeInto(target: GoMap, source: GoMap, isOverwriting: boolean, depth = 0): void {
  for (const [key, value] of [...source.entries]) {
    visit(depth)
    const current = target.entries.get(key)
    const areDicts = isDict(value) && isDict(current)
    if (areDicts && current !== value) mergeInto(current, value, isOverwriting, depth + 1)
    // Nested dicts are taken over as they are: a later change of one shows in the other, as with mergo.
    const isMerged = areDicts && current.entries.size > 0
    if (!isMerged && takesOver(current, value, isOverwriting)) {
      target.entries.set(key, element(value))
    }
  }
}

/** A nil never replaces anything unless overwriting, as with mergo. */
function takesOver(current: GoValue, value: GoValue, isOverwriting: boolean): boolean {
  const isNil = value === null || value === undefined
  return isOverwriting || (!isNil && isEmpty(current))
}

/** Any map, the dot included. */
function isDict(value: GoValue): value is GoMap {
  return typeof value === 'object' && value !== null && value.go === 'map'
}

/** Changes and returns the target; only a nil target is replaced by a new dict. */
function merge(target: GoMap, sources: readonly GoMap[], isOverwriting: boolean): GoMap {
  let merged = target
  for (const source of sources) {
    if (merged.isNil && !source.isNil) merged = dict()
    mergeInto(merged, source, isOverwriting)
  }
  return merged
}

/** Upstream: it copies exported fields only, and a version has none; times are copied whole. */
const BLANK_VERSION: Version = {
  major: 0n,
  minor: 0n,
  patch: 0n,
  prerelease: '',
  metadata: '',
  original: '',
}

/** What is no list, dict or version has no parts that could be shared. */
function deepCopy(value: GoValue, depth = 0): GoValue {
  visit(depth)
  if (typeof value !== 'object' || value === null) return value
  if (value.go === 'slice')
    return { ...value, items: value.items.map((item) => deepCopy(item, depth + 1)) }
  if (value.go === 'version') return { ...value, version: BLANK_VERSION }
  if (value.go !== 'map') return value
  const entries = [...value.entries].map(([key, item]): [string, GoValue] => [
    key,
    deepCopy(item, depth + 1),
  ])
  return { ...value, entries: new Map(entries) }
}

/** `dig "a" "b" default dict`: the last two are the default and where to dig. */
function dig(values: readonly GoValue[]): GoValue {
  if (values.length < 3) return fail('dig needs at least three arguments')
  const keys = values.slice(0, -2).map((key) => {
    return typeof key === 'string'
      ? key
      : fail(`a key of dig is of type ${kindOf(key)}, not string`)
  })
  let at = values.at(-1)
  for (const key of keys) {
    if (!isDict(at) || at.type !== 'map[string]interface {}') {
      return fail(`dig through a value of type ${kindOf(at)}, not a dict`)
    }
    if (!at.entries.has(key)) return element(values.at(-2))
    at = at.entries.get(key)
  }
  return element(at)
}

// One function for both of a pair of twins.
const merged = (isOverwriting: boolean) =>
  variadic(['dict'], 'dict', (sources, target) => merge(target, sources, isOverwriting))

const copied = fixed(['any'], (value) => {
  return value === null ? fail('deepCopy of nil') : deepCopy(value)
})

/** Trap: their parameters are map[string]interface {}, so the dot itself is refused (R173). */
export const dictFunctions: Functions = {
  dict: variadic([], 'any', fromPairs),
  get: fixed(['dict', 'string'], ({ entries }, key) => (entries.has(key) ? entries.get(key) : '')),
  set: fixed(['dict', 'string', 'any'], set),
  unset: fixed(['dict', 'string'], (map, key) => {
    map.entries.delete(key)
    return map
  }),
  hasKey: fixed(['dict', 'string'], ({ entries }, key) => entries.has(key)),
  pluck: variadic(['string'], 'dict', (maps, key) =>
    list(maps.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key))),
  ),
  // Upstream: Go gives keys and values in random order; here the order is that of the keys' bytes.
  keys: variadic([], 'dict', (maps) => strings(maps.flatMap(sortedKeys))),
  values: fixed(['dict'], (map) => list(sortedKeys(map).map((key) => map.entries.get(key)))),
  pick: variadic(['dict'], 'string', (keys, { entries }) =>
    dict(keys.filter((key) => entries.has(key)).map((key) => [key, entries.get(key)])),
  ),
  omit: variadic(['dict'], 'string', (keys, { entries }) =>
    dict([...entries].filter(([key]) => !keys.includes(key))),
  ),
  merge: merged(false),
  mustMerge: merged(false),
  mergeOverwrite: merged(true),
  mustMergeOverwrite: merged(true),
  deepCopy: copied,
  mustDeepCopy: copied,
  dig: variadic([], 'any', dig),
}
