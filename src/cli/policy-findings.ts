import { objectKey, type SecretGraph } from '../graph/graph.ts'
import type { Finding } from '../model/finding.ts'
import type { ProviderFailure } from '../model/provider.ts'
import type { Store } from '../model/store.ts'
import type { StorePolicy } from '../model/store-policy.ts'
import { type Reader, refusalOfRead } from '../plan/read-policy.ts'
import { hasConditions } from '../plan/store-conditions.ts'
import { readsOf } from '../values/assemble.ts'

export { givenPolicy } from './policy-file.ts'

/** What a run under this policy would refuse: reads, and ClusterSecretStores without conditions. */
export function policyFindings(graph: SecretGraph, policy: StorePolicy): readonly Finding[] {
  return [...refusedReads(graph, policy), ...openStores(graph, policy)]
}

function* refusedReads(graph: SecretGraph, policy: StorePolicy): Generator<Finding> {
  for (const { key, document, resource } of graph.externalSecrets) {
    for (const { field, read } of readsOf(resource, graph.defaultNamespace)) {
      const namespace = resource.namespace || graph.defaultNamespace
      const refusal = refusalIn(graph, policy, { namespace, read })
      if (refusal === undefined) continue
      const at = document.locate(pathOf(field))
      const { message, hint } = refusal
      yield { rule: 'store-policy', severity: 'error', at, subject: key, field, message, hint }
    }
  }
}

/** A store that is not known here is judged when a run finds it. */
function refusalIn(
  graph: SecretGraph,
  policy: StorePolicy,
  asking: Pick<Reader, 'namespace' | 'read'>,
): ProviderFailure | undefined {
  const { read } = asking
  if (read.op === 'generate') return refusalOfRead(policy, { ...asking, store: undefined })
  const store = storeOf(graph, read.store)
  return store && refusalOfRead(policy, { ...asking, store })
}

function storeOf({ stores, knownStores }: SecretGraph, key: string): Store | undefined {
  return stores.get(key)?.resource ?? knownStores.get(key)
}

/** `spec.data[0]` as the path that documents are located by. */
function pathOf(field: string): readonly (string | number)[] {
  return field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

function* openStores(
  { stores, defaultNamespace }: SecretGraph,
  { requiresConditions }: StorePolicy,
): Generator<Finding> {
  if (!requiresConditions) return
  for (const { document, resource } of stores.values()) {
    if (resource.kind !== 'ClusterSecretStore' || hasConditions(resource)) continue
    yield {
      rule: 'store-policy',
      severity: 'error',
      at: document.locate(['spec']),
      subject: objectKey(resource.object, defaultNamespace),
      field: 'spec',
      message: 'the store has no conditions, so nobody may use it where conditions are required',
      hint: 'name the namespaces that may in spec.conditions',
    }
  }
}
