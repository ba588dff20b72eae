import { decodeRune } from './bytes.ts'
import { checkLength } from './failure.ts'
import { analyze, isBreak, isPrintable, styleOf } from './yaml-scalar.ts'

// The part of libyaml's emitter that go-yaml v2 uses for strings, lists and maps in block style: where lines break, how deep they
// stand, and that long texts are folded at 80 columns.

/** What the emitter writes. Members of a map come in the caller's order. */
export type YamlNode =
  /** A number, boolean or null: never quoted. */
  | { readonly yaml: 'word'; readonly text: string }
  | { readonly yaml: 'string'; readonly text: string }
  | { readonly yaml: 'list'; readonly items: readonly YamlNode[] }
  | { readonly yaml: 'map'; readonly members: readonly (readonly [string, YamlNode])[] }

const INDENT = 2
// libyaml's best width. Only blanks fold, so a line may be longer.
const WIDTH = 80
// Longer keys are written as `? key`, in bytes as libyaml counts them.
const SIMPLE_KEY_BYTES = 128

/** The state of libyaml's emitter as far as block style needs it; columns count characters. */
interface Emitter {
  text: string
  column: number
  indent: number
  /** Whether the last thing written was white space, or an indentation with nothing but indicators after it. */
  isSpaced: boolean
  isIndented: boolean
}

/** The document, with its last line break. */
export function emitYaml(root: YamlNode): string {
  const emitter: Emitter = { text: '', column: 0, indent: -1, isSpaced: true, isIndented: true }
  emitNode(emitter, root, { isInMap: false, isSimpleKey: false })
  writeIndent({ ...emitter, indent: 0 }, emitter)
  return emitter.text
}

/** Writes text without line breaks, within the limit of texts. */
function put(emitter: Emitter, text: string): void {
  emitter.text += text
  checkLength(emitter.text.length)
  // Columns are characters: continuation bytes do not count.
  for (const char of text) if ((char.charCodeAt(0) & 0xc0) !== 0x80) emitter.column++
}

/** Ends the line. */
function putBreak(emitter: Emitter, text = '\n'): void {
  emitter.text += text
  emitter.column = 0
}

/** Goes to the start of a line at the current indentation, unless already there. */
function writeIndent({ indent }: { readonly indent: number }, emitter: Emitter): void {
  const wanted = Math.max(indent, 0)
  const isBehind = emitter.column > wanted || (emitter.column === wanted && !emitter.isSpaced)
  if (!emitter.isIndented || isBehind) putBreak(emitter)
  if (emitter.column < wanted) put(emitter, ' '.repeat(wanted - emitter.column))
  emitter.isSpaced = true
  emitter.isIndented = true
}

/**
 * What an indicator does to the state: needs a blank before it, leaves white space, keeps the
 * indentation open.
 */
interface Indicator {
  readonly isApart?: boolean
  readonly isSpace?: boolean
  readonly isIndent?: boolean
}

/** Writes `-`, `:`, `?`, brackets or quotes. */
function indicate(emitter: Emitter, text: string, { isApart, isSpace, isIndent }: Indicator): void {
  if (isApart && !emitter.isSpaced) put(emitter, ' ')
  put(emitter, text)
  emitter.isSpaced = isSpace === true
  emitter.isIndented = emitter.isIndented && isIndent === true
}

/** Where a node stands, which decides the indentation of lists and whether a text may fold. */
interface Context {
  readonly isInMap: boolean
  readonly isSimpleKey: boolean
}

/** Empty lists and maps are written in flow style, `[]` and `{}`. */
function emitNode(emitter: Emitter, node: YamlNode, context: Context): void {
  switch (node.yaml) {
    case 'word':
      writePlain(emitter, node.text, false)
      return
    case 'string':
      emitString(emitter, node.text, context.isSimpleKey)
      return
    case 'list':
      if (node.items.length === 0) indicateEmpty(emitter, '[]')
      else emitList(emitter, node.items, context.isInMap)
      return
    case 'map':
      if (node.members.length === 0) indicateEmpty(emitter, '{}')
      else emitMap(emitter, node.members)
  }
}

