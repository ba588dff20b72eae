// A position in the text, and the character classes of YAML 1.1. A code of 0 means the end: NUL is refused beforehand.

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const SPACES = / */y

/** YAML 1.1 has five line breaks; 1.2 knows two. */
export function isBreak(code: number): boolean {
  return code === LF || code === CR || code === 0x85 || code === 0x2028 || code === 0x2029
}

/** Space and tab, nothing of Unicode. */
export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** Where a line ends. */
export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code)
}

/** A blank, a break or the end: what must follow an indicator. */
export function isGap(code: number): boolean {
  return code === SPACE || code === LF || code === 0 || code === TAB || isBreak(code)
}

/** ASCII digits. */
export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Letters, digits, `_` and `-`: names of anchors, directives and tag handles. */
export function isWord(code: number): boolean {
  const letter = code | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || isDigit(code) || code === 0x5f || code === 0x2d
}

/** Walks the text. `line` counts from 0; a column is a distance from `lineStart` in UTF-16 units. */
export class Cursor {
  readonly text: string
  pos = 0
  line = 0
  lineStart = 0

  constructor(text: string) {
    this.text = text
    // Upstream: behind the mark that told the encoding a second one at the very front is skipped as well.
    if (text.charCodeAt(0) === 0xfeff) this.pos = 1
  }

  get column(): number {
    return this.pos - this.lineStart
  }

  code(ahead = 0): number {
    const at = this.pos + ahead
    return at < this.text.length ? this.text.charCodeAt(at) : 0
  }

  skip(count = 1): void {
    this.pos += count
  }

  /** Spaces alone, no tabs. */
  skipSpaces(): void {
    this.#skipAll(SPACES)
  }

  /** What a sticky pattern takes as text, and lone blanks within it: those are kept in every kind of scalar. */
  skipWords(pattern: RegExp): void {
    this.#skipAll(pattern)
    while (this.code() === SPACE) {
      const blank = this.pos
      this.pos++
      this.#skipAll(pattern)
      if (this.pos > blank + 1) continue
      this.pos = blank
      return
    }
  }

  /** `pattern` may match nothing, and no break. */
  #skipAll(pattern: RegExp): void {
    pattern.lastIndex = this.pos
    pattern.test(this.text)
    this.pos = pattern.lastIndex
  }

  /** Steps over one break; returns what it stands for in a scalar: LS and PS are kept, the others are a newline. */
  readBreak(): string {
    const code = this.code()
    if (code === CR && this.code(1) === LF) this.pos++
    this.pos++
    this.line++
    this.lineStart = this.pos
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : '\n'
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.pos++
  }

  /** Leaves the cursor at the break, or at the end. */
  skipComment(): void {
    if (this.code() !== 0x23) return
    while (!isBreakOrEnd(this.code())) this.pos++
  }

  /** Whether `---` or `...` stands at column 0, followed by a gap. */
  isAtDocumentMark(): boolean {
    if (this.pos !== this.lineStart) return false
    const code = this.code()
    if (code !== 0x2d && code !== 0x2e) return false
    return this.code(1) === code && this.code(2) === code && isGap(this.code(3))
  }
}
