import { test } from 'node:test'
import fc from 'fast-check'
import { createKubeApi } from '../src/kube/client.ts'
import { dig, type JsonObject } from '../src/model/json.ts'
import { SecretValue } from '../src/model/secret-value.ts'
import { createHttpClient } from '../src/sync/transport.ts'
import { startKube } from './servers/kube.ts'
import { play, steps } from './unit/sync/history.ts'

// Invariants I1-I4 over random histories; each has an app of its own on one API server.

const HISTORIES = Number(process.env.WAYBILL_HISTORIES ?? 1000)

test(`${HISTORIES} random histories: only the old or the new data, nothing lost or left, all healed`, async (t) => {
  const server = await startKube({ namespaces: ['shop'], tls: false })
  const http = createHttpClient()
  t.after(async () => {
    http.close()
    await server.close()
  })
  const connection = {
    server: server.url,
    ca: undefined,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    isVerificationOff: false,
    namespace: 'shop',
    token: async () => SecretValue.fromText(server.adminToken),
  }
  const kube = createKubeApi(connection, http, {
    timeoutMs: 5000,
    signal: new AbortController().signal,
    nowMs: () => performance.now(),
    random: () => 0.5,
    sleep: async () => {},
  })
  let count = 0
  const secret = async (name: string): Promise<JsonObject | undefined> =>
    server.object('Secret', 'shop', name)
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const app = `h${count++}`
      const own = new RegExp(`^(waybill-(store-)?)?${app}(-|$)`)
      const collect = async (): Promise<void> => {
        server.collectGarbage()
      }
      await play(story, {
        kube,
        namespace: 'shop',
        app,
        secret,
        collect,
        startMs: Date.UTC(2026, 0, 2),
      })
      // What is left would make every later history slower.
      for (const kind of ['ConfigMap', 'Secret', 'Event']) {
        for (const object of server.objects(kind, 'shop')) {
          const name = String(dig(object, 'metadata', 'name'))
          if (own.test(name)) server.remove(kind, 'shop', name)
        }
      }
    }),
    { numRuns: HISTORIES, includeErrorInReport: true },
  )
})
