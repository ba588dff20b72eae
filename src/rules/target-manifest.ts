import type { Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/** MT-7: no other kind of object is ever written. */
export const targetManifest: Rule = {
  id: 'target-manifest',
  severity: 'error',
  summary: 'the target is a Secret',
  why: `target.manifest makes ESO write objects of other kinds, with the rights of whoever runs it: a RoleBinding or a webhook as
well as a ConfigMap. Waybill writes Secrets alone, and a sync refuses the ExternalSecret. A value in a ConfigMap is seen by
everyone who may read ConfigMaps, too.`,
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
  *check(graph) {
    for (const { document, resource, path } of specsOf(graph)) {
      if (resource.target.manifest === undefined) continue
      yield {
        document,
        path: [...path, 'target', 'manifest'],
        message: 'only Secrets are written, no other objects',
        hint: 'leave target.manifest out and have the workload read the Secret',
      }
    }
  },
}
