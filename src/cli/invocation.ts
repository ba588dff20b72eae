import type { Io } from './io.ts'

/** One parsed command line. */
export interface Invocation {
  readonly operands: readonly string[]
  readonly options: OptionValues
  readonly io: Io
}

/** Resolves to the exit code. Throws UsageError, InputError or WorldError; anything else is a bug (exit 70). */
export type Command = (invocation: Invocation) => Promise<number>

/** Values of the options that were given, by long name. Fallbacks are the command's own business. */
export class OptionValues {
  readonly #given: ReadonlyMap<string, string | true | readonly string[]>

  constructor(given: ReadonlyMap<string, string | true | readonly string[]>) {
    this.#given = given
  }

  flag(name: string): boolean {
    return this.#given.get(name) === true
  }

  text(name: string): string | undefined {
    const value = this.#given.get(name)
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): readonly string[] {
    const value = this.#given.get(name)
    return Array.isArray(value) ? value : []
  }
}
