import { ESO_GROUP, GENERATORS_GROUP } from '../model/external-secret.ts'
import type { Finding } from '../model/finding.ts'
import { isObject, type JsonObject, member, text } from '../model/json.ts'
import type { Document } from './document.ts'
import { splitJsonObjects } from './json-split.ts'
import type { Limits } from './limits.ts'
import {
  type Item,
  type ItemList,
  isList,
  itemExtent,
  itemsNode,
  itemsOf,
  withListType,
} from './list.ts'
import { ByteOffsets } from './offsets.ts'
import { makeDocument, type ObjectPath, type Origin, placeOf } from './origin.ts'
import { type ParsedDocument, parseDocument } from './parse.ts'
import { contentStart as contentStartOf, hasOddBreak, isPlainForeign } from './plain.ts'
import type { RawDocument } from './scan.ts'
import type { ByteRange } from './source.ts'
import { unreadable } from './unreadable.ts'
import { type Built, buildValue } from './yaml/build.ts'
import { YamlFault } from './yaml/fault.ts'
import type { Node } from './yaml/node.ts'
import { decodeText } from './yaml/text.ts'

/** An object that was read. */
export interface Leaf {
  readonly document: Document
  readonly isOurs: boolean
}

/** One document of the stream, read. */
export interface ReadDocument {
  /** Whether it holds one of the caller's words. */
  readonly isWanted: boolean
  readonly start: number
  readonly end: number
  /** Where in the stream its text begins; extents count from there. */
  readonly contentStart: number
  /** Its objects. More than one only in a stream of JSON objects. */
  readonly items: ItemList<Leaf>['items']
  readonly leaves: readonly Leaf[]
}

/**
 * A document that was read, or what is wrong with it; neither for one that is nobody's business.
 */
export interface ReadResult {
  readonly read: ReadDocument | undefined
  readonly findings: readonly Finding[]
}

/** Name of the input in findings, and limits. */
export interface ReadContext {
  readonly file: string
  readonly limits: Limits
}

const DASH = 0x2d
const OUR_GROUPS = [ESO_GROUP, GENERATORS_GROUP]
const NOTHING: ReadResult = { read: undefined, findings: [] }
/** An object that stays whatever is taken. */
const UNREAD: Item<Leaf> = { isFlow: false, items: [] }

/** Whether an object belongs to the API groups that are ours, whatever its version. */
function isOurs(object: JsonObject): boolean {
  return isOurGroup(apiVersionOf(object))
}

/** Empty for an object without one. */
function apiVersionOf(object: JsonObject): string {
  return text(member(object, 'apiVersion')) ?? ''
}

/** ESO's groups with any version; `external-secrets.io.evil/v1` is none of them. */
function isOurGroup(apiVersion: string): boolean {
  return OUR_GROUPS.some((group) => apiVersion === group || apiVersion.startsWith(`${group}/`))
}

/** Parsers disagree on blank lines behind an escaped break and on names of anchors: to one of them it may be ours. */
function checkApiVersion(object: JsonObject, { offset }: ObjectPath): void {
  const apiVersion = apiVersionOf(object)
  const written = member(object, 'apiVersion')
  if (written !== undefined && typeof written !== 'string') {
    throw new YamlFault('yaml-ambiguous', offset, 'the apiVersion is no text')
  }
  if (isOurGroup(apiVersion) || !isOurGroup(apiVersion.replaceAll(/\s/g, ''))) return
  throw new YamlFault('yaml-ambiguous', offset, 'the apiVersion holds a blank or a line break')
}

/**
 * Reads a selected document. Whatever the tools that may see it would read differently is a finding, and then none of it
 * is read. A document that was selected for the caller's words only is none of our business: broken, it passes through.
 */
