import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { HttpClient } from '../../../src/model/http.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { gcpDoor } from '../../../src/providers/gcp/door.ts'
import { gcpIdentity } from '../../../src/providers/gcp/identity.ts'
import { openGcp } from '../../../src/providers/gcp/open.ts'
import { signedIdentity } from '../../../src/providers/gcp/signed-identity.ts'
import { generate } from '../../../src/providers/generators/generate.ts'
import { type OpenContext, ProviderError } from '../../../src/providers/provider.ts'
import { type GcpOptions, type GcpServer, gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { readClaims, serviceAccountClaims, startIssuer, verifyToken } from '../../servers/jwt.ts'
import {
  decode,
  get,
  inShort,
  printed,
  type TestCluster,
  testClusterStore,
  testOpening,
  testStore,
} from './opening.ts'

// Every way to an access token of Google, and what is said when one is closed (R161).

const EMAIL = 'reader@shop-1.iam.gserviceaccount.com'
const OTHER = 'other@shop-1.iam.gserviceaccount.com'
const ACCOUNT = makeServiceAccount(EMAIL)
const issuer = startIssuer('https://kubernetes.default.svc', 'RS256')

const POOL = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/shop'
const PROVIDER = `${POOL}/providers/cluster`
const AWS_PROVIDER = `${POOL}/providers/aws`
const SUBJECT = 'system:serviceaccount:shop:reader'
const FEDERATED = `principal:${POOL}/subject/${SUBJECT}`
const GKE_MEMBER = 'serviceAccount:shop-1.svc.id.goog[shop/reader]'
const AWS_KEYS = { id: 'AKIATESTTESTTEST', secret: 'aws-secret-key-of-the-user' }

const GOOGLE: GcpOptions = {
  keys: [ACCOUNT],
  clusters: [{ project: 'shop-1', location: 'eu', name: 'one', jwks: issuer.jwks }],
  pools: [
    { audience: PROVIDER, jwks: issuer.jwks, allowedAudience: 'for-google' },
    {
      audience: AWS_PROVIDER,
      aws: {
        region: 'eu-central-1',
        keys: [
          { ...AWS_KEYS, sessionToken: undefined, expiresMs: undefined },
          { id: 'ASIASESSION', secret: 's3', sessionToken: 'session-token', expiresMs: undefined },
        ],
      },
    },
  ],
  impersonators: {
    [EMAIL]: [GKE_MEMBER, FEDERATED, `serviceAccount:${EMAIL}`],
    [OTHER]: [FEDERATED],
  },
}

interface Asked {
  readonly account: string
  readonly audiences: readonly string[]
  readonly seconds: number
}

interface Way {
  readonly gcp: GcpServer
  readonly asked: Asked[]
  readonly context: OpenContext
  readonly calls: readonly string[]
  /** Whose token it is, by what the server knows. */
  readonly logIn: (auth: JsonObject, kind?: 'ClusterSecretStore') => Promise<string>
}

interface WayOptions {
  readonly google?: GcpOptions
  readonly cluster?: TestCluster
  readonly hasMetadata?: boolean
  readonly http?: (http: HttpClient) => HttpClient
  readonly nowMs?: () => number
  readonly env?: Readonly<Record<string, string>>
}

async function way(t: TestContext, options: WayOptions = {}): Promise<Way> {
  const gcp = await startGcp({ ...GOOGLE, ...options.google })
  const asked: Asked[] = []
  const opening = testOpening({
    env: { ...gcpEnv(gcp.url), ...options.env },
    cluster: {
      accounts: {
        'shop/reader': {},
        'shop/linked': { 'iam.gke.io/gcp-service-account': EMAIL },
        'shop/broken': { 'iam.gke.io/gcp-service-account': '../x' },
      },
      token: (account, audiences, seconds) => {
        asked.push({ account, audiences, seconds })
        return issuer.sign(serviceAccountClaims('shop', 'reader', audiences, Date.now()))
      },
      ...options.cluster,
      secrets: { 'shop/gcp': { json: ACCOUNT.json }, ...options.cluster?.secrets },
    },
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
  })
  t.after(() => {
    opening.close()
    return gcp.close()
  })
  const { http } = opening.context
  const context: OpenContext = {
    ...opening.context,
    http: options.http?.(http) ?? http,
    metadata: options.hasMetadata === true ? http : undefined,
  }
  const logIn: Way['logIn'] = async (auth, kind) => {
    const make = kind === undefined ? testStore : testClusterStore
    const store = make('gcpsm', { projectID: 'shop-1', auth })
    const place = { auth, field: 'spec.provider.gcpsm.auth', requestMs: 2000 }
    const { value, principal } = await gcpIdentity(gcpDoor({ store, context }, place)).token(
      context.signal,
    )
    assert.ok(gcp.handedOut.includes(decode(value)))
    return principal.member
  }
  return { gcp, asked, context, calls: opening.calls, logIn }
}

async function refusal(logging: Promise<unknown>): Promise<ProviderError> {
  const error = await logging.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ProviderError, String(error))
  return error
}

