import { decodeRune, fromRunes, mapRunes, RUNE_ERROR, runes } from '../bytes.ts'
import {
  isLetter,
  isNumber,
  isPunctuation,
  isSpace,
  isUpper,
  toLower,
  toUpper,
} from '../unicode.ts'

// xstrings' case conversions, with their ways: runs of connectors keep all but one of themselves in camel case, digits join the
// word before them unless letters follow.

function isConnector(code: number): boolean {
  return code === 45 || code === 95 || isSpace(code)
}

/** xstrings.ToCamelCase, which Sprig calls `camelcase` (R169). */
export function toPascalCase(text: string): string {
  const codes = runes(text)
  const begin = codes.findIndex((code) => !isConnector(code))
  const first = codes[begin]
  // Upstream: of connectors alone the last one comes twice.
  if (first === undefined) return fromRunes([...codes, ...codes.slice(-1)])
  const out = codes.slice(0, begin)
  let walk: Walk = { previous: toUpper(first), isUpperRun: isUpper(first) }
  for (const code of codes.slice(begin + 1)) {
    // Of a run of connectors one is lost: the one that a letter follows.
    if (!isConnector(walk.previous) || isConnector(code)) out.push(walk.previous)
    walk = advancePascal(walk, code)
  }
  return fromRunes([...out, walk.previous])
}

interface Walk {
  /** The rune before, as it will be written. */
  readonly previous: number
  /** Whether the word has had capitals only, which then become small. */
  readonly isUpperRun: boolean
}

/** Capitals in a row become small; a connector makes the next letter a capital. */
function advancePascal({ previous, isUpperRun }: Walk, code: number): Walk {
  if (!isConnector(previous)) {
    const isRun = isUpperRun && isUpper(code)
    return { previous: isRun ? toLower(code) : code, isUpperRun: isRun }
  }
  if (isConnector(code)) return { previous: code, isUpperRun }
  return { previous: toUpper(code), isUpperRun: isUpper(code) }
}

/** What a word is made of; connectors and punctuation are words, too. */
type WordClass = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly word: WordClass
  readonly text: string
  readonly rest: string
}

const NO_WORD: Word = { word: 'none', text: '', rest: '' }

/** Letters but CJK ideographs, which make words of another class. */
function isAlphabetic(code: number): boolean {
  if (!isLetter(code)) return false
  const isIdeograph =
    (code >= 0x4e00 && code <= 0x9fcc) ||
    (code >= 0x3400 && code <= 0x4d85) ||
    (code >= 0x20000 && code <= 0x2b81d)
  return !isIdeograph
}

interface ValidRune {
  readonly code: number
  /** Includes the bad bytes before it. */
  readonly width: number
}

/** The next rune behind any bad bytes; what remains when there is none counts as one more `previous`. */
function runeAt(text: string, from: number, previous = RUNE_ERROR): ValidRune {
  for (let at = from; at < text.length; ) {
    const { code, width } = decodeRune(text, at)
    at += width
    if (code !== RUNE_ERROR) return { code, width: at - from }
  }
  return { code: previous, width: text.length - from }
}

function take(text: string, from: number, isMember: (code: number) => boolean): number {
  let at = from
  let previous = runeAt(text, 0).code
  while (at < text.length) {
    const { code, width } = runeAt(text, at, previous)
    if (!isMember(code)) break
    at += width
    previous = code
  }
  return at
}

function nextWord(text: string): Word {
  if (text === '') return NO_WORD
  const { code, width } = runeAt(text, 0)
  const [word, end] = classify(text, code, width)
  return { word, text: text.slice(0, end), rest: text.slice(end) }
}

/** Class and end of the first word, by its first rune. */
function classify(text: string, code: number, width: number): readonly [WordClass, number] {
  if (code === RUNE_ERROR) return ['none', width]
  if (isConnector(code)) return ['connector', take(text, width, isConnector)]
  if (isPunctuation(code)) return ['punctuation', take(text, width, isPunctuation)]
  if (isUpper(code)) return ['upper', upperEnd(text, width)]
  if (isAlphabetic(code)) return ['letters', take(text, width, isLowerLetter)]
  if (isNumber(code)) return ['number', take(text, width, isNumber)]
  return ['other', take(text, width, isOther)]
}

function isLowerLetter(code: number): boolean {
  return isAlphabetic(code) && !isUpper(code)
}

function isOther(code: number): boolean {
  return !isConnector(code) && !isAlphabetic(code) && !isNumber(code) && !isPunctuation(code)
}

/** `Word`, or a run of capitals less the last one when a small letter follows it (`HTTPServer` → `HTTP`, `Server`). */
function upperEnd(text: string, width: number): number {
  if (width >= text.length) return width
  if (!isUpper(runeAt(text, width).code)) return take(text, width, isLowerLetter)
  let at = width
  let last = width
  while (at < text.length && isUpper(runeAt(text, at).code)) {
    last = at
    at += runeAt(text, at).width
  }
  return at < text.length && isAlphabetic(runeAt(text, at).code) ? last : at
}

/** snake_case and kebab-case. */
export function toSeparatedCase(text: string, connector: string): string {
  const writer: Writer = { connector, out: '', next: nextWord(text) }
  while (writer.next.rest !== '') {
    const { word, text: letters, rest } = writer.next
    if (word !== 'connector') write(writer, word, letters)
    writer.next = nextWord(rest)
    if (word === 'number') afterNumber(writer)
    else if (word === 'connector') write(writer, word, letters)
    else if (word !== 'punctuation') afterWord(writer)
  }
  write(writer, writer.next.word, writer.next.text)
  return writer.out
}

interface Writer {
  readonly connector: string
  out: string
  next: Word
}

function write(writer: Writer, word: WordClass, letters: string): void {
  if (word === 'connector')
    writer.out += runes(letters)
      .map(() => writer.connector)
      .join('')
  else if (word === 'upper') writer.out += mapRunes(letters, toLower)
  else writer.out += letters
}

function advance(writer: Writer): void {
  writer.next = nextWord(writer.next.rest)
}

/** Letters and numbers that follow belong to the number's word. */
function takeJoined(writer: Writer): void {
  while (writer.next.word === 'letters' || writer.next.word === 'number') {
    write(writer, writer.next.word, writer.next.text)
    advance(writer)
  }
}

/** A connector, unless the next word brings its own. */
function separate(writer: Writer, isAfterAny = false): void {
  const { word } = writer.next
  const isWord = word !== 'connector' && word !== 'punctuation'
  if (isWord && (isAfterAny || word !== 'none')) writer.out += writer.connector
}

/** Small letters behind digits stay with them: `10gb` is one word. */
function afterNumber(writer: Writer): void {
  takeJoined(writer)
  separate(writer)
}

function isAtLetters({ next }: Writer): boolean {
  return next.word === 'letters'
}

/** Digits join the word before them, unless letters follow the digits. */
function afterWord(writer: Writer): void {
  if (writer.next.word !== 'number') {
    separate(writer, true)
    return
  }
  if (writer.next.rest === '') return
  const digits = writer.next.text
  advance(writer)
  if (!isAtLetters(writer)) {
    write(writer, 'number', digits)
    separate(writer, true)
    return
  }
  writer.out += writer.connector
  write(writer, 'number', digits)
  takeJoined(writer)
  separate(writer)
}
