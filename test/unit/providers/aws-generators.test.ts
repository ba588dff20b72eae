import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { generatorReads } from '../../../src/handoff/identity.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer } from '../../../src/model/provider.ts'
import { registryTokenAsker } from '../../../src/providers/aws/registry-token.ts'
import { sessionTokenAsker } from '../../../src/providers/aws/session-token.ts'
import { generate } from '../../../src/providers/generators/generate.ts'
import type { AwsOptions, AwsServer } from '../../servers/aws.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import type { Fault } from '../../servers/server.ts'
import { bench, callsOf, KEY, KEYS_AUTH, LIMITS, REGION, refusalOf, USER } from './aws-bench.ts'
import { decode, printed, type TestCluster, type TestOpening } from './opening.ts'

// ECRAuthorizationToken and STSSessionToken, against servers that verify every signature.

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

interface Registry {
  readonly aws: AwsServer
  readonly opening: TestOpening
  readonly make: (kind: string, spec?: JsonObject) => Promise<Answer>
}

async function registry(
  t: TestContext,
  options: AwsOptions = {},
  cluster: TestCluster = {},
): Promise<Registry> {
  const { aws, opening } = await bench(t, options, cluster)
  return {
    aws,
    opening,
    make: (kind, spec = {}) =>
      generate(
        { kind, spec: { region: REGION, auth: KEYS_AUTH, ...spec } },
        {
          randomBytes: (length) => randomBytes(length),
          context: { ...opening.context, nowMs: options.clock ?? Date.now },
        },
      ),
  }
}

function dataOf(answer: Answer): Record<string, string> {
  assert.ok(answer.outcome === 'generated', printed(answer))
  return Object.fromEntries([...answer.data].map(([key, value]) => [key, decode(value)]))
}

const failureOf = (answer: Answer) =>
  answer.outcome === 'failed' ? answer.failure : { code: answer.outcome, message: '', hint: '' }

// ── ECRAuthorizationToken ──

test('ECR: a private registry gives user, password, endpoint and end', async (t) => {
  const { aws, make, opening } = await registry(t, { clock: () => NOW })
  assert.deepEqual(dataOf(await make('ECRAuthorizationToken')), {
    username: 'AWS',
    password: 'pw-of-the-private-registry',
    proxy_endpoint: `https://123456789012.dkr.ecr.${REGION}.amazonaws.com`,
    expires_at: String((NOW + 12 * 3_600_000) / 1000),
  })
  assert.deepEqual(callsOf(aws), ['ecr:GetAuthorizationToken'])
  assert.deepEqual(opening.calls, ['ecr:GetAuthorizationToken'])
})

test('ECR: the public registry is asked in its one region, and names no endpoint', async (t) => {
  const { aws, make } = await registry(t, { clock: () => NOW })
  assert.deepEqual(dataOf(await make('ECRAuthorizationToken', { scope: 'public' })), {
    username: 'AWS',
    password: 'pw-of-the-public-registry',
    expires_at: String((NOW + 12 * 3_600_000) / 1000),
  })
  assert.deepEqual(callsOf(aws), ['ecr-public:GetAuthorizationToken'])
})

test('ECR: a role is assumed first', async (t) => {
  const arn = 'arn:aws:iam::123456789012:role/puller'
  const { aws, make } = await registry(t, { roles: [{ arn, trust: { principals: [USER] } }] })
  const data = dataOf(await make('ECRAuthorizationToken', { role: arn }))
  assert.equal(data.username, 'AWS')
  assert.deepEqual(callsOf(aws), ['sts:AssumeRole', 'ecr:GetAuthorizationToken'])
  assert.match(aws.calls.all[1]?.principal ?? '', /assumed-role\/puller/)
})

test("ECR: a ServiceAccount of the namespace will do, and is granted as a store's is", async (t) => {
  const issuer = startIssuer('https://oidc.example')
  const arn = 'arn:aws:iam::123456789012:role/puller'
  const options: AwsOptions = {
    roles: [{ arn, trust: { subjects: ['system:serviceaccount:shop:puller'] } }],
    jwks: issuer.jwks,
    issuer: issuer.issuer,
  }
  const { make } = await registry(t, options, {
    accounts: { 'shop/puller': { 'eks.amazonaws.com/role-arn': arn } },
    token: (_, audiences) =>
      issuer.sign(serviceAccountClaims('shop', 'puller', audiences, Date.now())),
  })
  const spec = { auth: { jwt: { serviceAccountRef: { name: 'puller' } } } }
  assert.equal(dataOf(await make('ECRAuthorizationToken', spec)).username, 'AWS')
  assert.deepEqual(generatorReads({ kind: 'ECRAuthorizationToken', spec }, 'shop'), [
    { verb: 'token', namespace: 'shop', name: 'puller' },
    { verb: 'annotations', namespace: 'shop', name: 'puller' },
  ])
})

