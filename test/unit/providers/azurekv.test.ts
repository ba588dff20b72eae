import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { openStore } from '../../../src/providers/open.ts'
import { ProviderError, type SecretProvider } from '../../../src/providers/provider.ts'
import { type AzureOptions, type AzureServer, startAzure, versionId } from '../../servers/azure.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import { testTls } from '../../servers/server.ts'
import {
  decode,
  fetchMetadata,
  get,
  inShort,
  printed,
  type TestCluster,
  type TestOpening,
  testClusterStore,
  testOpening,
  testStore,
} from './opening.ts'

const TENANT = 'tenant-1'
const issuer = startIssuer('https://cluster.example.com', 'RS256')
const SECRET = 'Zq7Wv9Xk2Jp4-client-secret'
// Who signed it does not matter: Entra knows a certificate by its thumbprint.
const certificate = testTls().authority.issue({ commonName: 'app', isRsa: true })

const CLIENTS = {
  app: { secret: SECRET },
  certified: { certificate: certificate.cert },
  federated: {
    federated: {
      issuer: 'https://cluster.example.com',
      subject: 'system:serviceaccount:shop:reader',
      jwks: issuer.jwks,
    },
  },
}

const OBJECTS: NonNullable<AzureOptions['objects']> = {
  'secrets/one': [
    { value: 'old' },
    {
      value: 'new',
      tags: { env: 'prod' },
      attributes: { enabled: true, created: 1493938410, exp: 1893456000 },
    },
  ],
  'secrets/two': [{ value: 'two', tags: { env: 'prod', team: 'shop' } }],
  'secrets/off': [{ value: 'off', attributes: { enabled: false } }],
  'secrets/third': [{ value: 'third', tags: { team: 'other' } }],
  'keys/sign': [{ key: { x: '1', kid: 'https://v/keys/sign/1', n: 'abc', kty: 'RSA', e: 'AQAB' } }],
  'certificates/web': [{ cer: Buffer.from('DER of it').toString('base64') }],
}

interface Started {
  readonly vault: AzureServer
  readonly opening: TestOpening
}

async function start(
  t: TestContext,
  options: Partial<AzureOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const tenants = { [TENANT]: { clients: CLIENTS } }
  const vault = await startAzure({ tenants, objects: OBJECTS, ...options })
  const opening = testOpening({
    cluster: CLUSTER,
    env: { AZURE_AUTHORITY_HOST: vault.url, ...env },
  })
  t.after(() => {
    opening.close()
    return vault.close()
  })
  return { vault, opening }
}

const CLUSTER: TestCluster = {
  secrets: {
    'shop/azure': {
      id: 'app\n',
      secret: SECRET,
      wrong: 'not-the-secret',
      certified: 'certified',
      pem: `${certificate.key}${certificate.cert}`,
      keyless: certificate.cert,
      certless: certificate.key,
      federated: 'federated',
      tenant: TENANT,
    },
  },
  accounts: {
    'shop/reader': {
      'azure.workload.identity/client-id': 'federated',
      'azure.workload.identity/tenant-id': TENANT,
    },
    'shop/bare': {},
    'shop/other': { 'azure.workload.identity/client-id': 'federated' },
  },
  token: (account, audiences) => {
    const [namespace = '', name = ''] = account.split('/')
    return issuer.sign(serviceAccountClaims(namespace, name, audiences, Date.now()))
  },
}

const ref = (key: string): JsonObject => ({ name: 'azure', key })
const principal = (url: string): JsonObject => ({
  vaultUrl: url,
  tenantId: TENANT,
  authSecretRef: { clientId: ref('id'), clientSecret: ref('secret') },
})

async function openAt({ vault, opening }: Started, more: JsonObject = {}): Promise<SecretProvider> {
  return openStore(testStore('azurekv', { ...principal(vault.url), ...more }), opening.context)
}

async function ask(started: Started, ...reads: readonly Read[]): Promise<readonly Answer[]> {
  return (await openAt(started)).read(reads, started.opening.context.signal)
}

// ── Logging in ──

