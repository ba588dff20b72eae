import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Answer, ProviderErrorCode, Read } from '../../../src/model/provider.ts'
import { openKubernetes } from '../../../src/providers/kubernetes/open.ts'
import { ProviderError } from '../../../src/providers/provider.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'
import { json, testTls } from '../../servers/server.ts'
import { decode, get, printed, type TestCluster, testOpening, testStore } from './opening.ts'

let remote: KubeServer
let token: string

before(async () => {
  const objects = [
    secret(
      'db',
      { user: 'admin', password: 'canary-db' },
      { labels: { team: 'a' }, annotations: { note: 'n' } },
    ),
    secret('api', { token: 'canary-api' }, { labels: { team: 'a', env: 'prod' } }),
    secret('empty', {}),
    role(['get', 'list'], []),
    binding(),
  ]
  remote = await startKube({ namespaces: ['prod'], objects })
  token = remote.serviceAccountToken('prod', 'default')
})
after(() => remote.close())

test('kubernetes: a Secret with its data, labels and annotations', async () => {
  const [answer] = await read([get('db')])
  assert.ok(answer?.outcome === 'found')
  const { data, metadata, dialect } = answer.payload
  assert.equal(dialect, 'kubernetes')
  assert.deepEqual(
    [...(data ?? [])].map(([key, value]) => [key, decode(value)]),
    [
      ['user', 'admin'],
      ['password', 'canary-db'],
    ],
  )
  assert.deepEqual([...(metadata?.labels ?? [])], [['team', 'a']])
  assert.deepEqual([...(metadata?.annotations ?? [])], [['note', 'n']])
})

test('kubernetes: a Secret without data has an empty map; one that is not there is absent', async () => {
  const answers = await read([get('empty'), get('nothing')])
  assert.deepEqual(answers.map(shown), ['', 'absent'])
})

test('kubernetes: a key that is no name of a Secret never reaches a URL', async () => {
  remote.calls.clear()
  const keys = ['../secrets/db', 'a/b', '..', '', 'UP', 'a?b', 'a%2fb']
  const answers = await read(keys.map((key) => get(key)))
  assert.deepEqual(
    answers.map(shown),
    keys.map(() => 'invalid'),
  )
  assert.equal(remote.calls.count(), 0)
})

test('kubernetes: find by tags is a label selector and wins over the name', async () => {
  const tags = new Map([
    ['team', 'a'],
    ['env', 'prod'],
  ])
  assert.equal(shown((await read([find({ tags, nameRegexp: 'nothing' })]))[0]), 'api')
})

test('kubernetes: find by name is an unanchored search', async () => {
  assert.equal(shown((await read([find({ nameRegexp: '^d|pi$' })]))[0]), 'api db')
  assert.equal(shown((await read([find({ nameRegexp: '^zzz' })]))[0]), '')
})

test('kubernetes: find reads every page', async () => {
  const many = Array.from({ length: 700 }, (_, at) => secret(`s${at}`, {}))
  const big = await startKube({ namespaces: ['prod'], objects: many })
  const [answer] = await read([find({ nameRegexp: '^s' })], { server: big, bearer: big.adminToken })
  assert.equal(shown(answer).split(' ').length, 700)
  assert.equal(big.calls.count('list secrets'), 2)
  await big.close()
})

test('kubernetes: the ServiceAccount of the store gets a token for its audiences, ten minutes long', async () => {
  const asked: unknown[] = []
  const cluster: TestCluster = {
    token: (account, audiences, seconds) => {
      asked.push([account, audiences, seconds])
      return token
    },
  }
  const auth = { serviceAccount: { name: 'reader', audiences: ['remote'] } }
  assert.equal(shown((await read([get('db')], { auth, cluster }))[0]), 'password user')
  assert.deepEqual(asked, [['shop/reader', ['remote'], 600]])
})

