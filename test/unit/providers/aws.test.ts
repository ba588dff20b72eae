import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Read } from '../../../src/model/provider.ts'
import type { AwsOptions } from '../../servers/aws.ts'
import { arnOf } from '../../servers/aws-secrets.ts'
import type { AwsRole } from '../../servers/aws-sts.ts'
import { serviceAccountClaims, startIssuer } from '../../servers/jwt.ts'
import { json, startServer } from '../../servers/server.ts'
import {
  bench,
  callsOf,
  failureIn,
  find,
  KEY,
  KEYS_AUTH,
  REGION,
  readAll,
  readOne,
  refusalOf,
  USER,
} from './aws-bench.ts'
import {
  decode,
  fetchMetadata,
  get,
  inShort,
  type TestCluster,
  testClusterStore,
} from './opening.ts'

const BATCH = 'secretsmanager:BatchGetSecretValue'
const SINGLE = 'secretsmanager:GetSecretValue'

// ── Reads ──

test('many current secrets are one call, in the order asked', async (t) => {
  const { aws, open, opening } = await bench(t)
  const provider = await open()
  const answers = await readAll(provider, get('b'), get('none'), get('a'))
  assert.deepEqual(answers.map(inShort), ['two', 'absent', '{"x":1}'])
  assert.deepEqual(callsOf(aws), [BATCH])
  assert.deepEqual(opening.calls, [BATCH])
})

test('one secret is one plain call', async (t) => {
  const { aws, open } = await bench(t)
  assert.equal(inShort(await readOne(await open(), get('a'))), '{"x":1}')
  assert.deepEqual(callsOf(aws), [SINGLE])
})

test('45 secrets are three batches of at most twenty', async (t) => {
  const secrets = Object.fromEntries(Array.from({ length: 45 }, (_, at) => [`s/${at}`, `v${at}`]))
  const { aws, open } = await bench(t, { secrets })
  const answers = await readAll(await open(), ...Object.keys(secrets).map((key) => get(key)))
  assert.deepEqual(answers.map(inShort), Object.values(secrets))
  assert.deepEqual(aws.calls.all.map(({ keys }) => keys.length).sort(), [20, 20, 5])
})

