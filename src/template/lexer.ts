import { decodeRune } from './bytes.ts'
import { ParseError } from './failure.ts'
import { endOfNumber } from './number-scan.ts'
import type { Token, TokenName } from './token.ts'
import { isDigit, isLetter } from './unicode.ts'

// Splits a template's bytes into tokens, as text/template does.

/** Words with a meaning of their own, unless a function of that name exists (it never does here). */
const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
])

const LEFT = '{{'
const RIGHT = '}}'
const END = -1

/** A state machine over bytes: `start` to `at` is the token in the making. */
interface Lexer {
  readonly input: string
  at: number
  /** Where the token that is being read began. */
  start: number
  line: number
  isInAction: boolean
  parens: number
}

/** Reads the next token. Throws ParseError for what no token can be made of. */
export function lexer(input: string): () => Token {
  const state: Lexer = { input, at: 0, start: 0, line: 1, isInAction: false, parens: 0 }
  return () => {
    for (;;) {
      const token = state.isInAction ? lexAction(state) : lexText(state)
      if (token !== undefined) return token
    }
  }
}

/** Makes a token of what was read. The line is the one where the token begins. */
function emit(state: Lexer, name: TokenName): Token {
  const text = state.input.slice(state.start, state.at)
  const token = { name, text, offset: state.start, line: state.line }
  state.line += count(text)
  state.start = state.at
  return token
}

/** Drops what was read, but counts its lines. */
function skip(state: Lexer): void {
  state.line += count(state.input.slice(state.start, state.at))
  state.start = state.at
}

