import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startWebhook } from '../../servers/webhook.ts'
import { startFiles } from './story.ts'

// A webhook store and a Webhook generator in whole runs: templates are there, and a property is a call of its own.

const TOKEN = 'Zq7Wv9Xk2Jp4-token'

function manifests(url: string): string {
  const headers = `headers: {authorization: "Bearer {{ .auth.token }}"}
      secrets: [{name: auth, secretRef: {name: hook}}]`
  return `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: hook, namespace: shop}
spec:
  provider:
    webhook:
      url: ${url}/secrets/{{ .remoteRef.key }}
      result: {jsonPath: "$.value.{{ .remoteRef.property }}"}
      ${headers}
---
apiVersion: generators.external-secrets.io/v1alpha1
kind: Webhook
metadata: {name: pair, namespace: shop}
spec:
      url: ${url}/raw/pair
      result: {}
      ${headers}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: shop}
spec:
  secretStoreRef: {name: hook}
  data:
  - {secretKey: user, remoteRef: {key: db, property: user}}
  - {secretKey: port, remoteRef: {key: db, property: port}}
  - {secretKey: again, remoteRef: {key: db, property: user}}
  dataFrom:
  - sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: Webhook, name: pair}}
`
}

test('sync: a webhook is asked once for each property, and generates', async (t) => {
  const secrets = { db: { user: 'admin', port: 5432.4 }, pair: '{"id":"x"}' }
  const hook = await startWebhook({ authorization: `Bearer ${TOKEN}`, secrets })
  t.after(hook.close)
  const files = await startFiles(t)
  files.kube.seed({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'hook',
      namespace: 'shop',
      labels: { 'external-secrets.io/type': 'webhook' },
    },
    data: { token: Buffer.from(TOKEN).toString('base64') },
  })
  const ran = await files.sync(manifests(hook.url))
  assert.equal(ran.code, 0, ran.out + ran.err)
  assert.deepEqual(files.data('db'), { user: 'admin', port: '5432', again: 'admin', id: 'x' })
  assert.equal(hook.calls.count(), 3)
  assert.deepEqual(ran.report.calls, { 'webhook:Request': 3 })
})

test('sync: a Secret without the label fails the store, and its value goes nowhere', async (t) => {
  const hook = await startWebhook({ authorization: 'x' })
  t.after(hook.close)
  const files = await startFiles(t)
  files.kube.seed({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hook', namespace: 'shop' },
    data: { token: Buffer.from(TOKEN).toString('base64') },
  })
  const ran = await files.sync(manifests(hook.url))
  assert.notEqual(ran.code, 0)
  assert.match(ran.results[0]?.errors[0]?.message ?? '', /shop\/hook is not meant for webhooks/)
  assert.equal(hook.calls.count(), 0)
  assert.ok(!ran.out.includes(TOKEN))
})
