import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** R19: the field exists in the schema, so no other check would notice. */
export const generatorRefInData: Rule = {
  id: 'generator-ref-in-data',
  severity: 'error',
  summary: 'generators are used from dataFrom',
  why: `The schema has \`data[].sourceRef.generatorRef\`, but ESO does not implement it: it ends in the search for a store without
a name (R19).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: id}
spec:
  data:
    - secretKey: id
      remoteRef: {key: id}
      sourceRef: {generatorRef: {kind: UUID, name: id}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: id}
spec:
  dataFrom:
    - sourceRef: {generatorRef: {kind: UUID, name: id}}
`,
  *check(graph) {
    for (const { spec, path, data, sourceRef } of entriesOf(graph)) {
      if (data === undefined || sourceRef?.generatorRef === undefined) continue
      yield {
        document: spec.document,
        path: [...path, 'sourceRef', 'generatorRef'],
        message: 'a generator cannot be used in data',
        hint: 'use it in dataFrom; rewrite gives its keys other names',
      }
    }
  },
}
