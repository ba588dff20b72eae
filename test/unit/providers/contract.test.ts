import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, Read } from '../../../src/model/provider.ts'
import { awsOpener } from '../../../src/providers/aws/sdk.ts'
import { azureOpener } from '../../../src/providers/azurekv/open.ts'
import { openFake } from '../../../src/providers/fake/open.ts'
import { gcpOpener } from '../../../src/providers/gcp/open.ts'
import { kubernetesOpener } from '../../../src/providers/kubernetes/open.ts'
import type { OpenProvider, SecretProvider } from '../../../src/providers/provider.ts'
import { vaultOpener } from '../../../src/providers/vault/client.ts'
import { openWebhook } from '../../../src/providers/webhook/open.ts'
import { startAws } from '../../servers/aws.ts'
import { startAzure, versionId } from '../../servers/azure.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { startKube } from '../../servers/kube.ts'
import { type Fault, startServer, type TestServer, testTls } from '../../servers/server.ts'
import { startVault } from '../../servers/vault.ts'
import { startWebhook } from '../../servers/webhook.ts'
import { fetchMetadata, get, inShort, type TestOpening, testOpening, testStore } from './opening.ts'

// What every provider promises, told once: a new one gets a row below and passes, or it is not a provider.

interface Remote extends TestServer {
  readonly set: (key: string, value: string) => void
  /** What lets us in, where the server makes it up. */
  readonly bearer?: string
}

interface Subject {
  readonly name: string
  /** With this deadline for a call. */
  readonly open: (callMs: number) => OpenProvider
  /** Holds `one` and `two`, an older version of `one`, and `locked`, which may not be read. */
  readonly start: () => Promise<Remote>
  readonly settings: (url: string) => JsonObject
  /** What the payload of this value looks like. */
  readonly payload: (value: string) => string
  readonly olderVersion: string
  readonly noVersion: string
  readonly throttled: Fault['does']
  readonly down: Fault['does']
  /** Calls for three values at once. */
  readonly callsForThree: number
  /** What a refusal advises. */
  readonly advice: RegExp
  /** The name of a call where the server has another one for it. */
  readonly callNamed?: (call: string) => string
  /**
   * Not all of EVERYTHING: any 404 of a webhook is an absence, and it knows no metadata; KV 1 has no versions; the API server
   * gives values with the metadata; nobody answers for a fake store but the store itself.
   */
  readonly knows?: readonly Knowledge[]
}

const EVERYTHING = ['metadata', 'versions', 'whose 404 it is', 'a server'] as const
type Knowledge = (typeof EVERYTHING)[number]

const KEY = { id: 'AKIATESTTESTTEST', secret: 'secret-key-of-the-user' }
const amz = (code: string, status = 400): Fault['does'] => ({
  reply: {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: code }),
  },
})
const vaultError = (status: number): Fault['does'] => ({
  reply: { status, body: '{"errors":["x"]}' },
})

const ACCOUNT = makeServiceAccount('reader@shop-1.iam.gserviceaccount.com')
const google = (code: number, status: string): Fault['does'] => ({
  reply: { status: code, body: JSON.stringify({ error: { code, message: 'x', status } }) },
})

/** What AWS's services have in common. */
function awsSubject(
  service: string,
  own: Pick<Subject, 'start' | 'olderVersion' | 'noVersion'>,
): Subject {
  return {
    ...own,
    name: `aws ${service}`,
    open: (callMs) => awsOpener({ connectMs: callMs, requestMs: callMs, callMs }),
    settings: () => ({
      service,
      region: 'eu-central-1',
      auth: {
        secretRef: {
          accessKeyIDSecretRef: { name: 'keys', key: 'id' },
          secretAccessKeySecretRef: { name: 'keys', key: 'key' },
        },
      },
    }),
    payload: (value) => value,
    advice: /^allow \w+:Get\w+ on it/,
    throttled: amz('ThrottlingException'),
    down: amz('InternalServiceError', 500),
    callsForThree: 1,
  }
}

