// Go strings are bytes. Here they are "binary strings": one character per byte (U+0000…U+00FF), so that slices,
// comparison and indices mean what they mean in Go, and invalid UTF-8 survives.

const encoder = new TextEncoder()

/** Bytes as a binary string, without decoding. */
export function toBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** The bytes of a binary string, in memory of their own. */
export function fromBinary(binary: string): Uint8Array {
  return new Uint8Array(Buffer.from(binary, 'latin1'))
}

/** UTF-8 bytes of `text` as a binary string; a lone surrogate becomes U+FFFD. */
export function binaryOfText(text: string): string {
  return isAscii(text) ? text : toBinary(encoder.encode(text))
}

/** Reads UTF-8; each maximal invalid part becomes U+FFFD. */
export function textOfBinary(binary: string): string {
  return isAscii(binary) ? binary : Buffer.from(binary, 'latin1').toString('utf8')
}

/** The common case by far, for which bytes and characters are the same. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** A code point and the number of bytes it took. */
export interface Rune {
  readonly code: number
  readonly size: number
}

/** What Go calls RuneError: stands for a byte that starts no valid sequence. */
export const RUNE_ERROR = 0xfffd
const INVALID: Rune = { code: RUNE_ERROR, size: 1 }
const NOTHING: Rune = { code: RUNE_ERROR, size: 0 }

/** Go's utf8.DecodeRuneInString at byte `at`: size 0 at the end, U+FFFD of size 1 for an invalid byte. */
export function runeAt(binary: string, at: number): Rune {
  if (at >= binary.length) return NOTHING
  const first = binary.charCodeAt(at)
  if (first < 0x80) return { code: first, size: 1 }
  const size = sequenceSize(first)
  let code = first & (0xff >> (size + 1))
  for (let i = 1; i < size; i++) {
    const next = at + i < binary.length ? binary.charCodeAt(at + i) : 0
    if ((next & 0xc0) !== 0x80) return INVALID
    code = (code << 6) | (next & 0x3f)
  }
  return isEncodable(code, size) ? { code, size } : INVALID
}

/** Bytes that a sequence with this first byte takes; 1 for a byte that starts none. */
function sequenceSize(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1
  if (first < 0xe0) return 2
  return first < 0xf0 ? 3 : 4
}

/** Refuses stray bytes, overlong forms, surrogates and what lies beyond U+10FFFF. */
function isEncodable(code: number, size: number): boolean {
  if (size === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff)
  return size === 2 || (size === 4 && code >= 0x10000 && code <= 0x10ffff)
}

/** Go's utf8.DecodeLastRuneInString of the first `end` bytes. */
export function runeBefore(binary: string, end: number): Rune {
  if (end === 0) return NOTHING
  for (let size = 1; size <= 4 && size <= end; size++) {
    const unit = binary.charCodeAt(end - size)
    if ((unit & 0xc0) === 0x80) continue
    const rune = runeAt(binary.slice(end - size, end), 0)
    return rune.size === size ? rune : INVALID
  }
  return INVALID
}

/** UTF-8 of one code point as a binary string; surrogates become U+FFFD. */
export function binaryOfRune(code: number): string {
  const isValid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return binaryOfText(String.fromCodePoint(isValid ? code : RUNE_ERROR))
}
