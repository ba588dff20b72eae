import type { FieldPath } from '../manifests/document.ts'
import { GENERATORS_GROUP } from '../model/external-secret.ts'
import {
  dig,
  isArray,
  isObject,
  type JsonObject,
  type JsonValue,
  member,
  text,
} from '../model/json.ts'
import { type EsoObject, objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'
import { itemSchema, memberSchema, type SchemaNode, schemaOf } from './schema-table.ts'

/** R13, R15. Trust: this is the fence between tenants; sync enforces it again at run time. */
export const secretstoreForeignNamespace: Rule = {
  id: 'secretstore-foreign-namespace',
  severity: 'error',
  summary: 'a namespaced store or generator reads its credentials in its own namespace',
  why: `Whoever may write a SecretStore in one namespace must not read Secrets, ConfigMaps or tokens of another by way of it.
ESO refuses a foreign namespace in every reference (R13, R15; CVE-2026-42875), and so does Waybill, for each reference that
the schema has.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      auth: {tokenSecretRef: {name: token, key: token, namespace: kube-system}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: https://vault.example
      auth: {tokenSecretRef: {name: token, key: token}}
`,
  *check(graph) {
    for (const one of objectsOf(graph)) {
      const { document, object, kind } = one
      const own = text(dig(object, 'metadata', 'namespace')) || graph.defaultNamespace
      if (own === '' || !isConfined(one)) continue
      for (const { path, namespace } of namespacesOf(object)) {
        if (namespace === own) continue
        yield {
          document,
          path,
          message: `a ${kind} of ${own} must not refer to namespace ${JSON.stringify(namespace)}`,
          hint: 'leave the namespace out, or make it a cluster-scoped object',
        }
      }
    }
  },
}

/** Namespaced stores and generators; cluster-scoped ones may name any namespace. */
function isConfined({ group, kind }: EsoObject): boolean {
  if (group === GENERATORS_GROUP) return kind !== 'ClusterGenerator'
  return kind === 'SecretStore'
}

/** By the schema and not by name alone: a free map may have a key called namespace. */
function namespacesOf(object: JsonObject): Iterable<Leaf> {
  const schema = schemaOf(object)
  const spec = schema === undefined ? undefined : memberSchema(schema, 'spec')
  return spec === undefined ? [] : namespacesIn(member(object, 'spec'), spec, ['spec'])
}

/** A namespace that a reference names. */
interface Leaf {
  readonly path: FieldPath
  readonly namespace: string
}

/** Every `namespace` beside a `name` in the schema: Vault's own namespaces stand alone, and are no Kubernetes ones. */
function* namespacesIn(
  value: JsonValue | undefined,
  node: SchemaNode,
  path: FieldPath,
): Generator<Leaf> {
  const items = itemSchema(node)
  if (isArray(value) && items !== undefined) {
    for (const [index, item] of value.entries()) yield* namespacesIn(item, items, [...path, index])
  }
  if (isObject(value)) yield* memberNamespaces(value, node, path)
}

/** References have a `name` beside the `namespace`. */
function* memberNamespaces(object: JsonObject, node: SchemaNode, path: FieldPath): Generator<Leaf> {
  const isReference = node.p !== undefined && Object.hasOwn(node.p, 'name')
  for (const [name, child] of Object.entries(object)) {
    const schema = memberSchema(node, name)
    const at = [...path, name]
    const isLeaf = isReference && name === 'namespace' && typeof child === 'string'
    if (isLeaf && child !== '') yield { path: at, namespace: child }
    else if (schema !== undefined) yield* namespacesIn(child, schema, at)
  }
}
