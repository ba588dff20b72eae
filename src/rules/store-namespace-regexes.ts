import { storesOf } from './objects.ts'
import { namespaceRegexesOf } from './patterns.ts'
import type { Rule } from './rule.ts'

/** R182. Whether they are anchored is another rule's question (unanchored-regexp.ts). */
export const storeNamespaceRegexes: Rule = {
  id: 'store-namespace-regexes',
  severity: 'error',
  summary: 'every namespaceRegexes entry of a ClusterSecretStore compiles',
  why: `ESO's webhook compiles each entry as a Go regular expression and refuses the store if one does not (R182). At run time
such an entry would shut the namespaces out that it was meant to let in.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaceRegexes: ["^team-[a-z+$"]
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaceRegexes: ["^team-[a-z]+$"]
  provider: {fake: {data: []}}
`,
  *check(graph, { patternProblem }) {
    for (const { document, store } of storesOf(graph)) {
      for (const { path, pattern } of namespaceRegexesOf(store)) {
        const message = patternProblem(pattern)
        if (message !== undefined) yield { document, path, message }
      }
    }
  },
}
