import { refusalOfTarget } from '../model/target-kind.ts'
import type { Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/** MT-7: other kinds of objects are an administrator's to allow, and some are nobody's. */
export const targetManifest: Rule = {
  id: 'target-manifest',
  severity: 'error',
  summary: 'the target is a Secret, or of a kind that is allowed',
  why: `target.manifest makes ESO write objects of other kinds, with the rights of whoever runs it: a RoleBinding or a webhook as
well as a ConfigMap (R101). Waybill writes Secrets alone unless whoever runs it allows a kind with \`--allow-target\`, and a
sync refuses the ExternalSecret otherwise. What grants rights, decides admission, defines kinds or runs pods cannot be allowed.
A value in a ConfigMap is seen by everyone who may read ConfigMaps, too.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    name: api-settings
    manifest: {apiVersion: v1, kind: ConfigMap}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    name: api-settings
  dataFrom:
    - extract: {key: api}
`,
  *check(graph, { targets = [] }) {
    for (const { document, resource, path } of specsOf(graph)) {
      const refusal = refusalOfTarget(resource, targets)
      if (refusal === undefined) continue
      const { message, hint } = refusal
      yield { document, path: [...path, 'target', 'manifest'], message, hint }
    }
  },
}
