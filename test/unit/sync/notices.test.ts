import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { type AwsServer, startAws } from '../../servers/aws.ts'
import { document, externalSecret, type Ran, run, START_MS, startFiles } from './story.ts'

// What providers want to be told beside their answers: a whole run on a machine whose clock is an hour off.

const HOUR_MS = 3_600_000
const SKEWED = /^the clock of this machine differs from that of AWS by minutes/

interface Skewed {
  readonly aws: AwsServer
  readonly sync: (manifests: string, ...more: readonly string[]) => Promise<Ran>
}

/** An AWS that is ahead of us, and a cluster. */
async function start(t: TestContext, aheadMs: number): Promise<Skewed> {
  const key = { id: 'AKIASHOP', secret: 'the-key' }
  const files = await startFiles(t)
  const aws = await startAws({
    accessKeys: [key],
    secrets: { db: 'canary-value' },
    clock: () => Date.now() + aheadMs,
  })
  t.after(() => aws.close())
  files.kube.seed(secret('keys', key), secret('source', { password: 'canary-pushed' }))
  const env = { AWS_SECRETSMANAGER_ENDPOINT: aws.url, AWS_STS_ENDPOINT: aws.url }
  return {
    aws,
    sync: (manifests, ...more) => {
      const argv = ['sync', '-f', '-', '--kubeconfig', files.kubeconfig, '-o', 'json', ...more]
      return run(argv, { stdin: STORE + manifests, nowMs: START_MS, env })
    },
  }
}

const ref = (key: string): JsonObject => ({ name: 'keys', key })

const STORE = document({
  apiVersion: 'external-secrets.io/v1',
  kind: 'SecretStore',
  metadata: { name: 'st', namespace: 'shop' },
  spec: {
    provider: {
      aws: {
        service: 'SecretsManager',
        region: 'eu-central-1',
        auth: {
          secretRef: { accessKeyIDSecretRef: ref('id'), secretAccessKeySecretRef: ref('secret') },
        },
      },
    },
  },
})

function secret(name: string, data: Readonly<Record<string, string>>): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'shop' },
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  }
}

const READING = externalSecret({ name: 'db', keys: { a: 'db' } })

const PUSHING = document({
  apiVersion: 'external-secrets.io/v1alpha1',
  kind: 'PushSecret',
  metadata: { name: 'ps', namespace: 'shop' },
  spec: {
    secretStoreRefs: [{ name: 'st' }],
    selector: { secret: { name: 'source' } },
    data: [{ match: { secretKey: 'password', remoteRef: { remoteKey: 'pushed' } } }],
  },
})

for (const { story, manifests } of [
  { story: 'a read', manifests: READING },
  { story: 'a push', manifests: PUSHING },
  { story: 'a read and a push', manifests: READING + PUSHING },
]) {
  test(`notices: ${story} with a clock that is an hour off succeeds, and the run says so once`, async (t) => {
    const { sync } = await start(t, HOUR_MS)
    const { code, report, err, out } = await sync(manifests)
    assert.equal(code, 0, out + err)
    assert.equal(report.notes.filter((note) => SKEWED.test(note)).length, 1, out)
    assert.equal(err.match(/note: the clock of this machine/g)?.length, 1, err)
    assert.doesNotMatch(out + err, /canary/)
  })
}

test('notices: with the right time nothing is said of it', async (t) => {
  const { sync, aws } = await start(t, 0)
  const { code, report } = await sync(READING + PUSHING)
  assert.equal(code, 0)
  assert.ok(!report.notes.some((note) => SKEWED.test(note)))
  assert.ok(aws.secret('pushed') !== undefined)
})
