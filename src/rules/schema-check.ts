import type { FieldPath } from '../manifests/document.ts'
import {
  isArray,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from '../model/json.ts'
import { holds } from './cel.ts'
import { patternOf } from './schema-patterns.ts'
import { type Bounds, celRule, itemSchema, memberSchema, type SchemaNode } from './schema-table.ts'
import { nearest } from './spelling.ts'

// What the API server would say about an object of ESO's kinds, in our words: unknown fields as strict field validation
// sees them, then types, enums, required members, patterns, bounds, formats and CEL.

/** One way in which an object breaks its schema. */
export interface Violation {
  readonly path: FieldPath
  readonly isAboutKey: boolean
  readonly message: string
  readonly hint: string | undefined
}

/** Every violation below `value`, parents before children. */
export function* violations(
  value: JsonValue,
  node: SchemaNode,
  path: FieldPath,
): Generator<Violation> {
  const mismatch = typeProblem(value, node)
  if (mismatch !== undefined) {
    yield problem(path, mismatch, typeHint(value, node))
    return
  }
  if (value === null) return
  if (node.e !== undefined && !node.e.includes(value)) {
    yield problem(
      path,
      `${shown(value)} is not one of ${node.e.join(', ')}`,
      closest(value, node.e),
    )
  }
  if (typeof value === 'string') yield* stringViolations(value, node, path)
  else if (isArray(value)) yield* arrayViolations(value, node, path)
  else if (isObject(value)) yield* objectViolations(value, node, path)
  else if (typeof value !== 'boolean') yield* numberViolations(value, node, path)
}

/** A violation that is about a value; those about a key say so themselves. */
function problem(
  path: FieldPath,
  message: string,
  hint: string | undefined = undefined,
): Violation {
  return { path, isAboutKey: false, message, hint }
}

// ── types ────────────────────────────────────────────────────────────────────

/** The types in words, for messages. */
const WORDS: Readonly<Record<SchemaNode['t'], string>> = {
  o: 'an object',
  a: 'a list',
  s: 'a string',
  i: 'an integer',
  n: 'a number',
  b: 'true or false',
  x: 'an integer or a string',
  '*': 'anything',
}

/** Undefined when the type fits; below a wrong type nothing is looked at. */
function typeProblem(value: JsonValue, node: SchemaNode): string | undefined {
  if (value === null && node.z === 1) return undefined
  return matches(value, node.t) ? undefined : `expected ${WORDS[node.t]}, got ${wordFor(value)}`
}

/** JSON's integers may be bigint here: they keep all their digits. */
function matches(value: JsonValue, expected: SchemaNode['t']): boolean {
  switch (expected) {
    case 'o':
      return isObject(value)
    case 'a':
      return isArray(value)
    case 's':
      return typeof value === 'string'
    case 'i':
      return isInteger(value)
    case 'n':
      return typeof value === 'number' || typeof value === 'bigint'
    case 'b':
      return typeof value === 'boolean'
    case 'x':
      return typeof value === 'string' || isInteger(value)
    case '*':
      return true
  }
}

function isInteger(value: JsonValue): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}

