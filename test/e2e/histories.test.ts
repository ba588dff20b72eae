import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { KubeApi } from '../../src/kube/api.ts'
import { createKubeApi } from '../../src/kube/client.ts'
import { kubeconfigConnection } from '../../src/kube/kubeconfig.ts'
import { dig, isArray, type JsonObject } from '../../src/model/json.ts'
import { createHttpClient } from '../../src/sync/transport.ts'
import { play, steps } from '../unit/sync/history.ts'
import { openBed } from './bed.ts'

// The histories of test/histories.test.ts, on a real kube-apiserver with etcd and the real garbage collector.

const HISTORIES = 50

const bed = openBed('histories')
const http = createHttpClient({ bodyBytesMax: 8 * 1024 * 1024 })
after(() => {
  http.close()
  bed.down()
})

test(`${HISTORIES} random histories on a real API server keep the invariants`, async () => {
  const path = bed.up('api', { KCM: '1' }).KUBECONFIG ?? ''
  bed.kubectl(['create', 'namespace', 'shop'])
  const nowMs = (): number => performance.now()
  const connection = await kubeconfigConnection({ paths: [path], context: undefined, nowMs })
  const { signal } = new AbortController()
  const options = { timeoutMs: 10_000, signal, nowMs, random: () => 0.5, sleep: async () => {} }
  const kube = createKubeApi(connection, http, options)
  const secret = (name: string): Promise<JsonObject | undefined> =>
    kube.get({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name })
  let count = 0
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const app = `h${count++}`
      const startMs = Date.UTC(2026, 0, 2)
      const collect = (): Promise<void> => collected(kube, app)
      await play(story, { kube, namespace: 'shop', app, secret, collect, startMs })
    }),
    { numRuns: HISTORIES, includeErrorInReport: true },
  )
})

const PATIENCE_MS = 30_000

/** Waits until the collector has taken whatever an anchor owned that is no more. */
async function collected(kube: KubeApi, app: string): Promise<void> {
  const namespace = 'shop'
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `waybill-${app}` }
  const uid = dig(await kube.get(ref), 'metadata', 'uid')
  const untilMs = performance.now() + PATIENCE_MS
  for (;;) {
    const all = await kube.list('v1', 'Secret', namespace)
    const stale = all.filter((object) => {
      const owners = dig(object, 'metadata', 'ownerReferences')
      return (isArray(owners) ? owners : []).some(
        (owner) => dig(owner, 'name') === ref.name && dig(owner, 'uid') !== uid,
      )
    })
    if (stale.length === 0) return
    assert.ok(performance.now() < untilMs, 'the collector has not come')
    await delay(100)
  }
}
