import { deepEqual } from './deep-equal.ts'
import { fail } from './failure.ts'
import { type Functions, fixed, variadic } from './function.ts'
import { identicalInstants } from './instant.ts'
import { type GoValue, kindOf, typeOf } from './value.ts'

// eq, ne, lt, le, gt, ge: values of one basic kind compare, values of two kinds are an error.

type BasicKind = 'bool' | 'complex' | 'integer' | 'float' | 'string'

/**
 * All integer types are one kind and compare by value; Go treats int and uint apart but with the
 * same answers.
 */
function basicKind(value: GoValue): BasicKind | undefined {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'string'
  if (typeof value !== 'object' || value === null) return undefined
  return value.go === 'integer' || value.go === 'complex' ? value.go : undefined
}

/** Nil in Go's sense: no value, a nil interface, a nil slice or map. An empty list is not nil. */
function isNothing(value: GoValue): boolean {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && (value.go === 'slice' || value.go === 'map') && value.isNil
}

/**
 * Upstream: text/template's eq, whose errors are part of the contract: kinds that differ fail, nil
 * never does.
 */
function equal(a: GoValue, b: GoValue): boolean {
  const kind = basicKind(a)
  if (kind !== basicKind(b)) {
    if (kindOf(a) === 'invalid' || kindOf(b) === 'invalid') return false
    fail(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)
  }
  return kind === undefined ? equalComposite(a, b) : equalBasic(a, b)
}

function equalBasic(a: GoValue, b: GoValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a.go === 'integer' && b.go === 'integer') return a.value === b.value
  return (
    a.go === 'complex' && b.go === 'complex' && a.real === b.real && a.imaginary === b.imaginary
  )
}

/** Lists and maps compare with nil only; two of them are a failure in Go, not a `false`. */
function equalComposite(a: GoValue, b: GoValue): boolean {
  const isComparable = kindOf(a) === kindOf(b) || kindOf(a) === 'invalid' || kindOf(b) === 'invalid'
  if (!isComparable) fail(`non-comparable types ${typeOf(a)} and ${typeOf(b)}`)
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b)
  if (kindOf(b) === 'slice' || kindOf(b) === 'map') fail(`non-comparable type ${typeOf(b)}`)
  return a === b || equalObjects(a, b)
}

/** Structs are equal by their fields, pointers only when they are one. */
function equalObjects(a: GoValue, b: GoValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a.go === 'time' && b.go === 'time') return identicalInstants(a.instant, b.instant)
  if (a.go === 'location' && b.go === 'location') return a.zone === b.zone
  const isPointer = a.go === 'version' && a.isPointer
  return typeOf(a) === typeOf(b) && !isPointer && deepEqual(a, b)
}

/**
 * Strings compare by bytes, which equals code units here (bytes.ts). Complex numbers and bools have
 * no order.
 */
function less(a: GoValue, b: GoValue): boolean {
  const kind = basicKind(a)
  if (kind === undefined || basicKind(b) === undefined) return fail('invalid type for comparison')
  if (kind !== basicKind(b)) {
    fail(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`)
  }
  if (typeof a === 'string' && typeof b === 'string') return a < b
  if (typeof a === 'number' && typeof b === 'number') return a < b
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return fail('invalid type for comparison')
  }
  if (a.go === 'integer' && b.go === 'integer') return a.value < b.value
  return fail('invalid type for comparison')
}

function lessOrEqual(a: GoValue, b: GoValue): boolean {
  return less(a, b) || equal(a, b)
}

/**
 * text/template's comparisons. Trap: `ge` is "not less" and `gt` is "not less or
 * equal", so with NaN both are true, as in Go.
 */
export const comparisonFunctions: Functions = {
  /** True when the first equals any of the others. */
  eq: variadic(['value'], 'value', (others, first) => {
    if (others.length === 0) return fail('missing argument for comparison')
    return others.some((other) => equal(first, other))
  }),
  ne: fixed(['value', 'value'], (a, b) => !equal(a, b)),
  lt: fixed(['value', 'value'], less),
  le: fixed(['value', 'value'], lessOrEqual),
  gt: fixed(['value', 'value'], (a, b) => !lessOrEqual(a, b)),
  ge: fixed(['value', 'value'], (a, b) => !less(a, b)),
}
