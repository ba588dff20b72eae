import { parseGoFloat } from '../go-number.ts'
import type { Query } from './query-path.ts'
import { exists, isFalseText, isTrueText, literalResult, type Result } from './result.ts'
import { matchesWildcard } from './wildcard.ts'

/** Whether the value that a query's path led to satisfies its comparison. */
export function queryMatches({ op, value }: Query, result: Result): boolean {
  if (!value.startsWith('~')) return compares(op, value, result)
  const verdict = likeness(value.slice(1), result)
  return verdict !== undefined && compares(op, 'true', literalResult(String(verdict)))
}

/** `~true`, `~false`, `~null` and `~*` ask what a value is like; undefined for any other word. */
function likeness(word: string, result: Result): boolean | undefined {
  switch (word) {
    case '*':
      return exists(result)
    case 'null':
      return result.type === 'Null'
    case 'true':
      return isTrueish(result)
    case 'false':
      return isFalseish(result)
    default:
      return undefined
  }
}

/** `~true`: also the texts 1, t, true, and numbers but 0. */
function isTrueish({ type, text, num }: Result): boolean {
  if (type === 'String') return isTrueText(text)
  return type === 'True' || (type === 'Number' && num !== 0)
}

/** `~false`: also null, 0, and the texts 0, f, false. */
function isFalseish({ type, text, num }: Result): boolean {
  if (type === 'String') return isFalseText(text)
  return type === 'Null' || type === 'False' || (type === 'Number' && num === 0)
}

/** The value's type decides how the wanted text is read; JSON values compare with nothing. */
function compares(op: string, wanted: string, result: Result): boolean {
  if (!exists(result)) return false
  if (op === '') return true
  switch (result.type) {
    case 'String':
      return comparesText(op, result.text, wanted)
    case 'Number':
      return ordered(op, result.num, parseGoFloat(wanted) ?? 0)
    case 'True':
      return op === '>=' || (op === '>' ? wanted === 'false' : equality(op, wanted === 'true'))
    case 'False':
      return op === '<=' || (op === '<' ? wanted === 'true' : equality(op, wanted === 'false'))
    default:
      return false
  }
}

/** Booleans know no other operators beside those that `compares` special-cases. */
function equality(op: string, isEqual: boolean): boolean {
  return op === '=' ? isEqual : op === '!=' && !isEqual
}

/** `%` and `!%` are wildcards; everything else is byte order. */
function comparesText(op: string, text: string, wanted: string): boolean {
  if (op === '%') return matchesWildcard(text, wanted)
  if (op === '!%') return !matchesWildcard(text, wanted)
  return ordered(op, text, wanted)
}

/** Unknown operators match nothing. */
function ordered<T extends string | number>(op: string, a: T, b: T): boolean {
  switch (op) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    default:
      return false
  }
}