/** The KV engines; version 1 keeps no versions and no metadata. */
function vaultSubject(version: 'v1' | 'v2'): Subject {
  const isV2 = version === 'v2'
  return {
    name: `vault KV ${version}`,
    open: (requestMs) => vaultOpener({ requestMs }),
    start: async () => {
      const policies = {
        most: ['one', 'two', 'none'].map((key) => ({
          path: isV2 ? `secret/+/${key}` : `secret/${key}`,
          capabilities: ['read'] as const,
        })),
      }
      const vault = await startVault({
        mounts: { secret: isV2 ? 2 : 1 },
        tokens: { given: { policies: ['most'] } },
        policies,
        secrets: { secret: { one: { v: 'old' }, two: { v: 'two' }, locked: { v: 'x' } } },
      })
      const set = (key: string, value: string): void => vault.put('secret', key, { v: value })
      set('one', 'new')
      return { ...vault, set }
    },
    settings: (server) => ({
      server,
      version,
      path: 'secret',
      auth: { tokenSecretRef: { name: 'keys', key: 'token' } },
    }),
    payload: (value) => JSON.stringify({ v: value }),
    olderVersion: '1',
    noVersion: '9',
    advice: /policy with: path "secret\/.*locked" \{ capabilities = \["read"\] \}/,
    throttled: vaultError(429),
    down: vaultError(500),
    callsForThree: 3,
    ...(isV2 ? {} : { knows: ['whose 404 it is', 'a server'] }),
  }
}

const SUBJECTS: readonly Subject[] = [
  awsSubject('SecretsManager', {
    start: async () => {
      const isAllowed = (_: string, name: string): boolean => name !== 'locked'
      const aws = await startAws({
        accessKeys: [{ ...KEY, isAllowed }],
        secrets: { one: 'old', two: 'two', locked: 'x' },
      })
      aws.set('one', 'new')
      return aws
    },
    olderVersion: 'AWSPREVIOUS',
    noVersion: 'uuid/none',
  }),
  awsSubject('ParameterStore', {
    start: async () => {
      const isAllowed = (_: string, name: string): boolean => name !== 'locked'
      const aws = await startAws({
        accessKeys: [{ ...KEY, isAllowed }],
        parameters: { one: { values: ['old', 'new'] }, two: 'two', locked: 'x' },
      })
      return { ...aws, set: aws.parameters.set }
    },
    olderVersion: '1',
    noVersion: '9',
  }),
  vaultSubject('v2'),
  vaultSubject('v1'),
  {
    name: 'gcpsm',
    open: (requestMs) => gcpOpener({ requestMs }),
    start: async () => {
      const secrets = { one: 'old', two: 'two', locked: 'x' }
      const isAllowed = (_: string, _method: string, key: string): boolean => key !== 'locked'
      const gcp = await startGcp({ keys: [ACCOUNT], secrets, isAllowed })
      gcp.set('one', 'new')
      return gcp
    },
    settings: () => ({
      projectID: 'shop-1',
      auth: { secretRef: { secretAccessKeySecretRef: { name: 'keys', key: 'json' } } },
    }),
    payload: (value) => value,
    olderVersion: '1',
    noVersion: '9',
    advice: /^gcloud secrets add-iam-policy-binding locked /,
    throttled: google(429, 'RESOURCE_EXHAUSTED'),
    down: google(503, 'UNAVAILABLE'),
    callsForThree: 3,
  },
  {
    name: 'azurekv',
    open: (requestMs) => azureOpener({ requestMs }),
    start: async () => {
      const objects = {
        'secrets/one': [{ value: 'old' }],
        'secrets/two': [{ value: 'two' }],
        'secrets/locked': [{ value: 'x' }],
      }
      const tenants = { tenant: { clients: { [KEY.id]: { secret: KEY.secret } } } }
      const vault = await startAzure({ tenants, objects, locked: ['locked'] })
      vault.set('one', 'new')
      return vault
    },
    settings: (url) => ({
      vaultUrl: url,
      tenantId: 'tenant',
      authSecretRef: {
        clientId: { name: 'keys', key: 'id' },
        clientSecret: { name: 'keys', key: 'key' },
      },
    }),
    payload: (value) => value,
    olderVersion: versionId(1),
    noVersion: versionId(9),
    throttled: { reply: { status: 429, body: '{"error":{"code":"Throttled"}}' } },
    down: { reply: { status: 500, body: '{"error":{"code":"InternalServerError"}}' } },
    callsForThree: 3,
    advice: /Key Vault Secrets User/,
  },
  {
    name: 'webhook',
    open: (callMs) => (store, context) => {
      const settings = { ...store.settings, timeout: `${callMs}ms` }
      return openWebhook({ ...store, settings }, context)
    },
    start: async () => {
      const secrets = { one: 'old', two: 'two', locked: 'x' }
      const hook = await startWebhook({ authorization: 'given', secrets, locked: ['locked'] })
      hook.set('one', 'new')
      return hook
    },
    settings: (url) => ({
      url: `${url}/secrets/{{ .remoteRef.key }}?version={{ .remoteRef.version }}`,
      headers: { authorization: '{{ .keys.token }}' },
      secrets: [{ name: 'keys', secretRef: { name: 'keys' } }],
      result: { jsonPath: '$.value' },
    }),
    payload: (value) => JSON.stringify(value),
    olderVersion: '1',
    noVersion: '9',
    throttled: { reply: { status: 429, body: '' } },
    down: { reply: { status: 500, body: '' } },
    callsForThree: 3,
    advice: /credentials in headers/,
    knows: ['versions', 'a server'],
  },
  {
    name: 'kubernetes',
    open: kubernetesOpener,
    start: async () => {
      const values = { one: 'new', two: 'two', locked: 'x' }
      const kube = await startKube({
        namespaces: ['prod'],
        objects: [
          ...Object.entries(values).map(([key, value]) => kubeSecret(key, value)),
          ...kubeRights(['one', 'two', 'none']),
        ],
      })
      const set = (key: string, value: string): void => {
        kube.remove('Secret', 'prod', key)
        kube.seed(kubeSecret(key, value))
      }
      return { ...kube, set, bearer: kube.serviceAccountToken('prod', 'default') }
    },
    settings: (url) => ({
      server: { url, caBundle: Buffer.from(testTls().authority.ca).toString('base64') },
      auth: { token: { bearerToken: { name: 'keys', key: 'token' } } },
      remoteNamespace: 'prod',
    }),
    payload: (value) => JSON.stringify({ v: value }),
    olderVersion: '1',
    noVersion: '9',
    throttled: { reply: { status: 429, body: '{"kind":"Status"}' } },
    down: { reply: { status: 500, body: '{"kind":"Status"}' } },
    callsForThree: 3,
    callNamed: (call) => call.replace(/^get secrets$/, 'kubernetes:get'),
    advice: /give the identity get/,
    knows: ['whose 404 it is', 'a server'],
  },
  {
    name: 'fake',
    open: () => openFake,
    start: async () => {
      const nobody = await startServer({
        tls: false,
        nameOf: () => 'nobody',
        answer: () => ({ call: 'nobody', reply: { status: 404, body: '' } }),
      })
      return { ...nobody, set: () => undefined }
    },
    settings: () => ({
      data: [
        { key: 'one', value: 'new' },
        { key: 'one', value: 'old', version: '1' },
        { key: 'two', value: 'two' },
      ],
    }),
    payload: (value) => value,
    olderVersion: '1',
    noVersion: '9',
    advice: /no refusal/,
    throttled: { hang: true },
    down: { hang: true },
    callsForThree: 0,
    knows: ['versions'],
  },
]

