import { syntaxFault, YamlFault } from './fault.ts'
import type { MappingNode, Node, SequenceNode } from './node.ts'
import { Scanner } from './scanner.ts'
import type { Token, TokenKind } from './token.ts'

// Tokens to nodes, for the FIRST document of a text: kubectl's reader drops what follows it (callers look at `rest`).

/** Bounds that hold while parsing; those on values hold while building. */
export interface ParseLimits {
  readonly depthMax: number
  readonly aliasesMax: number
}

/** The first document of a text. */
export interface ParsedText {
  /** Undefined for a text without any document. */
  readonly root: Node | undefined
  /** Offset of what stands behind the document and its `...`, if anything does. */
  readonly rest: number | undefined
  /** Whether it has anchors, aliases or tags, so that its parts cannot be taken apart. */
  readonly hasProperties: boolean
}

/** Throws YamlFault where kubectl fails, and when a limit is reached. */
export function parseText(text: string, limits: ParseLimits): ParsedText {
  return new Parser(text, limits).parse()
}

const DOCUMENT_KINDS: ReadonlySet<TokenKind> = new Set([
  'version',
  'tag-directive',
  'document-start',
  'document-end',
  'end',
])

// What follows an indicator when the value behind it is left out.
const ENTRY_ENDS: ReadonlySet<TokenKind> = new Set(['-', 'block-end'])
const BARE_ENTRY_ENDS: ReadonlySet<TokenKind> = new Set(['-', 'key', 'value', 'block-end'])
const MEMBER_ENDS: ReadonlySet<TokenKind> = new Set(['key', 'value', 'block-end'])
const SEQUENCE_MEMBER_ENDS: ReadonlySet<TokenKind> = new Set(['value', ',', ']'])
const MAPPING_MEMBER_ENDS: ReadonlySet<TokenKind> = new Set(['value', ',', '}'])

class Parser {
  readonly #scanner: Scanner
  readonly #limits: ParseLimits
  readonly #anchors = new Map<string, Node>()
  readonly #prefixByHandle = new Map<string, string>()
  #depth = 0
  #aliases = 0
  #hasProperties = false

  constructor(text: string, limits: ParseLimits) {
    this.#scanner = new Scanner(text)
    this.#limits = limits
  }

  parse(): ParsedText {
    if (this.#peekKind() === 'end') {
      return { root: undefined, rest: undefined, hasProperties: false }
    }
    const root = this.#parseDocument()
    if (this.#peekKind() === 'document-end') this.#scanner.next()
    return { root, rest: this.#rest(), hasProperties: this.#hasProperties }
  }

  /** An error behind the document is not kubectl's concern, hence none of ours: it is content, and that is enough. */
  #rest(): number | undefined {
    try {
      const token = this.#scanner.peek()
      return token.kind === 'end' ? undefined : token.start
    } catch (error) {
      if (error instanceof YamlFault) return error.offset
      throw error
    }
  }

  #parseDocument(): Node {
    const isExplicit = DOCUMENT_KINDS.has(this.#peekKind())
    const isMarked = isExplicit && this.#peekKind() !== 'document-end'
    this.#readDirectives()
    if (!isMarked) return this.#parseNode('block')
    const { kind, start } = this.#scanner.peek()
    if (kind !== 'document-start') throw syntaxFault(start, 'directives must be followed by "---"')
    this.#scanner.next()
    return DOCUMENT_KINDS.has(this.#peekKind()) ? this.#emptyScalar() : this.#parseNode('block')
  }

  #readDirectives(): void {
    let hasVersion = false
    for (;;) {
      const { kind } = this.#scanner.peek()
      if (kind === 'version') {
        this.#checkVersion(this.#scanner.next(), hasVersion)
        hasVersion = true
      } else if (kind === 'tag-directive') this.#addHandle(this.#scanner.next())
      else break
    }
    if (!this.#prefixByHandle.has('!')) this.#prefixByHandle.set('!', '!')
    if (!this.#prefixByHandle.has('!!')) this.#prefixByHandle.set('!!', 'tag:yaml.org,2002:')
  }

  #checkVersion({ start, value }: Token, isRepeated: boolean): void {
    if (isRepeated) throw syntaxFault(start, 'a second %YAML directive')
    if (!/^0?1\.0?1$/.test(value)) throw syntaxFault(start, '%YAML must be 1.1')
  }

  #addHandle({ start, value: handle, suffix: prefix }: Token): void {
    if (this.#prefixByHandle.has(handle)) {
      throw syntaxFault(start, 'a second %TAG directive for one handle')
    }
    this.#prefixByHandle.set(handle, prefix)
  }

  #peekKind(): TokenKind {
    return this.#scanner.peek().kind
  }

