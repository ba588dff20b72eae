import { deepEqual } from '../deep-equal.ts'
import { fail } from '../failure.ts'
import { type Functions, fixed, variadic } from '../function.ts'
import { element, kindOf, typeOf } from '../value.ts'
import { isEmpty } from './lists.ts'

// Defaults, flow and reflection.

/** `default`, `coalesce` and the like take 0, "", false and empty lists as unset (R169). */
export const defaultFunctions: Functions = {
  default: variadic(['any'], 'any', ([given], otherwise) => (isEmpty(given) ? otherwise : given)),
  empty: fixed(['any'], isEmpty),
  coalesce: variadic([], 'any', (values) => element(values.find((value) => !isEmpty(value)))),
  all: variadic([], 'any', (values) => values.every((value) => !isEmpty(value))),
  any: variadic([], 'any', (values) => values.some((value) => !isEmpty(value))),
  ternary: fixed(['any', 'any', 'bool'], (yes, no, isTrue) => (isTrue ? yes : no)),
  // The text is the author's own, but may hold operands: it is not repeated.
  fail: fixed(['string'], () => fail('the template called fail')),
  typeOf: fixed(['any'], typeOf),
  typeIs: fixed(['string', 'any'], (target, value) => target === typeOf(value)),
  typeIsLike: fixed(['string', 'any'], (target, value) => {
    return target === typeOf(value) || `*${target}` === typeOf(value)
  }),
  kindOf: fixed(['any'], kindOf),
  kindIs: fixed(['string', 'any'], (target, value) => target === kindOf(value)),
  deepEqual: fixed(['any', 'any'], (a, b) => deepEqual(a, b)),
}
