import type { MatchOffsets, Pattern, PatternEngine } from '../../values/pattern-engine.ts'
import { fromBytes, toBytes } from '../bytes.ts'
import { checkLength, fail } from '../failure.ts'
import { type Functions, fixed } from '../function.ts'
import { type GoSlice, nilSlice, strings } from '../value.ts'
import { visitMany } from '../work.ts'

// Regular expressions by RE2, injected. The `must` twins differ from the others by the error's text only.

/** Trust: patterns are a template's own and may come from a secret; RE2 keeps them linear. */
export function regexFunctions(patterns: PatternEngine): Functions {
  const compile = cached(patterns)
  // The pattern is not quoted, for it may be a secret.
  const must = (pattern: string): Pattern =>
    compile(pattern) ?? fail('the pattern is not valid RE2 syntax')
  const find = fixed(['string', 'string'], (pattern, text) => findFirst(must(pattern), text))
  const findAll = fixed(['string', 'string', 'int'], (pattern, text, limit) =>
    findTexts(must(pattern), text, Number(limit.value)),
  )
  const replaceAll = fixed(['string', 'string', 'string'], (pattern, text, replacement) =>
    replace(must(pattern), text, replacement),
  )
  const replaceLiteral = fixed(['string', 'string', 'string'], (pattern, text, replacement) =>
    replaceLiterally(must(pattern), text, replacement),
  )
  const split = fixed(['string', 'string', 'int'], (pattern, text, limit) =>
    splitBy({ compiled: must(pattern), pattern, text, limit: Number(limit.value) }),
  )
  return {
    // Upstream: a pattern that does not compile matches nothing, silently.
    regexMatch: fixed(
      ['string', 'string'],
      (pattern, text) => compile(pattern)?.matches(toBytes(text)) === true,
    ),
    mustRegexMatch: fixed(['string', 'string'], (pattern, text) =>
      must(pattern).matches(toBytes(text)),
    ),
    regexFind: find,
    mustRegexFind: find,
    regexFindAll: findAll,
    mustRegexFindAll: findAll,
    regexReplaceAll: replaceAll,
    mustRegexReplaceAll: replaceAll,
    regexReplaceAllLiteral: replaceLiteral,
    mustRegexReplaceAllLiteral: replaceLiteral,
    regexSplit: split,
    mustRegexSplit: split,
    regexQuoteMeta: fixed(['string'], (text) => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
  }
}

// Per engine: loops use a handful of patterns again and again.
const COMPILED_MAX = 64
/** Values that take as long as the compiling of one pattern: the largest that RE2 allows takes some milliseconds. */
const COMPILING = 64_000

/** Undefined for a pattern that is not RE2. */
function cached(patterns: PatternEngine): (pattern: string) => Pattern | undefined {
  const compiled = new Map<string, Pattern | undefined>()
  return (pattern) => {
    if (compiled.has(pattern)) return compiled.get(pattern)
    visitMany(COMPILING)
    const attempt = patterns.compile(toBytes(pattern))
    if (compiled.size >= COMPILED_MAX) compiled.clear()
    compiled.set(pattern, attempt.failure === undefined ? attempt.value : undefined)
    return compiled.get(pattern)
  }
}

/** Offsets are bytes, as are the texts. */
function matched(text: string, [start = 0, end = 0]: MatchOffsets): string {
  return text.slice(start, end)
}

/** Empty both for no match and for an empty one, as in Go. */
function findFirst(pattern: Pattern, text: string): string {
  const [first] = pattern.findAll(toBytes(text))
  return first === undefined ? '' : matched(text, first)
}

/** A negative limit means all; no match gives nil, as in Go. */
function findTexts(pattern: Pattern, text: string, limit: number): GoSlice {
  const all = pattern.findAll(toBytes(text))
  const matches = limit < 0 ? all : all.slice(0, limit)
  return matches.length === 0
    ? nilSlice('[]string')
    : strings(matches.map((match) => matched(text, match)))
}

function replace(pattern: Pattern, text: string, replacement: string): string {
  const bytes = toBytes(text)
  // `$1` may stand for the whole text any number of times: bounded before it is built.
  const references = replacement.split('$').length - 1
  const matches = pattern.findAll(bytes)
  checkLength(text.length + matches.length * replacement.length + references * text.length)
  return fromBytes(pattern.replaceAll(bytes, toBytes(replacement)))
}

/** `$` means nothing in the replacement. */
function replaceLiterally(pattern: Pattern, text: string, replacement: string): string {
  const matches = pattern.findAll(toBytes(text))
  checkLength(text.length + matches.length * replacement.length)
  let replaced = ''
  let copied = 0
  for (const [start = 0, end = 0] of matches) {
    replaced += text.slice(copied, start) + replacement
    copied = end
  }
  return replaced + text.slice(copied)
}

/** One split; `limit` is Go's n: 0 nothing, negative all. */
interface Split {
  readonly compiled: Pattern
  readonly pattern: string
  readonly text: string
  readonly limit: number
}

/** Regexp.Split with its asymmetry: an empty match at the very start makes no part. */
function splitBy({ compiled, pattern, text, limit }: Split): GoSlice {
  if (limit === 0) return nilSlice('[]string')
  if (pattern !== '' && text === '') return strings([''])
  const all = compiled.findAll(toBytes(text))
  const parts: string[] = []
  let begin = 0
  let last = 0
  for (const [start = 0, end = 0] of limit < 0 ? all : all.slice(0, limit)) {
    if (limit > 0 && parts.length === limit - 1) break
    last = start
    if (end !== 0) parts.push(text.slice(begin, start))
    begin = end
  }
  if (last !== text.length) parts.push(text.slice(begin))
  return strings(parts)
}
