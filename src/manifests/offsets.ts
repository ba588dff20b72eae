/** Maps offsets of a text to those of its UTF-8 bytes. Cheap when asked in rising order. */
export class ByteOffsets {
  readonly #text: string
  readonly #isAscii: boolean
  #offset = 0
  #bytes = 0

  constructor(text: string, byteLength: number) {
    this.#text = text
    this.#isAscii = text.length === byteLength
  }

  of(offset: number): number {
    if (this.#isAscii) return offset
    if (offset < this.#offset) {
      this.#offset = 0
      this.#bytes = 0
    }
    this.#bytes += Buffer.byteLength(this.#text.slice(this.#offset, offset))
    this.#offset = offset
    return this.#bytes
  }
}
