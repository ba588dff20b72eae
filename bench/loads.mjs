// npm run bench -- loads [COUNT…]: G-30 to G-36 on the test bed's real kube-apiserver, Vault and moto. What generate hands off
// for COUNT ExternalSecrets with 2.5 references each in three stores is applied, and the job runs with its own rights:
// from nothing, again when nothing is due, and when all is due and nothing has changed.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { documents } from './streams.mjs'

const BED = 'test/bed/bed'
const NODE = process.execPath
const WAYBILL = 'dist/waybill.cjs'
const NAMESPACE = 'load'
/** Paths and secrets that there are at the stores; more references than that share them. */
const KEYS_MAX = 5000
const AWS_KEYS_MAX = 1600

export async function loads(scratch, counts) {
  if (spawnSync(BED, ['bin'], { stdio: 'ignore' }).status !== 0) {
    console.log('\nloads: the test bed is not built (test/bed/bed parts): skipped')
    return
  }
  offline(scratch)
  const bed = openBed(scratch)
  try {
    await fill(bed)
    for (const count of counts.length === 0 ? [2000, 10_000] : counts)
      await load(bed, scratch, count)
    await writes(bed, scratch)
  } finally {
    bed.down()
  }
}

/** What needs no cluster: G-32 and G-36. */
function offline(scratch) {
  const folder = join(scratch, 'g32')
  mkdirSync(folder)
  let text = ''
  for (let at = 0; at < 50_000; at++) {
    text += `---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-${at}\n  namespace: shop\ndata:\n  key-${at}: ${'v'.repeat(270)}\n`
  }
  writeFileSync(join(folder, 'all.yaml'), text)
  const plain = measured([WAYBILL, 'validate', folder])
  console.log(
    `\nG-32 validate, 50,000 documents, ${mib(text.length)}: ${figures(plain)} (goal 8 s, 512 MiB)`,
  )
  const mixed = join(scratch, 'g32-mixed')
  mkdirSync(mixed)
  writeFileSync(join(mixed, 'all.yaml'), [...documents(20e6, 0.02)].join(''))
  console.log(
    `G-32 validate, 20 MB as of a chart, 2 % ExternalSecrets: ${figures(measured([WAYBILL, 'validate', mixed]))}`,
  )
  const one = join(scratch, 'one.yaml')
  writeFileSync(one, fakes('shop', 1))
  const idle = measured([WAYBILL, 'sync', '-f', one, '--local', join(scratch, 'one')])
  console.log(`G-36 the job with next to nothing to do: ${figures(idle)} (goal 80 MiB)`)
}

