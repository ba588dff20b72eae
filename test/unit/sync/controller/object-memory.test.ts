import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeExternalSecret } from '../../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../../src/model/json.ts'
import { specHash } from '../../../../src/plan/schedule.ts'
import { syncedVersionOf } from '../../../../src/plan/synced-version.ts'
import { memoryOfStatus } from '../../../../src/sync/controller/object-memory.ts'
import {
  createWatchedSecrets,
  shapeSecret,
} from '../../../../src/sync/controller/watched-secrets.ts'

const AT = '2030-01-01T12:00:00Z'
const metadata: JsonObject = { name: 'api', namespace: 'shop', generation: 2 }
const bare = { metadata, spec: { refreshInterval: '1h' } }
const ready = (status: string, reason: string): JsonObject => ({ type: 'Ready', status, reason })
const synced = {
  refreshTime: AT,
  syncedResourceVersion: syncedVersionOf(bare),
  conditions: [ready('True', 'SecretSynced')],
}

function memory(status: JsonObject, managers: readonly string[] = ['waybill']) {
  const externalSecret = decodeExternalSecret({ ...bare, status })
  const secrets = createWatchedSecrets()
  secrets.put(shapeSecret(secret(managers), 'waybill'), false)
  return memoryOfStatus(externalSecret, secrets.get('shop/api'))
}

function secret(managers: readonly string[], ownerUid = 'u1'): JsonObject {
  const owner = { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name: 'api' }
  const managedFields = managers.map((manager) => ({
    manager,
    fieldsV1: { 'f:data': { 'f:x': {} } },
  }))
  const labeller = { manager: 'argocd', fieldsV1: { 'f:metadata': { 'f:labels': {} } } }
  return {
    metadata: {
      ...{ name: 'api', namespace: 'shop', uid: 's', resourceVersion: '7' },
      managedFields: [...managedFields, labeller],
      ownerReferences: [{ ...owner, uid: ownerUid, controller: true }],
    },
  }
}

test('what was never synced is not remembered', () => {
  assert.equal(memory({}), undefined)
  assert.equal(memory({ refreshTime: AT }), undefined)
  assert.equal(memory({ ...synced, refreshTime: 'nonsense' }), undefined)
})

test('what was synced is remembered, with the time of the next refresh', () => {
  const entry = memory(synced)
  assert.equal(entry?.lastSync, AT)
  assert.equal(entry?.nextRefresh, '2030-01-01T13:00:00.000Z')
  assert.equal(entry?.specHash, specHash(decodeExternalSecret(bare)))
  assert.equal(entry?.outcome, 'unchanged')
})

test('another version than was synced, or a failure, makes it due', () => {
  assert.equal(memory({ ...synced, syncedResourceVersion: '1-x' })?.specHash, '')
  const failed = { ...synced, conditions: [ready('False', 'SecretSyncedError')] }
  assert.equal(memory(failed)?.outcome, 'failed')
})

const holders: readonly (readonly [string, readonly string[], string])[] = [
  ['all of the data is ours', ['waybill'], '7'],
  ['each of those that merge is ours', ['waybill/api', 'waybill/other'], '7'],
  ['somebody edited a key', ['waybill', 'kubectl-edit'], 'unknown'],
  ['a name that only begins like ours', ['waybill-next'], 'unknown'],
  ['nobody holds any', [], 'unknown'],
]

for (const [story, managers, version] of holders) {
  test(`the Secret, ${story}: it counts as ${version === '7' ? 'left' : 'edited'}`, () => {
    assert.equal(memory(synced, managers)?.secretVersion, version)
  })
}

test('a Secret that was deleted by policy is not missing', () => {
  const deleted = { ...synced, conditions: [ready('True', 'SecretDeleted')] }
  assert.equal(memory(deleted)?.secretVersion, '')
})

test('the Secrets of an ExternalSecret follow its uid, and are forgotten when they go', () => {
  const secrets = createWatchedSecrets()
  secrets.put(shapeSecret(secret(['waybill']), 'waybill'), false)
  assert.deepEqual(
    secrets.ownedBy('u1').map(({ name }) => name),
    ['api'],
  )
  secrets.put(shapeSecret(secret(['waybill'], 'u2'), 'waybill'), false)
  assert.deepEqual(secrets.ownedBy('u1'), [])
  secrets.put(shapeSecret(secret(['waybill'], 'u2'), 'waybill'), true)
  assert.deepEqual(secrets.ownedBy('u2'), [])
  assert.equal(secrets.get('shop/api'), undefined)
})
