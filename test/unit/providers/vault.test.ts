import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Read } from '../../../src/model/provider.ts'
import { hasAudience, serviceAccountClaims, startIssuer, verifyToken } from '../../servers/jwt.ts'
import { testTls } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import type { Grant } from '../../servers/vault-grant.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'
import { decode, fetchMetadata, get, inShort, testClusterStore, testStore } from './opening.ts'
import { bench, failureIn, readOne, refusalOf, SECRETS, TOKEN } from './vault-bench.ts'

test('a secret of KV v2 is its data map, with the text of every number', async (t) => {
  const { open } = await bench(t)
  const provider = await open()
  assert.equal(inShort(await readOne(provider, get('shop/api'))), '{"token":"tok-1","port":8080}')
  assert.equal(inShort(await readOne(provider, get('shop/exact'))), SECRETS['shop/exact'])
})

test('reads are answered in their order, one call each', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  const reads = [get('shop/exact'), get('none'), get('shop/api')]
  const answers = await provider.read(reads, opening.context.signal)
  assert.deepEqual(answers.map(inShort), [
    SECRETS['shop/exact'],
    'absent',
    '{"token":"tok-1","port":8080}',
  ])
  assert.equal(vault.calls.count(), 3)
  assert.deepEqual(opening.calls, ['vault:read', 'vault:read', 'vault:read'])
})

test('a secret of KV v1 is its data map', async (t) => {
  const data = '{"n":1.50,"data":{"not":"v2"}}'
  const { open } = await bench(t, { mounts: { 'team/kv': 1 }, secrets: { 'team/kv': { a: data } } })
  const provider = await open({ path: 'team/kv', version: 'v1' })
  assert.equal(inShort(await readOne(provider, get('a'))), data)
  assert.equal(inShort(await readOne(provider, get('team/kv/a'))), data)
})

const spellings = [
  { story: 'a store with a path, the key below it', path: 'secret', key: 'shop/api' },
  { story: 'the key repeats the path', path: 'secret', key: 'secret/shop/api' },
  { story: 'the key is an API path', path: 'secret', key: 'secret/data/shop/api' },
  { story: 'no path: the first segment is the mount', path: '', key: 'secret/shop/api' },
  { story: 'a slash at the end of the path', path: 'secret/', key: 'shop/api' },
  {
    story: 'doubled slashes mean one, as to the client of Vault',
    path: 'secret',
    key: '/shop//api',
  },
]
for (const { story, path, key } of spellings) {
  test(`a key is found: ${story}`, async (t) => {
    const { open, vault } = await bench(t)
    const answer = await readOne(await open({ path }), get(key))
    assert.equal(answer?.outcome, 'found')
    assert.deepEqual(vault.calls.all[0]?.keys, ['secret/data/shop/api'])
  })
}

const names = [
  'with space',
  'per%cent',
  'ünï/çødé',
  "q'uote",
  'semi;colon',
  'a&b=c',
  '{{mustache}}',
  '%2e%2e',
]
test('a name of any characters arrives as it was written', async (t) => {
  const { open, vault, opening } = await bench(t)
  for (const name of names) vault.put('secret', name, { is: name })
  const answers = await (await open()).read(
    names.map((name) => get(name)),
    opening.context.signal,
  )
  assert.deepEqual(
    answers.map(inShort),
    names.map((name) => JSON.stringify({ is: name })),
  )
})

const refusedKeys = [
  '../sys/health',
  'a/../../sys',
  './a',
  'a/.',
  'a?list=true',
  'a#b',
  'a\nb',
  '\u0000',
  '',
  '/',
  '\ud800',
]
for (const key of refusedKeys) {
  test(`key ${JSON.stringify(key)} is refused before anything is sent`, async (t) => {
    const { open, vault } = await bench(t)
    const answer = await readOne(await open({ path: '' }), get(key))
    assert.equal(failureIn(answer)?.code, 'invalid')
    assert.equal(vault.calls.count(), 0)
  })
}

test('a version is asked for by number', async (t) => {
  const { open, vault } = await bench(t)
  vault.put('secret', 'shop/api', { token: 'tok-2' })
  const provider = await open()
  assert.equal(
    inShort(await readOne(provider, get('shop/api', '1'))),
    '{"token":"tok-1","port":8080}',
  )
  assert.equal(inShort(await readOne(provider, get('shop/api', '2'))), '{"token":"tok-2"}')
  assert.equal(inShort(await readOne(provider, get('shop/api', '3'))), 'absent')
  assert.equal(failureIn(await readOne(provider, get('shop/api', '1&x=y')))?.code, 'invalid')
})

