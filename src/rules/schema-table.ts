import { type JsonObject, type JsonValue, member, text } from '../model/json.ts'
import { CEL, KINDS, NODES } from './schemas.generated.ts'

/**
 * One schema of the table, as scripts/schemas.mjs writes it. Names are single letters because the table travels in the
 * bundle that starts at every refresh of an Application; numbers are indices of other schemas.
 */
export interface SchemaNode {
  /** Object, array, string, integer, number, boolean, integer or string, anything. */
  readonly t: 'o' | 'a' | 's' | 'i' | 'n' | 'b' | 'x' | '*'
  /** Members by name. */
  readonly p?: Readonly<Record<string, number>>
  /** Names of required members. */
  readonly r?: readonly string[]
  /** Schema of items. */
  readonly i?: number
  /** Schema of members with free names. */
  readonly a?: number
  /** Members that no schema knows are kept. */
  readonly o?: 1
  /** Allowed values. */
  readonly e?: readonly JsonValue[]
  readonly m?: string
  readonly f?: string
  /** `null` is a value of its own; elsewhere the API server treats it as absent. */
  readonly z?: 1
  /** Default. */
  readonly d?: JsonValue
  readonly b?: Bounds
  /** Indices of CEL rules. */
  readonly v?: readonly number[]
}

/** OpenAPI's bounds, by their names there. */
export interface Bounds {
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly minimum?: number
  readonly maximum?: number
}

let parsed: readonly SchemaNode[] | undefined

/** A schema of the table, parsed on first use: commands without manifests do not pay for it. */
export function schemaAt(index: number): SchemaNode {
  parsed ??= JSON.parse(NODES)
  const node = parsed?.[index]
  if (node === undefined) throw new Error('schema table is torn')
  return node
}

/** The schema of an object's apiVersion and kind; undefined when ESO has none. */
export function schemaOf(object: JsonObject): SchemaNode | undefined {
  const name = `${text(member(object, 'apiVersion'))}/${text(member(object, 'kind'))}`
  const index = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  return index === undefined ? undefined : schemaAt(index)
}

/** The schema of member `name`; undefined when only unknown members may have it. */
export function memberSchema(node: SchemaNode, name: string): SchemaNode | undefined {
  const index = node.p !== undefined && Object.hasOwn(node.p, name) ? node.p[name] : node.a
  return index === undefined ? undefined : schemaAt(index)
}

/** The schema of a list's items; undefined when the list takes anything. */
export function itemSchema(node: SchemaNode): SchemaNode | undefined {
  return node.i === undefined ? undefined : schemaAt(node.i)
}

/** A validation rule of the CRD with its own message. */
export interface CelRule {
  readonly expression: string
  readonly message: string
}

/** A rule by its index in a schema's `v`. */
export function celRule(index: number): CelRule {
  const [expression = '', message = ''] = CEL[index] ?? []
  return { expression, message }
}

/** Versions by kind by group. */
type Kinds = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

let kindsByGroup: Kinds | undefined

/** `v1`, `v1beta1`, … in which ESO's CRDs have the kind, the one to write first. */
export function versionsOf(group: string, kind: string): readonly string[] {
  kindsByGroup ??= readKinds()
  return kindsByGroup.get(group)?.get(kind) ?? []
}

/** Kinds of an API group. */
export function kindsOf(group: string): readonly string[] {
  kindsByGroup ??= readKinds()
  return [...(kindsByGroup.get(group)?.keys() ?? [])]
}

/** Versions stand in the order of the table, the one to write first. */
function readKinds(): Kinds {
  const kinds = new Map<string, Map<string, readonly string[]>>()
  for (const name of Object.keys(KINDS)) {
    const [group = '', version = '', kind = ''] = name.split('/')
    const versions = kinds.get(group) ?? new Map<string, readonly string[]>()
    kinds.set(group, versions.set(kind, [...(versions.get(kind) ?? []), version]))
  }
  return kinds
}
