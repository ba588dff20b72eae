// The tree that a template's text parses to. `offset` is the byte offset of the node in that text, for error positions.

/** Text outside of delimiters, its trimming already done. */
export interface TextNode {
  readonly node: 'text'
  readonly offset: number
  readonly text: string
}

/** A pipeline between delimiters; it prints unless it declares or assigns. */
export interface ActionNode {
  readonly node: 'action'
  readonly offset: number
  readonly pipe: PipeNode
}

/** `if`, `with`, `range` with their pipeline; `else if` is a branch within `elseList`. */
export interface BranchNode {
  readonly node: 'if' | 'with' | 'range'
  readonly offset: number
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}

/** A call of a named template; without a pipeline its dot is no value. */
export interface TemplateNode {
  readonly node: 'template'
  readonly offset: number
  readonly name: string
  readonly pipe: PipeNode | undefined
}

/** `break` or `continue`. The parser has checked that a `range` is around it. */
export interface LoopNode {
  readonly node: 'break' | 'continue'
  readonly offset: number
}

/** What a list holds: one thing to run. */
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | LoopNode

/** Nodes in the order of the text. */
export interface ListNode {
  readonly nodes: readonly Node[]
}

/** `$a, $b := command | command`. */
export interface PipeNode {
  readonly node: 'pipe'
  readonly offset: number
  readonly isAssign: boolean
  readonly variables: readonly string[]
  readonly commands: readonly CommandNode[]
}

/** An operand and its arguments. */
export interface CommandNode {
  readonly offset: number
  readonly operands: readonly [Operand, ...(readonly Operand[])]
}

/** A number literal can be several types at once: the parameter it goes to decides. */
export interface NumberNode {
  readonly node: 'number'
  readonly offset: number
  readonly int: bigint | undefined
  readonly uint: bigint | undefined
  readonly float: number | undefined
  readonly complex: readonly [number, number] | undefined
  /** Written with a point or an exponent: a float64 where nothing else is asked for. */
  readonly isFloatText: boolean
}

/** Fields of something that is not a name: `(index . "a").b`. */
export interface ChainNode {
  readonly node: 'chain'
  readonly offset: number
  readonly of: Operand
  readonly fields: readonly string[]
}

/** A term of a command. Field names come without their dots, variables with their `$`. */
export type Operand =
  | { readonly node: 'bool'; readonly offset: number; readonly isTrue: boolean }
  | { readonly node: 'dot'; readonly offset: number }
  | { readonly node: 'nil'; readonly offset: number }
  | { readonly node: 'string'; readonly offset: number; readonly text: string }
  | { readonly node: 'field'; readonly offset: number; readonly fields: readonly string[] }
  | {
      readonly node: 'variable'
      readonly offset: number
      readonly name: string
      readonly fields: readonly string[]
    }
  | { readonly node: 'identifier'; readonly offset: number; readonly name: string }
  | NumberNode
  | ChainNode
  | PipeNode
