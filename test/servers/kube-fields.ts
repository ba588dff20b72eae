import {
  canonicalJson,
  isArray,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../../src/model/json.ts'

// Server-side apply as kube-apiserver 1.35 was seen to do it: who owns which field, what conflicts, what disappears.
// A field is a path of `f:name`, `k:{"uid":"…"}` and `v:"…"` elements; a set of fields is a set of such paths.
//
//   granular:  maps (data, labels …), ownerReferences by uid, finalizers by value
//   atomic:    every other list; in a Role and RoleBinding: rules, subjects, roleRef (their schema says so)

export type Path = readonly string[]
/** Keyed by the path's JSON. */
export type FieldSet = ReadonlyMap<string, Path>

export interface ManagedEntry {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time: string
  readonly fields: FieldSet
  /** Through which part of the API; empty for the object itself. */
  readonly subresource: string
}

export interface Conflict {
  readonly entry: ManagedEntry
  readonly path: Path
}

type Draft = { [key: string]: JsonValue | undefined }

/** Members that nobody owns: they identify the object or belong to the API server. */
const UNOWNED: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.generateName',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.creationTimestamp',
  'metadata.deletionTimestamp',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.selfLink',
])

const ATOMIC_MAPS: ReadonlySet<string> = new Set(['roleRef'])

/** Every field of an object; `withMaps` adds the maps themselves, as an Update owns them and an Apply does not. */
export function fieldsOf(object: JsonObject, withMaps = false): FieldSet {
  const fields = new Map<string, Path>()
  collect(object, [], { fields, withMaps })
  return fields
}

interface Collection {
  readonly fields: Map<string, Path>
  readonly withMaps: boolean
}

function collect(value: JsonValue | undefined, path: Path, into: Collection): void {
  const name = path.map((element) => element.slice(2)).join('.')
  if (value === undefined || UNOWNED.has(name)) return
  if (isObject(value) && !ATOMIC_MAPS.has(name)) collectMembers(value, path, into)
  else if (isArray(value)) for (const item of itemPaths(value, path, name)) add(item, into)
  else add(path, into)
}

function collectMembers(value: JsonObject, path: Path, into: Collection): void {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined)
  const isStructure = path.length === 0 || (path.length === 1 && path[0] === 'f:metadata')
  if (!isStructure && (keys.length === 0 || into.withMaps)) add(path, into)
  for (const key of keys) collect(value[key], [...path, `f:${key}`], into)
}

/** The fields of a list: its items where it is granular, else the list as one. */
function itemPaths(list: JsonArray, path: Path, name: string): readonly Path[] {
  if (name === 'metadata.ownerReferences') return list.map((item) => [...path, ownerKey(item)])
  if (name !== 'metadata.finalizers') return [path]
  return list.map((item) => [...path, `v:${JSON.stringify(item)}`])
}

function add(path: Path, { fields }: Collection): void {
  fields.set(JSON.stringify(path), path)
}

function ownerKey(owner: JsonValue | undefined): string {
  return `k:${JSON.stringify({ uid: text(member(owner, 'uid')) ?? '' })}`
}

/** `managedFields[].fieldsV1`. */
export function encodeFields(fields: FieldSet): JsonObject {
  const root: Draft = Object.create(null)
  // Sorted, as the real server prints them.
  const paths = [...fields].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
  for (const path of paths) {
    let at = root
    for (const element of path) {
      const next = at[element]
      const child: Draft = isObject(next) ? (next as Draft) : Object.create(null)
      at[element] = child
      at = child
    }
  }
  // A map that is owned itself says so with `.`, but only beside owned members.
  for (const path of paths) {
    const at = path.reduce<Draft>((node, element) => node[element] as Draft, root)
    if (Object.keys(at).length > 0) at['.'] = Object.create(null)
  }
  return root
}

/** The value at a path; undefined when absent. */
export function valueAt(object: JsonObject, path: Path): JsonValue | undefined {
  let at: JsonValue | undefined = object
  for (const element of path) {
    const name = element.slice(2)
    if (element.startsWith('f:')) at = member(at, name)
    else if (isArray(at)) at = at.find((item) => matches(item, element))
    else return undefined
  }
  return at
}

function matches(item: JsonValue | undefined, element: string): boolean {
  return element.startsWith('k:')
    ? ownerKey(item) === element
    : `v:${JSON.stringify(item)}` === element
}

