import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/cli/main.ts'
import { dig } from '../../src/model/json.ts'
import { startKube } from '../servers/kube.ts'
import { fakeIo } from '../unit/cli/fake-io.ts'
import { bundledSecret, handedOff } from '../unit/sync/bundled.ts'

// G-35: two hours of a cluster as fast as it goes: run after run in one process, each with its connections, rotations in
// between. Memory and descriptors have to stay where they are. `npm run chaos -- soak [RECONCILES]`; node has --expose-gc.

const total = Number(process.argv[2] ?? 200_000)
const A_RUN = 200
const NAMESPACE = 'shop'
const OWNER = { app: 'soak', namespace: NAMESPACE }
const SAMPLES = 40
const names = Array.from({ length: A_RUN }, (_, at) => `es-${at}`)

/** The API server is a process of its own, so that the memory is ours alone. */
async function serve(): Promise<void> {
  const server = await startKube({ namespaces: [NAMESPACE, 'waybill-system'] })
  const externalSecrets = names.map((name) => bundledSecret(OWNER, name, { keys: { k: name } }))
  const publish = (version: number): void => {
    const values = Object.fromEntries(names.map((name) => [name, `${version}-${name}`]))
    for (const object of handedOff({ ...OWNER, values, externalSecrets })) {
      const name = String(dig(object, 'metadata', 'name'))
      const isThere = server.object('ConfigMap', NAMESPACE, name) !== undefined
      if (isThere && !name.includes('store')) continue
      server.remove('ConfigMap', NAMESPACE, name)
      server.seed(object)
    }
  }
  process.on('message', (version: number) => {
    server.calls.clear()
    if (version >= 0) publish(version)
    process.send?.('done')
  })
  process.on('disconnect', () => process.exit())
  process.send?.(server.kubeconfig(server.adminToken, NAMESPACE))
}

interface Sample {
  readonly reconciles: number
  readonly rssMiB: number
  readonly heapMiB: number
  readonly descriptors: number
}

function sample(reconciles: number): Sample {
  const collect = (globalThis as { gc?: () => void }).gc
  collect?.()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    reconciles,
    rssMiB: rss / 2 ** 20,
    heapMiB: heapUsed / 2 ** 20,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}

/** MiB for each 10,000 reconciles, by least squares. */
function slopeOf(samples: readonly Sample[], read: (one: Sample) => number): number {
  const mean = (numbers: readonly number[]): number =>
    numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const x = samples.map(({ reconciles }) => reconciles / 10_000)
  const y = samples.map(read)
  const [mx, my] = [mean(x), mean(y)]
  const above = x.reduce((sum, one, at) => sum + (one - mx) * ((y[at] ?? 0) - my), 0)
  return above / x.reduce((sum, one) => sum + (one - mx) ** 2, 0)
}

async function reconcile(run: number, { child, kubeconfig }: Served): Promise<void> {
  // Every tenth run finds new values, the others find nothing to write.
  child.send(run % 10 === 0 ? run : -1)
  await once(child, 'message')
  const argv = ['sync', '--app=soak', `-n=${NAMESPACE}`, '--kubeconfig', kubeconfig, '-o=json']
  const force = names.map((name) => `--force=${name}`)
  const io = fakeIo({ nowMs: Date.UTC(2026, 0, 2) + run * 3_600_000 })
  assert.equal(await main([...argv, ...force], io), 0, `run ${run}: ${io.err()}`)
  assert.equal(JSON.parse(io.out()).results.length, A_RUN)
}

interface Served {
  readonly child: ChildProcess
  readonly kubeconfig: string
}

async function soak(): Promise<void> {
  const child = fork(process.argv[1] ?? '', ['server'], { execArgv: [] })
  const [text] = await once(child, 'message')
  const folder = mkdtempSync(join(tmpdir(), 'waybill-soak-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, String(text), { mode: 0o600 })
  const runs = Math.ceil(total / A_RUN)
  const every = Math.max(1, Math.floor(runs / SAMPLES))
  const samples: Sample[] = []
  const began = performance.now()
  for (let run = 0; run < runs; run++) {
    await reconcile(run, { child, kubeconfig })
    if (run % every === every - 1) samples.push(sample((run + 1) * A_RUN))
  }
  tell(samples, runs * A_RUN, (performance.now() - began) / 1000)
  child.disconnect()
  rmSync(folder, { recursive: true, force: true })
}

function tell(samples: readonly Sample[], reconciles: number, seconds: number): void {
  // The first quarter is the warm-up of V8.
  const settled = samples.slice(Math.floor(samples.length / 4))
  const [first, last] = [settled[0], settled.at(-1)]
  const rss = slopeOf(settled, ({ rssMiB }) => rssMiB)
  const heap = slopeOf(settled, ({ heapMiB }) => heapMiB)
  const cpu = process.cpuUsage()
  console.log(
    `${reconciles} reconciles in ${seconds.toFixed(0)} s, CPU ${((cpu.user + cpu.system) / 1e6).toFixed(0)} s`,
  )
  console.log(
    `RSS ${first?.rssMiB.toFixed(1)} to ${last?.rssMiB.toFixed(1)} MiB, slope ${rss.toFixed(3)} MiB per 10,000 (goal 1)`,
  )
  console.log(
    `heap ${first?.heapMiB.toFixed(1)} to ${last?.heapMiB.toFixed(1)} MiB, slope ${heap.toFixed(3)} MiB per 10,000`,
  )
  console.log(`descriptors ${first?.descriptors} to ${last?.descriptors}`)
  const isFlat = rss <= 1 && (last?.descriptors ?? 0) <= (first?.descriptors ?? 0) + 4
  process.exitCode = isFlat ? 0 : 1
}

await (process.argv[2] === 'server' ? serve() : soak())
