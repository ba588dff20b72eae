import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** R7. Generators need no store, and an element that reads nothing is another rule's. */
export const storeRefMissing: Rule = {
  id: 'store-ref-missing',
  severity: 'error',
  summary: 'every entry has a store to read from',
  why: `An entry reads from its own \`sourceRef.storeRef\`, else from \`spec.secretStoreRef\` (R7). With neither, ESO looks for a
store without a name and fails.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  data:
    - secretKey: token
      remoteRef: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: api}
`,
  *check(graph) {
    for (const { spec, path, dataFrom, sourceRef } of entriesOf(graph)) {
      if (sourceRef?.generatorRef !== undefined) continue
      const ref = sourceRef?.storeRef ?? spec.resource.storeRef
      if (ref !== undefined && ref.name !== '') continue
      // An element without a source says so under another rule.
      if (dataFrom !== undefined && !dataFrom.extract && !dataFrom.find) continue
      yield {
        document: spec.document,
        path,
        message: 'no store is named, neither here nor in spec.secretStoreRef',
        hint: 'name one in spec.secretStoreRef',
      }
    }
  },
}