test('a deleted version is absent, a destroyed one too, an older one is still there', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.put('secret', 'shop/api', { token: 'tok-2' })
  vault.deleteVersion('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api'))), 'absent')
  assert.equal(
    inShort(await readOne(provider, get('shop/api', '1'))),
    '{"token":"tok-1","port":8080}',
  )
  vault.destroyVersion('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api'))), 'absent')
  vault.remove('secret', 'shop/api')
  assert.equal(inShort(await readOne(provider, get('shop/api', '1'))), 'absent')
})

test('of a version that was there it is said what became of it', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  const wordsOf = async (key: string, version?: string) => {
    const answer = await readOne(provider, get(key, version))
    return answer?.outcome === 'absent' ? answer.gone : answer?.outcome
  }
  vault.deleteVersion('secret', 'shop/api')
  assert.equal(await wordsOf('shop/api'), 'version 1 of secret/shop/api was deleted')
  vault.destroyVersion('secret', 'shop/api')
  assert.equal(await wordsOf('shop/api', '1'), 'version 1 of secret/shop/api is destroyed')
  assert.equal(await wordsOf('shop/api', '7'), undefined)
  assert.equal(await wordsOf('never'), undefined)
})

test('a 404 that complains about the mount does not count as absent', async (t) => {
  const { open } = await bench(t)
  const failure = failureIn(await readOne(await open({ path: 'nowhere' }), get('a')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.message ?? '', /no secrets engine is mounted at vault path nowhere/)
})

const impostors = [
  { story: 'a page of a proxy', reply: { status: 404, body: '<html>not here</html>' } },
  {
    story: 'JSON of something else',
    reply: { status: 404, body: '{"message":"no Route matched"}' },
  },
  { story: 'a list', reply: { status: 404, body: '[]' } },
]
for (const { story, reply } of impostors) {
  test(`a 404 that Vault did not write does not count as absent: ${story}`, async (t) => {
    const { open, vault } = await bench(t)
    const provider = await open()
    vault.fault({ does: { reply } })
    assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'failed')
  })
}

test('KV v1 settings for a KV v2 engine are named as the mistake that they are', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open({ version: 'v1' })
  const body = '{"data":null,"warnings":["Invalid path for a versioned K/V secrets engine."]}'
  vault.fault({ does: { reply: { status: 404, body } } })
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.hint ?? '', /version to v2/)
})

test('metadata is what Vault keeps beside the versions', async (t) => {
  const { open, vault } = await bench(t)
  vault.setMetadata('secret', 'shop/api', { owner: 'team-a' })
  const answer = await readOne(await open(), fetchMetadata('shop/api'))
  assert.ok(answer?.outcome === 'found' && answer.payload.metadata?.json !== undefined)
  const metadata = JSON.parse(decode(answer.payload.metadata.json)) as Record<string, unknown>
  assert.deepEqual(metadata.custom_metadata, { owner: 'team-a' })
  assert.equal(metadata.current_version, 1)
  assert.equal(answer.payload.text, undefined)
  assert.equal(vault.calls.count('vault:metadata'), 1)
})

test('metadata of KV v1, and of a secret that is not there, are errors', async (t) => {
  const { open } = await bench(t)
  const old = failureIn(await readOne(await open({ version: 'v1' }), fetchMetadata('a')))
  assert.match(old?.message ?? '', /cannot perform metadata fetch operations with kv version v1/)
  const none = failureIn(await readOne(await open(), fetchMetadata('none')))
  assert.match(none?.message ?? '', /secret not found/)
})

test('what the provider does not have is said per read', async (t) => {
  const { open, opening } = await bench(t)
  const generate: Read = {
    op: 'generate',
    generator: 'Password/shop/p',
    namespace: 'shop',
    entry: '',
  }
  const answers = await (await open()).read([generate, get('shop/exact')], opening.context.signal)
  assert.deepEqual(answers.map(inShort), ['unsupported', SECRETS['shop/exact']])
})

// ── find ──