const logins: readonly { readonly story: string; readonly settings: JsonObject }[] = [
  { story: 'a client secret', settings: {} },
  {
    story: 'a certificate',
    settings: { authSecretRef: { clientId: ref('certified'), clientCertificate: ref('pem') } },
  },
  {
    story: 'the ServiceAccount of the store, by its annotations',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: null,
      tenantId: null,
      serviceAccountRef: { name: 'reader' },
    },
  },
  {
    story: 'a ServiceAccount, with client and tenant of a Secret',
    settings: {
      authType: 'WorkloadIdentity',
      tenantId: null,
      serviceAccountRef: { name: 'reader-without', audiences: ['more'] },
      authSecretRef: { clientId: ref('federated'), tenantId: ref('tenant') },
    },
  },
  {
    story: 'a ServiceAccount, with the tenant of the store',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: null,
      serviceAccountRef: { name: 'other' },
    },
  },
]
for (const { story, settings } of logins) {
  test(`azurekv: logs in with ${story}, once`, async (t) => {
    const federated = { ...CLIENTS.federated.federated, subject: '' }
    const name = (settings.serviceAccountRef as { name?: string } | undefined)?.name ?? ''
    const subject = `system:serviceaccount:shop:${name}`
    const clients = { ...CLIENTS, federated: { federated: { ...federated, subject } } }
    const started = await start(t, { tenants: { [TENANT]: { clients } } })
    const accounts = { ...CLUSTER.accounts, 'shop/reader-without': {} }
    const opening = testOpening({
      cluster: { ...CLUSTER, accounts },
      env: { AZURE_AUTHORITY_HOST: started.vault.url },
    })
    t.after(opening.close)
    const provider = await openAt({ ...started, opening }, settings)
    const answers = await provider.read([get('one'), get('two')], opening.context.signal)
    assert.deepEqual(answers.map(inShort), ['new', 'two'])
    assert.equal(started.vault.calls.count('entra:Token'), 1)
    assert.deepEqual(
      opening.calls,
      started.vault.calls.all.map(({ call }) => call),
    )
  })
}

test('azurekv: the identity of the pod is what its environment says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'azure-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  const audience = ['api://AzureADTokenExchange']
  writeFileSync(file, issuer.sign(serviceAccountClaims('shop', 'reader', audience, Date.now())))
  const env = {
    AZURE_CLIENT_ID: 'federated',
    AZURE_TENANT_ID: TENANT,
    AZURE_FEDERATED_TOKEN_FILE: file,
  }
  const started = await start(t, {}, env)
  const provider = await openAt(started, { authType: 'WorkloadIdentity' })
  const answers = await provider.read([get('one')], started.opening.context.signal)
  assert.deepEqual(answers.map(inShort), ['new'])
})

test('azurekv: a managed identity is asked of the metadata server, where that is allowed', async (t) => {
  const started = await start(t)
  await assert.rejects(openAt(started, { authType: 'ManagedIdentity' }), /not allowed here/)
  const asked: string[] = []
  const token = await tokenOf(started)
  const body = new TextEncoder().encode(`{"access_token":"${token}","expires_in":"3599"}`)
  const metadata = {
    request: async ({ url, headers }: { url: string; headers: Record<string, string> }) => {
      asked.push(`${url} ${headers.metadata}`)
      return { status: 200, headers: {}, body }
    },
    close: () => undefined,
  }
  const opening = { ...started.opening, context: { ...started.opening.context, metadata } }
  const settings = { authType: 'ManagedIdentity', identityId: 'id-1' }
  const provider = await openAt({ ...started, opening }, settings)
  assert.deepEqual((await provider.read([get('two')], opening.context.signal)).map(inShort), [
    'two',
  ])
  assert.deepEqual(asked, [
    'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net&client_id=id-1 true',
  ])
})

/** A token that the vault takes. */
async function tokenOf(started: Started): Promise<string> {
  await openAt(started)
  return started.vault.handedOut[0] ?? ''
}

test('azurekv: a token that the vault forgot is had anew, once', async (t) => {
  const started = await start(t)
  const provider = await openAt(started)
  const { signal } = started.opening.context
  started.vault.forgetTokens()
  const answers = await provider.read([get('one'), get('two')], signal)
  assert.deepEqual(answers.map(inShort), ['new', 'two'])
  assert.equal(started.vault.calls.count('entra:Token'), 2)
  started.vault.forgetTokens()
  const again = await provider.read([get('one')], signal)
  assert.deepEqual(again.map(inShort), ['unauthenticated'])
  assert.equal(started.vault.calls.count('entra:Token'), 2)
})

