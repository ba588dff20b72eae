import { fail } from './failure.ts'

// DER, as far as keys, certificates and PKCS#12 need it.

/** One element (tag, length, value). `content` and `raw` are views into the input, not copies. */
export interface Der {
  readonly tag: number
  readonly content: Buffer
  /** Header and content. */
  readonly raw: Buffer
}

/**
 * Universal tags with the constructed bit already set where the type demands it (sequence, set).
 */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  utcTime: 0x17,
  time: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** Tag of a context-specific element, constructed unless told otherwise. */
export function context(number: number, isPrimitive = false): number {
  return (isPrimitive ? 0x80 : 0xa0) | number
}

/** Reads one element at the start. Throws FunctionError when there is none. */
export function readDer(bytes: Buffer): Der {
  const [first] = readAll(bytes, 1)
  return first ?? fail('truncated DER')
}

/** Elements one after the other, at most `count` of them. */
export function readAll(bytes: Buffer, count = 10_000): readonly Der[] {
  const elements: Der[] = []
  let at = 0
  while (at < bytes.length && elements.length < count) {
    const { start, length } = readLength(bytes, at)
    const end = start + length
    if (end > bytes.length) fail('truncated DER')
    elements.push({
      tag: bytes[at] ?? 0,
      content: bytes.subarray(start, end),
      raw: bytes.subarray(at, end),
    })
    at = end
  }
  return elements
}

/**
 * Trust: the input is an operand. Long tags, indefinite lengths and more than four length bytes are
 * refused.
 */
function readLength(
  bytes: Buffer,
  at: number,
): { readonly start: number; readonly length: number } {
  const first = bytes[at + 1] ?? fail('truncated DER')
  if (((bytes[at] ?? 0) & 31) === 31) fail('unsupported DER tag')
  if (first < 0x80) return { start: at + 2, length: first }
  const size = first & 0x7f
  if (size === 0 || size > 4 || at + 2 + size > bytes.length) fail('unsupported DER length')
  return { start: at + 2 + size, length: bytes.readUIntBE(at + 2, size) }
}

/** The elements within a constructed one. */
export function members(element: Der | undefined, tag: number = TAG.sequence): readonly Der[] {
  return element?.tag === tag ? readAll(element.content) : fail('unexpected DER element')
}

/**
 * The content of an element that must have this tag. Throws FunctionError otherwise, naming no
 * content.
 */
export function expect(element: Der | undefined, tag: number): Buffer {
  return element?.tag === tag ? element.content : fail('unexpected DER element')
}

/**
 * Dotted text of an object identifier. Arcs beyond 2^53 lose digits: no known identifier has one.
 */
export function readOid(element: Der | undefined): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of expect(element, TAG.oid)) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    numbers.push(value)
    value = 0
  }
  const first = numbers.shift() ?? 0
  const top = Math.min(Math.floor(first / 40), 2)
  return [top, first - 40 * top, ...numbers].join('.')
}

/**
 * A small unsigned integer (at most 48 bits: versions, iteration counts). Throws FunctionError
 * beyond.
 */
export function readInteger(element: Der | undefined): number {
  const content = expect(element, TAG.integer)
  return content.length <= 6 ? content.readUIntBE(0, content.length) : fail('DER integer too large')
}

/** One element with definite, shortest length: DER allows no other. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

/** A SEQUENCE of encoded elements, in the given order. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(TAG.sequence, ...parts)
}

/** An OCTET STRING. */
export function octets(content: Uint8Array): Buffer {
  return der(TAG.octetString, content)
}

/**
 * An object identifier of dotted text; the inverse of `readOid`. The text is a constant of ours, so
 * it is not checked.
 */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const groups = [number & 0x7f]
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left & 0x7f))
    }
    return groups
  })
  return der(TAG.oid, Buffer.from(bytes))
}

/** A non-negative integer of big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const trimmed = Buffer.from(bytes).subarray([...bytes].findIndex((byte) => byte !== 0))
  const digits = trimmed.length === 0 ? Buffer.from([0]) : trimmed
  const isSigned = (digits[0] ?? 0) >= 0x80
  return der(TAG.integer, isSigned ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

/** A non-negative INTEGER below 2^53. */
export function small(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return integer(Buffer.from(bytes.length === 0 ? [0] : bytes))
}

/** The parameters of algorithms that have none (RFC 8017 requires them to be present). */
export const NULL: Buffer = der(TAG.null)
