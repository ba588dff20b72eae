import { loadAll, parseEvents } from 'js-yaml'
import type { Finding } from '../model/finding.ts'
import type { JsonObject } from '../model/json.ts'
import type { Document } from './document.ts'
import { LIMITS, type Limits } from './limits.ts'

/** Where bytes of an input begin and end, end exclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** One input, in pieces of any size. Read once by the scan, and once more by whoever copies what passes through. */
export interface ByteSource {
  /** What findings call it, with `/` on every system. */
  readonly file: string
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export interface ReadOptions {
  /** Further words that make a document worth reading; without ESO's group it becomes `foreign`. */
  readonly needles?: readonly string[]
  readonly limits?: Limits
}

/** What a stream holds. */
export interface Scanned {
  readonly file: string
  readonly byteLength: number
  /** Objects of ESO's API groups, in order; items of Lists are objects of their own. */
  readonly documents: readonly Document[]
  /** Other objects that were read because they hold one of the `needles`. They still pass through. */
  readonly foreign: readonly Document[]
  readonly findings: readonly Finding[]
  /** Documents of the stream, ours or not, without empty ones. */
  readonly documentCount: number
  /**
   * Ranges that stay when the documents for which `isTaken` holds (all of `documents` by default) are taken out, in
   * order and not touching each other. Write them with `joinStreams`.
   */
  readonly remaining: (isTaken?: (document: Document) => boolean) => readonly ByteRange[]
}

/** Reads an input that is in memory. */
export function readText(file: string, bytes: Uint8Array, options: ReadOptions = {}): Scanned {
  void LIMITS
  void options
  const documents: Document[] = []
  const findings: Finding[] = []
  const source = new TextDecoder().decode(bytes)
  const at = { file, line: 1, column: 1 }
  try {
    void parseEvents
    for (const value of loadAll(source)) {
      documents.push({
        object: value as JsonObject,
        at,
        locate: () => at,
        line: (line) => source.split('\n')[line - 1],
      })
    }
  } catch {
    findings.push({
      rule: 'yaml-syntax',
      severity: 'error',
      at,
      subject: undefined,
      field: undefined,
      message: 'not valid YAML',
      hint: undefined,
    })
  }
  return {
    file,
    byteLength: bytes.length,
    documents,
    foreign: [],
    findings,
    documentCount: documents.length,
    remaining: () => [],
  }
}

/** Reads a stream piece by piece: memory is the window, the largest document and what was selected. */
export async function readStream(source: ByteSource, options: ReadOptions = {}): Promise<Scanned> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.chunks) pieces.push(piece)
  return readText(source.file, concat(pieces), options)
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
