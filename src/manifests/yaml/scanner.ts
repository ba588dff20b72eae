import { Cursor, isBlank, isBreakOrEnd, isGap } from './cursor.ts'
import { scanDirective } from './directives.ts'
import { syntaxFault } from './fault.ts'
import { scanBlock, scanPlain, scanQuoted } from './scalars.ts'
import { scanAnchor, scanTag } from './tags.ts'
import { bareToken, type Token, type TokenKind } from './token.ts'

// Text to tokens, with the rules of the scanner that kubectl and Argo CD use (libyaml's, YAML 1.1, as go-yaml v2 has it).
// A YAML 1.2 parser accepts and refuses other texts, so which texts are errors is part of the contract here.
//
// A key is only known as one when its `:` comes: whatever may begin a key is noted, and a `key` token is put before it
// when the `:` is met, on the same line and within 1024 characters.

/** Changed in place: there is one for every scalar. */
interface SimpleKey {
  isPossible: boolean
  /** At the indent of a block mapping nothing but a key may stand. */
  isRequired: boolean
  tokenNumber: number
  start: number
  line: number
  column: number
}

const KEY_LENGTH_MAX = 1024
const PUNCTUATION: ReadonlyMap<number, '[' | ']' | '{' | '}' | ','> = new Map([
  [0x5b, '['],
  [0x5d, ']'],
  [0x7b, '{'],
  [0x7d, '}'],
  [0x2c, ','],
])
/** `- ? : , [ ] { } # & * ! | > ' " % @` and the backtick: none may begin a plain scalar, three of them sometimes do. */
const INDICATORS = new Set([...'-?:,[]{}#&*!|>\'"%@`'].map((one) => one.charCodeAt(0)))

/** Text to tokens, as libyaml does it: a simple key is known as one only when its colon comes. */
export class Scanner {
  readonly #cursor: Cursor
  readonly #tokens: Token[] = []
  #head = 0
  #parsed = 0
  /** The token at the head, once it is known that none comes before it. */
  #ready: Token | undefined
  #indent = -1
  readonly #indents: number[] = []
  /** One slot per flow level, the first for block context. */
  readonly #keys: SimpleKey[]
  /** Token number → slot, of keys that may still turn out to be one. */
  readonly #slotByToken = new Map<number, number>()
  #isKeyAllowed = true

  constructor(text: string) {
    this.#cursor = new Cursor(text)
    this.#keys = [this.#newKey()]
  }

  /** The next token. Scans on only as far as it must, so that an error behind the document's end stays unseen. */
  peek(): Token {
    if (this.#ready !== undefined) return this.#ready
    while (this.#needsMore()) this.#scanNext()
    this.#ready = this.#tokens[this.#head]
    if (this.#ready === undefined) throw new Error('no token after scanning')
    return this.#ready
  }

  next(): Token {
    const token = this.peek()
    this.#ready = undefined
    this.#head++
    this.#parsed++
    if (this.#head > 64 && this.#head * 2 > this.#tokens.length) {
      this.#tokens.splice(0, this.#head)
      this.#head = 0
    }
    return token
  }

  /** The token at the head may be a key, and then another token comes before it. */
  #needsMore(): boolean {
    if (this.#head === this.#tokens.length) return true
    const slot = this.#slotByToken.get(this.#parsed)
    const key = slot === undefined ? undefined : this.#keys[slot]
    return key !== undefined && this.#isValid(key)
  }

  #isValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false
    if (key.line === this.#cursor.line && this.#cursor.pos <= key.start + KEY_LENGTH_MAX)
      return true
    if (key.isRequired) throw missingColon(key, this.#cursor.line)
    key.isPossible = false
    return false
  }

  get #isFlow(): boolean {
    return this.#keys.length > 1
  }

  #saveKey(): void {
    if (!this.#isKeyAllowed) return
    this.#dropKey()
    const slot = this.#keys.length - 1
    const key = this.#keys[slot] ?? this.#newKey()
    key.isPossible = true
    key.isRequired = !this.#isFlow && this.#indent === this.#cursor.column
    key.tokenNumber = this.#nextTokenNumber
    key.start = this.#cursor.pos
    key.line = this.#cursor.line
    key.column = this.#cursor.column
    this.#slotByToken.set(key.tokenNumber, slot)
  }

  #newKey(): SimpleKey {
    const tokenNumber = this.#nextTokenNumber
    return { isPossible: false, isRequired: false, tokenNumber, start: 0, line: 0, column: 0 }
  }

  get #nextTokenNumber(): number {
    return this.#parsed + this.#tokens.length - this.#head
  }

  #dropKey(): void {
    const key = this.#keys[this.#keys.length - 1]
    if (key === undefined || !key.isPossible) return
    if (key.isRequired) throw missingColon(key, this.#cursor.line)
    key.isPossible = false
    this.#slotByToken.delete(key.tokenNumber)
  }

  /** `at` counts from the head of the queue; a negative one appends. */
  #insert(token: Token, at = -1): void {
    if (at < 0) this.#tokens.push(token)
    else this.#tokens.splice(this.#head + at, 0, token)
  }

