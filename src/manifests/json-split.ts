import type { ByteRange } from './source.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Where the objects of a JSON text stand that follow each other without separators. It looks at quotes and braces only;
 * text that is no such row comes out as fewer objects, the last one up to the end.
 */
export function splitJsonObjects(bytes: Uint8Array): ByteRange[] {
  const objects: ByteRange[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at]
    if (code === QUOTE) at = stringEnd(bytes, at)
    else if (code === 0x7b && depth++ === 0) start = at
    else if (code === 0x7d && --depth === 0) objects.push({ start, end: at + 1 })
  }
  return objects
}

/** Position of the closing quote. */
function stringEnd(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}
