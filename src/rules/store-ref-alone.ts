import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** R18. An error here and at run time; `--parity=eso` ignores such an element at run time only. */
export const storeRefAlone: Rule = {
  id: 'store-ref-alone',
  severity: 'error',
  summary: 'an element of dataFrom says what to read, not only where',
  why: `An element with nothing but \`sourceRef.storeRef\` passes ESO's webhook and yields nothing, silently (R18). Waybill
refuses it.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  dataFrom:
    - sourceRef: {storeRef: {name: vault}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  dataFrom:
    - sourceRef: {storeRef: {name: vault}}
      extract: {key: api}
`,
  *check(graph) {
    for (const { spec, path, dataFrom, sourceRef } of entriesOf(graph)) {
      if (dataFrom === undefined || sourceRef?.storeRef === undefined) continue
      if (dataFrom.extract ?? dataFrom.find ?? sourceRef.generatorRef) continue
      yield {
        document: spec.document,
        path,
        message: 'names a store but reads nothing from it',
        hint: 'add extract or find',
      }
    }
  },
}
