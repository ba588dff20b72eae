import { type Checked, checkConstant, checkNil, checkValue, constantValue } from './arguments.ts'
import { ExecError, FunctionError } from './failure.ts'
import { formatValue } from './format.ts'
import type { Functions, Parameter, TemplateFunction } from './function.ts'
import { STEPS_MAX, TEMPLATE_DEPTH_MAX, TEXT_BYTES_MAX } from './limits.ts'
import { methodOf } from './methods.ts'
import type {
  BranchNode,
  CommandNode,
  ListNode,
  Node,
  Operand,
  PipeNode,
  TemplateNode,
} from './node.ts'
import type { Definitions } from './parser.ts'
import { type GoValue, integer, isTrue, sortedKeys, typeOf } from './value.ts'

// Walks a parsed template. Values follow text/template to the letter: what a nil does where, which types suit, when a pipeline's
// last value counts as an argument.

export interface Program {
  readonly name: string
  readonly definitions: Definitions
  readonly functions: Functions
  readonly missingKey: 'error' | 'default'
}

/** Renders a program with `.` and `$` set to `data`. Throws ExecError. */
export function execute(program: Program, data: GoValue): string {
  const run: Run = { program, output: '', steps: 0, depth: 0 }
  const root = program.definitions.get(program.name) ?? { nodes: [] }
  walkList({ run, variables: [{ name: '$', value: data }] }, data, root)
  return run.output
}

interface Run {
  readonly program: Program
  output: string
  steps: number
  depth: number
}

interface Variable {
  readonly name: string
  value: GoValue
}

/** One template's run: its variables, innermost last. */
interface Frame {
  readonly run: Run
  readonly variables: Variable[]
}

/** The value that a pipeline hands on as last argument; undefined when there is none. */
type Final = { readonly value: GoValue } | undefined

/** How a list of nodes ended. */
type Flow = 'next' | 'break' | 'continue'

function failAt(offset: number, message: string): never {
  throw new ExecError(message, offset)
}

function step({ run }: Frame, offset: number): void {
  if (++run.steps > STEPS_MAX) failAt(offset, `more than ${STEPS_MAX} steps`)
}

function walkList(frame: Frame, dot: GoValue, { nodes }: ListNode): Flow {
  for (const node of nodes) {
    const flow = walk(frame, dot, node)
    if (flow !== 'next') return flow
  }
  return 'next'
}

function walk(frame: Frame, dot: GoValue, node: Node): Flow {
  step(frame, node.offset)
  switch (node.node) {
    case 'text':
      write(frame.run, node.text, node.offset)
      return 'next'
    case 'action': {
      const value = evalPipeline(frame, dot, node.pipe)
      if (node.pipe.variables.length === 0) writeValue(frame.run, value, node.offset)
      return 'next'
    }
    case 'template':
      walkTemplate(frame, dot, node)
      return 'next'
    case 'range':
      return walkRange(frame, dot, node)
    case 'if':
    case 'with':
      return walkBranch(frame, dot, node)
    default:
      return node.node
  }
}

function write(run: Run, text: string, offset: number): void {
  run.output += text
  if (run.output.length > TEXT_BYTES_MAX)
    failAt(offset, `an output of more than ${TEXT_BYTES_MAX} bytes`)
}

function writeValue(run: Run, value: GoValue, offset: number): void {
  if (value === undefined) write(run, '<no value>', offset)
  else
    write(
      run,
      guarded(offset, 'print', () => formatValue(value)),
      offset,
    )
}

/** Turns a function's failure into one with a place. */
function guarded<T>(offset: number, name: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof FunctionError) failAt(offset, `error calling ${name}: ${error.message}`)
    throw error
  }
}

function walkBranch(frame: Frame, dot: GoValue, node: BranchNode): Flow {
  const mark = frame.variables.length
  const value = evalPipeline(frame, dot, node.pipe)
  let flow: Flow = 'next'
  if (isTrue(value)) flow = walkList(frame, node.node === 'with' ? value : dot, node.list)
  else if (node.elseList !== undefined) flow = walkList(frame, dot, node.elseList)
  frame.variables.length = mark
  return flow
}

function walkTemplate(frame: Frame, dot: GoValue, node: TemplateNode): void {
  const { run } = frame
  const list = run.program.definitions.get(node.name)
  if (list === undefined) failAt(node.offset, 'template is not defined')
  if (run.depth >= TEMPLATE_DEPTH_MAX) {
    failAt(node.offset, `templates call each other more than ${TEMPLATE_DEPTH_MAX} deep`)
  }
  const value = node.pipe === undefined ? undefined : evalPipeline(frame, dot, node.pipe)
  run.depth++
  walkList({ run, variables: [{ name: '$', value }] }, value, list)
  run.depth--
}

interface Iteration {
  readonly index: GoValue
  readonly item: GoValue
}

function walkRange(frame: Frame, dot: GoValue, node: BranchNode): Flow {
  const mark = frame.variables.length
  const value = evalPipeline(frame, dot, node.pipe)
  const inner = frame.variables.length
  let isEmpty = true
  let flow: Flow = 'next'
  for (const iteration of iterations(value, node)) {
    isEmpty = false
    step(frame, node.offset)
    setLoopVariables(frame, node.pipe, iteration)
    flow = walkList(frame, iteration.item, node.list)
    frame.variables.length = inner
    if (flow === 'break') break
  }
  flow = 'next'
  if (isEmpty && node.elseList !== undefined) flow = walkList(frame, dot, node.elseList)
  frame.variables.length = mark
  return flow
}

