import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { awsWriter } from '../../../src/providers/aws/push.ts'
import { gcpWriter } from '../../../src/providers/gcp/push.ts'
import { kubernetesWriter } from '../../../src/providers/kubernetes/push.ts'
import { vaultWriter } from '../../../src/providers/vault/push.ts'
import type { OpenWriter } from '../../../src/providers/writer.ts'
import type { StorePushed } from '../../../src/sync/push/one-store.ts'
import { type AwsServer, startAws } from '../../servers/aws.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { startKube } from '../../servers/kube.ts'
import { type Fault, json, type TestServer, testTls } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { printed, type TestCluster, type TestOpening, testOpening, testStore } from './opening.ts'
import { type PushCase, type Pushed, push } from './pushing.ts'

// What every writer promises, told once: a new one gets a row below and passes, or nothing is pushed with it.

interface Remote extends TestServer {
  /** What the remote secret holds, as JSON of its keys or as its text; undefined when absent. */
  readonly peek: (key: string) => string | undefined
  /** Made by somebody else, who has left no mark. */
  readonly foreign: (key: string) => void
  readonly cluster: TestCluster
  readonly env?: Readonly<Record<string, string>>
  readonly settings: JsonObject
}

interface Subject {
  readonly name: string
  readonly provider: string
  /** With this deadline for a call. */
  readonly open: (callMs: number) => OpenWriter
  readonly start: () => Promise<Remote>
  readonly throttled: Fault['does']
  /** Whether a secret can hold several properties. */
  readonly properties: boolean
  /** Whether it keeps a mark of who manages a secret. */
  readonly marks: boolean
  /** A push of one text, and what the remote secret is then. */
  readonly one: (key: string, value: string) => Pushed
  readonly held: (value: string) => string
  /** Calls that change something. */
  readonly writes: readonly string[]
}

const property = (key: string, value: string): Pushed => ({ key, property: 'p', value })
const heldProperty = (value: string): string => JSON.stringify({ p: value })

function vaultSubject(name: string, version: 'v1' | 'v2', isCasRequired: boolean): Subject {
  return {
    name,
    provider: 'vault',
    open: (requestMs) => vaultWriter({ requestMs }),
    start: async () => {
      const everything = ['create', 'read', 'update', 'delete'] as const
      const rule = (path: string) => ({ path, capabilities: everything })
      const keys = ['one', 'two', 'app/db']
      const paths = version === 'v1' ? ['kv'] : ['kv/data', 'kv/metadata']
      const vault = await startVault({
        mounts: { kv: version === 'v1' ? 1 : 2 },
        tokens: { given: { policies: ['most'] } },
        policies: { most: paths.flatMap((path) => keys.map((key) => rule(`${path}/${key}`))) },
        isCasRequired,
      })
      return {
        ...vault,
        peek: (key) => {
          const newest = vault.find('kv', key)?.versions.at(-1)
          if (newest === undefined || newest.deletedMs !== undefined) return undefined
          const { custom_metadata, ...data } = JSON.parse(newest.text)
          if (version === 'v1')
            assert.deepEqual(custom_metadata, { 'managed-by': 'external-secrets' })
          return JSON.stringify(data)
        },
        foreign: (key) => vault.put('kv', key, { p: 'theirs' }),
        cluster: { secrets: { 'shop/keys': { token: 'given' } } },
        settings: {
          server: vault.url,
          path: 'kv',
          version,
          auth: { tokenSecretRef: { name: 'keys', key: 'token' } },
        },
      }
    },
    throttled: { reply: { status: 429, body: '{"errors":["x"]}' } },
    properties: true,
    marks: true,
    one: property,
    held: heldProperty,
    writes: ['vault:write', 'vault:delete'],
  }
}

const KEY = { id: 'AKIATESTTESTTEST', secret: 'secret-key-of-the-user' }
const whole = (key: string, value: string): Pushed => ({ key, value })

