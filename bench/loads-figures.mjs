// What a load took: of processes, of the API server's audit log and of Vault's.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const NODE = process.execPath

/** When Vault was asked for each key, in ms, since its log had this size. */
export function readTimes({ vaultAudit }, offset) {
  const times = new Map()
  for (const line of readFileSync(vaultAudit, 'utf8').slice(offset).split('\n')) {
    if (!line.includes('"type":"request"') || !line.includes('"operation":"read"')) continue
    const { time, request } = JSON.parse(line)
    const key = request.path.slice('secret/data/'.length)
    times.set(key, [...(times.get(key) ?? []), Date.parse(time)])
  }
  return times
}

export const rest = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs))

export const sizeOf = (file) => readFileSync(file, 'utf8').length

/** What Waybill asked the API server for since the audit log had this size. */
export function ownRequests({ audit }, offset) {
  return readFileSync(audit, 'utf8')
    .slice(offset)
    .split('\n')
    .filter((line) => line.includes('"userAgent":"waybill'))
    .map((line) => JSON.parse(line))
}

export function byVerb(entries) {
  const counts = new Map()
  for (const { verb, objectRef } of entries) {
    const key = `${verb} ${objectRef.resource}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** Of seconds. */
export function percentiles(seconds) {
  const sorted = [...seconds].sort((a, b) => a - b)
  const at = (share) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2)
  return `p50 ${at(0.5)} s, p95 ${at(0.95)} s, p99 ${at(0.99)} s`
}

export const pairs = (counts) => [...counts].map(([name, count]) => `${name} ${count}`).join(', ')

export const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

export const figures = ({ wall, cpu, rss }) =>
  `wall ${wall.toFixed(2)} s, cpu ${cpu.toFixed(2)} s, rss ${(rss / 1024).toFixed(0)} MiB`

/** A process that is only timed. */
export function measured(argv) {
  const script = `import json,resource,subprocess,sys,time
t=time.time(); p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,stderr=subprocess.DEVNULL); w=time.time()-t
u=resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stdout.buffer.write((json.dumps(dict(wall=w,cpu=u.ru_utime+u.ru_stime,rss=u.ru_maxrss,code=p.returncode))+'\\n').encode()+p.stdout)`
  const { stdout } = spawnSync('python3', ['-c', script, NODE, ...argv], {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
  })
  const end = stdout.indexOf('\n')
  const result = { ...JSON.parse(stdout.slice(0, end)), out: stdout.slice(end + 1) }
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${argv.join(' ')}`)
  return result
}

/** The same, with the most connections to the API server that were open at one time. */
export function watched({ apiPort }, argv, env) {
  // The API server has a connection to itself.
  const before = connectionsTo(apiPort)
  const startMs = Date.now()
  const child = spawn(NODE, argv, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  let connections = 0
  let usage = { cpu: 0, rss: 0 }
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk
  })
  const timer = setInterval(() => {
    connections = Math.max(connections, connectionsTo(apiPort) - before)
    usage = usageOf(child.pid) ?? usage
  }, 200)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(timer)
      resolve({ ...usage, code, out, connections, startMs, wall: (Date.now() - startMs) / 1000 })
    })
  })
}

function connectionsTo(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  return rows.filter((row) => row.includes(`0100007F:${hex} 01 `)).length
}

/** CPU seconds and the most memory of a living process. */
export function usageOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    const rss = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    // A process that has just ended has no memory any more.
    if (rss === undefined) return undefined
    return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, rss: Number(rss) }
  } catch {
    return undefined
  }
}
