import type { JsonObject, JsonValue } from '../model/json.ts'
import { compareBytes, isArray, isObject, member, text } from '../model/json.ts'
import type { Parity } from '../model/parity.ts'
import { type Attempt, done, failed, type ValueFailure } from './attempt.ts'
import { shortened } from './keys.ts'
import { type Merge, mergeValues } from './merge.ts'
import { type PatternEngine, SUBJECT_BYTES_MAX } from './pattern-engine.ts'
import type { Transform } from './transform.ts'

/** Values by key, in memory for as long as one ExternalSecret is assembled. */
export type ByteMap = ReadonlyMap<string, Uint8Array>

/** What a rewrite may need; each is injected, because engines load only where they are used. */
export interface RewriteMeans {
  readonly parity: Parity
  readonly patterns: PatternEngine | undefined
  readonly transform: Transform | undefined
}

/** Applies `rewrite[]` in order (R33–R41). Failures carry the field of their operation, e.g. `rewrite[0].regexp`. */
export function rewriteKeys(
  operations: readonly JsonObject[],
  values: ByteMap,
  means: RewriteMeans,
): Attempt<ByteMap> {
  let out = values
  for (const [i, operation] of operations.entries()) {
    const attempt = applyOperation(operation, out, means)
    if (attempt.failure !== undefined) return inOperation(i, attempt.failure)
    out = attempt.value
  }
  return done(out)
}

/** ESO counts operations from 0, and so does the message. */
function inOperation(index: number, { code, message, field }: ValueFailure): Attempt<never> {
  return failed(code, `failed rewrite operation[${index}]: ${message}`, `rewrite[${index}]${field}`)
}

/**
 * The schema allows one member each; where there are several, ESO's order decides: merge, regexp,
 * transform.
 */
function applyOperation(
  operation: JsonObject,
  values: ByteMap,
  means: RewriteMeans,
): Attempt<ByteMap> {
  const merge = member(operation, 'merge')
  if (isObject(merge)) return mergeValues(decodeMerge(merge), values)
  const regexp = member(operation, 'regexp')
  if (isObject(regexp)) return rewriteRegexp(regexp, values, means)
  const transform = member(operation, 'transform')
  if (isObject(transform)) return rewriteTransform(transform, values, means)
  return done(values)
}

/** Unknown words fall back to the default: the schema's enum has refused them already. */
function decodeMerge(merge: JsonObject): Merge {
  const priority = member(merge, 'priority')
  return {
    into: text(member(merge, 'into')) ?? '',
    strategy: text(member(merge, 'strategy')) === 'JSON' ? 'JSON' : 'Extract',
    conflictPolicy: text(member(merge, 'conflictPolicy')) === 'Ignore' ? 'Ignore' : 'Error',
    priority: isArray(priority) ? priority.filter(isText) : [],
    priorityPolicy:
      text(member(merge, 'priorityPolicy')) === 'IgnoreNotFound' ? 'IgnoreNotFound' : 'Strict',
  }
}

/** A priority that is no string names no key. */
function isText(value: JsonValue): value is string {
  return typeof value === 'string'
}

/**
 * R33: Go's ReplaceAllString, so an unanchored pattern may hit several times; `$1` refers to
 * groups.
 */
function rewriteRegexp(regexp: JsonObject, values: ByteMap, means: RewriteMeans): Attempt<ByteMap> {
  if (means.patterns === undefined) return failed('Unsupported', 'no pattern engine', '.regexp')
  const compiled = means.patterns.compile(text(member(regexp, 'source')) ?? '')
  if (compiled.failure !== undefined) {
    return failed(compiled.failure.code, compiled.failure.message, '.regexp.source')
  }
  const pattern = compiled.value
  const target = encoder.encode(text(member(regexp, 'target')) ?? '')
  return renameKeys(values, means.parity, (key) => {
    const subject = encoder.encode(key)
    return subject.length > SUBJECT_BYTES_MAX
      ? failed('InvalidKey', `key ${shortened(key)} is too long for a pattern`, '.regexp.source')
      : done(decoder.decode(pattern.replaceAll(subject, target)))
  })
}

// Keys are valid text, but a replacement may cut one apart; the decoder then writes U+FFFD, as Go's
// JSON would.
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** R36: `.value` is the key, never the secret's value. */
function rewriteTransform(
  transform: JsonObject,
  values: ByteMap,
  { parity, transform: render }: RewriteMeans,
): Attempt<ByteMap> {
  if (render === undefined) return failed('Unsupported', 'no template engine', '.transform')
  const template = text(member(transform, 'template')) ?? ''
  return renameKeys(values, parity, (key) => {
    const rendered = render(template, key)
    if (rendered.outcome === 'rendered') return done(rendered.text)
    const code = rendered.stage === 'parse' ? 'TemplateInvalid' : 'TemplateFailed'
    return failed(code, rendered.message, '.transform.template')
  })
}

/**
 * Renames every key. Two keys that end up as one: an error that names both, or, under ESO's parity, the last one in
 * byte order (ESO itself takes one at random, R35).
 */
function renameKeys(
  values: ByteMap,
  parity: Parity,
  rename: (key: string) => Attempt<string>,
): Attempt<ByteMap> {
  const out = new Map<string, Uint8Array>()
  const sources = new Map<string, string>()
  for (const key of [...values.keys()].sort(compareBytes)) {
    const renamed = rename(key)
    if (renamed.failure !== undefined) return renamed
    const earlier = sources.get(renamed.value)
    if (earlier !== undefined && parity.rewriteCollisionFails) {
      const pair = `${shortened(earlier)} and ${shortened(key)}`
      return failed('KeyCollision', `${pair} both become ${shortened(renamed.value)}`)
    }
    sources.set(renamed.value, key)
    out.set(renamed.value, values.get(key) ?? new Uint8Array())
  }
  return done(out)
}
