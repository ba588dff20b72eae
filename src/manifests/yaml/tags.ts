import { type Cursor, isGap, isWord } from './cursor.ts'
import { syntaxFault } from './fault.ts'
import type { Token } from './token.ts'

/** `&name` or `*name`; the cursor stands at its first character. */
export function scanAnchor(cursor: Cursor, kind: 'alias' | 'anchor'): Token {
  const start = cursor.pos
  cursor.skip()
  while (isWord(cursor.code())) cursor.skip()
  const value = cursor.text.slice(start + 1, cursor.pos)
  const next = cursor.code()
  if (value === '' || !(isGap(next) || '?:,]}%@`'.includes(String.fromCharCode(next)))) {
    throw syntaxFault(start, `the name of an ${kind} consists of letters, digits, "_" and "-"`)
  }
  return { kind, start, end: cursor.pos, value, suffix: '', isPlain: false }
}

/** A tag as written: `!!str` has the handle `!!`, `!<uri>` none. */
interface Tag {
  readonly handle: string
  readonly suffix: string
}

/** The cursor stands at the `!`. */
export function scanTag(cursor: Cursor): Token {
  const start = cursor.pos
  const { handle, suffix } = cursor.code(1) === 0x3c ? scanVerbatim(cursor) : scanShorthand(cursor)
  if (!isGap(cursor.code())) throw syntaxFault(start, 'a tag must be followed by a blank')
  return { kind: 'tag', start, end: cursor.pos, value: handle, suffix, isPlain: false }
}

function scanVerbatim(cursor: Cursor): Tag {
  const start = cursor.pos
  cursor.skip(2)
  const suffix = scanUri(cursor)
  if (suffix === '') throw syntaxFault(start, 'a tag has no name')
  if (cursor.code() !== 0x3e) throw syntaxFault(start, 'a verbatim tag is not closed by ">"')
  cursor.skip()
  return { handle: '', suffix }
}

function scanShorthand(cursor: Cursor): Tag {
  const start = cursor.pos
  const handle = scanHandle(cursor)
  const suffix = scanUri(cursor)
  if (handle.length > 1 && handle.endsWith('!')) {
    if (suffix === '') throw syntaxFault(start, 'a tag has no name')
    return { handle, suffix }
  }
  // `!name` was taken for a handle; `!` alone is the non-specific tag, which has no handle.
  const name = handle.slice(1) + suffix
  return name === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix: name }
}

/** `!`, `!!` or `!name!` at the cursor; whether it is declared is the parser's question. */
export function scanHandle(cursor: Cursor): string {
  const start = cursor.pos
  cursor.skip()
  while (isWord(cursor.code())) cursor.skip()
  if (cursor.code() === 0x21) cursor.skip()
  return cursor.text.slice(start, cursor.pos)
}

const URI_PUNCTUATION = new Set([...";/?:@&=+$,.!~*'()[]"].map((one) => one.charCodeAt(0)))

/** Characters of a tag, `%` escapes decoded; empty when none stands there. */
export function scanUri(cursor: Cursor): string {
  let uri = ''
  for (let code = cursor.code(); ; code = cursor.code()) {
    if (code === 0x25) uri += scanOctets(cursor)
    else if (isWord(code) || URI_PUNCTUATION.has(code)) {
      uri += String.fromCharCode(code)
      cursor.skip()
    } else return uri
  }
}

/** `%xx` escapes in a row stand for UTF-8. */
function scanOctets(cursor: Cursor): string {
  const start = cursor.pos
  const octets: number[] = []
  while (cursor.code() === 0x25) {
    const digits = cursor.text.slice(cursor.pos + 1, cursor.pos + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw syntaxFault(start, 'a tag has a broken % escape')
    octets.push(Number.parseInt(digits, 16))
    cursor.skip(3)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(octets))
  } catch {
    throw syntaxFault(start, 'a % escape of a tag is not UTF-8')
  }
}
