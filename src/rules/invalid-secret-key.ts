import type { FieldPath } from '../manifests/document.ts'
import { isObject, member } from '../model/json.ts'
import { nameProblem } from '../model/names.ts'
import type { Problem, Rule } from './rule.ts'
import { entriesOf, type Spec, specsOf } from './specs.ts'

/**
 * R44, R45: the API server's rule, which is narrower than ESO's. An empty key is dropped silently,
 * as with ESO.
 */
export const invalidSecretKey: Rule = {
  id: 'invalid-secret-key',
  severity: 'error',
  summary: 'keys of the Secret are keys that the API server takes',
  why: `ESO lets letters such as \`é\` through, and the API server refuses the Secret afterwards (R44); a key of more than 253
bytes fails as well (R45).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: api/token
      remoteRef: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: api.token
      remoteRef: {key: api}
`,
  *check(graph) {
    for (const { spec, path, data } of entriesOf(graph)) {
      if (data === undefined || data.secretKey === '') continue
      yield* keyProblems(spec, [...path, 'secretKey'], data.secretKey)
    }
    for (const spec of specsOf(graph)) yield* templateProblems(spec)
  },
}

/** Keys of a manifest target are its own matter. */
function* templateProblems(spec: Spec): Generator<Problem> {
  const { template, manifest } = spec.resource.target
  const data = member(template, 'data')
  if (!isObject(data) || manifest !== undefined) return
  const path = [...spec.path, 'target', 'template', 'data']
  for (const key of Object.keys(data)) {
    for (const problem of keyProblems(spec, [...path, key], key)) {
      yield { ...problem, isAboutKey: true }
    }
  }
}

/** One key at most gives one problem. */
function* keyProblems({ document }: Spec, path: FieldPath, key: string): Generator<Problem> {
  const problem = nameProblem('data-key', key)
  if (problem === undefined) return
  yield { document, path, message: `the key ${problem}` }
}
