const encoder = new TextEncoder()

const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/**
 * Bytes that refuse to be printed: every way of turning one into text gives `‹n bytes›`.
 * The one way out is `reveal`, which is easy to grep for. The bytes must not be changed after construction.
 */
export class SecretValue {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Wraps the UTF-8 bytes of `text`. */
  static fromText(text: string): SecretValue {
    return new SecretValue(encoder.encode(text))
  }

  get byteLength(): number {
    return this.#bytes.length
  }

  reveal(): Uint8Array {
    return this.#bytes
  }

  /** Compares without an early exit, so that the time tells nothing about the place of a difference. */
  equals(other: SecretValue): boolean {
    const a = this.#bytes
    // Not `other.#bytes`: the other value may come from another chunk of the bundle, which has a class of its own.
    const b = other.reveal()
    let difference = a.length ^ b.length
    for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i % (b.length || 1)] ?? 0)
    return difference === 0
  }

  toString(): string {
    return `‹${this.#bytes.length} bytes›`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspected](): string {
    return this.toString()
  }
}
