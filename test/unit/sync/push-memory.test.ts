import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeSynced,
  encodeSynced,
  type PushHome,
  readMemory,
  sameMemory,
  writeMemory,
} from '../../../src/sync/push/memory.ts'
import { entryOf } from '../providers/pushing.ts'
import { startCluster } from './cluster.ts'

const SYNCED = new Map([
  ['SecretStore/v', new Map([['db/user', entryOf({ key: 'db', property: 'user' })]])],
  [
    'ClusterSecretStore/w',
    new Map([['all', entryOf({ key: 'all', whole: {}, metadata: { apiVersion: 'x' } })]]),
  ],
])

test('push memory: what is remembered has the form of status.syncedPushSecrets, and comes back', () => {
  const status = encodeSynced(SYNCED)
  assert.deepEqual(JSON.parse(JSON.stringify(status)), {
    'SecretStore/v': {
      'db/user': {
        conversionStrategy: 'None',
        match: { secretKey: 'k', remoteRef: { remoteKey: 'db', property: 'user' } },
      },
    },
    'ClusterSecretStore/w': {
      all: {
        conversionStrategy: 'None',
        match: { remoteRef: { remoteKey: 'all' } },
        metadata: { apiVersion: 'x' },
      },
    },
  })
  assert.deepEqual(decodeSynced(status), SYNCED)
})

test('push memory: nonsense counts as never pushed', () => {
  for (const value of [undefined, null, 'x', [], { store: 'x' }]) {
    const entries = [...decodeSynced(value).values()].flatMap((map) => [...map])
    assert.deepEqual(entries, [])
  }
})

test('push memory: written once, read back, and forgotten when nothing is left', async (t) => {
  const { server, kube } = await startCluster(t)
  const home: PushHome = { kube, app: 'shop', namespace: 'shop', anchor: undefined }
  assert.deepEqual(await readMemory(home), new Map())
  const memory = new Map([['shop.ps', SYNCED]])
  await writeMemory(home, memory, 'waybill')
  const read = await readMemory(home)
  assert.ok(read !== undefined && sameMemory(read, memory))
  await writeMemory(home, new Map([['shop.ps', new Map()]]), 'waybill')
  assert.ok(sameMemory((await readMemory(home)) ?? memory, new Map()))
  server.fault({ times: 99, does: { reply: { status: 403, body: '{"kind":"Status"}' } } })
  assert.equal(await readMemory(home), undefined)
})
