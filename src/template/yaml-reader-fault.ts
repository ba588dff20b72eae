// Which words go-yaml's reader has for bytes that are no text. It stops at the first bad one, whatever follows.

const CONTROL = 'control characters are not allowed'

/** The reader's complaint about UTF-8; undefined when every character may stand in YAML. */
export function readerFault(bytes: Uint8Array): string | undefined {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  for (let at = isMarked ? 3 : 0; at < bytes.length; ) {
    const width = widthOf(bytes[at] ?? 0)
    if (width === undefined) return 'invalid leading UTF-8 octet'
    if (at + width > bytes.length) return 'incomplete UTF-8 octet sequence'
    const fault = characterFault(bytes.subarray(at, at + width))
    if (fault !== undefined) return fault
    at += width
  }
  return undefined
}

/** By the first byte alone, which may promise more than UTF-8 allows. */
function widthOf(lead: number): number | undefined {
  if (lead < 0x80) return 1
  if (lead >= 0xc0 && lead < 0xe0) return 2
  if (lead >= 0xe0 && lead < 0xf0) return 3
  return lead >= 0xf0 && lead < 0xf8 ? 4 : undefined
}

/** The smallest code point that needs so many bytes. */
const LEAST: readonly number[] = [0, 0, 0x80, 0x800, 0x10000]

function characterFault(bytes: Uint8Array): string | undefined {
  const width = bytes.length
  const [lead = 0, ...trail] = bytes
  if (trail.some((octet) => (octet & 0xc0) !== 0x80)) return 'invalid trailing UTF-8 octet'
  const first = width === 1 ? lead : lead & (0xff >> (width + 1))
  const code = trail.reduce((value, octet) => value * 64 + (octet & 0x3f), first)
  if (code < (LEAST[width] ?? 0)) return 'invalid length of a UTF-8 sequence'
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  if (isSurrogate || code > 0x10ffff) return 'invalid Unicode character'
  return isPrintable(code) ? undefined : CONTROL
}

function isPrintable(code: number): boolean {
  if (code < 0xa0) return [0x9, 0xa, 0xd, 0x85].includes(code) || (code >= 0x20 && code < 0x7f)
  return code !== 0xfffe && code !== 0xffff
}
