import { isArray, isObject, type JsonValue } from '../model/json.ts'
import { type Draft, NO_CONTENT } from './object-content.ts'

// `templateFrom[].target` of objects that are no Secrets (R103): `spec.rules[0].from[0].hosts`. Names keep their case.

/** A member by its name, or an item by its number. */
export type PathStep = string | number

/** The steps, or what is wrong with the path. */
export type ReadPath =
  | { readonly outcome: 'read'; readonly steps: readonly PathStep[] }
  | { readonly outcome: 'failed'; readonly message: string }

/** ESO's limit: a list grows up to the item that is named. */
const INDEX_MAX = 10_000

/** Trust: metadata would give it owners and finalizers (MT-7), and status is for others to say. */
export function readTargetPath(path: string, isConfigMap: boolean): ReadPath {
  const steps: PathStep[] = []
  for (const [index, segment] of path.split('.').entries()) {
    const read = readSegment(segment)
    if (read === undefined) return failed('expected names with dots between them, [n] for items')
    if (index === 0 && typeof read[0] !== 'string') return failed('the first name is missing')
    if (read.some((step) => typeof step === 'number' && step > INDEX_MAX)) {
      return failed(`an item is beyond [${INDEX_MAX}]`)
    }
    steps.push(...read)
  }
  const problem = rootProblem(String(steps[0]), isConfigMap)
  return problem === undefined ? { outcome: 'read', steps } : failed(problem)
}

/** `rules[0][1]`, or `[1]` alone; undefined for anything else. */
function readSegment(segment: string): readonly PathStep[] | undefined {
  const [whole, name = '', indices = ''] = /^([^[\]]*)((?:\[\d{1,6}\])*)$/.exec(segment) ?? []
  if (whole === undefined || whole === '') return undefined
  const numbers = [...indices.matchAll(/\d+/g)].map(([digits]) => Number(digits))
  return name === '' ? numbers : [name, ...numbers]
}

function rootProblem(root: string, isConfigMap: boolean): string | undefined {
  if (root === 'metadata') return 'of metadata only Labels and Annotations can be written'
  if (NO_CONTENT.has(root)) return `${root} cannot be written`
  return isConfigMap && root !== 'data' ? 'a ConfigMap has no other path than data' : undefined
}

function failed(message: string): ReadPath {
  return { outcome: 'failed', message }
}

/**
 * Puts what `leaf` makes of the value that is there at the end of the path; maps and lists on the way are made. Answers
 * false, and changes nothing that counts, where the way is blocked by a value of another form.
 */
export function setAt(
  root: Draft,
  steps: readonly PathStep[],
  leaf: (existing: JsonValue | undefined) => JsonValue,
): boolean {
  const done = placed(root, steps, leaf)
  if (!isObject(done)) return false
  Object.assign(root, done)
  return true
}

/** The node with the value in it; undefined where the way is blocked. */
function placed(
  node: JsonValue | undefined,
  [step, ...rest]: readonly PathStep[],
  leaf: (existing: JsonValue | undefined) => JsonValue,
): JsonValue | undefined {
  if (step === undefined) return leaf(node)
  if (!isOpenTo(node, step)) return undefined
  const below = placed(childOf(node, step), rest, leaf)
  if (below === undefined) return undefined
  return typeof step === 'number' ? withItem(node, step, below) : withMember(node, step, below)
}

function isOpenTo(node: JsonValue | undefined, step: PathStep): boolean {
  if (node === undefined || node === null) return true
  return typeof step === 'number' ? isArray(node) : isObject(node)
}

function childOf(node: JsonValue | undefined, step: PathStep): JsonValue | undefined {
  if (typeof step === 'number') return isArray(node) ? node[step] : undefined
  return isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined
}

/** A gap holds null, as in Go. */
function withItem(node: JsonValue | undefined, index: number, value: JsonValue): JsonValue {
  const items = isArray(node) ? [...node] : []
  while (items.length < index) items.push(null)
  items[index] = value
  return items
}

function withMember(node: JsonValue | undefined, name: string, value: JsonValue): JsonValue {
  const copy: Draft = Object.assign(Object.create(null), isObject(node) ? node : {})
  copy[name] = value
  return copy
}

/** KeysAndValues: maps are merged at their place, one level deep; anything else is replaced. */
export function mergedWith(value: JsonValue): (existing: JsonValue | undefined) => JsonValue {
  return (existing) =>
    isObject(existing) && isObject(value)
      ? Object.assign(Object.create(null), existing, value)
      : value
}
