import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { testTls } from '../../servers/server.ts'
import { get, inShort, testClusterStore, testStore } from './opening.ts'
import { bench, failureIn, readOne, refusalOf, SECRETS, TOKEN } from './vault-bench.ts'
import { AUTH, account, cluster, password, READ_SHOP, secretId } from './vault-logins.ts'

// How a store of Vault logs in, and over which connection.

const logins: readonly { readonly story: string; readonly auth: JsonObject }[] = [
  { story: 'appRole by id', auth: { appRole: { roleId: 'role-id-1', secretRef: secretId } } },
  {
    story: 'appRole by reference',
    auth: {
      appRole: { path: 'approle', roleRef: { name: 'approle', key: 'role' }, secretRef: secretId },
    },
  },
  {
    story: 'kubernetes by ServiceAccount',
    auth: { kubernetes: { role: 'shop', serviceAccountRef: account } },
  },
  {
    story: 'kubernetes by our own token',
    auth: { kubernetes: { mountPath: 'kubernetes', role: 'shop' } },
  },
  { story: 'userPass', auth: { userPass: { username: 'ann', secretRef: password } } },
  {
    story: 'ldap at a mount with a slash',
    auth: { ldap: { path: 'corp/ldap', username: 'ann@corp', secretRef: password } },
  },
  {
    story: 'jwt by ServiceAccount, audience vault when none is given',
    auth: {
      jwt: {
        role: 'shop',
        kubernetesServiceAccountToken: { serviceAccountRef: { name: 'vault-reader' } },
      },
    },
  },
]
for (const { story, auth } of logins) {
  test(`login: ${story}; one login, and its token is revoked at the end`, async (t) => {
    const { open, vault, opening } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
    const provider = await open({ auth })
    const reads = [get('shop/api'), get('shop/exact')]
    const answers = await provider.read(reads, opening.context.signal)
    assert.deepEqual(
      answers.map((answer) => answer.outcome),
      ['found', 'found'],
    )
    assert.equal(vault.calls.count('vault:login'), 1)
    assert.equal(vault.live().length, 1)
    await provider.close()
    assert.deepEqual([vault.live().length, vault.calls.count('vault:revoke-self')], [0, 1])
  })
}

test('login: a client certificate, over TLS with the CA of the store', async (t) => {
  const { open } = await bench(t, { auth: AUTH, policies: READ_SHOP, tls: true }, cluster)
  const cert = { vaultRole: 'shop', clientCert: { name: 'client' }, secretRef: { name: 'client' } }
  const caBundle = Buffer.from(testTls().authority.ca).toString('base64')
  const provider = await open({ auth: { cert }, caBundle })
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
  await provider.close()
})

test('a token that was given is used as it is, and lives on', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  await readOne(provider, get('shop/api'))
  await provider.close()
  assert.equal(vault.calls.count(), 1)
})

test('no auth block means no token: a proxy logs in', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open({ auth: null })
  assert.equal(failureIn(await readOne(provider, get('shop/api')))?.code, 'forbidden')
  assert.equal(vault.calls.all[0]?.headers['x-vault-token'], undefined)
})

test('a token of the environment is never used', async (t) => {
  const { open, vault } = await bench(t)
  process.env.VAULT_TOKEN = TOKEN
  process.env.VAULT_NAMESPACE = 'elsewhere'
  t.after(() => {
    delete process.env.VAULT_TOKEN
    delete process.env.VAULT_NAMESPACE
  })
  await readOne(await open({ auth: null }), get('shop/api'))
  const [call] = vault.calls.all
  assert.equal(call?.headers['x-vault-token'], undefined)
  assert.equal(call?.headers['x-vault-namespace'], undefined)
})

test('a login elsewhere: the namespace of auth is for the login only', async (t) => {
  const options = {
    auth: AUTH,
    policies: READ_SHOP,
    namespace: 'org/team',
    loginNamespace: 'org',
  }
  const { open, vault } = await bench(t, options, cluster)
  const auth = { namespace: 'org', userPass: { username: 'ann', secretRef: password } }
  const provider = await open({ namespace: 'org/team', auth })
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
  await provider.close()
  assert.deepEqual(
    vault.calls.all.map(({ headers }) => headers['x-vault-namespace']),
    ['org', 'org/team', 'org'],
  )
})

test('headers of the store go with every call, but never instead of ours', async (t) => {
  const { open, vault } = await bench(t, { requiredHeader: ['x-proxy-key', 'let-me-in'] })
  const headers = { 'X-Proxy-Key': 'let-me-in', 'X-Vault-Token': 'another' }
  const provider = await open({ headers, readYourWrites: true, forwardInconsistent: true })
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
  const [call] = vault.calls.all
  assert.equal(call?.headers['x-vault-token'], TOKEN)
  assert.equal(call?.headers['x-vault-inconsistent'], 'forward-active-node')
  assert.equal(call?.headers['x-vault-request'], 'true')
})

