import { patternsOf } from './patterns.ts'
import type { Rule } from './rule.ts'

/**
 * R32. Says nothing when no pattern engine was loaded: commands load it when there is a pattern.
 */
export const invalidPattern: Rule = {
  id: 'invalid-pattern',
  severity: 'error',
  summary: 'regular expressions of find and rewrite compile',
  why: `Go's RE2 syntax has no look-around and no back references. ESO notices only when it reads the secret, and then the
whole ExternalSecret fails (R32).`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - find: {name: {regexp: "^(?!test)"}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  dataFrom:
    - find: {name: {regexp: "^prod-.*$"}}
`,
  *check(graph, { patternProblem }) {
    for (const { document, path, pattern } of patternsOf(graph)) {
      const message = patternProblem(pattern)
      if (message !== undefined) {
        yield { document, path, message, hint: 'the syntax is that of RE2: no look-around' }
      }
    }
  },
}
