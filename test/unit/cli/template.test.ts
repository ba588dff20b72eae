import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { main } from '../../../src/cli/main.ts'
import { fakeIo } from './fake-io.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `waybill template` in a folder of these files. */
async function template(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  args: readonly string[],
  stdin?: string,
): Promise<Ran> {
  const cwd = mkdtempSync(join(tmpdir(), 'waybill-template-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  const io = fakeIo(stdin === undefined ? { cwd } : { cwd, stdin })
  const code = await main(['template', ...args], io)
  return { code, out: io.out(), err: io.err() }
}

const DATA = 'user: waldo\npassword: correct-horse\n'
const ARGS = ['-f', 't', '--data', 'data.yaml']

const EXTERNAL_SECRET = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  target:
    template:
      mergePolicy: Merge
      metadata: {labels: {app: shop}}
      data: {url: "postgres://{{ .user }}:{{ .password }}@db"}
  data:
  - {secretKey: user, remoteRef: {key: db, property: user}}
  - {secretKey: password, remoteRef: {key: db, property: password}}
`

test('a text is rendered as it is, with nothing around it', async (t) => {
  const files = { t: 'u={{ .user | upper }}', 'data.yaml': DATA }
  assert.deepEqual(await template(t, files, ARGS), { code: 0, out: 'u=WALDO', err: '' })
})

test('bytes of the data stay bytes', async (t) => {
  const files = { t: '{{ len .bin }} {{ .bin | b64enc }}', 'data.yaml': 'bin: {base64: //4A}\n' }
  assert.equal((await template(t, files, ARGS)).out, '3 //4A')
})

test('the template, or the data, may come by standard input', async (t) => {
  const byTemplate = await template(
    t,
    { 'data.yaml': DATA },
    ['--data', 'data.yaml'],
    '{{ .user }}',
  )
  assert.equal(byTemplate.out, 'waldo')
  const byData = await template(
    t,
    { t: '{{ .user }}' },
    ['-f', 't', '--data', '-'],
    '{"user": "json"}',
  )
  assert.equal(byData.out, 'json')
})

test('an ExternalSecret becomes its Secret, values shown as lengths', async (t) => {
  const { code, out, err } = await template(t, { t: EXTERNAL_SECRET, 'data.yaml': DATA }, ARGS)
  assert.equal(code, 0, err)
  assert.match(out, /kind: Secret/)
  assert.match(out, /labels:\n {4}app: shop\n {2}name: api\n {2}namespace: shop/)
  assert.match(out, /url: ‹33 bytes›/)
  assert.match(out, /password: ‹13 bytes›/)
  assert.equal(err, '')
})

test('--reveal shows the values, -o json the Secret as JSON', async (t) => {
  const args = [...ARGS, '--reveal', '-o', 'json']
  const { out } = await template(t, { t: EXTERNAL_SECRET, 'data.yaml': DATA }, args)
  const url = Buffer.from(JSON.parse(out).data.url, 'base64').toString()
  assert.equal(url, 'postgres://waldo:correct-horse@db')
})

test('--explain tells the way of each key on stderr, as lengths', async (t) => {
  const { err } = await template(t, { t: EXTERNAL_SECRET, 'data.yaml': DATA }, [
    ...ARGS,
    '--explain',
  ])
  assert.equal(
    err,
    'ExternalSecret/shop/api\n' +
      '  .password: sample data ‹13 bytes›\n' +
      '  .user: sample data ‹5 bytes›\n' +
      '  password: .password ‹13 bytes›\n' +
      '  user: .user ‹5 bytes›\n' +
      '  url: template.data.url ‹33 bytes›\n',
  )
})

test('--explain of a text tells the data and the result', async (t) => {
  const files = { t: '{{ .user }}!', 'data.yaml': 'user: waldo\n' }
  const { out, err } = await template(t, files, [...ARGS, '--explain', '--reveal'])
  assert.equal(out, 'waldo!')
  assert.equal(err, 'user: sample data "waldo"\nt: templated "waldo!"\n')
})

test('templateFrom takes its ConfigMap and Secret from --existing', async (t) => {
  const manifest = EXTERNAL_SECRET.replace(
    'data: {url:',
    'templateFrom: [{configMap: {name: cm, items: [{key: conf}]}}, {secret: {name: sec, items: [{key: more}]}}]\n      data: {url:',
  )
  const existing = `
apiVersion: v1
kind: ConfigMap
metadata: {name: cm, namespace: shop}
data: {conf: "c={{ .user }}"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec, namespace: shop}
stringData: {more: "m={{ .user }}"}
`
  const files = { t: manifest, 'data.yaml': DATA, 'there.yaml': existing }
  const args = [...ARGS, '--existing', 'there.yaml', '--reveal', '-o', 'json', '--explain']
  const { code, out, err } = await template(t, files, args)
  assert.equal(code, 0, err)
  const { data } = JSON.parse(out)
  assert.equal(Buffer.from(data.conf, 'base64').toString(), 'c=waldo')
  assert.equal(Buffer.from(data.more, 'base64').toString(), 'm=waldo')
  assert.match(err, /conf: template\.templateFrom "c=waldo"/)
})

test('an ExternalSecret without a template gets a copy of the data', async (t) => {
  const manifest = EXTERNAL_SECRET.replace(/ {2}target:[\s\S]*?(?= {2}data:\n)/, '')
  const { out } = await template(t, { t: manifest, 'data.yaml': DATA }, ARGS)
  assert.match(out, /data:\n {2}password: ‹13 bytes›\n {2}user: ‹5 bytes›\n/)
})

test('several ExternalSecrets: one that fails is told and leaves the others', async (t) => {
  const bad = EXTERNAL_SECRET.replace('{{ .user }}', '{{ .nobody }}').replace(
    'name: api',
    'name: bad',
  )
  const { code, out, err } = await template(
    t,
    { t: `${bad}---${EXTERNAL_SECRET}`, 'data.yaml': DATA },
    ARGS,
  )
  assert.equal(code, 1)
  assert.match(out, /name: api/)
  assert.doesNotMatch(out, /name: bad/)
  assert.match(
    err,
    /^ExternalSecret\/shop\/bad: spec\.target\.template\.data\.url: line 1, column \d+: .*nobody/,
  )
})

const failing: readonly (readonly [string, string, RegExp])[] = [
  ['a key that is not there', 'a\n{{ .nobody }}', /^t: line 2, column 3: .*nobody/],
  [
    'a function that fails',
    '{{ .password | fromJson | toJson | mustFromJson | fail }}',
    /^t: line 1, column \d+: /,
  ],
  ['an unknown function', '{{ env "HOME" }}', /^t: line 1: function "env" not defined/],
  ['a text that is no template', '{{ if }}', /^t: line 1: /],
]
for (const [story, text, expected] of failing) {
  test(`${story} ends with 1, a place and no value`, async (t) => {
    const { code, out, err } = await template(t, { t: text, 'data.yaml': DATA }, ARGS)
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(err, expected)
    assert.ok(!err.includes('correct-horse'))
  })
}

test('an error quotes neither the rendered text nor the data, with --reveal neither', async (t) => {
  const manifest = EXTERNAL_SECRET.replace(
    'data: {url: "postgres://{{ .user }}:{{ .password }}@db"}',
    "templateFrom: [{literal: '{{ .password }}: ['}]",
  )
  const { code, err } = await template(t, { t: manifest, 'data.yaml': DATA }, [...ARGS, '--reveal'])
  assert.equal(code, 1)
  assert.match(
    err,
    /spec\.target\.template\.templateFrom\[0\]\.literal: the rendered text is not YAML/,
  )
  assert.ok(!err.includes('correct'))
})

const refused: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  readonly string[],
  number,
  RegExp,
])[] = [
  ['no data', { t: 'x' }, ['-f', 't'], 2, /--data is missing/],
  ['data that is not there', { t: 'x' }, ARGS, 3, /cannot read --data "data\.yaml": ENOENT/],
  [
    'data that is no map',
    { t: 'x', 'data.yaml': '- correct-horse\n' },
    ARGS,
    3,
    /--data "data\.yaml" is not a YAML map/,
  ],
  [
    'data that is no YAML',
    { t: 'x', 'data.yaml': 'a: [correct-horse\n' },
    ARGS,
    3,
    /--data "data\.yaml" is not a YAML map/,
  ],
  [
    'a number',
    { t: 'x', 'data.yaml': 'port: 54321987\n' },
    ARGS,
    3,
    /port: expected text or \{base64/,
  ],
  [
    'no base64',
    { t: 'x', 'data.yaml': 'bin: {base64: "correct horse"}\n' },
    ARGS,
    3,
    /bin: expected text or \{base64/,
  ],
  [
    'a template that is not there',
    { 'data.yaml': DATA },
    ARGS,
    3,
    /cannot read --filename "t": ENOENT/,
  ],
  ['no template', { 'data.yaml': DATA }, ['--data', 'data.yaml'], 2, /name a file with -f/],
  ['an operand', { t: 'x', 'data.yaml': DATA }, [...ARGS, 'x'], 2, /takes no operand/],
  [
    'an output that is none',
    { t: 'x', 'data.yaml': DATA },
    [...ARGS, '-o', 'xml'],
    2,
    /--output is "xml"/,
  ],
]
for (const [story, files, args, expected, message] of refused) {
  test(`refused: ${story}`, async (t) => {
    const { code, out, err } = await template(t, files, args)
    assert.equal(code, expected, err)
    assert.equal(out, '')
    assert.match(err, message)
    assert.ok(!/correct|54321987/.test(err), err)
  })
}

test('refused: both by standard input', async (t) => {
  const { code, err } = await template(t, {}, ['-f', '-', '--data', '-'], 'x: y')
  assert.equal(code, 2)
  assert.match(err, /cannot both be standard input/)
})

test('a broken document beside an ExternalSecret is unreadable input', async (t) => {
  const broken = `${EXTERNAL_SECRET}---\napiVersion: external-secrets.io/v1\nkind: [\n`
  const { code, err } = await template(t, { t: broken, 'data.yaml': DATA }, ARGS)
  assert.equal(code, 3, err)
  assert.match(err, /t:1[5-9]:/)
})

const STORE = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec: {provider: {vault: {server: "https://v", path: secret, version: v2, auth: {tokenSecretRef: {name: t, key: t}}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  target: {template: {data: {url: "{{ .db_user }}:{{ .token }}:{{ .extra }}"}}}
  dataFrom:
  - extract: {key: db, decodingStrategy: Base64}
    rewrite: [{regexp: {source: "^", target: db_}}]
  data:
  - {secretKey: token, remoteRef: {key: api, property: token}}
`
const FIXTURES =
  'stores: {SecretStore/vault: {db: {json: {user: d2FsZG8=}}, api: {json: {token: t0ken-value}}}}'

test('--fixtures fetches, rewrites and decodes as a run does, and --explain tells each step', async (t) => {
  const files = { t: STORE, 'f.yaml': FIXTURES, 'data.yaml': 'extra: more\n' }
  const args = ['-f', 't', '--fixtures', 'f.yaml', '--data', 'data.yaml', '--explain']
  const { code, out, err } = await template(t, files, [...args, '--reveal', '-o', 'json'])
  assert.equal(code, 0, err)
  assert.equal(Buffer.from(JSON.parse(out).data.url, 'base64').toString(), 'waldo:t0ken-value:more')
  const hidden = await template(t, files, args)
  assert.equal(
    hidden.err,
    'ExternalSecret/shop/api\n' +
      '  .db_user: fetched as user ‹8 bytes› → rewritten to db_user ‹8 bytes› → decoded ‹5 bytes›\n' +
      '  .token: fetched as token ‹11 bytes›\n' +
      '  .extra: sample data ‹4 bytes›\n' +
      '  url: template.data.url ‹22 bytes›\n',
  )
})

test('several files are one input when they are manifests, and one template too many otherwise', async (t) => {
  const [store = '', es = ''] = STORE.split('---\n')
  const files = { store, es, 'f.yaml': FIXTURES, 'data.yaml': 'extra: more\n' }
  const args = ['-f', 'store', '-f', 'es', '--data', 'data.yaml']
  assert.match((await template(t, files, [...args, '--fixtures', 'f.yaml'])).out, /url: ‹22 bytes›/)
  const two = await template(t, { ...files, store: 'a', es: 'b' }, args)
  assert.equal(two.code, 2)
  assert.match(two.err, /more than one template/)
})

test('--fixtures without what an entry asks for fails that ExternalSecret', async (t) => {
  const files = { t: STORE, 'f.yaml': 'stores: {SecretStore/vault: {api: {json: {token: x}}}}' }
  const { code, out, err } = await template(t, files, ['-f', 't', '--fixtures', 'f.yaml'])
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(
    err,
    /^ExternalSecret\/shop\/api: spec\.dataFrom\[0\]\.extract\.key: secret db does not exist/,
  )
})
