import { LIMITS } from '../manifests/limits.ts'
import { parseDocument } from '../manifests/parse.ts'
import { buildValue } from '../manifests/yaml/build.ts'
import { YamlFault } from '../manifests/yaml/fault.ts'
import type { MappingNode, Node, Pair, SequenceNode } from '../manifests/yaml/node.ts'
import { canonicalJson, isObject, type JsonObject, member, text as textOf } from '../model/json.ts'
import { blockYaml } from './block-yaml.ts'
import { RenderError } from './render-error.ts'

// The envelope of a KRM function. What is not ours leaves as it came: items are taken out of the text and put into it, never
// parsed and printed. kustomize writes block style; kpt and people may send JSON.

const VERSIONS: readonly string[] = ['config.kubernetes.io/v1', 'config.kubernetes.io/v1beta1']

/** Items to leave out and to add, and the function's results. */
export interface Edit {
  readonly isTaken: (item: JsonObject) => boolean
  readonly added: readonly JsonObject[]
  readonly results: readonly JsonObject[]
}

/** A KRM ResourceList; what is not edited keeps its text. */
export interface ResourceList {
  readonly items: readonly JsonObject[]
  readonly functionConfig: JsonObject | undefined
  /** The list as text, edited; no result means no `results`. */
  readonly edited: (edit: Edit) => string
  /** The list without items: what a kustomize validator prints. */
  readonly emptied: (results: readonly JsonObject[]) => string
}

/** Reads a ResourceList. Throws RenderError for anything else. */
export function readResourceList(text: string): ResourceList {
  try {
    return read(text)
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error
    throw new RenderError(
      `standard input cannot be read: ${placeIn(text, error.offset)}: ${error.message}`,
      'a KRM function reads a ResourceList, of YAML or JSON',
    )
  }
}

/** Items keep their text where possible, so that kustomize sees no change that nobody made. */
function read(text: string): ResourceList {
  const { root, hasProperties } = rootOf(text)
  const list = objectOf(root)
  const apiVersion = textOf(member(list, 'apiVersion')) ?? ''
  if (member(list, 'kind') !== 'ResourceList' || !VERSIONS.includes(apiVersion)) {
    throw new RenderError(
      `standard input is no ResourceList of ${VERSIONS.join(' or ')}`,
      'waybill fn is run by kustomize or kpt; for manifests use waybill generate',
    )
  }
  const sequence = itemsOf(root)
  const nodes = sequence?.items ?? []
  const items = nodes.map(objectOf)
  const functionConfig = member(list, 'functionConfig')
  return {
    items,
    functionConfig: isObject(functionConfig) ? functionConfig : undefined,
    edited: (edit) => {
      const stays = (_: unknown, index: number): boolean => !edit.isTaken(items[index] ?? {})
      const kept = nodes.filter(stays)
      // An item may hold the anchor that another one needs: such a list is printed anew.
      if (hasProperties && (edit.added.length > 0 || kept.length < items.length)) {
        return printed({ ...list, items: [...items.filter(stays), ...edit.added] }, edit.results)
      }
      return withResults(withItems(text, { root, sequence, kept, added: edit.added }), edit.results)
    },
    emptied: (results) => printed({ apiVersion, kind: 'ResourceList', items: [] }, results),
  }
}

function rootOf(text: string): { readonly root: MappingNode; readonly hasProperties: boolean } {
  const { roots, hasProperties } = parseDocument(text, LIMITS)
  const [root] = roots
  if (roots.length === 1 && root?.shape === 'mapping') return { root, hasProperties }
  throw new RenderError(
    'standard input is no YAML or JSON object',
    'a KRM function reads a ResourceList',
  )
}

/** For messages; the text itself is not quoted. */
function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return `line ${before.split('\n').length}, column ${offset - lineStart + 1}`
}

function objectOf(node: Node): JsonObject {
  const { value } = buildValue(node, { limits: LIMITS })
  return isObject(value) ? value : Object.create(null)
}

function pairOf(root: MappingNode, name: string): Pair | undefined {
  return root.pairs.findLast(({ key }) => key.shape === 'scalar' && key.text === name)
}

