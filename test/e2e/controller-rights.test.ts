import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { dig, type JsonObject } from '../../src/model/json.ts'
import {
  installedObjects,
  type Right,
  rightsOf,
  rightWords,
} from '../unit/sync/controller/plugin-rights.ts'
import { type Audited, pause, type Replica, within } from './replicas.ts'
import {
  external,
  provocations,
  publishOne,
  type Row,
  setUp,
  store,
  synced,
} from './rights-rows.ts'
import { openRightsWorld, type RightsWorld } from './rights-world.ts'

// Real things needed: kube-apiserver with RBAC and an audit log. G-26: every right of plugin/controller is taken away, one
// at a time, and what needs it is provoked. What is refused is named in the log, the rest goes on, and all recovers when
// the right is back. A right that nothing is refused for is one too many: it has no row, and the first test fails.

let acts: RightsWorld
let looks: RightsWorld

before(async () => {
  acts = await openRightsWorld('rights-acts', ['shop', 'n1', 'n2'])
  looks = await openRightsWorld('rights-looks', ['shop'])
})

after(() => {
  acts?.close()
  looks?.close()
})

const LOOKS: ReadonlySet<string> = new Set(['list', 'watch'])
const ALL = rightsOf(installedObjects())

test('G-26: there is a row for each right of plugin/controller that is no list and no watch', () => {
  const acted = ALL.filter(({ verb }) => !LOOKS.has(verb)).map(rightWords)
  assert.deepEqual(
    provocations()
      .map(({ right }) => rightWords(right))
      .sort(),
    [...acted].sort(),
  )
})

/** What was refused for want of this right since then; an apply that creates is refused as a patch. */
function refusedSince(replica: Replica, row: Row, sinceMs: number): readonly Audited[] {
  const { verb, resource } = row.refusedAs ?? row.right
  return acts.replicas
    .audited(replica.credential)
    .filter((one) => one.atMs >= sinceMs && one.code === 403 && one.verb === verb)
    .filter((one) => resource === '*' || one.resource === resource)
}

/** The same is asked again, and no longer refused. */
function isDone(replica: Replica, refused: Audited, sinceMs: number): boolean {
  const isEvent = refused.resource === 'events'
  return acts.replicas
    .audited(replica.credential)
    .some(
      (one) =>
        one.atMs >= sinceMs &&
        (one.code < 300 || one.code === 404) &&
        one.verb === refused.verb &&
        one.resource === refused.resource &&
        (isEvent || refused.name === '' || one.name === refused.name),
    )
}

/** Somebody else edits a Secret, which is put right; or, where that cannot be, a store is looked at. */
async function goesOn({ right }: Row, at: string, replica: Replica): Promise<void> {
  if (!['secrets', 'secretstores'].includes(right.resource)) {
    await acts.apply(canary(at))
    const isRight = async (): Promise<boolean> => (await synced(acts.kube, 'canary')) === 'one'
    await within(40, isRight, () => `the canary is not put right: ${replica.log().slice(-1500)}`)
    return
  }
  await acts.apply(store(`alive-${at}`))
  const ref = { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', namespace: 'shop' }
  const isSeen = async (): Promise<boolean> => {
    const seen = await acts.kube.get({ ...ref, name: `alive-${at}` })
    return dig(seen, 'status', 'conditions') !== undefined
  }
  await within(40, isSeen, () => `no store is looked at any more: ${replica.log().slice(-1500)}`)
}

function canary(at: string): JsonObject {
  const data = { x: Buffer.from(`edited ${at}`).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'canary', namespace: 'shop' }, data }
}

