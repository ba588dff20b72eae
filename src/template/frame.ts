import { ExecError, FunctionError } from './failure.ts'
import type { Functions } from './function.ts'
import { SLOW_KEYS_MAX, STEPS_MAX, STEPS_TOGETHER_MAX } from './limits.ts'
import type { Definitions } from './parser.ts'
import type { GoValue } from './value.ts'

// What a running template carries with it.

/**
 * A parsed template with all that its text may refer to. Shared between runs, never changed by one.
 */
export interface Program {
  readonly name: string
  readonly definitions: Definitions
  readonly functions: Functions
  readonly missingKey: 'error' | 'default'
}

/** What is left for all renderings that belong together. */
export interface Budget {
  steps: number
  slowKeys: number
}

/** A budget of which nothing is spent. */
export function newBudget(): Budget {
  return { steps: STEPS_TOGETHER_MAX, slowKeys: SLOW_KEYS_MAX }
}

/**
 * The mutable account of one rendering: output so far, steps spent, and templates within each
 * other.
 */
export interface Run {
  readonly program: Program
  readonly budget: Budget
  output: string
  steps: number
  depth: number
}

/** A `$name`. The same name may occur many times in a frame; the last one counts. */
export interface Variable {
  readonly name: string
  value: GoValue
}

/** One template's run: its variables, innermost last. */
export interface Frame {
  readonly run: Run
  readonly variables: Variable[]
}

/**
 * Throws ExecError. `offset` counts bytes of the template's text; `message` must not quote a value.
 */
export function failAt(offset: number, message: string): never {
  throw new ExecError(message, offset)
}

/** Takes steps off the budget. */
export function spend({ run }: Frame, offset: number, steps = 1): void {
  run.steps += steps
  run.budget.steps -= steps
  if (run.steps > STEPS_MAX) failAt(offset, `more than ${STEPS_MAX} steps`)
  if (run.budget.steps < 0) {
    failAt(offset, `more than ${STEPS_TOGETHER_MAX} steps in all templates of the object`)
  }
}

/** Takes a slow key off the budget. */
export function spendKey({ run }: Frame, offset: number): void {
  if (--run.budget.slowKeys >= 0) return
  failAt(offset, `more than ${SLOW_KEYS_MAX} new RSA or DSA keys in all templates of the object`)
}

/** Turns a function's failure into one with a place. */
export function guarded<T>(offset: number, name: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof FunctionError) failAt(offset, `error calling ${name}: ${error.message}`)
    throw error
  }
}

/**
 * `$x = …`: sets the innermost variable. Undeclared ones fail when they run, not when parsed, as in
 * Go.
 */
export function setVariable(frame: Frame, name: string, value: GoValue, offset: number): void {
  const variable = frame.variables.findLast((candidate) => candidate.name === name)
  if (variable === undefined) failAt(offset, `undefined variable ${name}`)
  variable.value = value
}
