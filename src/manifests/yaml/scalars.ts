import { type Cursor, isBlank, isBreak, isBreakOrEnd, isDigit, isGap } from './cursor.ts'
import { syntaxFault } from './fault.ts'

// The three ways to write a scalar, read as YAML 1.1 with go-yaml's choices: one line break folds to a blank, more of
// them to one less; LS and PS never fold.

/** Breaks and blanks between two runs of characters of a plain or quoted scalar. */
class Fold {
  #blanks = ''
  #first = ''
  #further = ''
  hasBreak = false

  addBlank(character: string): void {
    if (!this.hasBreak) this.#blanks += character
  }

  addBreak(text: string): void {
    if (this.hasBreak) this.#further += text
    else {
      this.hasBreak = true
      this.#blanks = ''
      this.#first = text
    }
  }

  /** An escaped break joins lines: the blanks before it stay, what follows it folds. */
  addEscapedBreak(): void {
    this.hasBreak = true
  }

  take(): string {
    const text = this.hasBreak ? this.#folded() : this.#blanks
    this.#blanks = ''
    this.#first = ''
    this.#further = ''
    this.hasBreak = false
    return text
  }

  #folded(): string {
    if (this.#first === '\n') return this.#further === '' ? ' ' : this.#further
    return this.#first + this.#further
  }
}

/** A plain scalar, its lines folded. */
export interface PlainScalar {
  readonly value: string
  /** After the last character that belongs to it. */
  readonly end: number
  /** Whether it was left at the start of a line, where a simple key may stand. */
  readonly isLineStart: boolean
}

/** `indent` is the least column of continuation lines outside flow collections. */
export function scanPlain(cursor: Cursor, indent: number, isFlow: boolean): PlainScalar {
  const fold = new Fold()
  let value = ''
  let end = cursor.pos
  while (!cursor.isAtDocumentMark() && cursor.code() !== 0x23) {
    const start = cursor.pos
    skipPlainRun(cursor, isFlow)
    if (cursor.pos > start) {
      value += fold.take() + cursor.text.slice(start, cursor.pos)
      end = cursor.pos
    }
    const next = cursor.code()
    if (!isBlank(next) && !isBreak(next)) break
    readPlainGap(cursor, fold, indent)
    if (!isFlow && cursor.column < indent) break
  }
  return { value, end, isLineStart: fold.hasBreak }
}