function indicateEmpty(emitter: Emitter, brackets: string): void {
  indicate(emitter, brackets[0] ?? '', { isApart: true, isSpace: true })
  indicate(emitter, brackets[1] ?? '', {})
}

/** One level in; a list within a map stays at the map's own level. */
function deeper(emitter: Emitter, isIndentless: boolean, write: () => void): void {
  const { indent } = emitter
  emitter.indent = indent < 0 ? 0 : isIndentless ? indent : indent + INDENT
  write()
  emitter.indent = indent
}

/** A list that is a map's value stands at the map's own indentation. */
function emitList(emitter: Emitter, items: readonly YamlNode[], isInMap: boolean): void {
  deeper(emitter, isInMap && !emitter.isIndented, () => {
    for (const item of items) {
      writeIndent(emitter, emitter)
      indicate(emitter, '-', { isApart: true, isIndent: true })
      emitNode(emitter, item, { isInMap: false, isSimpleKey: false })
    }
  })
}

/** Keys of one line are simple, all others get the long form. */
function emitMap(emitter: Emitter, members: readonly (readonly [string, YamlNode])[]): void {
  deeper(emitter, false, () => {
    for (const [key, value] of members) {
      writeIndent(emitter, emitter)
      const isSimple = !analyze(key).isMultiline && key.length <= SIMPLE_KEY_BYTES
      if (!isSimple) indicate(emitter, '?', { isApart: true, isIndent: true })
      emitString(emitter, key, isSimple)
      if (!isSimple) writeIndent(emitter, emitter)
      indicate(emitter, ':', isSimple ? {} : { isApart: true, isIndent: true })
      emitNode(emitter, value, { isInMap: true, isSimpleKey: false })
    }
  })
}

/** Folded lines stand one level deeper than the text's own. */
function emitString(emitter: Emitter, text: string, isSimpleKey: boolean): void {
  const { indent } = emitter
  emitter.indent = indent < 0 ? INDENT : indent + INDENT
  switch (styleOf(text, isSimpleKey)) {
    case 'plain':
      writePlain(emitter, text, !isSimpleKey)
      break
    case 'single':
      writeSingle(emitter, text, !isSimpleKey)
      break
    case 'double':
      writeDouble(emitter, text, !isSimpleKey)
      break
    case 'literal':
      writeLiteral(emitter, text)
  }
  emitter.indent = indent
}

/** Visits runes with their bytes. */
function eachChar(text: string, visit: (char: string, code: number, at: number) => void): void {
  for (let at = 0; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    visit(text.slice(at, at + width), code, at)
    at += width
  }
}

/** A fold: a single blank beyond the width becomes a line break. */
function isFold(emitter: Emitter, text: string, at: number): boolean {
  return emitter.column > WIDTH && text[at - 1] !== ' ' && text[at + 1] !== ' '
}

/** Plain text; it may fold at single blanks. */
function writePlain(emitter: Emitter, text: string, canFold: boolean): void {
  if (!emitter.isSpaced) put(emitter, ' ')
  eachChar(text, (char, _, at) => {
    if (char === ' ' && canFold && isFold(emitter, text, at)) {
      writeIndent(emitter, emitter)
      return
    }
    put(emitter, char)
    if (char !== ' ') emitter.isIndented = false
  })
  emitter.isSpaced = false
  emitter.isIndented = false
}

/** Single quotes; line breaks within are doubled, as YAML folds them. */
function writeSingle(emitter: Emitter, text: string, canFold: boolean): void {
  indicate(emitter, "'", { isApart: true })
  let isAfterBreak = false
  eachChar(text, (char, code, at) => {
    if (char === ' ') {
      const isInside = at > 0 && at < text.length - 1
      writeSpace(emitter, canFold && isInside && isFold(emitter, text, at))
      return
    }
    if (isBreak(code)) writeBreak(emitter, char, !isAfterBreak)
    else writeQuoted(emitter, char, isAfterBreak)
    isAfterBreak = isBreak(code)
  })
  indicate(emitter, "'", {})
  emitter.isSpaced = false
  emitter.isIndented = false
}

/** A quote within single quotes is doubled. */
function writeQuoted(emitter: Emitter, char: string, isAfterBreak: boolean): void {
  if (isAfterBreak) writeIndent(emitter, emitter)
  put(emitter, char === "'" ? "''" : char)
  emitter.isIndented = false
}

