// tidwall/pretty, which gjson's @pretty and @ugly call. It lays out what it finds and never validates.

import { parseGoFloat } from '../go-number.ts'
import { unquoteJson } from '../json-text.ts'
import { nestsTooDeep, WORK_BYTES_MAX } from './effort.ts'
import { closingQuote, QUOTE, SPACE, trimSpace } from './scan.ts'

/** Options of `@pretty`, as tidwall/pretty names them. */
export interface PrettyOptions {
  /** Arrays that fit into so many columns stay on one line; 0 puts every element on its own. */
  readonly width: number
  readonly prefix: string
  readonly indent: string
  readonly sortKeys: boolean
}

/** gjson's defaults; the width counts bytes. */
export const PRETTY_DEFAULTS: PrettyOptions = {
  width: 80,
  prefix: '',
  indent: '  ',
  sortKeys: false,
}

/** Drops blanks outside strings. */
export function ugly(json: string): string {
  let out = ''
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (c <= SPACE) continue
    if (c !== QUOTE) {
      out += json.charAt(i)
      continue
    }
    const close = closingQuote(json, i + 1)
    const end = close < 0 ? json.length : close + 1
    out += json.slice(i, end)
    i = end - 1
  }
  return out
}

/** The document, one member a line; empty when there is nothing to print or when it nests too deep. */
export function pretty(json: string, options: PrettyOptions): string {
  if (nestsTooDeep(json)) return ''
  const page: Page = { json, options, chunks: [], length: 0, at: 0, lineStart: 0 }
  write(page, options.prefix)
  layOutValue(page, { pretty: true, indent: options.indent, tabs: 0, columnsMax: NO_LIMIT })
  return page.length === 0 ? '' : `${page.chunks.join('')}\n`
}

/** A document in the making. */
interface Page {
  readonly json: string
  readonly options: PrettyOptions
  /** The text so far. Members of an object begin and end with a chunk. */
  readonly chunks: string[]
  length: number
  /** Where reading goes on. */
  at: number
  /** Where the current line begins in the text. */
  lineStart: number
}

/** Chunks stay apart until the end: concatenating would copy the text again and again. */
function write(page: Page, text: string): void {
  page.chunks.push(text)
  page.length += text.length
}

/** How the value that comes is to be laid out. */
interface Context {
  readonly pretty: boolean
  readonly indent: string
  readonly tabs: number
  /** Columns of an attempt to print an array on one line. */
  readonly columnsMax: number
}

const NO_LIMIT = -1

/** False when an attempt on one line has to be given up. */
function layOutValue(page: Page, context: Context): boolean {
  const { json } = page
  for (; page.at < json.length; page.at++) {
    const c = json.charAt(page.at)
    if (c <= ' ') continue
    if (c === '{' || c === '[') return layOutContainer(page, c, context)
    const scalar = scalarAt(json, page.at)
    if (scalar === undefined) continue
    write(page, scalar.text)
    page.at = scalar.end
    return true
  }
  return true
}

/** A scalar as written and the index behind it. */
interface Scalar {
  readonly text: string
  readonly end: number
}

/** Literals are known by their first letter alone. */
function scalarAt(json: string, at: number): Scalar | undefined {
  const c = json.charAt(at)
  if (c === '"') return stringAt(json, at)
  const isNotNumber = c === 'n' && at + 1 < json.length && json.charAt(at + 1) !== 'u'
  if (isNotNumber || '0123456789-+iIN'.includes(c)) return numberAt(json, at)
  if (c === 't') return { text: 'true', end: at + 4 }
  if (c === 'f') return { text: 'false', end: at + 5 }
  return c === 'n' ? { text: 'null', end: at + 4 } : undefined
}

/** A string that never closes goes up to the end. */
function stringAt(json: string, at: number): Scalar {
  const close = closingQuote(json, at + 1)
  const end = close < 0 ? json.length : close + 1
  return { text: json.slice(at, end), end }
}

/** Up to anything that cannot belong to a number; whether it is one is not asked. */
function numberAt(json: string, at: number): Scalar {
  let end = at + 1
  while (end < json.length && json.charAt(end) > ' ' && !',:]}'.includes(json.charAt(end))) end++
  return { text: json.slice(at, end), end }
}

/** The bracket that a container begins with. */
type Open = '{' | '['

/** Arrays are tried on one line first; an object within ends the attempt. */
function layOutContainer(page: Page, open: Open, context: Context): boolean {
  if (page.options.width > 0) {
    if (context.pretty && open === '[' && context.columnsMax === NO_LIMIT) {
      if (fitsOnLine(page)) return true
    } else if (context.columnsMax !== NO_LIMIT && open === '{') {
      return false
    }
  }
  return layOutMembers(page, open, context)
}

