import { isBoundary, type Lines, readLines } from './lines.ts'
import { findHits, findText } from './prefilter.ts'
import type { ByteRange } from './source.ts'

// Cuts a stream into documents and copies out those that must be read. Works on windows that end at a document boundary,
// so that memory is one window and the largest document, whatever the length of the stream.
//
// A boundary is a line that begins with `---` at column 0, followed by a blank, a break or the end. Indented, it is text.
// At column 0 it cannot be the text of a scalar in any valid YAML, so cutting there is exact. Glued forms, as `---x`, are
// no boundary: they stay inside a document, which is refused if it is selected.

/** A document that must be read. */
export interface RawDocument extends ByteRange {
  /** From its `---` line on if it has one. Part of the window: valid during the call only. */
  readonly bytes: Buffer
  /** Lines of the stream before it. */
  readonly linesBefore: number
  /** Whether it may be ours. */
  readonly mayBeOurs: boolean
  /** Whether it holds one of the caller's words. */
  readonly isWanted: boolean
  /** Whether the stream has nothing else. */
  readonly isWholeStream: boolean
}

/** What is known of a stream when it has ended. */
export interface StreamScan {
  readonly byteLength: number
  /** Separators begin documents; what is before the first one counts if it is more than blanks. */
  readonly documentCount: number
  /** Why the stream cannot be judged as a whole; undefined if it can. */
  readonly refusal: Refusal | undefined
}

/** The first reason, with its line. */
export interface Refusal {
  readonly problem:
    | 'wide-encoding'
    | 'nul'
    | 'too-long'
    | 'too-many-documents'
    | 'too-many-selected'
  /** Line of the stream, from 1. */
  readonly line: number
}

/** What to look for and whom to tell. */
export interface ScanOptions {
  /** Words that make a document worth reading for the caller. */
  readonly needles: readonly string[]
  /** Whether our own documents are known already: then the needles alone select. */
  readonly isRepeat?: boolean
  readonly limits: ScanLimits
  /**
   * Called for each document to read, in the order of the stream. A stream that is one document and begins with `{` is
   * always among them: it may hold several JSON objects.
   */
  readonly onSelected: (raw: RawDocument) => void
}

/** Bounds of one stream; the others concern single documents. */
export interface ScanLimits {
  readonly inputBytesMax: number
  readonly documentsMax: number
  readonly selectedMax: number
}

const SEPARATOR = '\n---'

/** Takes the stream piece by piece: `push` each, then `finish`. */
export class Scan {
  readonly #options: ScanOptions
  #selectedCount = 0
  /** Copies. */
  #pending: Buffer[] = []
  /** Stream offset of the first pending byte. */
  #offset = 0
  #byteLength = 0
  #lines = 0
  #documentCount = 0
  #refusal: Refusal | undefined

  constructor(options: ScanOptions) {
    this.#options = options
  }

  /** The caller may use the chunk's memory again as soon as this returns. */
  push(chunk: Uint8Array): void {
    if (this.#refusal !== undefined || chunk.length === 0) return
    this.#byteLength += chunk.length
    if (this.#byteLength > this.#options.limits.inputBytesMax) {
      this.#refuse('too-long', this.#lines)
      return
    }
    const bytes = asBuffer(chunk)
    // A long document comes in many chunks: only the new one and the joint are searched, and nothing is joined in vain.
    const first = this.#mayHaveJoint(bytes) ? 0 : firstBoundary(bytes)
    if (first < 0) {
      this.#pending.push(Buffer.from(bytes))
      return
    }
    if (first === 0) {
      this.#scanUpToLast(this.#join(bytes))
      return
    }
    // What is pending ends in this chunk: only that much is copied, the rest is read where it is.
    this.#scanWindow(this.#join(bytes.subarray(0, first)))
    this.#pending = []
    this.#scanUpToLast(bytes.subarray(first))
  }

  /** Keeps the last document, which may go on in the next chunk. */
  #scanUpToLast(window: Buffer): void {
    const end = Math.max(lastBoundary(window), 0)
    this.#scanWindow(window.subarray(0, end))
    this.#pending = [Buffer.from(window.subarray(end))]
  }

  finish(): StreamScan {
    if (this.#refusal === undefined && this.#pending.length > 0) {
      this.#scanWindow(this.#join(Buffer.alloc(0)), true)
    }
    return {
      byteLength: this.#byteLength,
      documentCount: this.#documentCount,
      refusal: this.#refusal,
    }
  }

