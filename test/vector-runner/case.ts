/** Arguments of one vector, as the file holds them. */
export type Arguments = Readonly<Record<string, unknown>>

/** Raised by a call whose case must fail: the category that is compared with the vector's `error`. */
export class VectorError extends Error {
  readonly category: string
  constructor(category: string, message = '') {
    super(message)
    this.category = category
  }
}

/** One call of test/vectors/README.md: arguments in, `out` back, or a VectorError. */
export type Call = (input: Arguments) => unknown | Promise<unknown>

/** Bytes as the files write them: a string stands for its UTF-8 bytes, `{base64}` for anything else. */
export function readBytes(value: unknown): Uint8Array {
  if (value === undefined || value === null) return new Uint8Array()
  if (typeof value === 'string') return new TextEncoder().encode(value)
  const { base64 } = value as { base64: string }
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}

/** The inverse of `readBytes`. */
export function writeBytes(bytes: Uint8Array): string | { base64: string } {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') }
  }
}

export function readBytesMap(value: unknown): Map<string, Uint8Array> {
  return new Map(
    Object.entries((value ?? {}) as Record<string, unknown>).map(([key, item]) => [
      key,
      readBytes(item),
    ]),
  )
}

export function writeBytesMap(map: ReadonlyMap<string, Uint8Array>): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null)
  for (const [key, bytes] of map) out[key] = writeBytes(bytes)
  return out
}