test('a generator with access keys is granted the Secret that holds them', () => {
  const spec = { region: REGION, auth: KEYS_AUTH }
  assert.deepEqual(generatorReads({ kind: 'STSSessionToken', spec }, 'shop'), [
    { verb: 'secret', namespace: 'shop', name: 'keys' },
  ])
})

const hosts: readonly {
  readonly region: string
  readonly scope: string
  readonly fips?: string
  readonly host: string
}[] = [
  { region: 'eu-central-1', scope: 'private', host: 'api.ecr.eu-central-1.amazonaws.com' },
  { region: 'cn-north-1', scope: 'private', host: 'api.ecr.cn-north-1.amazonaws.com.cn' },
  {
    region: 'us-gov-west-1',
    scope: 'private',
    fips: 'true',
    host: 'ecr-fips.us-gov-west-1.amazonaws.com',
  },
  { region: 'eu-central-1', scope: 'public', host: 'api.ecr-public.us-east-1.amazonaws.com' },
]
for (const { region, scope, fips = '', host } of hosts) {
  test(`ECR: ${scope} in ${region} is asked at ${host}`, async (t) => {
    const { opening } = await bench(t)
    const asked: string[] = []
    const context = {
      ...opening.context,
      env: { AWS_USE_FIPS_ENDPOINT: fips },
      http: {
        ...opening.context.http,
        request: async ({ url }: { readonly url: string }) => {
          asked.push(new URL(url).host)
          return { status: 400, headers: {}, body: new Uint8Array() }
        },
      },
    }
    const spec = { region, scope, auth: KEYS_AUTH }
    await refusalOf(registryTokenAsker(LIMITS)(spec, context))
    assert.deepEqual(asked, [host])
  })
}

const unusable: readonly { readonly story: string; readonly body: string }[] = [
  { story: 'no token', body: '{"authorizationData":[{"expiresAt":1}]}' },
  { story: 'two tokens', body: '{"authorizationData":[{"expiresAt":1},{"expiresAt":1}]}' },
  {
    story: 'a token of another form',
    body: '{"authorizationData":[{"authorizationToken":"QTpCOkM=","expiresAt":1}]}',
  },
  {
    story: 'a token without an end',
    body: '{"authorizationData":[{"authorizationToken":"QTpC"}]}',
  },
  { story: 'text', body: '<html>canary' },
  { story: 'nothing', body: '' },
]
for (const { story, body } of unusable) {
  test(`ECR: an answer with ${story} is malformed, and not repeated`, async (t) => {
    const { aws, make } = await registry(t)
    aws.fault({ times: 9, does: { reply: { status: 200, body } } })
    const failure = failureOf(await make('ECRAuthorizationToken'))
    assert.equal(failure.code, 'malformed')
    assert.doesNotMatch(failure.message, /canary|QTpC/)
  })
}

const amz = (status: number, code: string): Fault['does'] => ({
  reply: {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: `com.amazonaws.ecr#${code}`, message: 'canary-in-a-message' }),
  },
})
const faults: readonly {
  readonly story: string
  readonly does: Fault['does']
  readonly times: number
  readonly result: string
  readonly calls: number
}[] = [
  {
    story: 'throttled',
    does: amz(400, 'ThrottlingException'),
    times: 2,
    result: 'generated',
    calls: 3,
  },
  { story: 'down', does: amz(500, 'ServerException'), times: 9, result: 'unavailable', calls: 3 },
  { story: 'a cut connection', does: { reset: 'before' }, times: 1, result: 'generated', calls: 2 },
  { story: 'a cut body', does: { truncateTo: 5 }, times: 9, result: 'unavailable', calls: 3 },
  {
    story: 'a redirect',
    does: { redirect: 'http://127.0.0.1:1/' },
    times: 9,
    result: 'malformed',
    calls: 1,
  },
  {
    story: 'an error that nobody knows',
    does: amz(400, 'SomethingNew'),
    times: 9,
    result: 'malformed',
    calls: 1,
  },
  {
    story: 'a bad request',
    does: amz(400, 'InvalidParameterException'),
    times: 9,
    result: 'invalid',
    calls: 1,
  },
]
for (const { story, does, times, result, calls } of faults) {
  test(`ECR: ${story} → ${result} after ${calls} calls`, async (t) => {
    const { aws, make } = await registry(t)
    aws.fault({ times, does })
    const answer = await make('ECRAuthorizationToken')
    assert.equal(failureOf(answer).code, result)
    assert.doesNotMatch(failureOf(answer).message, /canary/)
    assert.equal(aws.calls.count('ecr:GetAuthorizationToken'), calls)
  })
}

