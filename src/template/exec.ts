import { evalPipeline } from './evaluate.ts'
import { formatValue } from './format.ts'
import {
  type Budget,
  type Frame,
  failAt,
  guarded,
  type Program,
  type Run,
  setVariable,
  spend,
} from './frame.ts'
import { TEMPLATE_DEPTH_MAX, TEXT_BYTES_MAX } from './limits.ts'
import type { BranchNode, ListNode, Node, PipeNode, TemplateNode } from './node.ts'
import { type GoInt, type GoValue, integer, isTrue, sortedKeys, typeOf } from './value.ts'

// Walks a parsed template: text, actions, branches, loops, templates within templates.

/** Renders a program with `.` and `$` set to `data`, on what is left of `budget`. Throws ExecError. */
export function execute(program: Program, data: GoValue, budget: Budget): string {
  const run: Run = { program, budget, output: '', steps: 0, depth: 0 }
  const root = program.definitions.get(program.name) ?? { nodes: [] }
  walkList({ run, variables: [{ name: '$', value: data }] }, data, root)
  return run.output
}

/** How a list of nodes ended. */
type Flow = 'next' | 'break' | 'continue'

/** Runs nodes until one breaks or continues; the loop around decides what that means. */
function walkList(frame: Frame, dot: GoValue, { nodes }: ListNode): Flow {
  for (const node of nodes) {
    const flow = walk(frame, dot, node)
    if (flow !== 'next') return flow
  }
  return 'next'
}

/** A node costs a step. An action that declares or assigns prints nothing. */
function walk(frame: Frame, dot: GoValue, node: Node): Flow {
  spend(frame, node.offset)
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

/** Every byte of output passes here; one template cannot make more than the limit. */
function write(run: Run, text: string, offset: number): void {
  run.output += text
  if (run.output.length > TEXT_BYTES_MAX)
    failAt(offset, `an output of more than ${TEXT_BYTES_MAX} bytes`)
}

/** No value prints as `<no value>`; a nil within a list or map prints as `<nil>` (format.ts). */
function writeValue(run: Run, value: GoValue, offset: number): void {
  if (value === undefined) write(run, '<no value>', offset)
  else
    write(
      run,
      guarded(offset, 'print', () => formatValue(value)),
      offset,
    )
}

/** Variables declared in the condition live until the end, in the else branch too. */
function walkBranch(frame: Frame, dot: GoValue, node: BranchNode): Flow {
  const mark = frame.variables.length
  const value = evalPipeline(frame, dot, node.pipe)
  let flow: Flow = 'next'
  if (isTrue(value)) flow = walkList(frame, node.node === 'with' ? value : dot, node.list)
  else if (node.elseList !== undefined) flow = walkList(frame, dot, node.elseList)
  frame.variables.length = mark
  return flow
}

/** A template sees `$` as its own argument and none of the caller's variables. */
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

/** One turn of a loop; `index` is a number, a key, or undefined for loops that count. */
interface Iteration {
  readonly index: GoValue
  readonly item: GoValue
}

/**
 * `inner` keeps the loop's own variables from turn to turn; what the body declares ends with the
 * turn.
 */
function walkRange(frame: Frame, dot: GoValue, node: BranchNode): Flow {
  const mark = frame.variables.length
  const value = evalPipeline(frame, dot, node.pipe)
  const inner = frame.variables.length
  let isEmpty = true
  let flow: Flow = 'next'
  for (const iteration of iterations(value, node)) {
    isEmpty = false
    spend(frame, node.offset)
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

/**
 * Maps in byte order of keys (R171). A string is refused: only lists, maps and
 * integers have turns, as in text/template.
 */
function* iterations(value: GoValue, { pipe }: BranchNode): Generator<Iteration> {
  if (value === undefined) return
  if (typeof value !== 'object' || value === null) refuseRange(value, pipe)
  switch (value.go) {
    case 'slice':
      for (const [index, item] of value.items.entries()) yield { index: integer(index), item }
      return
    case 'map':
      for (const key of sortedKeys(value)) yield { index: key, item: value.entries.get(key) }
      return
    case 'integer':
      yield* countUp(value, pipe)
      return
    default:
      refuseRange(value, pipe)
  }
}

function refuseRange(value: GoValue, { offset }: PipeNode): never {
  return failAt(offset, `range can't iterate over a ${typeOf(value)}`)
}

/** Lazy on purpose: `range 1000000000` must run into the step budget, not into an allocation. */
function* countUp({ value, type }: GoInt, { variables, offset }: PipeNode): Generator<Iteration> {
  if (variables.length > 1) {
    failAt(offset, "can't use an integer to iterate over more than one variable")
  }
  for (let i = 0n; i < value; i++) yield { index: undefined, item: integer(i, type) }
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
