import type { ByteRange } from '../manifests/read.ts'
import type { Source } from './source.ts'

/** The bytes of `ranges` (in order, apart from each other), piece by piece, exactly as the source has them. */
export async function* copyRanges(
  source: Source,
  ranges: readonly ByteRange[],
): AsyncGenerator<Uint8Array> {
  let next = 0
  let at = 0
  for await (const piece of source.read()) {
    const end = at + piece.length
    for (let range = ranges[next]; range !== undefined && range.start < end; range = ranges[next]) {
      const from = Math.max(range.start, at)
      yield piece.subarray(from - at, Math.min(range.end, end) - at)
      if (range.end > end) break
      next++
    }
    at = end
  }
}

const PIECE_BYTES = 256 * 1024

/** Gathers small pieces, so that a stream of many small documents is not as many writes. */
export async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    length += piece.length
    if (length < PIECE_BYTES) continue
    yield waiting.length === 1 ? piece : Buffer.concat(waiting, length)
    waiting = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(waiting, length)
}
