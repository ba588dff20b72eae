import { dig, text } from '../model/json.ts'
import { type NameKind, nameProblem } from '../model/names.ts'
import { type EsoObject, objectsOf } from './objects.ts'
import type { Problem, Rule } from './rule.ts'
import { specsOf } from './specs.ts'

/**
 * Names of objects and of the Secrets they make. A target named like its ExternalSecret is not
 * reported twice.
 */
export const invalidObjectName: Rule = {
  id: 'invalid-object-name',
  severity: 'error',
  summary: 'objects and their targets have names that the API server takes',
  why: `The API server refuses the object. A name that a template tool made out of a branch or a user name often holds capital
letters, underscores or a slash.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: Team_A}
spec:
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: team-a}
spec:
  provider: {fake: {data: []}}
`,
  *check(graph) {
    for (const one of objectsOf(graph)) yield* ownNames(one)
    for (const { document, path, resource } of specsOf(graph)) {
      const { name } = resource.target
      const problem = name === resource.name ? undefined : nameProblem('secret-name', name)
      if (problem === undefined) continue
      const message = `${JSON.stringify(name)} ${problem}`
      yield { document, path: [...path, 'target', 'name'], message }
    }
  },
}

// Members that hold a name, and which of Kubernetes' grammars holds there.
const NAMES: readonly { readonly path: readonly string[]; readonly kind: NameKind }[] = [
  { path: ['metadata', 'name'], kind: 'dns1123-subdomain' },
  { path: ['metadata', 'generateName'], kind: 'generate-name' },
  { path: ['metadata', 'namespace'], kind: 'namespace-name' },
  { path: ['spec', 'externalSecretName'], kind: 'dns1123-subdomain' },
]

/** Without name and generateName the API server refuses the object. */
function* ownNames({ document, object }: EsoObject): Generator<Problem> {
  for (const { path, kind } of NAMES) {
    const value = text(dig(object, ...path))
    const problem = value ? nameProblem(kind, value) : undefined
    if (problem !== undefined) {
      yield { document, path, message: `${JSON.stringify(value)} ${problem}` }
    }
  }
  if (!dig(object, 'metadata', 'name') && !dig(object, 'metadata', 'generateName')) {
    yield { document, path: ['metadata', 'name'], message: 'the object has no name' }
  }
}
