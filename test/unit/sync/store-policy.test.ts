import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/model/json.ts'
import { fakeIo } from '../cli/fake-io.ts'
import {
  document,
  externalSecret,
  type Files,
  fakeStore,
  run,
  START_MS,
  startFiles,
  startShop,
} from './story.ts'

// MT-4, MT-5, MT-10 through the command, as a tenant sees them.

function clusterStore(name: string, conditions: readonly JsonObject[]): string {
  return document({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ClusterSecretStore',
    metadata: { name },
    spec: { conditions, provider: { fake: { data: [{ key: 'k', value: 'of-another' }] } } },
  })
}

function reading(store: string): string {
  const spec = { secretStoreRef: { kind: 'ClusterSecretStore', name: store } }
  return externalSecret({ name: `of-${store}`, keys: { x: 'k' }, spec })
}

test('MT-10: a store that may not be used reads as one that does not exist', async (t) => {
  const files = await startFiles(t)
  const refusing: readonly string[] = [
    clusterStore('named', [{ namespaces: ['ops'] }]),
    clusterStore('selected', [{ namespaceSelector: { matchLabels: { team: 'ops' } } }]),
    clusterStore('matched', [{ namespaceRegexes: ['^ops$'] }]),
  ]
  const names = ['named', 'selected', 'matched', 'absent']
  const ran = await files.sync(refusing.join('') + names.map(reading).join(''))
  const told = names.map((name) => {
    const result = ran.results.find((one) => one.externalSecret === `shop/of-${name}`)
    return JSON.stringify(result?.errors).replaceAll(name, '…')
  })
  assert.deepEqual(new Set(told).size, 1, told.join('\n'))
  assert.match(told[0] ?? '', /StoreNotFound/)
  assert.match(told[0] ?? '', /was not found, or may not be used from namespace shop|not found/)
})

test('MT-4: with --require-store-conditions a store without any serves nobody', async (t) => {
  const files = await startFiles(t)
  const manifests = clusterStore('open', []) + clusterStore('shops', [{ namespaces: ['shop'] }])
  const input = manifests + reading('open') + reading('shops')
  const free = await files.sync(input, '--dry-run', 'client')
  assert.equal(free.code, 0, free.out)
  const strict = await files.sync(input, '--dry-run', 'client', '--require-store-conditions')
  assert.deepEqual(
    strict.results.map(({ externalSecret: name, outcome }) => [name, outcome]),
    [
      ['shop/of-open', 'failed'],
      ['shop/of-shops', 'created'],
    ],
  )
})

const POLICY = `
apiVersion: waybill.dev/v1
kind: StorePolicy
namespaces:
  - names: [shop]
    providers: [fake]
    keys: ["{namespace}/"]
`

function policyFile({ folder }: Files, text: string): string {
  const path = join(folder, 'policy.yaml')
  writeFileSync(path, text)
  return path
}

const INPUT =
  fakeStore({ 'shop/db': 'own', 'ops/db': 'of-another' }) +
  externalSecret({ name: 'own', keys: { x: 'shop/db' } }) +
  externalSecret({ name: 'foreign', keys: { x: 'ops/db' } })

test('MT-5: a run reads what the policy of the administrator lists, and nothing else', async (t) => {
  const files = await startFiles(t)
  const ran = await files.sync(INPUT, '--store-policy', policyFile(files, POLICY))
  assert.deepEqual(
    ran.results.map(({ outcome }) => outcome),
    ['created', 'failed'],
  )
  const [error] = ran.results[1]?.errors ?? []
  assert.equal(error?.code, 'StoreNotPermitted')
  assert.match(error?.message ?? '', /namespace shop may not read key "ops\/db"/)
  assert.equal(files.secret('foreign'), undefined)
})

test('MT-5: validate finds the same offline, with its place', async (t) => {
  const files = await startFiles(t)
  const argv = ['validate', '-', '--store-policy', policyFile(files, POLICY), '-o', 'json']
  const io = fakeIo({ stdin: INPUT })
  const { code, out } = await run(argv, io)
  assert.equal(code, 1, out + io.err())
  const { findings } = JSON.parse(out)
  const refused = findings.filter(({ rule }: { rule: string }) => rule === 'store-policy')
  assert.deepEqual(
    refused.map(({ subject, field }: JsonObject) => [subject, field]),
    [['ExternalSecret/shop/foreign', 'spec.data[0]']],
  )
})