function kubeSecret(name: string, value: string): JsonObject {
  const data = { v: Buffer.from(value).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'prod' }, data }
}

/** The default ServiceAccount may get these Secrets. */
function kubeRights(resourceNames: readonly string[]): readonly JsonObject[] {
  const metadata = { name: 'reader', namespace: 'prod' }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'prod' }]
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
  ]
}

interface Opened {
  readonly provider: SecretProvider
  readonly remote: Remote
  readonly opening: TestOpening
  readonly read: (...reads: readonly Read[]) => Promise<readonly Answer[]>
}

async function start(
  t: TestContext,
  { name, open, start, settings }: Subject,
  callMs = 5000,
): Promise<Opened> {
  const remote = await start()
  const opening = testOpening({
    env: {
      AWS_SECRETSMANAGER_ENDPOINT: remote.url,
      AWS_SSM_ENDPOINT: remote.url,
      AZURE_AUTHORITY_HOST: remote.url,
      ...gcpEnv(remote.url),
    },
    cluster: {
      secrets: {
        'shop/keys': {
          id: KEY.id,
          key: KEY.secret,
          token: remote.bearer ?? 'given',
          json: ACCOUNT.json,
        },
      },
      labels: { 'shop/keys': { 'external-secrets.io/type': 'webhook' } },
    },
  })
  const provider = await open(callMs)(testStore(name, settings(remote.url)), opening.context)
  remote.calls.clear()
  opening.calls.length = 0
  t.after(async () => {
    await provider.close()
    opening.close()
    await remote.close()
  })
  return {
    provider,
    remote,
    opening,
    read: (...reads) => provider.read(reads, opening.context.signal),
  }
}

