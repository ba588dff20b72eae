import type { FieldPath } from '../manifests/document.ts'
import { isObject, type JsonValue, member, text } from '../model/json.ts'
import { storesOf } from './objects.ts'
import type { Rule } from './rule.ts'

/**
 * R15. Only `caProvider` is looked at: other references have a meaning without a namespace (R14).
 */
export const clusterStoreNeedsNamespace: Rule = {
  id: 'cluster-store-needs-namespace',
  severity: 'error',
  summary: "a ClusterSecretStore says in which namespace its caProvider's object is",
  why: `A ClusterSecretStore has no namespace of its own, so \`caProvider.namespace\` is required there (R15). Other references
may leave it out: they are then read in the namespace of each ExternalSecret (R14).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec:
  provider:
    vault:
      server: https://vault.example
      caProvider: {type: ConfigMap, name: ca, key: ca.crt}
      auth: {tokenSecretRef: {name: token, key: token, namespace: vault}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: vault}
spec:
  provider:
    vault:
      server: https://vault.example
      caProvider: {type: ConfigMap, name: ca, key: ca.crt, namespace: vault}
      auth: {tokenSecretRef: {name: token, key: token, namespace: vault}}
`,
  *check(graph) {
    for (const { document, store } of storesOf(graph)) {
      if (store.kind !== 'ClusterSecretStore') continue
      const root = ['spec', 'provider', store.provider]
      for (const path of caProvidersIn(store.settings, root)) {
        yield {
          document,
          path: [...path, 'namespace'],
          message: 'caProvider of a ClusterSecretStore needs a namespace',
        }
      }
    }
  },
}

/** Wherever the provider's settings have one, at any depth. */
function* caProvidersIn(value: JsonValue | undefined, path: FieldPath): Generator<FieldPath> {
  if (!isObject(value)) return
  for (const [name, child] of Object.entries(value)) {
    const at = [...path, name]
    if (name !== 'caProvider') yield* caProvidersIn(child, at)
    else if (isObject(child) && !text(member(child, 'namespace'))) yield at
  }
}
