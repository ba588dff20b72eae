import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type KubeApi, KubeError } from '../../../src/kube/api.ts'
import { createKubeApi } from '../../../src/kube/client.ts'
import { kubeconfigConnection } from '../../../src/kube/kubeconfig.ts'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Secret } from '../../../src/model/secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { type Claim, marked } from '../../../src/plan/marks.ts'
import { clusterTarget } from '../../../src/sync/cluster-target.ts'
import type { Target, WriteChange } from '../../../src/sync/target.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'

// Races that a whole run cannot be made to lose on purpose: two that both saw no Secret.

const CLAIM: Claim = {
  owner: 'shop',
  aliases: [],
  externalSecret: 'api',
  anchor: 'none',
  adopts: false,
  marks: true,
}

const WANTED = decodeExternalSecret({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: 'api', namespace: 'shop' },
  spec: {},
})

interface Race {
  readonly server: KubeServer
  readonly kube: KubeApi
  readonly target: Target
}

async function startRace(t: TestContext): Promise<Race> {
  const server = await startKube({ namespaces: ['shop'] })
  const path = join(tmpdir(), `waybill-race-${process.pid}-${server.url.split(':').at(-1)}`)
  writeFileSync(path, server.kubeconfig(server.adminToken, 'shop'), { mode: 0o600 })
  const nowMs = (): number => performance.now()
  const connection = await kubeconfigConnection({ paths: [path], context: undefined, nowMs })
  rmSync(path)
  const http = createHttpClient()
  t.after(async () => {
    http.close()
    await server.close()
  })
  const { signal } = new AbortController()
  const options = { timeoutMs: 5000, signal, nowMs, random: () => 0, sleep: async () => {} }
  const kube = createKubeApi(connection, http, options)
  const claimOf = (): Claim => CLAIM
  const target = clusterTarget({ kube, fieldManager: 'waybill', isDryRun: false, claimOf })
  return { server, kube, target }
}

function creation(data: Readonly<Record<string, string>>): WriteChange {
  const desired: Secret = {
    name: 'api',
    namespace: 'shop',
    type: '',
    data: new Map(Object.entries(data).map(([key, value]) => [key, SecretValue.fromText(value)])),
    labels: new Map(),
    annotations: new Map(),
    finalizers: [],
    immutable: false,
  }
  return { action: 'create', desired: marked(desired, CLAIM), owner: 'none' }
}

const isConflict = (error: unknown): boolean =>
  error instanceof KubeError && error.code === 'conflict'

test('two runs that both saw no Secret leave it complete and ours', async (t) => {
  const { server, target } = await startRace(t)
  await target.write(creation({ token: 'first' }), WANTED)
  await target.write(creation({ token: 'second' }), WANTED)
  const secret = server.object('Secret', 'shop', 'api')
  assert.deepEqual({ ...(secret?.data as JsonObject) }, { token: 'c2Vjb25k' })
  const observed = await target.observe(WANTED)
  assert.equal(observed?.labels.get('waybill.dev/managed'), 'true')
})

test('the slower run leaves it complete even if somebody has labelled it since', async (t) => {
  const { server, kube, target } = await startRace(t)
  await target.write(creation({ token: 'first' }), WANTED)
  const metadata = { name: 'api', namespace: 'shop', labels: { team: 'shop' } }
  const how = { fieldManager: 'kubectl', isForced: false, isDryRun: false }
  await kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata }, how)
  await target.write(creation({ token: 'first' }), WANTED)
  const secret = server.object('Secret', 'shop', 'api')
  assert.deepEqual({ ...(secret?.data as JsonObject) }, { token: 'Zmlyc3Q=' })
})

test('what somebody else made in between keeps its content and gets no mark of ours', async (t) => {
  const { server, target } = await startRace(t)
  const theirs = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', data: { other: 'eA==' } }
  server.seed({ ...theirs, metadata: { name: 'api', namespace: 'shop' } })
  await assert.rejects(target.write(creation({ token: 'first' }), WANTED), isConflict)
  const observed = await target.observe(WANTED)
  assert.deepEqual([...(observed?.data.keys() ?? [])], ['other'])
  assert.equal(observed?.labels.size, 0)
  assert.equal(observed?.annotations.size, 0)
})
