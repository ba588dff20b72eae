import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadAll } from 'js-yaml'
import { waybill } from './fake-io.ts'

const scratch = mkdtempSync(join(tmpdir(), 'waybill-generate-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

let count = 0
function folder(files: Readonly<Record<string, string>>): string {
  count++
  const path = join(scratch, String(count))
  mkdirSync(path)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

/** A program of PATH that does what the script says. */
function program(name: string, script: string): string {
  const path = folder({})
  writeFileSync(join(path, name), `#!${process.execPath}\n${script}\n`, { mode: 0o755 })
  return path
}

const EXTERNAL_SECRET = `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: creds, namespace: shop}
spec:
  secretStoreRef: {name: vault}
  data: [{secretKey: k, remoteRef: {key: r}}]
`
const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec: {provider: {vault: {server: "https://vault.example.com", auth: {tokenSecretRef: {name: token, key: t}}}}}
`
const ODD = `# a comment
apiVersion: v1
kind: ConfigMap
metadata:   {name: "odd" , namespace: shop}   # blanks and all
data: {a: 0x1F, b: yes}`

test('documents of others keep every byte, before the hand-off', async () => {
  const cwd = folder({ 'a.yaml': `${EXTERNAL_SECRET}---\n${STORE}---\n${ODD}\n` })
  const { code, out } = await waybill(['generate', '--app=x'], { cwd })
  assert.equal(code, 0)
  assert.ok(out.startsWith(`---\n${ODD}\n---\n`), out.slice(0, 200))
  assert.doesNotMatch(out, /^kind: (ExternalSecret|SecretStore)/m)
})

test('twice the same input is twice the same bytes, wherever it lies and whatever the files are called', async () => {
  const first = folder({ 'a.yaml': EXTERNAL_SECRET, 'b.yaml': STORE })
  const second = folder({ 'x.yaml': STORE, 'y.yaml': EXTERNAL_SECRET })
  const outputs = []
  for (const cwd of [first, first, second]) {
    outputs.push((await waybill(['generate', '--app=x'], { cwd })).out)
  }
  assert.equal(outputs[0], outputs[1])
  assert.equal(outputs[0], outputs[2])
})

test('everything that comes out is YAML with a kind', async () => {
  const cwd = folder({
    'a.yaml': EXTERNAL_SECRET,
    'b.json': '{"apiVersion":"v1","kind":"List","items":[]}',
  })
  const { out } = await waybill(['generate', '--app=x'], { cwd })
  for (const object of loadAll(out) as { kind?: string }[]) assert.ok(object.kind)
})

test('nothing of ours in it: the stream comes out as it went in', async () => {
  const cwd = folder({ 'a.yaml': ODD })
  const { code, out, err } = await waybill(['generate', '--app=x'], { cwd })
  assert.deepEqual({ code, out, err }, { code: 0, out: ODD, err: '' })
})

test('a symlink out of the folder stops the render', async () => {
  const cwd = folder({ 'a.yaml': ODD })
  symlinkSync('/etc/passwd', join(cwd, 'b.yaml'))
  const { code, out, err } = await waybill(['generate', '--app=x'], { cwd })
  assert.deepEqual([code, out], [3, ''])
  assert.match(err, /waybill: cannot read "b.yaml": a symlink leads out of the directory\n$/)
})

test('a file that changes between the looks stops the render before anything is written', async () => {
  const cwd = folder({ 'a.yaml': ODD, 'b.yaml': ODD })
  let writes = 0
  const running = waybill(['generate', '--app=x'], {
    cwd,
    onWrite: () => {
      writes++
    },
  })
  writeFileSync(join(cwd, 'b.yaml'), `${ODD}\n# more\n`)
  const { code, out } = await running
  // Whether the change comes before or after the first look decides between success and failure, never a mixture.
  if (code === 0) assert.match(out, /# more/)
  else assert.deepEqual([code, out, writes], [3, '', 0])
})

test('a directory that is none, and two of them', async () => {
  const absent = await waybill(['generate', 'absent'], { cwd: scratch })
  assert.deepEqual([absent.code, absent.out], [3, ''])
  assert.equal((await waybill(['generate', 'a', 'b'], { cwd: scratch })).code, 2)
})

test('kustomize is started with the arguments of the operator and an empty environment', async () => {
  const bin = program(
    'kustomize',
    `console.log(JSON.stringify({apiVersion: 'v1', kind: 'Seen', metadata: {name: 'x'}, args: process.argv.slice(2), env: Object.keys(process.env).sort()}))`,
  )
  const cwd = folder({ 'kustomization.yaml': '' })
  const { code, out } = await waybill(['generate', '--app=x'], {
    cwd,
    env: {
      PATH: bin,
      VAULT_TOKEN: 'x',
      AWS_SESSION_TOKEN: 'x',
      WAYBILL_KUSTOMIZE_ARGS: '--enable-exec,--enable-alpha-plugins',
    },
  })
  assert.equal(code, 0)
  const seen = loadAll(out)[0] as { args: string[]; env: string[] }
  assert.deepEqual(seen.args, ['build', '--enable-exec', '--enable-alpha-plugins', '.'])
  assert.deepEqual(seen.env, ['GIT_TERMINAL_PROMPT', 'LC_ALL', 'PATH', 'TZ'])
})

test('helm is told the release, the destination and the cluster', async () => {
  const bin = program(
    'helm',
    `console.log(JSON.stringify({apiVersion: 'v1', kind: 'Seen', metadata: {name: 'x'}, args: process.argv.slice(2)}))`,
  )
  const cwd = folder({ 'Chart.yaml': '', 'prod.yaml': '' })
  const { code, out } = await waybill(['generate', '--helm-args=--set=a=1,b=2'], {
    cwd,
    env: {
      PATH: bin,
      ARGOCD_APP_NAME: 'team_shop',
      ARGOCD_APP_NAMESPACE: 'shop',
      KUBE_VERSION: '1.35',
      KUBE_API_VERSIONS: 'v1,apps/v1/Deployment',
      ARGOCD_APP_PARAMETERS: '[{"name":"helm-values","array":["prod.yaml"]}]',
    },
  })
  assert.equal(code, 0)
  const seen = loadAll(out)[0] as { args: string[] }
  assert.deepEqual(
    seen.args.map((argument) => argument.replace(/=\/.*\//, '=')),
    [
      'template',
      'shop',
      '.',
      '--namespace=shop',
      '--kube-version=1.35',
      '--api-versions=v1',
      '--api-versions=apps/v1/Deployment',
      '--include-crds',
      '--values=prod.yaml',
      '--set=a=1,b=2',
    ],
  )
})

test('a values file outside of the repository is refused', async () => {
  const cwd = folder({ 'Chart.yaml': '' })
  const parameters = '[{"name":"helm-values","array":["../../etc/passwd"]}]'
  const env = { PATH: '/nonexistent', ARGOCD_APP_PARAMETERS: parameters }
  const { code, out, err } = await waybill(['generate', '--app=x'], { cwd, env })
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /leads out of the repository\n$/)
})

test('a renderer that prints manifests and fails leaves no manifest', async () => {
  const bin = program(
    'kustomize',
    `console.log('kind: ConfigMap'); console.error('x'.repeat(9000) + '\\nError: half way'); process.exitCode = 1`,
  )
  const cwd = folder({ Kustomization: '' })
  const { code, out, err } = await waybill(['generate', '--app=x'], { cwd, env: { PATH: bin } })
  assert.deepEqual([code, out], [3, ''])
  assert.ok(Buffer.byteLength(err) <= 4096, String(err.length))
  assert.match(err, /waybill: kustomize build failed: exit status 1: Error: half way\n$/)
})

test('SIGTERM ends the renderer and the command', async () => {
  const stop = new AbortController()
  const bin = program('kustomize', `setInterval(() => {}, 1000)`)
  const cwd = folder({ Kustomization: '' })
  const running = waybill(['generate', '--app=x'], {
    cwd,
    env: { PATH: bin },
    signal: stop.signal,
  })
  setTimeout(() => stop.abort('SIGTERM'), 50)
  const { code, out } = await running
  assert.deepEqual([code, out], [143, ''])
})

test('a finding at --fail-on leaves no manifest, and its place in the last line', async () => {
  const cwd = folder({
    'a.yaml': EXTERNAL_SECRET.replace('{name: vault}', '{name: aws, kind: ClusterSecretStore}'),
  })
  const { code, out, err } = await waybill(['generate', '--app=x', '--fail-on=warning'], { cwd })
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^waybill: a\.yaml:\d+:\d+: /m)
})

test('stores that live elsewhere are known, in the repository only when a tenant names them', async () => {
  const cwd = folder({ 'a.yaml': EXTERNAL_SECRET })
  const known = join(folder({ 'store.yaml': STORE }), 'store.yaml')
  const args = ['generate', '--app=x', '--fail-on=warning']
  assert.equal((await waybill(args, { cwd })).code, 1)
  assert.equal((await waybill([...args, `--known-stores=${known}`], { cwd })).code, 0)
  const parameters = JSON.stringify([{ name: 'known-stores', array: [known] }])
  const tenant = await waybill(args, { cwd, env: { ARGOCD_APP_PARAMETERS: parameters } })
  assert.deepEqual([tenant.code, tenant.out], [2, ''])
})
