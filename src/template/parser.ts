import { ParseError } from './failure.ts'
import { PARSE_DEPTH_MAX } from './limits.ts'
import type { ActionNode, BranchNode, ListNode, LoopNode, Node, TemplateNode } from './node.ts'
import { type ParseScope, parsePipeline } from './pipeline.ts'
import { unquote } from './quote.ts'
import type { Token } from './token.ts'
import { failAt, readTokens, unexpected } from './tokens.ts'

// Control structures of a template; pipeline.ts reads what stands between the delimiters.

/** Templates by name: the text's own name for itself, the others from `define` and `block`. */
export type Definitions = ReadonlyMap<string, ListNode>

/** Parses a template text. Throws ParseError. `isFunction` tells which names may be called. */
export function parseTemplate(
  name: string,
  text: string,
  isFunction: (name: string) => boolean,
): Definitions {
  const scope: ParseScope = {
    tokens: readTokens(text),
    isFunction,
    variables: ['$'],
    parens: 0,
    ranges: 0,
    blocks: 0,
  }
  const definitions = new Map<string, ListNode>()
  const root = parseRoot({ ...scope, definitions })
  addDefinition(definitions, name, root, scope.tokens.peek().line)
  return definitions
}

/** What a text's whole parse shares, next to what its place in the text decides. */
interface Scope extends ParseScope {
  readonly definitions: Map<string, ListNode>
}

/** What ends a list of nodes. */
type Ending = { readonly ending: 'end' } | { readonly ending: 'else' }

/** `define` is legal here only; within blocks it is an unexpected keyword. */
function parseRoot(scope: Scope): ListNode {
  const { tokens } = scope
  const nodes: Node[] = []
  while (tokens.peek().name !== 'eof') {
    if (tokens.peek().name === 'leftDelimiter') {
      const delimiter = tokens.next()
      if (isKeyword(tokens.peekNonSpace(), 'define')) {
        tokens.nextNonSpace()
        parseDefine(scope)
        continue
      }
      tokens.backTo(delimiter)
    }
    const start = tokens.peek()
    const node = textOrAction(scope)
    if ('ending' in node) failAt(start, `unexpected {{${node.ending}}}`)
    nodes.push(node)
  }
  return { nodes }
}

/** Keywords are tokens of their own, so `.if` is a field. */
function isKeyword(token: Token, word: string): boolean {
  return token.name === 'keyword' && token.text === word
}

/** A definition knows neither the variables nor the loops around it. */
function inner(scope: Scope): Scope {
  return { ...scope, variables: ['$'], ranges: 0, parens: 0 }
}

/** `{{define "name"}} … {{end}}`: leaves nothing in the list around it. */
function parseDefine(scope: Scope): void {
  const context = 'define clause'
  const token = scope.tokens.nextNonSpace()
  const name = parseName(token, context)
  expectRight(scope, context)
  parseDefined(scope, { name, context, token })
}

/** A named list: where it came from matters for messages only. */
interface Defined {
  readonly name: string
  readonly context: string
  readonly token: Token
}

/** Reads up to `{{end}}`. The definition is kept even if the block around it never runs. */
function parseDefined(scope: Scope, { name, context, token }: Defined): void {
  const { list, ending } = itemList(inner(scope))
  if (ending !== 'end') failAt(token, `unexpected {{else}} in ${context}`)
  addDefinition(scope.definitions, name, list, scope.tokens.peek().line)
}

/** Templates are named by string constants, never by values. */
function parseName(token: Token, context: string): string {
  if (token.name !== 'string' && token.name !== 'rawString') unexpected(token, context)
  return unquote(token.text) ?? failAt(token, 'invalid string literal')
}

/** A second definition is an error, unless one of the two holds nothing but blanks: that one does not count. */
function addDefinition(
  definitions: Map<string, ListNode>,
  name: string,
  list: ListNode,
  line: number,
): void {
  const known = definitions.get(name)
  if (known === undefined || isEmpty(known)) definitions.set(name, list)
  else if (!isEmpty(list)) throw new ParseError('a template is defined twice', line)
}

/** Blanks alone: such a list counts as no definition. */
function isEmpty({ nodes }: ListNode): boolean {
  return nodes.every((node) => node.node === 'text' && /^[ \t\n\v\f\r\x85\xa0]*$/.test(node.text))
}

/** Nodes up to `{{end}}` or `{{else}}`. The depth limit keeps hostile text from V8's stack. */
function itemList(scope: Scope): { readonly list: ListNode } & Ending {
  const { tokens } = scope
  if (scope.blocks >= PARSE_DEPTH_MAX) failAt(tokens.peek(), 'blocks nested too deep')
  scope.blocks++
  const nodes: Node[] = []
  while (tokens.peekNonSpace().name !== 'eof') {
    const node = textOrAction(scope)
    if ('ending' in node) {
      scope.blocks--
      return { list: { nodes }, ...node }
    }
    nodes.push(node)
  }
  return failAt(tokens.peek(), 'unexpected end of template, {{end}} is missing')
}

