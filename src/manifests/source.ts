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
