import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStore, readStore, type StoreHome } from '../../../src/handoff/stores.ts'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { decodeStore } from '../../../src/model/store.ts'

const vault: JsonObject = {
  apiVersion: 'external-secrets.io/v1beta1',
  kind: 'SecretStore',
  metadata: { name: 'vault' },
  spec: { provider: { vault: { server: 'https://vault.example.com' } } },
}
const aws: JsonObject = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ClusterSecretStore',
  metadata: { name: 'aws' },
  spec: { provider: { aws: { service: 'SecretsManager', region: 'eu-central-1' } } },
}
const vaultHome: StoreHome = { kind: 'SecretStore', name: 'vault', namespace: 'shop' }
const awsHome: StoreHome = { kind: 'ClusterSecretStore', name: 'aws', namespace: 'waybill-system' }

test('a SecretStore lives in its own namespace', () => {
  const configMap = encodeStore(decodeStore(vault), vaultHome)
  assert.equal(dig(configMap, 'metadata', 'name'), 'waybill-store-vault')
  assert.equal(dig(configMap, 'metadata', 'namespace'), 'shop')
  const read = readStore(configMap, vaultHome)
  assert.equal(read.outcome, 'read')
  assert.equal(read.store.provider, 'vault')
  assert.equal(read.store.namespace, 'shop')
})

test('a ClusterSecretStore lives in the store namespace and stays without one', () => {
  const configMap = encodeStore(decodeStore(aws), awsHome)
  assert.equal(dig(configMap, 'metadata', 'name'), 'waybill-clusterstore-aws')
  assert.equal(dig(configMap, 'metadata', 'namespace'), 'waybill-system')
  const read = readStore(configMap, awsHome)
  assert.equal(read.outcome, 'read')
  assert.equal(read.store.namespace, '')
})

const LABELLED: JsonObject = { metadata: { labels: { 'waybill.dev/handoff': 'store' } } }

function dataOf({ data }: JsonObject): JsonObject {
  return data as JsonObject
}

const refused: readonly {
  readonly story: string
  readonly configMap: JsonObject
  readonly home: StoreHome
  readonly code: string
}[] = [
  {
    story: 'holds a ClusterSecretStore under a SecretStore’s name',
    configMap: encodeStore(decodeStore(aws), { ...vaultHome, name: 'aws' }),
    home: { ...vaultHome, name: 'aws' },
    code: 'malformed',
  },
  {
    story: 'holds a store of another namespace',
    configMap: encodeStore(decodeStore(vault), vaultHome),
    home: { ...vaultHome, namespace: 'other' },
    code: 'malformed',
  },
  {
    story: 'holds a store of another name',
    configMap: encodeStore(decodeStore(vault), vaultHome),
    home: { ...vaultHome, name: 'other' },
    code: 'malformed',
  },
  {
    story: 'was written by a newer version',
    configMap: { ...LABELLED, data: { format: '2' } },
    home: vaultHome,
    code: 'newer-format',
  },
  {
    story: 'is no JSON',
    configMap: { ...LABELLED, data: { format: '1', 'store.json': '{' } },
    home: vaultHome,
    code: 'malformed',
  },
  { story: 'is empty', configMap: LABELLED, home: vaultHome, code: 'malformed' },
  {
    story: 'nobody has handed off',
    configMap: { data: dataOf(encodeStore(decodeStore(vault), vaultHome)) },
    home: vaultHome,
    code: 'malformed',
  },
]
for (const { story, configMap, home, code } of refused) {
  test(`a ConfigMap that ${story} is no store`, () => {
    const read = readStore(configMap, home)
    assert.equal(read.outcome, 'unusable')
    assert.equal(read.code, code)
  })
}
