import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KubeError } from '../../../src/kube/api.ts'
import { type InClusterInput, inClusterConnection } from '../../../src/kube/in-cluster.ts'

const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' }
const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'

test('outside of a cluster there is no connection', async () => {
  assert.equal(await inClusterConnection({ ...pod({}), env: {} }), undefined)
})

test('server, CA and namespace come from what the kubelet mounts', async () => {
  const files = { 'ca.crt': 'PEM', namespace: 'shop\n', token: 'abc' }
  const connection = await inClusterConnection(pod(files))
  assert.equal(connection?.server, 'https://10.0.0.1:6443')
  assert.deepEqual([connection?.ca, connection?.namespace], ['PEM', 'shop'])
  assert.equal(connection?.isVerificationOff, false)
})

test('an IPv6 API server gets its brackets', async () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1' }
  const connection = await inClusterConnection({ ...pod({}), env })
  assert.equal(connection?.server, 'https://[fd00::1]:443')
})

test('the token is read again after a minute, and its line break is dropped', async () => {
  const files: Record<string, string> = { token: 'first\n' }
  let now = 0
  let reads = 0
  const input = pod(files)
  const connection = await inClusterConnection({
    ...input,
    nowMs: () => now,
    readFile: (path) => {
      if (path.endsWith('/token')) reads++
      return input.readFile(path)
    },
  })
  const token = async (): Promise<string> => {
    const value = await connection?.token()
    return Buffer.from(value?.reveal() ?? []).toString()
  }
  assert.equal(await token(), 'first')
  files.token = 'second\n'
  now = 59_999
  assert.deepEqual(await Promise.all([token(), token()]), ['first', 'first'])
  now = 60_000
  assert.deepEqual(await Promise.all([token(), token()]), ['second', 'second'])
  assert.equal(reads, 2)
})

test('a token that is not mounted is said so, and found once it is there', async () => {
  const files: Record<string, string> = {}
  const connection = await inClusterConnection(pod(files))
  await assert.rejects(connection?.token() ?? Promise.resolve(), (error) => {
    assert.ok(error instanceof KubeError)
    assert.equal(error.code, 'unauthorized')
    assert.match(error.message, /no ServiceAccount token is mounted at .*token/)
    return true
  })
  files.token = 'late'
  const token = await connection?.token()
  assert.equal(token?.byteLength, 4)
})

function pod(files: Readonly<Record<string, string>>): InClusterInput {
  return {
    env: ENV,
    nowMs: () => 0,
    readFile: async (path) => {
      const content = files[path.replace(`${FOLDER}/`, '')]
      return content === undefined ? undefined : Buffer.from(content)
    },
  }
}
