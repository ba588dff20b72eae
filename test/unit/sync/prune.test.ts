import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, versionOf } from './story.ts'

// Secrets that have lost their ExternalSecret (R75 for a renamed target; security.md's guards for dropped entries).

const STORE = fakeStore({ a: 'one', b: 'two' })
const PRUNING = { generate: ['--orphans=delete'], sync: ['--prune'] }
const MINUTE_MS = 60_000

function many(names: readonly string[], target?: (name: string) => JsonObject): string {
  const one = (name: string): string =>
    externalSecret({ name, keys: { k: 'a' }, ...(target && { target: target(name) }) })
  return STORE + names.map(one).join('')
}

function secretNames({ server }: App): readonly string[] {
  return server
    .objects('Secret', 'shop')
    .map((object) => String(dig(object, 'metadata', 'name')))
    .sort()
}

test('a Secret whose ExternalSecret has left the bundle is told of, and stays', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'b']))
  for (const _ of [1, 2, 3]) {
    const { code, report } = await app.sync(many(['a']))
    assert.equal(code, 0)
    assert.match(
      report.notes.join(),
      /no ExternalSecret asks any more for b: render with --orphans/,
    )
  }
  assert.deepEqual(secretNames(app), ['a', 'b'])
})

test('--prune deletes it when it was missed twice, ten minutes apart', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'b']))
  const first = await app.sync(many(['a']), PRUNING)
  assert.deepEqual(first.report.notes, [])
  const early = await app.sync(many(['a']), { ...PRUNING, afterMs: 9 * MINUTE_MS })
  assert.deepEqual(early.report.notes, [])
  assert.deepEqual(secretNames(app), ['a', 'b'])
  const late = await app.sync(many(['a']), { ...PRUNING, afterMs: 2 * MINUTE_MS })
  assert.match(late.report.notes.join(), /Secret shop\/b was pruned/)
  assert.deepEqual(secretNames(app), ['a'])
  const told = app.server
    .objects('Event', 'shop')
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`)
  assert.deepEqual(told, [
    'Normal Deleted Secret/shop/b was pruned: no ExternalSecret asks for it any more',
  ])
  assert.deepEqual((await app.sync(many(['a']), PRUNING)).report.notes, [])
})

test('a bundle that was rendered so is pruned whoever syncs it', async (t) => {
  const app = await startApp(t)
  const generate = PRUNING.generate
  await app.sync(many(['a', 'b']), { generate })
  await app.sync(many(['a']), { generate })
  await app.sync(many(['a']), { generate, afterMs: 11 * MINUTE_MS })
  assert.deepEqual(secretNames(app), ['a'])
})

test('an ExternalSecret that comes back in between keeps its Secret', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'b']))
  const before = versionOf(app.server.object('Secret', 'shop', 'b'))
  await app.sync(many(['a']), PRUNING)
  await app.sync(many(['a', 'b']), PRUNING)
  await app.sync(many(['a', 'b']), PRUNING)
  assert.equal(versionOf(app.server.object('Secret', 'shop', 'b')), before)
})

test('a renamed target: the new Secret is there at once, the old one goes as any other', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'c']))
  const renamed = many(['a', 'c'], (name) => ({ name: name === 'a' ? 'other' : name }))
  await app.sync(renamed, PRUNING)
  assert.deepEqual(secretNames(app), ['a', 'c', 'other'])
  const { report } = await app.sync(renamed, PRUNING)
  assert.match(report.notes.join(), /Secret shop\/a was pruned/)
  assert.deepEqual(secretNames(app), ['c', 'other'])
})

test('more than a quarter at once is somebody’s mistake: nothing goes until it is confirmed', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'b', 'c', 'd', 'e']))
  await app.sync(many(['a', 'b', 'c']), PRUNING)
  const guarded = await app.sync(many(['a', 'b', 'c']), PRUNING)
  assert.match(guarded.report.notes.join(), /2 Secrets would be pruned at once/)
  assert.deepEqual(secretNames(app), ['a', 'b', 'c', 'd', 'e'])
  const dry = await app.sync(many(['a', 'b', 'c']), {
    ...PRUNING,
    sync: ['--prune', '--confirm-deletions', '--dry-run=client'],
  })
  assert.match(dry.report.notes.join(), /Secret shop\/d would be pruned/)
  assert.deepEqual(secretNames(app), ['a', 'b', 'c', 'd', 'e'])
  await app.sync(many(['a', 'b', 'c']), { ...PRUNING, sync: ['--prune', '--confirm-deletions'] })
  assert.deepEqual(secretNames(app), ['a', 'b', 'c'])
})

test('what another policy made, and what a human has taken over, is never pruned', async (t) => {
  const app = await startApp(t)
  const policy = (name: string): JsonObject =>
    name === 'kept' ? { creationPolicy: 'Orphan' } : { creationPolicy: 'Owner' }
  await app.sync(many(['a', 'kept', 'mine'], policy))
  const mine = app.server.object('Secret', 'shop', 'mine') as JsonObject
  const { ownerReferences: _, labels: __, ...metadata } = mine.metadata as JsonObject
  await app.kube.replace({ ...mine, metadata }, { fieldManager: 'human', isDryRun: false })
  for (const _ of [1, 2, 3]) await app.sync(many(['a'], policy), PRUNING)
  assert.deepEqual(secretNames(app), ['a', 'kept', 'mine'])
})

test('files that a human gives are no whole bundle: nothing counts as dropped, and the status stays', async (t) => {
  const app = await startApp(t)
  await app.sync(many(['a', 'b']))
  const status = (): JsonObject | undefined =>
    app.server.object('ConfigMap', 'shop', 'waybill-shop-status')
  const entries = Object.keys(dig(status(), 'data') as JsonObject).sort()
  await app.give(many(['a']), ['--force=a', '--prune'])
  assert.deepEqual(Object.keys(dig(status(), 'data') as JsonObject).sort(), entries)
  assert.deepEqual(secretNames(app), ['a', 'b'])
})

test('--confirm-deletions lets a deletionPolicy act on more than a quarter (R84)', async (t) => {
  const app = await startApp(t)
  const names = ['a', 'b', 'c', 'd', 'e']
  const policy = (): JsonObject => ({ deletionPolicy: 'Delete' })
  const gone = many(names, policy).replace('"key":"a","value":"one"', '"key":"z","value":"one"')
  await app.sync(many(names, policy))
  await app.sync(gone)
  const { code, results } = await app.sync(gone)
  assert.equal(code, 5)
  assert.match(results[0]?.condition.message ?? '', /5 of 5 Secrets would be deleted at once/)
  assert.deepEqual(secretNames(app), names)
  const confirmed = await app.sync(gone, { sync: ['--confirm-deletions'] })
  assert.equal(confirmed.code, 0)
  assert.deepEqual(secretNames(app), [])
})