function itemsOf(root: MappingNode): SequenceNode | undefined {
  const value = pairOf(root, 'items')?.value
  return value?.shape === 'sequence' ? value : undefined
}

/** A list of items to write: those that stay, and those that come. */
interface Items {
  readonly root: MappingNode
  readonly sequence: SequenceNode | undefined
  readonly kept: readonly Node[]
  readonly added: readonly JsonObject[]
}

/** The text with other items. Nothing taken and nothing added changes no byte. */
function withItems(text: string, { root, sequence, kept, added }: Items): string {
  if (added.length === 0 && kept.length === (sequence?.items.length ?? 0)) return text
  if (sequence === undefined || sequence.items.length === 0 || sequence.isFlow) {
    return withFlowItems(text, { root, sequence, kept, added })
  }
  const indent = columnOf(text, sequence.dashes[0] ?? 0)
  const lines = kept.map((node) => {
    const index = sequence.items.indexOf(node)
    const from = lineStart(text, sequence.dashes[index] ?? 0)
    return ended(text.slice(from, itemEnd(text, { root, sequence, index })))
  })
  const all = [...lines, ...added.map((object) => blockItem(object, indent))].join('')
  const from = lineStart(text, sequence.dashes[0] ?? 0)
  const to = itemEnd(text, { root, sequence, index: sequence.items.length - 1 })
  return text.slice(0, from) + (all === '' ? `${indent} []\n` : all) + text.slice(to)
}

/** In block style an item ends where the next one begins; the last where the next member of the list does. */
function itemEnd(
  text: string,
  {
    root,
    sequence,
    index,
  }: { readonly root: MappingNode; readonly sequence: SequenceNode; readonly index: number },
): number {
  const nextDash = sequence.dashes[index + 1]
  if (nextDash !== undefined) return lineStart(text, nextDash)
  const following = root.pairs
    .map(({ key }) => key.start)
    .filter((start) => start > (sequence.dashes[index] ?? 0))
  return following.length === 0 ? text.length : lineStart(text, Math.min(...following))
}

/** JSON stays JSON. */
function withFlowItems(text: string, { root, sequence, kept, added }: Items): string {
  const items = [
    ...kept.map((node) => text.slice(node.start, node.end)),
    ...added.map((object) => canonicalJson(object)),
  ]
  const list = `[${items.join(', ')}]`
  if (sequence !== undefined) return text.slice(0, sequence.start) + list + text.slice(sequence.end)
  const empty = pairOf(root, 'items')
  // A key without value, `items:`, or no key at all.
  if (empty !== undefined) {
    const { start, end } = empty.value
    return `${text.slice(0, start)} ${list}${text.slice(end)}`
  }
  return withMember(text, 'items', list)
}

function withResults(text: string, results: readonly JsonObject[]): string {
  return results.length === 0 ? text : withMember(text, 'results', canonicalJson(results))
}

/** Adds a member at the end of the root, as JSON, which is YAML too. */
function withMember(text: string, name: string, json: string): string {
  if (text.trimStart().startsWith('{')) {
    const close = text.lastIndexOf('}')
    return `${text.slice(0, close).trimEnd()}, "${name}": ${json}${text.slice(close)}`
  }
  const { root } = rootOf(text)
  const indent = columnOf(text, root.pairs[0]?.key.start ?? 0)
  return `${ended(text)}${indent}${name}: ${json}\n`
}

/** The whole list anew, when its anchors forbid cutting. */
function printed(list: JsonObject, results: readonly JsonObject[]): string {
  const all = results.length === 0 ? list : { ...list, results }
  return blockYaml(all)
}

function blockItem(object: JsonObject, indent: string): string {
  const lines = blockYaml(object).trimEnd().split('\n')
  return `${lines
    .map((line, index) => (line === '' ? '' : `${indent}${index === 0 ? '- ' : '  '}${line}`))
    .join('\n')}\n`
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** The blanks before a token that begins its line. */
function columnOf(text: string, offset: number): string {
  return text.slice(lineStart(text, offset), offset)
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
