import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml'
import { isPlainForeign } from '../../../src/manifests/plain.ts'
import { NEEDLE } from '../../../src/manifests/prefilter.ts'
import { readText } from '../../../src/manifests/read.ts'
import { Scan } from '../../../src/manifests/scan.ts'
import type { JsonObject } from '../../../src/model/json.ts'

const LIMITS = { inputBytesMax: 2 ** 30, documentsMax: 2 ** 30, selectedMax: 2 ** 30 }

function selected(text: string): number[] {
  const lines: number[] = []
  const scan = new Scan({
    needles: [],
    limits: LIMITS,
    onSelected: ({ linesBefore }) => lines.push(linesBefore),
  })
  scan.push(new TextEncoder().encode(text))
  scan.finish()
  return lines
}

const hex = (letter: string, width: number) => (code: number) =>
  `\\${letter}${code.toString(16).padStart(width, '0')}`
const HIDE = [hex('x', 2), hex('u', 4), hex('U', 8)]

/** The needle in a double-quoted scalar, each character as itself or hidden. */
const hidden = fc
  .array(fc.nat(5), { minLength: NEEDLE.length, maxLength: NEEDLE.length })
  .map((choices) =>
    [...NEEDLE]
      .map((character, index) => {
        const choice = choices[index] ?? 0
        const written = HIDE[choice]?.(character.charCodeAt(0)) ?? character
        return choice === 5 ? `${written}\\\n    ` : written
      })
      .join(''),
  )
const noise = fc.constantFrom(
  'a: 1\n',
  'a: "\\\\"\n',
  'a: "\\""\n',
  "a: '\\'\n",
  'a: \\x\n',
  'a: |\n  \\\n  "\n',
  '# "\\\n',
  'a: "x\\\n  y"\n',
)

test('a needle that js-yaml can see behind escapes is selected, whatever stands before it', () => {
  let seen = 0
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 2 }), hidden, (before, value) => {
      const keys = before.map((text, index) => text.replace(/^a/, `a${index}`)).join('')
      const text = `${keys}apiVersion: "${value}/v1"\nkind: A\n`
      const [object] = loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) }) as JsonObject[]
      assert.equal(object?.apiVersion, `${NEEDLE}/v1`)
      seen++
      const { documents, findings } = readText('in.yaml', new TextEncoder().encode(text))
      assert.equal(documents.length + findings.length, 1, text)
    }),
    { numRuns: 500 },
  )
  assert.ok(seen > 0)
})

const rows: readonly { readonly story: string; readonly text: string; readonly is: boolean }[] = [
  { story: 'a word of the needle alone', text: 'a: external-secrets\n', is: false },
  {
    story: 'a backslash that is escaped itself',
    text: 'a: "external\\\\x2dsecrets.io"\n',
    is: false,
  },
  {
    story: 'an escape that yields something else',
    text: 'a: "external\\x2esecrets.io"\n',
    is: false,
  },
  { story: 'shell that continues a line', text: 'a: |\n  x \\\n  y\n', is: false },
  { story: 'a binary field without a tag', text: 'binaryData: {a: aGk=}\n', is: false },
  { story: 'a tag without percent', text: 'a: !Ref b\nc: 50%\n', is: false },
  { story: 'a shell negation', text: 'a: if [ ! -f x ]; then exit 1; fi # 5%\n', is: false },
  { story: 'a tag inside a flow', text: 'a: [!!binary aGk=]\n', is: true },
  { story: 'a run of exclamation marks', text: 'a: !!!!!!!<x\n', is: true },
]
for (const { story, text, is } of rows) {
  test(`prefilter: ${story} is ${is ? '' : 'not '}selected`, () => {
    assert.equal(selected(text).length > 0, is)
  })
}

test('each selected document comes once, with the lines before it', () => {
  const one = `a: "external-secrets.io"\nb: external-secrets.io\nc: !!binary aGk=\n`
  assert.deepEqual(selected(`${one}---\nx: 1\n---\n${one}---\n${one}`), [0, 5, 9])
})

const plain: readonly { readonly story: string; readonly text: string; readonly is: boolean }[] = [
  {
    story: 'a CRD of ESO',
    text: 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: external-secrets.io\n',
    is: true,
  },
  {
    story: 'behind a separator and a comment',
    text: '--- # x\n# y\napiVersion: v1\nkind: A\n',
    is: true,
  },
  {
    story: 'with an indentless sequence',
    text: 'apiVersion: v1\nkind: A\nrules:\n- a\n',
    is: false,
  },
  { story: 'of our group', text: 'apiVersion: external-secrets.io/v1\nkind: A\n', is: false },
  {
    story: 'of our generators',
    text: 'apiVersion: generators.external-secrets.io/v1\nkind: A\n',
    is: false,
  },
  { story: 'without kind', text: 'apiVersion: v1\na: 1\n', is: false },
  { story: 'apiVersion twice', text: 'apiVersion: v1\napiVersion: v1\nkind: A\n', is: false },
  { story: 'a List', text: 'apiVersion: v1\nkind: List\nitems:\n  - a: 1\n', is: false },
  { story: 'a merge key', text: '<<: *x\napiVersion: v1\nkind: A\n', is: false },
  { story: 'an indented root', text: '  a: "\napiVersion: v1\nkind: A\n"\n', is: false },
  { story: 'a lone CR', text: 'apiVersion: v1\nkind: A\nb: 1\rc: 1\n', is: false },
  {
    story: 'a second document behind "..."',
    text: 'apiVersion: v1\nkind: A\n...\nb: 1\n',
    is: false,
  },
]
for (const { story, text, is } of plain) {
  test(`second stage: ${story} is ${is ? 'foreign without parsing' : 'parsed'}`, () => {
    assert.equal(isPlainForeign(Buffer.from(text)), is)
  })
}

test('none of the CRDs that ESO ships is parsed', async () => {
  const { readdirSync, readFileSync } = await import('node:fs')
  const files = readdirSync('test/eso-crds').filter((name) => name.endsWith('.yaml'))
  assert.ok(files.length >= 20)
  for (const name of files) assert.ok(isPlainForeign(readFileSync(`test/eso-crds/${name}`)), name)
})
