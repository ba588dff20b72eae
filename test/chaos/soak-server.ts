import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dig } from '../../src/model/json.ts'
import { type KubeServer, startKube } from '../servers/kube.ts'
import { bundledSecret, handedOff } from '../unit/sync/bundled.ts'

// The API server of a soak: a process of its own, so that the memory that is looked at is ours alone.

/** What becomes of a bundle. */
export interface Order {
  readonly app: string
  readonly names: readonly string[]
  /** Of its values; undefined leaves the store alone. */
  readonly version?: number
  readonly isGone?: boolean
}

/** The server, as the process around it sees it. */
export interface SoakServer {
  readonly kubeconfig: string
  /** Resolves when it is done. */
  readonly order: (...orders: readonly Order[]) => Promise<void>
  readonly close: () => void
}

export const NAMESPACE = 'shop'

/** Starts it. */
export async function startSoakServer(): Promise<SoakServer> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: [] })
  const [text] = await once(child, 'message')
  const folder = mkdtempSync(join(tmpdir(), 'waybill-soak-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, String(text), { mode: 0o600 })
  return {
    kubeconfig,
    order: async (...orders) => {
      child.send(orders)
      await once(child, 'message')
    },
    close: () => {
      child.disconnect()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function serve(): Promise<void> {
  const server = await startKube({ namespaces: [NAMESPACE, 'waybill-system'] })
  process.on('message', (orders: readonly Order[]) => {
    server.calls.clear()
    for (const order of orders) obey(server, order)
    process.send?.('done')
  })
  process.on('disconnect', () => process.exit())
  process.send?.(server.kubeconfig(server.adminToken, NAMESPACE))
}

function obey(server: KubeServer, { app, names, version, isGone = false }: Order): void {
  const owner = { app, namespace: NAMESPACE }
  const externalSecrets = names.map((name) => bundledSecret(owner, name, { keys: { k: name } }))
  const values = Object.fromEntries(names.map((name) => [name, `${version}-${name}`]))
  for (const object of handedOff({ ...owner, values, externalSecrets })) {
    const name = String(dig(object, 'metadata', 'name'))
    const isStore = dig(object, 'metadata', 'labels', 'waybill.dev/handoff') === 'store'
    const there = server.object('ConfigMap', NAMESPACE, name)
    if (isGone) server.remove('ConfigMap', NAMESPACE, name)
    else if (there === undefined) server.seed(object)
    else if (isStore && version !== undefined) {
      server.remove('ConfigMap', NAMESPACE, name)
      server.seed(object)
    }
  }
  if (isGone) server.collectGarbage()
}

if (process.argv[2] === 'serve') await serve()
