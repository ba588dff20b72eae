import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { main } from '../../../../src/cli/main.ts'
import { buildGraph } from '../../../../src/graph/graph.ts'
import { planHandoff } from '../../../../src/handoff/handoff.ts'
import type { KubeApi } from '../../../../src/kube/api.ts'
import { createKubeApi } from '../../../../src/kube/client.ts'
import { kubeconfigConnection } from '../../../../src/kube/kubeconfig.ts'
import { dig, isObject, type JsonObject, text } from '../../../../src/model/json.ts'
import { createHttpClient } from '../../../../src/sync/transport.ts'
import { type KubeServer, startKube } from '../../../servers/kube.ts'
import { fakeIo } from '../../cli/fake-io.ts'
import { START_MS } from '../story.ts'
import { until, type VirtualClock, virtualClock } from './clock.ts'
import { ACCOUNT, HOME, installedObjects } from './plugin-rights.ts'

/** A cluster with namespace `shop`, and controllers that a test starts and stops. */
export interface Stage {
  readonly server: KubeServer
  readonly clock: VirtualClock
  /** Publishes manifests as `waybill generate --handoff=controller` would, over what is there. */
  readonly publish: (manifests: string, app?: string, prunes?: boolean) => Promise<void>
  /** As `kubectl apply --server-side` would. */
  readonly apply: (...objects: readonly JsonObject[]) => Promise<void>
  /** The API server, as an administrator reaches it. */
  readonly kube: KubeApi
  /** As `kubectl annotate` would, in namespace `shop`. */
  readonly annotate: (name: string, annotations: JsonObject) => Promise<void>
  /** As `kubectl edit secret` would. */
  readonly edit: (name: string, values: Readonly<Record<string, string>>) => Promise<void>
  /** Time goes by while the watches live: in steps, at each of which they end and begin anew. */
  readonly pass: (delayMs: number) => Promise<void>
  readonly start: (...more: readonly string[]) => Controller
  readonly secret: (name: string) => JsonObject | undefined
  /** A value of a Secret in the clear; empty without it. */
  readonly value: (name: string, key: string) => string
  /** What the status says about an ExternalSecret. */
  readonly status: (name: string, app?: string) => JsonObject
}

export interface Controller {
  readonly stop: (signal?: 'SIGTERM' | 'SIGINT') => void
  /** The exit code. */
  readonly ended: Promise<number>
  readonly log: () => string
  readonly get: (path: string) => Promise<{ readonly status: number; readonly body: string }>
}

/** Watches of a controller of all namespaces, when every kind is there. */
export const WATCHES = 13

/** Less than a controller bears without a sign of the API server. */
const STEP_MS = 240_000

export interface StageOptions {
  /** The CustomResourceDefinitions of External Secrets; they are there unless told otherwise. */
  readonly crds?: boolean
  /** Controllers have the rights of plugin/controller instead of an administrator's. */
  readonly isInstalled?: boolean
}