test('azurekv: a token is used no longer than it lives', async (t) => {
  let nowMs = Date.parse('2026-03-01T12:00:00Z')
  const vault = await startAzure({
    tenants: { [TENANT]: { clients: CLIENTS } },
    objects: OBJECTS,
    clock: () => nowMs,
  })
  const opening = testOpening({
    cluster: CLUSTER,
    env: { AZURE_AUTHORITY_HOST: vault.url },
    nowMs: () => nowMs,
  })
  t.after(() => {
    opening.close()
    return vault.close()
  })
  const provider = await openAt({ vault, opening })
  for (const minutes of [0, 30, 58]) {
    nowMs += minutes * 60_000
    const answers = await provider.read([get('one')], opening.context.signal)
    assert.deepEqual(answers.map(inShort), ['new'])
  }
  assert.equal(vault.calls.count('entra:Token'), 2)
})

const refusals: readonly {
  readonly story: string
  readonly settings: JsonObject
  readonly cluster?: boolean
  readonly code: string
  readonly says: RegExp
}[] = [
  {
    story: 'a wrong secret',
    settings: { authSecretRef: { clientId: ref('id'), clientSecret: ref('wrong') } },
    code: 'unauthenticated',
    says: /invalid_client, AADSTS7000215, HTTP 401/,
  },
  {
    story: 'an unknown client',
    settings: { authSecretRef: { clientId: ref('tenant'), clientSecret: ref('secret') } },
    code: 'unauthenticated',
    says: /AADSTS700016/,
  },
  {
    story: 'an unknown tenant',
    settings: { tenantId: 'nobody' },
    code: 'unauthenticated',
    says: /AADSTS90002/,
  },
  { story: 'no tenant', settings: { tenantId: '' }, code: 'invalid', says: /tenantId is missing/ },
  {
    story: 'a tenant that is a path',
    settings: { tenantId: '../x' },
    code: 'invalid',
    says: /no ID/,
  },
  {
    story: 'no client',
    settings: { authSecretRef: null },
    code: 'invalid',
    says: /clientId names/,
  },
  {
    story: 'two proofs',
    settings: {
      authSecretRef: {
        clientId: ref('id'),
        clientSecret: ref('secret'),
        clientCertificate: ref('pem'),
      },
    },
    code: 'invalid',
    says: /exactly one/,
  },
  {
    story: 'a certificate without a key',
    settings: { authSecretRef: { clientId: ref('certified'), clientCertificate: ref('keyless') } },
    code: 'invalid',
    says: /no RSA key/,
  },
  {
    story: 'a key without a certificate',
    settings: { authSecretRef: { clientId: ref('certified'), clientCertificate: ref('certless') } },
    code: 'invalid',
    says: /no certificate/,
  },
  {
    story: 'a Secret that is not there',
    settings: { authSecretRef: { clientId: ref('none'), clientSecret: ref('secret') } },
    code: 'credentials-not-found',
    says: /shop\/azure/,
  },
  {
    story: 'a ServiceAccount that is not there',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: null,
      serviceAccountRef: { name: 'gone' },
    },
    code: 'credentials-not-found',
    says: /shop\/gone does not exist/,
  },
  {
    story: 'a ServiceAccount without a client',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: null,
      serviceAccountRef: { name: 'bare' },
    },
    code: 'invalid',
    says: /no client ID/,
  },
  {
    story: 'two clients',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: { clientId: ref('federated') },
      serviceAccountRef: { name: 'other' },
    },
    code: 'invalid',
    says: /the client ID stands in both/,
  },
  {
    story: 'two tenants',
    settings: {
      authType: 'WorkloadIdentity',
      authSecretRef: null,
      serviceAccountRef: { name: 'reader' },
    },
    code: 'invalid',
    says: /the tenant ID stands in both/,
  },
  {
    story: 'no identity of the pod',
    settings: { authType: 'WorkloadIdentity' },
    code: 'credentials-not-found',
    says: /no Azure workload identity/,
  },
  {
    story: 'another kind of auth',
    settings: { authType: 'Magic' },
    code: 'invalid',
    says: /Magic/,
  },
  {
    story: 'another host',
    settings: { vaultUrl: 'https://evil.example.com' },
    code: 'invalid',
    says: /\.vault\.azure\.net/,
  },
  {
    story: 'a host that only looks right',
    settings: { vaultUrl: 'https://evilvault.azure.net' },
    code: 'invalid',
    says: /no vault of its cloud/,
  },
  {
    story: 'a vault of another cloud',
    settings: { vaultUrl: 'https://v.vault.azure.net', environmentType: 'ChinaCloud' },
    code: 'invalid',
    says: /\.vault\.azure\.cn/,
  },
  {
    story: 'plain http',
    settings: { vaultUrl: 'http://v.vault.azure.net' },
    code: 'invalid',
    says: /plain http/,
  },
  { story: 'no vault', settings: { vaultUrl: '' }, code: 'invalid', says: /vaultUrl is no URL/ },
  {
    story: 'a stack without a login',
    settings: { environmentType: 'AzureStackCloud' },
    code: 'invalid',
    says: /activeDirectoryEndpoint/,
  },
  {
    story: 'a stack without a suffix',
    settings: {
      environmentType: 'AzureStackCloud',
      customCloudConfig: { activeDirectoryEndpoint: 'https://login.example.com' },
    },
    code: 'invalid',
    says: /keyVaultDNSSuffix/,
  },
  {
    story: 'the identity of the pod for a login of its own',
    settings: {
      authType: 'WorkloadIdentity',
      customCloudConfig: { activeDirectoryEndpoint: 'https://login.example.com' },
    },
    code: 'forbidden',
    says: /identity of the pod/,
  },
]
for (const { story, settings, code, says } of refusals) {
  test(`azurekv: a store with ${story} does not open, and tells no secret`, async (t) => {
    const started = await start(t)
    await assert.rejects(openAt(started, settings), (error) => {
      assert.ok(error instanceof ProviderError)
      assert.equal(error.code, code)
      assert.match(error.message, says)
      assert.doesNotMatch(printed(error), /Zq7Wv9|not-the-secret|eyJ|BEGIN/)
      return true
    })
  })
}

