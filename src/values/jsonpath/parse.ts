import { binaryOfText } from '../binary.ts'
import { parseGoFloat } from '../go-number.ts'
import type { GoValue } from '../go-value.ts'
import { type Token, tokensOf } from './tokens.ts'

// The JSONPath that ESO's webhook reads its answers with. Upstream: PaesslerAG/jsonpath with nothing of its expression
// language but `==`, `!=`, a minus sign and parentheses, so `<`, `&&` and `!` are errors there, and here as well.

/** What a path, a filter or a key between brackets computes. */
export type Expression =
  | { readonly node: 'constant'; readonly value: GoValue }
  | { readonly node: 'path'; readonly start: 'root' | 'current'; readonly steps: readonly Step[] }
  /** A bare name, looked up in the document; one that is not there is nil. */
  | { readonly node: 'variable'; readonly keys: readonly Expression[] }
  | { readonly node: 'minus'; readonly of: Expression }
  | {
      readonly node: 'equal'
      readonly isNegated: boolean
      readonly left: Expression
      readonly right: Expression
    }

/** `select` and `script` give one value, all others give any number of them. */
export type Step =
  | { readonly step: 'select'; readonly key: Expression }
  | { readonly step: 'script'; readonly of: Expression }
  | { readonly step: 'every' }
  | { readonly step: 'descend' }
  | { readonly step: 'each'; readonly keys: readonly Expression[] }
  | { readonly step: 'filter'; readonly condition: Expression }
  | { readonly step: 'range'; readonly bounds: readonly Expression[] }

/** Undefined when it is no path. Never throws. */
export function parsePath(path: string): Expression | undefined {
  const tokens = tokensOf(path)
  // Trust: a path of nothing but brackets would exhaust the stack.
  if (tokens === undefined || tokens.length > 2000) return undefined
  try {
    const reader: Reader = { tokens, at: 0 }
    const expression = readExpression(reader)
    expectSign(reader, '')
    return expression
  } catch (error) {
    if (error instanceof NoPath) return undefined
    throw error
  }
}

/** Unwinds the parser; it never leaves this file. */
class NoPath extends Error {}

interface Reader {
  readonly tokens: readonly Token[]
  at: number
}

const END: Token = { token: 'sign', text: '' }

function peek(reader: Reader): Token {
  return reader.tokens[reader.at] ?? END
}

function isSign(reader: Reader, text: string): boolean {
  const { token, text: found } = peek(reader)
  return token === 'sign' && found === text
}

/** Takes the sign if it is next. */
function take(reader: Reader, text: string): boolean {
  if (!isSign(reader, text)) return false
  reader.at++
  return true
}

function expectSign(reader: Reader, text: string): void {
  if (!take(reader, text)) throw new NoPath()
}

/** Operators of one rank, from left to right. */
function readExpression(reader: Reader): Expression {
  let left = readOperand(reader)
  for (;;) {
    const isNegated = isSign(reader, '!=')
    if (!isNegated && !isSign(reader, '==')) return left
    reader.at++
    left = { node: 'equal', isNegated, left, right: readOperand(reader) }
  }
}

function readOperand(reader: Reader): Expression {
  const { token, text } = peek(reader)
  reader.at++
  if (token === 'text') return constant({ go: 'string', value: binaryOfText(text) })
  if (token === 'number') return constant(numberOf(text))
  if (token === 'name') return readName(reader, text)
  switch (text) {
    case '$':
      return { node: 'path', start: 'root', steps: readSteps(reader) }
    case '@':
      return { node: 'path', start: 'current', steps: readSteps(reader) }
    case '-':
      return { node: 'minus', of: readOperand(reader) }
    case '(': {
      const inner = readExpression(reader)
      expectSign(reader, ')')
      return inner
    }
    default:
      throw new NoPath()
  }
}

function constant(value: GoValue): Expression {
  return { node: 'constant', value }
}

function numberOf(text: string): GoValue {
  const value = parseGoFloat(text.replaceAll('_', ''))
  if (value === undefined) throw new NoPath()
  return { go: 'float64', value }
}

/** `true`, `false`, or a name with members: no `$` is needed for a plain lookup. */
function readName(reader: Reader, name: string): Expression {
  if (name === 'true' || name === 'false') return constant({ go: 'bool', value: name === 'true' })
  const keys = [nameKey(name)]
  for (;;) {
    if (take(reader, '.')) keys.push(nameKey(expectName(reader)))
    else if (take(reader, '[')) {
      keys.push(readExpression(reader))
      expectSign(reader, ']')
    } else if (isSign(reader, '(')) throw new NoPath()
    else return { node: 'variable', keys }
  }
}

function nameKey(name: string): Expression {
  return constant({ go: 'string', value: binaryOfText(name) })
}

function expectName(reader: Reader): string {
  const { token, text } = peek(reader)
  if (token !== 'name') throw new NoPath()
  reader.at++
  return text
}

function readSteps(reader: Reader): readonly Step[] {
  const steps: Step[] = []
  for (;;) {
    if (take(reader, '.')) steps.push(...readMember(reader))
    else if (take(reader, '[')) steps.push(readBracket(reader, false))
    else if (take(reader, '(')) steps.push(readScript(reader))
    else return steps
  }
}

/** Behind a dot. */
function readMember(reader: Reader): readonly Step[] {
  if (take(reader, '*')) return [{ step: 'every' }]
  if (!take(reader, '.')) return [{ step: 'select', key: nameKey(expectName(reader)) }]
  const descend: Step = { step: 'descend' }
  if (take(reader, '*')) return [descend, { step: 'every' }]
  if (take(reader, '[')) return [descend, readBracket(reader, true)]
  if (take(reader, '(')) return [descend, readScript(reader)]
  return [descend, { step: 'select', key: nameKey(expectName(reader)) }]
}

function readScript(reader: Reader): Step {
  const of = readExpression(reader)
  expectSign(reader, ')')
  return { step: 'script', of }
}

/** Behind `[`. Behind `..` one key is as good as many, and a range is an error. */
function readBracket(reader: Reader, isDescent: boolean): Step {
  if (take(reader, '*')) {
    expectSign(reader, ']')
    return { step: 'every' }
  }
  if (take(reader, '?')) {
    const condition = readExpression(reader)
    expectSign(reader, ']')
    return { step: 'filter', condition }
  }
  const first = isSign(reader, ':') ? undefined : readExpression(reader)
  if (isSign(reader, ':')) {
    if (isDescent) throw new NoPath()
    return { step: 'range', bounds: readBounds(reader, first) }
  }
  const keys = first === undefined ? [] : [first]
  while (take(reader, ',')) keys.push(readExpression(reader))
  expectSign(reader, ']')
  const [only] = keys
  if (only === undefined) throw new NoPath()
  return keys.length === 1 && !isDescent ? { step: 'select', key: only } : { step: 'each', keys }
}

// Upstream: what `max` is when nobody says.
const RANGE_MAX = 2 ** 31 - 1
const RANGE_DEFAULTS = [0, RANGE_MAX, 1] as const

/** `min:max:step`, each with its default. */
function readBounds(reader: Reader, first: Expression | undefined): readonly Expression[] {
  const bounds = [first]
  while (take(reader, ':')) {
    bounds.push(isSign(reader, ':') || isSign(reader, ']') ? undefined : readExpression(reader))
  }
  expectSign(reader, ']')
  if (bounds.length > 3) throw new NoPath()
  return RANGE_DEFAULTS.map((value, at) => bounds[at] ?? constant({ go: 'float64', value }))
}
