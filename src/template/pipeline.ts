import { PARSE_DEPTH_MAX } from './limits.ts'
import type { CommandNode, Operand, PipeNode } from './node.ts'
import { type NumberReading, readComplex, readNumber, readRune } from './number-literal.ts'
import { unquote } from './quote.ts'
import type { Token } from './token.ts'
import { failAt, type Tokens, unexpected } from './tokens.ts'

/** What the parser knows at one place of a template. */
export interface ParseScope {
  readonly tokens: Tokens
  readonly isFunction: (name: string) => boolean
  /** Names that may be used; the visible ones are a prefix that grows and shrinks with the blocks. */
  readonly variables: string[]
  parens: number
  ranges: number
  blocks: number
}

/** `[$a[, $b] :=] command [| command …]` up to `end`. */
export function parsePipeline(
  scope: ParseScope,
  context: string,
  end: 'rightDelimiter' | 'rightParen',
): PipeNode {
  const { offset } = scope.tokens.peekNonSpace()
  const { variables, isAssign } = parseDeclarations(scope, context)
  const commands: CommandNode[] = []
  for (;;) {
    const token = scope.tokens.nextNonSpace()
    if (token.name === end) {
      checkCommands(commands, token, context)
      return { node: 'pipe', offset, isAssign, variables, commands }
    }
    if (!OPERANDS.has(token.name) && !isNil(token)) unexpected(token, context)
    scope.tokens.back()
    commands.push(parseCommand(scope))
  }
}

/** Tokens that can begin a command. */
const OPERANDS: ReadonlySet<Token['name']> = new Set([
  'bool',
  'charConstant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'rawString',
  'string',
  'variable',
  'leftParen',
])

/** `nil` is a keyword that is an operand. */
function isNil({ name, text }: Token): boolean {
  return name === 'keyword' && text === 'nil'
}

/** Names with their `$`; `isAssign` tells `=` from `:=`. */
interface Declarations {
  readonly variables: readonly string[]
  readonly isAssign: boolean
}

/** Empty for a pipeline that only computes. */
function parseDeclarations(scope: ParseScope, context: string): Declarations {
  const variables: string[] = []
  for (;;) {
    const end = parseDeclaration(scope, variables, context)
    if (end !== 'comma') return { variables, isAssign: end === 'assign' }
  }
}

/** What stood behind a variable at the head of a pipeline. */
type DeclarationEnd = 'none' | 'comma' | 'assign' | 'declare'

/** Takes one variable; a declared one is visible at once, in its own pipeline as well, as in Go. */
function parseDeclaration(scope: ParseScope, variables: string[], context: string): DeclarationEnd {
  const { tokens } = scope
  const token = tokens.peekNonSpace()
  if (token.name !== 'variable') return 'none'
  tokens.nextNonSpace()
  const { name, text } = tokens.peekNonSpace()
  const isComma = name === 'char' && text === ','
  if (name !== 'assign' && name !== 'declare' && !isComma) {
    // Only an operand after all: put it back, with the space that may follow it.
    tokens.backTo(token)
    return 'none'
  }
  tokens.nextNonSpace()
  variables.push(token.text)
  scope.variables.push(token.text)
  if (!isComma) return name === 'assign' ? 'assign' : 'declare'
  checkComma(scope, variables.length, context)
  return 'comma'
}

/** Only `range` takes two variables, and nothing but a variable may follow the comma. */
function checkComma({ tokens }: ParseScope, count: number, context: string): void {
  const token = tokens.peekNonSpace()
  if (context !== 'range' || count > 1) failAt(token, `too many declarations in ${context}`)
  if (!['variable', 'rightDelimiter', 'rightParen'].includes(token.name)) {
    failAt(token, 'range can only initialize variables')
  }
}

/** Operands that can neither be called nor have fields. */
const CONSTANTS: ReadonlySet<Operand['node']> = new Set(['bool', 'dot', 'nil', 'number', 'string'])

