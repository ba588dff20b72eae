/** Whose move it is: `usage` when an option is wrong, `input` when the manifests or the machine are. */
export type RenderFault = 'usage' | 'input'

/** The render cannot be made: a program is missing or fails, a path leads astray, an argument is not allowed. */
export class RenderError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'RenderError'
  }
  override readonly name = 'RenderError'
  readonly hint: string | undefined
  readonly fault: RenderFault
  /** What a child said, cleaned. */
  readonly output: string
  constructor(message: string, hint?: string, fault: RenderFault = 'input', output = '') {
    super(message)
    this.hint = hint
    this.fault = fault
    this.output = output
  }
}
