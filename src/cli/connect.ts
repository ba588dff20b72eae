import { readFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { type KubeApi, KubeError } from '../kube/api.ts'
import { createKubeApi } from '../kube/client.ts'
import type { Connection } from '../kube/connection.ts'
import { inClusterConnection } from '../kube/in-cluster.ts'
import type { HttpClient } from '../model/http.ts'
import type { AllowedTarget } from '../model/target-kind.ts'
import type { OptionValues } from './invocation.ts'
import type { Io } from './io.ts'

// Which API server, and as whom: --kubeconfig, then KUBECONFIG, then the pod that we run in, then ~/.kube/config.

const CALL_TIMEOUT_MS = 10_000

/** Throws KubeError when there is no way to a cluster. */
export async function findConnection(
  options: OptionValues,
  io: Io,
): Promise<{ readonly connection: Connection; readonly isInCluster: boolean }> {
  const named = options.text('kubeconfig') ?? io.env.KUBECONFIG
  const nowMs = io.clock.monotonicMs
  if (!named) {
    const connection = await inClusterConnection({ env: io.env, readFile: readIfThere, nowMs })
    if (connection !== undefined) return { connection, isInCluster: true }
  }
  const home = io.env.HOME ?? io.env.USERPROFILE
  const paths = named
    ? named.split(delimiter).filter((path) => path !== '')
    : home === undefined
      ? []
      : [join(home, '.kube', 'config')]
  if (paths.length === 0) throw new KubeError('invalid', 0, 'no kubeconfig, and not in a cluster')
  const { kubeconfigConnection } = await import('../kube/kubeconfig.ts')
  const connection = await kubeconfigConnection({
    paths: paths.map((path) => resolve(io.cwd, path)),
    context: options.text('context'),
    nowMs,
  })
  return { connection, isInCluster: false }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch {
    return undefined
  }
}

/** The API server behind a connection. */
export function openKube(
  connection: Connection,
  http: HttpClient,
  {
    io,
    signal,
    targets = [],
  }: {
    readonly io: Io
    readonly signal: AbortSignal
    readonly targets?: readonly AllowedTarget[]
  },
): KubeApi {
  return createKubeApi(connection, http, {
    timeoutMs: CALL_TIMEOUT_MS,
    signal,
    nowMs: io.clock.monotonicMs,
    random: io.random.fraction,
    sleep: io.clock.sleep,
    targets,
  })
}

/** An API server that is looked for only when somebody asks it something. */
export function lazyKube(open: () => Promise<KubeApi>): KubeApi {
  let opened: Promise<KubeApi> | undefined
  const kube = (): Promise<KubeApi> => {
    opened ??= open()
    return opened
  }
  return {
    get: async (...args) => (await kube()).get(...args),
    list: async (...args) => (await kube()).list(...args),
    apply: async (...args) => (await kube()).apply(...args),
    replace: async (...args) => (await kube()).replace(...args),
    create: async (...args) => (await kube()).create(...args),
    applyStatus: async (...args) => (await kube()).applyStatus(...args),
    patchFinalizers: async (...args) => (await kube()).patchFinalizers(...args),
    delete: async (...args) => (await kube()).delete(...args),
    serviceAccountToken: async (...args) => (await kube()).serviceAccountToken(...args),
  }
}