test('a policy with a mistake in it allows nothing: exit 3, and nothing is read', async (t) => {
  const files = await startFiles(t)
  for (const text of ['namespace: []', POLICY.replace('keys', 'key'), '- x', ': :']) {
    const ran = await files.sync(INPUT, '--store-policy', policyFile(files, text))
    assert.equal(ran.code, 3, ran.err)
    assert.match(ran.err, /--store-policy/)
  }
  assert.equal(files.secret('own'), undefined)
})

test('an empty list of keys allows nothing', async (t) => {
  const files = await startFiles(t)
  const policy = policyFile(files, POLICY.replace('["{namespace}/"]', '[]'))
  const ran = await files.sync(INPUT, '--store-policy', policy)
  assert.deepEqual(
    ran.results.map(({ outcome }) => outcome),
    ['failed', 'failed'],
  )
})

function policyMap(data: JsonObject): JsonObject {
  const metadata = { name: 'waybill-policy', namespace: 'waybill-system' }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
}

test('a run over a bundle asks the store namespace for the policy, and keeps to it', async (t) => {
  const shop = await startShop(t)
  const kubeconfig = join(shop.folder, 'admin')
  writeFileSync(kubeconfig, shop.kube.kubeconfig(shop.kube.adminToken, 'shop'), { mode: 0o600 })
  const asAdmin = async () => {
    const argv = ['sync', '--app', 'shop', '-n', 'shop', '--kubeconfig', kubeconfig, '-o', 'json']
    return run(argv, { env: shop.env, nowMs: START_MS })
  }
  shop.kube.seed(policyMap({ 'policy.yaml': POLICY }))
  const refused = await asAdmin()
  assert.equal(refused.results[0]?.errors[0]?.code, 'StoreNotPermitted', refused.out + refused.err)
  assert.equal(shop.aws.calls.count() + shop.vault.calls.count(), 0, 'before any provider call')
  for (const data of [{ 'policy.yaml': '{}' }, { other: POLICY }]) {
    shop.kube.remove('ConfigMap', 'waybill-system', 'waybill-policy')
    shop.kube.seed(policyMap(data))
    const unusable = await asAdmin()
    assert.equal(unusable.code, 4, unusable.out)
    assert.match(unusable.err, /waybill-system\/waybill-policy/)
  }
  assert.equal(shop.secret(), undefined)
})

test("MT-11: a tenant's own job may not read the policy, and goes on without, or stops where it must not", async (t) => {
  const shop = await startShop(t)
  shop.kube.seed(policyMap({ 'policy.yaml': POLICY }))
  const strict = await shop.sync('--require-store-policy')
  assert.equal(strict.code, 4, strict.out)
  assert.match(strict.err, /ConfigMap waybill-system\/waybill-policy may not be read/)
  assert.equal(shop.aws.calls.count() + shop.vault.calls.count(), 0)
  const ran = await shop.sync()
  assert.equal(ran.code, 0, ran.err)
})

test('MT-5: a policy that is required and not there allows nothing', async (t) => {
  const shop = await startShop(t)
  const kubeconfig = join(shop.folder, 'admin')
  writeFileSync(kubeconfig, shop.kube.kubeconfig(shop.kube.adminToken, 'shop'), { mode: 0o600 })
  const argv = ['sync', '--app', 'shop', '-n', 'shop', '--kubeconfig', kubeconfig]
  const ran = await run([...argv, '--require-store-policy'], { env: shop.env, nowMs: START_MS })
  assert.equal(ran.code, 4, ran.out)
  assert.match(ran.err, /there is no ConfigMap waybill-system\/waybill-policy/)
})

test('MT-10: a ClusterSecretStore that cannot be read as one is not there either', async (t) => {
  const shop = await startShop(t)
  const kubeconfig = join(shop.folder, 'admin')
  writeFileSync(kubeconfig, shop.kube.kubeconfig(shop.kube.adminToken, 'shop'), { mode: 0o600 })
  const metadata = { name: 'waybill-clusterstore-broken', namespace: 'waybill-system' }
  shop.kube.seed({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { format: '9' } })
  const argv = ['sync', '-f', '-', '--kubeconfig', kubeconfig, '-o', 'json']
  const stdin = ['broken', 'absent'].map(reading).join('')
  const ran = await run(argv, fakeIo({ stdin, env: shop.env, nowMs: START_MS }))
  const [broken, absent] = ['broken', 'absent'].map((name) => {
    const result = ran.results.find((one) => one.externalSecret === `shop/of-${name}`)
    return JSON.stringify(result?.errors).replaceAll(name, '…')
  })
  assert.match(broken ?? '', /StoreNotFound/)
  assert.equal(broken, absent)
})