function count(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

/** Throws ParseError at the line that was reached. */
function broken(state: Lexer, message: string): never {
  const line = state.line + count(state.input.slice(state.start, state.at))
  throw new ParseError(message, line)
}

/** Text up to the next `{{`; undefined when a trim marker or comment left nothing of it. */
function lexText(state: Lexer): Token | undefined {
  const { input, start } = state
  const left = input.indexOf(LEFT, state.at)
  if (left < 0) {
    state.at = input.length
    return emit(state, state.at > start ? 'text' : 'eof')
  }
  const text = input.slice(start, left)
  const kept = isTrimLeft(input, left + 2) ? trimRight(text) : text
  state.at = start + kept.length
  const token = kept === '' ? undefined : emit(state, 'text')
  state.at = left
  skip(state)
  if (token !== undefined) return token
  return lexLeftDelimiter(state)
}

/** `{{- ` */
function isTrimLeft(input: string, at: number): boolean {
  return input[at] === '-' && isSpaceChar(input[at + 1])
}

/** ` -}}` */
function isTrimRight(input: string, at: number): boolean {
  return isSpaceChar(input[at]) && input.startsWith(`-${RIGHT}`, at + 1)
}

function isSpaceChar(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n'
}

function trimRight(text: string): string {
  let end = text.length
  while (isSpaceChar(text[end - 1])) end--
  return text.slice(0, end)
}

/** Undefined for a comment, which leaves no token. */
function lexLeftDelimiter(state: Lexer): Token | undefined {
  const marker = isTrimLeft(state.input, state.at + 2) ? 2 : 0
  if (state.input.startsWith('/*', state.at + 2 + marker)) {
    state.at += 2 + marker
    lexComment(state)
    return undefined
  }
  state.at += 2
  const token = emit(state, 'leftDelimiter')
  state.at += marker
  skip(state)
  state.isInAction = true
  state.parens = 0
  return token
}

function lexComment(state: Lexer): void {
  const { input } = state
  const end = input.indexOf('*/', state.at + 2)
  if (end < 0) broken(state, 'unclosed comment')
  state.at = end + 2
  const isTrimmed = isTrimRight(input, state.at)
  if (!isTrimmed && !input.startsWith(RIGHT, state.at)) {
    broken(state, 'comment ends before closing delimiter')
  }
  state.at += isTrimmed ? 4 : 2
  if (isTrimmed) skipSpace(state)
  skip(state)
}

function skipSpace(state: Lexer): void {
  while (isSpaceChar(state.input[state.at])) state.at++
}

/** ` -}}` also drops all blanks that follow it. */
function lexRightDelimiter(state: Lexer, isTrimmed: boolean): Token {
  if (isTrimmed) {
    state.at += 2
    skip(state)
  }
  state.at += 2
  const token = emit(state, 'rightDelimiter')
  if (isTrimmed) {
    skipSpace(state)
    skip(state)
  }
  state.isInAction = false
  return token
}

const SINGLE: Readonly<Record<string, TokenName>> = { '=': 'assign', '|': 'pipe' }

/** Trap: the closing delimiter is looked for first, so `{{ -}}` trims and is no minus sign. */
function lexAction(state: Lexer): Token {
  const { input } = state
  const isTrimmed = isTrimRight(input, state.at)
  if (isTrimmed || input.startsWith(RIGHT, state.at)) {
    return state.parens === 0
      ? lexRightDelimiter(state, isTrimmed)
      : broken(state, 'unclosed left paren')
  }
  const char = input[state.at]
  if (char === undefined) return broken(state, 'unclosed action')
  if (isSpaceChar(char)) return lexSpace(state)
  const single = Object.hasOwn(SINGLE, char) ? SINGLE[char] : undefined
  if (single !== undefined) return take(state, 1, single)
  return lexOperand(state, char)
}

function take(state: Lexer, length: number, name: TokenName): Token {
  state.at += length
  return emit(state, name)
}

/** By the first character; strings and characters are unquoted later, by the parser. */
function lexOperand(state: Lexer, char: string): Token {
  switch (char) {
    case ':':
      return state.input[state.at + 1] === '='
        ? take(state, 2, 'declare')
        : broken(state, 'expected :=')
    case '"':
      return lexQuoted(state, '"', 'quoted string')
    case "'":
      return lexQuoted(state, "'", 'character constant')
    case '`':
      return lexRaw(state)
    case '$':
      return lexName(state, 'variable')
    case '(':
      state.parens++
      return take(state, 1, 'leftParen')
    case ')':
      return lexRightParen(state)
    default:
      return lexWord(state, char)
  }
}

/** Go's order: a dot before a digit begins a number, any other dot a field. */
function lexWord(state: Lexer, char: string): Token {
  const next = state.input[state.at + 1]
  if (char === '.' && (next === undefined || next < '0' || next > '9'))
    return lexName(state, 'field')
  if (char === '.' || char === '+' || char === '-' || (char >= '0' && char <= '9'))
    return lexNumber(state)
  if (isAlphaNumeric(peek(state))) return lexIdentifier(state)
  if (char > ' ' && char < '\x7f') return take(state, 1, 'char')
  return broken(state, 'unrecognized character in action')
}

/** Counts parentheses so that an action cannot close one that it did not open. */
function lexRightParen(state: Lexer): Token {
  state.parens--
  return state.parens < 0 ? broken(state, 'unexpected right paren') : take(state, 1, 'rightParen')
}

/** Spaces up to the one that may belong to ` -}}`. */
function lexSpace(state: Lexer): Token {
  let spaces = 0
  while (isSpaceChar(state.input[state.at])) {
    state.at++
    spaces++
  }
  if (isTrimRight(state.input, state.at - 1)) {
    state.at--
    if (spaces === 1) return lexRightDelimiter(state, true)
  }
  return emit(state, 'space')
}

// Sticky, so that whole words and texts are taken at once: a run begins in V8's interpreter, which is slow by the character.
const ASCII_WORD = /\w*/y
const PLAIN_QUOTED = /[^"'\\\n]*/y

/** Where a sticky pattern that may match nothing ends. */
function endOf(pattern: RegExp, { input, at }: Lexer): number {
  pattern.lastIndex = at
  pattern.test(input)
  return pattern.lastIndex
}

/** Code point at the position, -1 at the end. */
function peek({ input, at }: Lexer): number {
  return at >= input.length ? END : decodeRune(input, at).code
}

/** Unicode letters and digits may form names, hence a decoded rune instead of a byte. */
function isAlphaNumeric(code: number): boolean {
  return code === 95 || (code !== END && (isLetter(code) || isDigit(code)))
}

function skipWord(state: Lexer): void {
  state.at = endOf(ASCII_WORD, state)
  while (isAlphaNumeric(peek(state))) state.at += decodeRune(state.input, state.at).width
}

/** What may follow a name: `.a-b` fails here with a bad character (U+002D), as in Go. */
function isAtTerminator({ input, at }: Lexer): boolean {
  const char = input[at]
  if (char === undefined || isSpaceChar(char) || '.,|:)('.includes(char)) return true
  return input.startsWith(RIGHT, at)
}

function checkTerminator(state: Lexer): void {
  if (!isAtTerminator(state)) broken(state, 'bad character after a name')
}

function lexIdentifier(state: Lexer): Token {
  skipWord(state)
  checkTerminator(state)
  const word = state.input.slice(state.start, state.at)
  if (KEYWORDS.has(word)) return emit(state, 'keyword')
  return emit(state, word === 'true' || word === 'false' ? 'bool' : 'identifier')
}

/** `.name` or `$name`, or the dot or dollar alone. */
function lexName(state: Lexer, name: 'field' | 'variable'): Token {
  state.at++
  if (isAtTerminator(state)) return emit(state, name === 'field' ? 'dot' : 'variable')
  skipWord(state)
  checkTerminator(state)
  return emit(state, name)
}

/** Finds the end of a quoted text only; whether its escapes are good is the parser's question. */
function lexQuoted(state: Lexer, quote: string, what: string): Token {
  const { input } = state
  for (state.at++; ; state.at++) {
    state.at = endOf(PLAIN_QUOTED, state)
    const char = input[state.at]
    if (char === '\\') state.at++
    const current = char === '\\' ? input[state.at] : char
    if (current === undefined || current === '\n') broken(state, `unterminated ${what}`)
    if (char === quote) break
  }
  return take(state, 1, quote === '"' ? 'string' : 'charConstant')
}

/** Raw strings may span lines, quoted ones may not. */
function lexRaw(state: Lexer): Token {
  const end = state.input.indexOf('`', state.at + 1)
  if (end < 0) broken(state, 'unterminated raw quoted string')
  state.at = end + 1
  return emit(state, 'rawString')
}

/** Two numbers joined by a sign are a complex constant, which must end in `i`. */
function lexNumber(state: Lexer): Token {
  takeNumber(state)
  const sign = state.input[state.at]
  if (sign !== '+' && sign !== '-') return emit(state, 'number')
  takeNumber(state)
  return state.input[state.at - 1] === 'i'
    ? emit(state, 'complex')
    : broken(state, 'bad number syntax')
}

/** Takes what may be a number; whether it really is one is decided when it is read. */
function takeNumber(state: Lexer): void {
  state.at = endOfNumber(state.input, state.at)
  if (isAlphaNumeric(peek(state))) broken(state, 'bad number syntax')
}