export function readDocument(raw: RawDocument, context: ReadContext): ReadResult {
  if (!raw.isWanted && !raw.mayBeOurs) return { read: splitForeign(raw), findings: [] }
  if (!raw.isWanted && isPlainForeign(raw.bytes)) return NOTHING
  const { file, limits } = context
  const from = contentStartOf(raw.bytes)
  let origin: Origin = { file, text: '', firstLine: raw.linesBefore + 1, limits }
  try {
    checkSize(raw, limits)
    checkSeparator(raw.bytes.toString('utf8', 0, from))
    // A separator line, if there is one, is not part of the text.
    const firstLine = origin.firstLine + (raw.bytes[0] === DASH && from > 0 ? 1 : 0)
    origin = { ...origin, firstLine }
    const content = raw.bytes.subarray(from)
    origin = { ...origin, text: decodeText(content) }
    checkBytes(content)
    const parsed = parseDocument(origin.text, limits)
    checkWhole(parsed, raw.isWholeStream)
    const reader = new ObjectReader(origin, parsed, new ByteOffsets(origin.text, content.length))
    return { read: reader.read(raw, from), findings: [] }
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error
    if (!raw.mayBeOurs) return NOTHING
    return {
      read: undefined,
      findings: [unreadable(error.rule, placeOf(origin, error.offset), error.message)],
    }
  }
}

/** JSON objects in a row that are nobody's: where each stands must be known to put them apart. */
function splitForeign({ bytes, start, end, isWanted }: RawDocument): ReadDocument {
  const items = splitJsonObjects(bytes).map((extent) => ({ item: UNREAD, extent }))
  return { isWanted, start, contentStart: start, end, items, leaves: [] }
}

/** Before parsing: a parser's memory is a multiple of the text. */
function checkSize({ start, end }: RawDocument, { documentBytesMax }: Limits): void {
  if (end - start <= documentBytesMax) return
  const mebibytes = Math.floor(documentBytesMax / 2 ** 20)
  throw new YamlFault('input-too-large', 0, `a document is larger than ${mebibytes} MiB`)
}