test('azurekv: a ClusterSecretStore may say where to log in with the identity of the pod', async (t) => {
  const started = await start(t)
  const settings = {
    vaultUrl: started.vault.url,
    authType: 'WorkloadIdentity',
    customCloudConfig: { activeDirectoryEndpoint: started.vault.url },
  }
  const opening = openStore(testClusterStore('azurekv', settings), started.opening.context)
  await assert.rejects(opening, /no Azure workload identity/)
})

// ── Reading ──

test('azurekv: secrets, keys and certificates by their prefix', async (t) => {
  const started = await start(t)
  const answers = await ask(started, get('secret/one'), get('key/sign'), get('cert/web'))
  assert.deepEqual(answers.map(inShort), [
    'new',
    '{"kid":"https://v/keys/sign/1","kty":"RSA","n":"abc","e":"AQAB","x":"1"}',
    'binary DER of it',
  ])
  const calls = ['keyvault:GetSecret', 'keyvault:GetKey', 'keyvault:GetCertificate']
  assert.deepEqual(started.opening.calls.slice(1), calls)
})

test('azurekv: versions, and what is not there', async (t) => {
  const started = await start(t)
  const versions = [versionId(1), versionId(2), versionId(3), undefined]
  const answers = await ask(started, ...versions.map((version) => get('one', version)))
  assert.deepEqual(answers.map(inShort), ['old', 'new', 'absent', 'new'])
  const gone = await ask(started, get('none'), get('key/none'), get('cert/none'))
  assert.deepEqual(gone.map(inShort), ['absent', 'absent', 'absent'])
})

test('azurekv: a disabled secret is a failure that says so', async (t) => {
  const [answer] = await ask(await start(t), get('off'))
  assert.ok(answer?.outcome === 'failed')
  assert.match(answer.failure.message, /secret off of .* is disabled \(HTTP 403\)/)
})

test('azurekv: metadata are the tags and the times', async (t) => {
  const [answer] = await ask(await start(t), fetchMetadata('one'))
  assert.ok(answer?.outcome === 'found' && answer.payload.text === undefined)
  assert.deepEqual(Object.fromEntries(answer.payload.metadata?.tags ?? []), {
    env: 'prod',
    'attribute.created': '2017-05-04T22:53:30Z',
    'attribute.expires': '2030-01-01T00:00:00Z',
  })
})

