import { dig, isArray } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/** MT-7; under --parity=eso a sync adds them, as ESO does (R57). */
export const templateFinalizers: Rule = {
  id: 'template-finalizers',
  severity: 'error',
  summary: 'a template gives the Secret no finalizers',
  why: `A finalizer keeps an object until somebody takes it away. ESO adds those of a template and never removes them, so the
Secret stays for ever, and so does a namespace that is being deleted. A sync refuses them, unless it runs with
--parity=eso.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      metadata: {finalizers: [example.com/hold]}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    deletionPolicy: Retain
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const { document, resource, path } of specsOf(graph)) {
      const finalizers = dig(resource.target.template, 'metadata', 'finalizers')
      if (!isArray(finalizers) || finalizers.length === 0) continue
      yield {
        document,
        path: [...path, 'target', 'template', 'metadata', 'finalizers'],
        message: 'finalizers are refused: nobody would take them away again',
        hint: 'leave them out; deletionPolicy Retain keeps a Secret whose remote is gone',
      }
    }
  },
}
