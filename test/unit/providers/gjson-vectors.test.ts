import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gcpOpener } from '../../../src/providers/gcp/open.ts'
import { openKubernetes } from '../../../src/providers/kubernetes/open.ts'
import { gcpEnv, startGcp } from '../../servers/gcp.ts'
import { makeServiceAccount } from '../../servers/gcp-auth.ts'
import { startKube } from '../../servers/kube.ts'
import { type Arguments, readBytes } from '../../vector-runner/case.ts'
import { held, judge, readOf, rowsOf, textOf } from './gjson-vectors.ts'
import { testOpening, testStore } from './opening.ts'
import { bench, readOne } from './vault-bench.ts'

type Texts = Readonly<Record<string, string>>

for (const kv of ['v1', 'v2'] as const) {
  test(`gjson vectors of Vault KV ${kv} through its adapter`, async (t) => {
    const own = rowsOf('vault').filter((row) => (row.in.kv === 'v1' ? 'v1' : 'v2') === kv)
    assert.ok(own.length > 5)
    const { vault, open } = await bench(t, {
      mounts: { secret: kv === 'v1' ? 1 : 2 },
      secrets: { secret: held(own, ({ payload }) => textOf(payload)) },
    })
    const provider = await open({ version: kv })
    for (const row of own) {
      // What Vault keeps about a secret is not for a test to choose, but for this answer.
      if (kv === 'v2' && row.in.metadataPolicy === 'Fetch' && row.in.missing !== true) {
        const body = `{"data":${textOf(row.in.metadata)}}`
        vault.fault({ call: 'vault:metadata', does: { reply: { status: 200, body } } })
      }
      judge(row, await readOne(provider, readOf(row)), kv === 'v1' ? 'vault-kv1' : 'vault-kv2')
    }
  })
}

test('gjson vectors of GCP Secret Manager through its adapter', async (t) => {
  const own = rowsOf('gcp')
  const account = makeServiceAccount('reader@shop-1.iam.gserviceaccount.com')
  const secretOf = ({ payload, labels, annotations }: Arguments) => ({
    versions: [textOf(payload)],
    labels: (labels ?? {}) as Texts,
    annotations: (annotations ?? {}) as Texts,
  })
  const gcp = await startGcp({ keys: [account], secrets: held(own, secretOf) })
  const opening = testOpening({
    env: gcpEnv(gcp.url),
    cluster: { secrets: { 'shop/keys': { json: account.json } } },
  })
  t.after(() => {
    opening.close()
    return gcp.close()
  })
  const auth = { secretRef: { secretAccessKeySecretRef: { name: 'keys', key: 'json' } } }
  const store = testStore('gcpsm', { projectID: 'shop-1', auth })
  const provider = await gcpOpener({ requestMs: 10_000 })(store, opening.context)
  const isBare = ({ payload, missing, metadataPolicy }: Arguments): boolean =>
    payload === undefined && missing !== true && metadataPolicy !== 'Fetch'
  for (const row of own) {
    // Secret Manager keeps no version without a payload; it may be asked for one all the same.
    if (isBare(row.in)) {
      const body = JSON.stringify({ name: 'projects/1/secrets/x/versions/1', payload: {} })
      gcp.fault({ does: { reply: { status: 200, body } } })
    }
    const [answer] = await provider.read([readOf(row)], opening.context.signal)
    judge(row, answer, 'gcp-secret-manager')
  }
})

test('gjson vectors of kubernetes stores through their adapter', async (t) => {
  const own = rowsOf('kubernetes')
  const metadataOf = ({ labels, annotations }: Arguments) => ({
    labels: (labels ?? {}) as Texts,
    annotations: (annotations ?? {}) as Texts,
  })
  const objects = own
    .filter(({ in: { missing } }) => missing !== true)
    .map(({ id, in: input }) => ({
      ...{ apiVersion: 'v1', kind: 'Secret' },
      metadata: { name: id, namespace: 'prod', ...metadataOf(input) },
      data: Object.fromEntries(
        Object.entries((input.data ?? {}) as Readonly<Record<string, unknown>>).map(
          ([key, value]) => [key, Buffer.from(readBytes(value)).toString('base64')],
        ),
      ),
    }))
  const kube = await startKube({ namespaces: ['prod'], objects })
  const opening = testOpening({ cluster: { secrets: { 'shop/keys': { token: kube.adminToken } } } })
  t.after(() => {
    opening.close()
    return kube.close()
  })
  const server = { url: kube.url, caBundle: Buffer.from(kube.ca).toString('base64') }
  const auth = { token: { bearerToken: { name: 'keys', key: 'token' } } }
  const store = testStore('kubernetes', { server, auth, remoteNamespace: 'prod' })
  const provider = await openKubernetes(store, opening.context)
  const answers = await provider.read(own.map(readOf), opening.context.signal)
  for (const [at, row] of own.entries()) judge(row, answers[at], 'kubernetes')
})
