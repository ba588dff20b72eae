import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../src/model/json.ts'
import { openWriter } from '../../src/providers/push.ts'
import type { StorePushed } from '../../src/sync/push/one-store.ts'
import { type TestOpening, testOpening, testStore } from '../unit/providers/opening.ts'
import { type PushCase, type Pushed, push } from '../unit/providers/pushing.ts'
import { type Bed, moto, openBed } from './bed.ts'

// Real things needed: HashiCorp Vault with KV of both versions, moto as Secrets Manager and Parameter Store, kube-apiserver
// and etcd as the cluster that is pushed to. The same story is told to each of them.

interface Place {
  readonly name: string
  readonly provider: string
  readonly settings: () => JsonObject
  /** Whether a secret holds several properties. */
  readonly properties: boolean
  /** Made by somebody else; undefined where nobody keeps a mark. */
  readonly foreign: ((key: string) => Promise<unknown>) | undefined
}

let bed: Bed
let vault = ''
let aws = ''
let api: { readonly server: string; readonly ca: string } = { server: '', ca: '' }
let opening: TestOpening

before(async () => {
  bed = openBed('push')
  vault = bed.up('vault').VAULT_ADDR ?? ''
  aws = bed.up('moto').AWS_ENDPOINT_URL ?? ''
  bed.up('api')
  bed.run('vault', 'run', 'secrets', 'enable', '-path=kv1', '-version=1', 'kv')
  bed.run('vault', 'run', 'secrets', 'enable', '-path=kv2', '-version=2', 'kv')
  bed.run('vault', 'run', 'secrets', 'enable', '-path=cas', '-version=2', 'kv')
  bed.run('vault', 'run', 'write', 'cas/config', 'cas_required=true')
  const token = prepareCluster()
  opening = testOpening({
    cluster: {
      secrets: {
        'shop/vault': { token: 'root' },
        'shop/aws': { id: 'testing', key: 'testing' },
        'shop/kube': { token },
      },
    },
    env: { AWS_SECRETSMANAGER_ENDPOINT: aws, AWS_SSM_ENDPOINT: aws },
  })
})

after(() => {
  opening?.close()
  bed?.down()
})

/** A namespace, and a ServiceAccount that may write its Secrets and nothing else. */
function prepareCluster(): string {
  bed.kubectl(['create', 'namespace', 'prod'])
  bed.kubectl(['-n', 'prod', 'create', 'serviceaccount', 'writer'])
  const verbs = '--verb=get,create,patch,delete'
  bed.kubectl(['-n', 'prod', 'create', 'role', 'writer', verbs, '--resource=secrets'])
  const subject = '--serviceaccount=prod:writer'
  bed.kubectl(['-n', 'prod', 'create', 'rolebinding', 'writer', '--role=writer', subject])
  const view = JSON.parse(bed.kubectl(['config', 'view', '--raw', '--flatten', '-o', 'json']))
  const { cluster } = view.clusters[0]
  api = { server: cluster.server, ca: cluster['certificate-authority-data'] ?? '' }
  return bed.kubectl(['-n', 'prod', 'create', 'token', 'writer']).trim()
}

function vaultPlace(path: string, version: string): Place {
  return {
    name: `Vault, ${path}`,
    provider: 'vault',
    settings: () => ({
      server: vault,
      path,
      version,
      auth: { tokenSecretRef: { name: 'vault', key: 'token' } },
    }),
    properties: true,
    foreign: async (key) => {
      const cas = path === 'cas' ? ['-cas=0'] : []
      return bed.run('vault', 'run', 'kv', 'put', ...cas, `${path}/${key}`, 'p=theirs')
    },
  }
}

function awsPlace(service: string): Place {
  return {
    name: `moto, ${service}`,
    provider: 'aws',
    settings: () => ({
      service,
      region: 'eu-central-1',
      secretsManager: { forceDeleteWithoutRecovery: true },
      auth: {
        secretRef: {
          accessKeyIDSecretRef: { name: 'aws', key: 'id' },
          secretAccessKeySecretRef: { name: 'aws', key: 'key' },
        },
      },
    }),
    properties: service === 'SecretsManager',
    foreign:
      service === 'SecretsManager'
        ? (key) => moto(aws, 'CreateSecret', { Name: key, SecretString: '{"p":"theirs"}' })
        : undefined,
  }
}

