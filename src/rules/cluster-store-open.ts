import { dig, isArray } from '../model/json.ts'
import { storesOf } from './objects.ts'
import type { Rule } from './rule.ts'

/** R11. A hint and no more: an open store is legal, and right for a cluster of one team. */
export const clusterStoreOpen: Rule = {
  id: 'cluster-store-open',
  severity: 'info',
  summary: 'a ClusterSecretStore says which namespaces may use it',
  why: `Without \`conditions\` every namespace of the cluster may read through the store (R11). That is often meant in a cluster
of one team, and a leak in a shared one.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaces: [shop]
  provider: {fake: {data: []}}
`,
  *check(graph) {
    for (const { document, store } of storesOf(graph)) {
      const conditions = dig(store.object, 'spec', 'conditions')
      if (store.kind !== 'ClusterSecretStore') continue
      if (isArray(conditions) && conditions.length > 0) continue
      yield {
        document,
        path: ['spec'],
        message: 'every namespace may read through this store',
        hint: 'name the namespaces that may in spec.conditions',
      }
    }
  },
}
