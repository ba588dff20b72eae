import { comparisonFunctions } from './comparison.ts'
import { escapeFunctions } from './escape.ts'
import { fail } from './failure.ts'
import { print, printLine } from './format.ts'
import { type Functions, fixed, variadic } from './function.ts'
import { sprintf } from './sprintf.ts'
import { type GoMap, type GoValue, integer, isTrue, kindOf, typeOf } from './value.ts'

// The functions that text/template itself defines. Its `slice` is missing: Sprig's takes its name.

/**
 * `index x 1 "k"`: a missing map key gives the zero value, never an error, even under
 * missingkey=error (R173).
 */
function index(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (item === undefined || item === null) return fail('index of untyped nil')
  let at: GoValue = item
  for (const key of indexes) at = indexOnce(at, key)
  return at
}

function indexOnce(item: GoValue, key: GoValue): GoValue {
  if (item === undefined || item === null) return fail('index of nil pointer')
  if (typeof item === 'string') return integer(item.charCodeAt(position(key, item.length)), 'uint8')
  if (typeof item === 'object' && item.go === 'slice') {
    return item.items[position(key, item.items.length)]
  }
  if (typeof item === 'object' && item.go === 'map') return indexMap(item, key)
  return fail(`can't index item of type ${typeOf(item)}`)
}

/**
 * The zero value of the map's element type: "" of map[string]string, nil of map[string]interface
 * {}.
 */
function indexMap(map: GoMap, key: GoValue): GoValue {
  if (typeof key !== 'string') return fail(`value has type ${typeOf(key)}; should be string`)
  if (map.entries.has(key)) return map.entries.get(key)
  return map.type === 'map[string]string' ? '' : null
}

/**
 * Checks an index as Go does; only integers index, so `index .s "0"` fails instead of converting.
 */
function position(key: GoValue, length: number): number {
  if (kindOf(key) === 'invalid') return fail('cannot index slice/array with nil')
  if (typeof key !== 'object' || key?.go !== 'integer') {
    return fail(`cannot index slice/array with type ${typeOf(key)}`)
  }
  if (key.value < 0n || key.value >= BigInt(length)) return fail('index out of range')
  return Number(key.value)
}

/**
 * Go's `len`: bytes of a string, items of a list, entries of a map. Throws FunctionError for
 * anything else.
 */
export function lengthOf(value: GoValue): number {
  if (typeof value === 'string') return value.length
  if (typeof value === 'object' && value?.go === 'slice') return value.items.length
  if (typeof value === 'object' && value?.go === 'map') return value.entries.size
  return fail(`len of type ${typeOf(value)}`)
}

/** The functions of text/template without `slice`; their failures are FunctionErrors. */
export const builtinFunctions: Functions = {
  ...comparisonFunctions,
  ...escapeFunctions,
  // exec.ts evaluates these two itself, for they do not evaluate all of their arguments.
  and: variadic(['value'], 'value', (_, first) => first),
  or: variadic(['value'], 'value', (_, first) => first),
  not: fixed(['value'], (value) => !isTrue(value)),
  // No value of a template is a function.
  call: variadic(['value'], 'value', (_, callee) => {
    return fail(
      kindOf(callee) === 'invalid' ? 'call of nil' : `non-function of type ${typeOf(callee)}`,
    )
  }),
  index: variadic(['value'], 'value', (indexes, item) => index(item, indexes)),
  len: fixed(['value'], (value) => integer(lengthOf(value))),
  print: variadic([], 'any', print),
  println: variadic([], 'any', printLine),
  printf: variadic(['string'], 'any', (operands, format) => sprintf(format, operands)),
}
