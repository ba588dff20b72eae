import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  bundleName,
  shardName,
  statusName,
  storeConfigMapName,
} from '../../../src/handoff/names.ts'

const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

const rows: readonly { readonly story: string; readonly app: string; readonly name: RegExp }[] = [
  { story: 'an ordinary app', app: 'shop-api', name: /^waybill-shop-api$/ },
  { story: 'an app in any namespace', app: 'team_api', name: /^waybill-team-api-[0-9a-f]{8}$/ },
  { story: 'capitals', app: 'Shop', name: /^waybill-shop-[0-9a-f]{8}$/ },
  { story: 'the name of a shard', app: 'shop-0', name: /^waybill-shop-0-[0-9a-f]{8}$/ },
  { story: 'the name of a status', app: 'x-status', name: /^waybill-x-status-[0-9a-f]{8}$/ },
  { story: 'the name of what was pushed', app: 'x-pushed', name: /^waybill-x-pushed-[0-9a-f]{8}$/ },
  { story: 'the name of a store', app: 'store-x', name: /^waybill-store-x-[0-9a-f]{8}$/ },
  { story: 'nothing usable', app: '___', name: /^waybill-[0-9a-f]{8}$/ },
  { story: 'a long one', app: 'a'.repeat(60), name: /^waybill-a{35}-[0-9a-f]{8}$/ },
]
for (const { story, app, name } of rows) {
  test(`the bundle of ${story} has a name that Kubernetes takes`, () => {
    assert.match(bundleName(app), name)
  })
}

test('every app gets names that fit a CronJob, and a label', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (app) => {
      assert.match(bundleName(app), DNS_NAME)
      assert.ok(bundleName(app).length <= 52)
      assert.match(shardName(app, 63), DNS_NAME)
      assert.match(statusName(app), DNS_NAME)
      assert.match(storeConfigMapName('ClusterSecretStore', app), DNS_NAME)
    }),
    { numRuns: 500 },
  )
})

test('no app takes the name of what belongs to another', () => {
  const apps = ['x', 'x-0', 'x-1', 'x-status', 'store-x', 'clusterstore-x', 'X', 'x_0', 'x.']
  const names = apps.flatMap((app) => [
    bundleName(app),
    shardName(app, 0),
    shardName(app, 1),
    statusName(app),
  ])
  const stores = [
    storeConfigMapName('SecretStore', 'x'),
    storeConfigMapName('ClusterSecretStore', 'x'),
  ]
  assert.equal(new Set([...names, ...stores]).size, names.length + stores.length)
})
