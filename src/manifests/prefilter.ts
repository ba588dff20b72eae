// Which documents of a stream can be ours, decided on raw bytes so that the others are never parsed. A document is
// selected when
//   1. it holds the needle,
//   2. it holds an escape or an escaped line break, and decoding those yields the needle, or
//   3. it holds a tag that can change what a scalar says: `!!binary`, `!<…>`, one with `%` escapes, `%TAG`.
//
// Why that is enough: in plain, single-quoted and block scalars the characters of the value, blanks and breaks apart, are
// those of the source in their order, and the needle has no blank. In double-quoted ones only escapes yield others.
// Anchors cannot cross documents. So no parser finds the needle in a document that is not selected.
//
// Invariant: whoever changes a rule runs the property "what a parser calls ours was selected" on a million documents.

/** The API groups that are ours end in it; every object of theirs spells it out in `apiVersion`. */
export const NEEDLE = 'external-secrets.io'

const BACKSLASH = 0x5c
const BANG = 0x21

/** Calls `onHit` with positions, in no order, whose documents must be read for our sake. */
export function findHits(
  window: Buffer,
  segmentAt: (position: number) => { readonly start: number; readonly end: number },
  onHit: (position: number) => void,
): void {
  findText(window, NEEDLE, segmentAt, onHit)
  findText(window, '%TAG', segmentAt, onHit)
  findTags(window, onHit)
  findEscapes(window, segmentAt, onHit)
}

/** One hit per document that holds `text`. */
export function findText(
  window: Buffer,
  text: string,
  segmentAt: (position: number) => { readonly end: number },
  onHit: (position: number) => void,
): void {
  for (let at = window.indexOf(text); at >= 0; ) {
    onHit(at)
    at = window.indexOf(text, segmentAt(at).end)
  }
}

/** Looks at each run of characters behind a `!` once, so that a line of nothing but `!` costs no more than any other. */
function findTags(window: Buffer, onHit: (position: number) => void): void {
  for (let at = window.indexOf(BANG); at >= 0; ) {
    const end = runEnd(window, at)
    if (canTagChangeText(window.toString('latin1', at, end))) onHit(at)
    at = window.indexOf(BANG, end)
  }
}

/** Where the next blank, break or the end is. */
function runEnd(window: Buffer, from: number): number {
  let at = from
  while (at < window.length && (window[at] ?? 0) > 0x20) at++
  return at
}

/** Tags that can make text of something else: binary, verbatim, and such with escapes. */
function canTagChangeText(run: string): boolean {
  return run.includes('%') || run.includes('!<') || run.includes('!!binary')
}

/** Decodes a document once, however many escapes it has. */
function findEscapes(
  window: Buffer,
  segmentAt: (position: number) => { readonly start: number; readonly end: number },
  onHit: (position: number) => void,
): void {
  for (let at = window.indexOf(BACKSLASH); at >= 0; ) {
    let next = at + 1
    if (canChangeText(window, at + 1)) {
      const { start, end } = segmentAt(at)
      if (decodesToNeedle(window.subarray(start, end))) onHit(at)
      next = end
    }
    at = window.indexOf(BACKSLASH, next)
  }
}

/** `\x \u \U`, or `\` before a break: LF, CR, NEL, LS, PS. */
function canChangeText(window: Buffer, at: number): boolean {
  const code = window[at]
  if (code === 0x78 || code === 0x75 || code === 0x55 || code === 0x0a || code === 0x0d) return true
  return (code === 0xc2 && window[at + 1] === 0x85) || (code === 0xe2 && window[at + 1] === 0x80)
}

// Pairs are matched from the left, so that `\\x65` is a backslash and text. It is in phase at every opening quote: a pair
// that swallows a quote ends on it. Blank lines behind an escaped break go too: js-yaml drops them, go-yaml does not.
const ESCAPE =
  /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(?:[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])[ \t\r\n]*|[\s\S])/g

/** By the strictest reading of any parser: too many documents may be selected, never too few. */
function decodesToNeedle(document: Buffer): boolean {
  const decoded = document
    .toString('latin1')
    .replace(ESCAPE, (pair: string, x?: string, u?: string, wide?: string) => {
      const digits = x ?? u ?? wide
      if (digits !== undefined) return decodePoint(Number.parseInt(digits, 16))
      return isContinuation(pair) ? '' : pair
    })
  return decoded.includes(NEEDLE)
}

/** The needle is ASCII: other characters only have to break it up. */
function decodePoint(point: number): string {
  return point <= 0x7f ? String.fromCharCode(point) : '\ufffd'
}

/** An escaped line break joins its two lines. */
function isContinuation(pair: string): boolean {
  return pair.length > 2 || pair === '\\\n' || pair === '\\\r'
}
