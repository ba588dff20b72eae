import { type Checked, checkConstant, checkNil, checkValue, constantValue } from './arguments.ts'
import { costOf, costOfResult, makesSlowKey } from './cost.ts'
import { checkLength } from './failure.ts'
import { type Frame, failAt, guarded, setVariable, spend, spendKey } from './frame.ts'
import type { Parameter, TemplateFunction } from './function.ts'
import { methodOf } from './methods.ts'
import type { CommandNode, Operand, PipeNode } from './node.ts'
import { type GoValue, isTrue, typeOf } from './value.ts'
import { beginCall, visited } from './work.ts'

/** Visits of values that one step pays for. */
const NODES_PER_STEP = 64

// Evaluates pipelines. Values follow text/template to the letter: what a nil does where, which types suit, when the value of a
// pipeline's last command counts as an argument.

/** The value that a pipeline hands on as last argument; undefined when there is none. */
type Final = { readonly value: GoValue } | undefined

/**
 * The value of a pipeline's last command, or undefined for no value; declares or sets its
 * variables. Throws ExecError.
 */
export function evalPipeline(frame: Frame, dot: GoValue, pipe: PipeNode): GoValue {
  let final: Final
  for (const command of pipe.commands) {
    const value: GoValue = evalCommand(frame, { dot, command, final })
    // A nil in an interface is no value from here on.
    final = { value: value === null ? undefined : value }
  }
  const value = final?.value
  for (const name of pipe.variables) {
    if (pipe.isAssign) setVariable(frame, name, value, pipe.offset)
    else frame.variables.push({ name, value })
  }
  return value
}

/** A command with the value that the one before it in the pipeline handed on. */
interface CommandCall {
  readonly dot: GoValue
  readonly command: CommandNode
  readonly final: Final
}

/**
 * The first operand decides: functions, fields and methods take arguments, everything else must
 * stand alone.
 */
function evalCommand(frame: Frame, { dot, command, final }: CommandCall): GoValue {
  const [head, ...rest] = command.operands
  const call: Call = { dot, rest, final, offset: head.offset }
  switch (head.node) {
    case 'identifier':
      return callFunction(frame, head.name, { ...call, offset: head.offset })
    case 'field':
    case 'variable':
    case 'chain':
      return evalFields(frame, head, call)
    case 'nil':
      return failAt(head.offset, 'nil is not a command')
    default:
      if (rest.length > 0 || final !== undefined) {
        failAt(head.offset, "can't give argument to non-function")
      }
      return evalPlain(frame, dot, head)
  }
}

/** An operand that takes no arguments. */
function evalPlain(
  frame: Frame,
  dot: GoValue,
  operand: Exclude<Operand, { node: 'nil' }>,
): GoValue {
  const call: Call = { dot, rest: [], final: undefined, offset: operand.offset }
  switch (operand.node) {
    case 'dot':
      return dot
    case 'pipe':
      return evalPipeline(frame, dot, operand)
    case 'identifier':
      return callFunction(frame, operand.name, call)
    case 'field':
    case 'variable':
    case 'chain':
      return evalFields(frame, operand, call)
    default:
      return checked(constantValue(operand), operand.offset)
  }
}

/** Gives a refusal of arguments.ts its place. */
function checked(result: Checked, offset: number): GoValue {
  return result.problem === undefined ? result.value : failAt(offset, result.problem)
}

/** Everything a call needs but its callee; `final` comes after `rest`, as the last argument. */
interface Call {
  readonly dot: GoValue
  readonly rest: readonly Operand[]
  readonly final: Final
  readonly offset: number
}

type FieldOperand = Extract<Operand, { node: 'field' | 'variable' | 'chain' }>

/** `.a.b.c args`: only the last name may take arguments, the ones before are plain look-ups. */
function evalFields(frame: Frame, operand: FieldOperand, call: Call): GoValue {
  const { offset } = operand
  let receiver = receiverOf(frame, call.dot, operand)
  if (operand.fields.length === 0 && (call.rest.length > 0 || call.final !== undefined)) {
    failAt(offset, "can't give argument to non-function")
  }
  const last = operand.fields.length - 1
  for (const [index, field] of operand.fields.entries()) {
    const at = index === last ? call : { dot: call.dot, rest: [], final: undefined, offset }
    receiver = evalField(frame, { receiver, field }, { ...at, offset })
  }
  return receiver
}

/** What the first field is looked up in. Variables resolve from the innermost scope outwards. */
function receiverOf(frame: Frame, dot: GoValue, operand: FieldOperand): GoValue {
  if (operand.node === 'field') return dot
  if (operand.node === 'variable') {
    const variable = frame.variables.findLast(({ name }) => name === operand.name)
    if (variable === undefined) failAt(operand.offset, `undefined variable ${operand.name}`)
    return variable.value
  }
  if (operand.of.node === 'nil') failAt(operand.offset, 'indirection through explicit nil')
  return evalPlain(frame, dot, operand.of)
}

/** A look-up of one name in one value. */
interface FieldOf {
  readonly receiver: GoValue
  readonly field: string
}

