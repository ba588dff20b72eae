import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'
import { violations } from './schema-check.ts'
import { schemaOf } from './schema-table.ts'

/**
 * Strict field validation included. Where another rule speaks about the same field, that one is
 * kept (check.ts).
 */
export const schema: Rule = {
  id: 'schema',
  severity: 'error',
  summary: "every object fits the schema of External Secrets Operator's CRDs",
  why: `The API server refuses a wrong type, a missing field, a value outside of an enum or pattern, and a broken CEL rule.
An unknown field is refused under strict field validation, and dropped without a word otherwise: a misspelt
\`decodingStrategy\` then leaves the value encoded. The schemas are those of ESO 2.9.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remotRef: {key: shop/api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: shop/api}
`,
  *check(graph) {
    for (const { document, object } of objectsOf(graph)) {
      const node = schemaOf(object)
      if (node === undefined) continue
      for (const violation of violations(object, node, [])) yield { document, ...violation }
    }
  },
}
