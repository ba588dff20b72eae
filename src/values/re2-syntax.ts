// What Go accepts in a pattern and re2js does not, or the other way round: names in \p{…}, and group names that occur
// twice. Everything else passes through untouched, and is judged by the engine.

import { unicodeClassName } from './unicode-names.ts'

/** A pattern for re2js and the way back to its group names. */
export interface Translated {
  readonly pattern: string
  /** Original names of the groups that the pattern calls `g0`, `g1` …, in order. */
  readonly groupNames: readonly string[]
}

/** A walk through a pattern; `inClass` between `[` and `]`. */
interface Reading {
  readonly source: string
  out: string
  at: number
  inClass: boolean
  readonly names: string[]
}

/** The same pattern in re2js' words; undefined when it has a class that Go does not know. */
export function translatePattern(source: string): Translated | undefined {
  const reading: Reading = { source, out: '', at: 0, inClass: false, names: [] }
  while (reading.at < source.length) {
    if (!step(reading)) return undefined
  }
  return { pattern: reading.out, groupNames: reading.names }
}

/** Moves on by one token; false for a class that Go does not know. */
function step(reading: Reading): boolean {
  const c = reading.source.charAt(reading.at)
  if (c === '\\') return readEscape(reading)
  if (reading.inClass) withinClass(reading, c)
  else if (c === '[') openClass(reading)
  else if (c === '(') openGroup(reading)
  else copy(reading, 1)
  return true
}

/** Hands `count` characters on as they are. */
function copy(reading: Reading, count: number): void {
  reading.out += reading.source.slice(reading.at, reading.at + count)
  reading.at += count
}

/** `\Q…\E` is text to the engine as well; nothing within may be translated. */
function readEscape(reading: Reading): boolean {
  const { source, at } = reading
  const c = source.charAt(at + 1)
  if (c === 'Q' && !reading.inClass) {
    const end = source.indexOf('\\E', at + 2)
    copy(reading, (end < 0 ? source.length : end + 2) - at)
    return true
  }
  if (c === 'p' || c === 'P') return unicodeClass(reading)
  copy(reading, 2)
  return true
}

/** `\pL`, `\p{Greek}`, `\p{^Greek}`; re2js knows fewer names than Go and others besides. */
function unicodeClass(reading: Reading): boolean {
  const { source, at } = reading
  const isBraced = source.charAt(at + 2) === '{'
  const close = isBraced ? source.indexOf('}', at) : at + 2
  if (close < 0 || close >= source.length) return false
  const name = isBraced ? source.slice(at + 3, close) : source.charAt(at + 2)
  const isNegated = name.startsWith('^')
  const table = unicodeClassName(isNegated ? name.slice(1) : name)
  if (table === undefined) return false
  reading.out += `\\${source.charAt(at + 1)}{${isNegated ? '^' : ''}${table}}`
  reading.at = close + 1
  return true
}

/** A `]` right behind the opening is a member of the class. */
function openClass(reading: Reading): void {
  const { source, at } = reading
  let size = source.charAt(at + 1) === '^' ? 2 : 1
  if (source.charAt(at + size) === ']') size++
  copy(reading, size)
  reading.inClass = true
}

/** `[[:alpha:]]` has a bracket of its own, which does not close the class. */
function withinClass(reading: Reading, c: string): void {
  const { source, at } = reading
  const posix = c === '[' && source.charAt(at + 1) === ':' ? source.indexOf(':]', at + 2) : -1
  if (posix >= 0) {
    copy(reading, posix + 2 - at)
    return
  }
  if (c === ']') reading.inClass = false
  copy(reading, 1)
}

/** Valid group names are replaced, so that none occurs twice; invalid ones are left to the engine's refusal. */
function openGroup(reading: Reading): void {
  const named = /^\(\?P?<([A-Za-z0-9_]+)>/.exec(reading.source.slice(reading.at))
  if (named === null) {
    copy(reading, 1)
    return
  }
  reading.out += `(?P<g${reading.names.length}>`
  reading.names.push(named[1] ?? '')
  reading.at += named[0].length
}
