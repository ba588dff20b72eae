import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { KubeError } from '../../../src/kube/api.ts'
import { decodeExternalSecret } from '../../../src/model/external-secret.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { Secret } from '../../../src/model/secret.ts'
import { SecretValue } from '../../../src/model/secret-value.ts'
import { type Claim, marked } from '../../../src/plan/marks.ts'
import { clusterTarget } from '../../../src/sync/cluster-target.ts'
import type { Target, WriteChange } from '../../../src/sync/target.ts'
import { type Cluster, startCluster } from './cluster.ts'

// Races that a whole run cannot be made to lose on purpose: two that both saw no Secret.

const CLAIM: Claim = {
  owner: 'shop',
  aliases: [],
  externalSecret: 'api',
  anchor: 'none',
  adopts: false,
  marks: true,
  esoMarks: false,
}

const WANTED = decodeExternalSecret({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: 'api', namespace: 'shop' },
  spec: {},
})

interface Race extends Cluster {
  readonly target: Target
}

async function startRace(t: TestContext): Promise<Race> {
  const cluster = await startCluster(t)
  const claimOf = (): Claim => CLAIM
  const target = clusterTarget({
    kube: cluster.kube,
    fieldManager: 'waybill',
    isDryRun: false,
    claimOf,
  })
  return { ...cluster, target }
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
