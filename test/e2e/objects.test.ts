import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, openBed, WAYBILL, writePrivate } from './bed.ts'

// Real things needed: kube-apiserver and etcd with ESO's own CustomResourceDefinitions, the controller-manager for garbage
// collection, HashiCorp Vault, and Argo CD's program for its health check. The controller runs with the ServiceAccount and
// the rights of plugin/controller. Everything below is one story, told in order.

const CRDS = 'test/eso-crds'
const ONE = 'canary-9fKq'
const TWO = 'canary-Zx31'

let bed: Bed
let kubeconfig = ''
let vaultAddress = ''
let controller: { readonly child: ChildProcess; readonly log: () => string } | undefined

before(() => {
  bed = openBed('objects')
  bed.up('api', { KCM: '1' })
  vaultAddress = bed.up('vault').VAULT_ADDR ?? ''
  bed.kubectl(['apply', '-k', 'plugin/controller'])
  bed.kubectl(['create', 'namespace', 'shop'])
  bed.kubectl(['-n', 'shop', 'create', 'secret', 'generic', 'vault', '--from-literal=token=root'])
  const account = ['-n', 'waybill-system', 'create', 'token', 'waybill-controller', '--duration=2h']
  const token = bed.kubectl(account).trim()
  const admin = readFileSync(join(bed.state, 'api/admin.kubeconfig'), 'utf8')
  kubeconfig = writePrivate(
    join(bed.state, 'controller.kubeconfig'),
    admin
      .replace(/token: [^}]*/, `token: ${token}`)
      .replace('user: u', 'user: u, namespace: waybill-system'),
  )
})

after(() => {
  controller?.child.kill('SIGKILL')
  bed?.down()
})

function start(...more: readonly string[]): void {
  const env = { PATH: process.env.PATH ?? '', HOSTNAME: 'only' }
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-address=0']
  const argv = [WAYBILL, 'controller', '--kubeconfig', kubeconfig, ...addresses, ...more]
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk
  })
  controller = { child, log: () => log }
}

async function stop(): Promise<void> {
  const ended = new Promise((resolve) => controller?.child.on('exit', resolve))
  controller?.child.kill('SIGTERM')
  await ended
}

const installCrds = (): void => {
  for (const file of readdirSync(CRDS)) {
    if (!file.endsWith('.yaml') || file.startsWith('generators.')) continue
    bed.kubectl(['create', '-f', join(CRDS, file)])
  }
  bed.kubectl(['wait', '--for=condition=Established', 'crd', '--all'])
}

const apply = (manifest: string): string => bed.kubectl(['apply', '-f', '-'], manifest)

function vault(key: string, value: string): void {
  bed.run('vault', 'run', 'kv', 'put', '-mount=secret', key, `v=${value}`)
}

function store(name = 'vault', server = vaultAddress): string {
  return `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: ${name}, namespace: shop}
spec:
  provider:
    vault:
      server: ${server}
      path: secret
      version: v2
      auth: {tokenSecretRef: {name: vault, key: token}}
`
}

function external(name: string, key: string, more = ''): string {
  return `apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: ${name}, namespace: shop}
spec:
  refreshInterval: 1h
  secretStoreRef: {kind: SecretStore, name: vault}
  data: [{secretKey: value, remoteRef: {key: ${key}, property: v}}]
${more}`
}

function get(kind: string, name: string, path: string): string {
  try {
    return bed.kubectl(['-n', 'shop', 'get', kind, name, '-o', `jsonpath={${path}}`])
  } catch {
    return ''
  }
}

function secretValue(name: string): string {
  return Buffer.from(get('secret', name, '.data.value'), 'base64').toString()
}

function ready(name: string): string {
  const condition = '.status.conditions[?(@.type=="Ready")]'
  return get('externalsecret', name, `${condition}.status`)
}

