import type { SecretGraph } from '../graph/graph.ts'
import type { CreationPolicy, ExternalSecret } from '../model/external-secret.ts'
import { member, text } from '../model/json.ts'
import { placeOfId, targetId } from '../model/target-kind.ts'
import type { Problem, Rule } from './rule.ts'
import { type Spec, specsOf } from './specs.ts'

// Two ExternalSecrets, one target Secret in one namespace. Owner and Orphan write the whole Secret, so either of them
// beside another writer undoes what the other wrote; any number of Merges may share one, key by key. None writes nothing.

/** R58, R76. An error where both write the whole Secret, a warning where one of them merges. */
export const duplicateTarget: Rule = {
  id: 'duplicate-target',
  severity: 'error',
  summary: 'no two ExternalSecrets write the same Secret',
  why: `The one that comes second fails with \`target is owned by another ExternalSecret\` (R76), or both rewrite the Secret at
each refresh and undo each other's keys (R58). To share a Secret, all writers need creationPolicy Merge or CreateOrMerge.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: other, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  target: {name: api}
  dataFrom:
    - extract: {key: other}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: api}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: other, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - extract: {key: other}
`,
  *check(graph) {
    for (const specs of writersByTarget(graph).values()) yield* conflicts(specs)
  },
}

/** Policies that replace the whole data of the Secret. */
const WRITES_ALL: ReadonlySet<CreationPolicy> = new Set(['Owner', 'Orphan'])

/**
 * Each writer is told of one rival that writes the whole Secret; Merges among themselves are fine.
 */
function* conflicts(specs: readonly Spec[]): Generator<Problem> {
  // The order of the input must not decide who is blamed.
  const sorted = [...specs].sort((a, b) => (a.resource.name < b.resource.name ? -1 : 1))
  for (const spec of sorted) {
    const others = sorted.filter((other) => other.resource.name !== spec.resource.name)
    const rival = others.find(({ resource }) => isWholeWriter(resource))
    if (rival === undefined) continue
    const isMutual = isWholeWriter(spec.resource)
    yield {
      document: spec.document,
      path: [...spec.path, 'target', 'name'],
      severity: isMutual ? 'error' : 'warning',
      message: `ExternalSecret ${JSON.stringify(rival.resource.name)} writes the ${wordOf(spec.resource)} ${JSON.stringify(spec.resource.target.name)} as well`,
      hint: 'give one of them another target.name, or both creationPolicy Merge',
    }
  }
}

function wordOf({ target: { manifest } }: ExternalSecret): string {
  return text(member(manifest, 'kind')) ?? 'Secret'
}

/** Whether it would undo what others wrote. */
function isWholeWriter({ target }: ExternalSecret): boolean {
  return WRITES_ALL.has(target.creationPolicy)
}

/**
 * By kind, namespace and name of the target; carried specifications have no namespace yet and are
 * left out.
 */
function writersByTarget(graph: SecretGraph): ReadonlyMap<string, readonly Spec[]> {
  const specsByTarget = new Map<string, Spec[]>()
  for (const spec of specsOf(graph)) {
    const { target } = spec.resource
    if (spec.path.length > 1 || target.creationPolicy === 'None' || target.name === '') continue
    const key = JSON.stringify([spec.namespace ?? '', placeOfId(targetId(spec.resource))])
    const specs = specsByTarget.get(key) ?? []
    specsByTarget.set(key, [...specs, spec])
  }
  return specsByTarget
}