test('the same secret twice is asked for once', async (t) => {
  const { aws, open } = await bench(t)
  const answers = await readAll(await open(), get('a'), get('b'), get('a'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', 'two', '{"x":1}'])
  assert.deepEqual(
    aws.calls.all.map(({ keys }) => keys.length),
    [2],
  )
})

test('a secret is known by name, by ARN, and by ARN without its suffix', async (t) => {
  const { open } = await bench(t)
  const arn = arnOf(REGION, 'a')
  const answers = await readAll(await open(), get(arn), get(arn.slice(0, -7)), get('a'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', '{"x":1}', '{"x":1}'])
})

test('the prefix of the store stands before every key', async (t) => {
  const { aws, open } = await bench(t, { secrets: { 'team/a': 'one', 'team/b': 'two' } })
  const answers = await readAll(await open({ prefix: 'team/' }), get('a'), get('b'))
  assert.deepEqual(answers.map(inShort), ['one', 'two'])
  assert.deepEqual(aws.calls.all[0]?.keys, ['team/a', 'team/b'])
})

test('versions: a stage, an id, and none', async (t) => {
  const seed = {
    string: 'now',
    versions: [{ id: 'v-1', stages: ['blue'], string: 'then' }],
  }
  const { aws, open } = await bench(t, { secrets: { a: seed } })
  aws.set('a', 'newer')
  const answers = await readAll(
    await open(),
    get('a', 'AWSPREVIOUS'),
    get('a', 'blue'),
    get('a', 'uuid/v-1'),
    get('a', 'uuid/none'),
    get('a', 'green'),
    get('a', 'AWSCURRENT'),
    get('a', ''),
  )
  assert.deepEqual(answers.map(inShort), [
    'now',
    'then',
    'then',
    'absent',
    'absent',
    'newer',
    'newer',
  ])
  assert.equal(aws.calls.count(), 6)
})

test('binary payloads stay bytes, an empty string is a value', async (t) => {
  const binary = Uint8Array.of(0, 255, 128, 10)
  const { open } = await bench(t, { secrets: { bin: { binary }, empty: '', none: {} } })
  const answers = await readAll(await open(), get('bin'), get('empty'), get('none'))
  const [bin, empty, none] = answers.map((answer) =>
    answer.outcome === 'found' ? answer.payload : undefined,
  )
  assert.deepEqual([...(bin?.binary?.reveal() ?? [])], [...binary])
  assert.equal(bin?.text, undefined)
  assert.equal(empty?.text?.byteLength, 0)
  assert.deepEqual([none?.text, none?.binary], [undefined, undefined])
})

test('text is what was stored, to the last code point', async (t) => {
  const text = '{"n":1.50,"big":12345678901234567890,"u":"ü\u2028\u{1F511}","html":"<&>"}\n'
  const { open } = await bench(t, { secrets: { a: text, b: text } })
  const answers = await readAll(await open(), get('a'), get('b'))
  assert.deepEqual(answers.map(inShort), [text, text])
})

test('metadataPolicy Fetch gives the tags, and no value', async (t) => {
  const secrets = { a: { string: 'v', tags: { owner: 'team-a', env: 'prod' } } }
  const { aws, open } = await bench(t, { secrets })
  const answers = await readAll(await open(), fetchMetadata('a'), fetchMetadata('none'))
  assert.ok(answers[0]?.outcome === 'found')
  assert.deepEqual(Object.fromEntries(answers[0].payload.metadata?.tags ?? []), secrets.a.tags)
  assert.equal(answers[0].payload.text, undefined)
  assert.equal(answers[1]?.outcome, 'absent')
  assert.equal(aws.calls.count(SINGLE), 0)
})

for (const as of ['InvalidRequestException', 'InvalidParameterException'] as const) {
  test(`a secret marked for deletion is absent, alone and in a batch: ${as}`, async (t) => {
    const { aws, open } = await bench(t)
    aws.markForDeletion('a', as)
    const provider = await open()
    assert.equal(inShort(await readOne(provider, get('a'))), 'absent')
    const answers = await readAll(provider, get('a'), get('b'))
    assert.deepEqual(answers.map(inShort), ['absent', 'two'])
  })
}

const badNames = ['', 'a b', 'a?b', 'ä', 'a\nb', 'x'.repeat(3000)]
test('what is no name is refused alone, and spoils no batch', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  const answers = await readAll(provider, get('a'), ...badNames.map((key) => get(key)), get('b'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', ...badNames.map(() => 'invalid'), 'two'])
  assert.equal(aws.calls.count(), 1)
})

test('what the provider cannot do yet is said per read', async (t) => {
  const { open } = await bench(t)
  const answers = await readAll(
    await open(),
    { op: 'generate', generator: 'Password/shop/p', namespace: 'shop', entry: '' },
    get('a'),
  )
  assert.deepEqual(answers.map(inShort), ['unsupported', '{"x":1}'])
})

// ── find ──

const TAGGED: AwsOptions['secrets'] = {
  'team/api': { string: '1', tags: { env: 'prod', tier: 'web' } },
  'team/db': { string: '2', tags: { env: 'production', tier: 'prod' } },
  'team/x': { string: '3', tags: { tier: 'web' } },
  'other/api': { string: '4', tags: { env: 'prod' } },
}
const finds: readonly {
  readonly story: string
  readonly read: Read
  readonly names: readonly string[]
}[] = [
  { story: 'by name', read: find({ nameRegexp: 'api$' }), names: ['other/api', 'team/api'] },
  {
    story: 'by name below a path',
    read: find({ nameRegexp: '.', path: 'team/' }),
    names: ['team/api', 'team/db', 'team/x'],
  },
  {
    story: 'by an exact tag, not by its beginning',
    read: find({ tags: new Map([['env', 'prod']]) }),
    names: ['other/api', 'team/api'],
  },
  {
    story: 'by pairs of tags, not by keys and values apart',
    read: find({
      tags: new Map([
        ['env', 'prod'],
        ['tier', 'web'],
      ]),
    }),
    names: ['team/api'],
  },
  {
    story: 'by name and tags',
    read: find({ nameRegexp: '^team', tags: new Map([['tier', 'web']]) }),
    names: ['team/api', 'team/x'],
  },
  { story: 'nothing', read: find({ nameRegexp: 'nothing' }), names: [] },
]
for (const { story, read, names } of finds) {
  test(`find ${story}: ${names.join(', ')}`, async (t) => {
    const { open } = await bench(t, { secrets: TAGGED })
    const answer = await readOne(await open(), read)
    assert.ok(answer?.outcome === 'found-many')
    assert.deepEqual([...answer.payloads.keys()], names)
  })
}

test('find lists by pages and reads in twenties', async (t) => {
  const names = Array.from({ length: 130 }, (_, at) => `s/${String(at).padStart(3, '0')}`)
  const secrets = Object.fromEntries(names.map((name) => [name, name]))
  const { aws, open } = await bench(t, { secrets })
  const answer = await readOne(await open(), find({ nameRegexp: '^s/' }))
  assert.ok(answer?.outcome === 'found-many')
  assert.deepEqual([...answer.payloads.keys()], names)
  assert.deepEqual([aws.calls.count('secretsmanager:ListSecrets'), aws.calls.count(BATCH)], [2, 7])
})

test('find never leaves the prefix of the store', async (t) => {
  const { open } = await bench(t, { secrets: TAGGED })
  const provider = await open({ prefix: 'team/' })
  const answers = await readAll(
    provider,
    find({ nameRegexp: 'api' }),
    find({ nameRegexp: 'api', path: 'other/' }),
  )
  const names = answers.map((answer) =>
    answer.outcome === 'found-many' ? [...answer.payloads.keys()] : [],
  )
  assert.deepEqual(names, [['team/api'], []])
})

test('find fails as a whole when one of its secrets cannot be read', async (t) => {
  const isAllowed = (action: string, name: string): boolean =>
    !action.endsWith(':GetSecretValue') || name !== 'team/db'
  const { open } = await bench(t, { secrets: TAGGED, accessKeys: [{ ...KEY, isAllowed }] })
  const answer = await readOne(await open(), find({ nameRegexp: '.' }))
  assert.equal(failureIn(answer)?.code, 'forbidden')
  assert.match(failureIn(answer)?.message ?? '', /"team\/db"/)
})

const badFinds = [
  {
    story: 'without name and tags',
    read: find({ path: 'x' }),
    message: /unexpected find operator/,
  },
  {
    story: 'with a pattern that does not compile',
    read: find({ nameRegexp: '[' }),
    message: /find.name.regexp/,
  },
]
for (const { story, read, message } of badFinds) {
  test(`find ${story} is an error without a call`, async (t) => {
    const { aws, open } = await bench(t)
    assert.match(failureIn(await readOne(await open(), read))?.message ?? '', message)
    assert.equal(aws.calls.count(), 0)
  })
}

test('find without the right to list says what it needs', async (t) => {
  const isAllowed = (action: string): boolean => !action.endsWith(':ListSecrets')
  const { open } = await bench(t, { accessKeys: [{ ...KEY, isAllowed }] })
  const failure = failureIn(await readOne(await open(), find({ nameRegexp: '.' })))
  assert.equal(failure?.code, 'forbidden')
  assert.match(failure?.hint ?? '', /secretsmanager:ListSecrets on \*/)
})

// ── Permissions ──

const only =
  (...names: readonly string[]) =>
  (action: string, name: string): boolean =>
    action === BATCH || names.includes(name)

test('one secret that may not be read fails alone, with who asked and what to allow', async (t) => {
  const { aws, open } = await bench(t, { accessKeys: [{ ...KEY, isAllowed: only('a') }] })
  const answers = await readAll(await open(), get('a'), get('b'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', 'forbidden'])
  const failure = failureIn(answers[1])
  assert.match(
    failure?.message ?? '',
    /GetSecretValue of "b" is not allowed to the access key in Secret shop\/keys: AccessDeniedException/,
  )
  assert.match(failure?.hint ?? '', /secretsmanager:GetSecretValue/)
  assert.deepEqual(callsOf(aws), [BATCH])
})

for (const batch of ['denied', 'unknown'] as const) {
  test(`without the batch call (${batch}) every secret is a call, and it is not tried again`, async (t) => {
    const { aws, open } = await bench(t, { batch })
    const provider = await open()
    const answers = await readAll(provider, get('a'), get('b'), get('none'))
    assert.deepEqual(answers.map(inShort), ['{"x":1}', 'two', 'absent'])
    assert.deepEqual([aws.calls.count(BATCH), aws.calls.count(SINGLE)], [1, 3])
    await readAll(provider, get('a'), get('b'))
    assert.deepEqual([aws.calls.count(BATCH), aws.calls.count(SINGLE)], [1, 5])
  })
}

test('an id that the batch leaves out is asked for alone and never counts as gone', async (t) => {
  const { aws, open } = await bench(t)
  const body = JSON.stringify({ SecretValues: [], Errors: [] })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  aws.fault({ call: BATCH, does: { reply: { status: 200, headers, body } } })
  const answers = await readAll(await open(), get('a'), get('b'), get('none'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', 'two', 'absent'])
  assert.equal(aws.calls.count(SINGLE), 3)
})

test('an id with a passing error in the batch is asked for alone', async (t) => {
  const { aws, open } = await bench(t)
  const body = JSON.stringify({
    SecretValues: [{ Name: 'b', ARN: 'x', SecretString: 'two' }],
    Errors: [{ SecretId: 'a', ErrorCode: 'InternalServiceError', Message: 'x' }],
  })
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  aws.fault({ call: BATCH, does: { reply: { status: 200, headers, body } } })
  const answers = await readAll(await open(), get('a'), get('b'))
  assert.deepEqual(answers.map(inShort), ['{"x":1}', 'two'])
  assert.deepEqual(callsOf(aws), [BATCH, SINGLE])
})

// ── Identities ──

const issuer = startIssuer('https://oidc.example')
const SUBJECT = 'system:serviceaccount:shop:reader'
const ROLE: AwsRole = {
  arn: 'arn:aws:iam::123456789012:role/reader',
  trust: { subjects: [SUBJECT] },
}
const IRSA: AwsOptions = { roles: [ROLE], jwks: issuer.jwks, issuer: issuer.issuer }
const JWT_AUTH = { jwt: { serviceAccountRef: { name: 'reader' } } }
const asked: (readonly string[])[] = []
const CLUSTER: TestCluster = {
  accounts: {
    'shop/reader': { 'eks.amazonaws.com/role-arn': ROLE.arn },
    'shop/stranger': { 'eks.amazonaws.com/role-arn': ROLE.arn },
    'shop/elsewhere': {
      'eks.amazonaws.com/role-arn': ROLE.arn,
      'eks.amazonaws.com/audience': 'other.example',
    },
    'shop/plain': {},
    'platform/reader': { 'eks.amazonaws.com/role-arn': ROLE.arn },
  },
  token: (account, audiences, seconds) => {
    asked.push([account, ...audiences, String(seconds)])
    const [namespace = '', name = ''] = account.split('/')
    return issuer.sign(serviceAccountClaims(namespace, name, audiences, Date.now()))
  },
}

test('IRSA: a token of the ServiceAccount becomes a session of its role, once', async (t) => {
  const { aws, open } = await bench(t, IRSA, CLUSTER)
  asked.length = 0
  const provider = await open({ auth: JWT_AUTH })
  await readAll(provider, get('a'), get('b'))
  await readAll(provider, get('a'))
  assert.deepEqual(asked, [['shop/reader', 'sts.amazonaws.com', '600']])
  assert.deepEqual(callsOf(aws), ['sts:AssumeRoleWithWebIdentity', BATCH, SINGLE])
  const principal = 'arn:aws:sts::123456789012:assumed-role/reader/external-secrets-provider-aws'
  assert.equal(aws.calls.all[1]?.principal, principal)
})

test('IRSA: further audiences of the reference are asked for as well', async (t) => {
  const { open } = await bench(t, IRSA, CLUSTER)
  asked.length = 0
  const audiences = ['extra', 'sts.amazonaws.com']
  await open({ auth: { jwt: { serviceAccountRef: { name: 'reader', audiences } } } })
  assert.deepEqual(asked, [['shop/reader', 'sts.amazonaws.com', 'extra', '600']])
})

test('IRSA: an RS256 key of the cluster is as good', async (t) => {
  const rsa = startIssuer('https://oidc.example', 'RS256')
  const token = () =>
    rsa.sign(serviceAccountClaims('shop', 'reader', ['sts.amazonaws.com'], Date.now()))
  const { open } = await bench(t, { ...IRSA, jwks: rsa.jwks }, { ...CLUSTER, token })
  assert.equal(inShort(await readOne(await open({ auth: JWT_AUTH }), get('a'))), '{"x":1}')
})

test('a cluster store names the namespace of its ServiceAccount', async (t) => {
  const trust = { subjects: ['system:serviceaccount:platform:reader'] }
  const { openStore } = await bench(t, { ...IRSA, roles: [{ ...ROLE, trust }] }, CLUSTER)
  const auth = { jwt: { serviceAccountRef: { name: 'reader', namespace: 'platform' } } }
  const store = testClusterStore('aws', { service: 'SecretsManager', region: REGION, auth })
  assert.equal(inShort(await readOne(await openStore(store), get('a'))), '{"x":1}')
})

const refusedIdentities: readonly {
  readonly story: string
  readonly account: string
  readonly code: string
  readonly message: RegExp
  readonly hint: RegExp
}[] = [
  {
    story: 'the role trusts another ServiceAccount',
    account: 'stranger',
    code: 'forbidden',
    message:
      /role arn:aws:iam::123456789012:role\/reader refuses system:serviceaccount:shop:stranger, audience sts.amazonaws.com: AccessDenied \(HTTP 403\)/,
    hint: /sub system:serviceaccount:shop:stranger and aud sts.amazonaws.com; see it with: aws iam get-role --role-name reader/,
  },
  {
    story: 'the audience is not what the role asks for',
    account: 'elsewhere',
    code: 'unauthenticated',
    message: /audience other.example: InvalidIdentityToken/,
    hint: /aud other.example/,
  },
  {
    story: 'the ServiceAccount names no role',
    account: 'plain',
    code: 'credentials-not-found',
    message: /an IAM role must be associated with service account plain \(namespace: shop\)/,
    hint: /kubectl annotate serviceaccount -n shop plain eks.amazonaws.com\/role-arn=ARN/,
  },
  {
    story: 'the ServiceAccount does not exist',
    account: 'none',
    code: 'credentials-not-found',
    message: /ServiceAccount shop\/none does not exist/,
    hint: /serviceAccountRef/,
  },
]
for (const { story, account, code, message, hint } of refusedIdentities) {
  test(`a refused identity is explained: ${story}`, async (t) => {
    const { open } = await bench(t, IRSA, CLUSTER)
    const auth = { jwt: { serviceAccountRef: { name: account } } }
    const error = await refusalOf(open({ auth }))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
  })
}

test('wrong access keys are unauthenticated per read', async (t) => {
  const secrets = { 'shop/keys': { id: KEY.id, key: 'another-secret-key' } }
  const { open } = await bench(t, {}, { secrets })
  const failure = failureIn(await readOne(await open(), get('a')))
  assert.equal(failure?.code, 'unauthenticated')
  assert.match(failure?.message ?? '', /InvalidSignatureException/)
})

test('a missing key of the Secret is named with its field', async (t) => {
  const { open } = await bench(t, {}, { secrets: { 'shop/keys': { id: KEY.id } } })
  const error = await refusalOf(open())
  assert.equal(error.code, 'credentials-not-found')
  assert.match(
    error.message,
    /Secret shop\/keys has no value at key "key", which .*secretAccessKeySecretRef names/,
  )
})

test('session keys from a Secret carry their session token', async (t) => {
  const accessKeys = [{ ...KEY, sessionToken: 'session-token-1' }]
  const secrets = { 'shop/keys': { id: KEY.id, key: KEY.secret, token: 'session-token-1' } }
  const { open } = await bench(t, { accessKeys }, { secrets })
  const sessionTokenSecretRef = { name: 'keys', key: 'token' }
  const auth = { secretRef: { ...KEYS_AUTH.secretRef, sessionTokenSecretRef } }
  assert.equal(inShort(await readOne(await open({ auth }), get('a'))), '{"x":1}')
})

const arn = (name: string): string => `arn:aws:iam::123456789012:role/${name}`
const CHAIN: readonly AwsRole[] = [
  { arn: arn('first'), trust: { principals: [USER] } },
  { arn: arn('second'), trust: { principals: [arn('first')] } },
  { arn: arn('last'), trust: { principals: [arn('second')], externalId: 'ext-1' } },
]

test('roles are assumed one after another; only the last has external id and tags', async (t) => {
  const { aws, open } = await bench(t, { roles: CHAIN })
  const provider = await open({
    additionalRoles: [arn('first'), arn('second')],
    role: arn('last'),
    externalID: 'ext-1',
    sessionTags: [{ key: 'team', value: 'a' }],
    transitiveTagKeys: ['team'],
  })
  assert.equal(inShort(await readOne(provider, get('a'))), '{"x":1}')
  assert.equal(aws.calls.count('sts:AssumeRole'), 3)
  assert.deepEqual(
    aws.sessions.map(({ role, tags, transitive }) => [role.arn, [...tags], transitive]),
    [
      [arn('first'), [], []],
      [arn('second'), [], []],
      [arn('last'), [['team', 'a']], ['team']],
    ],
  )
})

test('a broken link of the chain is named with both ends', async (t) => {
  const { open } = await bench(t, { roles: CHAIN })
  const error = await refusalOf(open({ role: arn('second') }))
  assert.equal(error.code, 'forbidden')
  assert.match(error.message, /role \S+role\/second refuses the access key in Secret shop\/keys/)
  assert.match(error.hint ?? '', /trust policy of \S+role\/second must allow sts:AssumeRole/)
  const external = await refusalOf(
    open({ additionalRoles: [arn('first'), arn('second')], role: arn('last') }),
  )
  assert.match(external.message, /role\/last refuses role \S+role\/second/)
})

const tagPolicies: readonly {
  readonly policy: string
  readonly tags: Readonly<Record<string, string>>
}[] = [
  { policy: 'None', tags: { team: 'a' } },
  {
    policy: 'Simple',
    tags: { esoNamespace: 'shop', esoStoreName: 'store', esoStoreKind: 'SecretStore' },
  },
  {
    policy: 'Custom',
    tags: {
      cost: '1',
      esoNamespace: 'shop',
      esoStoreName: 'store',
      esoStoreKind: 'SecretStore',
    },
  },
]
for (const { policy, tags } of tagPolicies) {
  test(`sessionTagsPolicy ${policy}: ${Object.keys(tags).join(', ')}`, async (t) => {
    const roles = [{ arn: arn('first'), trust: { principals: [USER] } }]
    const { aws, open } = await bench(t, { roles })
    await open({
      role: arn('first'),
      sessionTagsPolicy: policy,
      sessionTags: [{ key: 'team', value: 'a' }],
      customSessionTags: { cost: '1', esoNamespace: 'a lie' },
    })
    assert.deepEqual(Object.fromEntries(aws.sessions[0]?.tags ?? []), tags)
  })
}

test('a session that ends is opened again before it does', async (t) => {
  let now = Date.now()
  const token = () =>
    issuer.sign(serviceAccountClaims('shop', 'reader', ['sts.amazonaws.com'], now))
  const options = { ...IRSA, clock: () => now }
  const { aws, open } = await bench(t, options, { ...CLUSTER, token }, { nowMs: () => now })
  const provider = await open({ auth: JWT_AUTH })
  await readOne(provider, get('a'))
  assert.equal(aws.sessions.length, 1)
  now += 54 * 60_000
  await readOne(provider, get('a'))
  assert.equal(aws.sessions.length, 1)
  now += 2 * 60_000
  await readOne(provider, get('a'))
  assert.equal(aws.sessions.length, 2)
})

test('a session that cannot be opened again fails every read with the cause', async (t) => {
  const { aws, open } = await bench(t, IRSA, CLUSTER)
  const provider = await open({ auth: JWT_AUTH })
  aws.expireSessions()
  const does = { reply: { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' } }
  aws.fault({ call: 'sts:AssumeRoleWithWebIdentity', times: 9, does })
  const answers = await readAll(provider, get('a'), get('b'), get('a', 'x'))
  assert.deepEqual(answers.map(inShort), ['forbidden', 'forbidden', 'forbidden'])
  assert.match(failureIn(answers[0])?.message ?? '', /role\/reader refuses/)
})

test('a session that AWS ended early is opened again at once, for all that wait', async (t) => {
  const { aws, open } = await bench(t, IRSA, CLUSTER)
  const provider = await open({ auth: JWT_AUTH })
  aws.expireSessions()
  const reads = ['AWSCURRENT', 'AWSCURRENT', 'x', 'y'].map((version) => get('a', version))
  const answers = await readAll(provider, ...reads)
  assert.deepEqual(answers.map(inShort), ['{"x":1}', '{"x":1}', 'absent', 'absent'])
  assert.equal(aws.sessions.length, 2)
})

test('the pod: keys of its environment', async (t) => {
  const env = { AWS_ACCESS_KEY_ID: KEY.id, AWS_SECRET_ACCESS_KEY: KEY.secret }
  const { open } = await bench(t, {}, {}, { env })
  assert.equal(inShort(await readOne(await open({ auth: null }), get('a'))), '{"x":1}')
})

test('the pod: a web identity in a file, as EKS mounts it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'token')
  const claims = serviceAccountClaims('shop', 'reader', ['sts.amazonaws.com'], Date.now())
  await writeFile(file, `${issuer.sign(claims)}\n`)
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: ROLE.arn }
  const { aws, open } = await bench(t, IRSA, {}, { env })
  assert.equal(inShort(await readOne(await open({ auth: null }), get('a'))), '{"x":1}')
  assert.equal(aws.calls.count('sts:AssumeRoleWithWebIdentity'), 1)
  await rm(file)
  const later = await bench(t, IRSA, {}, { env })
  assert.equal((await refusalOf(later.open({ auth: null }))).code, 'credentials-not-found')
})

test('the pod: an agent on the node, as EKS Pod Identity has it', async (t) => {
  let status = 200
  const keys = { AccessKeyId: KEY.id, SecretAccessKey: KEY.secret, Token: 'session-token-1' }
  const agent = await startServer({
    tls: false,
    nameOf: () => 'agent',
    answer: ({ headers }) => ({
      call: 'agent',
      reply: json(headers.authorization === 'agent-token' ? status : 401, keys),
    }),
  })
  t.after(() => agent.close())
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'agent-token',
  }
  const accessKeys = [{ ...KEY, sessionToken: 'session-token-1' }]
  const { open } = await bench(t, { accessKeys }, {}, { env })
  assert.equal(inShort(await readOne(await open({ auth: null }), get('a'))), '{"x":1}')
  status = 500
  const later = await bench(t, { accessKeys }, {}, { env })
  assert.equal((await refusalOf(later.open({ auth: null }))).code, 'unauthenticated')
  await agent.close()
  assert.equal((await refusalOf(later.open({ auth: null }))).code, 'unavailable')
})

test('the pod: nothing to be found is said with the ways to go', async (t) => {
  const { open } = await bench(t)
  const error = await refusalOf(open({ auth: null }))
  assert.equal(error.code, 'credentials-not-found')
  assert.match(error.hint ?? '', /serviceAccountRef/)
})

test('the region comes from the environment when the store names none', async (t) => {
  const { open } = await bench(t, {}, {}, { env: { AWS_REGION: REGION } })
  assert.equal(inShort(await readOne(await open({ region: '' }), get('a'))), '{"x":1}')
})

const badStores: readonly {
  readonly story: string
  readonly settings: JsonObject
  readonly code: string
}[] = [
  { story: 'no region', settings: { region: '' }, code: 'invalid' },
  {
    story: 'a region that would be a host',
    settings: { region: 'x.evil.example/' },
    code: 'invalid',
  },
  { story: 'certificates', settings: { service: 'CertificateManager' }, code: 'unsupported' },
  { story: 'no such service', settings: { service: 'Vault' }, code: 'invalid' },
  { story: 'half a secretRef', settings: { auth: { secretRef: {} } }, code: 'invalid' },
  { story: 'an empty jwt', settings: { auth: { jwt: {} } }, code: 'invalid' },
]
for (const { story, settings, code } of badStores) {
  test(`a store with ${story} is ${code}`, async (t) => {
    const { open } = await bench(t)
    assert.equal((await refusalOf(open(settings))).code, code)
  })
}

// ── Faults ──

const amz = (status: number, code: string) => ({
  reply: {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: code, Message: 'canary-in-a-message' }),
  },
})
const faults: readonly {
  readonly story: string
  readonly does:
    | ReturnType<typeof amz>
    | { readonly reset: 'before' }
    | { readonly redirect: string }
  readonly times: number
  readonly result: string
  readonly calls: number
}[] = [
  {
    story: 'throttled',
    does: amz(400, 'ThrottlingException'),
    times: 4,
    result: 'found',
    calls: 5,
  },
  {
    story: 'throttled for ever',
    does: amz(400, 'ThrottlingException'),
    times: 9,
    result: 'throttled',
    calls: 5,
  },
  {
    story: 'a fault inside',
    does: amz(500, 'InternalServiceError'),
    times: 2,
    result: 'found',
    calls: 3,
  },
  {
    story: 'down',
    does: amz(503, 'ServiceUnavailable'),
    times: 9,
    result: 'unavailable',
    calls: 3,
  },
  { story: 'a cut connection', does: { reset: 'before' }, times: 2, result: 'found', calls: 3 },
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
    story: 'KMS refuses',
    does: amz(400, 'DecryptionFailure'),
    times: 9,
    result: 'forbidden',
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
  test(`fault: ${story} → ${result} after ${calls} calls`, async (t) => {
    const { aws, open, opening } = await bench(t)
    const provider = await open()
    aws.fault({ times, does })
    const answer = await readOne(provider, get('a'))
    assert.equal(failureIn(answer)?.code ?? answer?.outcome, result)
    assert.deepEqual([aws.calls.count(), opening.calls.length], [calls, calls])
  })
}

test('garbage with a good status is malformed, and not repeated in words', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  aws.fault({ does: { reply: { status: 200, body: '<html>canary' } } })
  const failure = failureIn(await readOne(provider, get('a')))
  assert.equal(failure?.code, 'malformed')
  assert.doesNotMatch(failure?.message ?? '', /html|canary/)
})

test('retrySettings of the store: attempts and a fixed delay', async (t) => {
  const { aws, open, opening } = await bench(t)
  aws.fault({ times: 99, does: amz(400, 'ThrottlingException') })
  await readOne(
    await open({}, { retrySettings: { maxRetries: 2, retryInterval: '250ms' } }),
    get('a'),
  )
  assert.deepEqual([aws.calls.count(), opening.slept], [2, [250]])
  aws.calls.clear()
  await readOne(await open({}, { retrySettings: { retryInterval: '1s' } }), get('a'))
  assert.equal(aws.calls.count(), 3)
})

test('a batch that fails for good fails every read in it', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  aws.fault({ times: 99, does: amz(400, 'ThrottlingException') })
  const answers = await readAll(provider, get('a'), get('b'))
  assert.deepEqual(answers.map(inShort), ['throttled', 'throttled'])
  assert.deepEqual([aws.calls.count(BATCH), aws.calls.count(SINGLE)], [5, 5])
})

test('a wrong clock is corrected from the answer', async (t) => {
  const { aws, open } = await bench(t, { clock: () => Date.now() + 3_600_000 })
  assert.equal(inShort(await readOne(await open(), get('a'))), '{"x":1}')
  assert.equal(aws.calls.count(), 2)
})

test('a server that never answers ends at the deadline of the call', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open({}, { retrySettings: { maxRetries: 1 } })
  aws.fault({ times: 9, does: { hang: true } })
  assert.equal(failureIn(await readOne(provider, get('a')))?.code, 'timeout')
})

test('a body that drips ends at the deadline of the call', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open({}, { retrySettings: { maxRetries: 1 } })
  aws.fault({ times: 9, does: { slowMs: 50 } })
  assert.equal(failureIn(await readOne(provider, get('a')))?.code, 'timeout')
})

test('an aborted signal rejects, whatever was under way', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  aws.fault({ times: 9, does: { hang: true } })
  const ending = new AbortController()
  const reading = provider.read([get('a'), get('b'), get('a', 'x')], ending.signal)
  ending.abort(new Error('the run ends'))
  await assert.rejects(reading, /the run ends/)
})

test('nobody listens: unavailable, in our words', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  await aws.close()
  const failure = failureIn(await readOne(provider, get('a')))
  assert.equal(failure?.code, 'unavailable')
  assert.match(failure?.message ?? '', /the connection was refused/)
})

test('a certificate of a stranger is untrusted', async (t) => {
  const { open } = await bench(t, { tls: true })
  assert.equal(failureIn(await readOne(await open(), get('a')))?.code, 'untrusted')
})

test('STS that is down fails the opening, after its own attempts', async (t) => {
  const { aws, open } = await bench(t, IRSA, CLUSTER)
  aws.fault({ times: 9, does: { reset: 'before' } })
  const error = await refusalOf(open({ auth: JWT_AUTH }))
  assert.equal(error.code, 'unavailable')
  assert.equal(aws.calls.count(), 3)
})

test('a rotated secret is seen by the next read', async (t) => {
  const { aws, open } = await bench(t)
  const provider = await open()
  aws.set('a', 'rotated')
  const answer = await readOne(provider, get('a'))
  assert.ok(answer?.outcome === 'found' && answer.payload.text !== undefined)
  assert.equal(decode(answer.payload.text), 'rotated')
})
