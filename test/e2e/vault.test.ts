import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { JsonObject } from '../../src/model/json.ts'
import type { Answer, Read } from '../../src/model/provider.ts'
import { generate } from '../../src/providers/generators/generate.ts'
import { openStore } from '../../src/providers/open.ts'
import type { SecretProvider } from '../../src/providers/provider.ts'
import { serviceAccountClaims, startIssuer } from '../servers/jwt.ts'
import { testTls } from '../servers/server.ts'
import {
  decode,
  fetchMetadata,
  get,
  inShort,
  type TestOpening,
  testOpening,
  testStore,
} from '../unit/providers/opening.ts'
import { type Bed, openBed, writePrivate } from './bed.ts'

// Real things needed: HashiCorp Vault with a TLS listener, and moto as the STS that Vault asks. The kubernetes method has its
// real API server in tutorial.test.ts. Not here: ldap and gcp need servers of their own, namespaces are Enterprise.

let bed: Bed
let address = ''
let ca = ''
let server: ChildProcess | undefined
let awsEndpoint = ''
let opening: TestOpening
const issuer = startIssuer('https://issuer.example')
const secrets: Record<string, Record<string, string>> = {}
const providers: SecretProvider[] = []

before(async () => {
  bed = openBed('vault')
  awsEndpoint = bed.up('moto').AWS_ENDPOINT_URL ?? ''
  await startVault()
  const { cert, key } = testTls().client
  secrets['shop/client'] = { 'tls.crt': cert, 'tls.key': key }
  secrets['shop/login'] = { token: 'root', password: 'pass-1' }
  secrets['shop/keys'] = { id: 'testing', key: 'testing' }
  secrets['shop/jwt'] = {
    token: issuer.sign(serviceAccountClaims('shop', 'reader', ['vault'], Date.now())),
  }
  opening = testOpening({
    cluster: { secrets, token: (_, audiences) => tokenFor('reader', audiences) },
    env: { AWS_STS_ENDPOINT: awsEndpoint },
  })
  prepare()
})

after(async () => {
  await Promise.all(providers.map((provider) => provider.close()))
  opening?.close()
  server?.kill()
  bed?.down()
})

const tokenFor = (name: string, audiences: readonly string[]): string =>
  issuer.sign(serviceAccountClaims('shop', name, audiences, Date.now()))

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const found = probe.address()
      probe.close(() => done(typeof found === 'object' && found !== null ? found.port : 0))
    })
  })
}

/** In dev mode, with a CA of its own; the bed's Vault speaks plain http, which knows no certificates. */
async function startVault(): Promise<void> {
  const tls = join(bed.state, 'tls')
  mkdirSync(tls)
  const listen = `127.0.0.1:${await freePort()}`
  address = `https://${listen}`
  const log = openSync(join(bed.state, 'vault.log'), 'w')
  const flags = ['-dev', '-dev-tls', `-dev-tls-cert-dir=${tls}`, `-dev-listen-address=${listen}`]
  const more = ['-dev-root-token-id=root', '-dev-no-store-token']
  server = spawn(join(bed.bin, 'vault'), ['server', ...flags, ...more], {
    env: { HOME: bed.state, GODEBUG: 'x509negativeserial=1' },
    stdio: ['ignore', log, log],
  })
  for (let tries = 0; ; tries++) {
    await pause(200)
    try {
      ca = readFileSync(join(tls, 'vault-ca.pem'), 'utf8')
      vault('status')
      return
    } catch (error) {
      if (tries > 300) throw error
    }
  }
}

