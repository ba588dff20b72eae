/** Exit codes of every command (design §2): a public contract. */
export const EXIT = {
  clean: 0,
  findings: 1,
  usage: 2,
  input: 3,
  world: 4,
  partial: 5,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

/** The command line is wrong: exit 2. The message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Input cannot be read or is invalid as a whole: exit 3. `hint` says what to do. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** A provider or cluster failed before any ExternalSecret could be judged: exit 4. */
export class WorldError extends Error {
  override readonly name = 'WorldError'
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

// A chunk of dist/ holds its own copy of these classes, so an error that crosses from one file into another is told by
// its name: `instanceof` would take it for a bug.

/** Exit 2, by name. */
export function isUsageError(error: unknown): error is UsageError {
  return error instanceof Error && error.name === 'UsageError'
}

/** Exit 3, by name. */
export function isInputError(error: unknown): error is InputError {
  return error instanceof Error && error.name === 'InputError'
}

/** Exit 4, by name. */
export function isWorldError(error: unknown): error is WorldError {
  return error instanceof Error && error.name === 'WorldError'
}
