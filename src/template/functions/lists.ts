import { deepEqual } from '../deep-equal.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed, variadic } from '../function.ts'
import { ITEMS_MAX } from '../limits.ts'
import {
  compareStrings,
  type GoSlice,
  type GoValue,
  isTrue,
  kindOf,
  list,
  nilSlice,
  stringMap,
  strings,
} from '../value.ts'
import { toInt64 } from './numbers.ts'
import { runeTexts, toText } from './strings.ts'

// Sprig's lists. Results are []interface {} whatever the argument's type was, `slice` excepted. Lists are never changed in place.

/** Sprig's `empty` is text/template's falsehood. */
export function isEmpty(value: GoValue): boolean {
  return !isTrue(value)
}

/** The list, or Sprig's refusal; a nil makes Go panic. */
function sliceOf(value: GoValue, refusal: string): GoSlice {
  if (value === null || value === undefined) return fail('nil pointer dereference')
  if (typeof value === 'object' && value.go === 'slice') return value
  return fail(`${refusal} ${kindOf(value)}`)
}

/** A new list within the limit of items. */
function bounded(items: GoValue[]): GoSlice {
  if (items.length > ITEMS_MAX) fail(`a list of more than ${ITEMS_MAX} items`)
  return list(items)
}

/** What `join`, `toStrings` and `sortAlpha` see: nils are left out, a single value is a list of one. */
function textsOf(value: GoValue): string[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object' || value.go !== 'slice') return [toText(value)]
  return value.items.filter((item) => item !== null && item !== undefined).map(toText)
}

/** Go's strings.SplitN: without a separator, every rune is a part; the last part holds what is left. */
export function splitText(text: string, separator: string, limit: number): string[] {
  if (limit === 0) return []
  const parts = separator === '' ? runeTexts(text) : text.split(separator)
  if (parts.length > ITEMS_MAX) fail(`a list of more than ${ITEMS_MAX} items`)
  if (limit < 0 || parts.length <= limit) return parts
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]
}

/** `_0`, `_1` …: Sprig's `split` gives a map. */
function numbered(parts: readonly string[]): GoValue {
  return stringMap(parts.map((part, index) => [`_${index}`, part]))
}

/** Of an empty list nil, which is `null` in JSON. */
function rest(value: GoValue): GoSlice {
  const { items } = sliceOf(value, 'cannot find rest on type')
  return items.length === 0 ? nilSlice('[]interface {}') : list(items.slice(1))
}

/** All but the last item. */
function initial(value: GoValue): GoSlice {
  const { items } = sliceOf(value, 'cannot find initial on type')
  return items.length === 0 ? nilSlice('[]interface {}') : list(items.slice(0, -1))
}

/** Keeps first occurrences by reflect.DeepEqual. Quadratic, but `deepEqual` counts its visits. */
function unique(value: GoValue): GoSlice {
  const kept: GoValue[] = []
  for (const item of sliceOf(value, 'cannot find uniq on type').items) {
    if (!kept.some((other) => deepEqual(item, other))) kept.push(item)
  }
  return list(kept)
}

/** False in a nil, an error in anything else that is no list. */
function has(needle: GoValue, haystack: GoValue): boolean {
  if (haystack === null || haystack === undefined) return false
  return sliceOf(haystack, 'cannot find has on type').items.some((item) => deepEqual(needle, item))
}

/** Keeps the list's type. Upstream: of an empty list it gives nil whatever the bounds. */
function slice(value: GoValue, bounds: readonly GoValue[]): GoValue {
  const whole = sliceOf(value, 'list should be type of slice or array but')
  const { length } = whole.items
  if (length === 0) return null
  const start = bounds.length > 0 ? Number(toInt64(bounds[0])) : 0
  const end = bounds.length > 1 ? Number(toInt64(bounds[1])) : length
  if (start < 0 || end < start || end > length) return fail('slice index out of bounds')
  return { ...whole, items: whole.items.slice(start, end) }
}

/** Sprig appends to a nil list, so nothing but empty lists gives nil. */
function concat(lists: readonly GoValue[]): GoValue {
  const items = lists.flatMap((value) => sliceOf(value, 'cannot concat as list a type').items)
  return items.length === 0 ? nilSlice('[]interface {}') : bounded(items)
}