const find = (more: Partial<Read & { readonly op: 'find' }>): Read => ({
  op: 'find',
  store: '',
  path: undefined,
  nameRegexp: undefined,
  tags: undefined,
  conversionStrategy: undefined,
  ...more,
})
const TREE = { a: { n: 1 }, 'team/a': { n: 2 }, 'team/deep/er/b': { n: 3 }, 'other/b': { n: 4 } }

const finds: readonly {
  readonly story: string
  readonly read: Read
  readonly keys: readonly string[]
}[] = [
  { story: 'everywhere by name', read: find({ nameRegexp: 'a$' }), keys: ['a', 'team/a'] },
  {
    story: 'by a folder in the name',
    read: find({ nameRegexp: '^team/' }),
    keys: ['team/a', 'team/deep/er/b'],
  },
  {
    story: 'below a path, with keys from the mount on',
    read: find({ path: 'team', nameRegexp: 'b' }),
    keys: ['team/deep/er/b'],
  },
  { story: 'all below a path', read: find({ path: '/team/' }), keys: ['team/a', 'team/deep/er/b'] },
  { story: 'by exact tags', read: find({ tags: new Map([['env', 'prod']]) }), keys: ['team/a'] },
  {
    story: 'by tags and name',
    read: find({ nameRegexp: 'b$', tags: new Map([['env', 'prod']]) }),
    keys: [],
  },
  { story: 'without a match', read: find({ nameRegexp: 'nothing' }), keys: [] },
]
for (const { story, read, keys } of finds) {
  test(`find ${story}: ${keys.join(', ')}`, async (t) => {
    const { open, vault } = await bench(t, { secrets: { secret: TREE } })
    vault.setMetadata('secret', 'team/a', { env: 'prod' })
    vault.setMetadata('secret', 'other/b', { env: 'production' })
    const answer = await readOne(await open(), read)
    assert.ok(answer?.outcome === 'found-many')
    assert.deepEqual([...answer.payloads.keys()], keys)
  })
}

test('find skips what is deleted, and gives the whole data map of the rest', async (t) => {
  const { open, vault } = await bench(t, { secrets: { secret: TREE } })
  vault.deleteVersion('secret', 'team/a')
  const answer = await readOne(await open(), find({ nameRegexp: 'a$' }))
  assert.ok(answer?.outcome === 'found-many')
  const texts = [...answer.payloads].map(([key, { text }]) => [key, text && decode(text)])
  assert.deepEqual(texts, [['a', '{"n":1}']])
})

test('find in KV v1 walks the mount itself', async (t) => {
  const options: VaultOptions = { mounts: { kv: 1 }, secrets: { kv: TREE } }
  const { open } = await bench(t, options)
  const provider = await open({ path: 'kv', version: 'v1' })
  const answer = await readOne(provider, find({ nameRegexp: 'b$' }))
  assert.ok(answer?.outcome === 'found-many')
  assert.deepEqual([...answer.payloads.keys()], ['other/b', 'team/deep/er/b'])
  const tagged = failureIn(await readOne(provider, find({ tags: new Map([['a', 'b']]) })))
  assert.match(tagged?.message ?? '', /cannot perform find by tag operations with kv version v1/)
})

test('find in an engine that is empty is absent', async (t) => {
  const { open } = await bench(t, { secrets: {} })
  assert.equal(inShort(await readOne(await open(), find({ nameRegexp: 'x' }))), 'absent')
})

test('find fails as a whole when one folder or secret may not be read', async (t) => {
  const list = { path: 'secret/metadata/', capabilities: ['list'] as const }
  const some = { path: 'secret/data/team/', capabilities: ['read'] as const }
  const users = { ann: { password: 'pass-1', grant: { policies: ['some'] } } }
  const options: VaultOptions = {
    secrets: { secret: TREE },
    auth: { userpass: { method: 'userpass', users } },
    policies: { some: [list, some] },
  }
  const { open } = await bench(t, options, { secrets: { 'shop/login': { password: 'pass-1' } } })
  const secretRef = { name: 'login', key: 'password' }
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef } } })
  const below = await readOne(provider, find({ path: 'team' }))
  assert.equal(below?.outcome, 'found-many')
  const failure = failureIn(await readOne(provider, find({ nameRegexp: '.' })))
  assert.equal(failure?.code, 'forbidden')
})

