import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { DATA, only, pushSecret, secret, seeded, store } from './pushed.ts'
import { document } from './story.ts'

// `waybill sync -f` with PushSecrets, from standard input to a Vault on loopback.

test('push: keys of a Secret become properties at the provider, once', async (t) => {
  const { sync, peek } = await seeded(t)
  const first = await sync(pushSecret({ data: DATA }))
  assert.equal(first.code, 0, first.err)
  assert.deepEqual(peek('db'), { username: 'canary-user', password: 'canary-pw' })
  const { outcome, condition, changes } = only(first)
  assert.equal(outcome, 'pushed')
  assert.deepEqual(condition, {
    type: 'Ready',
    status: 'True',
    reason: 'Synced',
    message: 'PushSecret synced successfully',
  })
  assert.deepEqual(changes, [
    {
      store: 'SecretStore/v',
      remoteKey: 'db',
      properties: ['username', 'password'],
      action: 'created',
    },
  ])
  const second = await sync(pushSecret({ data: DATA }))
  assert.equal(only(second).outcome, 'unchanged')
  assert.doesNotMatch(first.out + first.err + second.out, /canary/)
})

for (const dryRun of ['client', 'server']) {
  test(`push: --dry-run=${dryRun} tells what would be pushed, by name, and pushes nothing`, async (t) => {
    const { sync, peek } = await seeded(t)
    const ran = await sync(pushSecret({ data: DATA }), `--dry-run=${dryRun}`, '-o', 'text')
    assert.equal(ran.code, 0)
    assert.match(ran.out, /^PUSHSECRET +OUTCOME +READY +REASON +MESSAGE$/m)
    assert.match(ran.out, /created SecretStore\/v db \(username, password\)/)
    assert.match(ran.err, /1 pushed \(dry run: /)
    assert.equal(peek('db'), undefined)
    assert.doesNotMatch(ran.out + ran.err, /canary/)
  })
}

test('push: an app remembers what it has pushed, and takes back what is no longer wanted', async (t) => {
  const { sync, peek, kube } = await seeded(t)
  const both = { data: DATA, deletionPolicy: 'Delete' }
  await sync(pushSecret(both), '--app', 'shop')
  const memory = kube.object('ConfigMap', 'shop', 'waybill-shop-pushed')?.data as JsonObject
  assert.deepEqual(Object.keys(memory), ['shop.ps'])
  assert.doesNotMatch(JSON.stringify(memory), /canary/)
  const less = await sync(pushSecret({ ...both, data: DATA.slice(0, 1) }), '--app', 'shop')
  assert.equal(less.code, 0, less.err)
  assert.deepEqual(peek('db'), { username: 'canary-user' })
  const none = await sync(pushSecret({ ...both, data: [] }), '--app', 'shop')
  assert.equal(only(none).outcome, 'pushed')
  assert.equal(peek('db'), undefined)
})

test('push: a source that is gone takes along what was pushed of it, if that is the policy', async (t) => {
  const { sync, peek, kube } = await seeded(t)
  const spec = { data: DATA, deletionPolicy: 'Delete' }
  await sync(pushSecret(spec), '--app', 'shop')
  kube.remove('Secret', 'shop', 'source')
  const kept = await sync(pushSecret({ ...spec, deletionPolicy: 'None' }), '--app', 'shop')
  assert.equal(kept.code, 5)
  assert.equal(only(kept).errors[0]?.code, 'SecretNotFound')
  assert.notEqual(peek('db'), undefined)
  const gone = only(await sync(pushSecret(spec), '--app', 'shop'))
  assert.deepEqual([gone.condition.status, gone.condition.reason], ['False', 'SourceDeleted'])
  assert.equal(peek('db'), undefined)
})

test('push: without an app nothing is taken back, and a note says so', async (t) => {
  const { sync, peek } = await seeded(t)
  await sync(pushSecret({ data: DATA, deletionPolicy: 'Delete' }))
  const ran = await sync(pushSecret({ data: [], deletionPolicy: 'Delete' }))
  assert.match(ran.err, /without --app no run remembers what was pushed/)
  assert.notEqual(peek('db'), undefined)
})

test('push: what somebody else keeps there is refused, and the rest is pushed', async (t) => {
  const { sync, peek, vault } = await seeded(t)
  vault.put('kv', 'db', { username: 'theirs' })
  const other = { match: { secretKey: 'user', remoteRef: { remoteKey: 'mine', property: 'u' } } }
  const ran = await sync(pushSecret({ data: [...DATA, other] }))
  assert.equal(ran.code, 5)
  const { errors, outcome } = only(ran)
  assert.equal(outcome, 'failed')
  assert.deepEqual(
    errors.map(({ code, field }) => [code, field]),
    [
      ['NotManaged', 'spec.data[0]'],
      ['NotManaged', 'spec.data[1]'],
    ],
  )
  assert.deepEqual(peek('db'), { username: 'theirs' })
  assert.deepEqual(peek('mine'), { u: 'canary-user' })
})

test('push: dataTo spreads over matching keys, renamed; data wins for its key', async (t) => {
  const { sync, vault } = await seeded(t, {
    'db-host': '{"h":1}',
    'db-port': '{"p":2}',
    other: 'x',
  })
  const storeRef = { name: 'v' }
  const ran = await sync(
    pushSecret({
      dataTo: [
        {
          storeRef,
          match: { regexp: '^db-' },
          rewrite: [
            { regexp: { source: '^db-', target: 'app/' } },
            { transform: { template: '{{ .value | upper }}' } },
          ],
        },
        { storeRef, remoteKey: 'bundle', match: { regexp: '^(user|password)$' } },
      ],
      data: [{ match: { secretKey: 'db-port', remoteRef: { remoteKey: 'port' } } }],
    }),
  )
  assert.equal(ran.code, 0, ran.out)
  const held = ['APP/HOST', 'port', 'bundle'].map(
    (path) => vault.find('kv', path)?.versions[0]?.text,
  )
  assert.deepEqual(held, ['{"h":1}', '{"p":2}', '{"password":"canary-pw","user":"canary-user"}'])
  assert.equal(vault.find('kv', 'APP/PORT'), undefined)
})

test('push: a template makes what is pushed, and leaves the Secret alone', async (t) => {
  const { sync, peek, data } = await seeded(t)
  const ran = await sync(
    pushSecret({
      template: { data: { dsn: '{{ .user }}:{{ .password }}@db' } },
      data: [{ match: { secretKey: 'dsn', remoteRef: { remoteKey: 'db', property: 'dsn' } } }],
    }),
  )
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(peek('db'), { dsn: 'canary-user:canary-pw@db' })
  assert.deepEqual(Object.keys(data('source')).sort(), ['password', 'user'])
})

test('push: Secrets by label; two for one place are an error that names both', async (t) => {
  const { sync, peek, kube } = await seeded(t)
  for (const name of ['a', 'b']) kube.seed(secret(name, { [name]: 'v', k: '1' }, { push: 'yes' }))
  const selector = { secret: { selector: { matchLabels: { push: 'yes' } } } }
  const storeRef = { name: 'v' }
  const spread = await sync(
    pushSecret({ selector, dataTo: [{ storeRef, match: { regexp: '^[ab]$' }, remoteKey: 'x' }] }),
  )
  assert.match(only(spread).errors[0]?.message ?? '', /Secret shop\/a .* and Secret shop\/b .* x$/)
  assert.equal(peek('x'), undefined)
  const empty = await sync(pushSecret({ selector: { secret: { selector: {} } }, data: DATA }))
  assert.match(only(empty).errors[0]?.message ?? '', /selector is empty/)
})

test('push: a generator is a source, and IfNotExists keeps what it has made', async (t) => {
  const { sync, peek } = await seeded(t)
  const generator = document({
    apiVersion: 'generators.external-secrets.io/v1alpha1',
    kind: 'Password',
    metadata: { name: 'pw', namespace: 'shop' },
    spec: { length: 20 },
  })
  const spec = {
    updatePolicy: 'IfNotExists',
    selector: { generatorRef: { kind: 'Password', name: 'pw' } },
    data: [{ match: { secretKey: 'password', remoteRef: { remoteKey: 'db', property: 'p' } } }],
  }
  const first = await sync(generator + pushSecret(spec))
  assert.equal(first.code, 0, first.out)
  const made = peek('db')
  const second = only(await sync(generator + pushSecret(spec)))
  assert.deepEqual([second.outcome, second.changes[0]?.action], ['unchanged', 'skipped'])
  assert.match(second.condition.message, /Existing secrets in providers unchanged/)
  assert.deepEqual(peek('db'), made)
})

test('push: stores by label, each by itself', async (t) => {
  const { sync, vault } = await seeded(t)
  const more = store(vault, 'w', { tier: 'push' })
  const spec = {
    secretStoreRefs: [{ labelSelector: { matchLabels: { tier: 'push' } } }, { name: 'absent' }],
    data: DATA,
  }
  const { changes, errors, outcome } = only(await sync(more + pushSecret(spec)))
  assert.deepEqual(
    changes.map((change) => change.store),
    ['SecretStore/w'],
  )
  assert.deepEqual(
    [outcome, errors.map(({ code, field }) => [code, field])],
    ['failed', [['StoreNotFound', 'spec.secretStoreRefs[1]']]],
  )
})

test('push: what the API server would refuse is not tried', async (t) => {
  const { sync, vault } = await seeded(t)
  vault.calls.clear()
  const ran = await sync(pushSecret({ updatePolicy: 'Sometimes', data: DATA }))
  assert.deepEqual([ran.code, only(ran).errors[0]?.code], [5, 'InvalidSpec'])
  assert.equal(vault.calls.count(), 0)
})

test('push: an ExternalSecret of the same run can be the source', async (t) => {
  const { sync, peek, vault } = await seeded(t)
  vault.put('kv', 'origin', { a: 'canary-a' })
  const externalSecret = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'fresh', namespace: 'shop' },
    spec: {
      secretStoreRef: { name: 'v', kind: 'SecretStore' },
      target: { creationPolicy: 'Orphan' },
      data: [{ secretKey: 'a', remoteRef: { key: 'origin', property: 'a' } }],
    },
  })
  const selector = { secret: { name: 'fresh' } }
  const data = [{ match: { secretKey: 'a', remoteRef: { remoteKey: 'copy', property: 'a' } } }]
  const ran = await sync(externalSecret + pushSecret({ selector, data }))
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(peek('copy'), { a: 'canary-a' })
})