test('readYourWrites: a standby that has not seen the login is told which it must have seen', async (t) => {
  const options = { auth: AUTH, policies: READ_SHOP, lags: true }
  const { open, vault } = await bench(t, options, cluster)
  const auth = { userPass: { username: 'ann', secretRef: password } }
  const provider = await open({ auth, readYourWrites: true })
  assert.equal(inShort(await readOne(provider, get('shop/exact'))), SECRETS['shop/exact'])
  vault.calls.clear()
  const without = await open({ auth, forwardInconsistent: true })
  assert.equal(inShort(await readOne(without, get('shop/exact'))), 'unavailable')
  const inconsistent = vault.calls.all.map(({ headers }) => headers['x-vault-inconsistent'])
  assert.deepEqual(new Set(inconsistent), new Set([undefined]))
})

test('mutual TLS: the certificate of the store goes with every call, whatever the login', async (t) => {
  const { open, vault } = await bench(t, { tls: true, needsCertificate: true }, cluster)
  const caBundle = Buffer.from(testTls().authority.ca).toString('base64')
  const tls = { certSecretRef: { name: 'client' }, keySecretRef: { name: 'client' } }
  const provider = await open({ caBundle, tls })
  assert.equal(inShort(await readOne(provider, get('shop/exact'))), SECRETS['shop/exact'])
  const without = await open({ caBundle })
  assert.equal((await readOne(without, get('shop/exact')))?.outcome, 'failed')
  assert.equal(vault.calls.count(), 2)
  const half = { certSecretRef: { name: 'client' } }
  assert.equal((await refusalOf(open({ caBundle, tls: half }))).code, 'invalid')
})

const wrongLogins: readonly {
  readonly story: string
  readonly auth: JsonObject
  readonly message: RegExp
  readonly hint: RegExp
}[] = [
  {
    story: 'another ServiceAccount',
    auth: {
      kubernetes: { role: 'shop', serviceAccountRef: { name: 'default', audiences: ['vault'] } },
    },
    message:
      /role "shop" at auth\/kubernetes as ServiceAccount shop\/default, audience vault: the role is for other ServiceAccounts \(HTTP 403\)/,
    hint: /vault write auth\/kubernetes\/role\/shop bound_service_account_names=default bound_service_account_namespaces=shop audience=vault/,
  },
  {
    story: 'another audience',
    auth: {
      kubernetes: { role: 'shop', serviceAccountRef: { name: 'vault-reader', audiences: ['aws'] } },
    },
    message:
      /ServiceAccount shop\/vault-reader, audience aws: the role is for tokens of another audience/,
    hint: /audience=aws/,
  },
  {
    story: 'no such role',
    auth: { kubernetes: { role: 'typo', serviceAccountRef: account } },
    message: /role "typo" at auth\/kubernetes .*there is no such role \(HTTP 400\)/,
    hint: /vault read auth\/kubernetes\/role\/typo/,
  },
  {
    story: 'no such mount',
    auth: { kubernetes: { mountPath: 'k8s', role: 'shop', serviceAccountRef: account } },
    message: /no auth method is mounted there, or .* \(HTTP 403\)/,
    hint: /auth\/k8s/,
  },
  {
    story: 'a wrong secret id',
    auth: { appRole: { roleId: 'role-id-1', secretRef: password } },
    message: /the AppRole at auth\/approle: role id or secret id is wrong/,
    hint: /secret-id/,
  },
  {
    story: 'a wrong password',
    auth: { userPass: { username: 'ann', secretRef: secretId } },
    message: /user "ann" at auth\/userpass: user name or password is wrong/,
    hint: /username=ann/,
  },
]
for (const { story, auth, message, hint } of wrongLogins) {
  test(`a refused login is explained: ${story}`, async (t) => {
    const { open } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
    const error = await refusalOf(open({ auth }))
    assert.equal(error.code, 'unauthenticated')
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
  })
}

test('a wrong password is a refusal even where Vault answers it with 500', async (t) => {
  const { open, vault } = await bench(t, { auth: AUTH }, cluster)
  const body = JSON.stringify({ errors: ['invalid username or password'] })
  vault.fault({ times: 9, does: { reply: { status: 500, body } } })
  const error = await refusalOf(
    open({ auth: { userPass: { username: 'ann', secretRef: password } } }),
  )
  assert.deepEqual([error.code, vault.calls.count()], ['unauthenticated', 1])
})

test('a refused read names role, path and policy', async (t) => {
  const { open, vault } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
  vault.put('secret', 'other/api', { a: 1 })
  const provider = await open({
    auth: { kubernetes: { role: 'shop', serviceAccountRef: account } },
  })
  const failure = failureIn(await readOne(provider, get('other/api')))
  assert.equal(failure?.code, 'forbidden')
  assert.match(
    failure?.message ?? '',
    /role "shop" at auth\/kubernetes to read secret\/data\/other\/api/,
  )
  assert.match(
    failure?.hint ?? '',
    /path "secret\/data\/other\/api" \{ capabilities = \["read"\] \}/,
  )
})