export async function startStage(
  t: TestContext,
  { crds = true, isInstalled = false }: StageOptions = {},
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-controller-'))
  const clock = virtualClock(START_MS)
  const server = await startKube({
    crds,
    namespaces: ['shop', 'waybill-system'],
    nowMs: clock.nowMs,
  })
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, server.kubeconfig(server.adminToken, 'waybill-system'), { mode: 0o600 })
  const http = createHttpClient()
  const kube = await adminOf(kubeconfig, http)
  if (isInstalled) install(server, kubeconfig)
  const running = new Set<Controller>()
  t.after(async () => {
    for (const controller of running) controller.stop()
    await Promise.all([...running].map(({ ended }) => ended))
    http.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const secret = (name: string): JsonObject | undefined => server.object('Secret', 'shop', name)
  return {
    server,
    clock,
    secret,
    kube,
    apply: async (...objects) => {
      for (const object of objects) {
        await kube.apply(object, { fieldManager: 'kubectl', isForced: true, isDryRun: false })
      }
    },
    publish: (manifests, app = 'shop', prunes = false) => publish(kube, manifests, { app, prunes }),
    annotate: async (name, annotations) => {
      const metadata = { name, namespace: 'shop', annotations }
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
      await kube.apply(object, { fieldManager: 'kubectl', isForced: true, isDryRun: false })
    },
    edit: async (name, values) => {
      const data = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      )
      const object = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'shop' },
        data,
      }
      await kube.apply(object, { fieldManager: 'kubectl', isForced: true, isDryRun: false })
    },
    pass: async (delayMs) => {
      for (let leftMs = delayMs; leftMs > 0; leftMs -= STEP_MS) {
        clock.advance(Math.min(leftMs, STEP_MS))
        const asked = (): number =>
          server.calls.all.filter(({ call }) => call.startsWith('watch ')).length
        const open = server.watches.count()
        const wanted = asked() + open
        server.watches.end()
        const isBack = (): boolean => asked() >= wanted && server.watches.count() === open
        await until(isBack, 'no watch came back')
      }
    },
    start: (...more) => {
      const controller = startController({ kubeconfig, clock, pod: `pod${running.size}` }, more)
      running.add(controller)
      return controller
    },
    value: (name, key) => {
      const data = text(dig(secret(name), 'data', key)) ?? ''
      return Buffer.from(data, 'base64').toString()
    },
    status: (name, app = 'shop') => {
      const map = server.object('ConfigMap', 'shop', `waybill-${app}-status`)
      const entry = JSON.parse(text(dig(map, 'data', name)) ?? '{}')
      return isObject(entry) ? entry : {}
    },
  }
}

function install(server: KubeServer, kubeconfig: string): void {
  server.seed(...installedObjects())
  const token = server.serviceAccountToken(HOME, ACCOUNT, { expirationSeconds: 1_000_000 })
  writeFileSync(kubeconfig, server.kubeconfig(token, HOME), { mode: 0o600 })
}

/** The API server, as the administrator of a kubeconfig reaches it. */
export async function adminOf(
  path: string,
  http: ReturnType<typeof createHttpClient>,
): Promise<KubeApi> {
  const nowMs = (): number => performance.now()
  const connection = await kubeconfigConnection({ paths: [path], context: undefined, nowMs })
  const { signal } = new AbortController()
  return createKubeApi(connection, http, {
    timeoutMs: 5000,
    signal,
    nowMs,
    random: () => 0,
    sleep: async () => {},
  })
}

/** As `generate --handoff=controller` and a GitOps tool would. */
export async function publish(
  kube: KubeApi,
  manifests: string,
  { app, prunes }: { readonly app: string; readonly prunes: boolean },
): Promise<void> {
  const at = { file: 'all.yaml', line: 1, column: 1 }
  const documents = manifests
    .split('---\n')
    .filter((part) => part !== '')
    .map((part) => ({ object: JSON.parse(part), at, locate: () => at, line: () => undefined }))
  const { objects } = planHandoff(buildGraph(documents, 'shop'), [], {
    mode: 'controller',
    app,
    storeNamespace: 'waybill-system',
    image: '',
    env: [],
    isRbacWanted: false,
    prunes,
    grants: [],
    targets: [],
  })
  for (const object of objects) {
    await kube.apply(object, { fieldManager: 'argocd', isForced: true, isDryRun: false })
  }
}

function startController(
  {
    kubeconfig,
    clock,
    pod,
  }: { readonly kubeconfig: string; readonly clock: VirtualClock; readonly pod: string },
  more: readonly string[],
): Controller {
  const io = { ...fakeIo({ env: { HOSTNAME: pod } }), clock }
  const serve = ['--metrics-address=127.0.0.1:0', '--health-address=0']
  const ended = main(['controller', '--kubeconfig', kubeconfig, ...serve, ...more], io)
  return {
    ended,
    stop: (signal = 'SIGTERM') => io.stop(signal),
    log: io.err,
    get: async (path) => {
      await until(() => io.err().includes('serving at'), io.err())
      const port = /serving at \S*:(\d+)/.exec(io.err())?.[1]
      const answer = await fetch(`http://127.0.0.1:${port}${path}`)
      return { status: answer.status, body: await answer.text() }
    },
  }
}
