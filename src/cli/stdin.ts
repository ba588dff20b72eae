import { InputError } from './exit.ts'

/** Collects a stream; more than `bytesMax` is an InputError, so that a mistake cannot fill the memory. */
export async function readAll(
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > bytesMax) {
      throw new InputError(
        `standard input is larger than ${bytesMax} bytes`,
        'split it, or give files instead',
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}
