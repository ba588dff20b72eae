import { RE2JS } from 're2js'
import { type Attempt, done, failed } from './attempt.ts'
import { fromBinary, RUNE_ERROR, runeAt, toBinary } from './binary.ts'
import {
  type MatchOffsets,
  PATTERN_CHARS_MAX,
  type Pattern,
  type PatternEngine,
} from './pattern-engine.ts'
import { translatePattern } from './re2-syntax.ts'

/** RE2 through re2js. Loading this module loads the engine, so others import it dynamically. */
export const patternEngine: PatternEngine = { compile }

/** Why a pattern would be refused, in our words; undefined when Go compiles it. */
export function patternProblem(source: string): string | undefined {
  return compile(source).failure?.message
}

/**
 * Trust: patterns are the users'. RE2 is linear in the subject, and the pattern's length is bounded
 * first.
 */
function compile(source: string | Uint8Array): Attempt<Pattern> {
  const text = typeof source === 'string' ? source : utf8Text(source)
  if (text === undefined) return failed('InvalidPattern', 'pattern is not UTF-8')
  if (text.length > PATTERN_CHARS_MAX) {
    return failed('InvalidPattern', `pattern is longer than ${PATTERN_CHARS_MAX} characters`)
  }
  const translated = translatePattern(text)
  if (translated === undefined) return failed('InvalidPattern', 'pattern has an unknown \\p class')
  try {
    return done(patternOf(RE2JS.compile(translated.pattern), translated.groupNames))
  } catch {
    // The engine's message quotes the pattern; its position is not worth that.
    return failed('InvalidPattern', 'pattern is not valid RE2 syntax')
  }
}

/** Undefined for bytes that are no UTF-8, which Go refuses in a pattern, too. */
function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A matcher is made per call: re2js' matchers carry state, and patterns are shared. */
function patternOf(engine: RE2JS, translatedNames: readonly string[]): Pattern {
  const groupNames = namesOf(engine, translatedNames)
  return {
    groupNames,
    matches: (subject) => engine.matcher(readSubject(subject).text).find(),
    findAll: (subject) => {
      const read = readSubject(subject)
      return findAll(engine, read).map((match) => match.map((at) => byteOffset(read, at)))
    },
    replaceAll: (subject, replacement) =>
      replaceAll({ engine, groupNames }, readSubject(subject), toBinary(replacement)),
  }
}

/** Group names as written; the engine knows them as g0, g1 … (re2-syntax.ts). */
function namesOf(engine: RE2JS, translated: readonly string[]): readonly string[] {
  const names: string[] = Array.from({ length: engine.groupCount() + 1 }, () => '')
  for (const [name, index] of Object.entries(engine.namedGroups())) {
    names[index] = translated[Number(name.slice(1))] ?? ''
  }
  return names
}

/** A subject as the engine reads it, and the way back to bytes. */
interface Subject {
  readonly binary: string
  /** Each invalid byte is one U+FFFD, as for Go's regexp. */
  readonly text: string
  /** Byte offset of every UTF-16 unit, and of the end. */
  readonly offsets: readonly number[]
}

/** One pass; `offsets` has as many entries as the text has units, and one more. */
function readSubject(bytes: Uint8Array): Subject {
  const binary = toBinary(bytes)
  const offsets: number[] = []
  let text = ''
  for (let at = 0; at < binary.length; ) {
    const { code, size } = runeAt(binary, at)
    const unit = String.fromCodePoint(code)
    for (let i = 0; i < unit.length; i++) offsets.push(at)
    text += unit
    at += size
  }
  offsets.push(binary.length)
  return { binary, text, offsets }
}

/** Groups that took no part stay at -1. */
function byteOffset({ offsets }: Subject, at: number): number {
  return at < 0 ? -1 : (offsets[at] ?? -1)
}

/** Offsets in UTF-16 units of the first match at or behind `from`. */
function matchFrom(engine: RE2JS, text: string, from: number): MatchOffsets | undefined {
  const matcher = engine.matcher(text)
  if (!matcher.find(from)) return undefined
  const offsets: number[] = []
  for (let group = 0; group <= engine.groupCount(); group++) {
    offsets.push(matcher.start(group), matcher.end(group))
  }
  return offsets
}

