import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import { document, externalSecret, fakeStore, type Ran } from './story.ts'

// The anchor of an app is made anew while nothing can be read: its Secrets get the new owner all the same, and nothing else
// of them changes, so that the collector leaves them alone.

const STORE = fakeStore({ a: 'canary-one', b: 'canary-two' })
const KEYS = { k: 'a', l: 'b' }

/** A store of the same name that cannot be read. */
const BROKEN = document({
  apiVersion: 'external-secrets.io/v1',
  kind: 'SecretStore',
  metadata: { name: 'st', namespace: 'shop' },
  spec: { provider: { fake: { validationResult: 2, data: [{ key: 'a', value: 'x' }] } } },
})

async function synced(t: TestContext, target: JsonObject = {}): Promise<App> {
  const app = await startApp(t)
  const first = await app.sync(STORE + externalSecret({ name: 'api', keys: KEYS, target }))
  assert.equal(first.code, 0, first.err)
  return app
}

function anchorUid({ server }: App): unknown {
  return dig(server.object('ConfigMap', 'shop', 'waybill-shop'), 'metadata', 'uid')
}

function owners({ server }: App): unknown {
  const references = dig(server.object('Secret', 'shop', 'api'), 'metadata', 'ownerReferences')
  return (references as readonly JsonObject[]).map(({ uid }) => uid)
}

/** As `kubectl delete` and Argo CD's next sync do it, with the store broken by the same sync. */
async function madeAnew(app: App, manifests: string, more: readonly string[] = []): Promise<Ran> {
  const before = anchorUid(app)
  app.server.remove('ConfigMap', 'shop', 'waybill-shop')
  const ran = await app.sync(manifests, { sync: more })
  assert.notEqual(anchorUid(app), before)
  return ran
}

function parts({ server }: App): unknown {
  const { metadata, ...rest } = server.object('Secret', 'shop', 'api') ?? {}
  const {
    ownerReferences: _,
    resourceVersion: __,
    managedFields: ___,
    ...kept
  } = metadata as JsonObject
  return JSON.parse(JSON.stringify({ ...rest, metadata: kept }))
}

test('restamp: the store is down: the run fails, the Secret has the new owner and is otherwise as it was', async (t) => {
  const app = await synced(t)
  const before = parts(app)
  const ran = await madeAnew(app, BROKEN + externalSecret({ name: 'api', keys: KEYS }))
  assert.equal(ran.code, 5)
  const [result] = ran.results
  assert.deepEqual([result?.outcome, result?.restamped], ['failed', true])
  assert.match(ran.err, /1 failed, 1 given to the new owner/)
  assert.deepEqual(owners(app), [anchorUid(app)])
  assert.deepEqual(parts(app), before)
  assert.deepEqual(app.server.collectGarbage(), [])
  assert.doesNotMatch(ran.out + ran.err, /canary/)
})

test('restamp: it happens once, and the next good read takes over as ever', async (t) => {
  const app = await synced(t)
  await madeAnew(app, BROKEN + externalSecret({ name: 'api', keys: KEYS }))
  const version = dig(app.server.object('Secret', 'shop', 'api'), 'metadata', 'resourceVersion')
  const again = await app.again()
  assert.equal(again.report.notes.length, 0, again.out)
  assert.equal(
    dig(app.server.object('Secret', 'shop', 'api'), 'metadata', 'resourceVersion'),
    version,
  )
  const healed = await app.sync(STORE + externalSecret({ name: 'api', keys: { k: 'b' } }))
  assert.equal(healed.results[0]?.outcome, 'updated')
  assert.deepEqual(healed.results[0]?.keys, { added: [], changed: ['k'], removed: ['l'] })
  assert.deepEqual(owners(app), [anchorUid(app)])
})

test('restamp: what is retained is not left to the collector either', async (t) => {
  const app = await synced(t, { deletionPolicy: 'Retain' })
  const gone = fakeStore({ other: 'x' })
  const target = { deletionPolicy: 'Retain' }
  const ran = await madeAnew(app, gone + externalSecret({ name: 'api', keys: KEYS, target }))
  const [result] = ran.results
  assert.equal(result?.restamped, true, ran.out)
  assert.deepEqual(owners(app), [anchorUid(app)])
  assert.deepEqual(app.server.collectGarbage(), [])
})

for (const dryRun of ['client', 'server']) {
  test(`restamp: --dry-run=${dryRun} tells, and leaves the owner`, async (t) => {
    const app = await synced(t)
    const before = owners(app)
    const manifests = BROKEN + externalSecret({ name: 'api', keys: KEYS })
    const ran = await madeAnew(app, manifests, [`--dry-run=${dryRun}`])
    assert.match(ran.err, /1 given to the new owner/)
    assert.deepEqual(owners(app), before)
  })
}

test('restamp: a Secret that somebody else edits at the same time is looked at again', async (t) => {
  const app = await synced(t)
  app.server.fault({
    call: 'put secrets',
    times: 1,
    does: {
      reply: {
        status: 409,
        body: '{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409,"message":"x"}',
      },
    },
  })
  await madeAnew(app, BROKEN + externalSecret({ name: 'api', keys: KEYS }))
  assert.deepEqual(owners(app), [anchorUid(app)])
})
