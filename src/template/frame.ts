import { ExecError, FunctionError } from './failure.ts'
import type { Functions } from './function.ts'
import { STEPS_MAX } from './limits.ts'
import type { Definitions } from './parser.ts'
import type { GoValue } from './value.ts'

// What a running template carries with it.

export interface Program {
  readonly name: string
  readonly definitions: Definitions
  readonly functions: Functions
  readonly missingKey: 'error' | 'default'
}

export interface Run {
  readonly program: Program
  output: string
  steps: number
  depth: number
}

export interface Variable {
  readonly name: string
  value: GoValue
}

/** One template's run: its variables, innermost last. */
export interface Frame {
  readonly run: Run
  readonly variables: Variable[]
}

export function failAt(offset: number, message: string): never {
  throw new ExecError(message, offset)
}

/** Takes steps off the budget. */
export function spend({ run }: Frame, offset: number, steps = 1): void {
  run.steps += steps
  if (run.steps > STEPS_MAX) failAt(offset, `more than ${STEPS_MAX} steps`)
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

export function setVariable(frame: Frame, name: string, value: GoValue, offset: number): void {
  const variable = frame.variables.findLast((candidate) => candidate.name === name)
  if (variable === undefined) failAt(offset, `undefined variable ${name}`)
  variable.value = value
}
