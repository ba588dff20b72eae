// Go's strings are bytes. Here such a string is a JavaScript string whose every unit is one byte (0 to 255), so that binary
// values survive and lengths, indices and order are those of Go. "Runes" are the code points of its UTF-8 reading.

/**
 * U+FFFD, Go's utf8.RuneError. Only with width 1 does it mean a bad byte: the text may hold a true
 * U+FFFD, of width 3.
 */
export const RUNE_ERROR = 0xfffd

/** A code point and the bytes it takes; width 0 stands for the end of the text. */
export interface Rune {
  readonly code: number
  readonly width: number
}

const INVALID: Rune = { code: RUNE_ERROR, width: 1 }
const END: Rune = { code: RUNE_ERROR, width: 0 }
const ASCII: readonly Rune[] = Array.from({ length: 128 }, (_, code) => ({ code, width: 1 }))

/** The byte string of these bytes, without decoding: binary survives (R172). */
export function fromBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/**
 * The bytes of a byte string. Units above 255 would be cut off: ordinary text goes through
 * `fromText` first.
 */
export function toBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

/** UTF-8 bytes of ordinary text. */
export function fromText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Ordinary text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD, byte by byte. */
export function toText(bytes: string): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const { code, width } = decodeRune(bytes, at)
    text += String.fromCodePoint(code)
    at += width
  }
  return text
}

/** The rune at a byte offset; a byte that starts none is U+FFFD of width 1, as in Go. */
export function decodeRune(bytes: string, at: number): Rune {
  if (at >= bytes.length) return END
  const first = bytes.charCodeAt(at)
  if (first < 0x80) return ASCII[first] ?? INVALID
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return INVALID
  let code = first & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    const next = bytes.charCodeAt(at + i)
    if ((next & 0xc0) !== 0x80) return INVALID
    code = (code << 6) | (next & 0x3f)
  }
  return isEncodable(code, length) ? { code, width: length } : INVALID
}

/** Neither overlong, nor a surrogate, nor beyond Unicode. */
function isEncodable(code: number, length: number): boolean {
  if (length === 2) return code >= 0x80
  if (length === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff)
  return code >= 0x10000 && code <= 0x10ffff
}

/** UTF-8 of a code point; U+FFFD for what is none. */
export function encodeRune(code: number): string {
  const isRune = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  const rune = isRune ? code : RUNE_ERROR
  if (rune < 0x80) return String.fromCharCode(rune)
  if (rune < 0x800) return String.fromCharCode(0xc0 | (rune >> 6), 0x80 | (rune & 0x3f))
  if (rune < 0x10000) {
    return String.fromCharCode(
      0xe0 | (rune >> 12),
      0x80 | ((rune >> 6) & 0x3f),
      0x80 | (rune & 0x3f),
    )
  }
  return String.fromCharCode(
    0xf0 | (rune >> 18),
    0x80 | ((rune >> 12) & 0x3f),
    0x80 | ((rune >> 6) & 0x3f),
    0x80 | (rune & 0x3f),
  )
}

/** The runes of a string, as `[]rune(s)` gives them. */
export function runes(bytes: string): number[] {
  const codes: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const { code, width } = decodeRune(bytes, at)
    codes.push(code)
    at += width
  }
  return codes
}

/** Go's `string([]rune)`: numbers that are no code points become U+FFFD. */
export function fromRunes(codes: readonly number[]): string {
  let bytes = ''
  for (const code of codes) bytes += encodeRune(code)
  return bytes
}

/** Maps every rune; bad bytes become U+FFFD, as `strings.Map` does. */
export function mapRunes(bytes: string, change: (code: number, at: number) => number): string {
  let mapped = ''
  for (let at = 0; at < bytes.length; ) {
    const { code, width } = decodeRune(bytes, at)
    mapped += encodeRune(change(code, at))
    at += width
  }
  return mapped
}
