import type { SecretGraph } from '../graph/graph.ts'
import type { FieldPath } from '../manifests/document.ts'
import type { StoreRef } from '../model/external-secret.ts'
import { type StoreKey, storeKey } from '../model/store.ts'
import type { Rule } from './rule.ts'
import { entriesOf, type Spec, specsOf } from './specs.ts'

/** A store that only exists in the cluster is legal, hence a warning: another Application may own it. */
export const storeIsDeclared: Rule = {
  id: 'store-is-declared',
  severity: 'warning',
  summary: 'secretStoreRef names a store of this render or of --known-stores',
  why: `A reference to a store that nobody declares fails at run time, and every Secret that depends on it with it. A store may
live in another Application: \`--known-stores\` says so. The kind is easily forgotten: without it a reference means a
SecretStore of the same namespace (R6).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaces: [shop]
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures, kind: ClusterSecretStore}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaces: [shop]
  provider: {fake: {data: []}}
`,
  *check(graph) {
    const keys = [...graph.stores.keys(), ...graph.knownStores.keys()]
    const declared: Declared = { keys: new Set(keys), names: new Set(keys.map(withoutNamespace)) }
    for (const { spec, ref, path } of storeRefsOf(graph)) {
      if (isDeclared(ref, spec.namespace, declared)) continue
      yield {
        document: spec.document,
        path,
        message: `${subject(ref, spec.namespace)} is not declared here`,
        hint: hintFor(ref, spec.namespace, declared),
      }
    }
  },
}

/** What this render and `--known-stores` declare. */
interface Declared {
  readonly keys: ReadonlySet<StoreKey>
  /** `Kind/name`, for references whose namespace nobody knows. */
  readonly names: ReadonlySet<string>
}

/** A reference to a store as authored. */
interface WrittenRef {
  readonly spec: Spec
  readonly ref: StoreRef
  readonly path: FieldPath
}

/** The specification's own reference, then those of its entries. */
function* storeRefsOf(graph: SecretGraph): Generator<WrittenRef> {
  for (const spec of specsOf(graph)) {
    const ref = spec.resource.storeRef
    if (ref !== undefined) yield { spec, ref, path: [...spec.path, 'secretStoreRef', 'name'] }
  }
  for (const { spec, path, sourceRef } of entriesOf(graph)) {
    const ref = sourceRef?.storeRef
    if (ref !== undefined) yield { spec, ref, path: [...path, 'sourceRef', 'storeRef', 'name'] }
  }
}

/** Keys of cluster stores have two parts, those of SecretStores three. */
function withoutNamespace(key: StoreKey): string {
  const parts = key.split('/')
  return `${parts[0]}/${parts.at(-1)}`
}

/** An unknown namespace on either side counts as the same: nobody can tell yet. */
function isDeclared(
  { kind, name }: StoreRef,
  namespace: string | undefined,
  { keys, names }: Declared,
): boolean {
  if (name === '') return true
  if (namespace === undefined) return names.has(`${kind}/${name}`)
  return keys.has(storeKey(kind, namespace, name)) || keys.has(storeKey(kind, '', name))
}

/** As reports name a store. */
function subject({ kind, name }: StoreRef, namespace: string | undefined): string {
  return kind === 'SecretStore' && namespace !== undefined
    ? `SecretStore/${namespace}/${name}`
    : `${kind}/${name}`
}

/** The likely slip: the other kind, or another namespace. */
function hintFor(
  { kind, name }: StoreRef,
  namespace: string | undefined,
  declared: Declared,
): string {
  const other = kind === 'SecretStore' ? 'ClusterSecretStore' : 'SecretStore'
  if (isDeclared({ kind: other, name }, namespace, declared)) {
    return `a ${other} of that name is: write kind: ${other}`
  }
  if (declared.names.has(`${kind}/${name}`)) {
    return 'a store of that name is in another namespace: a SecretStore serves its own only'
  }
  return 'declare the store here, or name the file it is in with --known-stores'
}
