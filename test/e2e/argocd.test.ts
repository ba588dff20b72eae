import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, openBed, writePrivate } from './bed.ts'

// Real things needed: a Kubernetes node that runs pods (kubelet, containerd), Argo CD's application-controller, repo-server and
// cmp-server, Vault and moto beside the pods. The hook Job is a real pod with the image of this bundle.

const VALUE = 'canary-argo-5Xw8Tb'
const IMAGE = 'local.test/waybill:1'
let bed: Bed
let repository = ''

function node(args: readonly string[], input?: string): string {
  return execFileSync('test/bed/bed', ['node', 'exec', ...args], {
    encoding: 'utf8',
    env: { ...process.env, STATE: bed.state },
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  })
}

const kubectl = (...args: readonly string[]): string => node(['kubectl', ...args])
const apply = (text: string): string => node(['kubectl', 'apply', '-f', '-'], text)
const vault = (...args: readonly string[]): string =>
  node([
    'env',
    `STATE=${join(bed.state, 'node/vault')}`,
    resolve('test/bed/vault.sh'),
    'run',
    ...args,
  ])

function git(...args: readonly string[]): void {
  execFileSync(
    'git',
    ['-C', repository, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...args],
    { stdio: 'ignore' },
  )
}

function commit(): void {
  git('add', '-A')
  git('commit', '-q', '--allow-empty', '-m', 'change')
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(repository, 'app', file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

before(() => {
  bed = openBed('argo')
  bed.up('node')
  bed.run('node', 'vault')
  bed.run('node', 'moto')
  const image = join(bed.state, 'waybill.tar')
  execFileSync('test/bed/node-image.sh', ['dist', IMAGE, image, '["node","/app/waybill.cjs"]'], {
    stdio: 'ignore',
  })
  bed.run('node', 'image', image)
  preparePlatform()
  repository = join(bed.state, 'repo')
  cpSync('examples/tutorial', join(repository, 'app'), { recursive: true })
  edit('vault-secrets.yaml', (text) =>
    text.replace('https://vault.example.com:8200', 'http://10.77.0.2:8200'),
  )
  edit('api.yaml', (text) =>
    text.replace(
      /image: .*/,
      `image: ${IMAGE}\n          command: [node, -e, "setInterval(() => {}, 1000)"]`,
    ),
  )
  git('init', '-q', '-b', 'main')
  commit()
  startArgo()
})

after(() => bed?.down())

function preparePlatform(): void {
  for (const namespace of ['shop', 'waybill-system']) kubectl('create', 'namespace', namespace)
  kubectl('-n', 'shop', 'create', 'serviceaccount', 'vault-reader')
  kubectl('-n', 'waybill-system', 'create', 'serviceaccount', 'aws-secrets')
  kubectl(
    '-n',
    'waybill-system',
    'annotate',
    'serviceaccount',
    'aws-secrets',
    'eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/shop',
  )
  vault('kv', 'put', '-mount=secret', 'shop/api', `token=${VALUE}`)
  const policy = writePrivate(
    join(bed.state, 'shop.hcl'),
    'path "secret/data/shop/*" { capabilities = ["read"] }\n',
  )
  vault('policy', 'write', 'shop', policy)
  vault(
    'write',
    'auth/kubernetes/role/shop',
    'bound_service_account_names=vault-reader',
    'bound_service_account_namespaces=shop',
    'audience=vault',
    'policies=shop',
    'ttl=10m',
  )
  const call = `curl -sf http://10.77.0.2:5555/ -H 'content-type: application/x-amz-json-1.1' -H 'x-amz-target: secretsmanager.CreateSecret' -H 'authorization: AWS4-HMAC-SHA256 Credential=testing/20300101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0' -d '{"Name":"shop/database","SecretString":"{\\"password\\":\\"${VALUE}-db\\"}"}'`
  node(['bash', '-c', call])
}

function startArgo(): void {
  const bin = join(bed.state, 'bin')
  mkdirSync(bin)
  chmodSync('dist/waybill.cjs', 0o755)
  symlinkSync(resolve('dist/waybill.cjs'), join(bin, 'waybill'))
  const env = {
    ...process.env,
    STATE: bed.state,
    PATH: `${bin}:${process.env.PATH}`,
    ON: 'node',
    RESYNC: '5',
  }
  execFileSync('test/bed/bed', ['argocd', 'up'], { env, stdio: 'ignore' })
  const plugin = join(bed.state, 'plugin')
  mkdirSync(plugin)
  cpSync('plugin.yaml', join(plugin, 'plugin.yaml'))
  execFileSync('test/bed/bed', ['argocd', 'plugin', 'waybill', plugin], { env, stdio: 'ignore' })
}

function application(): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd, annotations: {argocd.argoproj.io/refresh: hard}}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  source:
    repoURL: "file://${repository}"
    targetRevision: HEAD
    path: app
    plugin:
      name: waybill
      parameters:
        - {name: image, string: "${IMAGE}"}
        - {name: job-env, array: ["AWS_SECRETSMANAGER_ENDPOINT=http://10.77.0.2:5555", "AWS_STS_ENDPOINT=http://10.77.0.2:5555"]}
  syncPolicy: {automated: {prune: true}}
`
}

const applicationField = (path: string): string =>
  kubectl('-n', 'argocd', 'get', 'application', 'shop', '-o', `jsonpath={${path}}`)

function waitFor(path: string, value: string): void {
  try {
    kubectl(
      '-n',
      'argocd',
      'wait',
      `--for=jsonpath={${path}}=${value}`,
      '--timeout=120s',
      'application/shop',
    )
  } catch (error) {
    const status = applicationField('.status')
    const pods = kubectl('-n', 'shop', 'get', 'jobs,pods', '-o', 'wide')
    const logs = kubectl('-n', 'shop', 'logs', 'job/waybill-shop', '--tail=20')
    assert.fail(`${(error as Error).message}\n${status}\n${pods}\n${logs}`)
  }
}

test('the cmp-server answers with the hand-off and the foreign documents', () => {
  const answer = JSON.parse(
    bed.run(
      'argocd',
      'generate',
      'waybill',
      repository,
      'app',
      'ARGOCD_APP_NAME=shop',
      'ARGOCD_APP_NAMESPACE=shop',
    ),
  )
  const kinds = answer.manifests.map((text: string) => JSON.parse(text).kind).sort()
  for (const kind of [
    'ConfigMap',
    'CronJob',
    'Deployment',
    'Job',
    'Role',
    'RoleBinding',
    'ServiceAccount',
  ]) {
    assert.ok(kinds.includes(kind), `${kind} in ${kinds}`)
  }
  for (const kind of ['ExternalSecret', 'SecretStore', 'Secret'])
    assert.ok(!kinds.includes(kind), kind)
})

test('an Application with the plugin is synced, and the hand-off is live', () => {
  apply(application())
  waitFor('.status.operationState.phase', 'Succeeded')
  waitFor('.status.sync.status', 'Synced')
  for (const object of [
    'configmap/waybill-shop',
    'configmap/waybill-shop-0',
    'cronjob/waybill-shop',
    'role/waybill-shop',
    'serviceaccount/waybill-shop',
    'deployment/api',
  ]) {
    kubectl('-n', 'shop', 'get', object)
  }
})

test('the hook Job made the Secret before the workload that uses it was created', () => {
  const secret = JSON.parse(kubectl('-n', 'shop', 'get', 'secret', 'api-credentials', '-o', 'json'))
  assert.equal(Buffer.from(secret.data.API_TOKEN, 'base64').toString(), VALUE)
  assert.equal(Buffer.from(secret.data.DB_PASSWORD, 'base64').toString(), `${VALUE}-db`)
  const deployment = JSON.parse(kubectl('-n', 'shop', 'get', 'deployment', 'api', '-o', 'json'))
  assert.ok(secret.metadata.creationTimestamp <= deployment.metadata.creationTimestamp)
})

test("the Secret is not in the Application's resources, so that Argo CD never prunes it", () => {
  assert.doesNotMatch(applicationField('.status.resources'), /"kind":"Secret"/)
})

test('a broken ExternalSecret shows its file, line and hint in the condition, and nothing live is touched', () => {
  edit('api-key-sync.yaml', (text) => text.replace('secretKey: API_TOKEN', 'secretkey: API_TOKEN'))
  commit()
  kubectl(
    '-n',
    'argocd',
    'annotate',
    '--overwrite',
    'application',
    'shop',
    'argocd.argoproj.io/refresh=hard',
  )
  waitFor('.status.sync.status', 'Unknown')
  const conditions = applicationField('.status.conditions')
  assert.match(conditions, /api-key-sync\.yaml:\d+/)
  assert.match(conditions, /secretkey/)
  assert.match(conditions, /did you mean|secretKey/)
  assert.doesNotMatch(conditions, /_cmp_server/)
  kubectl('-n', 'shop', 'get', 'secret', 'api-credentials')
  kubectl('-n', 'shop', 'get', 'deployment', 'api')
})

test('no value is in anything that Argo CD holds', () => {
  const base64 = Buffer.from(VALUE).toString('base64').slice(0, -4)
  const redis = execFileSync('test/bed/bed', ['argocd', 'exec', 'redis-cli', '--scan'], {
    encoding: 'utf8',
    env: { ...process.env, STATE: bed.state },
  })
  assert.notEqual(redis.trim(), '')
  const objects = kubectl(
    'get',
    'applications,configmaps,events,jobs,cronjobs,pods',
    '-A',
    '-o',
    'json',
  )
  for (const text of [
    objects,
    readFileSync(join(bed.state, 'argocd/repo-server.log'), 'utf8'),
    readFileSync(join(bed.state, 'argocd/plugin-waybill.log'), 'utf8'),
  ]) {
    assert.ok(!text.includes(VALUE))
    assert.ok(!text.includes(base64))
  }
})
