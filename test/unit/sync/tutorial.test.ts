import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { START_MS, startShop, versionOf } from './story.ts'

const MINUTE_MS = 60_000

test('the tutorial: created, then left alone until due, then rotated, with the calls of the plan', async (t) => {
  const shop = await startShop(t)
  const first = await shop.sync()
  assert.equal(first.code, 0, first.out + first.err)
  assert.equal(first.results[0]?.outcome, 'created')
  assert.equal(shop.value('API_TOKEN'), 'first-token')
  assert.equal(shop.value('DB_PASSWORD'), 'first-password')
  assert.equal(first.report.reads, 2)

  const version = versionOf(shop.secret())
  const before = shop.vault.calls.count() + shop.aws.calls.count()
  const second = await shop.syncAt(START_MS + MINUTE_MS)
  assert.equal(second.code, 0, second.out + second.err)
  assert.equal(second.results[0]?.outcome, 'skipped')
  assert.equal(shop.vault.calls.count() + shop.aws.calls.count(), before, 'nothing was read')
  assert.equal(versionOf(shop.secret()), version)

  const due = await shop.syncAt(START_MS + 16 * MINUTE_MS)
  assert.equal(due.results[0]?.outcome, 'unchanged', due.out + due.err)
  assert.equal(versionOf(shop.secret()), version, 'no write when nothing changed')

  shop.vault.put('secret', 'shop/api', { token: 'second-token' })
  const rotated = await shop.syncAt(START_MS + 32 * MINUTE_MS)
  assert.equal(rotated.results[0]?.outcome, 'updated')
  assert.deepEqual(rotated.results[0]?.keys, { added: [], changed: ['API_TOKEN'], removed: [] })
  assert.equal(shop.value('API_TOKEN'), 'second-token')
})

test('the Secret carries our marks and is owned by the anchor', async (t) => {
  const shop = await startShop(t)
  await shop.sync()
  const metadata = shop.secret()?.metadata as JsonObject
  const anchor = shop.kube.object('ConfigMap', 'shop', 'waybill-shop')
  assert.deepEqual({ ...(metadata.labels as JsonObject) }, { 'waybill.dev/managed': 'true' })
  assert.deepEqual({ ...(metadata.annotations as JsonObject) }, { 'waybill.dev/owner': 'shop' })
  const [owner] = metadata.ownerReferences as readonly JsonObject[]
  assert.equal(owner?.uid, dig(anchor, 'metadata', 'uid'))
  assert.equal(owner?.kind, 'ConfigMap')
})
