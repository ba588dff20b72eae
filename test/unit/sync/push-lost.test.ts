import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DATA, type Pushing, pushesOf, pushSecret, secret, seeded } from './pushed.ts'

// Sources that vanish: what was pushed of them is taken back, but never more than a quarter of everything at once. What the
// author drops from a manifest goes at once.

const DELETE = { deletionPolicy: 'Delete' }
const APP = ['--app', 'shop'] as const
const NAMES = ['a', 'b', 'c', 'd']

/** A PushSecret for each of the Secrets, to a remote key of the same name. */
function pushesFrom(names: readonly string[]): string {
  return names
    .map((name) =>
      pushSecret(
        {
          ...DELETE,
          selector: { secret: { name } },
          data: [{ match: { secretKey: 'k', remoteRef: { remoteKey: name, property: 'k' } } }],
        },
        name,
      ),
    )
    .join('')
}

async function pushed(t: TestContext, names: readonly string[]): Promise<Pushing> {
  const pushing = await seeded(t)
  for (const name of names) pushing.kube.seed(secret(name, { k: `canary-${name}` }))
  const first = await pushing.sync(pushesFrom(names), ...APP)
  assert.equal(first.code, 0, first.err)
  return pushing
}

test('push, lost: all sources vanish at once: nothing is taken back, every PushSecret says why, and the next run asks again', async (t) => {
  const { sync, kube, peek } = await pushed(t, NAMES)
  for (const name of NAMES) kube.remove('Secret', 'shop', name)
  for (let run = 0; run < 2; run++) {
    const ran = await sync(pushesFrom(NAMES), ...APP)
    assert.equal(ran.code, 5)
    for (const { errors } of pushesOf(ran)) {
      assert.deepEqual(
        errors.map(({ code, field }) => [code, field]),
        [['TooManyDeletions', 'spec.selector.secret.name']],
      )
      assert.match(errors[0]?.message ?? '', /4 of 4 remote keys .*--confirm-deletions/)
    }
    for (const name of NAMES) assert.deepEqual(peek(name), { k: `canary-${name}` })
  }
})

test('push, lost: --confirm-deletions takes all of it back', async (t) => {
  const { sync, kube, peek } = await pushed(t, NAMES)
  for (const name of NAMES) kube.remove('Secret', 'shop', name)
  const ran = await sync(pushesFrom(NAMES), ...APP, '--confirm-deletions')
  assert.deepEqual(
    pushesOf(ran).map(({ condition }) => condition.reason),
    NAMES.map(() => 'SourceDeleted'),
  )
  for (const name of NAMES) assert.equal(peek(name), undefined)
})

test('push, lost: a quarter goes, as deletionPolicy Delete says', async (t) => {
  const { sync, kube, peek } = await pushed(t, NAMES)
  kube.remove('Secret', 'shop', 'b')
  await sync(pushesFrom(NAMES), ...APP)
  assert.equal(peek('b'), undefined)
  assert.notEqual(peek('a'), undefined)
})

test('push, lost: a dry run says so too', async (t) => {
  const { sync, kube } = await pushed(t, NAMES)
  for (const name of NAMES) kube.remove('Secret', 'shop', name)
  const ran = await sync(pushesFrom(NAMES), ...APP, '--dry-run=client')
  assert.ok(pushesOf(ran).every(({ errors }) => errors[0]?.code === 'TooManyDeletions'))
})

test('push, lost: PushSecrets that this run was not given count as there', async (t) => {
  const { sync, kube, peek } = await pushed(t, NAMES)
  kube.remove('Secret', 'shop', 'a')
  const ran = await sync(pushesFrom(['a']), ...APP)
  assert.equal(pushesOf(ran)[0]?.condition.reason, 'SourceDeleted')
  assert.equal(peek('a'), undefined)
})

const SELECTED = {
  ...DELETE,
  selector: { secret: { selector: { matchLabels: { push: 'yes' } } } },
}

