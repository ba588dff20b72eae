import { TEXT_BYTES_MAX } from './limits.ts'

/**
 * A function of a template failed (Go: it returned an error or panicked). The message names types and positions, never an
 * operand: operands are secrets.
 */
export class FunctionError extends Error {
  override readonly name = 'FunctionError'
}

/** A text is no template. */
export class ParseError extends Error {
  override readonly name = 'ParseError'
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** Running a template failed at a node. */
export class ExecError extends Error {
  override readonly name = 'ExecError'
  /** Byte offset of the failing node in the template's text. */
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/** Throws FunctionError. `message` must not quote an operand: it ends in a status and in logs. */
export function fail(message: string): never {
  throw new FunctionError(message)
}

/** Ends the rendering before `bytes` are allocated, when they are more than any text may have. */
export function checkLength(bytes: number): void {
  if (bytes > TEXT_BYTES_MAX) fail(`a text of more than ${TEXT_BYTES_MAX} bytes`)
}
