import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeStream } from '../../src/manifests/kubectl.ts'
import { type Bed, moto, openBed, type Run, waybill, writePrivate } from './bed.ts'

// Real things needed: kube-apiserver and etcd (with the controller-manager for garbage collection), HashiCorp Vault whose
// Kubernetes auth asks that API server's TokenReview, moto as AWS. The sync runs with the generated ServiceAccount's
// own token and rights. Everything below is one story, told in order.

let bed: Bed
let vaultAddress = ''
let awsEndpoint = ''
let folder = ''
let manifests = ''
let kubeconfig = ''
const API_TOKEN = 'canary-token-7Q2mZx'
const PASSWORD = 'canary-password-9Kp4'
const written: string[] = []

before(async () => {
  bed = openBed('tutorial')
  bed.up('api', { KCM: '1' })
  vaultAddress = bed.up('vault').VAULT_ADDR ?? ''
  awsEndpoint = bed.up('moto').AWS_ENDPOINT_URL ?? ''
  preparePlatform()
  prepareVault()
  await moto(awsEndpoint, 'CreateSecret', {
    Name: 'shop/database',
    SecretString: JSON.stringify({ password: PASSWORD, user: 'shop' }),
  })
  folder = join(bed.state, 'tutorial')
  cpSync('examples/tutorial', folder, { recursive: true })
  const store = join(folder, 'vault-secrets.yaml')
  writeFileSync(
    store,
    readFileSync(store, 'utf8').replace('https://vault.example.com:8200', vaultAddress),
  )
})

after(() => bed?.down())

/** What the platform team has before any Application: namespaces and the identities that the stores name. */
function preparePlatform(): void {
  for (const namespace of ['shop', 'waybill-system'])
    bed.kubectl(['create', 'namespace', namespace])
  bed.kubectl(['-n', 'shop', 'create', 'serviceaccount', 'vault-reader'])
  bed.kubectl(['-n', 'waybill-system', 'create', 'serviceaccount', 'aws-secrets'])
  bed.kubectl([
    '-n',
    'waybill-system',
    'annotate',
    'serviceaccount',
    'aws-secrets',
    'eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/shop-secrets',
  ])
}

function prepareVault(): void {
  bed.kubectl(['create', 'serviceaccount', 'reviewer'])
  bed.kubectl([
    'create',
    'clusterrolebinding',
    'reviewer',
    '--clusterrole=system:auth-delegator',
    '--serviceaccount=default:reviewer',
  ])
  const admin = readFileSync(join(bed.state, 'api/admin.kubeconfig'), 'utf8')
  const host = /server: "([^"]*)"/.exec(admin)?.[1] ?? ''
  const reviewer = bed.kubectl(['create', 'token', 'reviewer', '--duration=2h']).trim()
  bed.run('vault', 'kubernetes', host, join(bed.state, 'api/pki/auto/apiserver.crt'), reviewer)
  vault('kv', 'put', '-mount=secret', 'shop/api', `token=${API_TOKEN}`)
  const policy = writePrivate(
    join(bed.state, 'shop.hcl'),
    'path "secret/data/shop/*" { capabilities = ["read"] }\n',
  )
  vault('policy', 'write', 'shop', policy)
  bindVaultRole('vault-reader')
  vault('audit', 'enable', 'file', `file_path=${join(bed.state, 'audit.log')}`)
}

function bindVaultRole(serviceAccount: string): void {
  vault(
    'write',
    'auth/kubernetes/role/shop',
    `bound_service_account_names=${serviceAccount}`,
    'bound_service_account_namespaces=shop',
    'audience=vault',
    'policies=shop',
    'ttl=10m',
  )
}

function vault(...args: readonly string[]): string {
  return bed.run('vault', 'run', ...args)
}

/** One run as the Job would make it: the generated ServiceAccount's token, nothing else. */
async function sync(...more: readonly string[]): Promise<Run> {
  const run = await waybill(
    ['sync', '--app', 'shop', '-n', 'shop', '--kubeconfig', kubeconfig, '-o', 'json', ...more],
    {
      env: { AWS_SECRETSMANAGER_ENDPOINT: awsEndpoint, AWS_STS_ENDPOINT: awsEndpoint },
    },
  )
  written.push(run.out, run.err)
  return run
}

interface Reported {
  readonly outcome: string
  readonly condition: { readonly reason: string; readonly message: string }
  readonly errors: readonly {
    readonly code: string
    readonly field: string
    readonly message: string
  }[]
}

function result({ out, err }: Run): Reported {
  const report = JSON.parse(out)
  assert.equal(report.kind, 'SyncReport', err)
  return report.results[0]
}

