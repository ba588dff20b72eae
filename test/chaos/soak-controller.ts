import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { main } from '../../src/cli/main.ts'
import { createHttpClient } from '../../src/sync/transport.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { adminOf } from '../unit/sync/controller/story.ts'
import type { MemoryRecord } from './memory.ts'
import { NAMESPACE, type SoakServer } from './soak-server.ts'

// A controller over a bundle that is read again and again, while smaller ones come and go: of a thousand names each is new.

const A_ROUND = 200
const PASSING = 4
const NAMES = Array.from({ length: A_ROUND }, (_, at) => `es-${at}`)

/** Real clocks; of what it logs only the address is kept. */
function startController(kubeconfig: string) {
  const fake = fakeIo({ env: { HOSTNAME: 'soak' } })
  let port: string | undefined
  const io = {
    ...fake,
    writeErr: (text: string) => {
      port ??= /serving at \S*:(\d+)/.exec(text)?.[1]
    },
    clock: { nowMs: Date.now, monotonicMs: () => performance.now(), sleep },
  }
  const serves = ['--metrics-address=127.0.0.1:0', '--health-address=0', '--crds=none']
  const ended = main(['controller', '--kubeconfig', kubeconfig, ...serves], io)
  return {
    /** How often each of the names has been looked at, together; those that are gone do not count. */
    reconciles: async (): Promise<number> => {
      if (port === undefined) return 0
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      const counts = text.matchAll(/^externalsecret_sync_calls_total\{name="es-\d+",\S* (\d+)$/gm)
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
    },
    stop: async (): Promise<number> => {
      fake.stop('SIGTERM')
      return ended
    },
  }
}

const sleep = (delayMs: number, signal: AbortSignal): Promise<void> =>
  pause(delayMs, undefined, { signal })

/** Reconciles of apps that pass count as well, as soon as they are gone. */
export async function soakController(
  server: SoakServer,
  total: number,
  memory: MemoryRecord,
): Promise<void> {
  const http = createHttpClient()
  const kube = await adminOf(server.kubeconfig, http)
  const soak = { app: 'soak', names: NAMES }
  await server.order({ ...soak, version: 0 })
  const controller = startController(server.kubeconfig)
  const passing = (round: number) => ({
    app: `passing-${round}`,
    names: Array.from({ length: PASSING }, (_, at) => `passing-${round}-${at}`),
    version: 0,
  })
  for (let round = 1; (round - 1) * A_ROUND < total; round++) {
    while ((await controller.reconciles()) < round * A_ROUND) await pause(10)
    memory.look(round * A_ROUND)
    const rotated = round % 10 === 0 ? [{ ...soak, version: round }] : []
    const gone = round > 2 ? [{ ...passing(round - 2), isGone: true }] : []
    await server.order(...rotated, passing(round), ...gone)
    const annotations = { 'waybill.dev/force-sync': String(round) }
    const metadata = { name: 'waybill-soak', namespace: NAMESPACE, annotations }
    const how = { fieldManager: 'kubectl', isForced: true, isDryRun: false }
    await kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, how)
  }
  http.close()
  assert.equal(await controller.stop(), 143)
}
