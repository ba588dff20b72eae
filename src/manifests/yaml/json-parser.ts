import { syntaxFault, YamlFault } from './fault.ts'
import type { Node, Pair } from './node.ts'

// JSON as Go's decoder accepts it, with offsets. Not every JSON text is YAML to go-yaml (`\/`, surrogate pairs as
// escapes, long keys), so a JSON stream needs a reader of its own.

/** A value as nodes: the same tree that YAML gives, so that places can be found in both. */
export interface ParsedJson {
  readonly root: Node
  /** Offset behind the value. */
  readonly end: number
}

/** Parses the value at `offset`, blanks before it skipped. Throws YamlFault. */
export function parseJson(text: string, offset: number, depthMax: number): ParsedJson {
  const parser = new JsonParser(text, offset, depthMax)
  const root = parser.parse()
  return { root, end: parser.pos }
}

/** Offset of the first character at or behind `offset` that is no JSON blank. */
export function skipJsonBlanks(text: string, offset: number): number {
  let at = offset
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return at
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const LITERAL = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y

class JsonParser {
  pos: number
  readonly #text: string
  readonly #depthMax: number
  #depth = 0

  constructor(text: string, pos: number, depthMax: number) {
    this.#text = text
    this.pos = pos
    this.#depthMax = depthMax
  }

  parse(): Node {
    this.#skipBlanks()
    const start = this.pos
    switch (this.#text.charAt(start)) {
      case '{':
        return this.#nested(() => this.#parseObject(start))
      case '[':
        return this.#nested(() => this.#parseArray(start))
      case '"':
        return this.#parseString()
      default: {
        const text = this.#match(LITERAL)
        if (/^[-0-9]/.test(text)) this.#checkNumberEnd(text)
        const end = this.pos
        return { shape: 'scalar', start, end, tag: '', text, isImplicit: true }
      }
    }
  }

  /** `1.` and `1e` are no numbers, rather than a number and something behind it. */
  #checkNumberEnd(text: string): void {
    const next = this.#text.charAt(this.pos)
    const goesOn = next === '.' ? !/[.eE]/.test(text) : /[eE]/.test(next) && !/[eE]/.test(text)
    if (goesOn) throw this.#fault('a JSON number is cut short')
  }

  #skipBlanks(): void {
    this.pos = skipJsonBlanks(this.#text, this.pos)
  }

  #nested(parse: () => Node): Node {
    if (++this.#depth > this.#depthMax) {
      const message = `nested deeper than ${this.#depthMax} levels`
      throw new YamlFault('yaml-too-deep', this.pos, message)
    }
    const node = parse()
    this.#depth--
    return node
  }

  #parseObject(start: number): Node {
    const pairs: Pair[] = []
    this.#parseItems('}', () => {
      const key = this.#parseString()
      this.#expect(':')
      pairs.push({ key, value: this.parse() })
    })
    return { shape: 'mapping', start, end: this.pos, isFlow: true, pairs }
  }

  #parseArray(start: number): Node {
    const items: Node[] = []
    this.#parseItems(']', () => items.push(this.parse()))
    return { shape: 'sequence', start, end: this.pos, isFlow: true, items, dashes: [] }
  }

  #parseItems(close: string, parseItem: () => void): void {
    this.pos++
    this.#skipBlanks()
    if (this.#text.charAt(this.pos) === close) {
      this.pos++
      return
    }
    for (;;) {
      parseItem()
      this.#skipBlanks()
      const next = this.#text.charAt(this.pos)
      if (next !== ',' && next !== close) throw this.#fault(`JSON needs "," or "${close}" here`)
      this.pos++
      if (next === close) return
    }
  }

  #expect(character: string): void {
    this.#skipBlanks()
    if (this.#text.charAt(this.pos) !== character)
      throw this.#fault(`JSON needs "${character}" here`)
    this.pos++
  }

  #parseString(): Node {
    this.#skipBlanks()
    const start = this.pos
    this.#skipString()
    const text: string = JSON.parse(this.#text.slice(start, this.pos))
    return { shape: 'scalar', start, end: this.pos, tag: '', text, isImplicit: false }
  }

  /** Not one regular expression: its stack would grow with the string. */
  #skipString(): void {
    if (this.#text.charCodeAt(this.pos) !== QUOTE) throw this.#fault('JSON needs a string here')
    this.pos++
    for (let code = this.#code(); code !== QUOTE; code = this.#code()) {
      if (code < 0x20) throw this.#fault('a JSON string is not closed on its line')
      if (code === BACKSLASH) this.#match(ESCAPE)
      else this.pos++
    }
    this.pos++
  }

  #code(): number {
    return this.pos < this.#text.length ? this.#text.charCodeAt(this.pos) : 0
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.pos
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) throw this.#fault('JSON needs a value here')
    this.pos += found.length
    return found
  }

  #fault(message: string): YamlFault {
    return syntaxFault(this.pos, message)
  }
}
