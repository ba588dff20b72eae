import { endOfJsonString } from './json-text.ts'

const LITERALS: ReadonlyMap<string, string> = new Map([
  ['t', 'true'],
  ['f', 'false'],
  ['n', 'null'],
])
// JSON's own grammar: no leading zeros, no plus, no bare point.
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const BLANK = /[ \t\n\r]*/y

/** What may come next. */
type State = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'after'

/** A position, and the brackets that are open, innermost last. */
interface Reading {
  readonly json: string
  readonly open: ('{' | '[')[]
  at: number
}

/** RFC 8259 validity of a binary string, as gjson.Valid sees it. No recursion: depth is data. */
export function isValidJson(json: string): boolean {
  const reading: Reading = { json, open: [], at: 0 }
  let state: State | undefined = 'value'
  while (state !== undefined) {
    reading.at = endOf(BLANK, json, reading.at) ?? reading.at
    if (reading.at >= json.length) return state === 'after' && reading.open.length === 0
    state = step(reading, state)
  }
  return false
}

/** Reads one token; undefined when it may not stand here. */
function step(reading: Reading, state: State): State | undefined {
  const c = reading.json.charAt(reading.at)
  switch (state) {
    case 'after':
      return afterValue(reading, c)
    case 'key-or-end':
      return c === '}' ? close(reading) : key(reading)
    case 'key':
      return key(reading)
    case 'value-or-end':
      return c === ']' ? close(reading) : value(reading, c)
    case 'value':
      return value(reading, c)
  }
}

/** Behind the outermost value nothing but blanks may follow. */
function afterValue(reading: Reading, c: string): State | undefined {
  const container = reading.open.at(-1)
  if (container === undefined) return undefined
  if (c === (container === '{' ? '}' : ']')) return close(reading)
  if (c !== ',') return undefined
  reading.at++
  return container === '{' ? 'key' : 'value'
}

/** The bracket is known to be the right one. */
function close(reading: Reading): State {
  reading.open.pop()
  reading.at++
  return 'after'
}

/** A key with its colon. */
function key(reading: Reading): State | undefined {
  const { json, at } = reading
  const end = json.charAt(at) === '"' ? endOfJsonString(json, at) : undefined
  if (end === undefined) return undefined
  const colon = endOf(BLANK, json, end) ?? end
  reading.at = colon + 1
  return json.charAt(colon) === ':' ? 'value' : undefined
}

/** Opens a container or steps over a scalar. */
function value(reading: Reading, c: string): State | undefined {
  if (c === '{' || c === '[') {
    reading.open.push(c)
    reading.at++
    return c === '{' ? 'key-or-end' : 'value-or-end'
  }
  const end = endOfJsonScalar(reading.json, reading.at)
  reading.at = end ?? reading.at
  return end === undefined ? undefined : 'after'
}

/** Index behind the string, number or literal at `at`; undefined when there is none. */
export function endOfJsonScalar(json: string, at: number): number | undefined {
  const c = json.charAt(at)
  if (c === '"') return endOfJsonString(json, at)
  const literal = LITERALS.get(c)
  if (literal === undefined) return endOf(NUMBER, json, at)
  return json.startsWith(literal, at) ? at + literal.length : undefined
}

/** Index of the next character that is no blank. */
export function skipBlanks(json: string, at: number): number {
  return endOf(BLANK, json, at) ?? at
}

/** A sticky match; patterns are shared, so `lastIndex` is set every time. */
function endOf(pattern: RegExp, json: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(json) ? pattern.lastIndex : undefined
}
