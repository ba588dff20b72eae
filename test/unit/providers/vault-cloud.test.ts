import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { signCallerIdentity } from '../../../src/providers/aws/caller-identity.ts'
import { type AwsServer, startAws } from '../../servers/aws.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import type { VaultOptions } from '../../servers/vault-state.ts'
import { get, inShort } from './opening.ts'
import { bench, readOne, refusalOf } from './vault-bench.ts'

// Logins that a cloud vouches for: Vault's own check of the signed request, and STS for the roles on the way there.

const POLICIES = { shop: [{ path: 'secret/data/shop/', capabilities: ['read'] as const }] }
const USER = { id: 'AKIATESTTESTTEST', secret: 'secret-key-of-the-user' }
const ROLE = 'arn:aws:iam::123456789012:role/reader'
const SESSION = 'arn:aws:sts::123456789012:assumed-role/reader/external-secrets-provider-aws'
const issuer = startIssuer('https://kubernetes.default.svc')

const secrets = { 'shop/keys': { id: USER.id, key: USER.secret, bad: 'another-key' } }
const cluster = {
  secrets,
  accounts: { 'shop/reader': { 'eks.amazonaws.com/role-arn': ROLE } },
  token: (_: string, audiences: readonly string[]) =>
    issuer.sign(serviceAccountClaims('shop', 'reader', audiences, Date.now())),
}
const keysRef = (key = 'key'): JsonObject => ({
  accessKeyIDSecretRef: { name: 'keys', key: 'id' },
  secretAccessKeySecretRef: { name: 'keys', key },
})

/** A Vault that trusts the identities of this AWS. */
async function cloud(t: TestContext, serverId?: string) {
  const aws: AwsServer = await startAws({
    accessKeys: [{ ...USER, principal: 'arn:aws:iam::123456789012:user/ann' }],
    roles: [
      {
        arn: ROLE,
        trust: {
          subjects: ['system:serviceaccount:shop:reader'],
          principals: ['arn:aws:iam::123456789012:user/ann'],
        },
      },
    ],
    jwks: issuer.jwks,
  })
  t.after(() => aws.close())
  const user = { ...USER, sessionToken: undefined, expiresMs: undefined, principal: 'user/ann' }
  const options: VaultOptions = {
    policies: POLICIES,
    auth: {
      'cloud/aws': {
        method: 'aws',
        region: 'eu-central-1',
        ...(serverId === undefined ? {} : { serverId }),
        keys: () => [user, ...aws.sessions],
        roles: {
          shop: { principals: ['user/ann', ...[SESSION, ROLE]], policies: ['shop'] },
          other: { principals: [], policies: ['shop'] },
        },
      },
    },
  }
  const env = { AWS_STS_ENDPOINT: aws.url }
  const base = { path: 'cloud/aws', region: 'eu-central-1', vaultRole: 'shop' }
  return { aws, base, ...(await bench(t, options, cluster, { env })) }
}

const ways: readonly { readonly story: string; readonly iam: JsonObject; readonly sts: number }[] =
  [
    { story: 'keys of a Secret', iam: { secretRef: keysRef() }, sts: 0 },
    { story: 'keys, then a role', iam: { secretRef: keysRef(), role: ROLE }, sts: 1 },
    { story: 'a ServiceAccount', iam: { jwt: { serviceAccountRef: { name: 'reader' } } }, sts: 1 },
  ]
for (const { story, iam, sts } of ways) {
  test(`iam: ${story}; one login, one signed request that names this Vault`, async (t) => {
    const { aws, base, open, vault, opening } = await cloud(t, 'vault.example.com')
    const provider = await open({
      auth: { iam: { ...base, ...iam, vaultAwsIamServerID: 'vault.example.com' } },
    })
    assert.match(inShort(await readOne(provider, get('shop/api'))), /tok-1/)
    assert.deepEqual([vault.calls.count('vault:login'), aws.calls.count()], [1, sts])
    assert.equal(opening.calls.filter((call) => call === 'vault:login').length, 1)
    await provider.close()
    assert.equal(vault.live().length, 0)
  })
}

const refusals: readonly {
  readonly story: string
  readonly iam: JsonObject
  readonly message: RegExp
}[] = [
  {
    story: 'a wrong secret key',
    iam: { secretRef: keysRef('bad') },
    message: /refuses the login of role "shop" at auth\/cloud\/aws/,
  },
  {
    story: 'a role of Vault for others',
    iam: { secretRef: keysRef(), vaultRole: 'other' },
    message: /role "other"/,
  },
  {
    story: 'another Vault is named',
    iam: { secretRef: keysRef(), vaultAwsIamServerID: 'evil.example.com' },
    message: /refuses the login/,
  },
]
for (const { story, iam, message } of refusals) {
  test(`iam is refused: ${story}`, async (t) => {
    const { base, open } = await cloud(t, 'vault.example.com')
    const given = { vaultAwsIamServerID: 'vault.example.com', ...base, ...iam }
    const error = await refusalOf(open({ auth: { iam: given } }))
    assert.equal(error.code, 'unauthenticated')
    assert.match(error.message, message)
    assert.doesNotMatch(`${error.message}${error.hint}`, /AKIATEST|Signature|secret-key/)
  })
}

test('iam without a role of Vault, or with half of the keys, is invalid', async (t) => {
  const { base, open } = await cloud(t)
  const noRole = await refusalOf(open({ auth: { iam: { ...base, vaultRole: '' } } }))
  assert.equal(noRole.code, 'invalid')
  const half = { accessKeyIDSecretRef: { name: 'keys', key: 'id' } }
  const error = await refusalOf(open({ auth: { iam: { ...base, secretRef: half } } }))
  assert.equal(error.code, 'invalid')
})