test('many refusals at once cost one more login, and none within the next minute', async (t) => {
  let now = Date.now()
  const options = { auth: AUTH, policies: READ_SHOP }
  const { open, vault, opening } = await bench(t, options, cluster, { nowMs: () => now })
  const provider = await open({
    auth: { kubernetes: { role: 'shop', serviceAccountRef: account } },
  })
  const reads = Array.from({ length: 40 }, (_, at) => get(`other/${at}`))
  const answers = await provider.read([...reads, get('shop/api')], opening.context.signal)
  assert.deepEqual(new Set(answers.slice(0, 40).map(inShort)), new Set(['forbidden']))
  assert.equal(answers[40]?.outcome, 'found')
  assert.equal(vault.calls.count('vault:login'), 2)
  await provider.read(reads, opening.context.signal)
  assert.equal(vault.calls.count('vault:login'), 2)
  now += 61_000
  await provider.read(reads, opening.context.signal)
  assert.equal(vault.calls.count('vault:login'), 3)
  await provider.close()
  assert.equal(vault.live().length, 0)
})

test('a token that was revoked in between is replaced, whoever notices first', async (t) => {
  const { open, vault, opening } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef: password } } })
  vault.revokeAll()
  const reads = Array.from({ length: 20 }, () => get('shop/api'))
  const answers = await provider.read(reads, opening.context.signal)
  assert.deepEqual(new Set(answers.map((answer) => answer.outcome)), new Set(['found']))
  assert.equal(vault.calls.count('vault:login'), 2)
})

test('a missing Secret of the store is named with its field', async (t) => {
  const { open } = await bench(t)
  const error = await refusalOf(open({ auth: { tokenSecretRef: { name: 'none', key: 'token' } } }))
  assert.equal(error.code, 'credentials-not-found')
  assert.match(
    error.message,
    /Secret shop\/none has no value at key "token", which spec.provider.vault.auth.tokenSecretRef names/,
  )
})

test('a cluster store reads its credentials where it says', async (t) => {
  const secrets = { 'platform/vault': { token: TOKEN } }
  const { vault, openStore } = await bench(t, {}, { secrets })
  const auth = { tokenSecretRef: { name: 'vault', namespace: 'platform', key: 'token' } }
  const provider = await openStore(
    testClusterStore('vault', { server: vault.url, path: 'secret', auth }),
  )
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
})

// ── Connection ──

test('TLS: the CA of the store, from its text, from base64 of its text, a ConfigMap and a Secret', async (t) => {
  const { ca } = testTls().authority
  const base64 = Buffer.from(ca).toString('base64')
  const more = {
    secrets: { 'shop/ca': { 'ca.crt': ca } },
    configMaps: { 'shop/ca': { 'ca.crt': ca } },
  }
  const { open } = await bench(t, { tls: true }, more)
  const caProvider = { name: 'ca', key: 'ca.crt' }
  const ways: readonly JsonObject[] = [
    { caBundle: base64 },
    { caBundle: Buffer.from(base64).toString('base64') },
    { caProvider: { type: 'ConfigMap', ...caProvider } },
    { caProvider: { type: 'Secret', ...caProvider } },
  ]
  for (const way of ways) {
    assert.equal((await readOne(await open(way), get('shop/api')))?.outcome, 'found')
  }
  assert.equal(failureIn(await readOne(await open(), get('shop/api')))?.code, 'untrusted')
  assert.equal((await refusalOf(open({ caBundle: 'bm90IGEgUEVN' }))).code, 'invalid')
})

const badServers = [
  'vault.example.com',
  'ftp://vault',
  'https://user:password@vault',
  'https://vault?x=1',
  'https://vault/#x',
  '',
]
for (const server of badServers) {
  test(`server ${JSON.stringify(server)} is refused, and not repeated`, async (t) => {
    const { open } = await bench(t)
    const error = await refusalOf(open({ server }))
    assert.equal(error.code, 'invalid')
    assert.doesNotMatch(error.message, /password/)
  })
}

test('openBao is Vault by another name, and its messages say that name', async (t) => {
  const { vault, openStore } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
  const settings = { server: vault.url, path: 'secret' }
  const auth = { appRole: { path: 'approle', roleId: 'role-id-1', secretRef: secretId } }
  const provider = await openStore(testStore('openBao', { ...settings, auth }))
  assert.equal(inShort(await readOne(provider, get('shop/exact'))), SECRETS['shop/exact'])
  const none = { userPass: { username: 'ann', secretRef: { name: 'none', key: 'x' } } }
  const error = await refusalOf(openStore(testStore('openBao', { ...settings, auth: none })))
  assert.match(error.message, /spec\.provider\.openBao\.auth\.userpass/)
})
