import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Bed, openBed, WAYBILL, writePrivate } from './bed.ts'

// Real things needed: kube-apiserver and etcd with the CustomResourceDefinitions of External Secrets Operator, the
// controller-manager for garbage collection and namespaces, HashiCorp Vault. The controller has the ServiceAccount and the
// rights of plugin/controller. Everything below is one story, told in order.

let bed: Bed
let child: ChildProcess | undefined
let log = ''
let vaultAddress = ''

before(() => {
  bed = openBed('controller-push')
  bed.up('api', { KCM: '1' })
  vaultAddress = bed.up('vault').VAULT_ADDR ?? ''
  bed.kubectl(['apply', '--server-side', '-f', 'test/eso-crds'])
  bed.kubectl(['apply', '-k', 'plugin/controller'])
  bed.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
  const token = bed
    .kubectl(['-n', 'waybill-system', 'create', 'token', 'waybill-controller', '--duration=2h'])
    .trim()
  const admin = readFileSync(join(bed.state, 'api/admin.kubeconfig'), 'utf8')
  const kubeconfig = writePrivate(
    join(bed.state, 'controller.kubeconfig'),
    admin
      .replace(/token: [^}]*/, `token: ${token}`)
      .replace('user: u', 'user: u, namespace: waybill-system'),
  )
  for (const name of ['n1', 'n2', 'n3']) bed.kubectl(['create', 'namespace', name])
  bed.kubectl(['label', 'namespace', 'n1', 'n2', 'team=a'])
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-address=0']
  const argv = [WAYBILL, 'controller', '--kubeconfig', kubeconfig, ...addresses]
  child = spawn(process.execPath, argv, {
    env: { PATH: process.env.PATH ?? '', HOSTNAME: 'one' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk
  })
})

after(() => {
  child?.kill('SIGKILL')
  bed?.down()
})

function apply(...objects: readonly object[]): void {
  const items = { apiVersion: 'v1', kind: 'List', items: objects }
  bed.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(items))
}

/** Empty when there is none. */
function read(resource: string, name: string, path: string, namespace = 'n1'): string {
  try {
    return bed.kubectl(['-n', namespace, 'get', resource, name, '-o', `jsonpath=${path}`])
  } catch {
    return ''
  }
}

/** Namespaces that hold a child of this name. */
function homes(name = 'db', resource = 'externalsecrets'): string {
  const path = `jsonpath={.items[?(@.metadata.name=="${name}")].metadata.namespace}`
  return bed.kubectl(['get', resource, '-A', '-o', path])
}

async function within(seconds: number, isSo: () => boolean): Promise<void> {
  const start = performance.now()
  while (!isSo()) {
    if (performance.now() - start > seconds * 1000) assert.fail(log)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What Vault holds; empty when there is nothing. */
function vault(key: string): string {
  try {
    return bed.run('vault', 'run', 'kv', 'get', '-mount=secret', '-field=password', key).trim()
  } catch {
    return ''
  }
}

const FAKE_SPEC = {
  secretStoreRef: { kind: 'ClusterSecretStore', name: 'fake' },
  data: [{ secretKey: 'x', remoteRef: { key: 'k' } }],
}

function ces(spec: object, annotations: object = {}): object {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterExternalSecret',
    metadata: { name: 'all', annotations },
    spec: { externalSecretName: 'db', externalSecretSpec: FAKE_SPEC, ...spec },
  }
}

const SELECTED = { namespaceSelectors: [{ matchLabels: { team: 'a' } }] }

test('a ClusterExternalSecret is in the namespaces that it selects, and says so', async () => {
  const data = [{ key: 'k', value: 'from-the-store' }]
  apply(
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ClusterSecretStore',
      metadata: { name: 'fake' },
      spec: { provider: { fake: { data } } },
    },
    ces(SELECTED),
  )
  await within(30, () => homes() === 'n1 n2')
  const ready = '{.status.conditions[?(@.type=="Ready")].status}'
  await within(30, () => read('clusterexternalsecret', 'all', ready) === 'True')
  const provisioned = read('clusterexternalsecret', 'all', '{.status.provisionedNamespaces}')
  assert.equal(provisioned, '["n1","n2"]')
  const columns = bed.kubectl(['get', 'clusterexternalsecret', 'all', '--no-headers'])
  assert.match(columns, /^all +fake +\S* +True/)
})

test('its children become Secrets', async () => {
  const value = Buffer.from('from-the-store').toString('base64')
  await within(30, () =>
    ['n1', 'n2'].every((at) => read('secret', 'db', '{.data.x}', at) === value),
  )
})

test('a namespace joins by its label, and another leaves', async () => {
  bed.kubectl(['label', 'namespace', 'n3', 'team=a'])
  await within(30, () => homes() === 'n1 n2 n3')
  bed.kubectl(['label', 'namespace', 'n2', 'team-'])
  await within(30, () => homes() === 'n1 n3')
  await within(30, () => read('secret', 'db', '{.metadata.name}', 'n2') === '')
})