test('push: a version that somebody else has written meanwhile is read again', async (t) => {
  const { sync, peek, vault } = await seeded(t)
  const body = '{"errors":["check-and-set parameter did not match the current version"]}'
  await sync(pushSecret({ data: DATA.slice(0, 1) }))
  vault.fault({ call: 'vault:write', times: 1, does: { reply: { status: 400, body } } })
  const ran = await sync(pushSecret({ data: DATA }))
  assert.equal(ran.code, 0, ran.out)
  assert.deepEqual(peek('db'), { username: 'canary-user', password: 'canary-pw' })
})

test('push: the policy of the administrator holds for what is written, too', async (t) => {
  const { sync, folder, vault } = await seeded(t)
  const policy = join(folder, 'policy.yaml')
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: 'waybill.dev/v1',
      kind: 'StorePolicy',
      namespaces: [{ names: ['shop'], keys: ['kv/shop/'] }],
    }),
  )
  const ran = await sync(pushSecret({ data: DATA }), '--store-policy', policy)
  assert.equal(ran.code, 5, ran.err)
  assert.match(only(ran).errors[0]?.message ?? '', /policy/)
  assert.equal(vault.find('kv', 'db'), undefined)
})

test('push: a cluster store that serves other namespaces is none', async (t) => {
  const { sync, vault } = await seeded(t)
  const foreign = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterSecretStore',
    metadata: { name: 'c' },
    spec: {
      conditions: [{ namespaces: ['elsewhere'] }],
      provider: {
        vault: {
          server: vault.url,
          path: 'kv',
          auth: { tokenSecretRef: { name: 'vault-token', namespace: 'shop', key: 'token' } },
        },
      },
    },
  })
  const secretStoreRefs = [{ name: 'c', kind: 'ClusterSecretStore' }]
  const ran = await sync(foreign + pushSecret({ secretStoreRefs, data: DATA }))
  assert.equal(ran.code, 5)
  assert.equal(vault.find('kv', 'db'), undefined)
})

test('push: a store of another controller is left to it', async (t) => {
  const { sync } = await seeded(t)
  const foreign = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'theirs', namespace: 'shop' },
    spec: { controller: 'eso', provider: { fake: { data: [] } } },
  })
  const spec = { secretStoreRefs: [{ name: 'theirs' }], data: DATA }
  const { outcome, condition } = only(await sync(foreign + pushSecret(spec)))
  assert.deepEqual(
    [outcome, condition.message],
    ['skipped', 'its stores belong to another controller class'],
  )
})

test('push: a store that only reads is named as such', async (t) => {
  const { sync } = await seeded(t)
  const webhook = document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata: { name: 'hook', namespace: 'shop' },
    spec: { provider: { webhook: { url: 'https://hook.example', result: { jsonPath: '$' } } } },
  })
  const ran = await sync(webhook + pushSecret({ secretStoreRefs: [{ name: 'hook' }], data: DATA }))
  const [error] = only(ran).errors
  assert.equal(error?.code, 'Unsupported')
  assert.match(error?.message ?? '', /provider webhook cannot be pushed to; it can be to aws, /)
})
