import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

// The bundle as it ships: its chunks hold copies of their own of what they share with the main file, and libraries run as
// CommonJS there. scripts/test.mjs builds it first.

function waybill(argv: readonly string[], input = ''): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/waybill.cjs', ...argv], {
    input,
    encoding: 'utf8',
  })
  return { code: status, text: stdout + stderr }
}

const EXTERNAL_SECRET = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {name: fixtures}
  dataFrom: [{find: {name: {regexp: "^(?!test)"}}}]
`

test('bundle: a pattern is judged by the engine of its own chunk', () => {
  const { code, text } = waybill(['validate', '-'], EXTERNAL_SECRET)
  assert.equal(code, 1)
  assert.match(text, /invalid-pattern/)
})

test('bundle: wrong usage that a chunk finds is wrong usage, not a bug', () => {
  const { code, text } = waybill(['validate', '--nope'])
  assert.equal(code, 2)
  assert.doesNotMatch(text, /internal error/)
})

test('bundle: explain has its pages', () => {
  assert.match(waybill(['explain', 'schema']).text, /^schema \(error\)/)
})

// Values cross from the cluster chunk into those of templates and patterns, and come back.
const RENDERED = `apiVersion: generators.external-secrets.io/v1alpha1
kind: Password
metadata: {name: pin, namespace: shop}
spec: {length: 12, digits: 12, symbols: 0}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: ClusterGenerator
metadata: {name: ids}
spec: {kind: Fake, generator: {fakeSpec: {data: {id: 0b1f-4}}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: shop}
spec: {provider: {aws: {service: SecretsManager, region: eu-west-1}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api, namespace: shop}
spec:
  secretStoreRef: {kind: SecretStore, name: aws}
  target:
    template:
      metadata: {labels: {team: '{{ .db_user | lower }}'}}
      data:
        url: '{{ .db_user | lower }}:{{ index . "DB_PASS" | b64enc }}'
        word: '{{ regexReplaceAll "a(x*)b" "-axxb-" "\${1}W" }}'
        pin: '{{ .password | len }}'
        id: '{{ .id | regexMatch "^[0-9a-f-]{6}$" }}'
        broken: '{{ .nothing }}'
  dataFrom:
    - find: {name: {regexp: "^shop/[^/]+$"}}
      rewrite:
        - regexp: {source: "shop/(.*)", target: "db_$1"}
        - transform: {template: '{{ if hasSuffix "pass" .value }}{{ upper .value }}{{ else }}{{ .value }}{{ end }}'}
    - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: Password, name: pin}}
    - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ClusterGenerator, name: ids}}
`

const PAYLOADS = `stores: {SecretStore/aws: {shop/user: Ada, shop/pass: pa55, other: no}}
generators: {Password/pin: {password: "123456789012"}}
`

test('bundle: templates, patterns and generators give values across chunks', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'waybill-bundle-'))
  t.after(() => rmSync(scratch, { recursive: true, force: true }))
  const [manifests, fixtures, data] = ['manifests', 'fixtures', 'data'].map((name) =>
    join(scratch, `${name}.yaml`),
  ) as [string, string, string]
  writeFileSync(manifests, RENDERED.replace(/^ +broken: .*\n/m, ''))
  writeFileSync(fixtures, PAYLOADS)
  writeFileSync(data, 'name: Ada\n')
  const given = [manifests, '--fixtures', fixtures]
  const simulated = waybill(['simulate', ...given, '-o', 'json', '--reveal'])
  assert.equal(simulated.code, 0, simulated.text)
  const [{ secret }] = JSON.parse(simulated.text).results
  assert.deepEqual(secret.metadata.labels.team, 'ada')
  assert.deepEqual(
    Object.entries<string>(secret.data).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
    [
      ['id', 'true'],
      ['pin', '12'],
      ['url', 'ada:cGE1NQ=='],
      ['word', '-xxW-'],
    ],
  )
  const explained = waybill(['template', '-f', manifests, '--fixtures', fixtures, '--explain'])
  assert.equal(explained.code, 0, explained.text)
  assert.match(explained.text, /DB_PASS/)
  assert.doesNotMatch(explained.text, /pa55|cGE1NQ/)
  writeFileSync(manifests, RENDERED)
  const broken = waybill(['simulate', ...given, '-o', 'json'])
  assert.equal(broken.code, 4)
  assert.match(broken.text, /spec\.target\.template\.data\.broken/)
  const text = waybill(['template', '-f', '-', '--data', data, '--reveal'], '{{ .name | upper }}')
  assert.deepEqual(text, { code: 0, text: 'ADA' })
})

test('bundle: a process whose readers have gone ends', async () => {
  const child = spawn(process.execPath, ['dist/waybill.cjs', 'validate', '-'], {
    timeout: 10_000,
    killSignal: 'SIGKILL',
  })
  child.stdout.destroy()
  child.stderr.destroy()
  child.stdin.end(EXTERNAL_SECRET)
  const [code] = await once(child, 'exit')
  assert.notEqual(code, null, 'it had to be killed')
})
