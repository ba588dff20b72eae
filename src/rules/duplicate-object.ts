import { dig } from '../model/json.ts'
import { comparePlaces, formatPlace } from '../model/place.ts'
import { type EsoObject, objectsOf } from './objects.ts'
import type { Rule } from './rule.ts'

/**
 * By group, kind, namespace and name; versions of one kind are one object. Objects without a name
 * are left to invalid-object-name.
 */
export const duplicateObject: Rule = {
  id: 'duplicate-object',
  severity: 'error',
  summary: 'every object is declared once',
  why: `Of two objects with one kind, namespace and name the cluster keeps whichever was applied last: Argo CD warns of a
repeated resource, kustomize refuses it.`,
  bad: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: []}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: [{key: a, value: b}]}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: []}}
`,
  *check(graph) {
    const firstByKey = new Map<string, EsoObject>()
    const sorted = [...objectsOf(graph)].sort((a, b) => comparePlaces(a.document.at, b.document.at))
    for (const one of sorted) {
      if (typeof dig(one.object, 'metadata', 'name') !== 'string') continue
      const key = `${one.group}/${one.key}`
      const first = firstByKey.get(key)
      if (first === undefined) {
        firstByKey.set(key, one)
        continue
      }
      yield {
        document: one.document,
        path: ['metadata', 'name'],
        message: `declared before at ${formatPlace(first.document.at)}`,
        hint: 'remove one of the two',
      }
    }
  },
}
