/** A value as it is written. Offsets are UTF-16 units of the document's text, end exclusive. */
export type Node = ScalarNode | SequenceNode | MappingNode | AliasNode

/** Offsets of the value without comments around it. */
interface Extent {
  readonly start: number
  end: number
}

/** Text with its quotes and escapes resolved; its type is decided in resolve.ts. */
export interface ScalarNode extends Extent {
  readonly shape: 'scalar'
  /** Full tag; empty when none is written. */
  readonly tag: string
  readonly text: string
  /** Whether its text may decide its type: neither quoted nor tagged. */
  readonly isImplicit: boolean
}

/** Items in order, with their dashes for the places of findings. */
export interface SequenceNode extends Extent {
  readonly shape: 'sequence'
  readonly isFlow: boolean
  readonly items: Node[]
  /** Where the `-` of each item stands; empty in flow style. */
  readonly dashes: number[]
}

/** Pairs as written: duplicates and merge keys are still there. */
export interface MappingNode extends Extent {
  readonly shape: 'mapping'
  readonly isFlow: boolean
  readonly pairs: Pair[]
}

/** A key may be any node; what is no scalar is refused when values are built. */
export interface Pair {
  readonly key: Node
  readonly value: Node
}

/** The node that the anchor named when the alias was read; anchors may be set again. */
export interface AliasNode extends Extent {
  readonly shape: 'alias'
  readonly target: Node
}
