import type { JsonObject } from '../model/json.ts'
import type { Place } from '../model/place.ts'
import type { Document, FieldPath } from './document.ts'
import type { Limits } from './limits.ts'
import { parseDocument } from './parse.ts'
import { isMergeKey, keyText } from './yaml/build.ts'
import type { MappingNode, Node } from './yaml/node.ts'
import { resolveScalar } from './yaml/resolve.ts'

/** The text of one document and where it stands in its stream. */
export interface Origin {
  readonly file: string
  readonly text: string
  /** Line of the stream, from 1, that the text begins on. */
  readonly firstLine: number
  readonly limits: Limits
}

/** Where a character of the text stands. */
export function placeOf({ file, text, firstLine }: Origin, offset: number): Place {
  let line = firstLine
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', lineStart)) {
    line++
    lineStart = at + 1
  }
  return { file, line, column: offset - lineStart + 1 }
}

/** Where an object begins in a text: which value of it, and the way to the object in that. */
export interface ObjectPath {
  readonly rootIndex: number
  readonly path: FieldPath
  /** Of the object in the text. */
  readonly offset: number
}

/**
 * Keeps the text alone: a stream may hold a hundred thousand documents, and only those with a finding are asked where
 * their fields stand. They are parsed a second time then, once.
 */
export function makeDocument(
  object: JsonObject,
  origin: Origin,
  { rootIndex, path: prefix, offset }: ObjectPath,
): Document {
  let root: Node | undefined
  const { text, firstLine } = origin
  return {
    object,
    at: placeOf(origin, offset),
    locate: (path, isKey = false) => {
      root ??= parseDocument(text, origin.limits).roots[rootIndex]
      return placeOf(origin, root === undefined ? 0 : offsetOf(root, [...prefix, ...path], isKey))
    },
    line: (line) => lineOf(text, line - firstLine),
  }
}

/** A line by index from 0, without its break. */
function lineOf(text: string, index: number): string | undefined {
  if (index < 0) return undefined
  let start = 0
  for (let i = 0; i < index; i++) {
    const end = text.indexOf('\n', start)
    if (end < 0) return undefined
    start = end + 1
  }
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '')
}

/** Offset of the value, or the key, at `path`; of the nearest ancestor that exists. */
function offsetOf(root: Node, path: FieldPath, isKey: boolean): number {
  let node = resolved(root)
  let keyStart = node.start
  for (const [depth, step] of path.entries()) {
    const found = child(node, step)
    if (found === undefined) return node.start
    keyStart = found.keyStart
    const value = resolved(found.value)
    // An absent value stands behind its key; the key says more.
    if (depth === path.length - 1) return isKey || isEmpty(value) ? keyStart : value.start
    node = value
  }
  return node.start
}

/** A value that is left out has no extent. */
function isEmpty(node: Node): boolean {
  return node.start === node.end
}

/** A member's value and where its key, or an item's dash, stands. */
interface Child {
  readonly keyStart: number
  readonly value: Node
}

/** A member or item of a node; undefined when the step does not fit the node. */
function child(node: Node, step: string | number): Child | undefined {
  if (node.shape === 'sequence' && typeof step === 'number') {
    const value = node.items[step]
    return value === undefined ? undefined : { keyStart: node.dashes[step] ?? value.start, value }
  }
  return node.shape === 'mapping' ? member(node, String(step)) : undefined
}

/** The last pair wins, as in the value; a merge key stands for its mapping's members. */
function member(node: MappingNode, name: string): Child | undefined {
  for (const { key, value } of node.pairs.toReversed()) {
    if (isMergeKey(key)) {
      const merged = mergedMember(value, name)
      if (merged !== undefined) return merged
    } else if (textOf(key) === name) return { keyStart: key.start, value }
  }
  return undefined
}

/** Earlier mappings of a merge win. */
function mergedMember(value: Node, name: string): Child | undefined {
  const source = resolved(value)
  const mappings = source.shape === 'sequence' ? source.items.map(resolved) : [source]
  for (const mapping of mappings) {
    const found = mapping.shape === 'mapping' ? member(mapping, name) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The key as JSON has it: `1:` and `"1":` are one. */
function textOf(key: Node): string | undefined {
  const node = resolved(key)
  return node.shape === 'scalar' ? keyText(resolveScalar(node)) : undefined
}

/** The node behind any aliases. */
function resolved(node: Node): Node {
  let at = node
  while (at.shape === 'alias') at = at.target
  return at
}