/** Only the first stage may be a constant: `1 | print` is fine, `print | 1` cannot take a value. */
function checkCommands(commands: readonly CommandNode[], token: Token, context: string): void {
  if (commands.length === 0) failAt(token, `missing value for ${context}`)
  for (const [index, { operands }] of commands.entries()) {
    if (index > 0 && CONSTANTS.has(operands[0].node)) {
      failAt(token, `non executable command in pipeline stage ${index + 1}`)
    }
  }
}

/** Operands are separated by blanks; a command ends at a pipe, a parenthesis or a delimiter. */
function parseCommand(scope: ParseScope): CommandNode {
  const { tokens } = scope
  const first = tokens.peekNonSpace()
  const operands: Operand[] = []
  for (;;) {
    tokens.peekNonSpace()
    const operand = parseOperand(scope)
    if (operand !== undefined) operands.push(operand)
    const token = tokens.next()
    if (token.name === 'space') continue
    if (token.name === 'rightDelimiter' || token.name === 'rightParen') tokens.back()
    else if (token.name !== 'pipe') unexpected(token, 'operand')
    break
  }
  const [head, ...rest] = operands
  if (head === undefined) return failAt(first, 'empty command')
  return { offset: first.offset, operands: [head, ...rest] }
}

/** A term and the fields that follow it without a space. */
function parseOperand(scope: ParseScope): Operand | undefined {
  const { tokens } = scope
  const term = parseTerm(scope)
  if (term === undefined || tokens.peek().name !== 'field') return term
  const { offset } = tokens.peek()
  const fields: string[] = []
  while (tokens.peek().name === 'field') fields.push(tokens.next().text.slice(1))
  if (term.node === 'field') return { ...term, offset, fields: [...term.fields, ...fields] }
  if (term.node === 'variable') return { ...term, offset, fields: [...term.fields, ...fields] }
  if (CONSTANTS.has(term.node)) failAt(tokens.peek(), 'unexpected . after a constant')
  return { node: 'chain', offset, of: term, fields }
}

/** Undefined for a token that begins no term; it stays unread. */
function parseTerm(scope: ParseScope): Operand | undefined {
  const token = scope.tokens.nextNonSpace()
  const { offset, text } = token
  switch (token.name) {
    case 'identifier':
      if (!scope.isFunction(text)) failAt(token, `function ${JSON.stringify(text)} not defined`)
      return { node: 'identifier', offset, name: text }
    case 'dot':
      return { node: 'dot', offset }
    case 'variable':
      if (!scope.variables.includes(text)) failAt(token, `undefined variable ${text}`)
      return { node: 'variable', offset, name: text, fields: [] }
    case 'field':
      return { node: 'field', offset, fields: [text.slice(1)] }
    case 'bool':
      return { node: 'bool', offset, isTrue: text === 'true' }
    case 'charConstant':
      return numberNode(token, readRune(text))
    case 'complex':
      return numberNode(token, readComplex(text))
    case 'number':
      return numberNode(token, readNumber(text))
    case 'string':
    case 'rawString':
      return {
        node: 'string',
        offset,
        text: unquote(text) ?? failAt(token, 'invalid string literal'),
      }
    case 'leftParen':
      return parseParenthesised(scope, token)
    default:
      if (isNil(token)) return { node: 'nil', offset }
      scope.tokens.back()
      return undefined
  }
}

/** A literal that does not read is a parse error, even where the number is never used. */
function numberNode(token: Token, reading: NumberReading | string): Operand {
  if (typeof reading === 'string') return failAt(token, reading)
  return { node: 'number', offset: token.offset, ...reading }
}

/** The limit counts parentheses within each other, not their number. */
function parseParenthesised(scope: ParseScope, token: Token): PipeNode {
  if (scope.parens >= PARSE_DEPTH_MAX) failAt(token, 'parentheses nested too deep')
  scope.parens++
  const pipe = parsePipeline(scope, 'parenthesized pipeline', 'rightParen')
  scope.parens--
  return pipe
}
