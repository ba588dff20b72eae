import { formatFixed, parseGoFloat } from '../go-number.ts'
import {
  closingQuote,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  readLiteral,
  readNumber,
  readQuoted,
  readSquashed,
  SPACE,
  startsNumber,
  unquoted,
} from './scan.ts'

/** gjson's names. JSON stands for objects and arrays. */
export type ResultType = 'Null' | 'False' | 'Number' | 'String' | 'True' | 'JSON'

/** gjson's Result. All strings are binary strings. A Null without raw text does not exist. */
export interface Result {
  readonly type: ResultType
  /** The source text; empty for values that modifiers computed. */
  readonly raw: string
  readonly text: string
  readonly num: number
}

/** What a path leads to that leads nowhere. */
export const ABSENT: Result = { type: 'Null', raw: '', text: '', num: 0 }

/** Result.Exists: a JSON null exists, for it has raw text. */
export function exists({ type, raw }: Result): boolean {
  return type !== 'Null' || raw !== ''
}

/** Result.String(): what ESO stores. Integers keep their text, other numbers go through float64. */
export function textOf({ type, raw, text, num }: Result): string {
  switch (type) {
    case 'Null':
      return ''
    case 'False':
      return 'false'
    case 'True':
      return 'true'
    case 'String':
      return text
    case 'JSON':
      return raw
    case 'Number':
      return /^(?:-?[0-9]+|-)$/.test(raw) ? raw : formatFixed(num)
  }
}

/** An object or array, by its source text. */
export function jsonResult(raw: string): Result {
  return { type: 'JSON', raw, text: '', num: 0 }
}

/**
 * A number; text that strconv cannot read counts as 0, but prints as written when it looks whole.
 */
export function numberResult(raw: string): Result {
  return { type: 'Number', raw, text: '', num: parseGoFloat(raw) ?? 0 }
}

/** By the first letter alone: `tomato` is True, as upstream. */
export function literalResult(raw: string): Result {
  const first = raw.charAt(0)
  return { type: first === 't' ? 'True' : first === 'f' ? 'False' : 'Null', raw, text: '', num: 0 }
}

/** A string with its source, quotes included. */
export function stringResult(raw: string, text: string): Result {
  return { type: 'String', raw, text, num: 0 }
}

/** Result.IsObject. */
export function isObjectResult({ type, raw }: Result): boolean {
  return type === 'JSON' && raw.charCodeAt(0) === OPEN_BRACE
}

/** Result.IsArray. */
export function isArrayResult({ type, raw }: Result): boolean {
  return type === 'JSON' && raw.charCodeAt(0) === OPEN_BRACKET
}

/** Result.Bool(), for the options of modifiers. */
export function boolOf({ type, text, num }: Result): boolean {
  if (type === 'String') return isTrueText(text)
  return type === 'True' || (type === 'Number' && num !== 0)
}

/** strconv.ParseBool of the lower-cased text. */
export function isTrueText(text: string): boolean {
  return /^(?:1|t|true)$/i.test(text)
}

/** The texts for which strconv.ParseBool says false, lower-cased. */
export function isFalseText(text: string): boolean {
  return /^(?:0|f|false)$/i.test(text)
}

/** gjson.Parse: the first value; an object or array takes everything up to the end. */
export function parse(json: string): Result {
  let at = 0
  while (at < json.length && json.charCodeAt(at) <= SPACE) at++
  const c = json.charCodeAt(at)
  if (c === OPEN_BRACE || c === OPEN_BRACKET) return jsonResult(json.slice(at))
  if (c === QUOTE) return parseString(json.slice(at))
  if (startsNumber(json, at)) return numberResult(readNumber(json, at))
  return startsLiteral(c) ? literalResult(readLiteral(json, at)) : ABSENT
}

function startsLiteral(c: number): boolean {
  return c === 0x6e || c === 0x74 || c === 0x66
}

/** A string that never closes counts up to the end of the input. */
function parseString(json: string): Result {
  const close = closingQuote(json, 1)
  if (close < 0) return stringResult(json, unquoted(json.slice(1)))
  return stringResult(json.slice(0, close + 1), unquoted(json.slice(1, close)))
}

/** A value and the place behind it. */
export interface Scanned {
  readonly end: number
  readonly result: Result | undefined
}

/** The next value at or behind `from`, whatever stands before it; no result at the end or in a broken string. */
export function scanAny(json: string, from: number): Scanned {
  for (let at = from; at < json.length; at++) {
    const scanned = scanValue(json, at)
    if (scanned !== undefined) return scanned
  }
  return { end: json.length, result: undefined }
}

/** The value that starts exactly at `at`; undefined when none does. */
export function scanValue(json: string, at: number): Scanned | undefined {
  const c = json.charCodeAt(at)
  if (c === OPEN_BRACE || c === OPEN_BRACKET) {
    const { end, raw } = readSquashed(json, at)
    return { end, result: jsonResult(raw) }
  }
  if (c === QUOTE) {
    const quoted = readQuoted(json, at)
    if (quoted === undefined) return { end: json.length, result: undefined }
    return { end: quoted.end, result: stringResult(quoted.raw, quoted.text) }
  }
  if (startsNumber(json, at)) {
    const raw = readNumber(json, at)
    return { end: at + raw.length, result: numberResult(raw) }
  }
  if (startsLiteral(c)) {
    const raw = readLiteral(json, at)
    return { end: at + raw.length, result: literalResult(raw) }
  }
  return undefined
}

/** Whether `scanValue` finds a value here. */
export function startsValue(json: string, at: number): boolean {
  const c = json.charCodeAt(at)
  if (c === QUOTE || c === OPEN_BRACE || c === OPEN_BRACKET) return true
  return startsLiteral(c) || startsNumber(json, at)
}

/** A member of an object, or an element of an array (then `key` is undefined). */
export interface Member {
  readonly key: Result | undefined
  readonly value: Result
}

/**
 * Result.ForEach. A scalar is its own only member. Upstream skips one character behind each value and does not stop
 * at the closing bracket; both show on broken JSON, and both are kept.
 */
export function membersOf({ type, raw, text, num }: Result): readonly Member[] {
  if (type !== 'JSON') {
    const self: Result = { type, raw, text, num }
    return exists(self) ? [{ key: undefined, value: self }] : []
  }
  let start = 0
  while (start < raw.length && raw.charCodeAt(start) <= SPACE) start++
  const open = raw.charCodeAt(start)
  if (open === OPEN_BRACE) return objectMembers(raw, start + 1)
  return open === OPEN_BRACKET ? arrayMembers(raw, start + 1) : []
}

function objectMembers(raw: string, from: number): readonly Member[] {
  const members: Member[] = []
  for (let i = from; i < raw.length; i++) {
    if (raw.charCodeAt(i) !== QUOTE) continue
    const quoted = readQuoted(raw, i)
    if (quoted === undefined) break
    const { end, result } = scanAny(raw, skipSeparators(raw, quoted.end))
    if (result === undefined) break
    members.push({ key: stringResult(quoted.raw, quoted.text), value: result })
    i = end
  }
  return members
}

function arrayMembers(raw: string, from: number): readonly Member[] {
  const members: Member[] = []
  for (let i = from; i < raw.length; i++) {
    const { end, result } = scanAny(raw, skipSeparators(raw, i))
    if (result === undefined) break
    members.push({ key: undefined, value: result })
    i = end
  }
  return members
}

/** Commas and colons count as blanks here. */
function skipSeparators(raw: string, from: number): number {
  let at = from
  while (at < raw.length && (raw.charCodeAt(at) <= SPACE || ',:'.includes(raw.charAt(at)))) at++
  return at
}
