import { member } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { specsOf, templateFromOf } from './specs.ts'

/** R66, for an empty target only; unknown words are refused by the webhook (admission.ts). */
export const templateTarget: Rule = {
  id: 'template-target',
  severity: 'error',
  summary: 'templateFrom[].target is left out or names a part of the Secret',
  why: `An empty target passes ESO's webhook and fails when the Secret is built (R66): only an absent one means Data.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      templateFrom:
        - {literal: 'a: "b"', target: ""}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      templateFrom:
        - {literal: 'a: "b"'}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const spec of specsOf(graph)) {
      for (const { item, path } of templateFromOf(spec)) {
        if (member(item, 'target') !== '') continue
        yield {
          document: spec.document,
          path: [...path, 'target'],
          message: 'an empty target fails when the Secret is built',
          hint: 'leave it out, or write Data, Annotations or Labels',
        }
      }
    }
  },
}