/** Only blanks and a comment may follow `---`: the Kubernetes splitter refuses the stream otherwise. */
function checkSeparator(line: string): void {
  if (/^(?:---[ \t]*(?:[ \t]#.*)?\r?\n?)?\ufeff?$/.test(line)) return
  throw new YamlFault('yaml-ambiguous', 0, 'text follows "---" on its line')
}

/** What splitters and parsers take for different things, seen on the bytes. */
function checkBytes(content: Buffer): void {
  const glued = content.indexOf('\n---')
  if (glued >= 0 || content.indexOf('---') === 0) {
    const offset = content.toString('utf8', 0, glued + 1).length
    throw new YamlFault('yaml-ambiguous', offset, 'a line begins with "---" and goes on')
  }
  if (content[0] !== 0x7b && hasOddBreak(content)) {
    const at = content.toString('utf8').search(/\r(?!\n)|[\u0085\u2028\u2029]/)
    const message = 'a line break other than LF or CRLF, which is one to some parsers only'
    throw new YamlFault('yaml-ambiguous', Math.max(at, 0), message)
  }
}

/** kubectl drops what follows silently, so it must be said. */
function checkWhole({ roots, rest }: ParsedDocument, isWholeStream: boolean): void {
  if (rest !== undefined) {
    throw new YamlFault('yaml-ambiguous', rest, 'content follows the end of the document')
  }
  const [, second] = roots
  if (second !== undefined && !isWholeStream) {
    throw new YamlFault('yaml-ambiguous', second.start, 'a second JSON object without "---"')
  }
}

/** Values of one document to objects, Lists taken apart. */
class ObjectReader {
  readonly #origin: Origin
  readonly #parsed: ParsedDocument
  readonly #offsets: ByteOffsets
  readonly #leaves: Leaf[] = []

  constructor(origin: Origin, parsed: ParsedDocument, offsets: ByteOffsets) {
    this.#origin = origin
    this.#parsed = parsed
    this.#offsets = offsets
  }

  read({ start, end, isWanted }: RawDocument, from: number): ReadDocument {
    const items = this.#parsed.roots.map((root, index) => ({
      item: this.#readRoot(root, index),
      extent: { start: this.#offsets.of(root.start), end: this.#offsets.of(root.end) },
    }))
    const contentStart = start + from
    return { isWanted, start, contentStart, end, items, leaves: this.#leaves }
  }

  #readRoot(root: Node, rootIndex: number): Item<Leaf> {
    const { limits } = this.#origin
    const built = buildValue(root, { limits })
    const value = built.value
    if (value === null) return { isFlow: false, items: [] }
    if (!isObject(value)) {
      throw new YamlFault('yaml-syntax', root.start, 'a document must be an object: a mapping')
    }
    const item = this.#readObject(value, root, { rootIndex, path: [], offset: root.start })
    checkBuilt(
      built,
      this.#leaves.some(({ isOurs: ours }) => ours),
    )
    return item
  }

  #readObject(object: JsonObject, node: Node | undefined, at: ObjectPath): Item<Leaf> {
    if (isList(object)) {
      checkListKind(object, at)
      return this.#readList(object, node, at)
    }
    checkApiVersion(object, at)
    const document = makeDocument(object, this.#origin, at)
    const leaf = { document, isOurs: isOurs(object) }
    this.#leaves.push(leaf)
    return { leaf }
  }

  #readList(list: JsonObject, node: Node | undefined, at: ObjectPath): ItemList<Leaf> {
    const sequence = node === undefined ? undefined : itemsNode(node)
    const items: ItemList<Leaf>['items'][number][] = []
    for (const [index, object] of itemsOf(list).entries()) {
      const child = sequence?.items[index]
      const path = [...at.path, 'items', index]
      const offset = child?.start ?? at.offset
      const before = this.#leaves.length
      const item = isObject(object)
        ? this.#readObject(withListType(object, list), child, { ...at, path, offset })
        : UNREAD
      const extent = sequence && itemExtent(this.#origin.text, sequence, index)
      const holdsOurs = this.#leaves.slice(before).some(({ isOurs: ours }) => ours)
      if (holdsOurs && (extent === undefined || this.#parsed.hasProperties)) {
        throw new YamlFault(
          'yaml-ambiguous',
          offset,
          'a List with anchors, tags or "- -" items cannot be taken apart',
        )
      }
      items.push({ item, extent: this.#bytesOf(extent) })
    }
    return { isFlow: sequence?.isFlow ?? true, items }
  }

  #bytesOf(extent: ByteRange | undefined): ByteRange {
    if (extent === undefined) return { start: 0, end: 0 }
    return { start: this.#offsets.of(extent.start), end: this.#offsets.of(extent.end) }
  }
}

/** An ExternalSecret with a stray `items` would vanish as an empty List. */
function checkListKind(list: JsonObject, { offset }: ObjectPath): void {
  if (!isOurs(list) || text(member(list, 'kind'))?.endsWith('List')) return
  throw new YamlFault('yaml-ambiguous', offset, 'an object with "items" counts as a List')
}

/** Deep inside of what is not ours, the last of two keys wins, as it does for kubectl; it passes through anyway. */
function checkBuilt(built: Built, hasOurs: boolean): void {
  const { clash, rootMergeOffset, badKeyOffset, infiniteOffset } = built
  if (clash !== undefined && (hasOurs || clash.isAtRoot)) {
    const message = clash.isRandom
      ? 'two keys of a mapping become the same text'
      : 'a key stands twice in one mapping'
    throw new YamlFault('yaml-duplicate-key', clash.offset, message)
  }
  if (rootMergeOffset !== undefined) {
    throw new YamlFault('yaml-ambiguous', rootMergeOffset, 'a merge key at the root of an object')
  }
  if (!hasOurs) return
  if (badKeyOffset !== undefined) {
    throw new YamlFault('yaml-syntax', badKeyOffset, 'a key that is null or beyond 64 bits')
  }
  if (infiniteOffset !== undefined) {
    throw new YamlFault('yaml-syntax', infiniteOffset, 'an infinity or NaN, which has no JSON form')
  }
}
