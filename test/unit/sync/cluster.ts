import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { KubeApi } from '../../../src/kube/api.ts'
import { createKubeApi } from '../../../src/kube/client.ts'
import { kubeconfigConnection } from '../../../src/kube/kubeconfig.ts'
import { createHttpClient } from '../../../src/sync/transport.ts'
import { type KubeServer, startKube } from '../../servers/kube.ts'

export interface Cluster {
  readonly server: KubeServer
  /** As an administrator. */
  readonly kube: KubeApi
  /** Writes a kubeconfig with this token; it goes with the test. */
  readonly kubeconfig: (token: string) => string
}

/** A cluster with namespace `shop`, and our own client of it. */
export async function startCluster(t: TestContext): Promise<Cluster> {
  const server = await startKube({ namespaces: ['shop', 'waybill-system'] })
  const path = join(tmpdir(), `waybill-cluster-${process.pid}-${new URL(server.url).port}`)
  const kubeconfig = (token: string): string => {
    writeFileSync(path, server.kubeconfig(token, 'shop'), { mode: 0o600 })
    return path
  }
  const nowMs = (): number => performance.now()
  const paths = [kubeconfig(server.adminToken)]
  const connection = await kubeconfigConnection({ paths, context: undefined, nowMs })
  const http = createHttpClient()
  t.after(async () => {
    http.close()
    rmSync(path)
    await server.close()
  })
  const { signal } = new AbortController()
  const options = { timeoutMs: 5000, signal, nowMs, random: () => 0, sleep: async () => {} }
  return { server, kube: createKubeApi(connection, http, options), kubeconfig }
}