const badFinds: readonly {
  readonly story: string
  readonly settings: JsonObject
  readonly read: Read
}[] = [
  { story: 'nothing to go by', settings: {}, read: find({}) },
  { story: 'no mount', settings: { path: '' }, read: find({ nameRegexp: 'x' }) },
  { story: 'a pattern that does not compile', settings: {}, read: find({ nameRegexp: '[' }) },
  { story: 'a path out of the mount', settings: {}, read: find({ path: '../sys' }) },
]
for (const { story, settings, read } of badFinds) {
  test(`find with ${story} is an error without a call`, async (t) => {
    const { open, vault } = await bench(t)
    assert.equal(failureIn(await readOne(await open(settings), read))?.code, 'invalid')
    assert.equal(vault.calls.count(), 0)
  })
}

// ── Logins ──

const READ_SHOP = { shop: [{ path: 'secret/data/shop/', capabilities: ['read'] as const }] }
const GRANT = { policies: ['shop'] }
const issuer = startIssuer('https://kubernetes.default.svc')

/** TokenReview, as an API server with this issuer answers it. */
function review(token: string, audiences: readonly string[]) {
  const claims = verifyToken(token, issuer.jwks, Date.now())
  if (claims === undefined || claims === 'expired') return undefined
  if (audiences.some((audience) => !hasAudience(claims, audience))) return undefined
  const [, , namespace = '', name = ''] = String(claims.sub).split(':')
  return { namespace, name }
}

const cluster = {
  secrets: {
    'shop/approle': { role: 'role-id-1', secret: 'secret-id-1' },
    'shop/login': { password: 'pass-1', token: 'set below' },
    'shop/client': { 'tls.crt': testTls().client.cert, 'tls.key': testTls().client.key },
  },
  token: (account: string, audiences: readonly string[]) => {
    const [namespace = '', name = ''] = account.split('/')
    return issuer.sign(serviceAccountClaims(namespace, name, audiences, Date.now()))
  },
  ownToken: issuer.sign(serviceAccountClaims('shop', 'vault-reader', ['vault'], Date.now())),
}

const AUTH: VaultOptions['auth'] = {
  approle: { method: 'approle', roleId: 'role-id-1', secretId: 'secret-id-1', grant: GRANT },
  kubernetes: {
    method: 'kubernetes',
    review,
    roles: { shop: { serviceAccounts: ['shop/vault-reader'], audience: 'vault', ...GRANT } },
  },
  userpass: { method: 'userpass', users: { ann: { password: 'pass-1', grant: GRANT } } },
  'corp/ldap': { method: 'ldap', users: { 'ann@corp': { password: 'pass-1', grant: GRANT } } },
  jwt: {
    method: 'jwt',
    jwks: issuer.jwks,
    roles: {
      shop: { subject: 'system:serviceaccount:shop:vault-reader', audience: 'vault', ...GRANT },
    },
  },
  cert: { method: 'cert', roles: { shop: GRANT } },
}

const account = { name: 'vault-reader', audiences: ['vault'] }
const password = { name: 'login', key: 'password' }
const secretId = { name: 'approle', key: 'secret' }
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

// ── The life of a token ──

/** A store of a user whose tokens are like this, and a clock in seconds. */
async function living(t: TestContext, life: Partial<Grant>) {
  let now = Date.now()
  const grant = { policies: ['shop'], ttlSeconds: 300, ...life }
  const auth = {
    userpass: { method: 'userpass' as const, users: { ann: { password: 'pass-1', grant } } },
  }
  const options = { auth, policies: READ_SHOP, clock: () => now }
  const { open, vault, opening } = await bench(t, options, cluster, { nowMs: () => now })
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef: password } } })
  return {
    vault,
    opening,
    provider,
    calls: () => [vault.calls.count('vault:login'), vault.calls.count('vault:renew-self')],
    readAfter: async (seconds: number) => {
      now += seconds * 1000
      return inShort(await readOne(provider, get('shop/exact')))
    },
  }
}

test('a token is renewed when two thirds of its life are over', async (t) => {
  const { vault, calls, readAfter, provider } = await living(t, {})
  await readAfter(190)
  assert.deepEqual(calls(), [1, 0])
  for (const seconds of [20, 210, 210])
    assert.equal(await readAfter(seconds), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [1, 3])
  assert.equal(vault.calls.all.filter(({ status }) => status === 403).length, 0)
  await provider.close()
  assert.equal(vault.live().length, 0)
})