function secret(): {
  readonly data: Readonly<Record<string, string>>
  readonly metadata: {
    readonly resourceVersion: string
    readonly ownerReferences?: readonly {
      readonly kind: string
      readonly name: string
      readonly uid: string
    }[]
  }
} {
  return JSON.parse(bed.kubectl(['-n', 'shop', 'get', 'secret', 'api-credentials', '-o', 'json']))
}

const secretText = (key: string): string =>
  Buffer.from(secret().data[key] ?? '', 'base64').toString()

/** Requests at the real servers so far: Vault's audit log, moto's access log. */
function calls(): {
  readonly vaultLogins: number
  readonly vaultReads: number
  readonly aws: number
} {
  const audit = readFileSync(join(bed.state, 'audit.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"type":"request"'))
    .map((line) => JSON.parse(line).request.path as string)
  const access = readFileSync(join(bed.state, 'moto/moto.log'), 'utf8')
  return {
    vaultLogins: audit.filter((path) => path === 'auth/kubernetes/login').length,
    vaultReads: audit.filter((path) => path === 'secret/data/shop/api').length,
    aws: access.split('\n').filter((line) => line.includes('"POST / HTTP')).length,
  }
}

test('generate gives manifests on stdout and no word on stderr', async () => {
  const run = await waybill(['generate', folder, '--app', 'shop', '-n', 'shop'])
  assert.equal(run.code, 0, run.err)
  manifests = run.out
  written.push(run.out, run.err)
  const again = await waybill(['generate', folder, '--app', 'shop', '-n', 'shop'])
  assert.equal(again.out, manifests)
})

test('the API server accepts the stream on a dry run, and kubectl apply takes it twice without a change', async () => {
  const dry = await bed.tryKubectl(['apply', '--dry-run=server', '-f', '-'], manifests)
  assert.equal(dry.code, 0, dry.err)
  bed.kubectl(['apply', '-f', '-'], manifests)
  const second = bed.kubectl(['apply', '-f', '-'], manifests).trim().split('\n')
  assert.deepEqual(
    second.filter((line) => !line.endsWith(' unchanged')),
    [],
  )
})

test('kubectl reads every object of the stream as we do', () => {
  const args = ['create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', '-']
  const read = (text: string): readonly unknown[] =>
    decodeStream(new TextEncoder().encode(text)).objects.map((json) => JSON.parse(json))
  const ours = read(manifests)
  assert.ok(ours.length >= 10)
  assert.deepEqual(read(bed.kubectl(args, manifests)), ours)
})

test('a server-side apply of the stream, as Argo CD can do it, changes nothing on the second time', () => {
  const names = (): string =>
    bed.kubectl([
      '-n',
      'shop',
      'get',
      'configmap,role,rolebinding,serviceaccount,cronjob',
      '-o',
      'json',
    ])
  bed.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifests)
  const versions = (text: string): unknown =>
    JSON.parse(text).items.map((item: { metadata: { name: string; resourceVersion: string } }) => [
      item.metadata.name,
      item.metadata.resourceVersion,
    ])
  const before = versions(names())
  bed.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifests)
  assert.deepEqual(versions(names()), before)
})

test('the run with the generated ServiceAccount makes the Secret from Vault and AWS', async () => {
  const line = bed.run('api', 'token', 'shop', 'waybill-shop').trim()
  kubeconfig = line.slice('KUBECONFIG='.length)
  const run = await sync()
  assert.equal(run.code, 0, `${run.out}${run.err}`)
  assert.equal(result(run).outcome, 'created')
  assert.equal(secretText('API_TOKEN'), API_TOKEN)
  assert.equal(secretText('DB_PASSWORD'), PASSWORD)
})

test('the Secret is owned by the anchor of its Application', () => {
  const anchor = JSON.parse(
    bed.kubectl(['-n', 'shop', 'get', 'configmap', 'waybill-shop', '-o', 'json']),
  )
  const [owner] = secret().metadata.ownerReferences ?? []
  assert.deepEqual(
    { kind: owner?.kind, name: owner?.name, uid: owner?.uid },
    { kind: 'ConfigMap', name: 'waybill-shop', uid: anchor.metadata.uid },
  )
})