test('ECR: silence ends at a deadline', async (t) => {
  const { aws, opening } = await bench(t)
  aws.fault({ times: 9, does: { hang: true } })
  const limits = { connectMs: 60, requestMs: 60, callMs: 80 }
  const spec = { region: REGION, auth: KEYS_AUTH }
  const error = await refusalOf(registryTokenAsker(limits)(spec, opening.context))
  assert.equal(error.code, 'timeout')
})

test('ECR: a refusal says who asked and what to allow', async (t) => {
  const isAllowed = (action: string): boolean => action !== 'sts:GetServiceBearerToken'
  const { make } = await registry(t, { accessKeys: [{ ...KEY, isAllowed }] })
  assert.equal((await make('ECRAuthorizationToken')).outcome, 'generated')
  const failure = failureOf(await make('ECRAuthorizationToken', { scope: 'public' }))
  assert.equal(failure.code, 'forbidden')
  assert.match(
    failure.message,
    /ecr-public GetAuthorizationToken is not allowed to the access key in Secret shop\/keys/,
  )
  assert.match(
    failure.hint ?? '',
    /allow ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken/,
  )
})

test('a spec that cannot be used is refused before any call', async (t) => {
  const { aws, make } = await registry(t)
  for (const spec of [{ scope: 'both' }, { region: '' }, { auth: { secretRef: {} } }]) {
    assert.equal(failureOf(await make('ECRAuthorizationToken', spec)).code, 'invalid')
  }
  const parameters = { requestParameters: { sessionDuration: 'an hour' } }
  assert.equal(failureOf(await make('STSSessionToken', parameters)).code, 'invalid')
  assert.equal(aws.calls.count(), 0)
})

test('a missing access key names the field of the generator', async (t) => {
  const { make } = await registry(t, {}, { secrets: { 'shop/keys': { id: KEY.id } } })
  const failure = failureOf(await make('ECRAuthorizationToken'))
  assert.equal(failure.code, 'credentials-not-found')
  assert.match(failure.message, /which spec\.auth\.secretRef\.secretAccessKeySecretRef names/)
})

// ── STSSessionToken ──

test('STS: a session of the user, with the end in seconds', async (t) => {
  const { aws, make } = await registry(t, { clock: () => Math.floor(Date.now() / 1000) * 1000 })
  const before = Math.floor(Date.now() / 1000)
  const requestParameters = { sessionDuration: 900 }
  const data = dataOf(await make('STSSessionToken', { requestParameters }))
  const session = aws.sessions[0]
  assert.deepEqual(
    [data.access_key_id, data.secret_access_key, data.session_token],
    [session?.id, session?.secret, session?.sessionToken],
  )
  const expiration = Number(data.expiration)
  assert.ok(expiration >= before + 900 && expiration <= before + 905)
  assert.deepEqual(callsOf(aws), ['sts:GetSessionToken'])
})

test('STS: a code of the MFA device goes with it', async (t) => {
  const { make } = await registry(t)
  const mfa = (tokenCode: string) => ({
    requestParameters: { serialNumber: 'arn:aws:iam::123456789012:mfa/user', tokenCode },
  })
  assert.equal((await make('STSSessionToken', mfa('123456'))).outcome, 'generated')
  const failure = failureOf(await make('STSSessionToken', mfa('000000')))
  assert.equal(failure.code, 'forbidden')
  assert.doesNotMatch(failure.message, /000000|MultiFactor/)
})

test('STS: a role has no session tokens, which the hint says', async (t) => {
  const arn = 'arn:aws:iam::123456789012:role/r'
  const { make } = await registry(t, { roles: [{ arn, trust: { principals: [USER] } }] })
  const failure = failureOf(await make('STSSessionToken', { role: arn }))
  assert.equal(failure.code, 'forbidden')
  assert.match(failure.message, /is not allowed to role arn:aws:iam::123456789012:role\/r/)
  assert.match(failure.hint ?? '', /access keys of users only/)
})

test('STS: a ServiceAccount is refused as ESO does', async (t) => {
  const { opening } = await bench(t)
  const auth = { jwt: { serviceAccountRef: { name: 'reader' } } }
  const asked = sessionTokenAsker(LIMITS)({ region: REGION, auth }, opening.context)
  const error = await refusalOf(asked)
  assert.match(error.message, /^jwt auth cannot be used for STS session tokens$/)
})

for (const [kind, specName] of [
  ['ECRAuthorizationToken', 'ecrAuthorizationTokenSpec'],
  ['STSSessionToken', 'stsSessionTokenSpec'],
] as const) {
  test(`a ClusterGenerator stands for ${kind}`, async (t) => {
    const { opening } = await registry(t)
    const generator = { [specName]: { region: REGION, auth: KEYS_AUTH } }
    const made = await generate(
      { kind: 'ClusterGenerator', spec: { kind, generator } },
      { randomBytes: (length) => randomBytes(length), context: opening.context },
    )
    assert.equal(made.outcome, 'generated')
  })
}
