import type { Scanned } from './read.ts'
import type { ByteRange } from './source.ts'

// The second pass: what leaves of the inputs, byte by byte, and what is added behind it. It loads no YAML library.

const SEPARATOR = '---\n'
const LF = 0x0a
const DASH = 0x2d

/** An input and its bytes once more, in pieces of any size. */
export interface PassedStream {
  readonly scanned: Scanned
  readonly ranges: readonly ByteRange[]
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * One stream of all that leaves: the remaining ranges of the inputs, byte by byte as they came, then `own` documents (each
 * from `writeManifest`). A `---` line is put where two parts meet that bring none, and between JSON objects; a missing
 * last line break is added there too. A single YAML input with nothing taken and nothing added comes out as it went in.
 */
export async function* joinStreams(
  inputs: readonly PassedStream[],
  own: readonly string[],
): AsyncGenerator<Uint8Array> {
  const joint = new Joint()
  for (const { scanned, ranges, chunks } of inputs) {
    let mustOpen = true
    for await (const { bytes, isRangeStart } of pick(chunks, ranges)) {
      if (isRangeStart && (mustOpen || scanned.isJson)) yield joint.open(bytes, scanned.isJson)
      mustOpen = false
      yield joint.pass(bytes)
    }
  }
  for (const text of own) {
    const bytes = new TextEncoder().encode(text)
    yield joint.open(bytes, false)
    yield joint.pass(bytes)
  }
}

/** Knows how the output ends, so that the next part begins on a line of its own and behind a separator. */
class Joint {
  #isEmpty: boolean
  #endsLine: boolean

  constructor() {
    this.#isEmpty = true
    this.#endsLine = true
  }

  /** What must stand before `next`. */
  open(next: Uint8Array, isForced: boolean): Uint8Array {
    const hasSeparator = next[0] === DASH && next[1] === DASH && next[2] === DASH
    const isNeeded = !hasSeparator && (isForced || !this.#isEmpty)
    return new TextEncoder().encode((this.#endsLine ? '' : '\n') + (isNeeded ? SEPARATOR : ''))
  }

  pass(bytes: Uint8Array): Uint8Array {
    this.#isEmpty = false
    this.#endsLine = bytes.at(-1) === LF
    return bytes
  }
}

/** Bytes of a range; a range may come in several pieces. */
interface Piece {
  readonly bytes: Uint8Array
  readonly isRangeStart: boolean
}

/** The bytes of `ranges`, in order, from a stream of chunks. */
async function* pick(
  chunks: PassedStream['chunks'],
  ranges: readonly ByteRange[],
): AsyncGenerator<Piece> {
  let offset = 0
  let index = 0
  for await (const chunk of chunks) {
    const end = offset + chunk.length
    for (
      let range = ranges[index];
      range !== undefined && range.start < end;
      range = ranges[index]
    ) {
      const from = Math.max(range.start, offset)
      const to = Math.min(range.end, end)
      if (to > from) {
        yield {
          bytes: chunk.subarray(from - offset, to - offset),
          isRangeStart: from === range.start,
        }
      }
      if (range.end > end) break
      index++
    }
    offset = end
  }
}
