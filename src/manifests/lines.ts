const LF = 0x0a
const DASH = 0x2d

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** What one pass over the bytes of a window finds. */
export interface Lines {
  /** Offsets of `---` at the start of a line behind the first, followed by a gap. */
  readonly boundaries: readonly number[]
  /** Line feeds before each boundary. */
  readonly linesBefore: readonly number[]
  /** Line feeds altogether. */
  readonly count: number
}

/**
 * Counts lines and finds the boundaries of documents. Every byte of a stream passes through here, so it takes four at a
 * time: searching for line feeds one by one costs three times as much.
 */
export function readLines(window: Uint8Array): Lines {
  const reader = new LineReader(window)
  const head = Math.min(window.length, (4 - (window.byteOffset & 3)) & 3)
  const length = IS_LITTLE_ENDIAN ? (window.length - head) >> 2 : 0
  const words = new Int32Array(window.buffer, window.byteOffset + head, length)
  reader.readBytes(0, head)
  reader.readWords(words, head)
  reader.readBytes(head + words.length * 4, window.length)
  return reader
}

class LineReader implements Lines {
  readonly boundaries: number[] = []
  readonly linesBefore: number[] = []
  count = 0
  readonly #window: Uint8Array

  constructor(window: Uint8Array) {
    this.#window = window
  }

  readBytes(from: number, to: number): void {
    for (let i = from; i < to; i++) if (this.#window[i] === LF) this.#addBreak(i)
  }

  /** A word with an LF is counted at once; it is looked at byte by byte only if a dash may follow one. */
  readWords(words: Int32Array, offset: number): void {
    let count = 0
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? 0
      const breaks = zeroBytes(word ^ 0x0a0a0a0a)
      if (breaks === 0) continue
      // The lowest byte comes first: a shift by one byte is a step to the next character.
      const behind = offset + i * 4 + 4
      const mayBegin =
        ((breaks << 8) & zeroBytes(word ^ 0x2d2d2d2d)) !== 0 ||
        (breaks < 0 && this.#window[behind] === DASH)
      if (mayBegin) {
        this.count += count
        count = 0
        this.readBytes(behind - 4, behind)
      } else count += Math.imul((breaks >>> 7) & 0x01010101, 0x01010101) >>> 24
    }
    this.count += count
  }

  #addBreak(at: number): void {
    this.count++
    if (this.#window[at + 1] === DASH && isBoundary(this.#window, at + 1)) {
      this.boundaries.push(at + 1)
      this.linesBefore.push(this.count)
    }
  }
}

/** The top bit of every byte that is zero. */
function zeroBytes(word: number): number {
  return ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f)
}

/** Whether `---` and a gap, or the end, stand at `at`. */
export function isBoundary(window: Uint8Array, at: number): boolean {
  if (window[at] !== DASH || window[at + 1] !== DASH || window[at + 2] !== DASH) return false
  const code = window[at + 3]
  return code === undefined || code === LF || code === 0x20 || code === 0x0d || code === 0x09
}
