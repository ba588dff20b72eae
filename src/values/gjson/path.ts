// The path language of gjson: splits one component off a path. Nothing here looks at a document.

import { opensQuery, type Query, readQuery, skipQuoted } from './query-path.ts'
import { BACKSLASH, DOT, HASH, OPEN_BRACE, PIPE, squash } from './scan.ts'

/** gjson 1.18's modifiers. A name outside of this set is an ordinary key with an @. */
export const MODIFIER_NAMES: ReadonlySet<string> = new Set([
  'pretty',
  'ugly',
  'reverse',
  'this',
  'flatten',
  'join',
  'valid',
  'keys',
  'values',
  'tostr',
  'fromstr',
  'group',
  'dig',
])

/** What follows a component: a deeper path, a pipe (which starts afresh on the result), or nothing. */
interface Continuation {
  /** The rest behind a dot; undefined at the end and before a pipe. */
  readonly more: string | undefined
  readonly pipe: string | undefined
}

const END: Continuation = { more: undefined, pipe: undefined }

/** A key, unescaped unless `isWild`: then escapes are left to the matcher. */
export interface ObjectComponent extends Continuation {
  readonly part: string
  readonly isWild: boolean
}

/** A dot before a modifier or a multipath works like a pipe. */
function afterDot(path: string, dot: number, pipes: boolean): Continuation {
  const rest = path.slice(dot + 1)
  return pipes && startsPiper(rest)
    ? { more: undefined, pipe: rest }
    : { more: rest, pipe: undefined }
}

/** Unknown modifiers start nothing, so that `a.@b` finds the key `@b`. */
function startsPiper(path: string): boolean {
  const c = path.charAt(0)
  if (c !== '@') return c === '[' || c === '{'
  let end = 1
  while (end < path.length && !'.|:'.includes(path.charAt(end))) end++
  return MODIFIER_NAMES.has(path.slice(1, end))
}

/** The first component, read as the key of an object. */
export function objectComponent(path: string): ObjectComponent {
  let part = ''
  let isWild = false
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === PIPE) return { part, isWild, more: undefined, pipe: path.slice(i + 1) }
    if (c === DOT) return { part, isWild, ...afterDot(path, i, true) }
    if (c === BACKSLASH) {
      i++
    } else if (c === 0x2a || c === 0x3f) {
      isWild = true
    }
    part += path.charAt(i)
  }
  return { part, isWild, ...END }
}

/** An index, `#`, or a query. */
export interface ArrayComponent extends Continuation {
  readonly part: string
  /** The component holds a `#`, so it is no index. */
  readonly isHash: boolean
  /** `#.rest`: the rest is asked of every element. */
  readonly each: string | undefined
  readonly query: Query | undefined
}

/** The first component, read as an index, a `#` or a query. */
export function arrayComponent(path: string): ArrayComponent {
  const query = opensQuery(path) ? readQuery(path) : undefined
  const each = path.startsWith('#.') ? path.slice(2) : undefined
  // A query that never closes swallows the rest of the path.
  const end = query === undefined ? endOfComponent(path, 0) : endOfComponent(path, query.end)
  const part = path.slice(0, end)
  const isHash = part.includes('#')
  const component = { part, isHash, each, query: query?.query }
  if (end === path.length) return { ...component, ...END }
  if (path.charCodeAt(end) === PIPE) {
    return { ...component, more: undefined, pipe: path.slice(end + 1) }
  }
  return { ...component, ...afterDot(path, end, !isHash) }
}

/** Index of the next dot or pipe; an array's components have no escapes. */
function endOfComponent(path: string, from: number): number {
  let at = Math.min(from, path.length)
  while (at < path.length && !'.|'.includes(path.charAt(at))) at++
  return at
}

/** Both sides without the pipe. */
export interface Split {
  readonly left: string
  readonly right: string
}

/** Left and right of the first pipe that is outside escapes and queries; undefined when there is none. */
export function splitPipe(path: string): Split | undefined {
  if (!path.includes('|')) return undefined
  if (path.charCodeAt(0) === OPEN_BRACE) return splitAfterBraces(path)
  let at = 0
  while (at < path.length) {
    if (path.charCodeAt(at) === PIPE) return { left: path.slice(0, at), right: path.slice(at + 1) }
    at = afterToken(path, at)
  }
  return undefined
}

/** Behind the character at `at`, with what it escapes or, behind a dot, with the query that it opens. */
function afterToken(path: string, at: number): number {
  if (path.charCodeAt(at) === BACKSLASH) return at + 2
  const opensHash = path.charCodeAt(at) === DOT && path.charCodeAt(at + 1) === HASH
  // Upstream steps over one character behind `.#`, whatever it is.
  return opensHash ? skipQuery(path, at + 2) + 1 : at + 1
}

/** A multipath's own pipes do not count. */
function splitAfterBraces(path: string): Split | undefined {
  const end = squash(path.slice(1)).length + 1
  return path.charCodeAt(end) === PIPE
    ? { left: path.slice(0, end), right: path.slice(end + 1) }
    : undefined
}

/** Index of the bracket that closes the query at `at`; `at` itself when no query starts there. */
function skipQuery(path: string, at: number): number {
  const open = path.charAt(at)
  if (open !== '[' && open !== '(') return at
  let depth = 1
  for (let end = at + 1; end < path.length; end++) {
    const c = path.charAt(end)
    if (c === '\\') end++
    else if (c === '"') end = skipQuoted(path, end).close
    else depth += nestingStep(c, open)
    if (depth === 0) return end
  }
  return path.length
}

/** Brackets of the other kind do not count. */
function nestingStep(c: string, open: '[' | '('): number {
  if (c === open) return 1
  return c === (open === '[' ? ']' : ')') ? -1 : 0
}
