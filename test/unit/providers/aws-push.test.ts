import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { openAwsWriter } from '../../../src/providers/aws/push.ts'
import type { StorePushed } from '../../../src/sync/push/one-store.ts'
import { type AwsServer, startAws } from '../../servers/aws.ts'
import { testOpening, testStore } from './opening.ts'
import { type PushCase, type Pushed, push } from './pushing.ts'

// What is particular to AWS; the contract of all writers is in push-contract.test.ts.

interface Started {
  readonly aws: AwsServer
  readonly push: (pushed: readonly Pushed[], more?: Partial<PushCase>) => Promise<StorePushed>
}

async function start(t: TestContext, service: string, settings: JsonObject = {}): Promise<Started> {
  const aws = await startAws({ accessKeys: [{ id: 'AKIATESTTESTTEST', secret: 's' }] })
  const opening = testOpening({
    cluster: { secrets: { 'shop/keys': { id: 'AKIATESTTESTTEST', key: 's' } } },
    env: { AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_SSM_ENDPOINT: aws.url },
  })
  t.after(async () => {
    opening.close()
    await aws.close()
  })
  const secretRef = {
    accessKeyIDSecretRef: { name: 'keys', key: 'id' },
    secretAccessKeySecretRef: { name: 'keys', key: 'key' },
  }
  const store = testStore('aws', {
    service,
    region: 'eu-central-1',
    auth: { secretRef },
    ...settings,
  })
  return {
    aws,
    push: (pushed, more = {}) => push({ store, open: openAwsWriter, opening, ...more }, pushed),
  }
}

function metadata(spec: JsonObject): JsonObject {
  const apiVersion = 'kubernetes.external-secrets.io/v1alpha1'
  return { apiVersion, kind: 'PushSecretMetadata', spec }
}

const actions = ({ changes }: StorePushed): readonly string[] => changes.map(({ action }) => action)

test('push aws: a new secret has prefix, tags, description and key; bytes unless a string is asked for', async (t) => {
  const { aws, push } = await start(t, 'SecretsManager', { prefix: 'team/' })
  const spec = { tags: { team: 'a' }, kmsKeyId: 'alias/k', description: 'told' }
  await push([{ key: 'bytes', value: 'v', metadata: metadata(spec) }])
  const made = aws.secret('team/bytes')
  assert.deepEqual(Object.fromEntries(made?.tags ?? []), {
    team: 'a',
    'managed-by': 'external-secrets',
  })
  assert.deepEqual([made?.made?.KmsKeyId, made?.made?.Description], ['alias/k', 'told'])
  assert.deepEqual([made?.versions[0]?.text, made?.versions[0]?.binary?.length], [undefined, 1])
  await push([{ key: 'text', value: 'v', metadata: metadata({ secretPushFormat: 'string' }) }])
  assert.equal(aws.secret('team/text')?.versions[0]?.text, 'v')
})

test('push aws: tags that changed are told by themselves, without a new version', async (t) => {
  const { aws, push } = await start(t, 'SecretsManager')
  await push([{ key: 'k', value: 'v', metadata: metadata({ tags: { a: '1', b: '2' } }) }])
  await push([{ key: 'k', value: 'v', metadata: metadata({ tags: { a: '1', c: '3' } }) }])
  const { tags, versions } = aws.secret('k') ?? { tags: new Map(), versions: [] }
  assert.deepEqual(Object.fromEntries(tags), { a: '1', c: '3', 'managed-by': 'external-secrets' })
  assert.equal(versions.length, 1)
})

const DELETIONS: readonly (readonly [settings: JsonObject, removed: JsonObject])[] = [
  [{}, {}],
  [{ forceDeleteWithoutRecovery: true }, { ForceDeleteWithoutRecovery: true }],
  [{ recoveryWindowInDays: 7 }, { RecoveryWindowInDays: 7 }],
]
for (const [secretsManager, wanted] of DELETIONS) {
  test(`push aws: deleted as the store says: ${JSON.stringify(secretsManager)}`, async (t) => {
    const { aws, push } = await start(t, 'SecretsManager', { secretsManager })
    const pushed = { key: 'k', value: 'v' }
    await push([pushed])
    const secret = aws.secret('k')
    assert.deepEqual(actions(await push([], { dropped: [pushed] })), ['deleted'])
    assert.deepEqual(secret?.removed, { SecretId: 'k', ...wanted })
  })
}

for (const secretsManager of [
  { forceDeleteWithoutRecovery: true, recoveryWindowInDays: 7 },
  { recoveryWindowInDays: 6 },
  { recoveryWindowInDays: 31 },
]) {
  test(`push aws: a deletion that AWS would refuse stops the store: ${JSON.stringify(secretsManager)}`, async (t) => {
    const { aws, push } = await start(t, 'SecretsManager', { secretsManager })
    const { errors } = await push([{ key: 'k', value: 'v' }])
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['Invalid'],
    )
    assert.equal(aws.secret('k'), undefined)
  })
}

test('push aws: a secret that is scheduled for deletion is told, with the command that restores it', async (t) => {
  const { aws, push } = await start(t, 'SecretsManager')
  const pushed = { key: 'k', value: 'v' }
  await push([pushed])
  aws.markForDeletion('k')
  const { errors } = await push([{ key: 'k', value: 'w' }])
  assert.match(
    errors[0]?.message ?? '',
    /scheduled for deletion; aws secretsmanager restore-secret/,
  )
  assert.deepEqual(actions(await push([], { dropped: [pushed] })), ['unchanged'])
})

test('push aws: an ARN or a path that climbs is no name', async (t) => {
  const { aws, push } = await start(t, 'SecretsManager')
  const arn = 'arn:aws:secretsmanager:eu-central-1:999999999999:secret:x'
  const { errors } = await push([{ key: arn, value: 'v' }])
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['Invalid'],
  )
  assert.equal(aws.calls.count(), 0)
})

test('push aws: a parameter has type, key and tier of its metadata, and keeps its type later', async (t) => {
  const { aws, push } = await start(t, 'ParameterStore', { prefix: '/shop/' })
  const tier = { type: 'Advanced', policies: [{ Type: 'Expiration', Version: '1.0' }] }
  const spec = { secretType: 'SecureString', kmsKeyID: 'alias/k', tier, tags: { t: '1' } }
  await push([{ key: 'p', value: 'v', metadata: metadata(spec) }])
  const made = aws.parameters.find('/shop/p')
  assert.deepEqual(
    [made?.type, made?.made?.KeyId, made?.made?.Tier, made?.made?.Policies],
    ['SecureString', 'alias/k', 'Advanced', '[{"Type":"Expiration","Version":"1.0"}]'],
  )
  await push([{ key: 'p', value: 'w' }])
  assert.deepEqual(
    [aws.parameters.find('/shop/p')?.type, aws.parameters.find('/shop/p')?.values],
    ['SecureString', ['v', 'w']],
  )
})

test('push aws: a whole Secret goes to a parameter in base64, or decoded if the metadata ask for it', async (t) => {
  const { aws, push } = await start(t, 'ParameterStore')
  await push([{ key: 'b', whole: { a: 'x' } }])
  await push([{ key: 'd', whole: { a: 'x' }, metadata: metadata({ encodeAsDecoded: true }) }])
  assert.equal(aws.parameters.find('b')?.values[0], '{"a":"eA=="}')
  assert.equal(aws.parameters.find('d')?.values[0], '{"a":"x"}')
})
