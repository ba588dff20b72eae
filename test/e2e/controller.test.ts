import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, openBed, WAYBILL, waybill, writePrivate } from './bed.ts'

// Real things needed: kube-apiserver and etcd (with the controller-manager for garbage collection) and HashiCorp Vault.
// Two controllers run with the ServiceAccount and the rights of plugin/controller, and share its Lease. Everything below
// is one story, told in order.

let bed: Bed
let kubeconfig = ''
let vaultAddress = ''
let folder = ''
const controllers = new Map<string, Running>()
let revived: ChildProcess | undefined

interface Running {
  readonly child: ChildProcess
  readonly log: () => string
}

before(() => {
  bed = openBed('controller')
  bed.up('api', { KCM: '1' })
  vaultAddress = bed.up('vault').VAULT_ADDR ?? ''
  bed.kubectl(['apply', '-k', 'plugin/controller'])
  bed.kubectl(['create', 'namespace', 'shop'])
  bed.kubectl(['-n', 'shop', 'create', 'secret', 'generic', 'vault', '--from-literal=token=root'])
  const token = bed
    .kubectl(['-n', 'waybill-system', 'create', 'token', 'waybill-controller', '--duration=2h'])
    .trim()
  const admin = readFileSync(join(bed.state, 'api/admin.kubeconfig'), 'utf8')
  kubeconfig = writePrivate(
    join(bed.state, 'controller.kubeconfig'),
    admin
      .replace(/token: [^}]*/, `token: ${token}`)
      .replace('user: u', 'user: u, namespace: waybill-system'),
  )
  folder = join(bed.state, 'manifests')
  mkdirSync(folder)
})

after(() => {
  for (const { child } of controllers.values()) child.kill('SIGKILL')
  revived?.kill('SIGKILL')
  bed?.down()
})

function start(name: string): void {
  const env = { PATH: process.env.PATH ?? '', HOSTNAME: name }
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-address=0']
  const argv = [WAYBILL, 'controller', '--kubeconfig', kubeconfig, '--leader-elect', ...addresses]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk
  })
  controllers.set(name, { child, log: () => log })
}

/** Renders the manifests as an Application's plugin would, and applies them. */
async function publish(manifests: string): Promise<void> {
  writeFileSync(join(folder, 'all.yaml'), manifests)
  const argv = ['generate', folder, '--handoff=controller', '--app=shop', '-n', 'shop']
  const { code, out, err } = await waybill(argv)
  assert.equal(code, 0, err)
  bed.kubectl(['apply', '-f', '-'], out)
}

function manifests(keys: Readonly<Record<string, string>>, interval = '1h'): string {
  const store = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec:
  provider:
    vault:
      server: ${vaultAddress}
      path: secret
      version: v2
      auth: {tokenSecretRef: {name: vault, key: token}}
`
  const one = ([name, key]: readonly [string, string]): string => `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec:
  refreshInterval: ${interval}
  secretStoreRef: {kind: SecretStore, name: vault}
  data: [{secretKey: value, remoteRef: {key: ${key}, property: v}}]
`
  return store + Object.entries(keys).map(one).join('')
}

function setVault(key: string, value: string): void {
  bed.run('vault', 'run', 'kv', 'put', '-mount=secret', key, `v=${value}`)
}

function secretValue(name: string): string {
  const out = kubectl(['-n', 'shop', 'get', 'secret', name, '-o', 'jsonpath={.data.value}'])
  return Buffer.from(out, 'base64').toString()
}

/** As administrator, and without the bed, which believes a revived API server dead. Empty when it fails. */
function kubectl(args: readonly string[]): string {
  const config = ['--kubeconfig', join(bed.state, 'api/admin.kubeconfig')]
  try {
    return execFileSync(join(bed.bin, 'kubectl'), [...config, ...args], {
      stdio: 'pipe',
    }).toString()
  } catch {
    return ''
  }
}

function leader(): string {
  const path = 'jsonpath={.spec.holderIdentity}'
  const lease = ['-n', 'waybill-system', 'get', 'lease', 'waybill-controller', '-o', path]
  return kubectl(lease).split('_')[0] ?? ''
}

/** Seconds that it took; fails with the logs after as many as are given. */
async function within(seconds: number, isSo: () => boolean): Promise<number> {
  const start = performance.now()
  for (;;) {
    const took = (performance.now() - start) / 1000
    if (isSo()) return took
    if (took > seconds) assert.fail([...controllers.values()].map(({ log }) => log()).join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('two controllers start, one leads, and what is published becomes a Secret', async () => {
  setVault('api', 'one')
  start('first')
  start('second')
  await within(30, () => ['first', 'second'].includes(leader()))
  await publish(manifests({ api: 'api' }))
  await within(30, () => secretValue('api') === 'one')
  const logs = [...controllers.values()].map(({ log }) => log())
  assert.equal(logs.filter((log) => log.includes(' leading')).length, 1)
})

test('a Secret that somebody edits is put right in seconds', async () => {
  const patch = JSON.stringify({ data: { value: Buffer.from('edited').toString('base64') } })
  bed.kubectl(['-n', 'shop', 'patch', 'secret', 'api', '--type=merge', '-p', patch])
  await within(30, () => secretValue('api') === 'one')
  bed.kubectl(['-n', 'shop', 'delete', 'secret', 'api'])
  await within(30, () => secretValue('api') === 'one')
})

test('a rotation is picked up at the interval', async () => {
  await publish(manifests({ api: 'api' }, '3s'))
  setVault('api', 'two')
  await within(30, () => secretValue('api') === 'two')
})

test('the leader dies: the other one takes over when its lease has run out', async () => {
  const dead = leader()
  controllers.get(dead)?.child.kill('SIGKILL')
  controllers.delete(dead)
  setVault('api', 'three')
  const took = await within(40, () => secretValue('api') === 'three')
  assert.notEqual(leader(), dead)
  assert.ok(took > 5, `${took} s: before the lease had run out`)
  start('third')
})

test('the API server is killed and comes back: what was missed is caught up with', async () => {
  const pid = readFileSync(join(bed.state, 'api/apiserver.pid'), 'utf8').split(' ')[0] ?? ''
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  process.kill(Number(pid), 'SIGKILL')
  await new Promise((resolve) => setTimeout(resolve, 3000))
  revived = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'ignore', cwd: join(bed.state, 'api') })
  await within(40, () => kubectl(['get', '--raw', '/readyz']) === 'ok')
  setVault('api', 'four')
  await within(40, () => secretValue('api') === 'four')
})

test('SIGTERM: the lease is given back, and the next one leads before it would have run out', async () => {
  // A controller that lost its lease to the outage has ended, as its Deployment would have it begin anew.
  start('fourth')
  await within(30, () => controllers.get('fourth')?.log().includes(' watching') === true)
  await within(30, () => controllers.get(leader())?.child.exitCode === null)
  const name = leader()
  const last = controllers.get(name)
  const ended = new Promise((resolve) => last?.child.on('exit', resolve))
  last?.child.kill('SIGTERM')
  assert.equal(await ended, 143)
  await within(12, () => !['', name].includes(leader()))
})

test('no log holds a value', () => {
  const logs = [...controllers.values()].map(({ log }) => log()).join('')
  for (const value of ['root', 'three', 'four']) assert.ok(!logs.includes(value))
})
