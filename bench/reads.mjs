// The reads of a run: planner against the pattern "one read per entry by one worker", goals Y1 to Y5, all in one run.
// Servers are processes of their own with a stated latency, and count what comes. The worker's figures at 10,000 are those
// at 1,000 times ten: it grows with nothing else, and would take minutes.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { build } from 'esbuild'

const LATENCY_MS = 5
const AT_ONCE = 32
const ROUNDS = 3
const AWS_BATCH = 20
/** CPU of the SDK for one batch and nothing else: no run can be quicker than that on one core. */
const SDK_BATCH_MS = 0.63
/**
 * Against one worker at 10,000. A batch of twenty makes 1/100 of it; without one, 32 calls at once make 1/52 of it at
 * best, for 0.615 calls per entry.
 */
const WORKER_MOST = { aws: 1 / 100, vault: 1.5 / 52 }

/**
 * Calls of a run against ESO's for the same ExternalSecrets, the first time and when nothing has changed. Vault has no batch:
 * one call per distinct key is 0.47 and 0.31 of them at best.
 */
const ESO_MOST = { aws: [0.19, 0.02], vault: [0.48, 0.31] }

export async function reads(scratch) {
  const client = await bundled(scratch)
  const plain = await startServer('plain')
  const limited = await startServer('quota')
  try {
    for (const provider of ['vault', 'aws']) await compare(provider, client, plain)
    await underQuota(client, limited)
  } finally {
    plain.child.disconnect()
    limited.child.disconnect()
  }
}

async function bundled(scratch) {
  const outdir = join(scratch, 'reads')
  const js =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"
  await build({
    entryPoints: ['bench/reads-client.ts'],
    outdir,
    outExtension: { '.js': '.mjs' },
    // As in dist/: a provider's SDK is loaded by those that use it.
    splitting: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js },
    logLevel: 'warning',
  })
  return join(outdir, 'reads-client.mjs')
}

async function startServer(quota) {
  const options = { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] }
  const child = fork('bench/reads-server.mjs', [String(LATENCY_MS), quota], options)
  const [line] = await once(child.stdout, 'data')
  return { child, port: String(line).trim() }
}

/** One client process, and what the server saw of it. */
async function measure(client, { port }, [count, provider, way]) {
  await stats(port)
  const args = [client, String(count), provider, way, port]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  await once(child, 'close')
  const seen = await stats(port)
  const calls = Object.values(seen.calls).reduce((sum, number) => sum + number, 0)
  return { ...JSON.parse(out), ...seen, calls }
}

async function stats(port) {
  const { calls, connections, throttled } = await (
    await fetch(`http://127.0.0.1:${port}/stats`, { headers: { connection: 'close' } })
  ).json()
  return { calls, connections, throttled }
}

async function best(client, server, args) {
  const runs = []
  for (let round = 0; round < ROUNDS; round++) runs.push(await measure(client, server, args))
  return runs.sort((a, b) => a.wallMs - b.wallMs)[Math.floor(ROUNDS / 2)]
}

async function compare(provider, client, server) {
  console.log(`\nreads, ${provider}: 3 entries each, 40 % on shared keys, ${LATENCY_MS} ms`)
  const worker = await measure(client, server, [1000, provider, 'worker'])
  const small = await best(client, server, [1000, provider, 'planner'])
  const large = await best(client, server, [10_000, provider, 'planner'])
  const bare = provider === 'vault' && (await best(client, server, [10_000, provider, 'bare']))
  line('worker, 1,000', worker)
  line('planner, 1,000', small)
  line('planner, 10,000', large)
  if (bare) line('node:http, 10,000', bare)
  const planned = provider === 'aws' ? Math.ceil(large.distinct / AWS_BATCH) : large.distinct
  const theoryMs = (large.calls * LATENCY_MS) / AT_ONCE
  const floorMs = Math.max(theoryMs, large.calls * SDK_BATCH_MS)
  goal('Y1 calls made against calls planned', large.calls / planned, 1.002)
  goal('Y1 calls against one per entry', large.calls / large.entries, 1)
  await againstEso(provider, client, server)
  goal(
    'Y2 wall against one worker, 10,000',
    large.wallMs / (worker.wallMs * 10),
    WORKER_MOST[provider],
  )
  goal(`Y2 wall against calls × latency / ${AT_ONCE}`, large.wallMs / theoryMs, 1.5)
  const perCall = ((large.cpuMs - small.cpuMs) * 1000) / (large.calls - small.calls)
  const perRead = ((large.cpuMs - small.cpuMs) * 1000) / (large.distinct - small.distinct)
  if (provider === 'aws') goal('Y2 wall against the CPU of the SDK', large.wallMs / floorMs, 1.5)
  if (provider === 'aws') goal('Y3 µs of CPU per secret (batch through the SDK)', perRead, 32)
  else goal('Y3 µs of CPU per call', perCall, 120)
  if (bare) {
    // Independent of what else this machine does: both were measured beside each other.
    goal('Y2 wall against node:http alone', large.wallMs / bare.wallMs, 1.5)
    goal('Y3 CPU against node:http alone', large.cpuMs / bare.cpuMs, 1.5)
  }
  goal('Y3 connections', large.connections - 1, AT_ONCE)
  goal('Y4 RSS at 10,000, MiB', large.rssMiB, 120)
  goal('Y4 RSS growth, MiB', large.rssMiB - small.rssMiB, 40)
  goal('Y4 wall 10,000 / 1,000', large.wallMs / small.wallMs, 10)
  goal('reads lost', large.lost + small.lost, 0)
}

/** At 1,000, for a client per ExternalSecret takes its time; the shares are those of 10,000. */
async function againstEso(provider, client, server) {
  const [first, steady] = ESO_MOST[provider]
  const eso = await measure(client, server, [1000, provider, 'eso'])
  for (const [way, most] of Object.entries({ first, steady })) {
    const run = await measure(client, server, [1000, provider, way])
    console.log(
      `  ${way} run, 1,000: ${run.calls} calls, ESO's pattern ${eso.calls}; cpu ${run.cpuMs.toFixed(0)} and ${eso.cpuMs.toFixed(0)} ms`,
    )
    goal(`Y1 calls of a ${way} run against ESO's pattern`, run.calls / eso.calls, most)
  }
}

/** 100 batches and 10,000 single reads a second. */
async function underQuota(client, server) {
  console.log('\nreads, aws with its quotas: BatchGetSecretValue 100/s, GetSecretValue 10,000/s')
  const run = await measure(client, server, [10_000, 'aws', 'planner'])
  line('planner, 10,000', run)
  console.log(`  throttled ${run.throttled}`)
  const boundMs = (run.distinct / AWS_BATCH / 100) * 1000
  goal('Y5 wall against the bound of batches', run.wallMs / boundMs, 1.3)
  goal('Y5 reads lost', run.lost, 0)
}

function line(name, { calls, wallMs, cpuMs, rssMiB, connections }) {
  console.log(
    `  ${name.padEnd(18)} calls ${String(calls).padStart(6)}  wall ${wallMs.toFixed(0).padStart(7)} ms  cpu ${cpuMs.toFixed(0).padStart(6)} ms  rss ${rssMiB.toFixed(0).padStart(4)} MiB  connections ${connections - 1}`,
  )
}

function goal(name, figure, most) {
  const verdict = figure <= most ? 'met' : 'missed'
  const digits = most < 1 ? 4 : 3
  console.log(`    ${name}: ${figure.toFixed(digits)} (≤ ${most.toFixed(digits)}) ${verdict}`)
}
