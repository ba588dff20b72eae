import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadAll } from 'js-yaml'
import type { JsonObject } from '../../../src/model/json.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { type Ran, run, START_MS } from './story.ts'

const HOUR_MS = 3_600_000
const HANDED_OFF = ['ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding']

/** An app in namespace `shop`. */
export interface App extends Cluster {
  /** Generates, applies the hand-off as Argo CD would, and syncs with its ServiceAccount; each time an hour later. */
  readonly sync: (manifests: string, how?: How) => Promise<Ran>
  /** A run of what is there, without a render before. */
  readonly again: (how?: How) => Promise<Ran>
  /** `generate` alone. */
  readonly render: (manifests: string, more?: readonly string[]) => Promise<Ran>
  /** `sync -f -` for the app, as an administrator, now. */
  readonly give: (manifests: string, more: readonly string[]) => Promise<Ran>
}

/** What a render and a run are given beside the manifests. */
export interface How {
  /** Further options of `generate`. */
  readonly generate?: readonly string[]
  readonly sync?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Since the run before; an hour unless told. */
  readonly afterMs?: number
}

/** A cluster in which one app is rendered and synced with its own rights. */
export async function startApp(t: TestContext): Promise<App> {
  const cluster = await startCluster(t)
  const folder = mkdtempSync(join(tmpdir(), 'waybill-rights-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let nowMs = START_MS
  const render = async (manifests: string, more: readonly string[] = []): Promise<Ran> => {
    writeFileSync(join(folder, 'all.yaml'), manifests)
    const generated = await run(['generate', folder, '--app', 'shop', '-n', 'shop', ...more])
    assert.equal(generated.code, 0, generated.err)
    return generated
  }
  const sync = async (manifests: string, how: How = {}): Promise<Ran> => {
    const generated = await render(manifests, how.generate)
    for (const object of loadAll(generated.out) as readonly JsonObject[]) {
      if (!HANDED_OFF.includes(String(object.kind))) continue
      await cluster.kube.apply(object, { fieldManager: 'argocd', isForced: true, isDryRun: false })
    }
    return again(how)
  }
  const again = (how: How = {}): Promise<Ran> => {
    const token = cluster.server.serviceAccountToken('shop', 'waybill-shop')
    nowMs += how.afterMs ?? HOUR_MS
    const argv = ['sync', '--app=shop', '-n=shop', '--kubeconfig', cluster.kubeconfig(token)]
    return run([...argv, '-o=json', ...(how.sync ?? [])], { nowMs, env: how.env ?? {} })
  }
  const give = (stdin: string, more: readonly string[]): Promise<Ran> => {
    const kubeconfig = cluster.kubeconfig(cluster.server.adminToken)
    const argv = ['sync', '-f=-', '--app=shop', '-n=shop', '--kubeconfig', kubeconfig]
    return run([...argv, '-o=json', ...more], { stdin, nowMs })
  }
  return { ...cluster, render, sync, again, give }
}