function awsSubject(
  service: 'SecretsManager' | 'ParameterStore',
  remoteOf: (aws: AwsServer) => Pick<Remote, 'peek' | 'foreign'>,
  more: Pick<Subject, 'properties' | 'writes'>,
): Subject {
  return {
    name: `aws ${service}`,
    provider: 'aws',
    open: (callMs) => awsWriter({ connectMs: callMs, requestMs: callMs, callMs }),
    start: async () => {
      const isAllowed = (_: string, name: string): boolean => !name.includes('locked')
      const aws = await startAws({ accessKeys: [{ ...KEY, isAllowed }] })
      return {
        ...aws,
        ...remoteOf(aws),
        env: { AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_SSM_ENDPOINT: aws.url },
        cluster: { secrets: { 'shop/keys': { id: KEY.id, key: KEY.secret } } },
        settings: {
          service,
          region: 'eu-central-1',
          auth: {
            secretRef: {
              accessKeyIDSecretRef: { name: 'keys', key: 'id' },
              secretAccessKeySecretRef: { name: 'keys', key: 'key' },
            },
          },
        },
      }
    },
    throttled: {
      reply: {
        status: 400,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: '{"__type":"ThrottlingException"}',
      },
    },
    marks: true,
    one: more.properties ? property : whole,
    held: more.properties ? heldProperty : (value) => value,
    ...more,
  }
}

const ACCOUNT = makeServiceAccount('writer@shop-1.iam.gserviceaccount.com')

const SUBJECTS: readonly Subject[] = [
  awsSubject(
    'SecretsManager',
    (aws) => ({
      peek: (key) => {
        const secret = aws.secret(key)
        const current = secret?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
        if (secret?.deletion !== undefined) return undefined
        return current?.text ?? (current?.binary && Buffer.from(current.binary).toString())
      },
      foreign: (key) => aws.set(key, '{"p":"theirs"}'),
    }),
    {
      properties: true,
      writes: ['Create', 'Delete']
        .map((verb) => `secretsmanager:${verb}Secret`)
        .concat([
          'secretsmanager:PutSecretValue',
          'secretsmanager:TagResource',
          'secretsmanager:UntagResource',
        ]),
    },
  ),
  awsSubject(
    'ParameterStore',
    (aws) => ({
      peek: (key) => aws.parameters.find(key)?.values.at(-1),
      foreign: (key) => aws.parameters.set(key, 'theirs'),
    }),
    {
      properties: false,
      writes: ['PutParameter', 'DeleteParameter', 'AddTagsToResource'].map((call) => `ssm:${call}`),
    },
  ),
  {
    name: 'gcpsm',
    provider: 'gcpsm',
    open: (requestMs) => gcpWriter({ requestMs }),
    start: async () => {
      const isAllowed = (_: string, _method: string, key: string): boolean => key !== 'locked'
      const gcp = await startGcp({ keys: [ACCOUNT], isAllowed })
      return {
        ...gcp,
        // Not the login, which fails a whole store.
        fault: (fault) => gcp.fault({ call: 'secretmanager:GetSecret', ...fault }),
        peek: (key) => gcp.find(key)?.versions.at(-1)?.data.toString(),
        foreign: (key) => gcp.set(key, '{"p":"theirs"}'),
        env: gcpEnv(gcp.url),
        cluster: { secrets: { 'shop/keys': { json: ACCOUNT.json } } },
        settings: {
          projectID: 'shop-1',
          auth: { secretRef: { secretAccessKeySecretRef: { name: 'keys', key: 'json' } } },
        },
      }
    },
    throttled: { reply: json(429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }) },
    properties: true,
    marks: true,
    one: property,
    held: heldProperty,
    writes: ['CreateSecret', 'UpdateSecret', 'AddSecretVersion', 'DeleteSecret'].map(
      (call) => `secretmanager:${call}`,
    ),
  },
  vaultSubject('vault kv2', 'v2', false),
  vaultSubject('vault kv2 with check-and-set', 'v2', true),
  vaultSubject('vault kv1', 'v1', false),
  {
    name: 'kubernetes',
    provider: 'kubernetes',
    open: kubernetesWriter,
    start: async () => {
      const verbs = ['get', 'create', 'patch', 'delete']
      const kube = await startKube({
        namespaces: ['prod'],
        objects: [role(verbs), binding()],
      })
      const token = kube.serviceAccountToken('prod', 'default')
      return {
        ...kube,
        peek: (key) => {
          const data = kube.object('Secret', 'prod', key)?.data as
            | Record<string, string>
            | undefined
          return data && JSON.stringify(decoded(data))
        },
        foreign: () => undefined,
        cluster: { secrets: { 'shop/keys': { token } } },
        settings: {
          server: {
            url: kube.url,
            caBundle: Buffer.from(testTls().authority.ca).toString('base64'),
          },
          remoteNamespace: 'prod',
          auth: { token: { bearerToken: { name: 'keys', key: 'token' } } },
        },
      }
    },
    throttled: { reply: json(429, { kind: 'Status' }) },
    properties: true,
    marks: false,
    one: property,
    held: heldProperty,
    writes: ['create secrets', 'patch secrets', 'delete secrets'],
  },
]