/** Tries an array on one line; leaves the page untouched when it does not fit. */
function fitsOnLine(page: Page): boolean {
  const { at, length, lineStart, options } = page
  const count = page.chunks.length
  const columnsMax = options.width - (length - lineStart)
  if (columnsMax <= 3) return false
  page.lineStart = 0
  const isArray = layOutMembers(page, '[', { pretty: false, indent: '', tabs: 0, columnsMax })
  page.lineStart = lineStart
  if (isArray && page.length - length <= columnsMax) return true
  page.chunks.length = count
  page.length = length
  page.at = at
  return false
}

/** A member of an object and its chunks, for sorting. */
interface Pair {
  readonly key: string
  readonly text: string
}

function layOutMembers(page: Page, open: Open, context: Context): boolean {
  const isSorted = open === '{' && page.options.sortKeys && context.pretty
  const members: Members = { open, pairs: isSorted ? [] : undefined, count: 0 }
  const close = open === '{' ? '}' : ']'
  write(page, open)
  page.at++
  while (seekMember(page, open)) {
    if (page.json.charAt(page.at) === close) {
      closeContainer(page, members, context)
      break
    }
    const isFine = layOutMember(page, members, context)
    if (context.columnsMax !== NO_LIMIT && !isFine) return false
  }
  return open !== '{'
}

/** Moves to the next member or closing bracket; between the members of an object everything else is dropped. */
function seekMember(page: Page, open: Open): boolean {
  for (; page.at < page.json.length; page.at++) {
    const c = page.json.charAt(page.at)
    if (c > ' ' && (open === '[' || c === '"' || c === '}')) return true
  }
  return false
}

/** What is known of the container that is being laid out. */
interface Members {
  readonly open: Open
  /** Only where keys are to be sorted. */
  readonly pairs: Pair[] | undefined
  count: number
}

/** One member with its comma and, in an object, its key. */
function layOutMember(page: Page, members: Members, context: Context): boolean {
  const { open, pairs } = members
  const isSpaced = open === '[' && page.options.width !== -1 && members.count > 0
  if (members.count > 0) write(page, isSpaced && !context.pretty ? ', ' : ',')
  members.count++
  if (context.pretty) breakLine(page)
  // Upstream measures a line from its break, but behind the break where that took the place of a blank.
  if (context.pretty && isSpaced) page.lineStart++
  const start = page.chunks.length
  if (context.pretty) indent(page, context, context.tabs + 1)
  let key = ''
  if (open === '{') {
    const name = stringAt(page.json, page.at)
    key = name.text
    page.at = name.end
    write(page, context.pretty ? `${key}: ` : `${key}:`)
  }
  const isFine = layOutValue(page, { ...context, tabs: context.tabs + 1 })
  pairs?.push({ key, text: page.chunks.slice(start).join('') })
  return isFine
}

/** Remembers where the line begins, for the width. */
function breakLine(page: Page): void {
  page.lineStart = page.length
  write(page, '\n')
}

/** A page that grows beyond all use ends where it is: deep indents multiply. */
function indent(page: Page, { indent: tab }: Context, tabs: number): void {
  if (page.length > WORK_BYTES_MAX) page.at = page.json.length
  else write(page, page.options.prefix + tab.repeat(tabs))
}

/** Sorts if asked to, then closes. */
function closeContainer(page: Page, { open, count, pairs }: Members, context: Context): void {
  if (pairs !== undefined && pairs.length > 1) sortPairs(page, pairs)
  if (context.pretty && count > 0) {
    breakLine(page)
    indent(page, context, context.tabs)
  }
  write(page, open === '{' ? '}' : ']')
  page.at++
}

/** Everything since the container's opening line is its members; they change places, not lengths. */
function sortPairs(page: Page, pairs: readonly Pair[]): void {
  const sorted = pairs
    .toSorted((a, b) => compareJson(a.key, b.key) || compareJson(memberValue(a), memberValue(b)))
    .map(({ text }) => text)
    .join(',\n')
  let dropped = 0
  while (dropped < sorted.length) dropped += page.chunks.pop()?.length ?? sorted.length
  page.chunks.push(sorted)
}

/** What follows the key, for ties. */
function memberValue({ key, text }: Pair): string {
  const member = trimSpace(text)
  return member.length > key.length ? trimSpace(member.slice(key.length + 1)) : member
}

/** Order of tidwall/pretty: by kind, then by value. */
function compareJson(a: string, b: string): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (a.startsWith('"')) return compareText(stringOf(a), stringOf(b))
  const isNumber = rankOf(a) === 2
  return isNumber ? (parseGoFloat(a) ?? 0) - (parseGoFloat(b) ?? 0) || 0 : compareText(a, b)
}

/** Byte order. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** null, false, numbers, strings, true, containers. */
function rankOf(json: string): number {
  const index = 'nf"t[{'.indexOf(json.charAt(0))
  return json === '' ? 0 : ([0, 1, 3, 4, 5, 5][index] ?? 2)
}

/** A string's text; broken escapes make it empty. */
function stringOf(raw: string): string {
  const plain = /^"([^"\\]*)"/.exec(raw)
  return plain?.[1] ?? unquoteJson(raw) ?? ''
}