/** Methods win over fields and map keys, as in Go: `.Year` of a time is a call. */
function evalField(frame: Frame, { receiver, field }: FieldOf, call: Call): GoValue {
  const { offset } = call
  if (receiver === undefined) return missing(frame, offset, 'nil data; no entry for key')
  if (receiver === null) failAt(offset, `nil pointer evaluating interface {}.${field}`)
  const method = methodOf(receiver, field)
  if (method !== undefined) return callWith(frame, { name: field, callee: method }, call)
  const fields = fieldsOf(receiver)
  if (fields === undefined || (isStruct(receiver) && !fields.has(field))) {
    return failAt(offset, `can't evaluate field ${field} in type ${typeOf(receiver)}`)
  }
  if (call.rest.length > 0 || call.final !== undefined) {
    failAt(offset, `${field} is not a method but has arguments`)
  }
  if (fields.has(field)) return fields.get(field)
  return missing(frame, offset, `map has no entry for key ${JSON.stringify(field)}`)
}

/**
 * R173: under missingkey=error a missing key ends the rendering, under `default` it is no value
 * ("<no value>").
 */
function missing({ run }: Frame, offset: number, message: string): undefined {
  return run.program.missingKey === 'error' ? failAt(offset, message) : undefined
}

function isStruct(value: GoValue): boolean {
  return typeof value === 'object' && value?.go === 'struct'
}

/** Entries of a map or fields of a struct; undefined for what has neither. */
function fieldsOf(value: GoValue): ReadonlyMap<string, GoValue> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value.go === 'map') return value.entries
  return value.go === 'struct' ? value.fields : undefined
}

/** The parser has checked that the name exists; the second check serves programs built by hand. */
function callFunction(frame: Frame, name: string, call: Call): GoValue {
  const callee = frame.run.program.functions[name]
  if (callee === undefined) failAt(call.offset, `${JSON.stringify(name)} is not a defined function`)
  if (name === 'and' || name === 'or') return shortCircuit(frame, name, call)
  return callWith(frame, { name, callee }, call)
}

/** A function or method with the name that messages call it by. */
interface Callee {
  readonly name: string
  readonly callee: TemplateFunction
}

/**
 * Order matters for the budget: the call is paid before its arguments' sizes, its work before it
 * runs, its answer after.
 */
function callWith(frame: Frame, { name, callee }: Callee, call: Call): GoValue {
  const { dot, rest, final, offset } = call
  spend(frame, offset)
  const count = rest.length + (final === undefined ? 0 : 1)
  checkCount(callee, { name, count, offset })
  const values = rest.map((operand, index) => {
    return evalArgument(frame, { dot, operand, parameter: parameterAt(callee, index) })
  })
  if (final !== undefined) {
    values.push(checked(checkValue(final.value, parameterAt(callee, count - 1)), offset))
  }
  spend(frame, offset, costOf(name, values))
  if (makesSlowKey(name, values)) spendKey(frame, offset)
  beginCall()
  const result = guarded(offset, name, () => checkedLength(callee.call(values)))
  spend(frame, offset, costOfResult(name, result) + Math.floor(visited() / NODES_PER_STEP))
  return result
}

/** No text longer than the limit leaves a function, so that no later one can multiply it. */
function checkedLength(result: GoValue): GoValue {
  if (typeof result === 'string') checkLength(result.length)
  return result
}

function parameterAt({ parameters, rest }: TemplateFunction, index: number): Parameter {
  return parameters[index] ?? rest ?? 'any'
}

/** What a message about a wrong number of arguments needs. */
interface Counted {
  readonly name: string
  readonly count: number
  readonly offset: number
}

/** text/template's own words, so that the remedies found on the web apply. */
function checkCount(
  { parameters, rest }: TemplateFunction,
  { name, count, offset }: Counted,
): void {
  const wanted = parameters.length
  const isFine = rest === undefined ? count === wanted : count >= wanted
  if (isFine) return
  const least = rest === undefined ? '' : 'at least '
  failAt(offset, `wrong number of args for ${name}: want ${least}${wanted} got ${count}`)
}

/** `and` and `or` evaluate no further than they must, and return the argument that decided. */
function shortCircuit(frame: Frame, name: 'and' | 'or', call: Call): GoValue {
  const { dot, rest, final, offset } = call
  spend(frame, offset)
  if (rest.length === 0 && final === undefined) {
    failAt(offset, `wrong number of args for ${name}: want at least 1 got 0`)
  }
  let value: GoValue
  for (const operand of rest) {
    value = evalArgument(frame, { dot, operand, parameter: 'value' })
    if (isTrue(value) === (name === 'or')) return value
  }
  return final === undefined ? value : final.value
}

/** An operand and the parameter that it is for. */
interface Argument {
  readonly dot: GoValue
  readonly operand: Operand
  readonly parameter: Parameter
}

/** Constants convert by the parameter's type, values are only checked against it (arguments.ts). */
function evalArgument(frame: Frame, { dot, operand, parameter }: Argument): GoValue {
  switch (operand.node) {
    case 'nil':
      return checked(checkNil(parameter), operand.offset)
    case 'bool':
    case 'number':
    case 'string':
      return checked(checkConstant(operand, parameter), operand.offset)
    default:
      return checked(checkValue(evalPlain(frame, dot, operand), parameter), operand.offset)
  }
}
