/** Rule ids of what can be wrong with a text before it is an object. */
export type YamlRule =
  | 'yaml-syntax'
  | 'yaml-duplicate-key'
  | 'yaml-ambiguous'
  | 'yaml-too-deep'
  | 'yaml-alias-bomb'
  | 'input-encoding'
  | 'input-too-large'

/**
 * Stops the reading of one document. Thrown inside this folder only: its callers turn it into a Finding. `message` is
 * in our own words and never quotes the text, which may be a Secret.
 */
export class YamlFault extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'YamlFault'
  }
  override readonly name = 'YamlFault'
  readonly rule: YamlRule
  /** Index into the text, in UTF-16 units. */
  readonly offset: number
  /** Line, from 0, that the scanner had reached where that is not the line of `offset`. */
  readonly reached: number | undefined
  constructor(rule: YamlRule, offset: number, message: string, reached?: number) {
    super(message)
    this.rule = rule
    this.offset = offset
    this.reached = reached
  }
}

/** A fault of syntax at an offset; the message is ours and quotes nothing. */
export function syntaxFault(offset: number, message: string, reached?: number): YamlFault {
  return new YamlFault('yaml-syntax', offset, message, reached)
}
