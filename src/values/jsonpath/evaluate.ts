import { parseGoFloat } from '../go-number.ts'
import { printV } from '../go-print.ts'
import type { GoValue } from '../go-value.ts'
import type { Expression, Step } from './parse.ts'

/** Values that one evaluation may look at: `$..*..*` over a large answer is the tenant's own, but the run is not. */
const VISITS_MAX = 200_000

/** What a path finds; undefined where it fails. A path with `*`, `..`, a list, a range or a filter always gives a list. */
export function evaluate(expression: Expression, root: GoValue): GoValue | undefined {
  const scope: Scope = { root, current: { go: 'nil' }, effort: { visits: 0 } }
  const value = compute(expression, scope)
  return scope.effort.visits > VISITS_MAX ? undefined : value
}

interface Scope {
  readonly root: GoValue
  /** What `@` stands for. */
  readonly current: GoValue
  readonly effort: { visits: number }
}

function compute(expression: Expression, scope: Scope): GoValue | undefined {
  switch (expression.node) {
    case 'constant':
      return expression.value
    case 'path':
      return follow(expression.steps, scope[expression.start], scope)
    case 'variable':
      return variable(expression.keys, scope)
    case 'minus': {
      const value = numberOf(compute(expression.of, scope))
      return value === undefined ? undefined : { go: 'float64', value: -value }
    }
    case 'equal': {
      const left = compute(expression.left, scope)
      const right = compute(expression.right, scope)
      if (left === undefined || right === undefined) return undefined
      return { go: 'bool', value: isSame(left, right) !== expression.isNegated }
    }
  }
}

/**
 * One value as long as every step gives one. From the first that gives many on, all matches, and
 * what fails is no match.
 */
function follow(steps: readonly Step[], start: GoValue, scope: Scope): GoValue | undefined {
  let found: readonly GoValue[] = [start]
  for (const step of steps) found = found.flatMap((value) => matches(step, value, scope))
  return steps.every(isSingle) ? found[0] : { go: '[]interface {}', items: found }
}

function isSingle({ step }: Step): boolean {
  return step === 'select' || step === 'script'
}

function matches(step: Step, value: GoValue, scope: Scope): readonly GoValue[] {
  if (scope.effort.visits++ > VISITS_MAX) return []
  const inside = { ...scope, current: value }
  switch (step.step) {
    case 'select':
      return listOf(select(step.key, value, inside))
    case 'script':
      return listOf(compute(step.of, inside))
    case 'every':
      return children(value)
    case 'descend':
      return [...descendants(value, scope.effort)]
    case 'each':
      return step.keys.flatMap((key) => listOf(select(key, value, inside)))
    case 'filter':
      return children(value).filter((child) => isTrue(step.condition, { ...scope, current: child }))
    case 'range':
      return rangeOf(step.bounds, value, inside)
  }
}

function listOf(value: GoValue | undefined): readonly GoValue[] {
  return value === undefined ? [] : [value]
}

/** An index may be a text, a key may be a number; there are no negative indexes. */
function select(key: Expression, value: GoValue, scope: Scope): GoValue | undefined {
  const name = compute(key, scope)
  if (name === undefined) return undefined
  if (value.go === '[]interface {}') return value.items[Math.trunc(numberOf(name) ?? -1)]
  return value.go === 'map[string]interface {}' ? value.entries.get(printV(name)) : undefined
}

/** Upstream goes through a map in random order; here it is the order of the keys. */
function children(value: GoValue): readonly GoValue[] {
  if (value.go === '[]interface {}') return value.items
  if (value.go !== 'map[string]interface {}') return []
  const sorted = [...value.entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted.map(([, item]) => item)
}

/** The value itself comes first. */
function* descendants(value: GoValue, effort: Scope['effort']): Generator<GoValue> {
  if (effort.visits++ > VISITS_MAX) return
  yield value
  for (const child of children(value)) yield* descendants(child, effort)
}

/** Negative bounds count from the end, but `min` must not be above `max` as written. */
function rangeOf(bounds: readonly Expression[], value: GoValue, scope: Scope): readonly GoValue[] {
  if (value.go !== '[]interface {}') return []
  const [min, max, step] = bounds.map((bound) => numberOf(compute(bound, scope)))
  if (min === undefined || max === undefined || step === undefined) return []
  if (Math.trunc(min) > Math.trunc(max)) return []
  const { length } = value.items
  const clamp = (bound: number): number =>
    bound < 0 ? Math.max(0, length + Math.trunc(bound)) : Math.min(Math.trunc(bound), length)
  const taken = value.items.slice(clamp(min), Math.max(clamp(min), clamp(max)))
  const stride = Math.trunc(step) || 1
  const ordered = stride < 0 ? taken.reverse() : taken
  return ordered.filter((_, at) => at % Math.abs(stride) === 0)
}

/** Upstream: a scalar has no members, a map gives nil, and a list keeps itself where no element is meant. */
function variable(keys: readonly Expression[], scope: Scope): GoValue | undefined {
  let value: GoValue = scope.root
  for (const key of keys) {
    const name = compute(key, scope)
    if (name === undefined) return undefined
    const text = printV(name)
    if (value.go === 'map[string]interface {}') value = value.entries.get(text) ?? { go: 'nil' }
    else if (value.go !== '[]interface {}') return undefined
    else if (/^\+?\d{1,9}$/.test(text)) value = value.items[Number(text)] ?? value
  }
  return value
}

/** A text that Go reads as a number counts as one. */
function numberOf(value: GoValue | undefined): number | undefined {
  if (value?.go === 'float64') return value.value
  return value?.go === 'string' ? parseGoFloat(value.value) : undefined
}

/** What is neither truth nor number fails, and a filter that fails does not match. */
function isTrue(condition: Expression, scope: Scope): boolean {
  const value = compute(condition, scope)
  if (value?.go === 'bool') return value.value
  if (value?.go === 'string' && /^(?:true|TRUE)$/.test(value.value)) return true
  const number = numberOf(value)
  return number !== undefined && number !== 0
}

/** reflect.DeepEqual of decoded JSON. */
function isSame(left: GoValue, right: GoValue): boolean {
  if (left.go === '[]interface {}' && right.go === '[]interface {}') {
    const { items } = right
    return (
      left.items.length === items.length &&
      left.items.every((item, at) => isSame(item, items[at] ?? { go: 'nil' }))
    )
  }
  if (left.go === 'map[string]interface {}' && right.go === 'map[string]interface {}') {
    return (
      left.entries.size === right.entries.size &&
      [...left.entries].every(([key, item]) => {
        const other = right.entries.get(key)
        return other !== undefined && isSame(item, other)
      })
    )
  }
  if (left.go === 'nil' || right.go === 'nil') return left.go === right.go
  return 'value' in left && 'value' in right && left.go === right.go && left.value === right.value
}
