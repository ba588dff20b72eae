import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { KubeError, type KubeErrorCode } from '../../../src/kube/api.ts'
import { createKubeApi } from '../../../src/kube/client.ts'
import type { Connection } from '../../../src/kube/connection.ts'
import { kubeconfigConnection } from '../../../src/kube/kubeconfig.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { startKube } from '../../servers/kube.ts'
import { testTls } from '../../servers/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-kubeconfig-'))
after(() => rmSync(folder, { recursive: true }))

test('a token in the file is used', async () => {
  const connection = await connect(file('token', { user: 'token: canary-token' }))
  assert.equal(connection.server, 'https://one.example:6443')
  assert.equal(await tokenText(connection), 'canary-token')
  assert.equal(connection.namespace, 'default')
  assert.doesNotMatch(JSON.stringify(connection), /canary/)
})

test('a context can be chosen, with its namespace', async () => {
  const path = file('two', {
    user: 'token: t',
    more: '- {name: other, context: {cluster: c, user: u, namespace: shop}}',
  })
  assert.equal((await connect(path, 'other')).namespace, 'shop')
  await fails(connect(path, 'third'), 'invalid', /no context third in/)
})

test('of several files the first to name something wins, and missing ones are skipped', async () => {
  const first = file('first', { user: 'token: from-first' })
  const second = file('second', { user: 'token: from-second', server: 'https://two.example' })
  const connection = await kubeconfigConnection({
    paths: [join(folder, 'missing'), first, second],
    context: undefined,
    nowMs: () => 0,
  })
  assert.equal(connection.server, 'https://one.example:6443')
  assert.equal(await tokenText(connection), 'from-first')
})

test('client certificates and the CA come from data or from files beside the kubeconfig', async () => {
  const { authority, client } = testTls()
  const data = (pem: string): string => Buffer.from(pem).toString('base64')
  const inline = await connect(
    file('data', {
      cluster: `certificate-authority-data: ${data(authority.ca)}`,
      user: `{client-certificate-data: ${data(client.cert)}, client-key-data: ${data(client.key)}}`,
    }),
  )
  writeFileSync(join(folder, 'ca.pem'), authority.ca)
  writeFileSync(join(folder, 'client.pem'), client.cert)
  writeFileSync(join(folder, 'client-key.pem'), client.key)
  const files = await connect(
    file('files', {
      cluster: 'certificate-authority: ca.pem',
      user: '{client-certificate: client.pem, client-key: client-key.pem}',
    }),
  )
  for (const { ca, cert, key, token } of [inline, files]) {
    assert.equal(ca, authority.ca)
    assert.equal(Buffer.from(cert?.reveal() ?? []).toString(), client.cert)
    assert.equal(Buffer.from(key?.reveal() ?? []).toString(), client.key)
    assert.equal(await token(), undefined)
  }
})

test('tls-server-name and insecure-skip-tls-verify are honoured', async () => {
  const cluster = 'tls-server-name: api.internal, insecure-skip-tls-verify: true'
  const connection = await connect(file('tls', { cluster, user: 'token: t' }))
  assert.equal(connection.serverName, 'api.internal')
  assert.equal(connection.isVerificationOff, true)
})

test('a credential plugin is run, and asked again when its token is old', async () => {
  const plugin = join(folder, 'plugin.sh')
  const counter = join(folder, 'count')
  writeFileSync(
    plugin,
    `#!/bin/sh
echo x >> ${counter}
n=$(wc -l < ${counter} | tr -d ' ')
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"run-%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}' "$n"
`,
  )
  chmodSync(plugin, 0o700)
  let now = 0
  const connection = await kubeconfigConnection({
    paths: [
      file('exec', {
        user: `exec: {apiVersion: client.authentication.k8s.io/v1, command: ${plugin}}`,
      }),
    ],
    context: undefined,
    nowMs: () => now,
  })
  const first = await tokenText(connection)
  assert.match(first, /^run-\d$/)
  assert.equal(await tokenText(connection), first)
  now = 10_000
  assert.notEqual(await tokenText(connection), first)
})

test('a plugin that fails is named, and what it printed is not', async () => {
  const plugin = join(folder, 'broken.sh')
  writeFileSync(plugin, '#!/bin/sh\necho canary-secret >&2\nexit 1\n')
  chmodSync(plugin, 0o700)
  const user = `exec: {apiVersion: client.authentication.k8s.io/v1, command: ${plugin}}`
  await fails(connect(file('broken', { user })), 'unauthorized', /credential plugin .*broken\.sh/)
})

const broken: readonly { story: string; content: string; message: RegExp }[] = [
  { story: 'no YAML', content: 'users: [canary', message: /is not a kubeconfig$/ },
  { story: 'a list', content: '- canary', message: /no current context/ },
  { story: 'nothing', content: '', message: /./ },
  {
    story: 'a user without a name',
    content: 'users: [{user: {token: canary}}]',
    message: /is not a kubeconfig$/,
  },
  {
    story: 'a cluster that is not there',
    content: 'current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]',
    message: /names no cluster/,
  },
]
for (const { story, content, message } of broken) {
  test(`a broken file is refused without quoting it: ${story}`, async () => {
    const path = join(folder, 'broken')
    writeFileSync(path, content)
    await fails(connect(path), 'invalid', message)
  })
}

test('no file at all is said so', async () => {
  await fails(connect(join(folder, 'nowhere')), 'invalid', /no kubeconfig at .*nowhere$/)
})

test('a proxy-url is refused rather than passed by', async () => {
  const path = file('proxy', { cluster: 'proxy-url: http://proxy.example', user: 'token: t' })
  await fails(connect(path), 'invalid', /proxy-url/)
})

test('a kubeconfig of the API server leads to it', async () => {
  const server = await startKube()
  const http = createHttpClient()
  const path = join(folder, 'live')
  writeFileSync(path, server.kubeconfig(server.adminToken))
  const api = createKubeApi(await connect(path), http, {
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    nowMs: () => 0,
    random: () => 0,
    sleep: async () => undefined,
  })
  const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'default' }
  assert.notEqual(await api.get(ref), undefined)
  http.close()
  await server.close()
})

interface Parts {
  readonly user: string
  readonly cluster?: string
  readonly server?: string
  readonly more?: string
}

function file(name: string, { user, cluster, server, more = '' }: Parts): string {
  const path = join(folder, name)
  const rest = cluster === undefined ? '' : `, ${cluster}`
  const body = user.startsWith('{') ? user : `{${user}}`
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
current-context: x
clusters:
- {name: c, cluster: {server: "${server ?? 'https://one.example:6443'}"${rest}}}
users:
- {name: u, user: ${body}}
contexts:
- {name: x, context: {cluster: c, user: u}}
${more}
`,
  )
  return path
}

function connect(path: string, context?: string): Promise<Connection> {
  return kubeconfigConnection({ paths: [path], context, nowMs: () => 0 })
}

async function tokenText(connection: Connection): Promise<string> {
  return Buffer.from((await connection.token())?.reveal() ?? []).toString()
}

async function fails(call: Promise<unknown>, code: KubeErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof KubeError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /canary/)
    return true
  })
}
