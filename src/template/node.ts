// The tree that a template's text parses to. `offset` is the byte offset of the node in that text, for error positions.

export interface TextNode {
  readonly node: 'text'
  readonly offset: number
  readonly text: string
}

export interface ActionNode {
  readonly node: 'action'
  readonly offset: number
  readonly pipe: PipeNode
}

export interface BranchNode {
  readonly node: 'if' | 'with' | 'range'
  readonly offset: number
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList: ListNode | undefined
}

export interface TemplateNode {
  readonly node: 'template'
  readonly offset: number
  readonly name: string
  readonly pipe: PipeNode | undefined
}

export interface LoopNode {
  readonly node: 'break' | 'continue'
  readonly offset: number
}

export type Node = TextNode | ActionNode | BranchNode | TemplateNode | LoopNode

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

export interface ChainNode {
  readonly node: 'chain'
  readonly offset: number
  readonly of: Operand
  readonly fields: readonly string[]
}

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
