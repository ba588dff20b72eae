import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'

/** A warning: Waybill reads it as v1, only a cluster with a current ESO refuses it. */
export const v1beta1: Rule = {
  id: 'v1beta1',
  severity: 'warning',
  summary: 'ExternalSecrets and stores are written as v1',
  why: `ESO serves \`v1beta1\` no longer since 0.17, so a cluster with a current ESO refuses the object. Waybill reads it as
\`v1\` and hands it off as such. The shape is the same for what both have.`,
  bad: `apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const { document, group, version } of objectsOf(graph)) {
      if (group !== 'external-secrets.io' || version !== 'v1beta1') continue
      yield {
        document,
        path: ['apiVersion'],
        message: 'external-secrets.io/v1beta1 is no longer served',
        hint: 'write apiVersion: external-secrets.io/v1; the fields are the same',
      }
    }
  },
}
