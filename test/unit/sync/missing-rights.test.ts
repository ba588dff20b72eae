import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import { dig, isArray, type JsonObject } from '../../../src/model/json.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, type Ran } from './story.ts'

// G-26: a run with the generated ServiceAccount, and again with each of its rights taken away, one at a time. What is
// missing is named, and whatever does not need it goes on.

/** Each policy, and a template's source: what the rights are derived from. */
const RIGHTS = [
  fakeStore({ a: 'one', b: 'two' }),
  externalSecret({ name: 'plain', keys: { k: 'a' } }),
  externalSecret({ name: 'orphan', keys: { k: 'a' }, target: { creationPolicy: 'Orphan' } }),
  externalSecret({ name: 'merge', keys: { k: 'b' }, target: { creationPolicy: 'Merge' } }),
  externalSecret({
    name: 'templated',
    keys: { k: 'b' },
    target: {
      template: {
        templateFrom: [{ configMap: { name: 'sources', items: [{ key: 't' }] } }],
      },
    },
  }),
  externalSecret({ name: 'deleting', keys: { k: 'a' }, target: { deletionPolicy: 'Delete' } }),
].join('')

interface Removal {
  readonly role: number
  readonly rule: number
  readonly verb: string
  readonly resources: readonly string[]
  readonly names: readonly string[]
}

function rolesOf(text: string): readonly JsonObject[] {
  return (loadAll(text) as readonly JsonObject[]).filter(({ kind }) => kind === 'Role')
}

const rulesOf = (role: JsonObject | undefined): readonly JsonObject[] =>
  (isArray(role?.rules) ? role.rules : []) as readonly JsonObject[]

function without(role: JsonObject, { rule, verb }: Removal): JsonObject {
  const rules = rulesOf(role).flatMap((one, at) => {
    if (at !== rule) return [one]
    const verbs = (one.verbs as readonly string[]).filter((other) => other !== verb)
    return verbs.length === 0 ? [] : [{ ...one, verbs }]
  })
  return { ...role, rules: [...rules] }
}

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

/** Every single right of the generated Roles. */
async function removals(app: App): Promise<readonly Removal[]> {
  const { out } = await app.render(RIGHTS)
  return rolesOf(out).flatMap((role, at) =>
    rulesOf(role).flatMap((rule, index) =>
      (rule.verbs as readonly string[]).map((verb) => ({
        role: at,
        rule: index,
        verb,
        resources: rule.resources as readonly string[],
        names: (rule.resourceNames ?? []) as readonly string[],
      })),
    ),
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

/** What a run says that was refused something: the verb, the object, and who lacks the right. */
function assertNamed({ verb, resources }: Removal, ran: Ran): void {
  const told = [ran.err, ran.out].join('\n')
  // A denied apply that creates is denied as a patch or as a create.
  const verbs = verb === 'create' || verb === 'patch' ? '(create|patch|apply)' : verb
  assert.match(told, new RegExp(verbs), told)
  assert.match(told, new RegExp(resources[0]?.replace(/s$/, '') ?? '', 'i'), told)
  assert.match(told, /waybill-shop/, 'who lacks it')
}

/** A right that one Secret needs stops no other. */
function assertOthersGoOn({ resources, names }: Removal, { results }: Ran): void {
  if (!resources.includes('secrets')) return
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  for (const { target } of failed) {
    assert.ok(
      names.some((name) => target === `shop/${name}`),
      `${target} failed as well`,
    )
  }
  assert.ok(failed.length < results.length, 'all failed')
}

test('G-26: each right of the generated Role, taken away: what is missing is named, and the others go on', async (t) => {
  const app = await startApp(t)
  seedOthers(app)
  const first = await app.sync(RIGHTS)
  assert.equal(first.code, 0, first.out)
  const all = await removals(app)
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
