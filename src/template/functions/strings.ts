import { decodeRune, encodeRune, fromRunes, mapRunes, runes } from '../bytes.ts'
import { checkLength, fail } from '../failure.ts'
import { formatValue } from '../format.ts'
import { type Functions, fixed, variadic } from '../function.ts'
import { quote } from '../quote.ts'
import { stringOf } from '../stringer.ts'
import {
  isDigit,
  isLetter,
  isLower,
  isSpace,
  isTitle,
  isUpper,
  toLower,
  toTitle,
  toUpper,
} from '../unicode.ts'
import type { GoInt, GoValue } from '../value.ts'
import { abbreviate, abbreviateBoth, wrapText } from './layout.ts'
import { toPascalCase, toSeparatedCase } from './word-case.ts'

// Sprig's string functions. `trunc`, `substr`, `abbrev` count bytes; `title`, `upper` and the like see runes.

/** How Sprig turns any value into text: its String method, else `%v`. */
export function toText(value: GoValue): string {
  return typeof value === 'string' ? value : (stringOf(value) ?? formatValue(value))
}

/** An int as an index; far values stay far. */
export function count({ value }: GoInt): number {
  return Number(value)
}

/** Go's strings.TrimSpace: Unicode white space, on both ends. */
export function trimSpace(text: string): string {
  return trimWhere(text, isSpace)
}

/** From both ends by runes; bad bytes are U+FFFD to the test. */
function trimWhere(text: string, isTrimmed: (code: number) => boolean): string {
  let start = 0
  while (start < text.length) {
    const { code, width } = decodeRune(text, start)
    if (!isTrimmed(code)) break
    start += width
  }
  let end = text.length
  while (end > start) {
    const at = lastRuneStart(text, start, end)
    if (!isTrimmed(decodeRune(text.slice(0, end), at).code)) break
    end = at
  }
  return text.slice(start, end)
}

/** utf8.DecodeLastRune: a broken tail is one byte. */
function lastRuneStart(text: string, start: number, end: number): number {
  const cut = text.slice(0, end)
  for (let at = Math.max(start, end - 4); at < end; at++) {
    if (
      at + decodeRune(cut, at).width === end &&
      (decodeRune(cut, at).width > 1 || at === end - 1)
    ) {
      return at
    }
  }
  return end - 1
}

/** Trap: the cut set comes first, unlike in Go's strings.Trim (R169). */
function trimAll(cutset: string, text: string): string {
  const cut = new Set(runes(cutset))
  return trimWhere(text, (code) => cut.has(code))
}

/** Go's strings.Title: a letter after anything that is neither letter, digit, underscore nor apostrophe-like. */
function title(text: string): string {
  let previous = 32
  return mapRunes(text, (code) => {
    const isStart = isSeparator(previous)
    previous = code
    return isStart ? toTitle(code) : code
  })
}

/** Go's isSeparator, deprecated with strings.Title but part of Sprig's answers. */
function isSeparator(code: number): boolean {
  if (code < 128) return !/[0-9A-Za-z_]/.test(String.fromCharCode(code))
  return !isLetter(code) && !isDigit(code) && isSpace(code)
}

/** Lower case for the first letter of every word. */
function untitle(text: string): string {
  let isStart = true
  return mapRunes(text, (code) => {
    if (isSpace(code)) {
      isStart = true
      return code
    }
    const changed = isStart ? toLower(code) : code
    isStart = false
    return changed
  })
}

/** goutils' SwapCase: a small letter at the start of a word becomes title case. */
function swapCase(text: string): string {
  let isStart = true
  return mapRunes(text, (code) => {
    if (isUpper(code) || isTitle(code)) {
      isStart = false
      return toLower(code)
    }
    if (isLower(code)) {
      const changed = isStart ? toTitle(code) : toUpper(code)
      isStart = false
      return changed
    }
    isStart = isSpace(code)
    return code
  })
}

/** Upstream: takes bytes for runes, so that a letter beyond ASCII gives its first byte as Latin-1. */
function initials(text: string): string {
  let isGap = true
  let kept = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isSpace(code)) isGap = true
    else if (isGap) {
      kept += encodeRune(code)
      isGap = false
    }
  }
  return kept
}

/** Upstream: the same trap as `initials`; a text without white space is returned as it is. */
function noSpace(text: string): string {
  const codes = [...text].map((char) => char.charCodeAt(0))
  const kept = codes.filter((code) => !isSpace(code))
  return kept.length === codes.length ? text : fromRunes(kept)
}

/** Trap: a negative start means 0, a negative or too large end means the text's end. */
function substring(start: number, end: number, text: string): string {
  if (start < 0) return sliceBytes(text, 0, end)
  if (end < 0 || end > text.length) return sliceBytes(text, start, text.length)
  return sliceBytes(text, start, end)
}

/** Go panics on bad bounds, here a FunctionError. */
function sliceBytes(text: string, start: number, end: number): string {
  if (start < 0 || end < start || end > text.length) fail('slice bounds out of range')
  return text.slice(start, end)
}