function openBed(scratch) {
  const state = join('/tmp', `wb-load-${process.pid}`)
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const audit = join(scratch, 'audit.log')
  const policy = join(scratch, 'audit.yaml')
  writeFileSync(
    policy,
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata, resources: [{group: "", resources: [secrets, configmaps, events]}]}, {level: None}]\n',
  )
  const env = {
    ...process.env,
    STATE: state,
    APISERVER_FLAGS: `--audit-log-path=${audit} --audit-policy-file=${policy}`,
  }
  const run = (...args) => execFileSync(BED, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
  const up = (tier) =>
    Object.fromEntries(
      run(tier, 'up')
        .split('\n')
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  const { KUBECONFIG } = up('api')
  const { VAULT_ADDR } = up('vault')
  const { AWS_ENDPOINT_URL } = up('moto')
  const apiPort = Number(/server: "https:[^"]*:(\d+)"/.exec(readFileSync(KUBECONFIG, 'utf8'))?.[1])
  const kubectl = (args, input) =>
    execFileSync(BED, ['api', 'exec', 'kubectl', ...args], {
      encoding: 'utf8',
      env,
      input,
      maxBuffer: 1 << 28,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  kubectl(['create', 'namespace', NAMESPACE])
  const down = () => {
    spawnSync(BED, ['down'], { env, stdio: 'ignore' })
    rmSync(state, { recursive: true, force: true })
  }
  return { run, kubectl, audit, apiPort, vault: VAULT_ADDR, aws: AWS_ENDPOINT_URL, down }
}

/** Secrets of Vault and of AWS. */
async function fill({ vault, aws }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const began = performance.now()
  const keys = Array.from({ length: KEYS_MAX }, (_, at) => `key-${at}`)
  const value = (key) => JSON.stringify({ user: key, password: `secret-of-${key}` })
  await lanes(keys, (key) =>
    post(
      agent,
      `${vault}/v1/secret/data/${key}`,
      { 'x-vault-token': 'root' },
      `{"data":${value(key)}}`,
    ),
  )
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.CreateSecret',
    authorization:
      'AWS4-HMAC-SHA256 Credential=testing/20300101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0',
  }
  const aKey = (key) =>
    post(agent, aws, headers, JSON.stringify({ Name: key, SecretString: value(key) }))
  // moto answers 500 now and then when calls come at once.
  const [first, ...others] = keys.slice(0, AWS_KEYS_MAX)
  await aKey(first)
  await lanes(others, aKey, 1)
  agent.destroy()
  console.log(`stores filled in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

async function lanes(items, work, width = 32) {
  const queue = [...items]
  const lane = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

async function post(agent, url, headers, body) {
  const call = request(url, { method: 'POST', headers, agent })
  call.end(body)
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode >= 300)
    throw new Error(`${url}: ${response.statusCode} ${text.slice(0, 200)}`)
}

const META = (name) => `metadata: {name: ${name}, namespace: ${NAMESPACE}}`

function stores({ vault }) {
  const vaultStore = (name) =>
    `---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n${META(name)}\nspec: {provider: {vault: {server: "${vault}", path: secret, version: v2, auth: {tokenSecretRef: {name: vault-token, key: token}}}}}\n`
  return `${vaultStore('vault-a')}${vaultStore('vault-b')}---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n${META('aws')}\nspec: {provider: {aws: {service: SecretsManager, region: eu-central-1, auth: {secretRef: {accessKeyIDSecretRef: {name: aws-keys, key: id}, secretAccessKeySecretRef: {name: aws-keys, key: secret}}}}}}\n`
}

/** 2.5 references each, of its own keys as far as there are so many. */
function manifests(bed, count) {
  const names = ['vault-a', 'vault-b', 'aws']
  let reference = 0
  const one = (at) => {
    const store = names[at % 3]
    const entries = Array.from({ length: at % 2 === 0 ? 2 : 3 }, (_, entry) => {
      const key = `key-${reference++ % (store === 'aws' ? AWS_KEYS_MAX : KEYS_MAX)}`
      return `    - {secretKey: k${entry}, remoteRef: {key: ${key}, property: password}}\n`
    })
    return `---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n${META(`es-${at}`)}\nspec:\n  refreshInterval: 1h\n  secretStoreRef: {kind: SecretStore, name: ${store}}\n  data:\n${entries.join('')}`
  }
  return stores(bed) + Array.from({ length: count }, (_, at) => one(at)).join('')
}

async function load(bed, scratch, count) {
  const app = `load-${count}`
  const folder = join(scratch, app)
  mkdirSync(folder)
  writeFileSync(join(folder, 'all.yaml'), manifests(bed, count))
  bed.kubectl(['-n', NAMESPACE, 'delete', 'secrets', '--all'])
  const secret = (name, data) =>
    bed.kubectl([
      '-n',
      NAMESPACE,
      'create',
      'secret',
      'generic',
      name,
      ...data.map((one) => `--from-literal=${one}`),
    ])
  secret('vault-token', ['token=root'])
  secret('aws-keys', ['id=testing', 'secret=testing'])
  const generated = measured([WAYBILL, 'generate', folder, '--app', app, '-n', NAMESPACE])
  console.log(`\n${count} ExternalSecrets: generate ${figures(generated)}`)
  bed.kubectl(['apply', '--server-side', '-f', '-'], generated.out)
  const kubeconfig = bed
    .run('api', 'token', NAMESPACE, `waybill-${app}`)
    .trim()
    .slice('KUBECONFIG='.length)
  const argv = [
    WAYBILL,
    'sync',
    '--app',
    app,
    '-n',
    NAMESPACE,
    '--kubeconfig',
    kubeconfig,
    '-o',
    'json',
  ]
  const env = { AWS_SECRETSMANAGER_ENDPOINT: bed.aws, AWS_STS_ENDPOINT: bed.aws }
  await told('cold', bed, () => watched(bed, argv, env))
  await told('nothing due', bed, () => watched(bed, argv, env))
  const names = bed.kubectl(['-n', NAMESPACE, 'get', 'configmaps', '-o', 'name']).split('\n')
  const status = names.filter((name) => name.includes(`waybill-${app}-status`))
  bed.kubectl(['-n', NAMESPACE, 'delete', ...status])
  await told('all due, unchanged', bed, () => watched(bed, argv, env))
}

/** G-34: writes alone. */
async function writes(bed, scratch) {
  const count = 1000
  const file = join(scratch, 'writes.yaml')
  writeFileSync(file, fakes(NAMESPACE, count))
  const kubeconfig = bed.run('api', 'env').trim().slice('KUBECONFIG='.length)
  const argv = [
    WAYBILL,
    'sync',
    '-f',
    file,
    '-n',
    NAMESPACE,
    '--kubeconfig',
    kubeconfig,
    '-o',
    'json',
  ]
  await told('G-34 1,000 creations (goal 3 s, 16 connections)', bed, () => watched(bed, argv, {}))
}

/** ExternalSecrets of a fake store. */
function fakes(namespace, count) {
  const meta = (name) => `metadata: {name: ${name}, namespace: ${namespace}}`
  const values = Array.from({ length: count }, (_, at) => `{key: k${at}, value: v${at}}`)
  const one = (at) =>
    `---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\n${meta(`w-${at}`)}\nspec: {secretStoreRef: {kind: SecretStore, name: fake}, data: [{secretKey: k, remoteRef: {key: k${at}}}]}\n`
  const store = `---\napiVersion: external-secrets.io/v1\nkind: SecretStore\n${meta('fake')}\nspec: {provider: {fake: {data: [${values.join(', ')}]}}}\n`
  return store + Array.from({ length: count }, (_, at) => one(at)).join('')
}

async function told(title, { audit }, act) {
  const offset = readFileSync(audit, 'utf8').length
  const result = await act()
  const entries = readFileSync(audit, 'utf8')
    .slice(offset)
    .split('\n')
    .filter((line) => line.includes('"userAgent":"waybill'))
    .map((line) => JSON.parse(line))
  const byVerb = new Map()
  for (const { verb, objectRef } of entries) {
    const key = `${verb} ${objectRef.resource}`
    byVerb.set(key, (byVerb.get(key) ?? 0) + 1)
  }
  const report = JSON.parse(result.out)
  const outcomes = new Map()
  for (const { outcome } of report.results) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  console.log(`  ${title}: exit ${result.code}, ${figures(result)}`)
  console.log(
    `    ${pairs(outcomes)}; ${report.reads} reads, calls ${pairs(new Map(Object.entries(report.calls)))}`,
  )
  console.log(
    `    API requests ${entries.length}: ${pairs(byVerb)}; ${result.connections} connections at once`,
  )
  const lags = entries
    .filter(({ verb, objectRef }) => verb === 'patch' && objectRef.resource === 'secrets')
    .map(({ stageTimestamp }) => Date.parse(stageTimestamp) - result.startMs)
    .sort((a, b) => a - b)
  const at = (share) =>
    ((lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? 0) / 1000).toFixed(2)
  if (lags.length > 0)
    console.log(`    written after p50 ${at(0.5)} s, p95 ${at(0.95)} s, p99 ${at(0.99)} s`)
}

const pairs = (counts) => [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
const figures = ({ wall, cpu, rss }) =>
  `wall ${wall.toFixed(2)} s, cpu ${cpu.toFixed(2)} s, rss ${(rss / 1024).toFixed(0)} MiB`

/** A process that is only timed. */
function measured(argv) {
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
function watched({ apiPort }, argv, env) {
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
function usageOf(pid) {
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
