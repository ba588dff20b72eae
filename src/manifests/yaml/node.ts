/** A value as it is written. Offsets are UTF-16 units of the document's text, end exclusive. */
export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode

interface Extent {
  readonly start: number
  end: number
}

export interface ScalarNode extends Extent {
  readonly shape: 'scalar'
  /** Full tag; empty when none is written. */
  readonly tag: string
  readonly text: string
  /** Whether its text may decide its type: neither quoted nor tagged. */
  readonly isImplicit: boolean
}

export interface SequenceNode extends Extent {
  readonly shape: 'sequence'
  readonly isFlow: boolean
  readonly items: Node[]
  /** Where the `-` of each item stands; empty in flow style. */
  readonly dashes: number[]
}

export interface MappingNode extends Extent {
  readonly shape: 'mapping'
  readonly isFlow: boolean
  readonly pairs: Pair[]
}

export interface Pair {
  readonly key: Node
  readonly value: Node
}

export interface AliasNode extends Extent {
  readonly shape: 'alias'
  readonly target: Node
}