function role(verbs: readonly string[]): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'writer', namespace: 'prod' },
    rules: [
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['one', 'two'], verbs },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ],
  }
}

function binding(): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'writer', namespace: 'prod' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'writer' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'prod' }],
  }
}

function decoded(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}

interface Started {
  readonly remote: Remote
  readonly opening: TestOpening
  readonly push: (pushes: readonly Pushed[], more?: Partial<PushCase>) => Promise<StorePushed>
  readonly written: () => number
}

async function start(t: TestContext, subject: Subject, callMs = 5000): Promise<Started> {
  const remote = await subject.start()
  const opening = testOpening({ cluster: remote.cluster, env: remote.env ?? {} })
  t.after(async () => {
    opening.close()
    await remote.close()
  })
  const store = testStore(subject.provider, remote.settings)
  const open = subject.open(callMs)
  return {
    remote,
    opening,
    push: (pushes, more = {}) => push({ store, open, opening, ...more }, pushes),
    written: () => remote.calls.all.filter(({ call }) => subject.writes.includes(call)).length,
  }
}

const actions = ({ changes }: StorePushed): readonly string[] => changes.map(({ action }) => action)
const codes = ({ errors }: StorePushed): readonly string[] => errors.map(({ code }) => code)

for (const subject of SUBJECTS) {
  const { name, one, held } = subject

  test(`push ${name}: creates what is not there, and updates it`, async (t) => {
    const { push, remote } = await start(t, subject)
    assert.deepEqual(actions(await push([one('one', 'first')])), ['created'])
    assert.equal(remote.peek('one'), held('first'))
    assert.deepEqual(actions(await push([one('one', 'second')])), ['updated'])
    assert.equal(remote.peek('one'), held('second'))
  })

  test(`push ${name}: what is there already costs no write`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    await push([one('one', 'same')])
    remote.calls.clear()
    assert.deepEqual(actions(await push([one('one', 'same')])), ['unchanged'])
    assert.equal(written(), 0)
  })

  test(`push ${name}: a dry run tells, and writes nothing`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    const outcome = await push([one('one', 'x')], { isDryRun: true })
    assert.deepEqual(actions(outcome), ['created'])
    assert.equal(outcome.synced.size, 0)
    assert.equal(written(), 0)
    assert.equal(remote.peek('one'), undefined)
  })

  test(`push ${name}: IfNotExists leaves alone what is there`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    const ifNotExists = { spec: { updatePolicy: 'IfNotExists' } }
    assert.deepEqual(actions(await push([one('one', 'first')], ifNotExists)), ['created'])
    remote.calls.clear()
    const again = await push([one('one', 'second')], ifNotExists)
    assert.deepEqual([actions(again), codes(again)], [['skipped'], []])
    assert.equal(written(), 0)
    assert.equal(remote.peek('one'), held('first'))
  })

  test(`push ${name}: the last property takes the secret along`, async (t) => {
    const { push, remote } = await start(t, subject)
    const last = one('one', 'x')
    await push([last])
    assert.deepEqual(actions(await push([], { dropped: [last] })), ['deleted'])
    assert.equal(remote.peek('one'), undefined)
  })

  test(`push ${name}: what is gone already is no failure`, async (t) => {
    const { push } = await start(t, subject)
    const outcome = await push([], { dropped: [one('one', 'x')] })
    assert.deepEqual([actions(outcome), outcome.synced.size], [['unchanged'], 0])
  })

  test(`push ${name}: what may not be written fails alone and is named`, async (t) => {
    const { push, remote } = await start(t, subject)
    const outcome = await push([one('locked', 'canary-x'), one('one', 'y')])
    assert.deepEqual([codes(outcome), actions(outcome)], [['Forbidden'], ['refused', 'created']])
    assert.match(outcome.errors[0]?.message ?? '', /locked/)
    assert.equal(remote.peek('one'), held('y'))
    assert.doesNotMatch(printed(outcome), /canary/)
  })

  test(`push ${name}: throttling passes, or is called by its name`, async (t) => {
    const { push, remote } = await start(t, subject)
    remote.fault({ times: 2, does: subject.throttled })
    assert.deepEqual(actions(await push([one('one', 'x')])), ['created'])
    remote.fault({ times: 99, does: subject.throttled })
    assert.deepEqual(codes(await push([one('one', 'y')])), ['Throttled'])
    remote.clearFaults()
    assert.equal(remote.peek('one'), held('x'))
  })

  test(`push ${name}: a fault never makes a secret look absent or unchanged`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    await push([one('one', 'x')])
    remote.calls.clear()
    const faults: readonly Fault['does'][] = [
      { reply: { status: 500, body: '{"errors":["x"]}' } },
      { reply: { status: 404, body: 'not here' } },
      { reset: 'before' },
      { truncateTo: 3 },
    ]
    for (const does of faults) {
      remote.clearFaults()
      remote.fault({ times: 99, does })
      const outcome = await push([one('one', 'canary-y')])
      assert.deepEqual([actions(outcome), outcome.errors.length], [['refused'], 1], printed(does))
      assert.doesNotMatch(printed(outcome), /canary/)
    }
    assert.equal(written(), 0)
  })

  test(`push ${name}: silence ends at a deadline`, async (t) => {
    const { push, remote } = await start(t, subject, 60)
    remote.fault({ times: 99, does: { hang: true } })
    assert.deepEqual(codes(await push([one('one', 'x')], { deadlineMs: 2000 })), ['Timeout'])
  })

  test(`push ${name}: a key that is no key never reaches a URL`, async (t) => {
    const { push, written } = await start(t, subject)
    for (const key of ['../one', 'a/../../b', '']) {
      const outcome = await push([one(key, 'x')])
      assert.deepEqual(actions(outcome), ['refused'], key)
    }
    assert.equal(written(), 0)
  })

  if (subject.marks) marksTests(subject)
  if (subject.properties) propertyTests(subject)
}