/** One entry each for the keys of whatever Secret has the label. */
function selecting(keys: readonly string[]): string {
  const data = keys.map((key) => ({
    match: { secretKey: key, remoteRef: { remoteKey: key, property: 'k' } },
  }))
  return pushSecret({ ...SELECTED, data })
}

test('push, lost: a selector that suddenly selects nothing takes nothing back', async (t) => {
  const { sync, kube, peek } = await seeded(t)
  const data = { one: 'canary-1', two: 'canary-2' }
  kube.seed(secret('labelled', data, { push: 'yes' }))
  assert.equal((await sync(selecting(['one', 'two']), ...APP)).code, 0)
  kube.remove('Secret', 'shop', 'labelled')
  kube.seed(secret('labelled', data, { push: 'no' }))
  const ran = await sync(selecting(['one', 'two']), ...APP)
  assert.equal(ran.code, 5)
  assert.deepEqual(
    pushesOf(ran)[0]?.errors.map(({ code, field }) => [code, field]),
    [['TooManyDeletions', 'spec.selector']],
  )
  assert.deepEqual([peek('one'), peek('two')], [{ k: 'canary-1' }, { k: 'canary-2' }])
  const confirmed = await sync(selecting(['one', 'two']), ...APP, '--confirm-deletions')
  assert.equal(confirmed.code, 0, confirmed.out)
  assert.deepEqual([peek('one'), peek('two')], [undefined, undefined])
})

test('push, lost: keys that leave the source under dataTo are held up as well, and what is there is pushed', async (t) => {
  const keys = { k1: 'canary-1', k2: 'canary-2', k3: 'canary-3' }
  const rewrite = [{ regexp: { source: '^k', target: 'remote-' } }]
  const spread = pushSecret({
    ...DELETE,
    secretStoreRefs: [{ name: 'v' }],
    dataTo: [{ storeRef: { name: 'v' }, match: { regexp: '^k' }, rewrite }],
  })
  const { sync, kube, peek } = await seeded(t, objectsOf(keys))
  assert.equal((await sync(spread, ...APP)).code, 0)
  kube.remove('Secret', 'shop', 'source')
  kube.seed(secret('source', { k1: '{"v":"canary-new"}' }))
  const ran = await sync(spread, ...APP)
  assert.equal(pushesOf(ran)[0]?.errors[0]?.code, 'TooManyDeletions')
  assert.deepEqual(peek('remote-1'), { v: 'canary-new' })
  assert.deepEqual([peek('remote-2'), peek('remote-3')], [{ v: 'canary-2' }, { v: 'canary-3' }])
})

/** Vault keeps maps: a value without a property has to be one. */
function objectsOf(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, v]) => [key, JSON.stringify({ v })]))
}

test('push, lost: what the author drops goes at once, however much it is', async (t) => {
  const { sync, peek } = await seeded(t)
  const entries = DATA.map(({ match }, at) => ({
    match: { ...match, remoteRef: { remoteKey: `r${at}`, property: 'p' } },
  }))
  await sync(pushSecret({ ...DELETE, data: entries }), ...APP)
  assert.notEqual(peek('r0'), undefined)
  const ran = await sync(pushSecret({ ...DELETE, data: [] }), ...APP)
  assert.equal(ran.code, 0, ran.err)
  assert.deepEqual([peek('r0'), peek('r1')], [undefined, undefined])
})

test('push, lost: sources that cannot be read take nothing back', async (t) => {
  const { sync, kube, peek } = await pushed(t, ['a'])
  kube.fault({
    call: 'get secrets',
    times: 9,
    does: { reply: { status: 500, body: '{"kind":"Status"}' } },
  })
  const ran = await sync(pushesFrom(['a']), ...APP)
  assert.notEqual(ran.code, 0)
  assert.deepEqual(peek('a'), { k: 'canary-a' })
})
