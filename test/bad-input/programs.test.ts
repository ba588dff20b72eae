import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Ended, folderOf, lastLine, start, waybill } from './program.ts'

// What surrounds the program and does not work: programs that it calls, the reader of its output, the disk.

const STDERR_BYTES_MAX = 4096
const KUSTOMIZATION = {
  'kustomization.yaml': 'resources: [good.yaml]\n',
  'good.yaml': configMap(1),
}
const MANIFESTS = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fake, namespace: shop}
spec:
  provider: {fake: {data: [{key: k, value: v}]}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: good, namespace: shop}
spec:
  secretStoreRef: {name: fake}
  data: [{secretKey: a, remoteRef: {key: k}}]
`

function configMap(at: number): string {
  return `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${at}}\ndata: {x: "${'y'.repeat(200)}"}\n`
}

function checkFailedRender(ended: Ended, code: number): void {
  assert.equal(ended.code, code, ended.err)
  assert.equal(ended.out, '', 'a render that fails prints no manifest')
  assert.ok(Buffer.byteLength(ended.err) <= STDERR_BYTES_MAX, `${ended.err.length} bytes`)
  assert.match(lastLine(ended), /^waybill: \S/)
  assert.doesNotMatch(ended.err, /^\s+at /m)
}

for (const { name, files, url } of [
  { name: 'kustomize', files: KUSTOMIZATION, url: 'kubectl.docs.kubernetes.io' },
  { name: 'helm', files: { 'Chart.yaml': 'name: shop\nversion: 1.0.0\n' }, url: 'helm.sh' },
]) {
  test(`${name} is missing: what to install, and where it is looked for`, async (t) => {
    const cwd = folderOf(t, files)
    const ended = await waybill(['generate', '.'], { cwd, env: { PATH: '/nonexistent' } })
    checkFailedRender(ended, 3)
    assert.match(
      lastLine(ended),
      new RegExp(`${name} is not installed: it is in no directory of PATH`),
    )
    assert.ok(ended.err.includes('hint: install') && ended.err.includes(url), ended.err)
  })
}

test('kustomize fails: its words, its exit status, nothing on stdout', async (t) => {
  const cwd = folderOf(t, KUSTOMIZATION)
  const bin = folderOf(t, {
    kustomize: `#!/bin/sh
echo 'apiVersion: v1'
i=0; while [ $i -lt 500 ]; do echo "Error: line $i of many, each of them long enough to matter" >&2; i=$((i+1)); done
echo "Error: accumulating resources: nope.yaml: no such file" >&2
exit 7
`,
  })
  chmodSync(join(bin, 'kustomize'), 0o755)
  const ended = await waybill(['generate', '.'], { cwd, env: { PATH: bin } })
  checkFailedRender(ended, 3)
  assert.match(
    lastLine(ended),
    /kustomize build failed: exit status 7: Error: accumulating resources: nope\.yaml/,
  )
})

test('kustomize that cannot be started is told from one that fails', async (t) => {
  const cwd = folderOf(t, KUSTOMIZATION)
  const bin = folderOf(t, { kustomize: 'ELF for some other machine' })
  chmodSync(join(bin, 'kustomize'), 0o755)
  const ended = await waybill(['generate', '.'], { cwd, env: { PATH: bin } })
  checkFailedRender(ended, 3)
  assert.match(ended.err, /cannot start|exit status/)
})

for (const command of ['generate', 'validate'] as const) {
  test(`${command}: the reader of the output goes away: exit code and a cause, no stack trace`, async (t) => {
    const many = Array.from({ length: 4000 }, (_, at) => configMap(at)).join('')
    const wrong = Array.from({ length: 3000 }, (_, at) =>
      MANIFESTS.split('---\n')[1]?.replace('good', `e${at}`).replace('data:', 'dataa:'),
    )
    const cwd = folderOf(t, { 'a.yaml': command === 'generate' ? many : wrong.join('---\n') })
    const running = start([command, '.'], { cwd })
    running.stopReading()
    const ended = await running.ended
    assert.equal(ended.code, 3, ended.err)
    assert.equal(ended.signal, null)
    assert.equal(lastLine(ended), 'waybill: standard output took no more: its reader has gone')
    assert.doesNotMatch(ended.err, /^\s+at |node:internal/m)
  })
}

test('--local below a file: the path and the reason, and nothing is left behind', async (t) => {
  const cwd = folderOf(t, { 'in.yaml': MANIFESTS, file: 'x' })
  const ended = await waybill(['sync', '-f', 'in.yaml', '--local', 'file/below'], { cwd })
  assert.equal(ended.code, 4, ended.err)
  assert.match(
    ended.out,
    /shop\/good .* failed .*cannot write \S*file\/below\/shop_good\.yaml: a part of the path is no directory/,
  )
  assert.deepEqual(readdirSync(cwd).sort(), ['file', 'in.yaml'])
  assert.equal(readFileSync(join(cwd, 'file'), 'utf8'), 'x')
})

const noDirectory = existsSync('/proc/self') ? false : 'needs a file system that takes no directory'
test('--local where no directory can be made: an error, and no wait', {
  skip: noDirectory,
}, async (t) => {
  const cwd = folderOf(t, { 'in.yaml': MANIFESTS })
  const ended = await waybill(['sync', '-f', 'in.yaml', '--local', '/proc/waybill/out'], { cwd })
  assert.equal(ended.code, 4, ended.err)
  assert.match(
    ended.out,
    /cannot write \/proc\/waybill\/out\/shop_good\.yaml: no directory can be made there/,
  )
})

test('--local into a folder without permission: the old file stays', async (t) => {
  const cwd = folderOf(t, { 'in.yaml': MANIFESTS, 'dist/keep': '' })
  // The administrator may write anywhere, so the program runs as nobody then, if nobody may read the program.
  const user = process.getuid?.() === 0 ? { uid: 65_534 } : {}
  const isReadable = await waybill(['--version'], user).then(
    ({ code }) => code === 0,
    () => false,
  )
  if (!isReadable) return t.skip('needs a user without rights who may read the program')
  const made = await waybill(['sync', '-f', 'in.yaml', '--local', 'out'], { cwd })
  assert.equal(made.code, 0, made.err)
  const before = statSync(join(cwd, 'out/shop_good.yaml')).mtimeMs
  chmodSync(cwd, 0o755)
  chmodSync(join(cwd, 'out'), 0o555)
  const changed = MANIFESTS.replace('value: v', 'value: other')
  const args = ['sync', '-f', '-', '--local', 'out']
  const ended = await waybill(args, {
    cwd,
    stdin: changed,
    ...user,
  })
  assert.equal(ended.code, 4, ended.err)
  assert.match(ended.out, /cannot write \S*out\/shop_good\.yaml: permission denied/)
  assert.equal(statSync(join(cwd, 'out/shop_good.yaml')).mtimeMs, before)
  assert.deepEqual(readdirSync(join(cwd, 'out')), ['shop_good.yaml'])
})