/** Go's rule: an empty match right behind another match does not count. */
function findAll(engine: RE2JS, { text }: Subject): readonly MatchOffsets[] {
  const matches: MatchOffsets[] = []
  let lastEnd = -1
  for (let from = 0; from <= text.length; ) {
    const match = matchFrom(engine, text, from)
    if (match === undefined) break
    const [start = 0, end = 0] = match
    const isEmpty = start === end
    if (!isEmpty || start !== lastEnd) matches.push(match)
    from = isEmpty ? end + widthAt(text, end) : end
    lastEnd = end
  }
  return matches
}

/** UTF-16 units of the code point at `at`; 1 at the end, so that loops end. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}

/** An engine with the names of its groups. */
interface Compiled {
  readonly engine: RE2JS
  readonly groupNames: readonly string[]
}

/**
 * Copies bytes of the subject, not decoded text: what does not match stays as it is, valid UTF-8 or
 * not.
 */
function replaceAll(
  { engine, groupNames }: Compiled,
  subject: Subject,
  replacement: string,
): Uint8Array {
  const template = parseTemplate(replacement)
  let out = ''
  let copied = 0
  for (const match of findAll(engine, subject)) {
    const offsets = match.map((at) => byteOffset(subject, at))
    const [start = 0, end = 0] = offsets
    out += subject.binary.slice(copied, start)
    out += expand(template, { groupNames, offsets, binary: subject.binary })
    copied = end
  }
  return fromBinary(out + subject.binary.slice(copied))
}

/** A piece of a replacement: text as it is, or the name or number of a group. */
type Piece = { readonly text: string } | { readonly group: string }

/** Go's Expand syntax: `$name`, `${name}`, `$$`; anything else keeps its dollar. Names are as long as possible. */
function parseTemplate(replacement: string): readonly Piece[] {
  const pieces: Piece[] = []
  let rest = replacement
  for (;;) {
    const dollar = rest.indexOf('$')
    if (dollar < 0) return [...pieces, { text: rest }]
    pieces.push({ text: rest.slice(0, dollar) })
    rest = rest.slice(dollar + 1)
    if (rest.startsWith('$')) {
      pieces.push({ text: '$' })
      rest = rest.slice(1)
      continue
    }
    const name = groupName(rest)
    pieces.push(name === undefined ? { text: '$' } : { group: name.name })
    rest = rest.slice(name?.size ?? 0)
  }
}

/** Letters and digits of Unicode and `_`, as Go reads them from UTF-8. */
function groupName(template: string): { readonly name: string; readonly size: number } | undefined {
  const isBraced = template.startsWith('{')
  const from = isBraced ? 1 : 0
  let at = from
  for (
    let rune = runeAt(template, at);
    isNameRune(rune.code, rune.size);
    rune = runeAt(template, at)
  ) {
    at += rune.size
  }
  if (at === from || (isBraced && template.charAt(at) !== '}')) return undefined
  return { name: template.slice(from, at), size: isBraced ? at + 1 : at }
}

/** Go's unicode.IsLetter, IsDigit and the underscore; a bad byte ends a name. */
function isNameRune(code: number, size: number): boolean {
  if (size === 0 || (code === RUNE_ERROR && size === 1)) return false
  return /^[\p{L}\p{Nd}_]$/u.test(String.fromCodePoint(code))
}

/** What a replacement may refer to. */
interface Match {
  readonly groupNames: readonly string[]
  readonly offsets: MatchOffsets
  readonly binary: string
}

/** One match's replacement as a binary string. */
function expand(template: readonly Piece[], match: Match): string {
  return template
    .map((piece) => ('text' in piece ? piece.text : groupText(piece.group, match)))
    .join('')
}

/** A group that does not exist or took no part is empty; of several with one name, the first that took part counts. */
function groupText(name: string, { groupNames, offsets, binary }: Match): string {
  // Go reads a number with a leading zero, or with more than nine digits, as a name.
  const isNumber = /^(?:0|[1-9][0-9]{0,8})$/.test(name)
  const numbers = isNumber
    ? [Number(name)]
    : groupNames.flatMap((candidate, i) => (candidate === name && i > 0 ? [i] : []))
  for (const number of numbers) {
    const start = offsets[2 * number] ?? -1
    if (start >= 0) return binary.slice(start, offsets[2 * number + 1])
  }
  return ''
}