/** What a value is, never what it says: it may be a Secret's. */
function wordFor(value: JsonValue): string {
  if (value === null) return 'null'
  if (isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? 'a string' : 'a number'
}

/** The usual slips of YAML. */
function typeHint(value: JsonValue, node: SchemaNode): string | undefined {
  if (node.t === 's' && value !== null && typeof value !== 'object') {
    return 'put it in quotes: YAML reads it as something else than text'
  }
  if (node.t === 'a' && isObject(value)) return 'begin each item with "- "'
  const isBare = node.t === 'i' || node.t === 'n' || node.t === 'b'
  return isBare && typeof value === 'string' ? 'leave out the quotes' : undefined
}

// ── strings and numbers ──────────────────────────────────────────────────────

/** A text this long matches none of the patterns, and is not tried. */
const TEXT_MAX = 4096

/** Length before pattern: an empty text would break both. */
function* stringViolations(text: string, node: SchemaNode, path: FieldPath): Generator<Violation> {
  const length = lengthProblem(text, node.b ?? {})
  if (length !== undefined) yield problem(path, length)
  else if (node.m !== undefined && !isMatch(text, node.m)) {
    yield problem(path, `${shown(text)} ${patternOf(node.m)?.demand ?? `must match ${node.m}`}`)
  }
  if (node.f === 'byte' && !isBase64(text)) yield problem(path, 'must be base64')
}

/** Lengths count characters, as the API server does. */
function lengthProblem(text: string, { minLength, maxLength }: Bounds): string | undefined {
  if (minLength === undefined && maxLength === undefined) return undefined
  const length = [...text].length
  if (minLength !== undefined && length < minLength) {
    return minLength === 1 ? 'must not be empty' : tooFew('character', minLength)
  }
  if (maxLength === undefined || length <= maxLength) return undefined
  return tooMany('character', maxLength)
}

/** Patterns that are not in our table count as kept: V8 must not run the CRD's. */
function isMatch(text: string, source: string): boolean {
  return text.length <= TEXT_MAX && patternOf(source)?.regexp.test(text) !== false
}

/** Go's base64: padding required, line breaks allowed. */
function isBase64(text: string): boolean {
  const body = text.replace(/[\r\n]/g, '')
  return body.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(body)
}

/** Bounds, then the width that the format asks for. */
function* numberViolations(
  value: number | bigint,
  node: SchemaNode,
  path: FieldPath,
): Generator<Violation> {
  const { minimum, maximum } = node.b ?? {}
  if (minimum !== undefined && value < minimum) yield problem(path, `must be at least ${minimum}`)
  if (maximum !== undefined && value > maximum) yield problem(path, `must be at most ${maximum}`)
  const bits = node.f === 'int32' ? 31 : node.f === 'int64' ? 63 : undefined
  if (bits !== undefined && (value >= 2 ** bits || value < -(2 ** bits))) {
    yield problem(path, `does not fit into ${bits + 1} bits`)
  }
}

// ── lists and objects ────────────────────────────────────────────────────────

/** Lengths, then each item. */
function* arrayViolations(
  items: JsonArray,
  node: SchemaNode,
  path: FieldPath,
): Generator<Violation> {
  const { minItems, maxItems } = node.b ?? {}
  if (minItems !== undefined && items.length < minItems)
    yield problem(path, tooFew('item', minItems))
  if (maxItems !== undefined && items.length > maxItems) {
    yield problem(path, tooMany('item', maxItems))
  }
  const schema = itemSchema(node)
  if (schema === undefined) return
  for (const [index, item] of items.entries()) yield* violations(item, schema, [...path, index])
}

/** Counts, required members and CEL speak about the object, then its members about themselves. */
function* objectViolations(
  object: JsonObject,
  node: SchemaNode,
  path: FieldPath,
): Generator<Violation> {
  // The API server prunes null members before it validates, unless the schema makes null a value.
  const names = Object.keys(object).filter((name) => isPresent(object, node, name))
  yield* countViolations(names, node, path)
  for (const name of missing(names, node)) {
    yield problem([...path, name], `${JSON.stringify(name)} is required`)
  }
  for (const index of node.v ?? []) {
    const { expression, message } = celRule(index)
    if (!holds(expression, object)) yield problem(path, message)
  }
  for (const name of names) {
    yield* memberViolations(name, object[name], { node, path })
  }
}

/** A member that the schema has, or an unknown one where the schema is closed. */
function* memberViolations(
  name: string,
  value: JsonValue | undefined,
  { node, path }: { readonly node: SchemaNode; readonly path: FieldPath },
): Generator<Violation> {
  const schema = memberSchema(node, name)
  if (schema !== undefined && value !== undefined) {
    yield* violations(value, schema, [...path, name])
  } else if (node.o !== 1 && node.p !== undefined) {
    yield unknownField(name, node, path)
  }
}

/**
 * Required members that are absent and not just misspelt: one slip is one finding. One that has a default is there before
 * the API server validates.
 */
function missing(names: readonly string[], node: SchemaNode): readonly string[] {
  const absent = (node.r ?? []).filter(
    (name) => !names.includes(name) && memberSchema(node, name)?.d === undefined,
  )
  if (absent.length === 0) return absent
  const unknown = names.filter((name) => memberSchema(node, name) === undefined)
  const meant = new Set(unknown.map((name) => nearest(name, Object.keys(node.p ?? {}))))
  return absent.filter((name) => !meant.has(name))
}

/** Absent members and nulls that the API server drops are one. */
function isPresent(object: JsonObject, node: SchemaNode, name: string): boolean {
  const value = object[name]
  return value !== undefined && (value !== null || memberSchema(node, name)?.z === 1)
}

/** Points at the key, with the name that was probably meant. */
function unknownField(name: string, node: SchemaNode, path: FieldPath): Violation {
  const known = Object.keys(node.p ?? {})
  const guess = nearest(name, known)
  return {
    path: [...path, name],
    isAboutKey: true,
    message: `unknown field ${shown(name)}`,
    hint: guess === undefined ? listed(known) : `did you mean ${JSON.stringify(guess)}?`,
  }
}

// More names than this are no help.
const LISTED_MAX = 12

/** All names when they are few enough to read. */
function listed(names: readonly string[]): string | undefined {
  return names.length > LISTED_MAX ? undefined : `known here: ${names.join(', ')}`
}

/** Bounds on the number of members, which CRDs use for "exactly one of". */
function* countViolations(
  names: readonly string[],
  { b, p }: SchemaNode,
  path: FieldPath,
): Generator<Violation> {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY }: Bounds = b ?? {}
  if (names.length >= minProperties && names.length <= maxProperties) return
  const choices = Object.keys(p ?? {})
  const choice = choices.length > LISTED_MAX ? 'member' : `of ${choices.join(', ')}`
  const got = names.length === 0 ? 'none' : names.map((name) => shown(name)).join(' and ')
  if (minProperties === maxProperties) {
    yield problem(path, `expected exactly one ${choice}, got ${got}`)
  } else if (names.length < minProperties) {
    yield problem(path, tooFew('member', minProperties))
  } else {
    yield problem(path, tooMany('member', maxProperties))
  }
}

// ── words ────────────────────────────────────────────────────────────────────

// Longer texts of a manifest are described, not repeated.
const SHOWN_MAX = 64

/** A word of the manifest, short enough for a message. */
function shown(value: JsonValue): string {
  if (typeof value !== 'string') return wordFor(value)
  return value.length > SHOWN_MAX ? `a text of ${value.length} characters` : JSON.stringify(value)
}

/** The allowed value that was probably meant. */
function closest(value: JsonValue, allowed: readonly JsonValue[]): string | undefined {
  if (typeof value !== 'string') return undefined
  const guess = nearest(value, allowed.map(String))
  return guess === undefined ? undefined : `did you mean ${JSON.stringify(guess)}?`
}

/** A bound in words; used for characters, items and members. */
function tooFew(noun: string, least: number): string {
  return `must have at least ${least} ${noun}${least === 1 ? '' : 's'}`
}

function tooMany(noun: string, most: number): string {
  return `must have at most ${most} ${noun}${most === 1 ? '' : 's'}`
}