// What is text in any scalar of its kind, whatever stands around it. Most of any file is, and V8 matches it many times
// faster than code that is new to it takes it by the character. Classes alone, for a repeated choice grows V8's stack.
const PLAIN = /[\w./@$%^&*()+=<>;~-]*/y
const SINGLE = /[!-&(-~]*/y
const DOUBLE = /[!#-[\]-~]*/y

function skipPlainRun(cursor: Cursor, isFlow: boolean): void {
  cursor.skipWords(PLAIN)
  for (let code = cursor.code(); !isGap(code); code = cursor.code()) {
    if (code === 0x3a && isGap(cursor.code(1))) return
    if (isFlow && isFlowIndicator(code)) return
    cursor.pos++
  }
}

/** `, ? [ ] { }` end a plain scalar inside a flow collection; `?` only in YAML 1.1. */
function isFlowIndicator(code: number): boolean {
  return (
    code === 0x2c ||
    code === 0x3f ||
    code === 0x5b ||
    code === 0x5d ||
    code === 0x7b ||
    code === 0x7d
  )
}

function readPlainGap(cursor: Cursor, fold: Fold, indent: number): void {
  while (isBlank(cursor.code()) || isBreak(cursor.code())) {
    if (cursor.code() === 0x09 && fold.hasBreak && cursor.column < indent) {
      throw syntaxFault(cursor.pos, 'a tab indents a plain scalar; use spaces')
    }
    readGapCharacter(cursor, fold)
  }
}

function readGapCharacter(cursor: Cursor, fold: Fold): void {
  if (isBreak(cursor.code())) fold.addBreak(cursor.readBreak())
  else {
    fold.addBlank(cursor.text.charAt(cursor.pos))
    cursor.pos++
  }
}

/** Reads from the opening quote to behind the closing one. */
export function scanQuoted(cursor: Cursor): string {
  const start = cursor.pos
  const quote = cursor.code()
  const fold = new Fold()
  let value = ''
  cursor.pos++
  for (;;) {
    if (cursor.isAtDocumentMark()) {
      throw syntaxFault(cursor.pos, 'a document marker stands inside a quoted scalar')
    }
    if (cursor.code() === 0) throw syntaxFault(start, 'a quoted scalar is not closed')
    value += quote === 0x27 ? scanSingleRun(cursor) : scanDoubleRun(cursor, fold)
    if (cursor.code() === quote) break
    readQuotedGap(cursor, fold)
    value += fold.take()
  }
  cursor.pos++
  return value
}

function readQuotedGap(cursor: Cursor, fold: Fold): void {
  while (isBlank(cursor.code()) || isBreak(cursor.code())) readGapCharacter(cursor, fold)
}

function scanSingleRun(cursor: Cursor): string {
  let run = ''
  let start = cursor.pos
  cursor.skipWords(SINGLE)
  for (let code = cursor.code(); !isGap(code); code = cursor.code()) {
    if (code === 0x27) {
      if (cursor.code(1) !== 0x27) break
      run += cursor.text.slice(start, cursor.pos + 1)
      cursor.pos += 2
      start = cursor.pos
    } else cursor.pos++
  }
  return run + cursor.text.slice(start, cursor.pos)
}

function scanDoubleRun(cursor: Cursor, fold: Fold): string {
  let run = ''
  let start = cursor.pos
  cursor.skipWords(DOUBLE)
  for (let code = cursor.code(); !isGap(code) && code !== 0x22; code = cursor.code()) {
    if (code !== 0x5c) {
      cursor.pos++
      continue
    }
    run += cursor.text.slice(start, cursor.pos)
    cursor.pos++
    if (isBreak(cursor.code())) {
      cursor.readBreak()
      fold.addEscapedBreak()
      return run
    }
    run += readEscape(cursor)
    start = cursor.pos
    cursor.skipWords(DOUBLE)
  }
  return run + cursor.text.slice(start, cursor.pos)
}

/** YAML 1.1 as go-yaml knows it: `\'` is an apostrophe and `\/` is unknown. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
])

const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
])

/** The cursor stands behind the backslash. */
function readEscape(cursor: Cursor): string {
  const letter = cursor.text.charAt(cursor.pos)
  const simple = ESCAPES.get(letter)
  if (simple !== undefined) {
    cursor.pos++
    return simple
  }
  const length = HEX_DIGITS.get(letter)
  if (length === undefined)
    throw syntaxFault(cursor.pos, 'unknown escape in a double-quoted scalar')
  const digits = cursor.text.slice(cursor.pos + 1, cursor.pos + 1 + length)
  if (digits.length < length || !/^[0-9A-Fa-f]+$/.test(digits)) {
    throw syntaxFault(cursor.pos, `\\${letter} needs ${length} hexadecimal digits`)
  }
  const value = Number.parseInt(digits, 16)
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    throw syntaxFault(cursor.pos, 'an escape names a surrogate or no character at all')
  }
  cursor.pos += 1 + length
  return String.fromCodePoint(value)
}

type Chomping = 'clip' | 'strip' | 'keep'

interface BlockHeader {
  readonly isLiteral: boolean
  readonly chomping: Chomping
  /** Columns beyond the parent's indent; 0 when the first line decides. */
  readonly increment: number
}

/** Reads `|` or `>` and its lines. `parentIndent` is -1 at the root. */
export function scanBlock(cursor: Cursor, parentIndent: number): string {
  const header = readBlockHeader(cursor)
  const given = header.increment === 0 ? 0 : Math.max(parentIndent, 0) + header.increment
  const { breaks, indent } = readBlockBreaks(cursor, given, parentIndent)
  const lines = new BlockLines(header, breaks)
  while (cursor.column === indent && cursor.code() !== 0) {
    const start = cursor.pos
    while (!isBreakOrEnd(cursor.code())) cursor.pos++
    const text = cursor.text.slice(start, cursor.pos)
    const lastBreak = cursor.code() === 0 ? '' : cursor.readBreak()
    lines.add(text, lastBreak, readBlockBreaks(cursor, indent, parentIndent).breaks)
  }
  return lines.finish()
}

/** Joins the lines of a block scalar: folded ones at a single break, unless one of them begins with a blank. */
class BlockLines {
  readonly #header: BlockHeader
  #value = ''
  /** The break after the last line, and those of the blank lines behind it. */
  #lastBreak = ''
  #further: string
  #wasBlank = false

  constructor(header: BlockHeader, leadingBreaks: string) {
    this.#header = header
    this.#further = leadingBreaks
  }

  add(text: string, lastBreak: string, further: string): void {
    const isBlankFirst = isBlank(text.charCodeAt(0))
    const isFolded =
      !this.#header.isLiteral && !this.#wasBlank && !isBlankFirst && this.#lastBreak === '\n'
    if (!isFolded) this.#value += this.#lastBreak
    else if (this.#further === '') this.#value += ' '
    this.#value += this.#further + text
    this.#wasBlank = isBlankFirst
    this.#lastBreak = lastBreak
    this.#further = further
  }

  finish(): string {
    const { chomping } = this.#header
    if (chomping === 'strip') return this.#value
    return this.#value + this.#lastBreak + (chomping === 'keep' ? this.#further : '')
  }
}

function readBlockHeader(cursor: Cursor): BlockHeader {
  const start = cursor.pos
  const isLiteral = cursor.code() === 0x7c
  cursor.pos++
  let chomping = readChomping(cursor)
  let increment = 0
  if (isDigit(cursor.code())) {
    increment = cursor.code() - 0x30
    if (increment === 0) throw syntaxFault(start, 'a block scalar cannot be indented by 0')
    cursor.pos++
    chomping ??= readChomping(cursor)
  }
  cursor.skipBlanks()
  cursor.skipComment()
  if (!isBreakOrEnd(cursor.code())) {
    throw syntaxFault(start, 'only a comment may follow the header of a block scalar')
  }
  if (cursor.code() !== 0) cursor.readBreak()
  return { isLiteral, chomping: chomping ?? 'clip', increment }
}

function readChomping(cursor: Cursor): Chomping | undefined {
  const code = cursor.code()
  if (code !== 0x2b && code !== 0x2d) return undefined
  cursor.pos++
  return code === 0x2b ? 'keep' : 'strip'
}

/** Steps over blank lines to the next line's text. With `indent` 0 the deepest blank line, or the text, decides it. */
function readBlockBreaks(
  cursor: Cursor,
  indent: number,
  parentIndent: number,
): { readonly breaks: string; readonly indent: number } {
  let breaks = ''
  let deepest = 0
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.code() === 0x20) cursor.pos++
    deepest = Math.max(deepest, cursor.column)
    if ((indent === 0 || cursor.column < indent) && cursor.code() === 0x09) {
      throw syntaxFault(cursor.pos, 'a tab indents a block scalar; use spaces')
    }
    if (!isBreak(cursor.code())) break
    breaks += cursor.readBreak()
  }
  return { breaks, indent: indent === 0 ? Math.max(deepest, parentIndent + 1, 1) : indent }
}
