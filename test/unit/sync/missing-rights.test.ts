import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dig, type JsonObject } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import {
  assertNamed,
  assertOthersGoOn,
  type Removal,
  RIGHTS,
  removalsOf,
  rolesOf,
  without,
} from './removed-rights.ts'
import type { Ran } from './story.ts'

// G-26: a run with the generated ServiceAccount, and again with each of its rights taken away, one at a time. What is
// missing is named, and whatever does not need it goes on.

function seedOthers({ server }: App): void {
  const metadata = { namespace: 'shop' }
  server.seed(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, name: 'sources' },
      data: { t: 'x: y' },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: 'merge' }, data: {} },
  )
}

/** A run of an app that had all rights once and lacks this one now, or never had it. */
async function runWithout(
  app: App,
  removal: Removal,
): Promise<{ readonly ran: Ran; readonly refused: boolean }> {
  const { out } = await app.render(RIGHTS)
  const role = rolesOf(out)[removal.role] as JsonObject
  const name = String(dig(role, 'metadata', 'name'))
  const namespace = String(dig(role, 'metadata', 'namespace'))
  app.server.remove('Role', namespace, name)
  app.server.seed(without(role, removal))
  app.server.calls.clear()
  const ran = await app.again({ afterMs: 3 * 3_600_000 })
  const refused = app.server.calls.all.some(
    // Nobody has the right to the administrator's policy, and that is no failure.
    ({ status, keys }) => status === 403 && !keys.some((key) => key.endsWith('/waybill-policy')),
  )
  app.server.remove('Role', namespace, name)
  app.server.seed(role)
  return { ran, refused }
}

const ORPHAN = { namespace: 'shop', name: 'orphan' }
const TARGETS = ['plain', 'templated', 'deleting']

test('G-26: each right of the generated Role, taken away: what is missing is named, and the others go on', async (t) => {
  const app = await startApp(t)
  seedOthers(app)
  const first = await app.sync(RIGHTS)
  assert.equal(first.code, 0, first.out)
  const all = removalsOf((await app.render(RIGHTS)).out)
  assert.ok(all.length >= 8, `${all.length} rights`)
  const needed = new Set<string>()
  for (const removal of all) {
    const story = `${removal.verb} ${removal.resources.join()} ${removal.names.join()}`
    // Every target has to be made anew, but for one that has a key of somebody else.
    for (const name of TARGETS) app.server.remove('Secret', 'shop', name)
    await app.kube.apply(
      { apiVersion: 'v1', kind: 'Secret', metadata: ORPHAN, data: { z: 'eg==' } },
      { fieldManager: 'human', isForced: true, isDryRun: false },
    )
    const { ran, refused } = await runWithout(app, removal)
    if (refused) needed.add(removal.verb)
    else assert.equal(ran.code, 0, `${story}: ${ran.out}`)
    await t.test(`without ${story}: ${refused ? 'refused' : 'not needed this time'}`, () => {
      if (!refused) return
      assertNamed(removal, ran)
      assertOthersGoOn(removal, ran)
    })
    const healed = await app.again({ afterMs: 3 * 3_600_000 })
    assert.equal(healed.code, 0, `${story}: ${healed.out}`)
  }
  assert.deepEqual([...needed].sort(), ['create', 'get', 'patch', 'update'])
})