  #roll(column: number, kind: TokenKind, start: number, tokenNumber = -1): void {
    if (this.#isFlow || this.#indent >= column) return
    this.#indents.push(this.#indent)
    this.#indent = column
    const at = tokenNumber < 0 ? -1 : tokenNumber - this.#parsed
    this.#insert(bareToken(kind, start, start), at)
  }

  #unroll(column: number): void {
    if (this.#isFlow) return
    while (this.#indent > column) {
      this.#insert(bareToken('block-end', this.#cursor.pos, this.#cursor.pos))
      this.#indent = this.#indents.pop() ?? -1
    }
  }

  #scanNext(): void {
    this.#skipToToken()
    const cursor = this.#cursor
    this.#unroll(cursor.column)
    const code = cursor.code()
    if (code === 0) this.#scanEnd()
    else if (cursor.column === 0 && code === 0x25) this.#scanDirective()
    else if (cursor.isAtDocumentMark()) this.#scanDocumentMark(code)
    else if (PUNCTUATION.has(code)) this.#scanPunctuation(code)
    else if (!this.#scanIndicator(code)) this.#scanNode(code)
  }

  /** `-`, `?` and `:` are indicators before a gap; the latter two always are inside flow collections. */
  #scanIndicator(code: number): boolean {
    if (code !== 0x2d && code !== 0x3f && code !== 0x3a) return false
    const isFollowedByGap = isGap(this.#cursor.code(1))
    if (code === 0x2d) {
      if (isFollowedByGap) this.#scanEntry()
      return isFollowedByGap
    }
    if (!isFollowedByGap && !this.#isFlow) return false
    if (code === 0x3f) this.#scanKey()
    else this.#scanValue()
    return true
  }

  #scanNode(code: number): void {
    if (code === 0x2a) this.#scanAnchor('alias')
    else if (code === 0x26) this.#scanAnchor('anchor')
    else if (code === 0x21) this.#scanTag()
    else if ((code === 0x7c || code === 0x3e) && !this.#isFlow) this.#scanBlockScalar()
    else if (code === 0x27 || code === 0x22) this.#scanQuoted()
    else if (this.#canBeginPlain(code)) this.#scanPlain()
    else if (code === 0x09) {
      throw syntaxFault(this.#cursor.pos, 'no value can begin with a tab: indent with spaces')
    } else throw syntaxFault(this.#cursor.pos, 'no value can begin with this character')
  }

  #canBeginPlain(code: number): boolean {
    if (!INDICATORS.has(code)) return !isBlank(code)
    const next = this.#cursor.code(1)
    if (code === 0x2d) return !isBlank(next)
    return !this.#isFlow && (code === 0x3f || code === 0x3a) && !isGap(next)
  }

  #skipToToken(): void {
    const cursor = this.#cursor
    for (;;) {
      // A tab may not indent: it is a blank only where no key could begin.
      cursor.skipSpaces()
      while (cursor.code() === 0x09 && (this.#isFlow || !this.#isKeyAllowed)) {
        cursor.pos++
        cursor.skipSpaces()
      }
      cursor.skipComment()
      if (cursor.code() === 0 || !isBreakOrEnd(cursor.code())) return
      cursor.readBreak()
      if (!this.#isFlow) this.#isKeyAllowed = true
    }
  }

  #scanEnd(): void {
    const { pos } = this.#cursor
    if (this.#cursor.column !== 0) {
      this.#cursor.lineStart = pos
      this.#cursor.line++
    }
    this.#unroll(-1)
    this.#dropKey()
    this.#isKeyAllowed = false
    this.#insert(bareToken('end', pos, pos))
  }

  #scanDocumentMark(code: number): void {
    this.#unroll(-1)
    this.#dropKey()
    this.#isKeyAllowed = false
    this.#take(code === 0x2d ? 'document-start' : 'document-end', 3)
  }

  #scanPunctuation(code: number): void {
    const kind = PUNCTUATION.get(code) ?? ','
    if (kind === '[' || kind === '{') {
      this.#saveKey()
      this.#keys.push(this.#newKey())
    } else {
      this.#dropKey()
      if (kind !== ',') this.#leaveFlow()
    }
    this.#isKeyAllowed = kind !== ']' && kind !== '}'
    this.#take(kind, 1)
  }

  #leaveFlow(): void {
    const key = this.#isFlow ? this.#keys.pop() : undefined
    if (key !== undefined) this.#slotByToken.delete(key.tokenNumber)
  }

