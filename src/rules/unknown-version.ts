import { objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'
import { versionsOf } from './schema-table.ts'

/** v1beta1 of the stores counts as known here: v1beta1.ts has its own words for it. */
export const unknownVersion: Rule = {
  id: 'unknown-version',
  severity: 'error',
  summary: 'the kind exists in this API version',
  why: `The API server has no such version of the kind. \`v1alpha1\` of ExternalSecret and of the stores went away with ESO
0.16; the other way round, generators and PushSecret exist in \`v1alpha1\` only.`,
  bad: `apiVersion: generators.external-secrets.io/v1
kind: UUID
metadata: {name: id}
`,
  good: `apiVersion: generators.external-secrets.io/v1alpha1
kind: UUID
metadata: {name: id}
`,
  *check(graph) {
    for (const { document, group, version, kind } of objectsOf(graph)) {
      const versions = versionsOf(group, kind)
      const [newest] = versions
      if (newest === undefined || versions.includes(version)) continue
      yield {
        document,
        path: ['apiVersion'],
        message: `${kind} has no version ${JSON.stringify(version)}`,
        hint: `write apiVersion: ${group}/${newest}`,
      }
    }
  },
}
