import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../../src/model/json.ts'
import { fakeIo } from '../cli/fake-io.ts'
import { type App, startApp } from './app.ts'
import { externalSecret, fakeStore, type Ran, run, START_MS } from './story.ts'

// `waybill status`, over bundles and over objects of the cluster.

const MANIFESTS =
  fakeStore({ a: 'one' }) +
  externalSecret({ name: 'good', keys: { k: 'a' } }) +
  externalSecret({ name: 'bad', keys: { k: 'nope' }, target: { name: 'other' } })

const HOUR_MS = 3_600_000

function status({ kubeconfig, server }: App, ...words: readonly string[]): Promise<Ran> {
  const argv = ['status', '--kubeconfig', kubeconfig(server.adminToken), ...words]
  return run(argv, { nowMs: START_MS + HOUR_MS + 300_000 })
}

const squeezed = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.replace(/ {2,}/g, '  '))

test('a bundle that no run has seen yet', async (t) => {
  const app = await startApp(t)
  const { out } = await app.render(MANIFESTS)
  app.server.seed(...(loadAll(out) as JsonObject[]).filter(({ kind }) => kind === 'ConfigMap'))
  const { out: table, code } = await status(app, 'good')
  assert.equal(code, 0)
  assert.deepEqual(squeezed(table), [
    'NAMESPACE  NAME  STORE  READY  REASON  LAST SYNC  NEXT REFRESH',
    'shop  good  SecretStore/st  Unknown  <none>  <none>  <none>',
    '',
  ])
})

test('after a run: what is ready, since when, and why not', async (t) => {
  const app = await startApp(t)
  await app.sync(MANIFESTS)
  const { out } = await status(app)
  assert.deepEqual(squeezed(out), [
    'NAMESPACE  NAME  STORE  READY  REASON  LAST SYNC  NEXT REFRESH',
    'shop  bad  SecretStore/st  False  SecretSyncedError  <none>  <none>',
    'shop  good  SecretStore/st  True  SecretSynced  5m ago  in 55m',
    '',
  ])
  const wide = squeezed((await status(app, '-o', 'wide')).out)
  assert.match(wide[0] ?? '', /NEXT REFRESH {2}SECRET {2}APP {2}MESSAGE$/)
  assert.match(wide[1] ?? '', /other {2}shop {2}.*data\[0\]/)
})

test('-o json and yaml say the same, with versions and times', async (t) => {
  const app = await startApp(t)
  await app.sync(MANIFESTS)
  const json = JSON.parse((await status(app, '-o', 'json', 'good')).out)
  const lastSync = new Date(START_MS + HOUR_MS).toISOString()
  assert.deepEqual(json, {
    apiVersion: 'waybill.dev/v1',
    kind: 'StatusReport',
    items: [
      {
        ...{ namespace: 'shop', name: 'good', app: 'shop', store: 'SecretStore/st' },
        ...{ secret: 'good', ready: 'True', reason: 'SecretSynced', message: 'secret synced' },
        ...{ lastSync, nextRefresh: new Date(START_MS + 2 * HOUR_MS).toISOString() },
      },
    ],
  })
  assert.deepEqual(loadAll((await status(app, '-o', 'yaml', 'good')).out), [json])
})

test('-A shows every namespace, --app one app, and a namespace without any says so', async (t) => {
  const app = await startApp(t)
  await app.sync(MANIFESTS)
  const everywhere = await status(app, '-A', '-o', 'json')
  assert.equal(JSON.parse(everywhere.out).items.length, 2)
  assert.equal(JSON.parse((await status(app, '--app=x', '-o=json')).out).items.length, 0)
  const { out, err, code } = await status(app, '-n', 'waybill-system')
  assert.deepEqual([code, out, err], [0, '', 'no ExternalSecrets in namespace waybill-system\n'])
})

test('ExternalSecret objects of a controller show their own conditions', async (t) => {
  const app = await startApp(t)
  app.server.seed({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'object', namespace: 'shop' },
    spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'c' } },
    status: {
      refreshTime: new Date(START_MS + HOUR_MS).toISOString(),
      conditions: [{ type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'm' }],
    },
  })
  const { out } = await status(app)
  assert.deepEqual(
    squeezed(out)[1],
    'shop  object  ClusterSecretStore/c  False  SecretSyncedError  5m ago  <none>',
  )
})

test('--watch prints what changes, and a signal ends it with its code', async (t) => {
  const app = await startApp(t)
  await app.sync(MANIFESTS)
  const io = fakeIo({ nowMs: START_MS })
  let polls = 0
  const sleep = async (): Promise<void> => {
    polls++
    if (polls === 1) await app.sync(MANIFESTS.replaceAll('nope', 'a'))
    if (polls === 3) io.stop('SIGINT')
  }
  const argv = ['status', '--watch', '--kubeconfig', app.kubeconfig(app.server.adminToken)]
  const { code, out } = await run(argv, { ...io, clock: { ...io.clock, sleep } })
  assert.equal(code, 130)
  const lines = squeezed(out).filter((line) => line.includes(' bad '))
  assert.equal(lines.length, 2)
  assert.match(lines[0] ?? '', /False/)
  assert.match(lines[1] ?? '', /True/)
})

test('no cluster is exit 4, an unknown format a usage error', async () => {
  const { code } = await run(['status', '--kubeconfig', '/nonexistent'])
  assert.equal(code, 4)
  assert.equal((await run(['status', '-o', 'xml'])).code, 2)
})