const PLACES: readonly Place[] = [
  vaultPlace('kv2', 'v2'),
  vaultPlace('cas', 'v2'),
  vaultPlace('kv1', 'v1'),
  awsPlace('SecretsManager'),
  awsPlace('ParameterStore'),
  {
    name: 'kube-apiserver',
    provider: 'kubernetes',
    settings: () => ({
      server: { url: api.server, caBundle: api.ca },
      remoteNamespace: 'prod',
      auth: { token: { bearerToken: { name: 'kube', key: 'token' } } },
    }),
    properties: true,
    foreign: undefined,
  },
]

const actions = ({ changes, errors }: StorePushed): readonly string[] =>
  errors.length > 0 ? errors.map(({ message }) => message) : changes.map(({ action }) => action)

for (const { name, provider, settings, properties, foreign } of PLACES) {
  const to = (pushes: readonly Pushed[], more: Partial<PushCase> = {}): Promise<StorePushed> =>
    push({ store: testStore(provider, settings()), open: openWriter, opening, ...more }, pushes)
  const one = (value: string): Pushed =>
    properties ? { key: 'story', property: 'p', value } : { key: 'story', value }

  test(`${name}: created, unchanged, updated, taken back`, async () => {
    assert.deepEqual(actions(await to([one('first')])), ['created'])
    assert.deepEqual(actions(await to([one('first')])), ['unchanged'])
    assert.deepEqual(actions(await to([one('second')])), ['updated'])
    const ifNotExists = { spec: { updatePolicy: 'IfNotExists' } }
    assert.deepEqual(actions(await to([one('third')], ifNotExists)), ['skipped'])
    assert.deepEqual(actions(await to([one('second')])), ['unchanged'])
    assert.deepEqual(actions(await to([], { dropped: [one('second')] })), ['deleted'])
    assert.deepEqual(actions(await to([], { dropped: [one('second')] })), ['unchanged'])
    assert.deepEqual(actions(await to([one('again')])), ['created'])
  })

  if (properties) {
    test(`${name}: properties come and go by themselves`, async () => {
      const [a, b] = [
        { key: 'both', property: 'a', value: '1' },
        { key: 'both', property: 'b', value: 'é"\n' },
      ]
      assert.deepEqual(actions(await to([a, b])), ['created'])
      assert.deepEqual(actions(await to([b], { dropped: [a] })), ['updated'])
      assert.deepEqual(actions(await to([b])), ['unchanged'])
      assert.deepEqual(actions(await to([], { dropped: [b] })), ['deleted'])
    })
  }

  if (foreign !== undefined) {
    test(`${name}: what is somebody else’s stays so`, async () => {
      await foreign('theirs')
      const mine = { key: 'theirs', property: 'p', value: 'mine' }
      const { errors } = await to([mine])
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['NotManaged'],
      )
      assert.deepEqual(actions(await to([], { dropped: [mine] })), ['skipped'])
    })
  }
}

test('Vault: a reader of ESO’s own mark finds it where ESO keeps it', async () => {
  await push(
    { store: testStore('vault', vaultPlace('kv2', 'v2').settings()), open: openWriter, opening },
    [{ key: 'marked', property: 'p', value: 'x' }],
  )
  const shown = bed.run('vault', 'run', 'kv', 'metadata', 'get', '-format=json', 'kv2/marked')
  assert.deepEqual(JSON.parse(shown).data.custom_metadata, { 'managed-by': 'external-secrets' })
})

test('moto: tags, format and key of the metadata arrive', async () => {
  const metadata = {
    apiVersion: 'kubernetes.external-secrets.io/v1alpha1',
    kind: 'PushSecretMetadata',
    spec: { secretPushFormat: 'string', tags: { team: 'a' }, description: 'told' },
  }
  const store = testStore('aws', awsPlace('SecretsManager').settings())
  await push({ store, open: openWriter, opening }, [{ key: 'tagged', value: 'x', metadata }])
  const { body } = await moto(aws, 'DescribeSecret', { SecretId: 'tagged' })
  const { Tags, Description } = body as { Tags: readonly JsonObject[]; Description: string }
  assert.deepEqual(
    new Set(Tags.map(({ Key, Value }) => `${Key}=${Value}`)),
    new Set(['team=a', 'managed-by=external-secrets']),
  )
  assert.equal(Description, 'told')
})