test('many reads at once share one renewal', async (t) => {
  const { calls, provider, readAfter, opening } = await living(t, {})
  await readAfter(199)
  const reading = readAfter(2)
  const reads = Array.from({ length: 30 }, () => get('shop/api'))
  const answers = await provider.read(reads, opening.context.signal)
  await reading
  assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['found']))
  assert.deepEqual(calls(), [1, 1])
})

test('a token whose max TTL is near is replaced by a login, and nothing fails in between', async (t) => {
  const { vault, calls, readAfter } = await living(t, { maxTtlSeconds: 500 })
  for (let step = 0; step < 20; step++) assert.equal(await readAfter(60), SECRETS['shop/exact'])
  assert.ok(vault.calls.all.every(({ status }) => status < 300))
  const [logins = 0] = calls()
  assert.ok(logins >= 3 && logins <= 4, `${logins}`)
})

test('a batch token is used until two thirds, then replaced; it is neither renewed nor revoked', async (t) => {
  const { vault, calls, readAfter, provider } = await living(t, { isBatch: true })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [2, 0])
  await provider.close()
  assert.equal(vault.calls.count('vault:revoke-self'), 0)
})

test('a renewal that is refused is a login; a login that is refused, too, is no failure while the token lives', async (t) => {
  const { vault, calls, readAfter } = await living(t, {})
  const denied = { reply: { status: 403, body: '{"errors":["permission denied"]}' } }
  vault.fault({ call: 'vault:renew-self', does: denied })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.deepEqual(calls(), [2, 1])
  vault.fault({ call: 'vault:renew-self', times: 9, does: denied })
  vault.fault({ call: 'vault:login', times: 9, does: denied })
  assert.equal(await readAfter(210), SECRETS['shop/exact'])
  assert.equal(await readAfter(95), 'unauthenticated')
  vault.clearFaults()
  assert.equal(await readAfter(0), SECRETS['shop/exact'])
})

test('500 reads at once of a store that was not asked before are one login', async (t) => {
  const { calls, provider, vault, opening } = await living(t, {})
  vault.revokeAll()
  const reads = Array.from({ length: 500 }, () => get('shop/api'))
  const answers = await provider.read(reads, opening.context.signal)
  assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['found']))
  assert.deepEqual(calls(), [2, 0])
})

