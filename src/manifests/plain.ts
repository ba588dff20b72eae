import { NEEDLE } from './prefilter.ts'

// The second stage, still on bytes: most documents that hold the needle are not ours but mention it (ESO's own CRDs, a
// Role for its resources, a chart's notes). In the plain block form this can be told without parsing:
//
// - the first line of content stands at column 0, so the root's keys all do;
// - every line at column 0 is a plain key, so nothing at the root is quoted, flow, merged, tagged or another document;
// - there is one `apiVersion:` and one `kind:` among them. If a line of a quoted scalar poses as one, then the real one is
//   a second, or there is none and the object is nobody's;
// - no `items:`, which makes a List of any kind.

const KEY = /^([A-Za-z][A-Za-z0-9_.-]*):(?:[ \t]+(.*))?$/
const VALUE = /^[A-Za-z0-9./-]+$/

/** Whether a document is certainly the single object of another API group. `bytes` may begin with a `---` line. */
export function isPlainForeign(bytes: Buffer): boolean {
  if (hasOddBreak(bytes)) return false
  const keys: (string | undefined)[] = []
  for (const line of rootLines(bytes)) {
    const key = plainKey(line)
    if (key === undefined) return false
    if (key === 'apiVersion' || key === 'kind') keys.push(key)
  }
  return keys.length === 2 && keys[0] !== keys[1]
}

/** Undefined for what a plain foreign object does not have at its root. */
function plainKey(line: string): string | undefined {
  const [, key, value = ''] = KEY.exec(line) ?? []
  if (key === 'items' || (key === 'apiVersion' && !isForeignVersion(value))) return undefined
  return key
}

/** A plain apiVersion of a group that is not ours. */
function isForeignVersion(apiVersion: string): boolean {
  return VALUE.test(apiVersion) && !(apiVersion.split('/')[0] ?? '').endsWith(NEEDLE)
}

/** A break that is one to some parsers only: a lone CR, NEL, LS or PS. */
export function hasOddBreak(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(0x0d); at >= 0; at = bytes.indexOf(0x0d, at + 1)) {
    if (bytes[at + 1] !== 0x0a) return true
  }
  return bytes.includes('\u0085') || bytes.includes('\u2028') || bytes.includes('\u2029')
}

/** The lines at column 0 that are no comment. Indented lines are skipped by searching for the next one that is not. */
function* rootLines(bytes: Buffer): Generator<string> {
  let isFirst = true
  for (let start = contentStart(bytes); start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start)
    const end = found < 0 ? bytes.length : found
    const code = bytes[start] ?? 0
    const isContent = code !== 0x23 && code !== 0x0a && code !== 0x0d
    // An indented first line would be the root's indent.
    if (isContent && (isFirst || (code !== 0x20 && code !== 0x09))) {
      yield bytes.toString('latin1', start, end).trimEnd()
    }
    if (isContent) isFirst = false
    start = end + 1
  }
}

/** Behind the separator line, if there is one, and a byte order mark. */
export function contentStart(bytes: Buffer): number {
  let at = 0
  if (bytes[0] === 0x2d && bytes[1] === 0x2d && bytes[2] === 0x2d) {
    const found = bytes.indexOf(0x0a)
    at = found < 0 ? bytes.length : found + 1
  }
  const isMarked = bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf
  return isMarked ? at + 3 : at
}
