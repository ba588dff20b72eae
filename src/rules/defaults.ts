import { isArray, isObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { itemSchema, memberSchema, type SchemaNode, schemaAt, schemaOf } from './schema-table.ts'

/**
 * The object with its CRD's defaults, as the API server stores it: a default for each absent or null member, null
 * members without one dropped. Objects of unknown kinds come back as they are; nothing is changed in place.
 */
export function withDefaults(object: JsonObject): JsonObject {
  const schema = schemaOf(object)
  return schema === undefined ? object : fillObject(object, schema)
}

/** A value with the defaults below it; scalars are their own answer. */
function fill(value: JsonValue, node: SchemaNode): JsonValue {
  if (isObject(value)) return fillObject(value, node)
  const items = itemSchema(node)
  if (!isArray(value) || items === undefined) return value
  return value.map((item) => fill(item === null ? (items.d ?? item) : item, items))
}

/** Members that no schema knows are kept: pruning is not this function's business. */
function fillObject(object: JsonObject, node: SchemaNode): JsonObject {
  const filled: Record<string, JsonValue> = Object.create(null)
  for (const [name, value] of Object.entries(object)) {
    const stored = value === undefined ? undefined : fillMember(value, memberSchema(node, name))
    if (stored !== undefined) filled[name] = stored
  }
  for (const [name, schema] of defaultsOf(node)) {
    if (schema.d !== undefined && !Object.hasOwn(filled, name)) {
      filled[name] = fill(schema.d, schema)
    }
  }
  return filled
}

const DEFAULTS = new WeakMap<SchemaNode, readonly (readonly [name: string, SchemaNode])[]>()

/** Members with a default; a schema has few of those and many others. */
function defaultsOf(node: SchemaNode): readonly (readonly [name: string, SchemaNode])[] {
  const known = DEFAULTS.get(node)
  if (known !== undefined) return known
  const found = Object.entries(node.p ?? {})
    .map(([name, index]): [string, SchemaNode] => [name, schemaAt(index)])
    .filter(([, { d }]) => d !== undefined)
  DEFAULTS.set(node, found)
  return found
}

/** Undefined for a null that the API server drops. */
function fillMember(value: JsonValue, schema: SchemaNode | undefined): JsonValue | undefined {
  if (schema === undefined) return value
  if (value !== null) return fill(value, schema)
  return schema.z === 1 ? null : undefined
}
