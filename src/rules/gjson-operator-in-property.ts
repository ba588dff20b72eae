import type { Rule } from './rule.ts'
import { remoteRefsOf } from './specs.ts'

// Only what is hardly ever meant: a query such as `users.#(name=="a").key` or `a.@keys` was written on purpose.

/** R55. Numbers and `#` are no complaint: indices and queries are what paths are for. */
export const gjsonOperatorInProperty: Rule = {
  id: 'gjson-operator-in-property',
  severity: 'warning',
  summary: 'a property that is a plain key holds no live path operator',
  why: `\`property\` is a gjson path: \`*\` and \`?\` match any key, \`|\` joins paths, \`@\` calls a modifier, and \`{\`, \`[\` or \`!\` at the
start of a part build something new. A key that holds one of them needs a backslash before it (R55), else another value is
read, or none.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: api, property: "token*"}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: api, property: 'token\\*'}
`,
  *check(graph) {
    for (const { entry, path, ref } of remoteRefsOf(graph)) {
      const operator = ref.property === undefined ? undefined : operatorIn(ref.property)
      if (operator === undefined) continue
      yield {
        document: entry.spec.document,
        path: [...path, 'property'],
        message: `${JSON.stringify(operator)} is an operator of the property path`,
        hint: `write \\${operator} if the key holds that character`,
      }
    }
  },
}

// gjson's own names: `@keys` is meant, `@user` is not.
const MODIFIERS: ReadonlySet<string> = new Set(
  'this reverse pretty ugly flatten join keys values tostr fromstr group valid dig'.split(' '),
)

/** The first live operator that is hardly meant; undefined when there is none. */
function operatorIn(property: string): string | undefined {
  // Behind a query everything may be part of it.
  const plain = property.replace(/\\./gs, '__').split('#(')[0] ?? ''
  const wild = /[*?|]/.exec(plain)?.[0]
  if (wild !== undefined) return wild
  for (const part of plain.split('.')) {
    const modifier = /^@([^:]*)/.exec(part)?.[1]
    if (modifier !== undefined && !MODIFIERS.has(modifier)) return '@'
    const start = /^[{[!]/.exec(part)?.[0]
    if (start !== undefined) return start
  }
  return undefined
}