  /** Whether a boundary straddles what is pending and `chunk`. */
  #mayHaveJoint(chunk: Buffer): boolean {
    const tail = this.#pending.at(-1)
    if (tail === undefined) return false
    if (tail.length < 4 || chunk.length < 4) return true
    return firstBoundary(Buffer.concat([tail.subarray(-4), chunk.subarray(0, 4)])) >= 0
  }

  #join(chunk: Buffer): Buffer {
    return this.#pending.length === 0 ? chunk : Buffer.concat([...this.#pending, chunk])
  }

  #scanWindow(window: Buffer, isLast = false): void {
    if (window.length === 0) return
    if (this.#offset === 0 && isWide(window)) this.#refuse('wide-encoding', 0)
    const nul = window.indexOf(0)
    if (nul >= 0) this.#refuse('nul', this.#lines + readLines(window.subarray(0, nul)).count)
    if (this.#refusal !== undefined) return
    const lines = readLines(window)
    const hasHead = this.#offset > 0 || !isBlankHead(window, lines.boundaries)
    this.#documentCount += lines.boundaries.length + (hasHead ? 1 : 0)
    this.#select(window, lines, isLast && this.#offset === 0)
    this.#offset += window.length
    this.#lines += lines.count
    if (this.#documentCount > this.#options.limits.documentsMax) {
      this.#refuse('too-many-documents', this.#lines)
    }
    if (this.#selectedCount > this.#options.limits.selectedMax) {
      this.#refuse('too-many-selected', this.#lines)
    }
  }

  #select(window: Buffer, lines: Lines, isWholeStream: boolean): void {
    const segments = new Segments(lines.boundaries, window.length)
    const segmentAt = (position: number): ByteRange => segments.range(segments.indexAt(position))
    const ours = new Set<number>()
    const wanted = new Set<number>()
    if (this.#options.isRepeat !== true) {
      findHits(window, segmentAt, (at) => ours.add(segments.indexAt(at)))
    }
    for (const needle of this.#options.needles) {
      findText(window, needle, segmentAt, (at) => wanted.add(segments.indexAt(at)))
    }
    const isJson = isWholeStream && isJsonStart(window) && lines.boundaries.length === 0
    const indices = new Set([...ours, ...wanted, ...(isJson ? [0] : [])])
    for (const index of [...indices].sort((a, b) => a - b)) {
      const { start, end } = segments.range(index)
      this.#selectedCount++
      this.#options.onSelected({
        start: this.#offset + start,
        end: this.#offset + end,
        bytes: window.subarray(start, end),
        linesBefore: this.#lines + (index === 0 ? 0 : (lines.linesBefore[index - 1] ?? 0)),
        mayBeOurs: ours.has(index),
        isWanted: wanted.has(index),
        isWholeStream: isWholeStream && lines.boundaries.length === 0,
      })
    }
  }

  #refuse(problem: Refusal['problem'], linesBefore: number): void {
    this.#refusal ??= { problem, line: linesBefore + 1 }
    this.#pending = []
  }
}

/** Documents of a window; the first begins with it, the others at a boundary. */
class Segments {
  readonly #boundaries: readonly number[]
  readonly #end: number

  constructor(boundaries: readonly number[], end: number) {
    this.#boundaries = boundaries
    this.#end = end
  }

  range(index: number): ByteRange {
    return {
      start: index === 0 ? 0 : (this.#boundaries[index - 1] ?? 0),
      end: this.#boundaries[index] ?? this.#end,
    }
  }

  indexAt(position: number): number {
    let low = 0
    let high = this.#boundaries.length
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#boundaries[middle - 1] ?? 0) <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The same memory under Buffer's methods. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Start of the first `---` line whose gap is in the window; -1 if there is none. */
function firstBoundary(window: Buffer): number {
  for (let at = window.indexOf(SEPARATOR); at >= 0; at = window.indexOf(SEPARATOR, at + 4)) {
    if (at + 4 < window.length && isBoundary(window, at + 1)) return at + 1
  }
  return -1
}

/** Start of the last `---` line whose gap is in the window; -1 if there is none. */
function lastBoundary(window: Buffer): number {
  for (
    let at = window.lastIndexOf(SEPARATOR);
    at >= 0;
    at = window.lastIndexOf(SEPARATOR, at - 1)
  ) {
    if (at + 4 < window.length && isBoundary(window, at + 1)) return at + 1
    if (at === 0) break
  }
  return -1
}

/** Whether nothing but blanks and comments stands before the first separator, so that it is no document. */
function isBlankHead(window: Buffer, [end]: readonly number[]): boolean {
  if (end === undefined || end > 65_536) return false
  const head = window.toString('utf8', 0, end).split('\n')
  return head.every((line) => /^\s*(?:#|$)/.test(line))
}

/** Whether the first character that is no blank is a brace. */
function isJsonStart(window: Buffer): boolean {
  let at = 0
  while (window[at] === 0x20 || window[at] === 0x0a || window[at] === 0x0d || window[at] === 0x09)
    at++
  return window[at] === 0x7b
}

/** UTF-16 and UTF-32, told by their byte order marks. */
function isWide(window: Buffer): boolean {
  const [a, b, c, d] = window
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true
  return a === 0 && b === 0 && c === 0xfe && d === 0xff
}
