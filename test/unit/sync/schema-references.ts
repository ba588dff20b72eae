import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import {
  itemSchema,
  memberSchema,
  type SchemaNode,
  schemaOf,
} from '../../../src/rules/schema-table.ts'

// Every place of ESO's schemas where one object names another by name and namespace, found by walking them.

/** From `spec` down; a number stands for an item of a list. */
export type Path = readonly (string | number)[]

/** The paths of all references of a kind: Secrets, ConfigMaps, ServiceAccounts. */
export function referencePaths(apiVersion: string, kind: string): readonly Path[] {
  const root = schemaOf({ apiVersion, kind })
  if (root === undefined) throw new Error(`no schema of ${kind}`)
  const spec = memberSchema(root, 'spec')
  return spec === undefined ? [] : [...referencesIn(spec, ['spec'])]
}

function* referencesIn(node: SchemaNode, path: Path): Generator<Path> {
  const names = Object.keys(node.p ?? {})
  // The store that a condition or a push names is no reference of ours.
  if (names.includes('name') && names.includes('namespace')) yield path
  const items = itemSchema(node)
  if (items !== undefined) yield* referencesIn(items, [...path, 0])
  for (const name of names) {
    const member = memberSchema(node, name)
    if (member !== undefined) yield* referencesIn(member, [...path, name])
  }
}

/** An object of this kind with `reference` at the path, and at the references beside it, which are often needed too. */
export function objectWith(root: SchemaNode, path: Path, reference: JsonObject): JsonObject {
  return build(root, path, reference) as JsonObject
}

function build(node: SchemaNode, path: Path, reference: JsonObject): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) return { ...required(node), ...known(node, reference) }
  if (typeof step === 'number') {
    const items = itemSchema(node)
    return items === undefined ? [] : [build(items, rest, reference)]
  }
  const object: Record<string, JsonValue> = { ...required(node) }
  for (const name of rest.length === 0 ? Object.keys(node.p ?? {}) : []) {
    const sibling = memberSchema(node, name)
    if (sibling !== undefined && isReference(sibling)) object[name] = known(sibling, reference)
  }
  const member = memberSchema(node, step)
  if (member !== undefined) object[step] = build(member, rest, reference)
  return object
}

function isReference(node: SchemaNode): boolean {
  const names = Object.keys(node.p ?? {})
  return names.includes('name') && names.includes('namespace')
}

/** Only what the schema of the reference has. */
function known(node: SchemaNode, reference: JsonObject): JsonObject {
  const names = new Set(Object.keys(node.p ?? {}))
  return Object.fromEntries(Object.entries(reference).filter(([name]) => names.has(name)))
}

/** Members that have to be there, as plain as they may be. */
function required(node: SchemaNode): Record<string, JsonValue> {
  const object: Record<string, JsonValue> = {}
  for (const name of node.r ?? []) {
    const member = memberSchema(node, name)
    if (member !== undefined) object[name] = plainest(member, name)
  }
  return object
}

function plainest(node: SchemaNode, name: string): JsonValue {
  if (node.e !== undefined) return node.e[0] ?? 'x'
  if (node.t === 'o') return required(node)
  if (node.t === 'a') {
    const items = itemSchema(node)
    return items === undefined ? [] : [plainest(items, name)]
  }
  if (node.t === 'b') return false
  if (node.t === 'i' || node.t === 'n') return 1
  return /url|server|uri|endpoint/i.test(name) ? 'https://127.0.0.1:9' : 'x'
}
