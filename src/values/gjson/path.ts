// The path language of gjson: splits one component off a path. Nothing here looks at a document.

import {
  BACKSLASH,
  bracketStep,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  COLON,
  COMMA,
  DOT,
  HASH,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PAREN,
  PIPE,
  QUOTE,
  resolveEscapes,
  squash,
  trim,
} from './scan.ts'

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

export interface Query {
  readonly path: string
  readonly op: string
  readonly value: string
  readonly all: boolean
}

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
  let isHash = false
  let query: Query | undefined
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    const part = path.slice(0, i)
    const each = path.startsWith('#.') ? path.slice(2) : undefined
    if (c === PIPE) {
      return { part, isHash, each, query, more: undefined, pipe: path.slice(i + 1) }
    }
    if (c === DOT) return { part, isHash, each, query, ...afterDot(path, i, !isHash) }
    if (c !== HASH) continue
    isHash = true
    if (i > 0 || !opensQuery(path)) continue
    const parsed = parseQuery(path)
    query = queryOf(path, parsed)
    // A query that never closes swallows the rest of the path.
    if (parsed === undefined) break
    i = parsed.end - 1
  }
  return { part: path, isHash, each: undefined, query, ...END }
}

function opensQuery(path: string): boolean {
  return path.charAt(1) === '[' || path.charAt(1) === '('
}

function queryOf(path: string, parsed: ParsedQuery | undefined): Query {
  if (parsed === undefined) return { path: '', op: '', value: '', all: false }
  const { value, hasEscapes, end } = parsed
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"')
  const body = isQuoted ? value.slice(1, -1) : value
  return {
    path: parsed.path,
    op: parsed.op,
    value: isQuoted && hasEscapes ? resolveEscapes(body) : body,
    all: path.charCodeAt(end) === HASH,
  }
}

interface ParsedQuery {
  readonly path: string
  readonly op: string
  readonly value: string
  readonly hasEscapes: boolean
  /** Behind the closing bracket. */
  readonly end: number
}

/** `#(path op value)` or `#[…]`, from the start of `text`. */
function parseQuery(text: string): ParsedQuery | undefined {
  let depth = 1
  let operator = 0
  let hasEscapes = false
  let i = 2
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (depth === 1 && operator === 0 && '!=<>%'.includes(text.charAt(i))) {
      operator = i
    } else if (c === BACKSLASH) {
      i++
    } else if (c === QUOTE) {
      const quoted = skipQuoted(text, i)
      hasEscapes ||= quoted.hasEscapes
      i = quoted.close
    } else {
      depth += queryBracketStep(c)
      if (depth === 0) break
    }
  }
  if (depth > 0) return undefined
  if (operator === 0) {
    return { path: trim(text.slice(2, i)), op: '', value: '', hasEscapes, end: i + 1 }
  }
  const { op, value } = splitOperator(trim(text.slice(operator, i)))
  return { path: trim(text.slice(2, operator)), op, value, hasEscapes, end: i + 1 }
}

function queryBracketStep(c: number): number {
  if (c === OPEN_BRACKET || c === OPEN_PAREN) return 1
  return c === CLOSE_BRACKET || c === CLOSE_PAREN ? -1 : 0
}

/** Index of the quote that closes the one at `open`, or an index beyond the end. */
function skipQuoted(
  text: string,
  open: number,
): { readonly close: number; readonly hasEscapes: boolean } {
  let hasEscapes = false
  let i = open + 1
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === QUOTE) break
    if (c === BACKSLASH) {
      hasEscapes = true
      i++
    }
  }
  return { close: i, hasEscapes }
}

/** `==` is `=`; a lone `!` in front of something else is no operator. */
function splitOperator(text: string): { readonly op: string; readonly value: string } {
  if (text.length === 1) return { op: text, value: '' }
  if (text.startsWith('==')) return { op: '=', value: trim(text.slice(2)) }
  const two = text.slice(0, 2)
  const size = ['!=', '!%', '<=', '>='].includes(two) ? 2 : text.startsWith('!') ? 0 : 1
  return { op: text.slice(0, size), value: trim(text.slice(size)) }
}

/** Left and right of the first pipe that is outside escapes and queries; undefined when there is none. */
export function splitPipe(
  path: string,
): { readonly left: string; readonly right: string } | undefined {
  if (!path.includes('|')) return undefined
  if (path.charCodeAt(0) === OPEN_BRACE) return splitAfterBraces(path)
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === PIPE) return { left: path.slice(0, i), right: path.slice(i + 1) }
    if (c === BACKSLASH) {
      i++
    } else if (c === DOT) {
      if (i === path.length - 1) return undefined
      if (path.charCodeAt(i + 1) !== HASH) continue
      i += 2
      if (i === path.length) return undefined
      i = skipQuery(path, i)
    }
  }
  return undefined
}

function splitAfterBraces(
  path: string,
): { readonly left: string; readonly right: string } | undefined {
  const inner = squash(path.slice(1))
  if (inner.length >= path.length - 1) return undefined
  const end = inner.length + 1
  return path.charCodeAt(end) === PIPE
    ? { left: path.slice(0, end), right: path.slice(end + 1) }
    : undefined
}

/** Index of the bracket that closes the query at `at`; `at` itself when no query starts there. */
function skipQuery(path: string, at: number): number {
  const open = path.charCodeAt(at)
  if (open !== OPEN_BRACKET && open !== OPEN_PAREN) return at
  const close = open === OPEN_BRACKET ? CLOSE_BRACKET : CLOSE_PAREN
  let depth = 1
  let i = at + 1
  for (; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === BACKSLASH) i++
    else if (c === open) depth++
    else if (c === close) {
      depth--
      if (depth === 0) return i
    } else if (c === QUOTE) i = skipQuoted(path, i).close
  }
  return i
}

export interface Selector {
  readonly name: string
  readonly path: string
}

export interface Multipath {
  readonly selectors: readonly Selector[]
  /** What follows the closing bracket. */
  readonly rest: string
}

/** The selectors of `{…}` or `[…]`; undefined when it never closes. */
export function parseMultipath(path: string): Multipath | undefined {
  const selectors: Selector[] = []
  let depth = 1
  let start = 1
  let colon = 0
  let inModifier = false
  const push = (end: number): void => {
    const name = colon === 0 ? '' : path.slice(start, colon)
    selectors.push({ name, path: path.slice(colon === 0 ? start : colon + 1, end) })
    colon = 0
    inModifier = false
    start = end + 1
  }
  for (let i = 1; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === BACKSLASH) i++
    else if (c === QUOTE) i = skipQuoted(path, i).close
    else if (c === 0x40) inModifier ||= '.|'.includes(path.charAt(i - 1))
    else if (c === COLON) colon = !inModifier && colon === 0 && depth === 1 ? i : colon
    else if (c === COMMA && depth === 1) push(i)
    else {
      depth += bracketStep(c)
      if (depth > 0) continue
      push(i)
      return { selectors, rest: path.slice(i + 1) }
    }
  }
  return undefined
}

/** The name that a selector without one gets in an object. */
export function nameOfLast(path: string): string {
  for (let i = path.length - 1; i >= 0; i--) {
    const c = path.charCodeAt(i)
    if (c !== PIPE && c !== DOT) continue
    if (i > 0 && path.charCodeAt(i - 1) === BACKSLASH) continue
    return path.slice(i + 1)
  }
  return path
}

export function isSimpleName(name: string): boolean {
  return !/[[\]{}()#|!]/.test(name) && ![...name].some((c) => c < ' ')
}
