import fc from 'fast-check'

// Streams for the properties: documents of ours, of others, Lists of both, in every form that a renderer writes.

export interface Part {
  readonly text: string
  /** Objects of ours in it. */
  readonly ours: number
}

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)

export const ours: fc.Arbitrary<Part> = fc
  .tuple(name, fc.constantFrom('ExternalSecret', 'SecretStore', 'ClusterSecretStore'))
  .map(([id, kind]) => ({
    text: `apiVersion: external-secrets.io/v1\nkind: ${kind}\nmetadata:\n  name: ${id}\n`,
    ours: 1,
  }))

export const foreign: fc.Arbitrary<Part> = fc
  .tuple(name, fc.constantFrom('', '# Source: é.yaml\n', '\n'), fc.nat(3))
  .map(([id, head, lines]) => ({
    text: `${head}apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${id}\ndata:\n  a: |\n    ---\n${'    external-secrets.io\n'.repeat(lines)}    é\n`,
    ours: 0,
  }))

const item = (text: string): string => `- ${text.replaceAll(/\n(?=.)/g, '\n  ')}`

const blockList: fc.Arbitrary<Part> = fc
  .array(fc.oneof(ours, foreign), { minLength: 1, maxLength: 5 })
  .map((parts) => ({
    text: `apiVersion: v1\nkind: List\nitems:\n# first\n${parts.map(({ text }) => item(text.replace(/^(#.*)?\n/, ''))).join('# next\n')}`,
    ours: parts.reduce((sum, part) => sum + part.ours, 0),
  }))

const jsonObject: fc.Arbitrary<Part> = fc.tuple(name, fc.boolean()).map(([id, isOurs]) => ({
  text: JSON.stringify({
    apiVersion: isOurs ? 'external-secrets.io/v1' : 'v1',
    kind: 'ExternalSecret',
    metadata: { name: id, note: 'é {"' },
  }),
  ours: isOurs ? 1 : 0,
}))

const jsonList: fc.Arbitrary<Part> = fc
  .tuple(fc.array(jsonObject, { minLength: 1, maxLength: 5 }), fc.constantFrom(',', ', ', '\n,\n'))
  .map(([parts, comma]) => ({
    text: `{"apiVersion":"v1","kind":"List","items":[${parts.map(({ text }) => text).join(comma)}]}\n`,
    ours: parts.reduce((sum, part) => sum + part.ours, 0),
  }))

export const document: fc.Arbitrary<Part> = fc.oneof(ours, foreign, blockList, jsonList)

const separator = fc.constantFrom('---\n', '--- \n', '--- # next\n', '---\r\n')

export const stream: fc.Arbitrary<Part> = fc
  .tuple(fc.array(fc.tuple(separator, document), { maxLength: 8 }), fc.boolean())
  .map(([parts, isOpen]) => ({
    text: parts
      .map(([line, { text }], index) => (index === 0 && isOpen ? text : line + text))
      .join(''),
    ours: parts.reduce((sum, [, part]) => sum + part.ours, 0),
  }))

export const jsonStream: fc.Arbitrary<Part> = fc
  .array(jsonObject, { minLength: 2, maxLength: 6 })
  .map((parts) => ({
    text: parts.map(({ text }) => text).join('\n'),
    ours: parts.reduce((sum, part) => sum + part.ours, 0),
  }))

/** `text` cut into pieces at random places. */
export function pieces(text: string): fc.Arbitrary<readonly Uint8Array[]> {
  const bytes = new TextEncoder().encode(text)
  return fc.array(fc.nat(bytes.length), { maxLength: 6 }).map((places) => {
    const cuts = [0, ...places.sort((a, b) => a - b), bytes.length]
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index] ?? 0, end))
  })
}
