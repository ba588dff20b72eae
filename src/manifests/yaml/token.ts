/** libyaml's tokens; those of a single character go by it. */
export type TokenKind =
  | 'version'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence'
  | 'block-mapping'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '-'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'
  | 'end'

/** One token. Members that a kind does not use are empty. */
export interface Token {
  readonly kind: TokenKind
  /** Offsets in the text, end exclusive. */
  readonly start: number
  readonly end: number
  /** Text of a scalar, name of an anchor, handle of a tag. */
  readonly value: string
  /** Suffix of a tag, prefix of a tag directive. */
  readonly suffix: string
  /** Whether a scalar is written without quotes and indicators. */
  readonly isPlain: boolean
}

/** A token without text. */
export function bareToken(kind: TokenKind, start: number, end: number): Token {
  return { kind, start, end, value: '', suffix: '', isPlain: false }
}