for (const subject of SUBJECTS) {
  const { name, payload, callNamed = (call: string) => call } = subject
  const knows = subject.knows ?? EVERYTHING
  const alone = { skip: !knows.includes('a server') }

  test(`${name}: answers come in the order of the reads, and what is not there is absent`, async (t) => {
    const { read } = await start(t, subject)
    const answers = await read(get('two'), get('none'), get('one'))
    assert.deepEqual(answers.map(inShort), [payload('two'), 'absent', payload('new')])
  })

  test(`${name}: a version is the one that was asked for`, async (t) => {
    const [older, none] = knows.includes('versions') ? [payload('old'), 'absent'] : []
    const { read } = await start(t, subject)
    const answers = await read(
      get('one', subject.olderVersion),
      get('one', subject.noVersion),
      get('one'),
    )
    const newest = payload('new')
    assert.deepEqual(answers.map(inShort), [older ?? newest, none ?? newest, newest])
  })

  test(`${name}: calls made are calls told, and no more than planned`, async (t) => {
    const { read, remote, opening } = await start(t, subject)
    await read(get('one'), get('two'), get('none'))
    assert.equal(remote.calls.count(), subject.callsForThree)
    assert.deepEqual(
      opening.calls,
      remote.calls.all.map(({ call }) => callNamed(call)),
    )
  })

  test(`${name}: nothing to read is no call`, async (t) => {
    const { read, remote } = await start(t, subject)
    assert.deepEqual(await read(), [])
    assert.equal(remote.calls.count(), 0)
  })

  test(
    `${name}: what may not be read fails alone, names itself and says what to do`,
    alone,
    async (t) => {
      const { read } = await start(t, subject)
      const [one, locked, two] = await read(get('one'), get('locked'), get('two'))
      assert.deepEqual([inShort(one), inShort(two)], [payload('new'), payload('two')])
      assert.ok(locked?.outcome === 'failed')
      assert.equal(locked.failure.code, 'forbidden')
      assert.match(locked.failure.message, /locked/)
      assert.match(locked.failure.hint ?? '', subject.advice)
    },
  )

  const skipsMetadata = !knows.includes('metadata')
  test(`${name}: metadata comes without the value`, { skip: skipsMetadata }, async (t) => {
    const { read } = await start(t, subject)
    const [answer] = await read(fetchMetadata('two'))
    assert.ok(answer?.outcome === 'found')
    const { text, binary, data, metadata } = answer.payload
    assert.deepEqual([text, binary, data], [undefined, undefined, undefined])
    assert.notEqual(metadata, undefined)
  })

  test(`${name}: throttling passes, or is called by its name`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    remote.fault({ times: 2, does: subject.throttled })
    assert.deepEqual((await read(get('one'))).map(inShort), [payload('new')])
    remote.fault({ times: 99, does: subject.throttled })
    assert.deepEqual((await read(get('one'))).map(inShort), ['throttled'])
  })

  test(`${name}: a fault never makes a secret absent`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    const faults: readonly Fault['does'][] = [
      subject.down,
      { reset: 'before' },
      { truncateTo: 3 },
      ...(knows.includes('whose 404 it is') ? [{ reply: { status: 404, body: 'not here' } }] : []),
      { reply: { status: 200, body: '{}' } },
      { redirect: 'http://127.0.0.1:1/' },
    ]
    for (const does of faults) {
      remote.clearFaults()
      remote.fault({ times: 99, does })
      const answers = await read(get('one'), get('two'))
      assert.deepEqual(new Set(answers.map(({ outcome }) => outcome)), new Set(['failed']))
    }
  })

  test(`${name}: silence ends at a deadline`, alone, async (t) => {
    const { read, remote } = await start(t, subject, 80)
    remote.fault({ times: 99, does: { hang: true } })
    assert.deepEqual((await read(get('one'))).map(inShort), ['timeout'])
  })

  test(`${name}: an aborted run rejects`, async (t) => {
    const { provider, remote } = await start(t, subject)
    remote.fault({ times: 99, does: { hang: true } })
    const ending = new AbortController()
    const reading = provider.read([get('one'), get('two')], ending.signal)
    ending.abort(new Error('the run ends'))
    // Values that stand in the store itself were there before.
    if (knows.includes('a server')) await assert.rejects(reading, /the run ends/)
    await assert.rejects(provider.read([get('one')], ending.signal), /the run ends/)
  })

  test(`${name}: what changes is seen by the next read`, alone, async (t) => {
    const { read, remote } = await start(t, subject)
    await read(get('one'))
    remote.set('one', 'newer')
    assert.deepEqual((await read(get('one'))).map(inShort), [payload('newer')])
  })

  test(`${name}: a hundred reads open no more connections than lanes`, async (t) => {
    const { read, remote } = await start(t, subject)
    await read(...Array.from({ length: 100 }, () => get('one', subject.olderVersion)))
    assert.ok(remote.calls.connections() <= 32, `${remote.calls.connections()}`)
  })
}