/** A blank, or a fold in its place. */
function writeSpace(emitter: Emitter, isFolded: boolean): void {
  if (isFolded) writeIndent(emitter, emitter)
  else put(emitter, ' ')
}

/** The first of several breaks is doubled, because one alone would be folded away. */
function writeBreak(emitter: Emitter, char: string, isFirst: boolean): void {
  if (isFirst && char === '\n') putBreak(emitter)
  putBreak(emitter, char)
  emitter.isIndented = true
}

/** YAML's short escapes; libyaml writes no other short ones. */
const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [7, 'a'],
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [11, 'v'],
  [12, 'f'],
  [13, 'r'],
  [0x1b, 'e'],
  [0x22, '"'],
  [0x5c, '\\'],
  [0x85, 'N'],
  [0xa0, '_'],
  [0x2028, 'L'],
  [0x2029, 'P'],
])

/** The shortest of `\x`, `\u` and `\U` that holds the code point. */
function escaped(code: number): string {
  const short = ESCAPES.get(code)
  if (short !== undefined) return `\\${short}`
  const width = code <= 0xff ? 2 : code <= 0xffff ? 4 : 8
  const letter = width === 2 ? 'x' : width === 4 ? 'u' : 'U'
  return `\\${letter}${code.toString(16).toUpperCase().padStart(width, '0')}`
}

/** Double quotes, for texts that nothing else can hold. */
function writeDouble(emitter: Emitter, text: string, canFold: boolean): void {
  indicate(emitter, '"', { isApart: true })
  // Upstream: a byte order mark at the front has every character escaped.
  const isMarked = text.startsWith(BYTE_ORDER_MARK)
  let isAfterSpace = false
  eachChar(text, (char, code, at) => {
    const isInside = at > 0 && at < text.length - 1
    const isWide = canFold && emitter.column > WIDTH && !isMarked
    const isFolded = char === ' ' && isWide && isInside && !isAfterSpace
    isAfterSpace = char === ' '
    if (!isFolded) {
      put(emitter, isMarked || needsEscape(char, code) ? escaped(code) : char)
      return
    }
    writeIndent(emitter, emitter)
    // A blank at a line's start would be lost.
    if (text[at + 1] === ' ') put(emitter, '\\')
  })
  indicate(emitter, '"', {})
  emitter.isSpaced = false
  emitter.isIndented = false
}

/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = '\xef\xbb\xbf'

/** Printable in YAML's sense, which is narrower than Unicode's. */
function needsEscape(char: string, code: number): boolean {
  return !isPrintable(code) || isBreak(code) || char === '"' || char === '\\'
}

/** `-` cuts the last line break off, `+` keeps several of them; a leading blank needs the indentation spelt out. */
function writeLiteral(emitter: Emitter, text: string): void {
  indicate(emitter, '|', { isApart: true })
  const isHinted = text.startsWith(' ') || isBreak(decodeRune(text, 0).code)
  const chomp = !endsInBreak(text)
    ? '-'
    : endsInBreak(withoutLast(text)) || text === '\n'
      ? '+'
      : ''
  put(emitter, (isHinted ? String(INDENT) : '') + chomp)
  putBreak(emitter)
  emitter.isIndented = true
  emitter.isSpaced = true
  let isAfterBreak = true
  eachChar(text, (char, code) => {
    if (isBreak(code)) {
      putBreak(emitter, char)
      emitter.isIndented = true
      isAfterBreak = true
      return
    }
    if (isAfterBreak) writeIndent(emitter, emitter)
    put(emitter, char)
    emitter.isIndented = false
    isAfterBreak = false
  })
}

/** Start of the last character: breaks such as U+2028 have three bytes. */
function lastCharAt(text: string): number {
  let at = text.length - 1
  while (at > 0 && (text.charCodeAt(at) & 0xc0) === 0x80) at--
  return at
}

function endsInBreak(text: string): boolean {
  return text !== '' && isBreak(decodeRune(text, lastCharAt(text)).code)
}

function withoutLast(text: string): string {
  return text.slice(0, lastCharAt(text))
}