test('iam takes no keys of the environment while a Secret is named, and needs some identity', async (t) => {
  const { base, open } = await cloud(t)
  process.env.AWS_ACCESS_KEY_ID = 'AKIAFROMENVIRON'
  process.env.AWS_SECRET_ACCESS_KEY = 'x'
  t.after(() => {
    delete process.env.AWS_ACCESS_KEY_ID
    delete process.env.AWS_SECRET_ACCESS_KEY
  })
  const error = await refusalOf(open({ auth: { iam: base } }))
  assert.equal(error.code, 'credentials-not-found')
})

const hosts: readonly (readonly [region: string, host: string])[] = [
  ['us-east-1', 'sts.amazonaws.com'],
  ['eu-central-1', 'sts.eu-central-1.amazonaws.com'],
  ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
]
for (const [region, host] of hosts) {
  test(`the question is signed for ${host} in ${region}, whatever the environment says`, () => {
    const keys = { accessKeyId: USER.id, secretAccessKey: USER.secret }
    const { url, headers } = signCallerIdentity(keys, { region, serverId: undefined, nowMs: 0 })
    assert.deepEqual([url, headers.host], [`https://${host}/`, host])
    assert.match(headers.authorization ?? '', new RegExp(`/19700101/${region}/sts/aws4_request`))
  })
}

// ── gcp ──

const EMAIL = 'reader@shop-1.iam.gserviceaccount.com'
const GOOGLE = makeServiceAccount(EMAIL)
const GKE = { project: 'shop-1', location: 'europe-west1', name: 'prod', jwks: issuer.jwks }

async function google(t: TestContext, file = GOOGLE.json) {
  const gcp = await startGcp({
    keys: [GOOGLE],
    clusters: [GKE],
    impersonators: {
      [EMAIL]: ['serviceAccount:shop-1.svc.id.goog[shop/reader]', `serviceAccount:${EMAIL}`],
    },
  })
  t.after(() => gcp.close())
  const options: VaultOptions = {
    policies: POLICIES,
    auth: {
      gcp: {
        method: 'gcp',
        accounts: { [EMAIL]: [GOOGLE.jwk] },
        isOfGoogle: (jwt) => gcp.handedOut.includes(jwt),
        roles: {
          shop: { accounts: [EMAIL], policies: ['shop'] },
          other: { accounts: [], policies: ['shop'] },
        },
      },
    },
  }
  const given = {
    ...cluster,
    secrets: { 'shop/google': { 'key.json': file } },
    accounts: { 'shop/reader': { 'iam.gke.io/gcp-service-account': EMAIL } },
  }
  return { gcp, ...(await bench(t, options, given, { env: gcpEnv(gcp.url) })) }
}

const secretRef = { secretAccessKeySecretRef: { name: 'google', key: 'key.json' } }

test('gcp: the key of a service account signs for one role of Vault, for less than fifteen minutes', async (t) => {
  const { open, vault, gcp } = await google(t)
  const provider = await open({ auth: { gcp: { role: 'shop', secretRef } } })
  assert.equal(gcp.calls.count(), 0)
  assert.match(inShort(await readOne(provider, get('shop/api'))), /tok-1/)
  assert.deepEqual(
    vault.calls.all.map(({ call }) => call),
    ['vault:login', 'vault:read'],
  )
  await provider.close()
  assert.equal(vault.live().length, 0)
})

test('gcp: what is refused, and a file that is no key, are told without a piece of it', async (t) => {
  const { open } = await google(t)
  const refused = await refusalOf(open({ auth: { gcp: { role: 'other', secretRef } } }))
  assert.equal(refused.code, 'unauthenticated')
  assert.match(refused.message, /role "other" at auth\/gcp/)
  assert.match(refused.hint ?? '', /vault read auth\/gcp\/role\/other/)
  const file = { ...JSON.parse(GOOGLE.json), private_key: 'PRIVATE-canary' }
  const broken = await google(t, JSON.stringify(file))
  const error = await refusalOf(broken.open({ auth: { gcp: { role: 'shop', secretRef } } }))
  assert.equal(error.code, 'invalid')
  assert.doesNotMatch(`${error.message}${error.hint}`, /canary/)
})

const workloadIdentity: JsonObject = {
  serviceAccountRef: { name: 'reader' },
  clusterProjectID: 'shop-1',
  clusterLocation: 'europe-west1',
  clusterName: 'prod',
}

test('gcp: a ServiceAccount of GKE has its service account sign, which Google does for it', async (t) => {
  const { open, vault, gcp } = await google(t)
  const provider = await open({ auth: { gcp: { role: 'shop', workloadIdentity } } })
  assert.match(inShort(await readOne(provider, get('shop/api'))), /tok-1/)
  assert.equal(vault.calls.count('vault:login'), 1)
  assert.deepEqual(
    gcp.calls.all.map(({ call }) => call.split(':')[1]),
    ['IdentityBindingToken', 'GenerateAccessToken', 'SignJwt'],
  )
})

test('gcp: without any identity the pod is asked for its own, which has to be allowed', async (t) => {
  const { open } = await google(t)
  const error = await refusalOf(open({ auth: { gcp: { role: 'shop' } } }))
  assert.equal(error.code, 'credentials-not-found')
  const account = { gcp: { role: 'shop', serviceAccountRef: { name: 'reader' } } }
  assert.equal((await refusalOf(open({ auth: account }))).code, 'credentials-not-found')
})