function vault(...args: readonly string[]): string {
  return execFileSync(join(bed.bin, 'vault'), [...args], {
    encoding: 'utf8',
    env: {
      HOME: bed.state,
      GODEBUG: 'x509negativeserial=1',
      VAULT_ADDR: address,
      VAULT_TOKEN: 'root',
      VAULT_CACERT: join(bed.state, 'tls/vault-ca.pem'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Engines, policies and every login that this Vault can do by itself. */
function prepare(): void {
  const policy = [
    'path "secret/data/shop/*" { capabilities = ["read"] }',
    'path "secret/metadata/*" { capabilities = ["read", "list"] }',
    'path "old/*" { capabilities = ["read", "list"] }',
    'path "pki/issue/*" { capabilities = ["update"] }',
    'path "auth/token/create" { capabilities = ["update"] }',
  ]
  vault('policy', 'write', 'shop', writePrivate(join(bed.state, 'shop.hcl'), policy.join('\n')))
  vault('secrets', 'enable', '-path=old', '-version=1', 'kv')
  vault('kv', 'put', '-mount=secret', 'shop/api', 'token=first')
  vault('kv', 'put', '-mount=secret', 'shop/api', 'token=second')
  vault('kv', 'put', 'old/team/db', 'user=shop', 'pass=<&>')
  vault('audit', 'enable', 'file', `file_path=${join(bed.state, 'audit.log')}`)
  for (const method of ['approle', 'userpass', 'cert', 'jwt', 'aws'])
    vault('auth', 'enable', method)
  const grant = ['token_policies=shop', 'token_ttl=10m']
  vault('write', 'auth/approle/role/shop', ...grant)
  vault('write', 'auth/approle/role/batch', ...grant, 'token_type=batch')
  for (const role of ['shop', 'batch']) {
    const read = ['read', '-field=role_id', `auth/approle/role/${role}/role-id`]
    const made = ['write', '-f', '-field=secret_id', `auth/approle/role/${role}/secret-id`]
    secrets[`shop/${role}`] = { role: vault(...read), secret: vault(...made) }
  }
  vault('write', 'auth/userpass/users/ann', 'password=pass-1', ...grant)
  const short = ['token_policies=shop', 'token_ttl=3s', 'token_max_ttl=7s']
  vault('write', 'auth/userpass/users/short', 'password=pass-1', ...short)
  const authority = writePrivate(join(bed.state, 'client-ca.pem'), testTls().authority.ca)
  vault('write', 'auth/cert/certs/shop', `certificate=@${authority}`, ...grant)
  prepareJwt(grant)
  prepareAws(grant)
  preparePki()
}

function prepareJwt(grant: readonly string[]): void {
  const [jwk] = issuer.jwks
  const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({
    format: 'pem',
    type: 'spki',
  })
  const file = writePrivate(join(bed.state, 'jwt.pem'), String(pem))
  vault(
    'write',
    'auth/jwt/config',
    `jwt_validation_pubkeys=@${file}`,
    'bound_issuer=https://issuer.example',
  )
  const bound = ['bound_audiences=vault', 'bound_subject=system:serviceaccount:shop:reader']
  vault('write', 'auth/jwt/role/shop', 'role_type=jwt', 'user_claim=sub', ...bound, ...grant)
}

/** Vault asks moto who signed; moto does not verify the signature, Vault verifies everything around it. */
function prepareAws(grant: readonly string[]): void {
  const sts = [`sts_endpoint=${awsEndpoint}`, 'sts_region=eu-central-1']
  const named = 'iam_server_id_header_value=vault.example.com'
  vault(
    'write',
    'auth/aws/config/client',
    'access_key=testing',
    'secret_key=testing',
    ...sts,
    named,
  )
  const bound = 'bound_iam_principal_arn=arn:aws:iam::123456789012:role/reader'
  vault(
    'write',
    'auth/aws/role/shop',
    'auth_type=iam',
    'resolve_aws_unique_ids=false',
    bound,
    ...grant,
  )
}

function preparePki(): void {
  vault('secrets', 'enable', 'pki')
  vault('write', 'pki/root/generate/internal', 'common_name=root.example')
  vault('write', 'pki/roles/web', 'allow_any_name=true')
  vault('write', 'pki/roles/leased', 'allow_any_name=true', 'generate_lease=true')
}

/** Requests that Vault has logged, by path. */
function asked(path: string): number {
  const lines = readFileSync(join(bed.state, 'audit.log'), 'utf8').split('\n')
  return lines.filter((line) => {
    return line.includes('"type":"request"') && JSON.parse(line).request.path === path
  }).length
}

async function open(auth: JsonObject, more: JsonObject = {}): Promise<SecretProvider> {
  const caBundle = Buffer.from(ca).toString('base64')
  const settings = { server: address, path: 'secret', caBundle, auth, ...more }
  const provider = await openStore(testStore('vault', settings), opening.context)
  providers.push(provider)
  return provider
}

const read = (provider: SecretProvider, ...reads: readonly Read[]): Promise<readonly Answer[]> =>
  provider.read(reads, opening.context.signal)

const byToken = { tokenSecretRef: { name: 'login', key: 'token' } }
const byPassword = (username: string): JsonObject => ({
  userPass: { path: 'userpass', username, secretRef: { name: 'login', key: 'password' } },
})
const byAppRole = (role: string): JsonObject => ({
  appRole: {
    path: 'approle',
    roleRef: { name: role, key: 'role' },
    secretRef: { name: role, key: 'secret' },
  },
})
const byRole: JsonObject = {
  iam: {
    vaultRole: 'shop',
    region: 'eu-central-1',
    role: 'arn:aws:iam::123456789012:role/reader',
    vaultAwsIamServerID: 'vault.example.com',
    secretRef: {
      accessKeyIDSecretRef: { name: 'keys', key: 'id' },
      secretAccessKeySecretRef: { name: 'keys', key: 'key' },
    },
  },
}

const logins: readonly { readonly story: string; readonly auth: JsonObject }[] = [
  { story: 'AppRole', auth: byAppRole('shop') },
  { story: 'userpass', auth: byPassword('ann') },
  {
    story: 'a client certificate',
    auth: {
      cert: { vaultRole: 'shop', clientCert: { name: 'client' }, secretRef: { name: 'client' } },
    },
  },
  {
    story: 'a JWT of a Secret',
    auth: { jwt: { role: 'shop', secretRef: { name: 'jwt', key: 'token' } } },
  },
  {
    story: 'a JWT of a ServiceAccount',
    auth: {
      jwt: {
        role: 'shop',
        kubernetesServiceAccountToken: { serviceAccountRef: { name: 'reader' } },
      },
    },
  },
  { story: 'a role of AWS', auth: byRole },
]
for (const { story, auth } of logins) {
  test(`login by ${story}; its token is gone after the end`, async () => {
    const before = asked('auth/token/revoke-self')
    const provider = await open(auth)
    assert.deepEqual((await read(provider, get('shop/api'))).map(inShort), ['{"token":"second"}'])
    await provider.close()
    assert.equal(asked('auth/token/revoke-self'), before + 1)
  })
}

const refusals: readonly {
  readonly story: string
  readonly auth: JsonObject
  readonly why: RegExp
}[] = [
  {
    story: 'another secret id',
    auth: {
      appRole: {
        path: 'approle',
        roleRef: { name: 'shop', key: 'role' },
        secretRef: { name: 'batch', key: 'secret' },
      },
    },
    why: /role id or secret id is wrong/,
  },
  { story: 'no such user', auth: byPassword('eve'), why: /user "eve" at auth\/userpass/ },
  {
    story: 'a JWT for somebody else',
    auth: {
      jwt: {
        role: 'shop',
        kubernetesServiceAccountToken: {
          serviceAccountRef: { name: 'reader' },
          audiences: ['aws'],
        },
      },
    },
    why: /audience/,
  },
  {
    story: 'a certificate without a role',
    auth: {
      cert: { vaultRole: 'nobody', clientCert: { name: 'client' }, secretRef: { name: 'client' } },
    },
    why: /role "nobody" at auth\/cert/,
  },
  {
    story: 'a request that is signed for another Vault',
    auth: { iam: { ...(byRole.iam as JsonObject), vaultAwsIamServerID: 'elsewhere' } },
    why: /role "shop" at auth\/aws/,
  },
]
for (const { story, auth, why } of refusals) {
  test(`a login that is refused is told: ${story}`, async () => {
    await assert.rejects(open(auth), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'unauthenticated', error.message)
      assert.match(error.message, why)
      return true
    })
  })
}

test('a batch token reads, and is left alone at the end', async () => {
  const before = asked('auth/token/revoke-self')
  const provider = await open(byAppRole('batch'))
  assert.deepEqual((await read(provider, get('shop/api'))).map(inShort), ['{"token":"second"}'])
  await provider.close()
  assert.equal(asked('auth/token/revoke-self'), before)
})

test('KV v2: versions, what became of them, and what never was', async () => {
  const provider = await open(byToken)
  for (const word of ['one', 'two', 'three']) {
    vault('kv', 'put', '-mount=secret', 'shop/versions', `v=${word}`)
  }
  vault('kv', 'delete', '-mount=secret', '-versions=2', 'shop/versions')
  vault('kv', 'destroy', '-mount=secret', '-versions=1', 'shop/versions')
  const reads = ['1', '2', '3', '4'].map((version) => get('shop/versions', version))
  const answers = await read(provider, ...reads, get('shop/none'))
  assert.deepEqual(
    answers.map((answer) =>
      answer.outcome === 'absent' ? (answer.gone ?? 'absent') : inShort(answer),
    ),
    [
      'version 1 of secret/shop/versions is destroyed',
      'version 2 of secret/shop/versions was deleted',
      '{"v":"three"}',
      'absent',
      'absent',
    ],
  )
  vault('kv', 'delete', '-mount=secret', 'shop/versions')
  const [latest] = await read(provider, get('shop/versions'))
  assert.ok(latest?.outcome === 'absent')
  assert.equal(latest.gone, 'version 3 of secret/shop/versions was deleted')
})

test('KV v2: custom metadata, find by name, by path and by tags', async () => {
  const provider = await open(byToken)
  vault('kv', 'put', '-mount=secret', 'tree/a', 'n=1')
  vault('kv', 'put', '-mount=secret', 'tree/deep/b', 'n=2')
  vault('kv', 'metadata', 'put', '-mount=secret', '-custom-metadata=env=prod', 'tree/deep/b')
  const base = { op: 'find' as const, store: '', conversionStrategy: undefined }
  const none = { path: undefined, nameRegexp: undefined, tags: undefined }
  const answers = await read(
    provider,
    { ...base, ...none, nameRegexp: '^tree/.*b$' },
    { ...base, ...none, path: 'tree' },
    { ...base, ...none, tags: new Map([['env', 'prod']]) },
    fetchMetadata('tree/deep/b'),
  )
  const keys = answers.slice(0, 3).map((answer) => {
    assert.ok(answer.outcome === 'found-many', inShort(answer))
    return [...answer.payloads.keys()]
  })
  assert.deepEqual(keys, [['tree/deep/b'], ['tree/a', 'tree/deep/b'], ['tree/deep/b']])
  const fetched = answers[3]
  assert.ok(fetched?.outcome === 'found' && fetched.payload.metadata?.json !== undefined)
  assert.deepEqual(JSON.parse(decode(fetched.payload.metadata.json)).custom_metadata, {
    env: 'prod',
  })
})

test('KV v1: reads, finds, and is told from KV v2', async () => {
  const provider = await open(byToken, { path: 'old', version: 'v1' })
  const [found, none] = await read(provider, get('team/db'), get('team/none'))
  assert.deepEqual(JSON.parse(inShort(found)), { pass: '<&>', user: 'shop' })
  assert.equal(inShort(none), 'absent')
  const swapped = await open(byToken, { path: 'secret', version: 'v1' })
  assert.deepEqual((await read(swapped, get('shop/api'))).map(inShort), ['invalid'])
})

test('a token that lives for three seconds is renewed, and replaced near its max TTL: no read fails', async () => {
  const before = [asked('auth/userpass/login/short'), asked('auth/token/renew-self')] as const
  const provider = await open(byPassword('short'))
  const end = Date.now() + 10_000
  while (Date.now() < end) {
    assert.deepEqual((await read(provider, get('shop/api'))).map(inShort), ['{"token":"second"}'])
    await pause(250)
  }
  const logins = asked('auth/userpass/login/short') - before[0]
  assert.ok(logins >= 2 && logins <= 3, `${logins} logins`)
  assert.ok(asked('auth/token/renew-self') - before[1] >= 2)
})

test('a token that is revoked while many read costs one login, and no read', async () => {
  const provider = await open(byPassword('ann'))
  await read(provider, get('shop/api'))
  const before = asked('auth/userpass/login/ann')
  vault('token', 'revoke', '-mode=path', 'auth/userpass')
  const answers = await read(provider, ...Array.from({ length: 100 }, () => get('shop/api')))
  assert.deepEqual(new Set(answers.map(inShort)), new Set(['{"token":"second"}']))
  assert.equal(asked('auth/userpass/login/ann'), before + 1)
})

// ── VaultDynamicSecret ──

async function made(spec: JsonObject): Promise<ReadonlyMap<string, string>> {
  const caBundle = Buffer.from(ca).toString('base64')
  const provider = { server: address, caBundle, auth: byPassword('ann') }
  const object = { kind: 'VaultDynamicSecret', spec: { provider, ...spec } }
  const sources = { randomBytes: () => new Uint8Array(), context: opening.context }
  const answer = await generate(object, sources)
  assert.ok(answer.outcome === 'generated', inShort(answer))
  return new Map([...answer.data].map(([key, value]) => [key, decode(value)]))
}

test('VaultDynamicSecret: a certificate of the PKI engine', async () => {
  const parameters = { common_name: 'shop.example', ttl: '1h' }
  const data = await made({ path: 'pki/issue/web', method: 'POST', parameters })
  const certificate = new X509Certificate(data.get('certificate') ?? '')
  assert.match(certificate.subject, /CN=shop\.example/)
  assert.match(data.get('private_key') ?? '', /^-----BEGIN RSA PRIVATE KEY-----/)
})

test('VaultDynamicSecret: what is leased outlives the run that asked for it', async () => {
  const parameters = { common_name: 'leased.example', ttl: '1h' }
  const spec = { path: 'pki/issue/leased', method: 'POST', parameters, resultType: 'Raw' }
  const lease = (await made(spec)).get('lease_id') ?? ''
  assert.match(vault('lease', 'lookup', lease), new RegExp(lease))
})

test('VaultDynamicSecret: a token that lives', async () => {
  const parameters = { policies: ['shop'], ttl: '5m' }
  const spec = { path: 'auth/token/create', method: 'POST', parameters, resultType: 'Auth' }
  const data = await made(spec)
  assert.match(vault('token', 'lookup', data.get('client_token') ?? ''), /shop/)
  assert.equal(data.get('lease_duration'), '300')
})

test('VaultDynamicSecret: a read with parameters, and a list', async () => {
  const old = await made({ path: 'secret/data/shop/api', getParameters: { version: ['1'] } })
  assert.equal(old.get('data'), '{"token":"first"}')
  const listed = await made({ path: '/secret/metadata/shop', method: 'LIST' })
  assert.match(listed.get('keys') ?? '', /^\["api"/)
})

// ── The last one: it seals ──

test('a sealed Vault is said to be sealed, and is read again once it is unsealed', async () => {
  const provider = await open(byPassword('ann'))
  const key = /Unseal Key: (\S+)/.exec(readFileSync(join(bed.state, 'vault.log'), 'utf8'))?.[1]
  vault('operator', 'seal')
  assert.deepEqual((await read(provider, get('shop/api'))).map(inShort), ['sealed'])
  vault('operator', 'unseal', key ?? '')
  for (let tries = 0; tries < 20; tries++) {
    const [answer] = await read(provider, get('shop/api'))
    if (answer?.outcome === 'found') return
    await pause(250)
  }
  assert.fail('it stays sealed')
})