  #scanEntry(): void {
    // Inside a flow collection the parser refuses it, with the better place.
    if (!this.#isFlow) {
      if (!this.#isKeyAllowed) throw this.#misplaced('a "-" entry')
      this.#roll(this.#cursor.column, 'block-sequence', this.#cursor.pos)
    }
    this.#dropKey()
    this.#isKeyAllowed = true
    this.#take('-', 1)
  }

  #scanKey(): void {
    if (!this.#isFlow) {
      if (!this.#isKeyAllowed) throw this.#misplaced('a "?" key')
      this.#roll(this.#cursor.column, 'block-mapping', this.#cursor.pos)
    }
    this.#dropKey()
    this.#isKeyAllowed = !this.#isFlow
    this.#take('key', 1)
  }

  #scanValue(): void {
    const key = this.#keys[this.#keys.length - 1]
    if (key !== undefined && this.#isValid(key)) {
      this.#insert(bareToken('key', key.start, key.start), key.tokenNumber - this.#parsed)
      this.#roll(key.column, 'block-mapping', key.start, key.tokenNumber)
      key.isPossible = false
      this.#slotByToken.delete(key.tokenNumber)
      this.#isKeyAllowed = false
    } else {
      if (!this.#isFlow) {
        if (!this.#isKeyAllowed) throw this.#misplaced('a ":" value')
        this.#roll(this.#cursor.column, 'block-mapping', this.#cursor.pos)
      }
      this.#isKeyAllowed = !this.#isFlow
    }
    this.#take('value', 1)
  }

  #misplaced(what: string): Error {
    return syntaxFault(this.#cursor.pos, `${what} is not allowed here; is a line indented wrongly?`)
  }

  #take(kind: TokenKind, length: number): void {
    const start = this.#cursor.pos
    this.#cursor.skip(length)
    this.#insert(bareToken(kind, start, this.#cursor.pos))
  }

  #scanAnchor(kind: 'alias' | 'anchor'): void {
    this.#saveKey()
    this.#isKeyAllowed = false
    this.#insert(scanAnchor(this.#cursor, kind))
  }

  #scanTag(): void {
    this.#saveKey()
    this.#isKeyAllowed = false
    this.#insert(scanTag(this.#cursor))
  }

  #scanBlockScalar(): void {
    this.#dropKey()
    this.#isKeyAllowed = true
    const start = this.#cursor.pos
    this.#insertScalar(start, scanBlock(this.#cursor, this.#indent), this.#cursor.pos)
  }

  #scanQuoted(): void {
    this.#saveKey()
    this.#isKeyAllowed = false
    const start = this.#cursor.pos
    this.#insertScalar(start, scanQuoted(this.#cursor), this.#cursor.pos)
  }

  #insertScalar(start: number, value: string, end: number): void {
    this.#insert({ kind: 'scalar', start, end, value, suffix: '', isPlain: false })
  }

  #scanPlain(): void {
    this.#saveKey()
    this.#isKeyAllowed = false
    const start = this.#cursor.pos
    const { value, end, isLineStart } = scanPlain(this.#cursor, this.#indent + 1, this.#isFlow)
    if (isLineStart) this.#isKeyAllowed = true
    this.#insert({ kind: 'scalar', start, end, value, suffix: '', isPlain: true })
  }

  #scanDirective(): void {
    this.#unroll(-1)
    this.#dropKey()
    this.#isKeyAllowed = false
    this.#insert(scanDirective(this.#cursor))
  }
}

function missingColon(key: SimpleKey, reached: number): Error {
  return syntaxFault(key.start, 'a key is not followed by ":"', reached)
}
