/** The render cannot be made: a program is missing or fails, a path leads astray. `output` is what a child said, cleaned. */
export class RenderError extends Error {
  override readonly name = 'RenderError'
  readonly hint: string | undefined
  readonly output: string
  constructor(message: string, hint?: string, output = '') {
    super(message)
    this.hint = hint
    this.output = output
  }
}
