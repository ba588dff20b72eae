import { type Parameter, TYPE_NAMES } from './function.ts'
import type { NumberNode, Operand } from './node.ts'
import { element, type GoValue, type IntType, integer, nilSlice, typeOf } from './value.ts'

// Whether a value suits a parameter, and what a constant becomes there: text/template's rules, which are stricter than Go's.

/**
 * What a parameter receives, or why text/template refuses it. A problem names types only, never the
 * operand, which may be a secret.
 */
export type Checked =
  | { readonly value: GoValue; readonly problem?: never }
  | { readonly problem: string }

/** A value that was computed. It is never converted: an int64 does not suit an int. */
export function checkValue(value: GoValue, parameter: Parameter): Checked {
  if (parameter === 'value') return { value }
  if (parameter === 'any') return { value: element(value) }
  const wanted = TYPE_NAMES[parameter]
  if (value === undefined) {
    return nilOf(parameter) ?? { problem: `invalid value; expected ${wanted}` }
  }
  const type = value === null ? 'interface {}' : typeOf(value)
  if (type === wanted) return { value }
  return { problem: `wrong type for value; expected ${wanted}; got ${type}` }
}

/** The literal `nil`. */
export function checkNil(parameter: Parameter): Checked {
  if (parameter === 'value') return { value: undefined }
  return nilOf(parameter) ?? { problem: `cannot assign nil to ${TYPE_NAMES[parameter]}` }
}

/**
 * The nil that Go has for the parameter's type; undefined where a literal `nil` is refused (string,
 * bool, numbers, structs).
 */
function nilOf(parameter: Parameter): Checked | undefined {
  switch (parameter) {
    case 'any':
      return { value: null }
    case 'list':
      return { value: nilSlice('[]interface {}') }
    case 'strings':
      return { value: nilSlice('[]string') }
    case 'dict':
      return {
        value: { go: 'map', type: 'map[string]interface {}', entries: new Map(), isNil: true },
      }
    default:
      return undefined
  }
}

/**
 * Constants are untyped, as in Go's source: `5` and `5.0` both suit an int, `"5"` and a computed
 * int64 do not.
 */
type Constant = Extract<Operand, { node: 'bool' | 'number' | 'string' }>

/** A bool, number or string that is written in the template. */
export function checkConstant(node: Constant, parameter: Parameter): Checked {
  switch (parameter) {
    case 'any':
    case 'value':
      return constantValue(node)
    case 'bool':
      return node.node === 'bool' ? { value: node.isTrue } : expected('bool', node)
    case 'string':
      return node.node === 'string' ? { value: node.text } : expected('string', node)
    case 'float64':
      return node.node === 'number' && node.float !== undefined
        ? { value: node.float }
        : expected('float', node)
    case 'int':
    case 'int64':
    case 'uint32':
      return integerConstant(node, parameter)
    case 'duration':
      return integerConstant(node, 'time.Duration')
    default:
      return { problem: `can't handle a ${node.node} for arg of type ${TYPE_NAMES[parameter]}` }
  }
}

function integerConstant(node: Constant, type: IntType): Checked {
  const isUnsigned = type === 'uint32'
  const what = isUnsigned ? 'unsigned integer' : 'integer'
  if (node.node !== 'number') return expected(what, node)
  const value = isUnsigned ? node.uint : node.int
  return value === undefined ? expected(what, node) : { value: integer(value, type) }
}

function expected(what: string, node: Constant): Checked {
  return { problem: `expected ${what}; found a ${node.node}` }
}

/** A constant where no type is asked for. */
export function constantValue(node: Constant): Checked {
  if (node.node === 'bool') return { value: node.isTrue }
  return node.node === 'string' ? { value: node.text } : idealNumber(node)
}

/**
 * Go's "ideal constant": complex first, float when written with a point or an exponent, else int.
 * So `1e3` is a float64 that prints as 1000, although an int parameter takes it as well.
 */
function idealNumber({ complex, isFloatText, float, int }: NumberNode): Checked {
  if (complex !== undefined) {
    return { value: { go: 'complex', real: complex[0], imaginary: complex[1] } }
  }
  if (isFloatText && float !== undefined) return { value: float }
  return int === undefined ? { problem: 'a number overflows int' } : { value: integer(int) }
}
