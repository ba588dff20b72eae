import { type Cursor, isBlank, isBreakOrEnd, isDigit, isGap, isWord } from './cursor.ts'
import { syntaxFault } from './fault.ts'
import { scanHandle, scanUri } from './tags.ts'
import type { Token } from './token.ts'

/** `%YAML 1.1` or `%TAG !handle! prefix`, with its line break; the cursor stands at the `%`. */
export function scanDirective(cursor: Cursor): Token {
  const start = cursor.pos
  cursor.pos++
  while (isWord(cursor.code())) cursor.pos++
  const name = cursor.text.slice(start + 1, cursor.pos)
  if (!isGap(cursor.code()) || (name !== 'YAML' && name !== 'TAG')) {
    throw syntaxFault(start, 'only the directives %YAML and %TAG are known')
  }
  cursor.skipBlanks()
  const token = name === 'YAML' ? scanVersion(cursor, start) : scanTagDirective(cursor, start)
  cursor.skipBlanks()
  cursor.skipComment()
  if (!isBreakOrEnd(cursor.code())) {
    throw syntaxFault(cursor.pos, 'only a comment may follow a directive')
  }
  if (cursor.code() !== 0) cursor.readBreak()
  return token
}

/** Any version is a token; that it must be 1.1 is the parser's demand. */
function scanVersion(cursor: Cursor, start: number): Token {
  const from = cursor.pos
  while (isDigit(cursor.code()) || cursor.code() === 0x2e) cursor.pos++
  const value = cursor.text.slice(from, cursor.pos)
  if (!/^\d{1,2}\.\d{1,2}$/.test(value)) throw syntaxFault(start, '%YAML needs a version, as 1.1')
  return { kind: 'version', start, end: cursor.pos, value, suffix: '', isPlain: false }
}

/** Handle and prefix, both as written. */
function scanTagDirective(cursor: Cursor, start: number): Token {
  const value = cursor.code() === 0x21 ? scanHandle(cursor) : ''
  if (value === '' || (value !== '!' && !value.endsWith('!')) || !isBlank(cursor.code())) {
    throw syntaxFault(start, '%TAG needs a handle, as !name!')
  }
  cursor.skipBlanks()
  const suffix = scanUri(cursor)
  if (suffix === '' || !isGap(cursor.code())) throw syntaxFault(start, '%TAG needs a prefix')
  return { kind: 'tag-directive', start, end: cursor.pos, value, suffix, isPlain: false }
}
