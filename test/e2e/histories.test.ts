import { after, test } from 'node:test'
import fc from 'fast-check'
import { createKubeApi } from '../../src/kube/client.ts'
import { kubeconfigConnection } from '../../src/kube/kubeconfig.ts'
import type { JsonObject } from '../../src/model/json.ts'
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
  const path = bed.up('api').KUBECONFIG ?? ''
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
      // The collector works at its own pace; whatever it takes is due to a new anchor.
      await play(story, { kube, namespace: 'shop', app, secret, collect: async () => {}, startMs })
    }),
    { numRuns: HISTORIES, includeErrorInReport: true },
  )
})
