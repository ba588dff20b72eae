import { type Getter, NESTING_MAX } from './effort.ts'
import {
  type ArrayComponent,
  arrayComponent,
  type ObjectComponent,
  objectComponent,
  splitPipe,
} from './path.ts'
import { queryMatches } from './query.ts'
import type { Query } from './query-path.ts'
import {
  ABSENT,
  exists,
  jsonResult,
  numberResult,
  type Result,
  scanAny,
  scanValue,
  startsValue,
  textOf,
} from './result.ts'
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE, readQuoted } from './scan.ts'
import { matchesWildcard } from './wildcard.ts'

/** What one walk through a document has found so far. */
interface Walk {
  readonly json: string
  readonly get: Getter
  value: Result
  /** Path to apply to `value` once the walk is over. */
  pipe: string | undefined
  depth: number
}

/** Where a walk goes on, and whether it hit its target. */
interface Step {
  readonly end: number
  readonly hit: boolean
}

/** Follows a path without modifiers at its start from the first object or array of `json`. */
export function walkDocument(json: string, path: string, get: Getter): Result {
  const walk: Walk = { json, get, value: ABSENT, pipe: undefined, depth: 0 }
  if (path.startsWith('..')) {
    walkArray(walk, 0, path.slice(2))
  } else {
    const start = json.search(/[{[]/)
    if (start >= 0) descend(walk, start, path)
  }
  return walk.pipe === undefined ? walk.value : get(walk.value.raw, walk.pipe)
}

/** Invariant: never deeper than NESTING_MAX, whatever the document holds. */
function descend(walk: Walk, open: number, path: string): Step {
  if (walk.depth > NESTING_MAX) return broken(walk)
  walk.depth++
  const step =
    walk.json.charCodeAt(open) === OPEN_BRACE
      ? walkObject(walk, open + 1, path)
      : walkArray(walk, open + 1, path)
  walk.depth--
  return step
}

/** Ends every loop: one beyond the end, where no array sees its closing bracket. */
function broken({ json }: Walk): Step {
  return { end: json.length + 1, hit: false }
}

/** The first key that matches wins, so of duplicates the first counts, unlike in encoding/json. */
function walkObject(walk: Walk, from: number, path: string): Step {
  const { json } = walk
  const component = objectComponent(path)
  if (component.pipe !== undefined) walk.pipe = component.pipe
  for (let at = from; at < json.length; ) {
    const open = indexOfKey(json, at)
    if (json.charCodeAt(open) === CLOSE_BRACE) return { end: open + 1, hit: false }
    const key = open < json.length ? readQuoted(json, open) : undefined
    if (key === undefined) return broken(walk)
    const step = takeValue(walk, indexOfValue(json, key.end), wantOf(component, key.text))
    if (step.hit) return step
    at = step.end
  }
  return { end: json.length, hit: false }
}

/** Index of the next key or of the closing brace, whatever stands before it. */
function indexOfKey(json: string, from: number): number {
  let at = from
  while (at < json.length) {
    const c = json.charCodeAt(at)
    if (c === QUOTE || c === CLOSE_BRACE) break
    at++
  }
  return at
}

/** Colons and blanks are skipped, and anything else that begins no value. */
function indexOfValue(json: string, from: number): number {
  let at = from
  while (at < json.length && !startsValue(json, at)) at++
  return at
}

/** What is wanted of a value: nothing, the value itself, or something below it. */
type Want = 'nothing' | 'itself' | { readonly below: string }

/** An escaped wildcard is a plain character, which `isWild` false stands for. */
function wantOf({ part, isWild, more }: ObjectComponent, key: string): Want {
  const isMatch = isWild ? matchesWildcard(key, part) : key === part
  if (!isMatch) return 'nothing'
  return more === undefined ? 'itself' : { below: more }
}

/** A path that goes on below a scalar finds nothing there. */
function takeValue(walk: Walk, at: number, want: Want): Step {
  if (typeof want === 'object' && opensContainer(walk.json, at)) {
    return descend(walk, at, want.below)
  }
  const scanned = scanValue(walk.json, at)
  if (scanned?.result === undefined) return broken(walk)
  if (want !== 'itself') return { end: scanned.end, hit: false }
  walk.value = scanned.result
  return { end: scanned.end, hit: true }
}

/** Whether an object or array begins here. */
function opensContainer(json: string, at: number): boolean {
  const c = json.charCodeAt(at)
  return c === OPEN_BRACE || c === OPEN_BRACKET
}

/** What an array's walk remembers between elements. */
interface Elements {
  readonly component: ArrayComponent
  readonly index: number
  /** Where each element may start, for `#.path`. */
  readonly starts: number[]
  /** What a query has collected; undefined before its first element. */
  matches: string[] | undefined
  /** Path below a matching element. */
  more: string | undefined
  count: number
}

/** One pass: elements are counted, matched and remembered on the way. */
function walkArray(walk: Walk, from: number, path: string): Step {
  const { json } = walk
  const component = arrayComponent(path)
  const index = component.isHash ? -1 : indexOf(component.part)
  if (component.pipe !== undefined) walk.pipe = component.pipe
  const elements: Elements = {
    component,
    index,
    starts: [],
    matches: undefined,
    more: component.more,
    count: 0,
  }
  for (let at = from; at <= json.length; ) {
    elements.starts.push(at)
    const next = indexOfElement(json, at)
    if (!startsValue(json, next)) return finishArray(walk, elements, next)
    const step = takeElement(walk, next, elements)
    if (step.hit) return step
    elements.count++
    at = step.end
  }
  return broken(walk)
}

/** Index of the next value or of the closing bracket; the end of the input closes every array. */
function indexOfElement(json: string, from: number): number {
  let at = from
  while (at < json.length && json.charCodeAt(at) !== CLOSE_BRACKET && !startsValue(json, at)) at++
  return at
}

/** An index beyond 64 bits wraps around, as Go's does; what is no number never matches. */
function indexOf(part: string): number {
  return /^[0-9]+$/.test(part) ? Number(BigInt.asIntN(64, BigInt(part))) : -1
}

/** Without a query by index, with one by asking. */
function takeElement(walk: Walk, at: number, elements: Elements): Step {
  const { query, isHash } = elements.component
  if (query === undefined) {
    const isMatch = !isHash && elements.index === elements.count
    const below: Want = elements.more === undefined ? 'itself' : { below: elements.more }
    return takeValue(walk, at, isMatch ? below : 'nothing')
  }
  const scanned = scanValue(walk.json, at)
  if (scanned?.result === undefined) return broken(walk)
  return { end: scanned.end, hit: askElement(walk, elements, { query, element: scanned.result }) }
}

/** Applies a query to one element. True when it was the one that the path asked for. */
function askElement(
  walk: Walk,
  elements: Elements,
  { query, element }: { readonly query: Query; readonly element: Result },
): boolean {
  if (query.all) elements.matches ??= []
  if (element.type !== 'JSON' && query.path !== '') return false
  const asked = element.type === 'JSON' ? walk.get(element.raw, query.path) : element
  if (!queryMatches(query, asked)) return false
  const result = belowMatch(walk, elements, element)
  if (!query.all) {
    walk.value = result
    return true
  }
  const raw = result.raw === '' ? textOf(result) : result.raw
  if (raw !== '') elements.matches?.push(raw)
  return false
}

/** Trap: the first match cuts a pipe off the path, for itself and for all later matches. */
function belowMatch(walk: Walk, elements: Elements, element: Result): Result {
  if (elements.more === undefined) return element
  const split = splitPipe(elements.more)
  if (split !== undefined) {
    elements.more = split.left
    walk.pipe = split.right
  }
  return walk.get(element.raw, elements.more)
}

/** Answers that need the whole array: its length, `#.path`, and queries for all. */
function finishArray(walk: Walk, elements: Elements, close: number): Step {
  const { part, isHash, each, query } = elements.component
  if (isHash && part === '#') {
    walk.value =
      each === undefined
        ? numberResult(String(elements.count))
        : jsonResult(askEach(walk, elements.starts, each))
    return { end: close + 1, hit: true }
  }
  if (query?.all === true && !exists(walk.value)) {
    walk.value = jsonResult(`[${(elements.matches ?? []).join(',')}]`)
  }
  return { end: close + 1, hit: false }
}

/** `#.path`: the answers of all elements that have one. */
function askEach(walk: Walk, starts: readonly number[], path: string): string {
  const split = splitPipe(path)
  if (split !== undefined) walk.pipe = split.right
  const answers: string[] = []
  for (const start of starts) {
    const element = elementAt(walk.json, start)
    if (element === undefined) continue
    const answer = walk.get(element.raw, split?.left ?? path)
    if (exists(answer)) answers.push(answer.raw === '' ? textOf(answer) : answer.raw)
  }
  return `[${answers.join(',')}]`
}

/** The value behind `start`, even one behind the closing bracket, when something else comes first. */
function elementAt(json: string, start: number): Result | undefined {
  let at = start
  while (at < json.length && ' \t\r\n'.includes(json.charAt(at))) at++
  const isClosed = at >= json.length || json.charCodeAt(at) === CLOSE_BRACKET
  return isClosed ? undefined : scanAny(json, at).result
}