/** Lists of `size` items, the last one shorter. */
function chunk(size: number, value: GoValue): GoValue {
  const { items } = sliceOf(value, 'cannot chunk type')
  const chunks: GoValue[] = []
  if (size <= 0) {
    // Upstream: the number of chunks is floor((length - 1) / size) + 1: none where a negative size is as large as the list.
    if (size < -1 && items.length === 1) return chunkList([list([...items])])
    const isNone = size < 0 && items.length > 1 && items.length - 1 <= -size
    return isNone ? chunkList([]) : fail('chunk size out of range')
  }
  for (let at = 0; at < items.length; at += size) chunks.push(list(items.slice(at, at + size)))
  return chunkList(chunks)
}

/** Sprig's type for it is [][]interface {}. */
function chunkList(items: GoValue[]): GoSlice {
  return { go: 'slice', type: '[][]interface {}', items, isNil: false }
}

/** Upstream: a []string is sorted in place, and what is no list is a list of its text, nil's included. */
function sortAlpha(value: GoValue): GoSlice {
  if (typeof value !== 'object' || value?.go !== 'slice') return strings([toText(value)])
  if (value.type !== '[]string') return strings(textsOf(value).sort(compareStrings))
  value.items.sort((a, b) => compareStrings(String(a), String(b)))
  return value
}

const push = fixed(['any', 'any'], (value, item) =>
  bounded([...sliceOf(value, 'cannot push on type').items, item]),
)
const prepend = fixed(['any', 'any'], (value, item) =>
  bounded([item, ...sliceOf(value, 'cannot prepend on type').items]),
)
const firstOf = fixed(
  ['any'],
  (value) => sliceOf(value, 'cannot find first on type').items[0] ?? null,
)
const lastOf = fixed(
  ['any'],
  (value) => sliceOf(value, 'cannot find last on type').items.at(-1) ?? null,
)
const reverse = fixed(['any'], (value) =>
  list([...sliceOf(value, 'cannot find reverse on type').items].reverse()),
)
const compact = fixed(['any'], (value) =>
  list(sliceOf(value, 'cannot compact on type').items.filter((item) => !isEmpty(item))),
)
const without = variadic(['any'], 'any', (omitted, value) =>
  list(
    sliceOf(value, 'cannot find without on type').items.filter(
      (item) => !omitted.some((other) => deepEqual(item, other)),
    ),
  ),
)
const sliced = variadic(['any'], 'any', (bounds, value) => slice(value, bounds))
const chunked = fixed(['int', 'any'], ({ value: size }, value) => chunk(Number(size), value))
const listed = variadic([], 'any', (values) => list([...values]))

/**
 * Sprig's lists. The `must` twins are the same: here the plain ones fail as well, by panic in Go.
 */
export const listFunctions: Functions = {
  list: listed,
  tuple: listed,
  append: push,
  mustAppend: push,
  push,
  mustPush: push,
  prepend,
  mustPrepend: prepend,
  first: firstOf,
  mustFirst: firstOf,
  last: lastOf,
  mustLast: lastOf,
  rest: fixed(['any'], rest),
  mustRest: fixed(['any'], rest),
  initial: fixed(['any'], initial),
  mustInitial: fixed(['any'], initial),
  reverse,
  mustReverse: reverse,
  uniq: fixed(['any'], unique),
  mustUniq: fixed(['any'], unique),
  compact,
  mustCompact: compact,
  without,
  mustWithout: without,
  has: fixed(['any', 'any'], has),
  mustHas: fixed(['any', 'any'], has),
  slice: sliced,
  mustSlice: sliced,
  concat: variadic([], 'any', concat),
  chunk: chunked,
  mustChunk: chunked,
  sortAlpha: fixed(['any'], sortAlpha),
  toStrings: fixed(['any'], (value) => strings(textsOf(value))),
  join: fixed(['string', 'any'], (separator, value) => textsOf(value).join(separator)),
  split: fixed(['string', 'string'], (separator, text) => numbered(splitText(text, separator, -1))),
  splitn: fixed(['string', 'int', 'string'], (separator, { value }, text) =>
    numbered(splitText(text, separator, Number(value))),
  ),
  splitList: fixed(['string', 'string'], (separator, text) =>
    strings(splitText(text, separator, -1)),
  ),
}
