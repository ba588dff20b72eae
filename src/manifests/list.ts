import { isArray, type JsonArray, type JsonObject, member, text } from '../model/json.ts'
import type { ByteRange } from './source.ts'
import type { Node, SequenceNode } from './yaml/node.ts'

// Kubernetes reads an object with an array `items` as a List, whatever its kind, and takes its items for objects of the
// stream. Items can be taken out of it while their neighbours keep every byte.

/** An object of a document, or a List of them; `T` is what becomes of an object. */
export type Item<T> = { readonly leaf: T } | ItemList<T>

/** Items with the part of the text that is theirs alone. */
export interface ItemList<T> {
  /** In flow style items are parted by commas, in block style each has its lines. */
  readonly isFlow: boolean
  readonly items: readonly { readonly item: Item<T>; readonly extent: ByteRange }[]
}

/** Whether Kubernetes takes the object for a List: by its `items`, not by its kind. */
export function isList(object: JsonObject): boolean {
  return isArray(member(object, 'items'))
}

/** Items of a typed List may leave out what the List says: `PodList` holds Pods. */
export function withListType(item: JsonObject, list: JsonObject): JsonObject {
  const kind = text(member(list, 'kind')) ?? ''
  if (Object.hasOwn(item, 'kind') || !kind.endsWith('List') || kind === 'List') return item
  const typed = { apiVersion: member(list, 'apiVersion'), kind: kind.slice(0, -'List'.length) }
  return Object.assign(Object.create(null), typed, item)
}

/** The items as read; empty when `items` is no array. */
export function itemsOf(list: JsonObject): JsonArray {
  const items = member(list, 'items')
  return isArray(items) ? items : []
}

/**
 * What to cut so that the objects for which `isTaken` holds are gone, as offsets in the order of the text; `all` if
 * nothing would be left. A List that was empty before stays.
 */
export function removalsOf<T>(item: Item<T>, isTaken: (leaf: T) => boolean): ByteRange[] | 'all' {
  if ('leaf' in item) return isTaken(item.leaf) ? 'all' : []
  const removals = item.items.map((one) => removalsOf(one.item, isTaken))
  if (removals.length > 0 && removals.every((one) => one === 'all')) return 'all'
  return item.isFlow ? flowRemovals(item, removals) : blockRemovals(item, removals)
}

/** For each item what to cut of it, in the order of the items. */
type Removals = readonly (ByteRange[] | 'all')[]

/** Items have whole lines, so each goes by itself. */
function blockRemovals<T>({ items }: ItemList<T>, removals: Removals): ByteRange[] {
  return items.flatMap(({ extent }, index) => {
    const removal = removals[index] ?? []
    return removal === 'all' ? [extent] : removal
  })
}

/** A run of items goes with the comma behind it, or, at the end, with the one before it. */
function flowRemovals<T>({ items }: ItemList<T>, removals: Removals): ByteRange[] {
  const kept = removals.flatMap((removal, index) => (removal === 'all' ? [] : [index]))
  const ranges: ByteRange[] = []
  let first = 0
  for (const index of kept) {
    const from = items[first]
    const to = items[index]
    if (index > first && from && to) ranges.push({ start: from.extent.start, end: to.extent.start })
    const removal = removals[index]
    if (removal !== undefined && removal !== 'all') ranges.push(...removal)
    first = index + 1
  }
  const lastKept = items[first - 1]
  const last = items.at(-1)
  if (first < items.length && lastKept && last) {
    ranges.push({ start: lastKept.extent.end, end: last.extent.end })
  }
  return ranges
}

/** The `items` of a List's node; undefined if they stand behind an alias or a merge key. */
export function itemsNode(list: Node): SequenceNode | undefined {
  if (list.shape !== 'mapping') return undefined
  const pair = list.pairs.findLast(({ key }) => key.shape === 'scalar' && key.text === 'items')
  return pair?.value.shape === 'sequence' ? pair.value : undefined
}

/**
 * The part of the text that is an item and nothing else: the value in flow style, whole lines in block style. Comments
 * below the item stay. Undefined if the item shares its first line, as in `- - a`.
 */
export function itemExtent(
  source: string,
  { isFlow, items, dashes }: SequenceNode,
  index: number,
): ByteRange | undefined {
  const node = items[index]
  if (node === undefined) return undefined
  if (isFlow) return { start: node.start, end: node.end }
  const dash = dashes[index] ?? node.start
  const start = lineStart(source, dash)
  if (source.slice(start, dash).trim() !== '') return undefined
  return { start, end: linesEnd(source, contentEnd(node)) }
}

/** Where the last character of a value stands: block collections end at their last member. */
function contentEnd(node: Node): number {
  if (node.shape === 'scalar' || node.shape === 'alias') return node.end
  if (node.isFlow) return node.end
  const last = node.shape === 'sequence' ? node.items.at(-1) : node.pairs.at(-1)?.value
  return last === undefined ? node.end : contentEnd(last)
}

/** The start of the line behind `end`; its own line if only blanks stand before it, as behind a block scalar. */
function linesEnd(source: string, end: number): number {
  const start = lineStart(source, end)
  if (source.slice(start, end).trim() === '') return start
  const next = source.indexOf('\n', end)
  return next < 0 ? source.length : next + 1
}

/** Offset of the first character of a line. */
function lineStart(source: string, offset: number): number {
  return source.lastIndexOf('\n', offset - 1) + 1
}