/** A negative length keeps the end of the text. May cut a rune in two, as Go does. */
function truncate(length: number, text: string): string {
  if (length < 0 && text.length + length > 0) return text.slice(text.length + length)
  return length >= 0 ? text.slice(0, length) : text
}

/** The size is checked before the memory is taken. */
function repeat(times: number, text: string): string {
  if (times < 0) fail('negative repeat count')
  if (text === '') return ''
  checkLength(times * text.length)
  return text.repeat(times)
}

/** Empty lines are indented, too, as Sprig does. */
function indent(spaces: number, text: string): string {
  const pad = repeat(spaces, ' ')
  checkLength(text.length + pad.length * text.split('\n').length)
  return pad + text.replaceAll('\n', `\n${pad}`)
}

/** strings.ReplaceAll, an empty `old` included. Throws FunctionError beyond the limit of texts. */
export function replaceText(text: string, old: string, next: string): string {
  const pieces = old === '' ? runeTexts(text) : text.split(old)
  checkLength(text.length + pieces.length * next.length)
  // Go puts the replacement around every rune when there is nothing to look for.
  return old === '' ? next + pieces.map((piece) => piece + next).join('') : pieces.join(next)
}

/** A text cut into its runes, each as bytes; bad bytes stand alone. */
export function runeTexts(text: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    const { width } = decodeRune(text, at)
    pieces.push(text.slice(at, at + width))
    at += width
  }
  return pieces
}

/** `quote`, `squote` and `cat` skip nils instead of printing them. */
function present(values: readonly GoValue[]): readonly GoValue[] {
  return values.filter((value) => value !== null && value !== undefined)
}

// The text comes last in all of them, so that they can stand in pipelines.
const trimmers: Functions = {
  trim: fixed(['string'], trimSpace),
  trimAll: fixed(['string', 'string'], trimAll),
  trimall: fixed(['string', 'string'], trimAll),
  trimPrefix: fixed(['string', 'string'], (prefix, text) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: fixed(['string', 'string'], (suffix, text) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  nospace: fixed(['string'], noSpace),
  trunc: fixed(['int', 'string'], (length, text) => truncate(count(length), text)),
  substr: fixed(['int', 'int', 'string'], (start, end, text) =>
    substring(count(start), count(end), text),
  ),
  abbrev: fixed(['int', 'string'], (width, text) => abbreviate(count(width), text)),
  abbrevboth: fixed(['int', 'int', 'string'], (left, right, text) =>
    abbreviateBoth(count(left), count(right), text),
  ),
}

// Trap: `camelcase` gives PascalCase (R169).
const casing: Functions = {
  upper: fixed(['string'], (text) => mapRunes(text, toUpper)),
  lower: fixed(['string'], (text) => mapRunes(text, toLower)),
  title: fixed(['string'], title),
  untitle: fixed(['string'], untitle),
  swapcase: fixed(['string'], swapCase),
  initials: fixed(['string'], initials),
  camelcase: fixed(['string'], toPascalCase),
  snakecase: fixed(['string'], (text) => toSeparatedCase(text, '_')),
  kebabcase: fixed(['string'], (text) => toSeparatedCase(text, '-')),
}

const composing: Functions = {
  repeat: fixed(['int', 'string'], (times, text) => repeat(count(times), text)),
  indent: fixed(['int', 'string'], (spaces, text) => indent(count(spaces), text)),
  nindent: fixed(['int', 'string'], (spaces, text) => `\n${indent(count(spaces), text)}`),
  replace: fixed(['string', 'string', 'string'], (old, next, text) => replaceText(text, old, next)),
  wrap: fixed(['int', 'string'], (width, text) => wrapText(text, { width: count(width) })),
  wrapWith: fixed(['int', 'string', 'string'], (width, separator, text) =>
    wrapText(text, { width: count(width), separator }),
  ),
  quote: variadic([], 'any', (values) =>
    present(values)
      .map((value) => quote(toText(value)))
      .join(' '),
  ),
  squote: variadic([], 'any', (values) =>
    present(values)
      .map((value) => `'${formatValue(value)}'`)
      .join(' '),
  ),
  // Upstream: white space is trimmed off the format (`%v %v `), not off the values.
  cat: variadic([], 'any', (values) => present(values).map(formatValue).join(' ')),
  plural: fixed(['string', 'string', 'int'], (one, many, { value }) => (value === 1n ? one : many)),
  toString: fixed(['any'], toText),
  hello: fixed([], () => 'Hello!'),
}

const testing: Functions = {
  contains: fixed(['string', 'string'], (part, text) => text.includes(part)),
  hasPrefix: fixed(['string', 'string'], (prefix, text) => text.startsWith(prefix)),
  hasSuffix: fixed(['string', 'string'], (suffix, text) => text.endsWith(suffix)),
}

/** Sprig's string functions. Lengths and positions count bytes unless a function says runes. */
export const stringFunctions: Functions = { ...trimmers, ...casing, ...composing, ...testing }
