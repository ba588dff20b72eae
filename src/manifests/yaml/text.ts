import { YamlFault } from './fault.ts'

// What go-yaml's reader lets in: UTF-8, or UTF-16 with a byte order mark, of printable characters.

const CONTROL = /[^\P{Cc}\t\n\r\u0085]|[\ufffe\uffff]/u

/** Bytes to text, without a byte order mark at the front. Throws YamlFault for anything that is not readable text. */
export function decodeText(bytes: Uint8Array): string {
  const text = decode(bytes)
  const control = text.search(CONTROL)
  if (control >= 0) {
    throw new YamlFault('input-encoding', control, 'control characters are not allowed')
  }
  return text
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeStrictly(bytes.subarray(2), 'utf-16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return decodeStrictly(swapPairs(bytes.subarray(2)), 'utf-16le')
  }
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return decodeStrictly(isMarked ? bytes.subarray(3) : bytes, 'utf-8')
}

function decodeStrictly(bytes: Uint8Array, encoding: 'utf-8' | 'utf-16le'): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new YamlFault(
      'input-encoding',
      0,
      `not valid ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'}`,
    )
  }
}

/** Big endian to little endian; an odd byte at the end stays, and is refused by the decoder. */
function swapPairs(bytes: Uint8Array): Uint8Array {
  const swapped = Uint8Array.from(bytes)
  for (let i = 0; i + 1 < swapped.length; i += 2) {
    swapped[i] = bytes[i + 1] ?? 0
    swapped[i + 1] = bytes[i] ?? 0
  }
  return swapped
}