function* iterations(value: GoValue, { pipe }: BranchNode): Generator<Iteration> {
  if (value === undefined || value === null) return
  if (typeof value === 'object') {
    if (value.go === 'integer') {
      if (pipe.variables.length > 1) {
        failAt(pipe.offset, "can't use an integer to iterate over more than one variable")
      }
      for (let i = 0n; i < value.value; i++)
        yield { index: undefined, item: integer(i, value.type) }
      return
    }
    if (value.go === 'slice') {
      for (const [index, item] of value.items.entries()) yield { index: integer(index), item }
      return
    }
    if (value.go === 'map') {
      for (const key of sortedKeys(value)) yield { index: key, item: value.entries.get(key) }
      return
    }
  }
  failAt(pipe.offset, `range can't iterate over a ${typeOf(value)}`)
}

/** One variable is the item; two are index or key, and item. */
function setLoopVariables(frame: Frame, pipe: PipeNode, { index, item }: Iteration): void {
  const [first, second] = pipe.variables
  if (first === undefined) return
  if (pipe.isAssign) {
    setVariable(frame, first, second === undefined ? item : index, pipe.offset)
    if (second !== undefined) setVariable(frame, second, item, pipe.offset)
    return
  }
  const last = frame.variables.at(-1)
  if (last !== undefined) last.value = item
  const previous = second === undefined ? undefined : frame.variables.at(-2)
  if (previous !== undefined) previous.value = index
}

function setVariable(frame: Frame, name: string, value: GoValue, offset: number): void {
  const variable = frame.variables.findLast((candidate) => candidate.name === name)
  if (variable === undefined) failAt(offset, `undefined variable ${name}`)
  variable.value = value
}

function evalPipeline(frame: Frame, dot: GoValue, pipe: PipeNode): GoValue {
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

interface CommandCall {
  readonly dot: GoValue
  readonly command: CommandNode
  readonly final: Final
}

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

function checked(result: Checked, offset: number): GoValue {
  return result.problem === undefined ? result.value : failAt(offset, result.problem)
}

interface Call {
  readonly dot: GoValue
  readonly rest: readonly Operand[]
  readonly final: Final
  readonly offset: number
}

type FieldOperand = Extract<Operand, { node: 'field' | 'variable' | 'chain' }>

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

interface FieldOf {
  readonly receiver: GoValue
  readonly field: string
}

function evalField(frame: Frame, { receiver, field }: FieldOf, call: Call): GoValue {
  const { offset } = call
  const { missingKey } = frame.run.program
  if (receiver === undefined) {
    return missingKey === 'error'
      ? failAt(offset, `nil data; no entry for key ${JSON.stringify(field)}`)
      : undefined
  }
  if (receiver === null) failAt(offset, `nil pointer evaluating interface {}.${field}`)
  const method = methodOf(receiver, field)
  if (method !== undefined) return callWith(frame, { name: field, callee: method }, call)
  const hasArguments = call.rest.length > 0 || call.final !== undefined
  if (typeof receiver === 'object' && receiver.go === 'map') {
    if (hasArguments) failAt(offset, `${field} is not a method but has arguments`)
    if (receiver.entries.has(field)) return receiver.entries.get(field)
    return missingKey === 'error'
      ? failAt(offset, `map has no entry for key ${JSON.stringify(field)}`)
      : undefined
  }
  if (typeof receiver === 'object' && receiver.go === 'struct' && receiver.fields.has(field)) {
    if (hasArguments) failAt(offset, `${field} has arguments but cannot be invoked as function`)
    return receiver.fields.get(field)
  }
  return failAt(offset, `can't evaluate field ${field} in type ${typeOf(receiver)}`)
}

function callFunction(frame: Frame, name: string, call: Call): GoValue {
  const callee = frame.run.program.functions[name]
  if (callee === undefined) failAt(call.offset, `${JSON.stringify(name)} is not a defined function`)
  if (name === 'and' || name === 'or') return shortCircuit(frame, name, call)
  return callWith(frame, { name, callee }, call)
}

interface Callee {
  readonly name: string
  readonly callee: TemplateFunction
}

function callWith(frame: Frame, { name, callee }: Callee, call: Call): GoValue {
  const { dot, rest, final, offset } = call
  step(frame, offset)
  const count = rest.length + (final === undefined ? 0 : 1)
  checkCount(callee, { name, count, offset })
  const values = rest.map((operand, index) => {
    return evalArgument(frame, { dot, operand, parameter: parameterAt(callee, index) })
  })
  if (final !== undefined) {
    values.push(checked(checkValue(final.value, parameterAt(callee, count - 1)), offset))
  }
  return guarded(offset, name, () => callee.call(values))
}

function parameterAt({ parameters, rest }: TemplateFunction, index: number): Parameter {
  return parameters[index] ?? rest ?? 'any'
}

interface Counted {
  readonly name: string
  readonly count: number
  readonly offset: number
}

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
  step(frame, offset)
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

interface Argument {
  readonly dot: GoValue
  readonly operand: Operand
  readonly parameter: Parameter
}

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