/** One node, or the ending that a delimiter turned out to be. */
function textOrAction(scope: Scope): Node | Ending {
  const token = scope.tokens.nextNonSpace()
  if (token.name === 'text') return { node: 'text', offset: token.offset, text: token.text }
  if (token.name === 'leftDelimiter') return action(scope)
  return unexpected(token, 'input')
}

/** What follows a left delimiter. */
function action(scope: Scope): Node | Ending {
  const token = scope.tokens.nextNonSpace()
  if (token.name !== 'keyword' || token.text === 'nil' || token.text === 'define') {
    scope.tokens.back()
    return pipelineAction(scope)
  }
  switch (token.text) {
    case 'block':
      return block(scope, token)
    case 'template':
      return templateCall(scope, token)
    case 'break':
    case 'continue':
      return loopControl(scope, token, token.text)
    case 'else':
      return elseControl(scope)
    case 'end':
      expectRight(scope, 'end')
      return { ending: 'end' }
    case 'if':
    case 'range':
    case 'with':
      return branch(scope, token, token.text)
    default:
      return unexpected(token, 'command')
  }
}

/** A pipeline alone; its value prints. */
function pipelineAction(scope: Scope): ActionNode {
  const { offset } = scope.tokens.peek()
  return { node: 'action', offset, pipe: parsePipeline(scope, 'command', 'rightDelimiter') }
}

/** Control words stand alone in their action: `{{end x}}` is an error. */
function expectRight(scope: Scope, context: string): void {
  const token = scope.tokens.nextNonSpace()
  if (token.name !== 'rightDelimiter') unexpected(token, context)
}

/** `{{else if …}}` and `{{else with …}}` leave their keyword to the branch that they continue. */
function elseControl(scope: Scope): Ending {
  const token = scope.tokens.peekNonSpace()
  if (!isKeyword(token, 'if') && !isKeyword(token, 'with')) expectRight(scope, 'else')
  return { ending: 'else' }
}

/** `break` and `continue` are checked while parsing, as in Go, not when they run. */
function loopControl(scope: Scope, token: Token, word: 'break' | 'continue'): LoopNode {
  expectRight(scope, `{{${word}}}`)
  if (scope.ranges === 0) failAt(token, `{{${word}}} outside {{range}}`)
  return { node: word, offset: token.offset }
}

/** Variables of the pipeline are visible in both lists, and gone behind `{{end}}`. */
function branch(scope: Scope, token: Token, word: BranchNode['node']): BranchNode {
  const visible = scope.variables.length
  const pipe = parsePipeline(scope, word, 'rightDelimiter')
  if (word === 'range') scope.ranges++
  const { list, ending } = itemList(scope)
  if (word === 'range') scope.ranges--
  const elseList = ending === 'else' ? parseElse(scope, word) : undefined
  scope.variables.length = visible
  return { node: word, offset: token.offset, pipe, list, elseList }
}

/** `else if` nests: one `{{end}}` closes them all, hence the count of blocks. */
function parseElse(scope: Scope, word: BranchNode['node']): ListNode {
  const next = scope.tokens.peek()
  if (word !== 'range' && isKeyword(scope.tokens.peekNonSpace(), word)) {
    const token = scope.tokens.nextNonSpace()
    if (scope.blocks >= PARSE_DEPTH_MAX) failAt(token, 'blocks nested too deep')
    scope.blocks++
    const nested = branch(scope, token, word)
    scope.blocks--
    return { nodes: [nested] }
  }
  const { list, ending } = itemList(scope)
  if (ending !== 'end') failAt(next, 'expected {{end}}, found {{else}}')
  return list
}

/** A template that is defined where it is used first. */
function block(scope: Scope, keyword: Token): TemplateNode {
  const context = 'block clause'
  const token = scope.tokens.nextNonSpace()
  const name = parseName(token, context)
  const pipe = parsePipeline(scope, context, 'rightDelimiter')
  parseDefined(scope, { name, context, token: keyword })
  return { node: 'template', offset: token.offset, name, pipe }
}

/** The name need not exist yet: it is looked up when the template runs. */
function templateCall(scope: Scope, _keyword: Token): TemplateNode {
  const context = 'template clause'
  const token = scope.tokens.nextNonSpace()
  const name = parseName(token, context)
  if (scope.tokens.nextNonSpace().name === 'rightDelimiter') {
    return { node: 'template', offset: token.offset, name, pipe: undefined }
  }
  scope.tokens.back()
  const pipe = parsePipeline(scope, context, 'rightDelimiter')
  return { node: 'template', offset: token.offset, name, pipe }
}