test('another name: the old children go; a name that is taken is told', async () => {
  const theirs = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'taken', namespace: 'n3' },
    spec: { ...FAKE_SPEC, refreshInterval: '3h0m0s' },
  }
  apply(theirs)
  apply(ces({ ...SELECTED, externalSecretName: 'taken' }))
  await within(30, () => homes() === '' && homes('taken') === 'n1 n3')
  const failed = () => read('clusterexternalsecret', 'all', '{.status.failedNamespaces}')
  await within(30, () => failed().includes('external secret already exists in namespace'))
  assert.match(failed(), /"namespace":"n3"/)
  assert.equal(read('externalsecret', 'taken', '{.spec.refreshInterval}', 'n3'), '3h0m0s')
  // It is made anew at once, for which kubectl would wait in vain.
  bed.kubectl(['-n', 'n3', 'delete', 'externalsecret', 'taken', '--wait=false'])
  await within(30, () => failed() === '' || failed() === '[]')
  assert.equal(homes('taken'), 'n1 n3')
})

test('a namespace that is deleted is let go', async () => {
  bed.kubectl(['delete', 'namespace', 'n3', '--timeout=60s'])
  const provisioned = () => read('clusterexternalsecret', 'all', '{.status.provisionedNamespaces}')
  await within(30, () => provisioned() === '["n1"]')
})

test('it is deleted: its children go, and so do their Secrets', async () => {
  bed.kubectl(['delete', 'clusterexternalsecret', 'all', '--timeout=30s'])
  await within(30, () => homes('taken') === '')
})

function pushSecret(spec: object = {}): object {
  return {
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'PushSecret',
    metadata: { name: 'ps', namespace: 'n1' },
    spec: {
      deletionPolicy: 'Delete',
      secretStoreRefs: [{ name: 'vault', kind: 'SecretStore' }],
      selector: { secret: { name: 'source' } },
      data: [
        {
          match: {
            secretKey: 'password',
            remoteRef: { remoteKey: 'pushed', property: 'password' },
          },
        },
      ],
      ...spec,
    },
  }
}

function source(password: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'source', namespace: 'n1' },
    stringData: { password },
  }
}

test('a PushSecret is pushed to Vault, and its columns say so', async () => {
  const auth = { tokenSecretRef: { name: 'vault', key: 'token' } }
  bed.kubectl(['-n', 'n1', 'create', 'secret', 'generic', 'vault', '--from-literal=token=root'])
  apply(
    source('canary-one'),
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'SecretStore',
      metadata: { name: 'vault', namespace: 'n1', labels: { push: 'yes' } },
      spec: { provider: { vault: { server: vaultAddress, path: 'secret', version: 'v2', auth } } },
    },
    pushSecret(),
  )
  await within(30, () => vault('pushed') === 'canary-one')
  await within(30, () => read('pushsecret', 'ps', '{.status.refreshTime}') !== '')
  assert.match(bed.kubectl(['-n', 'n1', 'get', 'pushsecret', 'ps', '--no-headers']), /Synced/)
  const finalizers = read('pushsecret', 'ps', '{.metadata.finalizers[0]}')
  assert.equal(finalizers, 'pushsecret.externalsecrets.io/finalizer')
  const synced = read('pushsecret', 'ps', '{.status.syncedPushSecrets}')
  assert.match(synced, /"SecretStore\/vault":\{"pushed\/password":/)
})

test('its Secret is rotated: Vault has the new value in seconds', async () => {
  apply(source('canary-two'))
  await within(30, () => vault('pushed') === 'canary-two')
})

test('another remote key, in stores that are selected: the old one is taken back', async () => {
  const match = {
    secretKey: 'password',
    remoteRef: { remoteKey: 'other', property: 'password' },
  }
  const ref = { kind: 'SecretStore', labelSelector: { matchLabels: { push: 'yes' } } }
  apply(pushSecret({ data: [{ match }], secretStoreRefs: [ref] }))
  await within(30, () => vault('other') === 'canary-two' && vault('pushed') === '')
  const synced = () => read('pushsecret', 'ps', '{.status.syncedPushSecrets}')
  await within(30, () => !synced().includes('pushed/password'))
})

test('a PushSecret is deleted: what it had pushed is gone first', async () => {
  bed.kubectl(['-n', 'n1', 'delete', 'pushsecret', 'ps', '--timeout=30s'])
  assert.equal(vault('other'), '')
})

test('a ClusterPushSecret pushes from the namespaces that it selects', async () => {
  apply({
    apiVersion: 'external-secrets.io/v1alpha1',
    kind: 'ClusterPushSecret',
    metadata: { name: 'all' },
    spec: {
      ...SELECTED,
      pushSecretName: 'ps',
      pushSecretSpec: (pushSecret() as { readonly spec: object }).spec,
    },
  })
  await within(30, () => homes('ps', 'pushsecrets') === 'n1' && vault('pushed') === 'canary-two')
  const reason = '{.status.conditions[0].reason}'
  await within(30, () => read('clusterpushsecret', 'all', reason) === 'Synced')
  bed.kubectl(['delete', 'clusterpushsecret', 'all', '--timeout=30s'])
  await within(30, () => homes('ps', 'pushsecrets') === '' && vault('pushed') === '')
})

test('no log holds a value', () => {
  assert.doesNotMatch(log, /canary|from-the-store/)
})