test('kubernetes: a client certificate identifies us', async () => {
  const server = await startKube({ namespaces: ['prod'], objects: [secret('db', { k: 'v' })] })
  const { client } = testTls()
  const cluster = { secrets: { 'shop/tls': { cert: client.cert, key: client.key } } }
  const auth = {
    cert: { clientCert: { name: 'tls', key: 'cert' }, clientKey: { name: 'tls', key: 'key' } },
  }
  const refused = await read([get('db')], { auth, cluster, server })
  assert.deepEqual(refused.map(shown), ['forbidden'])
  assert.equal(server.calls.all[0]?.principal, 'client')
  await server.close()
})

test('kubernetes: the CA may come from a ConfigMap or a Secret', async () => {
  const cluster = {
    configMaps: { 'shop/ca': { 'ca.crt': remote.ca } },
    secrets: { 'shop/ca': { 'ca.crt': remote.ca }, 'shop/token': { token } },
  }
  for (const type of ['ConfigMap', 'Secret']) {
    const ca = { caProvider: { type, name: 'ca', key: 'ca.crt' } }
    assert.equal(shown((await read([get('db')], { ca, cluster }))[0]), 'password user')
  }
  const ca = { caProvider: { type: 'ConfigMap', name: 'ca', key: 'other' } }
  await refuses(
    read([get('db')], { ca, cluster }),
    'credentials-not-found',
    /ConfigMap shop\/ca has no key/,
  )
})

test('kubernetes: without its CA the server is not trusted', async () => {
  assert.deepEqual((await read([get('db')], { ca: {} })).map(shown), ['untrusted'])
})

test('kubernetes: rights that are missing and tokens that are wrong are told apart', async () => {
  const bearer = remote.addUser('stranger')
  assert.deepEqual((await read([get('db')], { bearer })).map(shown), ['forbidden'])
  assert.deepEqual((await read([get('db')], { bearer: 'wrong' })).map(shown), ['unauthenticated'])
})

interface Fault {
  readonly story: string
  readonly reply: ReturnType<typeof json>
  readonly times: number
  readonly expected: string
}

const faults: readonly Fault[] = [
  { story: '503 once', reply: json(503, {}), times: 1, expected: 'password user' },
  { story: '503 for ever', reply: json(503, {}), times: 9, expected: 'unavailable' },
  { story: '429 for ever', reply: json(429, {}), times: 9, expected: 'throttled' },
  {
    story: "a proxy's page",
    reply: { status: 200, body: '<html>canary-page' },
    times: 1,
    expected: 'malformed',
  },
  {
    story: 'a 404 that no API server gave is not absence',
    reply: { status: 404, body: 'canary-page' },
    times: 1,
    expected: 'malformed',
  },
]
for (const { story, reply, times, expected } of faults) {
  test(`kubernetes: ${story}`, async () => {
    remote.clearFaults()
    remote.fault({ call: 'get secrets', times, does: { reply } })
    const answers = await read([get('db')])
    assert.deepEqual(answers.map(shown), [expected])
    if (expected !== 'password user') assert.doesNotMatch(printed(answers), /canary/)
    remote.clearFaults()
  })
}

test('kubernetes: one failed read is an answer among good ones', async () => {
  const answers = await read([get('nothing'), get('UP'), get('db')])
  assert.deepEqual(answers.map(shown), ['absent', 'invalid', 'password user'])
})

test('kubernetes: an aborted signal rejects', async () => {
  const controller = new AbortController()
  controller.abort()
  await assert.rejects(read([get('db')], { signal: controller.signal }))
})

