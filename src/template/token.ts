/**
 * What a token is. `char` is any other printable ASCII, which the parser accepts as a comma only.
 */
export type TokenName =
  | 'assign'
  | 'bool'
  | 'char'
  | 'charConstant'
  | 'complex'
  | 'declare'
  | 'dot'
  | 'eof'
  | 'field'
  | 'identifier'
  | 'keyword'
  | 'leftDelimiter'
  | 'leftParen'
  | 'number'
  | 'pipe'
  | 'rawString'
  | 'rightDelimiter'
  | 'rightParen'
  | 'space'
  | 'string'
  | 'text'
  | 'variable'

/** One token with its place. `text` is the source as written, quotes and escapes included. */
export interface Token {
  readonly name: TokenName
  readonly text: string
  /** Byte offset in the template. */
  readonly offset: number
  readonly line: number
}
