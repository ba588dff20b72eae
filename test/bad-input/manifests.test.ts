import assert from 'node:assert/strict'
import { readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Ended, folderOf, lastLine, waybill } from './program.ts'

// Manifests that cannot be read, beside manifests that can. The bad one is named with its place, and nothing is lost: the
// others are judged, and a render that fails prints no manifest at all.

const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fake, namespace: shop}
spec:
  provider: {fake: {data: [{key: k, value: v}]}}
`
const externalSecret = (name: string): string => `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec:
  secretStoreRef: {kind: SecretStore, name: fake}
  data:
    - secretKey: a
      remoteRef: {key: k}
`
const GOOD = `${STORE}---\n${externalSecret('good')}`
/** Readable, but wrong: a finding about it shows that it was judged. */
const MISSPELT = externalSecret('misspelt').replace('secretKey', 'secretKeyy')
const JUDGED = /misspelt\.yaml:7:7.*secretKeyy/
const STDERR_BYTES_MAX = 4096

interface Row {
  readonly story: string
  readonly bad: string | Uint8Array
  /** Line and column in `bad.yaml`. */
  readonly at: string
  readonly says: RegExp
  readonly hint: RegExp
  readonly code: number
}

const rows: readonly Row[] = [
  {
    story: 'broken YAML among good documents',
    bad: `${externalSecret('first')}---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: bad\nspec: {}\n---\n${externalSecret('last')}`,
    at: '13:5',
    says: /yaml-syntax: a flow mapping needs "," or "}" here/,
    hint: /mend the document/,
    code: 3,
  },
  {
    story: 'a kind that the group does not have',
    bad: externalSecret('bad').replace('ExternalSecret', 'ExternalSecrets'),
    at: '2:7',
    says: /unknown-kind.* has no kind "ExternalSecrets"/,
    hint: /did you mean ExternalSecret\?/,
    code: 1,
  },
  {
    story: 'a key that stands twice',
    bad: `${externalSecret('bad')}  data: []\n`,
    at: '9:3',
    says: /yaml-duplicate-key: a key stands twice in one mapping/,
    hint: /keep one of them/,
    code: 3,
  },
  {
    story: 'a tab that indents',
    bad: externalSecret('bad').replace('  data:', '\tdata:'),
    at: '6:1',
    says: /yaml-syntax: no value can begin with a tab: indent with spaces/,
    hint: /mend the document/,
    code: 3,
  },
  {
    story: 'UTF-16',
    bad: Buffer.from(`\uFEFF${externalSecret('bad')}`, 'utf16le'),
    at: '1:1',
    says: /input-encoding: the input is UTF-16 or UTF-32, expected UTF-8/,
    hint: /save the file as UTF-8/,
    code: 3,
  },
  {
    story: 'a NUL byte',
    bad: externalSecret('bad').replace('name: bad', 'name: "b\0d"'),
    at: '3:1',
    says: /input-encoding: the input has a NUL byte, expected text/,
    hint: /without control characters/,
    code: 3,
  },
  {
    story: 'an alias bomb',
    bad: `${externalSecret('bad')}${bomb(12)}`,
    at: '9:30',
    says: /yaml-alias-bomb: nearly all of the document stems from aliases/,
    hint: /write the values out/,
    code: 3,
  },
]

function bomb(levels: number): string {
  let text = `x0: &x0 [${Array(10).fill('lol').join(', ')}]\n`
  for (let level = 1; level < levels; level++) {
    text += `x${level}: &x${level} [${Array(10)
      .fill(`*x${level - 1}`)
      .join(', ')}]\n`
  }
  return text
}

for (const { story, bad, at, says, hint, code } of rows) {
  test(`${story}: the place, the cause and the way out; everything else is judged`, async (t) => {
    const files = { 'good.yaml': GOOD, 'bad.yaml': bad, 'misspelt.yaml': MISSPELT }
    const cwd = folderOf(t, files)
    const [validated, generated] = await Promise.all([
      waybill(['validate', '.'], { cwd }),
      waybill(['generate', '.', '--app', 'shop'], { cwd }),
    ])
    assert.equal(validated.code, code, validated.err)
    assert.ok(validated.out.includes(`bad.yaml:${at}`), validated.out)
    for (const wanted of [says, hint, JUDGED]) assert.match(validated.out, wanted)
    assert.doesNotMatch(validated.out, /^good\.yaml/m)

    checkFailedRender(generated, code)
    assert.match(generated.err, JUDGED)
    assert.ok(lastLine(generated).startsWith(`waybill: bad.yaml:${at}: `), generated.err)
    assert.match(lastLine(generated), says)
    assert.match(generated.err, hint)
  })

  test(`${story}: no value is computed from the readable half`, async (t) => {
    const cwd = folderOf(t, { 'in/good.yaml': GOOD, 'in/bad.yaml': bad })
    if (code === 1) return
    const ended = await waybill(['sync', '-f', 'in', '--local', 'out'], { cwd })
    assert.equal(ended.code, 3, ended.err)
    assert.equal(ended.out, '')
    assert.ok(lastLine(ended).startsWith(`waybill: in/bad.yaml:${at}: `), ended.err)
    assert.deepEqual(readdirSync(cwd), ['in'])
  })
}

function checkFailedRender(ended: Ended, code: number): void {
  assert.equal(ended.code, code, ended.err)
  assert.equal(ended.out, '', 'a render that fails prints no manifest')
  assert.ok(Buffer.byteLength(ended.err) <= STDERR_BYTES_MAX, `${ended.err.length} bytes`)
  assert.match(lastLine(ended), /^waybill: \S/)
}

const items = (bad: string): string => `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: good}
${bad}`

const lists: readonly (Omit<Row, 'at' | 'hint'> & { readonly at?: string })[] = [
  {
    story: 'broken YAML',
    bad: items('- {kind: [}\n'),
    at: 'line 7, column 11',
    says: /a flow sequence needs "," or "]" here|a value was expected/,
    code: 3,
  },
  {
    story: 'a tab that indents',
    bad: items('\tx: 1\n'),
    at: 'line 7, column 1',
    says: /a tab/,
    code: 3,
  },
  { story: 'UTF-16', bad: Buffer.from(`\uFEFF${items('')}`, 'utf16le'), says: /UTF-8/, code: 3 },
  { story: 'a NUL byte', bad: items('- {kind: "\0"}\n'), says: /NUL|UTF-8/, code: 3 },
  { story: 'an alias bomb', bad: items(bomb(12)), says: /alias/, code: 3 },
  { story: 'an unknown kind', bad: items(unknownItem()), says: /"SecretsStore"/, code: 1 },
]

function unknownItem(): string {
  return '- {apiVersion: external-secrets.io/v1, kind: SecretsStore, metadata: {name: bad}}\n'
}

for (const { story, bad, at = '', says, code } of lists) {
  test(`fn: ${story}: empty stdout, the cause last`, async () => {
    const ended = await waybill(['fn'], { stdin: bad })
    checkFailedRender(ended, code)
    assert.match(lastLine(ended), says)
    assert.ok(lastLine(ended).includes(at), ended.err)
  })
}

test('a symlink out of the directory is not followed, and the rest is judged', async (t) => {
  const { cwd, outside } = linked(t)
  const validated = await waybill(['validate', '.'], { cwd })
  assert.equal(validated.code, 3)
  assert.match(validated.out, /cannot read "bad\.yaml": a symlink leads out of the directory/)
  assert.match(validated.out, /hint: replace the link by the file it names/)
  assert.match(validated.out, JUDGED)
  assert.ok(!validated.out.includes(outside), 'where it leads is nobody’s business')

  const generated = await waybill(['generate', '.'], { cwd })
  checkFailedRender(generated, 3)
  assert.match(lastLine(generated), /cannot read "bad\.yaml": a symlink leads out/)
  assert.match(generated.err, /hint: run waybill validate/)
})

function linked(t: TestContext): { readonly cwd: string; readonly outside: string } {
  const outside = folderOf(t, { 'outside.yaml': externalSecret('outside') })
  const cwd = folderOf(t, { 'good.yaml': GOOD, 'misspelt.yaml': MISSPELT })
  symlinkSync(join(outside, 'outside.yaml'), join(cwd, 'bad.yaml'))
  return { cwd, outside }
}

test('more than 128 MiB: refused as such, and the rest is judged', async (t) => {
  const cwd = folderOf(t, { 'good.yaml': GOOD, 'misspelt.yaml': MISSPELT })
  // Sparse: it costs no disk, and the limit is met before the bytes are looked at.
  writeFileSync(join(cwd, 'bad.yaml'), '')
  truncateSync(join(cwd, 'bad.yaml'), 129 * 2 ** 20)
  const [validated, generated] = await Promise.all([
    waybill(['validate', '.'], { cwd }),
    waybill(['generate', '.'], { cwd }),
  ])
  assert.equal(validated.code, 3, validated.err)
  assert.match(validated.out, /cannot read "bad\.yaml": too large: 128 MiB of input is the limit/)
  assert.match(validated.out, /hint: split it/)
  assert.match(validated.out, JUDGED)
  checkFailedRender(generated, 3)
  assert.match(lastLine(generated), /larger than 128 MiB/)
})

test('more than 128 MiB on standard input: refused without keeping it', async () => {
  const ended = await waybill(['fn'], { stdin: Buffer.alloc(128 * 2 ** 20 + 1, '#') })
  checkFailedRender(ended, 3)
  assert.match(ended.err, /^hint: split it/m)
  assert.match(lastLine(ended), /standard input is larger than 134217728 bytes/)
})
