import {
  BACKSLASH,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  HASH,
  OPEN_BRACKET,
  OPEN_PAREN,
  QUOTE,
  resolveEscapes,
  trim,
} from './scan.ts'

/** `#(path op value)`; `all` when a `#` follows. An empty `op` asks for existence. */
export interface Query {
  readonly path: string
  readonly op: string
  readonly value: string
  readonly all: boolean
}

/** Whether a component starts with `#(` or, in the older spelling, `#[`. */
export function opensQuery(path: string): boolean {
  return path.startsWith('#(') || path.startsWith('#[')
}

/** The query at the start of `path`, and the index behind it. One that never closes takes everything and asks nothing. */
export function readQuery(path: string): { readonly query: Query; readonly end: number } {
  const parsed = parseQuery(path)
  const query = queryOf(path, parsed)
  return { query, end: parsed?.end ?? path.length }
}

/** Only quoted values lose their escapes. */
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

/** A query as written, with its end. */
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
  const scan: QueryScan = { at: 2, depth: 1, operator: 0, hasEscapes: false }
  while (scan.at < text.length && scan.depth > 0) scanQuery(text, scan)
  if (scan.depth > 0) return undefined
  const close = scan.at - 1
  const { operator, hasEscapes, at: end } = scan
  if (operator === 0)
    return { path: trim(text.slice(2, close)), op: '', value: '', hasEscapes, end }
  const { op, value } = splitOperator(trim(text.slice(operator, close)))
  return { path: trim(text.slice(2, operator)), op, value, hasEscapes, end }
}

/** A walk through a query's brackets. */
interface QueryScan {
  at: number
  depth: number
  /** Where the operator starts; 0 before it was seen. */
  operator: number
  hasEscapes: boolean
}

/** The first operator outside inner brackets is the query's own. */
function scanQuery(text: string, scan: QueryScan): void {
  const c = text.charCodeAt(scan.at)
  if (scan.depth === 1 && scan.operator === 0 && '!=<>%'.includes(text.charAt(scan.at))) {
    scan.operator = scan.at
  } else if (c === BACKSLASH) {
    scan.at++
  } else if (c === QUOTE) {
    const { close, hasEscapes } = skipQuoted(text, scan.at)
    scan.hasEscapes ||= hasEscapes
    scan.at = close
  } else if (c === OPEN_BRACKET || c === OPEN_PAREN) {
    scan.depth++
  } else if (c === CLOSE_BRACKET || c === CLOSE_PAREN) {
    scan.depth--
  }
  scan.at++
}

/** Index of the quote that closes the one at `open`, or an index beyond the end. */
export function skipQuoted(
  text: string,
  open: number,
): { readonly close: number; readonly hasEscapes: boolean } {
  let hasEscapes = false
  let at = open + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    const isEscape = text.charCodeAt(at) === BACKSLASH
    hasEscapes ||= isEscape
    at += isEscape ? 2 : 1
  }
  return { close: at, hasEscapes }
}

/** `==` is `=`; a lone `!` in front of something else is no operator. */
function splitOperator(text: string): { readonly op: string; readonly value: string } {
  if (text.length === 1) return { op: text, value: '' }
  if (text.startsWith('==')) return { op: '=', value: trim(text.slice(2)) }
  const two = text.slice(0, 2)
  const size = ['!=', '!%', '<=', '>='].includes(two) ? 2 : text.startsWith('!') ? 0 : 1
  return { op: text.slice(0, size), value: trim(text.slice(size)) }
}
