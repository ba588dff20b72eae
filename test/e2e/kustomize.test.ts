import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { openBed, program, type Run } from './bed.ts'

// Real thing needed: standalone kustomize 5.8, which alone can run exec functions; kubectl skips them without a word.

const root = mkdtempSync(join(tmpdir(), 'wb-kustomize-'))
const bed = openBed('kz')
after(() => {
  bed.down()
  rmSync(root, { recursive: true, force: true })
})

const EXTERNAL_SECRET = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {name: store, kind: SecretStore}
  target: {name: db-credentials}
  data: [{secretKey: password, remoteRef: {key: db}}]
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {fake: {data: [{key: db, value: x}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: plain}
data: {k: v}
`

before(() => {
  mkdirSync(join(root, 'bin'))
  chmodSync('dist/waybill.cjs', 0o755)
  // An exec function gets no arguments: the name of the link says which command is meant.
  writeFileSync(
    join(root, 'bin/waybill-fn'),
    `#!/bin/sh\nexec ${process.execPath} ${resolve('dist/waybill.cjs')} fn\n`,
    { mode: 0o755 },
  )
  symlinkSync(resolve('dist/waybill.cjs'), join(root, 'bin/waybill'))
})

interface Overlay {
  readonly field: 'transformers' | 'validators'
  readonly spec?: string
  readonly manifests?: string
}

async function build(
  name: string,
  { field, spec = 'handoff: job', manifests = EXTERNAL_SECRET }: Overlay,
): Promise<Run> {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'app.yaml'), manifests)
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    `resources: [app.yaml]\nnamespace: prod\nnamePrefix: p-\n${field}: [waybill.yaml]\n`,
  )
  writeFileSync(
    join(folder, 'waybill.yaml'),
    `apiVersion: waybill.dev/v1
kind: Waybill
metadata:
  name: waybill
  annotations:
    config.kubernetes.io/function: |
      exec: {path: ${join(root, 'bin/waybill-fn')}}
spec: {app: shop, ${spec}}
`,
  )
  return program(
    join(bed.bin, 'kustomize'),
    ['build', '--enable-alpha-plugins', '--enable-exec', folder],
    {
      env: { PATH: `${join(root, 'bin')}:${process.env.PATH}`, HOME: root },
    },
  )
}

test('as a transformer it replaces the ExternalSecret by the hand-off: so it ran', async () => {
  const { code, out, err } = await build('transform', { field: 'transformers' })
  assert.equal(code, 0, err)
  assert.match(out, /name: waybill-shop\n/)
  assert.match(out, /kind: CronJob/)
  assert.doesNotMatch(out, /kind: ExternalSecret/)
  assert.match(out, /name: p-plain\n/)
})

test('a finding fails the build, with the words on stderr and nothing on stdout', async () => {
  const broken = EXTERNAL_SECRET.replace('secretKey:', 'secretkey:')
  const { code, out, err } = await build('broken', { field: 'transformers', manifests: broken })
  assert.notEqual(code, 0)
  assert.equal(out, '')
  assert.match(err, /secretkey/)
  assert.match(err, /ExternalSecret\/prod\/p-db/)
})

test('as a validator it lets a good build through unchanged', async () => {
  const { code, out, err } = await build('validate', {
    field: 'validators',
    spec: 'mode: validate, field: validators',
  })
  assert.equal(code, 0, err)
  assert.match(out, /kind: ExternalSecret/)
  assert.doesNotMatch(out, /waybill-shop/)
})

test('as a validator it stops a bad build: so it ran', async () => {
  const broken = EXTERNAL_SECRET.replace('secretKey:', 'secretkey:')
  const { code, out, err } = await build('validate-broken', {
    field: 'validators',
    spec: 'mode: validate, field: validators',
    manifests: broken,
  })
  assert.notEqual(code, 0)
  assert.equal(out, '')
  assert.match(err, /secretkey/)
})

test('generate renders a kustomization by itself', async () => {
  const folder = join(root, 'by-generate')
  mkdirSync(folder)
  writeFileSync(join(folder, 'app.yaml'), EXTERNAL_SECRET)
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    'resources: [app.yaml]\nnamespace: prod\nnamePrefix: p-\n',
  )
  const run = await program(
    process.execPath,
    ['dist/waybill.cjs', 'generate', folder, '--app', 'shop'],
    {
      env: { PATH: `${bed.bin}:${process.env.PATH}`, HOME: root },
    },
  )
  assert.equal(run.code, 0, run.err)
  assert.match(run.out, /name: p-plain\n/)
  assert.match(run.out, /waybill-shop/)
})
