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