async function within(seconds: number, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + seconds * 1000
  while (!isSo()) {
    if (performance.now() > endMs) assert.fail(controller?.log())
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** What Argo CD's built-in script says of an object of the cluster. */
function argoHealth(kind: string, name: string): string {
  const file = join(bed.state, 'object.yaml')
  const labels = '{app.kubernetes.io/part-of: argocd}'
  const metadata = (what: string) => `{name: ${what}, namespace: argocd, labels: ${labels}}`
  // An override of anything else makes the program look at the kind at all; the health script stays the built-in one.
  const override = `  resource.customizations.ignoreDifferences.external-secrets.io_${kind}: |
    jsonPointers: [/nothing]
`
  const head = 'apiVersion: v1\nkind: '
  const [map, secret] = [join(bed.state, 'cm.yaml'), join(bed.state, 'secret.yaml')]
  writeFileSync(map, `${head}ConfigMap\nmetadata: ${metadata('argocd-cm')}\ndata:\n${override}`)
  writeFileSync(secret, `${head}Secret\nmetadata: ${metadata('argocd-secret')}\n`)
  writeFileSync(file, bed.kubectl(['-n', 'shop', 'get', kind, name, '-o', 'yaml']))
  const argv = ['admin', 'settings', 'resource-overrides', 'health', file]
  const paths = ['--argocd-cm-path', map, '--argocd-secret-path', secret]
  const out = execFileSync(join(bed.bin, 'argocd'), [...argv, ...paths], { stdio: 'pipe' })
  return /STATUS: (\w+)/.exec(out.toString())?.[1] ?? out.toString()
}

test('without the definitions it waits for them, and begins by itself when they come', async () => {
  start()
  await within(30, () => controller?.log().includes(' watching') === true)
  installCrds()
  vault('api', ONE)
  apply(`${store()}---\n${external('api', 'api')}`)
  await within(45, () => secretValue('api') === ONE)
  assert.doesNotMatch(controller?.log() ?? '', / error /)
})

test('kubectl shows all columns of an ExternalSecret and of a store', async () => {
  await within(30, () => ready('api') === 'True')
  const rows = bed.kubectl(['-n', 'shop', 'get', 'externalsecret', 'api', '--no-headers'])
  // name, store's kind, store, interval, status, ready, last sync
  assert.match(rows, /^api +SecretStore +vault +1h +SecretSynced +True +\d+s\s*$/)
  await within(30, () => get('secretstore', 'vault', '.status.capabilities') !== '')
  const stores = bed.kubectl(['-n', 'shop', 'get', 'secretstore', 'vault', '--no-headers'])
  assert.match(stores, /^vault +\d+[sm]+\d*s? +Valid +ReadWrite +True\s*$/)
})

test('what synced is Healthy to Argo CD', () => {
  assert.equal(argoHealth('ExternalSecret', 'api'), 'Healthy')
  assert.equal(argoHealth('SecretStore', 'vault'), 'Healthy')
})

test('what Vault refuses is Degraded to Argo CD, and kubectl describe tells the 403 and its field', async () => {
  const policy = 'path "secret/data/api" { capabilities = ["read"] }'
  const path = join(bed.state, 'policy.hcl')
  writeFileSync(path, policy)
  bed.run('vault', 'run', 'policy', 'write', 'narrow', path)
  const token = bed.run('vault', 'run', 'token', 'create', '-policy=narrow', '-field=token').trim()
  const patch = JSON.stringify({ stringData: { token } })
  bed.kubectl(['-n', 'shop', 'patch', 'secret', 'vault', '--type=merge', '-p', patch])
  apply(external('denied', 'other'))
  await within(30, () => ready('denied') === 'False')
  const described = bed.kubectl(['-n', 'shop', 'describe', 'externalsecret', 'denied'])
  assert.match(described, /Message: +spec\.data\[0\]: [^\n]*secret\/data\/other \(HTTP 403\)/)
  assert.match(described, /Reason: +SecretSyncedError/)
  await within(30, () =>
    /Warning +UpdateFailed +\S+ +waybill +spec\.data\[0\]/.test(events('denied')),
  )
  assert.equal(argoHealth('ExternalSecret', 'denied'), 'Degraded')
  assert.ok(!controller?.log().includes(token))
})

const events = (name: string): string =>
  bed.kubectl(['-n', 'shop', 'describe', 'externalsecret', name]).split('Events:')[1] ?? ''

test('a store that does not answer: kubectl describe tells so, with the field', async () => {
  apply(
    `${store('silent', 'http://127.0.0.1:9')}---\n${external('silent', 'x').replace('name: vault}', 'name: silent}')}`,
  )
  await within(60, () => ready('silent') === 'False')
  const described = bed.kubectl(['-n', 'shop', 'describe', 'externalsecret', 'silent'])
  assert.match(described, /Message: +spec\.data\[0\]: [^\n]*refused the connection/)
  await within(60, () => get('secretstore', 'silent', '.status.conditions[0].reason') !== '')
  assert.equal(
    get('secretstore', 'silent', '.status.conditions[0].reason'),
    'InvalidProviderConfig',
  )
  assert.equal(argoHealth('SecretStore', 'silent'), 'Degraded')
})

test('Argo CD’s refresh, which sets an annotation, syncs at once', async () => {
  vault('api', TWO)
  bed.kubectl(['-n', 'shop', 'annotate', 'externalsecret', 'api', 'force-sync=now'])
  await within(30, () => secretValue('api') === TWO)
})

test('an edit and a deletion of the Secret are put right in seconds', async () => {
  const patch = JSON.stringify({ data: { value: Buffer.from('edited').toString('base64') } })
  bed.kubectl(['-n', 'shop', 'patch', 'secret', 'api', '--type=merge', '-p', patch])
  await within(30, () => secretValue('api') === TWO)
  bed.kubectl(['-n', 'shop', 'delete', 'secret', 'api'])
  await within(30, () => secretValue('api') === TWO)
})

test('a controller that begins anew writes no status and asks no provider', async () => {
  await stop()
  const before = get('externalsecret', 'api', '.metadata.resourceVersion')
  start()
  await within(30, () => controller?.log().includes(' watching') === true)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  assert.equal(get('externalsecret', 'api', '.metadata.resourceVersion'), before)
})

test('a renamed target: the new Secret is there, the former one is gone', async () => {
  apply(external('api', 'api', '  target: {name: renamed}\n'))
  await within(
    10,
    () => secretValue('renamed') === TWO && get('secret', 'api', '.metadata.name') === '',
  )
  assert.equal(get('externalsecret', 'api', '.status.binding.name'), 'renamed')
})

test('an ExternalSecret that is deleted takes its Secret along', async () => {
  bed.kubectl(['-n', 'shop', 'delete', 'externalsecret', 'api', '--timeout=20s'])
  await within(30, () => get('secret', 'renamed', '.metadata.name') === '')
  apply(external('kept', 'api', '  target: {deletionPolicy: Delete}\n'))
  await within(
    10,
    () =>
      secretValue('kept') === TWO && get('externalsecret', 'kept', '.metadata.finalizers') !== '',
  )
  bed.kubectl(['-n', 'shop', 'delete', 'externalsecret', 'kept', '--timeout=20s'])
  assert.equal(get('secret', 'kept', '.metadata.name'), '')
})

test('no right is missing, and no log holds a value', () => {
  const log = controller?.log() ?? ''
  assert.doesNotMatch(log, /forbidden: ServiceAccount/)
  for (const value of [ONE, TWO]) assert.ok(!log.includes(value), value)
})