// ── a key ──

const KEY_AUTH = { secretRef: { secretAccessKeySecretRef: { name: 'gcp', key: 'json' } } }

test('key: what it signs is exchanged for a token', async (t) => {
  const { logIn, calls } = await way(t)
  assert.equal(await logIn(KEY_AUTH), `serviceAccount:${EMAIL}`)
  assert.deepEqual(calls, ['oauth2:Token'])
})

const CANARY = 'Zq7Wv9Xk2Jp4Rt8Yb3'

function keyWith(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...(JSON.parse(ACCOUNT.json) as object), ...members })
}

const BROKEN_KEYS: readonly (readonly [story: string, json: string, words: RegExp])[] = [
  ['no JSON', `{"private_key": ${CANARY}`, /is no JSON object/],
  ['a list', `["${CANARY}"]`, /is no JSON object/],
  ['of another type', keyWith({ type: 'authorized_user', x: CANARY }), /type service_account/],
  ['no email', keyWith({ client_email: `${CANARY}/..` }), /no client_email/],
  ['another host to sign for', keyWith({ token_uri: `https://${CANARY}.example/` }), /token_uri/],
  ['no PEM', keyWith({ private_key: CANARY }), /no private_key/],
  [
    'a broken PEM',
    keyWith({ private_key: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----\n` }),
    /no private_key/,
  ],
]

for (const [story, json, words] of BROKEN_KEYS) {
  test(`key: ${story} is refused before any call, and not repeated`, async (t) => {
    const { logIn, calls } = await way(t, { cluster: { secrets: { 'shop/gcp': { json } } } })
    const error = await refusal(logIn(KEY_AUTH))
    assert.equal(error.code, 'invalid')
    assert.match(error.message, words)
    assert.match(error.message, /Secret shop\/gcp/)
    assert.ok(!printed(error).includes(CANARY.slice(0, 6)))
    assert.deepEqual(calls, [])
  })
}

test('key: one that Google does not know any more says how to see which it knows', async (t) => {
  const { logIn } = await way(t, { google: { keys: [makeServiceAccount(EMAIL)] } })
  const { code, message, hint } = await refusal(logIn(KEY_AUTH))
  assert.equal(code, 'unauthenticated')
  assert.equal(
    message,
    `google refuses the key of service account ${EMAIL}: invalid_grant (HTTP 400)`,
  )
  assert.match(hint ?? '', /gcloud iam service-accounts keys list --iam-account=reader@/)
})

test('key: a wrong clock is called by its name', async (t) => {
  const { logIn } = await way(t, { nowMs: () => Date.now() + 600_000 })
  const { hint } = await refusal(logIn(KEY_AUTH))
  assert.match(hint ?? '', /the clock of this machine/)
})

test('key: a Secret that is not there is named with its field', async (t) => {
  const { logIn } = await way(t)
  const auth = { secretRef: { secretAccessKeySecretRef: { name: 'none', key: 'json' } } }
  const { code, message } = await refusal(logIn(auth))
  assert.equal(code, 'credentials-not-found')
  assert.match(message, /Secret shop\/none.*spec\.provider\.gcpsm\.auth\.secretRef/)
})

test('key: a server that cannot prove who it is gets no assertion', async (t) => {
  const { logIn, gcp } = await way(t, { google: { tls: true } })
  assert.equal((await refusal(logIn(KEY_AUTH))).code, 'untrusted')
  assert.equal(gcp.calls.count(), 0)
})

// ── GKE ──

function gke(name: string, more: JsonObject = {}): JsonObject {
  const place = { clusterProjectID: 'shop-1', clusterLocation: 'eu', clusterName: 'one' }
  return { workloadIdentity: { serviceAccountRef: { name }, ...place, ...more } }
}

test('GKE: a ServiceAccount is itself, by a token for its pool of a quarter of an hour', async (t) => {
  const { logIn, asked, calls } = await way(t)
  const serviceAccountRef = { name: 'reader', audiences: ['more', 'shop-1.svc.id.goog'] }
  assert.equal(await logIn(gke('reader', { serviceAccountRef })), GKE_MEMBER)
  const audiences = ['shop-1.svc.id.goog', 'more']
  assert.deepEqual(asked, [{ account: 'shop/reader', audiences, seconds: 900 }])
  assert.deepEqual(calls, ['securetoken:IdentityBindingToken'])
})

test('GKE: a linked ServiceAccount becomes the service account', async (t) => {
  const { logIn, calls } = await way(t)
  assert.equal(await logIn(gke('linked')), `serviceAccount:${EMAIL}`)
  assert.deepEqual(calls, [
    'securetoken:IdentityBindingToken',
    'iamcredentials:GenerateAccessToken',
  ])
})

test('GKE: a link that Google does not know of says how to make it', async (t) => {
  const { logIn } = await way(t, { google: { impersonators: {} } })
  const { code, message, hint } = await refusal(logIn(gke('linked')))
  assert.equal(code, 'forbidden')
  assert.match(message, /service account reader@shop-1\S* refuses ServiceAccount shop\/linked/)
  assert.match(
    hint ?? '',
    /--role=roles\/iam\.workloadIdentityUser --member="serviceAccount:shop-1\.svc\.id\.goog\[shop\/linked\]"/,
  )
})

test('GKE: another cluster than the one that the token is of is refused in our words', async (t) => {
  const { logIn } = await way(t)
  const { code, message, hint } = await refusal(logIn(gke('reader', { clusterName: 'two' })))
  assert.equal(code, 'unauthenticated')
  assert.match(
    message,
    /pool shop-1\.svc\.id\.goog refuses ServiceAccount shop\/reader of cluster eu\/two/,
  )
  assert.match(hint ?? '', /gcloud container clusters describe two/)
})

const GKE_ROWS: readonly (readonly [
  story: string,
  auth: JsonObject,
  code: string,
  words: RegExp,
])[] = [
  ['no ServiceAccount', gke(''), 'invalid', /serviceAccountRef names no ServiceAccount/],
  ['one that is not there', gke('none'), 'credentials-not-found', /ServiceAccount shop\/none/],
  ['a link that is no email', gke('broken'), 'invalid', /is no email/],
  ['a name that is a path', gke('reader', { clusterName: 'a/b' }), 'invalid', /clusterName/],
  [
    'no place, and nobody to ask',
    gke('reader', { clusterName: '' }),
    'credentials-not-found',
    /instance\/attributes\/cluster-name would have to be asked of the metadata server/,
  ],
]

for (const [story, auth, code, words] of GKE_ROWS) {
  test(`GKE: ${story} is refused`, async (t) => {
    const { logIn, calls } = await way(t)
    const error = await refusal(logIn(auth))
    assert.equal(error.code, code)
    assert.match(error.message, words)
    assert.deepEqual(calls, [])
  })
}

const ON_GKE: GcpOptions = {
  podEmail: EMAIL,
  attributes: {
    'instance/attributes/cluster-location': 'eu',
    'instance/attributes/cluster-name': 'one',
  },
}

test('GKE: what the store leaves out is asked of the metadata server, where that is allowed', async (t) => {
  const { logIn } = await way(t, { google: ON_GKE, hasMetadata: true })
  const auth = { workloadIdentity: { serviceAccountRef: { name: 'reader' } } }
  assert.equal(await logIn(auth), GKE_MEMBER)
})

// ── federation ──

function federated(more: JsonObject): JsonObject {
  return { workloadIdentityFederation: { audience: PROVIDER, ...more } }
}

const OF_CLUSTER = { serviceAccountRef: { name: 'reader', audiences: ['for-google'] } }
const LINKED = { serviceAccountRef: { name: 'linked', audiences: ['for-google'] } }

test('federation: a ServiceAccount of any cluster, by exactly the audiences of the store', async (t) => {
  const { logIn, asked, calls } = await way(t)
  assert.equal(await logIn(federated(OF_CLUSTER)), FEDERATED)
  assert.deepEqual(asked, [{ account: 'shop/reader', audiences: ['for-google'], seconds: 900 }])
  assert.deepEqual(calls, ['sts:Token'])
})

test('federation: it becomes the service account of its annotation', async (t) => {
  const { logIn } = await way(t)
  assert.equal(await logIn(federated(LINKED)), `serviceAccount:${EMAIL}`)
})

test('federation: gcpServiceAccountEmail wins over the annotation', async (t) => {
  const { logIn } = await way(t)
  const auth = federated({ ...LINKED, gcpServiceAccountEmail: OTHER })
  assert.equal(await logIn(auth), `serviceAccount:${OTHER}`)
})

test('federation: a token of another audience says what has to fit', async (t) => {
  const { logIn } = await way(t)
  const serviceAccountRef = { name: 'reader', audiences: ['for-others'] }
  const { code, message, hint } = await refusal(logIn(federated({ serviceAccountRef })))
  assert.equal(code, 'unauthenticated')
  assert.match(message, /providers\/cluster refuses ServiceAccount shop\/reader: invalid_grant/)
  assert.match(hint ?? '', /audience, attribute mapping or condition/)
})

const AWS = {
  audience: AWS_PROVIDER,
  awsSecurityCredentials: {
    region: 'eu-central-1',
    awsCredentialsSecretRef: { name: 'aws' },
  },
}

test('federation: AWS keys sign a request that AWS will answer to Google', async (t) => {
  const keys = { aws_access_key_id: AWS_KEYS.id, aws_secret_access_key: AWS_KEYS.secret }
  const { logIn } = await way(t, { cluster: { secrets: { 'shop/aws': keys } } })
  assert.equal(await logIn(federated(AWS)), `principalSet:${POOL}/*`)
})

test('federation: a session of AWS, too', async (t) => {
  const keys = {
    aws_access_key_id: 'ASIASESSION',
    aws_secret_access_key: 's3',
    aws_session_token: 'session-token',
  }
  const { logIn } = await way(t, { cluster: { secrets: { 'shop/aws': keys } } })
  assert.equal(await logIn(federated(AWS)), `principalSet:${POOL}/*`)
})

test('federation: AWS keys that AWS does not know are refused', async (t) => {
  const keys = { aws_access_key_id: AWS_KEYS.id, aws_secret_access_key: 'another-one' }
  const { logIn } = await way(t, { cluster: { secrets: { 'shop/aws': keys } } })
  const { code, message } = await refusal(logIn(federated(AWS)))
  assert.equal(code, 'unauthenticated')
  assert.match(message, /refuses the AWS keys in Secret shop\/aws/)
})

const FEDERATION_ROWS: readonly (readonly [story: string, members: JsonObject, words: RegExp])[] = [
  ['nothing to exchange', {}, /exactly one of/],
  ['two things to exchange', { ...OF_CLUSTER, ...AWS }, /exactly one of/],
  ['no audience', { ...OF_CLUSTER, audience: '' }, /audience is needed/],
  ['no email', { ...OF_CLUSTER, gcpServiceAccountEmail: 'x/../y' }, /no email/],
  ['no region', { awsSecurityCredentials: { awsCredentialsSecretRef: { name: 'a' } } }, /region/],
  ['no ConfigMap', { credConfig: { key: 'x' } }, /names no ConfigMap/],
]

for (const [story, members, words] of FEDERATION_ROWS) {
  test(`federation: ${story} is refused before any call`, async (t) => {
    const { logIn, calls } = await way(t)
    const error = await refusal(logIn(federated(members)))
    assert.equal(error.code, 'invalid')
    assert.match(error.message, words)
    assert.deepEqual(calls, [])
  })
}

// ── a configuration in a ConfigMap ──

const IDP = 'https://idp.example/token'
const IMPERSONATION = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${EMAIL}:generateAccessToken`
const CONFIG = {
  type: 'external_account',
  audience: PROVIDER,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { url: IDP, headers: { 'x-idp': 'yes' } },
}
const OF_CONFIG = { credConfig: { name: 'wif', key: 'json' }, externalTokenEndpoint: IDP }
const FROM_CONFIG = { workloadIdentityFederation: OF_CONFIG }

function withConfig(config: object): TestCluster {
  return { configMaps: { 'shop/wif': { json: JSON.stringify(config) } } }
}

const ownToken = (): string =>
  issuer.sign(serviceAccountClaims('shop', 'reader', ['for-google'], Date.now()))

/** An identity provider that answers with this body. */
function idp(body: () => string, status = 200): (http: HttpClient) => HttpClient {
  return (http) => ({
    ...http,
    request: async (request) => {
      if (request.url !== IDP || request.headers['x-idp'] !== 'yes') return http.request(request)
      request.onLeave?.()
      return { status, headers: {}, body: new TextEncoder().encode(body()) }
    },
  })
}

test('config: the token of the one URL that the store names is exchanged', async (t) => {
  const { logIn, calls } = await way(t, { cluster: withConfig(CONFIG), http: idp(ownToken) })
  assert.equal(await logIn(FROM_CONFIG), `principalSet:${POOL}/*`)
  assert.deepEqual(calls, ['token-endpoint:Get', 'sts:Token'])
})

test('config: a token inside of JSON, and the service account that the file names', async (t) => {
  const format = { type: 'json', subject_token_field_name: 'id' }
  const config = {
    ...CONFIG,
    credential_source: { ...CONFIG.credential_source, format },
    service_account_impersonation_url: IMPERSONATION,
  }
  const http = idp(() => JSON.stringify({ id: ownToken() }))
  const { logIn } = await way(t, { cluster: withConfig(config), http })
  assert.equal(await logIn(FROM_CONFIG), `serviceAccount:${EMAIL}`)
})

test('config: a file of this pod may be read for a ClusterSecretStore only', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-gcp-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  writeFileSync(file, `${ownToken()}\n`)
  const config = { ...CONFIG, credential_source: { file } }
  const { logIn } = await way(t, { cluster: withConfig(config) })
  assert.equal(await logIn(FROM_CONFIG, 'ClusterSecretStore'), `principalSet:${POOL}/*`)
  assert.match((await refusal(logIn(FROM_CONFIG))).message, /only a ClusterSecretStore may/)
})

const source = (credential_source: object): object => ({ ...CONFIG, credential_source })

const CONFIG_ROWS: readonly (readonly [story: string, config: object, words: RegExp])[] = [
  ['a program', source({ executable: { command: '/bin/sh' } }), /run a program/],
  ['the metadata server of AWS', source({ environment_id: 'aws1' }), /use awsSecurityCredentials/],
  [
    'another URL than the store names',
    source({ url: 'https://evil.example/' }),
    /externalTokenEndpoint/,
  ],
  ['plain http', source({ url: 'http://idp.example/token' }), /an https url/],
  ['nothing', { ...CONFIG, credential_source: undefined }, /no credential_source/],
  ['another type', { ...CONFIG, type: 'service_account' }, /type external_account/],
  ['another host for tokens', { ...CONFIG, token_url: 'https://evil.example/' }, /token_url/],
  ['another universe', { ...CONFIG, universe_domain: 'evil.example' }, /universe/],
  [
    'another host to become somebody',
    { ...CONFIG, service_account_impersonation_url: IMPERSONATION.replace('googleapis', 'evil') },
    /impersonation_url/,
  ],
  [
    "this pod's own token",
    source({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }),
    /own token/,
  ],
]

for (const [story, config, words] of CONFIG_ROWS) {
  test(`config: ${story} is refused before any call`, async (t) => {
    const { logIn, calls } = await way(t, { cluster: withConfig(config) })
    const error = await refusal(logIn(FROM_CONFIG, 'ClusterSecretStore'))
    assert.equal(error.code, 'invalid')
    assert.match(error.message, words)
    assert.deepEqual(calls, [])
  })
}

const ENDPOINT_ROWS: readonly (readonly [
  story: string,
  body: string,
  status: number,
  code: string,
])[] = [
  ['an error', CANARY, 500, 'unauthenticated'],
  ['nothing', ' ', 200, 'credentials-not-found'],
  ['what is no token', CANARY, 200, 'unauthenticated'],
]

for (const [story, body, status, code] of ENDPOINT_ROWS) {
  test(`config: an endpoint that gives ${story} is told without its words`, async (t) => {
    const { logIn } = await way(t, { cluster: withConfig(CONFIG), http: idp(() => body, status) })
    const error = await refusal(logIn(FROM_CONFIG))
    assert.equal(error.code, code)
    assert.ok(!printed(error).includes(CANARY.slice(0, 6)))
  })
}

test('config: a ConfigMap that is not there, and a file that cannot be read', async (t) => {
  const { logIn } = await way(t)
  const missing = await refusal(logIn(FROM_CONFIG))
  assert.match(missing.message, /ConfigMap shop\/wif has no key "json"/)
  const config = source({ file: '/nowhere/token' })
  const other = await way(t, { cluster: withConfig(config) })
  const unread = await refusal(other.logIn(FROM_CONFIG, 'ClusterSecretStore'))
  assert.match(unread.message, /\/nowhere\/token cannot be read/)
  assert.deepEqual([missing.code, unread.code], ['credentials-not-found', 'credentials-not-found'])
})

// ── the pod ──

test('pod: without an auth nobody is asked unless whoever runs waybill allows it', async (t) => {
  const { logIn, calls } = await way(t, { google: ON_GKE })
  const { code, message, hint } = await refusal(logIn({}))
  assert.equal(code, 'credentials-not-found')
  assert.match(message, /^the identity of this pod would have to be asked of the metadata server/)
  assert.match(hint ?? '', /WAYBILL_METADATA_SERVER=allow/)
  assert.deepEqual(calls, [])
})

test('pod: the metadata server gives token, email and project', async (t) => {
  const { context, gcp } = await way(t, {
    google: { ...ON_GKE, secrets: { one: 'a' } },
    hasMetadata: true,
  })
  const provider = await openGcp(testStore('gcpsm', {}), context)
  const answers = await provider.read([get('one')], context.signal)
  assert.deepEqual(answers.map(inShort), ['a'])
  assert.equal(gcp.calls.all.at(-1)?.principal, `serviceAccount:${EMAIL}`)
})

test('pod: somebody else at the address of the metadata server is not believed', async (t) => {
  const { logIn, gcp } = await way(t, { google: ON_GKE, hasMetadata: true })
  gcp.fault({ does: { reply: { status: 200, body: '{"access_token":"x","expires_in":1}' } } })
  assert.equal((await refusal(logIn({}))).code, 'malformed')
})

test('pod: no metadata server at all', async (t) => {
  const { logIn, gcp } = await way(t, { google: ON_GKE, hasMetadata: true })
  gcp.fault({ times: 9, does: { reset: 'before' } })
  const { code, message } = await refusal(logIn({}))
  assert.equal(code, 'unavailable')
  assert.match(message, /^the metadata server gave no instance\/service-accounts\/default\/token: /)
})

function fileOf(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-gcp-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file')
  writeFileSync(file, text)
  return file
}

test('pod: the file that the environment names goes before the metadata server', async (t) => {
  const file = fileOf(t, ACCOUNT.json)
  const { logIn } = await way(t, { env: { GOOGLE_APPLICATION_CREDENTIALS: file } })
  assert.equal(await logIn({}), `serviceAccount:${EMAIL}`)
})

test('pod: that file may be a federation, by a file and by any https URL', async (t) => {
  const token = fileOf(t, ownToken())
  for (const credential_source of [{ file: token }, CONFIG.credential_source]) {
    const file = fileOf(t, JSON.stringify({ ...CONFIG, credential_source }))
    const env = { GOOGLE_APPLICATION_CREDENTIALS: file }
    const { logIn } = await way(t, { env, http: idp(ownToken) })
    assert.equal(await logIn({}), `principalSet:${POOL}/*`)
  }
})

test('pod: a file that is neither, or that is not there, is told without its words', async (t) => {
  const cases = [fileOf(t, `{"type":"authorized_user","refresh_token":"${CANARY}"}`), '/nowhere']
  for (const file of cases) {
    const { logIn } = await way(t, { env: { GOOGLE_APPLICATION_CREDENTIALS: file } })
    const error = await refusal(logIn({}))
    assert.match(error.message, /GOOGLE_APPLICATION_CREDENTIALS/)
    assert.ok(!printed(error).includes(CANARY.slice(0, 6)))
  }
})

// ── order, and what a login costs ──

test('a key goes before a cluster, a cluster before federation', async (t) => {
  const { logIn } = await way(t)
  assert.equal(await logIn({ ...federated(OF_CLUSTER), ...gke('reader') }), GKE_MEMBER)
  const all = { ...federated(OF_CLUSTER), ...gke('reader'), ...KEY_AUTH }
  assert.equal(await logIn(all), `serviceAccount:${EMAIL}`)
})

test('a login that failed is tried again by the next who asks', async (t) => {
  const { context, gcp } = await way(t)
  const store = testStore('gcpsm', { projectID: 'shop-1', auth: KEY_AUTH })
  const place = { auth: KEY_AUTH, field: 'spec.auth', requestMs: 2000 }
  const identity = gcpIdentity(gcpDoor({ store, context }, place))
  gcp.fault({ times: 3, does: { reset: 'before' } })
  const both = await Promise.allSettled([
    identity.token(context.signal),
    identity.token(context.signal),
  ])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal((await identity.token(context.signal)).principal.email, EMAIL)
  assert.equal(gcp.calls.count('oauth2:Token'), 4)
})

// ── no body of a login gets into an error ──

const LOGIN_CALLS: readonly (readonly [call: string, auth: JsonObject])[] = [
  ['oauth2:Token', KEY_AUTH],
  ['securetoken:IdentityBindingToken', gke('linked')],
  ['iamcredentials:GenerateAccessToken', gke('linked')],
  ['sts:Token', federated(LINKED)],
  ['iamcredentials:GenerateAccessToken', federated(LINKED)],
  ['metadata:Get', {}],
]

const BODIES: readonly (readonly [status: number, body: string])[] = [
  [200, `{"access_token":"${CANARY}"}`],
  [200, `{"accessToken":"${CANARY}","expireTime":"${CANARY}"}`],
  [200, `["${CANARY}"]`],
  [200, `${CANARY} {`],
  [400, `{"error":"${CANARY}","error_description":"${CANARY} is expired"}`],
  [400, `{"error":"invalid_grant","error_description":"audience ${CANARY} does not match"}`],
  [403, `{"error":{"status":"${CANARY}","message":"Project ${CANARY}","details":["${CANARY}"]}}`],
  [404, `<html>${CANARY}`],
  [503, CANARY],
]

for (const [call, auth] of LOGIN_CALLS) {
  test(`${call}: no answer gets into an error, nor does what was sent`, async (t) => {
    const { logIn, gcp } = await way(t, { google: ON_GKE, hasMetadata: true })
    for (const [status, body] of BODIES) {
      gcp.clearFaults()
      gcp.fault({ call, times: 99, does: { reply: { status, body } } })
      const error = await refusal(logIn(auth))
      const words = `${printed(error)}${JSON.stringify(error)}`
      const secrets = [CANARY, ...gcp.handedOut]
      const leaked = secrets.filter((secret) => words.includes(secret.slice(5, 13)))
      assert.deepEqual(leaked, [], `${status} ${body}`)
    }
  })
}

// ── for Vault ──

const FOR_VAULT = { audience: 'vault/shop', seconds: 600 }

async function signedBy(
  t: TestContext,
  auth: JsonObject,
  options: WayOptions = {},
): Promise<string> {
  const { context } = await way(t, options)
  const store = testStore('gcpsm', {})
  const door = gcpDoor({ store, context }, { auth, field: 'spec.auth', requestMs: 2000 })
  return decode(await signedIdentity(door, FOR_VAULT, context.signal))
}

test('vault: a key signs for itself', async (t) => {
  const jwt = await signedBy(t, KEY_AUTH)
  const claims = verifyToken(jwt, [ACCOUNT.jwk], Date.now())
  assert.ok(typeof claims === 'object')
  assert.deepEqual([claims.sub, claims.aud], [EMAIL, 'vault/shop'])
  assert.equal(Number(claims.exp) - Number(claims.iat), 600)
})

test('vault: for a linked ServiceAccount Google signs', async (t) => {
  const google = { impersonators: { [EMAIL]: [GKE_MEMBER, `serviceAccount:${EMAIL}`] } }
  const claims = readClaims(await signedBy(t, gke('linked'), { google }))
  assert.deepEqual([claims?.sub, claims?.aud], [EMAIL, 'vault/shop'])
})

test('vault: nobody signs for an identity that is no service account', async (t) => {
  const { code, hint } = await refusal(signedBy(t, gke('reader')))
  assert.equal(code, 'invalid')
  assert.match(hint ?? '', /gcpServiceAccountEmail in spec\.auth/)
})

test('vault: a pod has the metadata server sign', async (t) => {
  const jwt = await signedBy(t, {}, { google: ON_GKE, hasMetadata: true })
  const query = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
  assert.equal(query, 'audience=vault%2Fshop&format=full')
})

// ── GCRAccessToken ──

const GENERATOR = {
  apiVersion: 'generators.external-secrets.io/v1alpha1',
  kind: 'GCRAccessToken',
  metadata: { name: 'registry', namespace: 'shop' },
  spec: { projectID: 'shop-1', auth: KEY_AUTH },
}

test('GCRAccessToken: a login to the registry, with its end', async (t) => {
  const { context, gcp } = await way(t)
  const randomBytes = (length: number): Uint8Array => new Uint8Array(length)
  const before = Math.floor(Date.now() / 1000)
  const answer = await generate(GENERATOR, { randomBytes, context })
  assert.ok(answer.outcome === 'generated')
  const data = new Map([...answer.data].map(([key, value]) => [key, decode(value)]))
  assert.deepEqual([...data.keys()], ['username', 'password', 'expiry'])
  assert.equal(data.get('username'), 'oauth2accesstoken')
  assert.equal(data.get('password'), gcp.handedOut.at(-1))
  const lifeSeconds = Number(data.get('expiry')) - before
  assert.ok(lifeSeconds >= 3600 && lifeSeconds <= 3610, String(lifeSeconds))
})

test('GCRAccessToken: a ClusterGenerator around it, and its refusal', async (t) => {
  const { context } = await way(t, { google: { keys: [] } })
  const wrapped = {
    ...GENERATOR,
    kind: 'ClusterGenerator',
    spec: { kind: 'GCRAccessToken', generator: { gcrAccessTokenSpec: GENERATOR.spec } },
  }
  const randomBytes = (length: number): Uint8Array => new Uint8Array(length)
  assert.equal(inShort(await generate(wrapped, { randomBytes, context })), 'unauthenticated')
  const alone = await generate(GENERATOR, { randomBytes, context: undefined })
  assert.equal(inShort(alone), 'unsupported')
})