test('a sealed Vault is told, and read again as soon as it is unsealed', async (t) => {
  const { vault, readAfter } = await living(t, {})
  vault.seal()
  assert.equal(await readAfter(1), 'sealed')
  assert.equal(await readAfter(600), 'sealed')
  vault.unseal()
  assert.equal(await readAfter(1), SECRETS['shop/exact'])
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

// ── Faults ──

const errors = (text: string): string => JSON.stringify({ errors: [text] })
const retried: readonly {
  readonly story: string
  readonly status: number
  readonly body: string
  readonly times: number
  readonly result: string
  readonly calls: number
}[] = [
  { story: 'one 500', status: 500, body: errors('x'), times: 1, result: 'found', calls: 2 },
  { story: 'two 502 of a proxy', status: 502, body: '<html>', times: 2, result: 'found', calls: 3 },
  { story: 'three 500', status: 500, body: errors('x'), times: 3, result: 'unavailable', calls: 3 },
  {
    story: 'not replicated yet',
    status: 412,
    body: errors('x'),
    times: 3,
    result: 'found',
    calls: 4,
  },
  {
    story: 'never replicated',
    status: 412,
    body: errors('x'),
    times: 9,
    result: 'unavailable',
    calls: 4,
  },
  {
    story: 'a performance standby',
    status: 473,
    body: errors('x'),
    times: 3,
    result: 'found',
    calls: 4,
  },
  {
    story: 'a DR secondary for ever',
    status: 472,
    body: errors('x'),
    times: 9,
    result: 'unavailable',
    calls: 4,
  },
  {
    story: 'sealed once',
    status: 503,
    body: errors('Vault is sealed'),
    times: 1,
    result: 'found',
    calls: 2,
  },
  {
    story: 'sealed',
    status: 503,
    body: errors('Vault is sealed'),
    times: 2,
    result: 'sealed',
    calls: 2,
  },
  { story: 'rate limit', status: 429, body: errors('x'), times: 4, result: 'found', calls: 5 },
  {
    story: 'rate limit for ever',
    status: 429,
    body: errors('x'),
    times: 9,
    result: 'throttled',
    calls: 5,
  },
  { story: 'a bad request', status: 400, body: errors('x'), times: 9, result: 'invalid', calls: 1 },
  { story: 'garbage', status: 200, body: 'tok-1 {', times: 9, result: 'malformed', calls: 1 },
  {
    story: 'another map',
    status: 200,
    body: '{"data":{"x":1}}',
    times: 9,
    result: 'malformed',
    calls: 1,
  },
]
for (const { story, status, body, times, result, calls } of retried) {
  test(`fault: ${story} → ${result} after ${calls} calls`, async (t) => {
    const { open, vault, opening } = await bench(t)
    const provider = await open()
    vault.fault({ times, does: { reply: { status, body } } })
    const answer = await readOne(provider, get('shop/api'))
    assert.equal(answer?.outcome === 'failed' ? answer.failure.code : answer?.outcome, result)
    assert.deepEqual([vault.calls.count(), opening.calls.length], [calls, calls])
    if (status !== 429) assert.ok(opening.slept.every((ms) => ms >= 1000 && ms <= 1500))
  })
}

test('Retry-After is waited for, within reason', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  const reply = (after: string) => ({
    reply: { status: 429, headers: { 'retry-after': after }, body: errors('x') },
  })
  vault.fault({ does: reply('7') })
  vault.fault({ does: reply('99999') })
  await readOne(provider, get('shop/api'))
  assert.deepEqual(opening.slept, [7000, 30_000])
})

test('retrySettings of the store: attempts and delay, none without maxRetries', async (t) => {
  const { open, vault, opening } = await bench(t)
  const fault = { times: 9, does: { reply: { status: 500, body: errors('x') } } }
  vault.fault(fault)
  const patient = await open({}, { retrySettings: { maxRetries: 4, retryInterval: '2s' } })
  await readOne(patient, get('shop/api'))
  assert.deepEqual([vault.calls.count(), opening.slept], [5, [2000, 2000, 2000, 2000]])
  vault.calls.clear()
  const hasty = await open({}, { retrySettings: { retryInterval: '2s' } })
  await readOne(hasty, get('shop/api'))
  assert.equal(vault.calls.count(), 1)
})

test('a redirect is not followed and the token stays here', async (t) => {
  const { open, vault } = await bench(t)
  const elsewhere = await startVault()
  t.after(() => elsewhere.close())
  const provider = await open()
  vault.fault({ does: { redirect: `${elsewhere.url}/v1/secret/data/shop/api` } })
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'invalid')
  assert.match(failure?.hint ?? '', /redirects are not followed/)
  assert.equal(elsewhere.calls.count(), 0)
})

test('a server that never answers ends at the deadline of the call', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.fault({ times: 9, does: { hang: true } })
  assert.equal(failureIn(await readOne(provider, get('shop/api')))?.code, 'timeout')
})

test('an aborted signal rejects, whatever was under way', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.fault({ times: 9, does: { hang: true } })
  const ending = new AbortController()
  const reading = provider.read([get('shop/api'), get('shop/exact')], ending.signal)
  ending.abort(new Error('the run ends'))
  await assert.rejects(reading, /the run ends/)
})

test('a cut connection is tried again', async (t) => {
  const { open, vault } = await bench(t)
  const provider = await open()
  vault.fault({ does: { reset: 'in-body' } })
  vault.fault({ does: { truncateTo: 5 } })
  assert.equal((await readOne(provider, get('shop/api')))?.outcome, 'found')
})

test('nobody listens: the host is named, and how often it was tried', async (t) => {
  const { open, vault, opening } = await bench(t)
  const provider = await open()
  await vault.close()
  const failure = failureIn(await readOne(provider, get('shop/api')))
  assert.equal(failure?.code, 'unavailable')
  assert.match(failure?.message ?? '', /refused the connection/)
  assert.equal(opening.calls.length, 3)
})

test('one bad read spoils no other', async (t) => {
  const { open, opening } = await bench(t)
  const reads = [get('../x'), get('shop/exact'), get('none')]
  const answers = await (await open()).read(reads, opening.context.signal)
  assert.deepEqual(answers.map(inShort), ['invalid', SECRETS['shop/exact'], 'absent'])
})

test('close never rejects', async (t) => {
  const { open, vault } = await bench(t, { auth: AUTH, policies: READ_SHOP }, cluster)
  const provider = await open({ auth: { userPass: { username: 'ann', secretRef: password } } })
  await vault.close()
  await provider.close()
  await provider.close()
})
