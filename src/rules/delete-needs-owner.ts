import type { Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/**
 * R85. Merge and None with Delete are no business of this rule: the webhook refuses them
 * (admission.ts).
 */
export const deleteNeedsOwner: Rule = {
  id: 'delete-needs-owner',
  severity: 'warning',
  summary: 'deletionPolicy Delete goes with creationPolicy Owner',
  why: `ESO's webhook lets Orphan with Delete in, and once the remote secret is gone the ExternalSecret fails with \`could not
delete secret\`, since only an owner may delete (R85).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target: {creationPolicy: Orphan, deletionPolicy: Delete}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target: {creationPolicy: Orphan, deletionPolicy: Retain}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const { document, path, resource } of specsOf(graph)) {
      const { creationPolicy, deletionPolicy } = resource.target
      if (creationPolicy !== 'Orphan' || deletionPolicy !== 'Delete') continue
      yield {
        document,
        path: [...path, 'target', 'deletionPolicy'],
        message: 'an orphaned Secret cannot be deleted by its policy',
        hint: 'write creationPolicy: Owner, or deletionPolicy: Retain',
      }
    }
  },
}