const refused: readonly {
  story: string
  settings: JsonObject
  message: RegExp
  code: ProviderErrorCode
}[] = [
  {
    story: 'no auth',
    settings: {},
    message: /exactly one of cert, token, serviceAccount/,
    code: 'invalid',
  },
  {
    story: 'two ways at once',
    settings: { auth: { token: {}, serviceAccount: { name: 'a' } } },
    message: /exactly one/,
    code: 'invalid',
  },
  {
    story: 'a token that is not there',
    settings: { auth: { token: { bearerToken: { name: 'nope', key: 'token' } } } },
    message: /Secret shop\/nope has no value at key "token"/,
    code: 'credentials-not-found',
  },
  {
    story: 'plain http beyond this machine',
    settings: {
      server: { url: 'http://api.example' },
      auth: { token: { bearerToken: { name: 'token', key: 'token' } } },
    },
    message: /plain http/,
    code: 'invalid',
  },
  {
    story: 'a kubeconfig that is not there',
    settings: { authRef: { name: 'kc', key: 'config' } },
    message: /Secret shop\/kc has no value at key "config"/,
    code: 'credentials-not-found',
  },
  {
    story: 'a kubeconfig of no name',
    settings: { authRef: { name: '' } },
    message: /authRef names no Secret/,
    code: 'invalid',
  },
]
for (const { story, settings, message, code } of refused) {
  test(`kubernetes: refused when it is opened: ${story}`, async () => {
    const opening = testOpening({ cluster: { secrets: { 'shop/token': { token: 'canary-t' } } } })
    await refuses(openKubernetes(testStore('kubernetes', settings), opening.context), code, message)
    opening.close()
  })
}

// --- a kubeconfig in a Secret ---

interface KubeconfigParts {
  readonly cluster?: JsonObject
  readonly user?: JsonObject
}

/** As `kubectl config view --raw --flatten` writes one, with another cluster before the current one. */
function kubeconfig({ cluster, user }: KubeconfigParts = {}): string {
  const ca = Buffer.from(remote.ca).toString('base64')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    contexts: [
      { name: 'other', context: { cluster: 'other', user: 'other' } },
      { name: 'prod', context: { cluster: 'prod', user: 'reader', namespace: 'elsewhere' } },
    ],
    clusters: [
      { name: 'other', cluster: { server: 'https://other.example' } },
      {
        name: 'prod',
        cluster: { server: remote.url, 'certificate-authority-data': ca, ...cluster },
      },
    ],
    users: [{ name: 'reader', user: { token, ...user } }],
  })
}

async function readThrough(config: string): Promise<Answer | undefined> {
  const opening = testOpening({ cluster: { secrets: { 'shop/kc': { config } } } })
  const settings = { authRef: { name: 'kc', key: 'config' }, remoteNamespace: 'prod' }
  try {
    const provider = await openKubernetes(testStore('kubernetes', settings), opening.context)
    return (await provider.read([get('db')], opening.context.signal))[0]
  } finally {
    opening.close()
  }
}

test('kubernetes: a kubeconfig names server, CA and token; its namespace does not count', async () => {
  assert.equal(shown(await readThrough(kubeconfig())), 'password user')
})

test('kubernetes: a kubeconfig may be YAML', async () => {
  const yaml = [
    'current-context: c',
    'contexts: [{name: c, context: {cluster: c, user: u}}]',
    `clusters: [{name: c, cluster: {server: "${remote.url}", certificate-authority-data: ${Buffer.from(remote.ca).toString('base64')}}}]`,
    'users:',
    `- {name: u, user: {token: "${token}"}}`,
  ].join('\n')
  assert.equal(shown(await readThrough(yaml)), 'password user')
})

test('kubernetes: a kubeconfig may hold a client certificate, and another name to verify', async () => {
  const { client } = testTls()
  const user = {
    token: null,
    'client-certificate-data': Buffer.from(client.cert).toString('base64'),
    'client-key-data': Buffer.from(client.key).toString('base64'),
  }
  remote.calls.clear()
  assert.equal(shown(await readThrough(kubeconfig({ user }))), 'forbidden')
  assert.equal(remote.calls.all[0]?.principal, 'client')
  const named = (name: string): Promise<Answer | undefined> =>
    readThrough(kubeconfig({ cluster: { 'tls-server-name': name } }))
  assert.equal(shown(await named('localhost')), 'password user')
  assert.equal(shown(await named('elsewhere.example')), 'untrusted')
})

