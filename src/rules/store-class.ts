import { storeKey } from '../model/store.ts'
import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** R8. One finding per store, however many read through it; unused stores are no complaint. */
export const storeClass: Rule = {
  id: 'store-class',
  severity: 'warning',
  summary: 'stores belong to the default controller class',
  why: `A store whose \`spec.controller\` is set is read only by a controller of that class. ESO skips every ExternalSecret that
uses one of another class without a status or an event (R8).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  controller: dev
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: []}}
`,
  *check(graph) {
    const told = new Set<string>()
    for (const { spec, sourceRef } of entriesOf(graph)) {
      const ref = sourceRef?.storeRef ?? spec.resource.storeRef
      if (ref === undefined) continue
      const key = storeKey(ref.kind, spec.namespace ?? '', ref.name)
      const store = graph.stores.get(key)
      if (store === undefined || told.has(key)) continue
      const { controller } = store.resource
      if (controller === '' || controller === 'default') continue
      told.add(key)
      yield {
        document: store.document,
        path: ['spec', 'controller'],
        message: `only a controller of class ${JSON.stringify(controller)} reads this store`,
        hint: 'leave spec.controller out unless such a controller runs',
      }
    }
  },
}
