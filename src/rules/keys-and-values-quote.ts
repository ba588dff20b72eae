import { member, text } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { specsOf, templateFromOf } from './specs.ts'

/**
 * R64. Text around an action (`a: x{{ .y }}`) is no complaint: it can hardly look like a number.
 */
export const keysAndValuesQuote: Rule = {
  id: 'keys-and-values-quote',
  severity: 'warning',
  summary: 'values of a literal template are quoted',
  why: `A literal is rendered and then read as YAML, so an unquoted value is coerced without a word: \`yes\` becomes \`true\`,
\`00123\` becomes \`83\`, \`1e5\` becomes \`100000\`, everything behind \` #\` is gone (R64). \`| quote\` keeps the text.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      templateFrom:
        - literal: |
            password: {{ .password }}
  dataFrom:
    - extract: {key: api}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      templateFrom:
        - literal: |
            password: {{ .password | quote }}
  dataFrom:
    - extract: {key: api}
`,
  *check(graph) {
    for (const spec of specsOf(graph)) {
      for (const { item, path } of templateFromOf(spec)) {
        const literal = text(member(item, 'literal'))
        const key = literal === undefined ? undefined : unquotedKey(literal)
        if (key === undefined) continue
        yield {
          document: spec.document,
          path: [...path, 'literal'],
          message: `the value of ${JSON.stringify(key)} is read as YAML: yes, 1e5 or 00123 would change`,
          hint: 'end the action with | quote',
        }
      }
    }
  },
}

const KEY = /^[ ]*([-._a-zA-Z0-9]+):[ ]*\{\{/
// Functions whose answer is quoted, or cannot be anything but text to YAML.
const SAFE = /\b(?:quote|squote|toJson|toRawJson|toPrettyJson|mustToJson|mustToRawJson|b64enc)\b/

/** Key of the first line whose whole value is one action without quotes. */
function unquotedKey(literal: string): string | undefined {
  for (const line of literal.split('\n')) {
    const key = KEY.exec(line)?.[1]
    if (key !== undefined && line.trimEnd().endsWith('}}') && !SAFE.test(line)) return key
  }
  return undefined
}