const kubeconfigs: readonly {
  readonly story: string
  readonly config: () => string
  readonly code: ProviderErrorCode
  readonly message: RegExp
}[] = [
  ...[
    'exec',
    'auth-provider',
    'tokenFile',
    'client-certificate',
    'client-key',
    'username',
    'as',
  ].map((name) => ({
    story: name,
    config: () => kubeconfig({ user: { [name]: name === 'exec' ? { command: 'id' } : '/x' } }),
    code: 'unsupported' as const,
    message: new RegExp(`uses ${name}, which`),
  })),
  ...['certificate-authority', 'insecure-skip-tls-verify', 'proxy-url'].map((name) => ({
    story: name,
    config: () => kubeconfig({ cluster: { [name]: true } }),
    code: 'unsupported' as const,
    message: new RegExp(`uses ${name}, which`),
  })),
  {
    story: 'plain http',
    config: () => kubeconfig({ cluster: { server: 'http://api.example' } }),
    code: 'invalid',
    message: /the server in Secret shop\/kc is plain http/,
  },
  {
    story: 'no server',
    config: () => kubeconfig({ cluster: { server: '' } }),
    code: 'invalid',
    message: /no server for its current context/,
  },
  {
    story: 'no context',
    config: () => '{}',
    code: 'invalid',
    message: /no server for its current/,
  },
  { story: 'text', config: () => 'canary: [', code: 'invalid', message: /is no kubeconfig/ },
  { story: 'a list', config: () => '[canary]', code: 'invalid', message: /is no kubeconfig/ },
]
for (const { story, config, code, message } of kubeconfigs) {
  test(`kubernetes: a kubeconfig with ${story} is refused when the store is opened`, async () => {
    await refuses(readThrough(config()), code, message)
  })
}

// --- what the tests above share ---

interface How {
  readonly server?: KubeServer
  readonly bearer?: string
  readonly auth?: JsonObject
  readonly ca?: JsonObject
  readonly cluster?: TestCluster
  readonly signal?: AbortSignal
}

async function read(reads: readonly Read[], how: How = {}): Promise<readonly Answer[]> {
  const server = how.server ?? remote
  const auth = how.auth ?? { token: { bearerToken: { name: 'token', key: 'token' } } }
  const ca = how.ca ?? { caBundle: Buffer.from(server.ca).toString('base64') }
  const settings = { server: { url: server.url, ...ca }, auth, remoteNamespace: 'prod' }
  const cluster = how.cluster ?? { secrets: { 'shop/token': { token: how.bearer ?? token } } }
  const opening = testOpening({ cluster })
  const provider = await openKubernetes(testStore('kubernetes', settings), opening.context)
  try {
    return await provider.read(reads, how.signal ?? new AbortController().signal)
  } finally {
    await provider.close()
    opening.close()
  }
}

function find(how: Partial<Extract<Read, { readonly op: 'find' }>>): Read {
  const none = { path: undefined, nameRegexp: undefined, tags: undefined }
  return {
    op: 'find',
    store: 'SecretStore/shop/store',
    conversionStrategy: undefined,
    ...none,
    ...how,
  }
}

/** Keys of a Secret, or names of those found, in order; else the outcome or the code. */
function shown(answer: Answer | undefined): string {
  if (answer?.outcome === 'failed') return answer.failure.code
  if (answer?.outcome === 'found')
    return [...(answer.payload.data ?? new Map()).keys()].sort().join(' ')
  if (answer?.outcome === 'found-many') return [...answer.payloads.keys()].sort().join(' ')
  return String(answer?.outcome)
}

async function refuses(
  call: Promise<unknown>,
  code: ProviderErrorCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof ProviderError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.doesNotMatch(printed(error), /canary/)
    return true
  })
}

function secret(name: string, data: Record<string, string>, metadata: JsonObject = {}): JsonObject {
  const encoded = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'prod', ...metadata },
    data: Object.fromEntries(encoded),
  }
}

function role(verbs: readonly string[], resourceNames: readonly string[]): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'reader', namespace: 'prod' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs, resourceNames }],
  }
}

function binding(): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'reader', namespace: 'prod' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'prod' }],
  }
}