/** Writes (or with undefined removes) the value at a path of a draft. */
export function setAt(draft: Draft, path: Path, value: JsonValue | undefined): void {
  const last = path.at(-1) ?? ''
  const isItem = !last.startsWith('f:')
  const parents = path.slice(0, isItem ? -2 : -1)
  const name = (isItem ? path.at(-2) : last)?.slice(2) ?? ''
  const at = parents.reduce<Draft>((node, element) => descend(node, element.slice(2)), draft)
  const next = isItem ? itemsWith(at[name], last, value) : value
  if (next === undefined) delete at[name]
  else at[name] = next
}

function descend(node: Draft, name: string): Draft {
  const next = Object.hasOwn(node, name) ? node[name] : undefined
  const child: Draft = isObject(next) ? (next as Draft) : Object.create(null)
  node[name] = child
  return child
}

function itemsWith(
  items: JsonValue | undefined,
  element: string,
  value: JsonValue | undefined,
): JsonArray {
  const list = isArray(items) ? items : []
  const at = list.findIndex((item) => matches(item, element))
  if (value === undefined) return list.filter((_, index) => index !== at)
  return at < 0 ? [...list, value] : list.with(at, value)
}

/** Fields of `applied` that others own with another value. */
export function conflictsOf(
  live: JsonObject,
  applied: JsonObject,
  others: readonly ManagedEntry[],
): readonly Conflict[] {
  const fields = fieldsOf(applied)
  return others.flatMap((entry) =>
    [...fields]
      .filter(([key]) => entry.fields.has(key))
      .filter(([, path]) => !same(valueAt(live, path), valueAt(applied, path)))
      .map(([, path]) => ({ entry, path })),
  )
}

/** `live` with the fields of `applied`, without those that this manager gave up and nobody else owns. */
export function mergeApplied(
  live: JsonObject,
  applied: JsonObject,
  owned: { readonly before: FieldSet; readonly byOthers: readonly ManagedEntry[] },
): JsonObject {
  const draft: Draft = structuredClone(live)
  const fields = fieldsOf(applied)
  for (const [key, path] of owned.before) {
    const isKept = fields.has(key) || owned.byOthers.some((other) => other.fields.has(key))
    if (!isKept) setAt(draft, path, undefined)
  }
  for (const path of fields.values()) setAt(draft, path, valueAt(applied, path))
  return draft
}

/** What an Update (PUT, POST, merge patch) changes in ownership. */
export function ownersAfterUpdate(
  live: JsonObject,
  updated: JsonObject,
  entries: readonly ManagedEntry[],
  by: Omit<ManagedEntry, 'fields' | 'operation'>,
): readonly ManagedEntry[] {
  const before = fieldsOf(live, true)
  const after = fieldsOf(updated, true)
  const touched = new Map(
    [...after].filter(([key, path]) => {
      if (!before.has(key)) return true
      const value = valueAt(updated, path)
      const isMap = isObject(value) && !ATOMIC_MAPS.has(path.map((e) => e.slice(2)).join('.'))
      return !isMap && !same(valueAt(live, path), value)
    }),
  )
  const kept = entries.map((entry) => {
    const isOurs = isUpdateBy(entry, by)
    const fields = [...entry.fields].filter(([key]) => {
      // What is owned as an applied empty map may not be in `before` under that name.
      const isGone = before.has(key) && !after.has(key)
      return !isGone && (isOurs || !touched.has(key))
    })
    return { ...entry, fields: new Map(fields) }
  })
  if (touched.size === 0) return kept.filter(({ fields }) => fields.size > 0)
  const ours = kept.find((entry) => isUpdateBy(entry, by))
  const fields = new Map([...(ours?.fields ?? []), ...touched])
  const mine: ManagedEntry = { ...by, operation: 'Update', fields }
  return [...kept.filter((entry) => entry !== ours && entry.fields.size > 0), mine]
}

function isUpdateBy(
  { manager, operation, subresource }: ManagedEntry,
  by: Pick<ManagedEntry, 'manager' | 'subresource'>,
): boolean {
  return operation === 'Update' && manager === by.manager && subresource === by.subresource
}

export function same(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b)
}

/** `.data.x`, as conflicts print a path. */
export function dotted(path: Path): string {
  return path
    .map((element) => (element.startsWith('f:') ? `.${element.slice(2)}` : `[${element.slice(2)}]`))
    .join('')
}
