import type { Finding } from '../model/finding.ts'
import type { Document } from './document.ts'
import { LIMITS, type Limits } from './limits.ts'
import { removalsOf } from './list.ts'
import { type Leaf, type ReadDocument, readDocument } from './read-document.ts'
import { type RawDocument, type Refusal, Scan } from './scan.ts'
import type { ByteRange, ByteSource } from './source.ts'
import { unreadable } from './unreadable.ts'
import type { YamlRule } from './yaml/fault.ts'

export type { ByteRange, ByteSource } from './source.ts'

// The way in. One pass over the bytes finds the few documents that may be ours; only those are parsed, as kubectl reads
// them. Everything else is a range of bytes that leaves as it came (`joinStreams` in join.ts).

/** What to read besides ESO's objects, and the limits (those of limits.ts by default). */
export interface ReadOptions {
  /** Further words that make a document worth reading; if it is not ours it becomes `foreign`. */
  readonly needles?: readonly string[]
  /** A second look: only documents that hold one of the `needles` are read. */
  readonly isRepeat?: boolean
  readonly limits?: Limits
}

/** What a stream holds. */
export interface Scanned {
  readonly file: string
  readonly byteLength: number
  /** Objects of ESO's API groups, in order; items of Lists are objects of their own. */
  readonly documents: readonly Document[]
  /** Other objects that were read because they hold one of the `needles`. They pass through whatever is taken. */
  readonly foreign: readonly Document[]
  /** What could not be read, always errors. The documents around it are read all the same. */
  readonly findings: readonly Finding[]
  /** Documents of the stream, whoever's. */
  readonly documentCount: number
  /** Whether it is a stream of JSON objects without separators. */
  readonly isJson: boolean
  /**
   * Ranges that stay when the documents for which `isTaken` holds (all of `documents` by default) are taken out, in
   * order. A document goes with its `---` line; a List whose objects are all taken goes as a whole. Of a stream of JSON
   * objects every object is a range of its own.
   */
  readonly remaining: (isTaken?: (document: Document) => boolean) => readonly ByteRange[]
}

/** Reads an input that is in memory. */
export function readText(file: string, bytes: Uint8Array, options: ReadOptions = {}): Scanned {
  const reader = new StreamReader(file, options)
  reader.scan.push(bytes)
  return reader.finish()
}

/**
 * Reads a stream piece by piece: memory is a window, the largest document and what was selected, not the stream. To pass
 * bytes through, read the source a second time and hand its pieces to `joinStreams`.
 */
export async function readStream(source: ByteSource, options: ReadOptions = {}): Promise<Scanned> {
  const reader = new StreamReader(source.file, options)
  for await (const chunk of source.chunks) reader.scan.push(chunk)
  return reader.finish()
}

class StreamReader {
  readonly scan: Scan
  readonly #file: string
  readonly #limits: Limits
  readonly #reads: ReadDocument[] = []
  readonly #findings: Finding[] = []

  constructor(file: string, { needles = [], isRepeat = false, limits = LIMITS }: ReadOptions) {
    this.#file = file
    this.#limits = limits
    this.scan = new Scan({ needles, isRepeat, limits, onSelected: (raw) => this.#read(raw) })
  }

  #read(raw: RawDocument): void {
    const { read, findings } = readDocument(raw, { file: this.#file, limits: this.#limits })
    if (read !== undefined && isWorthKeeping(read)) this.#reads.push(read)
    this.#findings.push(...findings)
  }

  finish(): Scanned {
    const { byteLength, documentCount, refusal } = this.scan.finish()
    const file = this.#file
    const reads = refusal === undefined ? this.#reads : []
    const leaves = reads.flatMap((read) => read.leaves)
    const wanted = reads.flatMap((read) => (read.isWanted ? read.leaves : []))
    return {
      file,
      byteLength,
      documents: leaves.filter(({ isOurs }) => isOurs).map(({ document }) => document),
      foreign: wanted.filter(({ isOurs }) => !isOurs).map(({ document }) => document),
      findings: refusal === undefined ? this.#findings : [refused(file, refusal)],
      documentCount,
      isJson: reads.some(({ items }) => items.length > 1),
      remaining: (isTaken = () => true) =>
        remainingOf(reads, byteLength, ({ isOurs, document }) => isOurs && isTaken(document)),
    }
  }
}

/** Documents whose place must be known later; all others are ranges of bytes. */
function isWorthKeeping({ isWanted, items, leaves }: ReadDocument): boolean {
  return isWanted || items.length > 1 || leaves.some(({ isOurs }) => isOurs)
}

/** Why a whole stream is refused, as a finding. */
const REFUSALS: Readonly<Record<Refusal['problem'], readonly [YamlRule, string]>> = {
  'wide-encoding': ['input-encoding', 'the input is UTF-16 or UTF-32, expected UTF-8'],
  nul: ['input-encoding', 'the input has a NUL byte, expected text'],
  'too-long': ['input-too-large', 'the input is too long'],
  'too-many-documents': ['input-too-large', 'the input has too many documents'],
  'too-many-selected': ['input-too-large', 'the input has too many documents of ours'],
}

/** One finding for the stream: nothing of it counts as read. */
function refused(file: string, { problem, line }: Refusal): Finding {
  const [rule, message] = REFUSALS[problem]
  return unreadable(rule, { file, line, column: 1 }, message)
}

/** What is between the cuts; empty ranges are left out. */
function remainingOf(
  reads: readonly ReadDocument[],
  byteLength: number,
  isTaken: (leaf: Leaf) => boolean,
): readonly ByteRange[] {
  const ranges: ByteRange[] = []
  let start = 0
  const cut = (removal: ByteRange): void => {
    if (removal.start > start) ranges.push({ start, end: removal.start })
    start = removal.end
  }
  for (const read of reads) for (const removal of cutsOf(read, isTaken)) cut(removal)
  cut({ start: byteLength, end: byteLength })
  return ranges
}

/** In the offsets of the stream. */
function cutsOf(
  { start, end, contentStart, items }: ReadDocument,
  isTaken: (leaf: Leaf) => boolean,
): readonly ByteRange[] {
  const removals = items.map(({ item }) => removalsOf(item, isTaken))
  if (removals.length > 0 && removals.every((one) => one === 'all')) return [{ start, end }]
  const cuts: ByteRange[] = []
  // Blanks between JSON objects go too, so that each of them becomes a range.
  let behind = start
  for (const [index, removal] of removals.entries()) {
    const extent = shifted(items[index]?.extent, contentStart)
    if (items.length > 1) cuts.push({ start: behind, end: extent.start })
    if (removal === 'all') cuts.push(extent)
    else cuts.push(...removal.map((range) => shifted(range, contentStart)))
    behind = extent.end
  }
  if (items.length > 1) cuts.push({ start: behind, end })
  return cuts
}

/** Offsets of a text to those of the stream. */
function shifted(range: ByteRange | undefined, by: number): ByteRange {
  return { start: (range?.start ?? 0) + by, end: (range?.end ?? 0) + by }
}