  /** `entry`: as a value of a block mapping, where a sequence may stand without indent. */
  #parseNode(place: 'block' | 'entry' | 'flow'): Node {
    const first = this.#scanner.peek()
    if (first.kind === 'alias') return this.#parseAlias()
    const { anchor, tag } = this.#readProperties()
    const token = this.#scanner.peek()
    const node = this.#openNode(token, tag, place)
    if (node !== undefined) {
      if (anchor !== '') this.#anchors.set(anchor, node)
      this.#fill(node, token.kind)
      return node
    }
    if (anchor === '' && tag === '') throw syntaxFault(token.start, 'a value was expected here')
    const { start, end } = first
    const empty: Node = { shape: 'scalar', start, end, tag, text: '', isImplicit: tag === '' }
    if (anchor !== '') this.#anchors.set(anchor, empty)
    return empty
  }

  #parseAlias(): Node {
    const { start, end, value } = this.#scanner.next()
    if (++this.#aliases > this.#limits.aliasesMax) {
      throw new YamlFault('yaml-alias-bomb', start, `more than ${this.#limits.aliasesMax} aliases`)
    }
    const target = this.#anchors.get(value)
    if (target === undefined) throw syntaxFault(start, 'an alias names an anchor that is not set')
    return { shape: 'alias', start, end, target }
  }

  #readProperties(): { readonly anchor: string; readonly tag: string } {
    let anchor = ''
    let tag: Token | undefined
    for (let i = 0; i < 2; i++) {
      const { kind } = this.#scanner.peek()
      if (kind === 'anchor' && anchor === '') anchor = this.#scanner.next().value
      else if (kind === 'tag' && tag === undefined) tag = this.#scanner.next()
      else break
      this.#hasProperties = true
    }
    return { anchor, tag: tag === undefined ? '' : this.#resolveTag(tag) }
  }

  #resolveTag({ start, value: handle, suffix }: Token): string {
    if (handle === '') return suffix
    const prefix = this.#prefixByHandle.get(handle)
    if (prefix === undefined) throw syntaxFault(start, 'a tag has a handle that is not declared')
    return prefix + suffix
  }

  /** The node that begins with `token`, still empty; undefined if none does. */
  #openNode(token: Token, tag: string, place: 'block' | 'entry' | 'flow'): Node | undefined {
    const { kind, start, end } = token
    if (kind === 'scalar') {
      this.#scanner.next()
      const isImplicit = (tag === '' && token.isPlain) || tag === '!'
      return { shape: 'scalar', start, end, tag, text: token.value, isImplicit }
    }
    const isBlock = place !== 'flow'
    if (
      kind === '[' ||
      (isBlock && kind === 'block-sequence') ||
      (place === 'entry' && kind === '-')
    ) {
      return { shape: 'sequence', start, end, isFlow: kind === '[', items: [], dashes: [] }
    }
    if (kind === '{' || (isBlock && kind === 'block-mapping')) {
      return { shape: 'mapping', start, end, isFlow: kind === '{', pairs: [] }
    }
    return undefined
  }

  #fill(node: Node, kind: TokenKind): void {
    if (node.shape === 'scalar' || node.shape === 'alias') return
    if (++this.#depth > this.#limits.depthMax) {
      const message = `nested deeper than ${this.#limits.depthMax} levels`
      throw new YamlFault('yaml-too-deep', node.start, message)
    }
    if (node.shape === 'mapping') {
      if (node.isFlow) this.#fillFlowMapping(node)
      else this.#fillBlockMapping(node)
    } else if (node.isFlow) this.#fillFlowSequence(node)
    else if (kind === '-') this.#fillBareSequence(node)
    else this.#fillBlockSequence(node)
    this.#depth--
  }

  #emptyScalar(at = this.#scanner.peek().start): Node {
    return { shape: 'scalar', start: at, end: at, tag: '', text: '', isImplicit: true }
  }

  #fillBlockSequence(node: SequenceNode): void {
    this.#scanner.next()
    for (;;) {
      const token = this.#scanner.next()
      if (token.kind === 'block-end') {
        node.end = token.start
        return
      }
      if (token.kind !== '-') throw syntaxFault(token.start, 'a sequence needs "-" here')
      node.dashes.push(token.start)
      const isEmpty = ENTRY_ENDS.has(this.#peekKind())
      node.items.push(isEmpty ? this.#emptyScalar(token.end) : this.#parseNode('block'))
    }
  }

  /** A sequence at the indent of the mapping that holds it: no `block-end` closes it. */
  #fillBareSequence(node: SequenceNode): void {
    while (this.#peekKind() === '-') {
      const token = this.#scanner.next()
      node.dashes.push(token.start)
      const isEmpty = BARE_ENTRY_ENDS.has(this.#peekKind())
      node.items.push(isEmpty ? this.#emptyScalar(token.end) : this.#parseNode('block'))
    }
    node.end = this.#scanner.peek().start
  }

  #fillBlockMapping(node: MappingNode): void {
    this.#scanner.next()
    for (;;) {
      const token = this.#scanner.next()
      if (token.kind === 'block-end') {
        node.end = token.start
        return
      }
      if (token.kind !== 'key') throw syntaxFault(token.start, 'a mapping needs a key here')
      const key = this.#parseEntry(token.end)
      const value =
        this.#peekKind() === 'value'
          ? this.#parseEntry(this.#scanner.next().end)
          : this.#emptyScalar()
      node.pairs.push({ key, value })
    }
  }

  #parseEntry(at: number): Node {
    return MEMBER_ENDS.has(this.#peekKind()) ? this.#emptyScalar(at) : this.#parseNode('entry')
  }

  #fillFlowSequence(node: SequenceNode): void {
    this.#scanner.next()
    for (let isFirst = true; this.#peekKind() !== ']'; isFirst = false) {
      if (!isFirst) {
        const { kind, start } = this.#scanner.peek()
        if (kind !== ',') throw syntaxFault(start, 'a flow sequence needs "," or "]" here')
        this.#scanner.next()
        if (this.#peekKind() === ']') break
      }
      node.items.push(this.#peekKind() === 'key' ? this.#parseFlowPair() : this.#parseNode('flow'))
    }
    node.end = this.#scanner.next().end
  }

  /** `[a: b]`: a mapping of one pair without braces. */
  #parseFlowPair(): Node {
    const { start } = this.#scanner.next()
    let key: Node
    if (SEQUENCE_MEMBER_ENDS.has(this.#peekKind())) {
      // Upstream: go-yaml drops this token, so that `[? : b]` is an error and not a pair with an empty key.
      key = this.#emptyScalar(this.#scanner.next().end)
    } else key = this.#parseNode('flow')
    const value = this.#parseFlowValue(']')
    const end = value.end
    return { shape: 'mapping', start, end, isFlow: true, pairs: [{ key, value }] }
  }

  #parseFlowValue(close: TokenKind): Node {
    if (this.#peekKind() !== 'value') return this.#emptyScalar()
    this.#scanner.next()
    const kind = this.#peekKind()
    return kind === ',' || kind === close ? this.#emptyScalar() : this.#parseNode('flow')
  }

  #fillFlowMapping(node: MappingNode): void {
    this.#scanner.next()
    for (let isFirst = true; this.#peekKind() !== '}'; isFirst = false) {
      if (!isFirst) {
        const { kind, start } = this.#scanner.peek()
        if (kind !== ',') throw syntaxFault(start, 'a flow mapping needs "," or "}" here')
        this.#scanner.next()
        if (this.#peekKind() === '}') break
      }
      node.pairs.push(this.#parseFlowMember())
    }
    node.end = this.#scanner.next().end
  }

  #parseFlowMember(): { key: Node; value: Node } {
    if (this.#peekKind() !== 'key') {
      return { key: this.#parseNode('flow'), value: this.#emptyScalar() }
    }
    this.#scanner.next()
    const isEmpty = MAPPING_MEMBER_ENDS.has(this.#peekKind())
    const key = isEmpty ? this.#emptyScalar() : this.#parseNode('flow')
    return { key, value: this.#parseFlowValue('}') }
  }
}