test('the ServiceAccount can do nothing beyond the references', async () => {
  const denied: readonly (readonly string[])[] = [
    ['-n', 'shop', 'get', 'secrets'],
    ['-n', 'shop', 'create', 'secret', 'generic', 'other', '--from-literal=a=b'],
    ['-n', 'shop', 'create', 'token', 'default'],
    ['-n', 'waybill-system', 'get', 'configmaps'],
    ['-n', 'waybill-system', 'get', 'secrets'],
    ['-n', 'default', 'get', 'secrets'],
  ]
  for (const args of denied) {
    const run = await bed.tryKubectl(['--kubeconfig', kubeconfig, ...args])
    assert.notEqual(run.code, 0, args.join(' '))
    assert.match(run.err, /forbidden|Forbidden/, args.join(' '))
  }
})

test('nothing changed: no write, and the calls at the servers are those of the plan', async () => {
  const before = calls()
  const { resourceVersion } = secret().metadata
  const run = await sync('--force', 'api-key-sync')
  assert.equal(run.code, 0, `${run.out}${run.err}`)
  assert.equal(result(run).outcome, 'unchanged')
  assert.equal(secret().metadata.resourceVersion, resourceVersion)
  const now = calls()
  assert.deepEqual(
    {
      vaultLogins: now.vaultLogins - before.vaultLogins,
      vaultReads: now.vaultReads - before.vaultReads,
      aws: now.aws - before.aws,
    },
    { vaultLogins: 1, vaultReads: 1, aws: 2 }, // AWS: one AssumeRoleWithWebIdentity, one GetSecretValue
  )
})

test('what is not due is not read', async () => {
  const before = calls()
  const run = await sync()
  assert.equal(run.code, 0, `${run.out}${run.err}`)
  assert.deepEqual(calls(), before)
})

test('a value that was rotated in Vault and in AWS reaches the Secret on the next run', async () => {
  vault('kv', 'put', '-mount=secret', 'shop/api', `token=${API_TOKEN}-2`)
  await moto(awsEndpoint, 'PutSecretValue', {
    SecretId: 'shop/database',
    SecretString: JSON.stringify({ password: `${PASSWORD}-2` }),
  })
  const run = await sync('--force', 'api-key-sync')
  assert.equal(run.code, 0, `${run.out}${run.err}`)
  assert.equal(result(run).outcome, 'updated')
  assert.equal(secretText('API_TOKEN'), `${API_TOKEN}-2`)
  assert.equal(secretText('DB_PASSWORD'), `${PASSWORD}-2`)
})

test('a key that somebody edited by hand is put right although no refresh is due', async () => {
  bed.kubectl([
    '-n',
    'shop',
    'patch',
    'secret',
    'api-credentials',
    '--type=merge',
    '-p',
    '{"stringData":{"API_TOKEN":"edited"}}',
  ])
  const run = await sync()
  assert.equal(run.code, 0, `${run.out}${run.err}`)
  assert.equal(secretText('API_TOKEN'), `${API_TOKEN}-2`)
})

test('a Vault role bound to another ServiceAccount: the 403 says which role, account and namespace, and what to run', async () => {
  bindVaultRole('somebody-else')
  const { resourceVersion } = secret().metadata
  const run = await sync('--force', 'api-key-sync')
  assert.notEqual(run.code, 0)
  const told = JSON.stringify(result(run)) + run.err
  for (const word of ['shop', 'vault-reader', 'auth/kubernetes/role/shop'])
    assert.ok(told.includes(word), `${word} in ${told}`)
  assert.equal(secret().metadata.resourceVersion, resourceVersion)
  bindVaultRole('vault-reader')
})

test('a sealed Vault changes nothing, is named, and fails the run', async () => {
  const { resourceVersion } = secret().metadata
  vault('operator', 'seal')
  const run = await sync('--force', 'api-key-sync')
  assert.equal(run.code, 5)
  assert.match(JSON.stringify(result(run)), /sealed/)
  assert.equal(secret().metadata.resourceVersion, resourceVersion)
})

test('deleting the Application deletes its anchor, and the Secret that the anchor owns', async () => {
  bed.kubectl(['-n', 'shop', 'delete', 'configmap', 'waybill-shop'])
  const run = await bed.tryKubectl([
    '-n',
    'shop',
    'wait',
    '--for=delete',
    '--timeout=60s',
    'secret/api-credentials',
  ])
  assert.equal(run.code, 0, run.err)
})

test('no value was in any output, manifest, event or ConfigMap', () => {
  const objects = bed.kubectl([
    'get',
    'configmaps,events,jobs,cronjobs,roles,rolebindings',
    '-A',
    '-o',
    'json',
  ])
  for (const canary of [API_TOKEN, PASSWORD]) {
    const base64 = Buffer.from(canary).toString('base64').slice(0, -4)
    for (const text of [objects, ...written]) {
      assert.ok(!text.includes(canary), 'a value in the clear')
      assert.ok(!text.includes(base64), 'a value in base64')
    }
  }
})
