import { YamlFault } from './yaml/fault.ts'
import { parseJson, skipJsonBlanks } from './yaml/json-parser.ts'
import type { Node } from './yaml/node.ts'
import { type ParseLimits, parseText } from './yaml/parser.ts'

/** The values of one document; more than one only in a stream of JSON objects without separators. */
export interface ParsedDocument {
  readonly roots: readonly Node[]
  readonly isJson: boolean
  /** Whether it has anchors, aliases or tags. */
  readonly hasProperties: boolean
  /** Offset of content behind the document, which kubectl drops. */
  readonly rest: number | undefined
}

/**
 * Parses as the Kubernetes decoder does: text that begins with `{` as JSON, and as YAML if it is none. Throws YamlFault.
 */
export function parseDocument(text: string, limits: ParseLimits): ParsedDocument {
  if (text.charAt(skipJsonBlanks(text, 0)) === '{') {
    const roots = parseJsonValues(text, limits.depthMax)
    if (roots !== undefined) return { roots, isJson: true, hasProperties: false, rest: undefined }
  }
  const { root, rest, hasProperties } = parseText(text, limits)
  return { roots: root === undefined ? [] : [root], isJson: false, hasProperties, rest }
}

/** Undefined if the text is no JSON. Too deep a nesting is a fault in either language. */
function parseJsonValues(text: string, depthMax: number): Node[] | undefined {
  const roots: Node[] = []
  try {
    for (let at = skipJsonBlanks(text, 0); at < text.length; ) {
      const { root, end } = parseJson(text, at, depthMax)
      roots.push(root)
      at = skipJsonBlanks(text, end)
    }
    return roots
  } catch (error) {
    if (error instanceof YamlFault && error.rule === 'yaml-syntax') return undefined
    throw error
  }
}
