import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** A warning, for Vault and Kubernetes answer such a find, and few mean it. */
export const findWithoutCriteria: Rule = {
  id: 'find-without-criteria',
  severity: 'warning',
  summary: 'find says which names or tags it looks for',
  why: `A \`find\` without \`name\` and \`tags\` is an error with most providers, and with Vault and a \`path\` it reads everything
below that path.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - find: {path: team}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - find: {path: team, name: {regexp: "^team/api/.*"}}
`,
  *check(graph) {
    for (const { spec, path, dataFrom } of entriesOf(graph)) {
      const find = dataFrom?.find
      if (find === undefined || find.nameRegexp !== undefined || find.tags !== undefined) continue
      yield {
        document: spec.document,
        path: [...path, 'find'],
        message: 'find names neither a regexp nor tags',
        hint: 'add name.regexp or tags',
      }
    }
  },
}