/** One right: away, refused, named, the rest goes on, back. Answers what has to be done when it is. */
async function walk(row: Row, at: string, replica: Replica): Promise<() => boolean> {
  const { right } = row
  const { giveBack } = await acts.take(right)
  const sinceMs = Date.now()
  const logged = replica.log().length
  let refused: readonly Audited[] = []
  for (let tries = 0; refused.length === 0; tries++) {
    assert.ok(
      tries < 12,
      `${rightWords(right)} is needed for nothing: ${replica.log().slice(logged)}`,
    )
    await row.provoke(acts, `${at}-${tries}`)
    for (let waits = 0; waits < 30 && refused.length === 0; waits++) {
      await pause(100)
      refused = refusedSince(replica, row, sinceMs)
    }
  }
  const named =
    row.named ?? new RegExp(`may not ${right.verb} ${row.resource ?? right.resource}\\b`)
  await within(
    30,
    () => named.test(replica.log().slice(logged)),
    () => `${rightWords(right)} is not named: ${replica.log().slice(logged)}`,
  )
  await goesOn(row, at, replica)
  assert.equal(replica.child.exitCode, null, replica.log())
  await giveBack()
  const backMs = Date.now()
  const [first] = refused
  for (let tries = 0; row.isRare === true && first !== undefined; tries++) {
    if (isDone(replica, first, backMs)) break
    assert.ok(tries < 12, `${rightWords(right)} is not used again`)
    await row.provoke(acts, `${at}-${tries}`)
    await pause(500)
  }
  return () => first !== undefined && isDone(replica, first, backMs)
}

async function walkAll(): Promise<void> {
  await setUp(acts)
  const replica = await acts.replicas.start('acts', { argv: ['--leader-elect'] })
  await within(60, async () => (await synced(acts.kube, 'canary')) === 'one', replica.log)
  const healed: (readonly [string, () => boolean])[] = []
  for (const [index, row] of provocations().entries()) {
    healed.push([rightWords(row.right), await walk(row, `r${index}`, replica)])
  }
  const stuck = (): readonly string[] =>
    healed.filter(([, isWell]) => !isWell()).map(([words]) => words)
  await within(
    60,
    () => stuck().length === 0,
    () => `${stuck().join()}: ${replica.log()}`,
  )
  assert.equal(replica.child.exitCode, null)
}

const FOLLOWED: readonly Omit<Right, 'verb'>[] = ALL.filter(({ verb }) => verb === 'watch')

/** What this one alone keeps: an ExternalSecret whose store is of its class. */
async function keeps(name: string, resource: string, replica: Replica): Promise<void> {
  const account = accountOf(resource)
  const spec = { secretStoreRef: { kind: 'SecretStore', name: account } }
  if (resource === 'configmaps') await looks.apply(external(name, spec))
  else await publishOne(looks, account, name, spec)
  const isKept = async (): Promise<boolean> => (await synced(looks.kube, name)) === 'one'
  await within(60, isKept, () => `${name} is not kept: ${replica.log()}`)
}

const accountOf = (resource: string): string => `looks-${resource}`

/** A controller that starts without the right to list a kind, then has that one and may not watch it. */
async function look(kind: Omit<Right, 'verb'>): Promise<void> {
  const { resource } = kind
  const account = accountOf(resource)
  await looks.account(account, { ...kind, verb: 'list' })
  await looks.apply(store(account, undefined, account))
  const argv = [`--controller-class=${account}`]
  const replica = await looks.replicas.start(account, { account, argv })
  const told = (verb: string) => () => replica.log().includes(`may not ${verb} ${resource} in`)
  await within(60, told('list'), replica.log)
  await keeps(`${account}-1`, resource, replica)
  await looks.account(account, { ...kind, verb: 'watch' })
  await within(100, told('watch'), replica.log)
  await keeps(`${account}-2`, resource, replica)
  await looks.account(account)
  const backMs = Date.now()
  const isWatched = ({ verb, atMs, code, ...one }: Audited): boolean =>
    verb === 'watch' && one.resource === resource && atMs >= backMs && code === 200
  await within(
    100,
    () => looks.replicas.audited(replica.credential).some(isWatched),
    () => `${resource} are not watched again: ${replica.log()}`,
  )
  assert.equal(replica.child.exitCode, null, replica.log())
}

describe('side by side', { concurrency: true }, () => {
  test('G-26: each right to read and to write', walkAll)
  for (const kind of FOLLOWED) {
    test(`G-26: the rights to list and to watch ${kind.resource}`, () => look(kind))
  }
})