test('azurekv: keys that are no names are not asked for', async (t) => {
  const started = await start(t)
  const keys = ['', 'a_b', 'secret/../keys/sign', 'blob/x', 'secret/a?b', 'ü']
  const answers = await ask(started, ...keys.map((key) => get(key)), get('one', '../x'))
  assert.deepEqual(new Set(answers.map(inShort)), new Set(['invalid']))
  assert.equal(started.vault.calls.count(), 1)
})

// ── Finding ──

function find(more: Partial<Read & { op: 'find' }>): Read {
  return {
    ...{ op: 'find', store: 'SecretStore/shop/store', path: undefined, nameRegexp: undefined },
    ...{ tags: undefined, conversionStrategy: undefined },
    ...more,
  }
}

function found(answer: Answer | undefined): Record<string, string> {
  assert.ok(answer?.outcome === 'found-many', printed(answer))
  return Object.fromEntries(
    [...answer.payloads].map(([name, { text }]) => [name, text === undefined ? '' : decode(text)]),
  )
}

const finds: readonly {
  readonly story: string
  readonly find: Partial<Read & { op: 'find' }>
  readonly out: Readonly<Record<string, string>>
}[] = [
  { story: 'a name', find: { nameRegexp: '^t' }, out: { two: 'two', third: 'third' } },
  { story: 'tags', find: { tags: new Map([['env', 'prod']]) }, out: { one: 'new', two: 'two' } },
  {
    story: 'all tags at once',
    find: {
      tags: new Map([
        ['env', 'prod'],
        ['team', 'shop'],
      ]),
    },
    out: { two: 'two' },
  },
  {
    story: 'a name and tags',
    find: { nameRegexp: 'o', tags: new Map([['team', 'other']]) },
    out: {},
  },
  {
    story: 'nothing said: all that are enabled',
    find: {},
    out: { one: 'new', two: 'two', third: 'third' },
  },
]
for (const { story, find: given, out } of finds) {
  for (const pageMax of [1, 3, 25]) {
    test(`azurekv: find by ${story}, ${pageMax} a page`, async (t) => {
      const started = await start(t, { pageMax })
      assert.deepEqual(found((await ask(started, find(given)))[0]), out)
      const pages = pageMax === 25 ? 1 : pageMax === 3 ? 2 : 4
      assert.equal(started.vault.calls.count('keyvault:GetSecrets'), pages)
    })
  }
}

const links: readonly (readonly [story: string, link: (url: string) => string])[] = [
  ['another host', () => 'https://evil.example.com/secrets?x=1'],
  ['another path', (url) => `${url}/keys?api-version=7.4`],
  ['itself', (url) => `${url}/secrets?api-version=7.4&$skiptoken=1`],
  ['no URL', () => 'next'],
]
for (const [story, link] of links) {
  test(`azurekv: a next page at ${story} is not followed`, async (t) => {
    const started = await start(t)
    const body = JSON.stringify({ value: [], nextLink: link(started.vault.url) })
    const does = { reply: { status: 200, body } }
    started.vault.fault({ call: 'keyvault:GetSecrets', times: 99, does })
    assert.deepEqual((await ask(started, find({ nameRegexp: 'x' }))).map(inShort), ['malformed'])
    assert.ok(started.vault.calls.count('keyvault:GetSecrets') <= 2)
  })
}

test('azurekv: a page that fails fails the find: a part would look like deletions', async (t) => {
  const started = await start(t, { pageMax: 1 })
  const does = { reply: { status: 403, body: '{"error":{"code":"Forbidden"}}' } }
  started.vault.fault({ call: 'keyvault:GetSecrets', after: 2, times: 99, does })
  assert.deepEqual((await ask(started, find({ nameRegexp: 'o' }))).map(inShort), ['forbidden'])
})

test('azurekv: a pattern that is none is told before anything is listed', async (t) => {
  const started = await start(t)
  assert.deepEqual((await ask(started, find({ nameRegexp: '(' }))).map(inShort), ['invalid'])
  assert.equal(started.vault.calls.count('keyvault:GetSecrets'), 0)
})
