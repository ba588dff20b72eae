import assert from 'node:assert/strict'
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

const server = await startKube({ namespaces: [NAMESPACE, 'waybill-system'] })
const folder = mkdtempSync(join(tmpdir(), 'waybill-soak-'))
const kubeconfig = join(folder, 'kubeconfig')
writeFileSync(kubeconfig, server.kubeconfig(server.adminToken, NAMESPACE), { mode: 0o600 })
const names = Array.from({ length: A_RUN }, (_, at) => `es-${at}`)
const externalSecrets = names.map((name) => bundledSecret(OWNER, name, { keys: { k: name } }))

function publish(version: number): void {
  const values = Object.fromEntries(names.map((name) => [name, `${version}-${name}`]))
  for (const object of handedOff({ ...OWNER, values, externalSecrets })) {
    const name = String(dig(object, 'metadata', 'name'))
    const isThere = server.object('ConfigMap', NAMESPACE, name) !== undefined
    if (isThere && !name.includes('store')) continue
    server.remove('ConfigMap', NAMESPACE, name)
    server.seed(object)
  }
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

async function reconcile(run: number): Promise<void> {
  // Every tenth run finds new values, the others find nothing to write.
  if (run % 10 === 0) publish(run)
  server.calls.clear()
  const argv = ['sync', '--app=soak', `-n=${NAMESPACE}`, '--kubeconfig', kubeconfig, '-o=json']
  const force = names.map((name) => `--force=${name}`)
  const io = fakeIo({ nowMs: Date.UTC(2026, 0, 2) + run * 3_600_000 })
  assert.equal(await main([...argv, ...force], io), 0, `run ${run}: ${io.err()}`)
  // The last run's report, not all of them.
  assert.equal(JSON.parse(io.out()).results.length, A_RUN)
}

publish(0)
const runs = Math.ceil(total / A_RUN)
const every = Math.max(1, Math.floor(runs / SAMPLES))
const samples: Sample[] = []
const began = performance.now()
for (let run = 0; run < runs; run++) {
  await reconcile(run)
  if (run % every === every - 1) samples.push(sample((run + 1) * A_RUN))
}
const seconds = (performance.now() - began) / 1000
// The first quarter is the warm-up of V8.
const settled = samples.slice(Math.floor(samples.length / 4))
const [first, last] = [settled[0], settled.at(-1)]
const rss = slopeOf(settled, ({ rssMiB }) => rssMiB)
const heap = slopeOf(settled, ({ heapMiB }) => heapMiB)
const cpu = process.cpuUsage()
console.log(
  `${runs * A_RUN} reconciles in ${seconds.toFixed(0)} s, CPU ${((cpu.user + cpu.system) / 1e6).toFixed(0)} s (with the server)`,
)
console.log(
  `RSS ${first?.rssMiB.toFixed(1)} to ${last?.rssMiB.toFixed(1)} MiB, slope ${rss.toFixed(3)} MiB per 10,000 (goal 1)`,
)
console.log(
  `heap ${first?.heapMiB.toFixed(1)} to ${last?.heapMiB.toFixed(1)} MiB, slope ${heap.toFixed(3)} MiB per 10,000`,
)
console.log(`descriptors ${first?.descriptors} to ${last?.descriptors}`)
await server.close()
rmSync(folder, { recursive: true, force: true })
const isFlat = rss <= 1 && (last?.descriptors ?? 0) <= (first?.descriptors ?? 0) + 4
process.exitCode = isFlat ? 0 : 1
