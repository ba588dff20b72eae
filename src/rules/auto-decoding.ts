import type { FieldPath } from '../manifests/document.ts'
import { member } from '../model/json.ts'
import type { Rule } from './rule.ts'
import { entriesOf, specsOf, templateFromOf } from './specs.ts'

/** R47. Both places where a decoding can be named; an absent strategy is None and no complaint. */
export const autoDecoding: Rule = {
  id: 'auto-decoding',
  severity: 'warning',
  summary: 'the decoding of a value is named rather than guessed',
  why: `\`Auto\` decodes whatever happens to be valid base64: the password \`1234\` becomes three bytes that no one can log in
with, \`happy/street\` becomes binary (R47). It works until a rotated value looks like base64.`,
  bad: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: api, decodingStrategy: Auto}
`,
  good: `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api}
spec:
  secretStoreRef: {name: vault}
  data:
    - secretKey: token
      remoteRef: {key: api, decodingStrategy: Base64}
`,
  *check(graph) {
    const message = 'Auto decodes plain text that happens to be valid base64'
    const hint = 'write Base64, Base64URL or None'
    for (const { spec, path, data, dataFrom } of entriesOf(graph)) {
      const { document } = spec
      const sources: readonly [string, string | undefined][] = [
        ['remoteRef', data?.remoteRef.decodingStrategy],
        ['extract', dataFrom?.extract?.decodingStrategy],
        ['find', dataFrom?.find?.decodingStrategy],
      ]
      for (const [name, strategy] of sources) {
        const at: FieldPath = [...path, name, 'decodingStrategy']
        if (strategy === 'Auto') yield { document, path: at, message, hint }
      }
    }
    for (const spec of specsOf(graph)) {
      for (const { item, path } of templateFromOf(spec)) {
        if (member(item, 'valuesDecodingStrategy') !== 'Auto') continue
        yield {
          document: spec.document,
          path: [...path, 'valuesDecodingStrategy'],
          message,
          hint,
        }
      }
    }
  },
}