function marksTests(subject: Subject): void {
  const { name, one } = subject

  test(`push ${name}: what somebody else has made is refused, and never removed`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    remote.foreign('one')
    const refused = await push([one('one', 'canary-mine')])
    assert.deepEqual([actions(refused), codes(refused)], [['refused'], ['NotManaged']])
    assert.match(refused.errors[0]?.message ?? '', /secret not managed by external-secrets/)
    assert.doesNotMatch(printed(refused), /canary/)
    const dropped = await push([], { dropped: [one('one', 'x')] })
    assert.deepEqual([actions(dropped), dropped.synced.size], [['skipped'], 0])
    assert.equal(written(), 0)
  })
}

function propertyTests(subject: Subject): void {
  const { name, one } = subject
  test(`push ${name}: several properties of one secret are one read and one write`, async (t) => {
    const { push, remote, written } = await start(t, subject)
    const both = [
      { key: 'one', property: 'user', value: 'u' },
      { key: 'one', property: 'password', value: 'p' },
    ]
    await push([{ key: 'one', property: 'user', value: 'old' }])
    remote.calls.clear()
    assert.deepEqual(actions(await push(both)), ['updated'])
    assert.deepEqual(JSON.parse(remote.peek('one') ?? ''), { user: 'u', password: 'p' })
    assert.equal(written(), 1)
  })

  test(`push ${name}: a property leaves the others as they are`, async (t) => {
    const { push, remote } = await start(t, subject)
    await push([{ key: 'one', property: 'mine', value: '1' }])
    await push([{ key: 'one', property: 'yours', value: '2' }])
    assert.deepEqual(JSON.parse(remote.peek('one') ?? ''), { mine: '1', yours: '2' })
  })

  test(`push ${name}: what is dropped goes, and only that`, async (t) => {
    const { push, remote } = await start(t, subject)
    const [a, b] = [
      { key: 'one', property: 'a', value: '1' },
      { key: 'one', property: 'b', value: '2' },
    ]
    await push([a, b, one('two', 'x')])
    const outcome = await push([a], { remembered: [a], dropped: [b, one('two', 'x')] })
    assert.deepEqual(actions(outcome), ['updated', 'deleted'])
    assert.equal(remote.peek('one'), JSON.stringify({ a: '1' }))
    assert.equal(remote.peek('two'), undefined)
    assert.deepEqual([...outcome.synced.keys()], ['one/a'])
  })
}
