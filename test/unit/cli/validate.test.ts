import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Io } from '../../../src/cli/io.ts'
import { main } from '../../../src/cli/main.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly cwd: string
}

interface Setting {
  readonly files?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly look?: (ran: Ran) => void
}

async function run(argv: readonly string[], { files = {}, stdin, look }: Setting): Promise<Ran> {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-validate-')))
  const out: Uint8Array[] = []
  let err = ''
  const refused = (): never => {
    throw new Error('validate has no use for this')
  }
  const io: Io = {
    env: {},
    cwd,
    stdin: { isPiped: stdin !== undefined, read: async () => new TextEncoder().encode(stdin) },
    writeOut: async (bytes) => void out.push(bytes),
    writeErr: (text) => {
      err += text
    },
    clock: { nowMs: refused, monotonicMs: refused, sleep: refused },
    random: { bytes: refused, fraction: refused },
    signal: new AbortController().signal,
    stoppedBy: () => undefined,
    isColorWanted: false,
  }
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true })
      writeFileSync(join(cwd, name), text)
    }
    const code = await main(argv, io)
    const ran = { code, out: Buffer.concat(out).toString(), err, cwd }
    look?.(ran)
    return ran
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const GOOD = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom: [{extract: {key: api}}]
`
const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider: {fake: {data: []}}
`
const BAD = GOOD.replace('extract', 'extrakt')
const BROKEN = 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec: [\n'

test('validate: clean manifests end with 0', async () => {
  const { code, out, err } = await run(['validate'], { stdin: `${GOOD}---\n${STORE}` })
  assert.equal(code, 0)
  assert.match(out, /^no findings\n/)
  assert.match(out, /Summary: 2 resources found in 1 file - Valid: 2, Invalid: 0/)
  assert.equal(err, '')
})

test('validate: a finding ends with 1 and says where', async () => {
  const files = { 'app/a.yaml': BAD, 'app/s.yaml': STORE }
  const { code, out } = await run(['validate', 'app'], { files })
  assert.equal(code, 1)
  assert.match(
    out,
    /^app\/a\.yaml:6:15 error schema ExternalSecret\/shop\/api spec\.dataFrom\[0\]\.extrakt: /m,
  )
  assert.match(out, /hint: did you mean "extract"\?/)
})

test('validate: --fail-on decides what counts', async () => {
  const alone = { stdin: GOOD }
  assert.equal((await run(['validate'], alone)).code, 0)
  assert.equal((await run(['validate', '--fail-on=warning'], alone)).code, 1)
})

test('validate: broken YAML ends with 3, and what stands around it is still judged', async () => {
  const { code, out } = await run(['validate'], { stdin: `${BAD}---\n${BROKEN}---\n${STORE}` })
  assert.equal(code, 3)
  assert.match(out, / error yaml-syntax/)
  assert.match(out, / error schema /)
  assert.match(out, /Valid: 1, Invalid: 1, Errors: 1, Skipped: 0/)
})

test('validate: an unreadable path ends with 3', async () => {
  const { code, out } = await run(['validate', 'gone', 'a.yaml'], { files: { 'a.yaml': STORE } })
  assert.equal(code, 3)
  assert.match(out, /cannot read "gone": no such file/)
})

test('validate: stores elsewhere are known by --known-stores', async () => {
  const files = { 'a.yaml': GOOD, 'stores/s.yaml': STORE }
  const without = await run(['validate', 'a.yaml'], { files })
  const known = await run(['validate', 'a.yaml', '--known-stores', 'stores'], { files })
  assert.match(without.out, /store-is-declared/)
  assert.match(known.out, /^no findings/)
})

test('validate: -n is the namespace of what names none', async () => {
  const stdin = `${GOOD.replace(', namespace: shop', '')}---\n${STORE}`
  assert.match((await run(['validate', '-n', 'shop'], { stdin })).out, /^no findings/)
  assert.match((await run(['validate', '-n', 'other'], { stdin })).out, /store-is-declared/)
})

test('validate: a report for machines, to a file and text to the terminal', async () => {
  await run(['validate', '-', '-o', 'json=report.json'], {
    stdin: BAD,
    look: ({ code, out, cwd }) => {
      assert.equal(code, 1)
      assert.match(out, /Summary:/)
      const report = JSON.parse(readFileSync(join(cwd, 'report.json'), 'utf8'))
      assert.equal(report.kind, 'ValidationReport')
    },
  })
})

const CANARY = 'canary-5up3r'
const LEAKY = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fixtures, namespace: shop}
spec:
  provider:
    fake:
      data:
        - {key: a, value: ${CANARY}, vers: v1}
        - key: b
          value: {nested: ${CANARY}}
          more: "${CANARY}"
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  target:
    template:
      data: {a: [${CANARY}], "b/c": ${CANARY}}
      templateFrom:
        - literal: "password: {{ .x }} ${CANARY}"
          target: Nowhere
  dataFrom: [{extract: {key: a}}]
`

for (const format of ['text', 'json']) {
  test(`validate: no value of a store or a template is in the ${format} report`, async () => {
    const { code, out } = await run(['validate', '-o', format], { stdin: LEAKY })
    assert.equal(code, 1)
    assert.match(out, /unknown field/)
    assert.ok(!out.includes(CANARY), out)
  })
}

const usage: readonly (readonly [string, readonly string[]])[] = [
  ['nothing to read', ['validate']],
  ['an unknown format', ['validate', '-', '-o', 'xml']],
  ['two formats for one stream', ['validate', '-', '-o', 'text,json']],
  ['an unknown option', ['validate', '-', '--fix-it']],
]
for (const [story, argv] of usage) {
  test(`validate: ${story} is wrong usage`, async () => {
    const { code, out } = await run(argv, argv.length > 1 ? { stdin: '' } : {})
    assert.equal(code, 2)
    assert.equal(out, '')
  })
}

test('explain: a page, the list, and a rule that does not exist', async () => {
  const page = await run(['explain', 'schema'], {})
  assert.match(page.out, /^schema \(error\)\n/)
  assert.match((await run(['explain'], {})).out, /^admission +error/m)
  const unknown = await run(['explain', 'shema'], {})
  assert.deepEqual(
    [unknown.code, unknown.err],
    [2, 'waybill: no rule is called "shema"; did you mean schema?\n'],
  )
})
