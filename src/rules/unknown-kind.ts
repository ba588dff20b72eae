import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'
import { kindsOf, versionsOf } from './schema-table.ts'
import { nearest } from './spelling.ts'

/** Kinds of ESO's groups only; the rest of the render is not judged. */
export const unknownKind: Rule = {
  id: 'unknown-kind',
  severity: 'error',
  summary: "the kind exists in External Secrets Operator's API groups",
  why: `The API server has no such kind and refuses the whole apply. Generators live in
\`generators.external-secrets.io\`, everything else in \`external-secrets.io\`.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecrets
metadata: {name: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  dataFrom:
    - extract: {key: api}
  secretStoreRef: {name: vault}
`,
  *check(graph) {
    for (const { document, group, kind } of objectsOf(graph)) {
      if (versionsOf(group, kind).length > 0) continue
      const guess = nearest(kind, kindsOf(group))
      yield {
        document,
        path: ['kind'],
        message: `${group} has no kind ${JSON.stringify(kind)}`,
        hint: guess === undefined ? elsewhere(kind) : `did you mean ${guess}?`,
      }
    }
  },
}

/** The kind exists, but in ESO's other group. */
function elsewhere(kind: string): string | undefined {
  const other = ['external-secrets.io', 'generators.external-secrets.io'].find(
    (candidate) => versionsOf(candidate, kind).length > 0,
  )
  return other === undefined ? undefined : `${kind} is a kind of ${other}`
}
