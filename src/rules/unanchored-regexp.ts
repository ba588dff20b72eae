import { storesOf } from './objects.ts'
import { namespaceRegexesOf } from './patterns.ts'
import type { Rule } from './rule.ts'
import { entriesOf } from './specs.ts'

/** R11, R28. One anchor is enough to be left alone: the author has thought about ends. */
export const unanchoredRegexp: Rule = {
  id: 'unanchored-regexp',
  severity: 'info',
  summary: 'regular expressions say where they begin and end',
  why: `Both \`namespaceRegexes\` (R11) and \`find.name.regexp\` (R28) match anywhere in the name: \`team\` lets the namespace
\`my-team-x\` in. For a store that is a question of who may read, so it is a warning there.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaceRegexes: ["team-a"]
  provider: {fake: {data: []}}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: fixtures}
spec:
  conditions:
    - namespaceRegexes: ["^team-a$"]
  provider: {fake: {data: []}}
`,
  *check(graph) {
    for (const { document, store } of storesOf(graph)) {
      for (const { path, pattern } of namespaceRegexesOf(store)) {
        if (isAnchored(pattern)) continue
        const message = `${JSON.stringify(pattern)} lets in every namespace whose name contains a match`
        yield { document, path, severity: 'warning', message, hint: hintFor(pattern) }
      }
    }
    for (const { spec, path, dataFrom } of entriesOf(graph)) {
      const pattern = dataFrom?.find?.nameRegexp
      if (pattern === undefined || isAnchored(pattern)) continue
      yield {
        document: spec.document,
        path: [...path, 'find', 'name', 'regexp'],
        message: `${JSON.stringify(pattern)} finds every name that contains a match`,
        hint: hintFor(pattern),
      }
    }
  },
}

/** One anchor, or a pattern that wants everything, shows that its author knew. */
function isAnchored(pattern: string): boolean {
  return /^\^|\$$|^\\A|\\z$|^\(\?[a-z]*\)\^/.test(pattern) || /^\.[*+]?$|^$/.test(pattern)
}

function hintFor(pattern: string): string {
  return `write ${JSON.stringify(`^(?:${pattern})$`)} for whole names`
}
