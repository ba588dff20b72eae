// npm run bench -- loads [COUNT…]: G-30 to G-36 on the test bed's real kube-apiserver, Vault and moto. What generate hands off
// for COUNT ExternalSecrets with 2.5 references each in three stores is applied, and the job runs with its own rights:
// from nothing, again when nothing is due, and when all is due and nothing has changed. Then the controller keeps 2,000 at
// an interval of 15 s. Times of requests are those of the audit logs of the API server and of Vault.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { awsAt, BED, fill, lanes, manifests, NAMESPACE, openBed, wanted } from './loads-bed.mjs'
import {
  byVerb,
  figures,
  measured,
  mib,
  ownRequests,
  pairs,
  percentiles,
  readTimes,
  rest,
  sizeOf,
  usageOf,
  watched,
} from './loads-figures.mjs'
import { documents } from './streams.mjs'

const NODE = process.execPath
const WAYBILL = 'dist/waybill.cjs'

export async function loads(scratch, counts) {
  if (spawnSync(BED, ['bin'], { stdio: 'ignore' }).status !== 0) {
    console.log('\nloads: the test bed is not built (test/bed/bed parts): skipped')
    return
  }
  offline(scratch)
  const bed = openBed(scratch)
  try {
    await fill(bed)
    for (const count of counts.length === 0 ? [2000, 10_000] : counts) {
      await load(bed, scratch, count)
    }
    await writes(bed, scratch)
    await steady(bed, scratch)
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

/** Without any Secret but those of the stores, and without what was handed off before; the manifests are in a folder. */
function prepared(bed, scratch, { app, count, refreshInterval }) {
  const folder = join(scratch, app)
  mkdirSync(folder)
  writeFileSync(join(folder, 'all.yaml'), manifests(bed, count, refreshInterval))
  for (const kind of ['secrets', 'configmaps']) {
    bed.kubectl(['delete', '--raw', `/api/v1/namespaces/${NAMESPACE}/${kind}`])
  }
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
  return folder
}

async function load(bed, scratch, count) {
  const app = `load-${count}`
  const folder = prepared(bed, scratch, { app, count, refreshInterval: '1h' })
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
  const env = awsAt(bed)
  const readBefore = sizeOf(bed.vaultAudit)
  const written = await told('cold', bed, () => watched(bed, argv, env))
  ownTimes(readTimes(bed, readBefore), written, count)
  await told('nothing due', bed, () => watched(bed, argv, env))
  const names = bed.kubectl(['-n', NAMESPACE, 'get', 'configmaps', '-o', 'name']).split('\n')
  const status = names.filter((name) => name.includes(`waybill-${app}-status`))
  bed.kubectl(['-n', NAMESPACE, 'delete', ...status])
  await told('all due, unchanged', bed, () => watched(bed, argv, env))
}

/** G-30: from the first read of an ExternalSecret to its Secret, where Vault says when it was read. */
function ownTimes(reads, written, count) {
  const times = wanted(count).flatMap(({ name, store, keys }) => {
    const first = Math.min(...keys.map((key) => reads.get(key)?.[0] ?? Number.NaN))
    const end = written.get(name)
    return store === 'aws' || end === undefined || Number.isNaN(first) ? [] : [(end - first) / 1000]
  })
  console.log(
    `    first read to written, ${times.length} of Vault: ${percentiles(times)} (G-30: p95 3 s)`,
  )
}

/** G-31: the controller keeps 2,000 at 15 s, nothing changes; how late each read is by Vault's clock. */
async function steady(bed, scratch) {
  const count = 2000
  const app = 'steady'
  const folder = prepared(bed, scratch, { app, count, refreshInterval: '15s' })
  const argv = [WAYBILL, 'generate', folder, '--app', app, '-n', NAMESPACE]
  const { out } = measured([...argv, '--handoff=controller'])
  bed.kubectl(['apply', '--server-side', '-f', '-'], out)
  const kubeconfig = bed.run('api', 'env').trim().slice('KUBECONFIG='.length)
  const addresses = ['--metrics-address=127.0.0.1:0', '--health-address=0']
  const child = spawn(
    NODE,
    [WAYBILL, 'controller', '--kubeconfig', kubeconfig, '--namespace', NAMESPACE, ...addresses],
    { env: { PATH: process.env.PATH, ...awsAt(bed) }, stdio: 'ignore' },
  )
  try {
    const secrets = () => bed.kubectl(['-n', NAMESPACE, 'get', 'secrets', '-o', 'name']).split('\n')
    const endMs = Date.now() + 180_000
    while (secrets().length < count + 3) {
      if (Date.now() > endMs) throw new Error('not in steady state within three minutes')
      await rest(3000)
    }
    await rest(30_000)
    await steadyFigures(bed, child.pid)
  } finally {
    child.kill('SIGKILL')
  }
}

async function steadyFigures(bed, pid) {
  const seconds = 90
  const [readsFrom, from, before] = [sizeOf(bed.vaultAudit), sizeOf(bed.audit), usageOf(pid)]
  await rest(seconds * 1000)
  const after = usageOf(pid)
  const requests = ownRequests(bed, from)
  const lags = [...readTimes(bed, readsFrom).values()].flatMap((times) =>
    times.slice(1).map((at, index) => (at - times[index]) / 1000 - 15),
  )
  console.log(
    `\nG-31 2,000 ExternalSecrets at 15 s, ${seconds} s: cpu ${((after.cpu - before.cpu) / seconds).toFixed(3)} cores (goal 0.5), ` +
      `rss ${(after.rss / 1024).toFixed(0)} MiB, ${(requests.length / seconds).toFixed(2)} API requests/s (goal 5): ${pairs(byVerb(requests))}`,
  )
  console.log(`    ${lags.length} reads after 15 s and ${percentiles(lags)} (goal p99 2 s)`)
}

/** G-34: writes alone, beside a bare loop that asks the API server for the same. */
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
  const began = performance.now()
  await bareWrites(kubeconfig, count)
  console.log(
    `    the same requests by a bare loop: ${((performance.now() - began) / 1000).toFixed(2)} s`,
  )
}

/** GET and apply of as many Secrets over sixteen connections, and nothing else. */
async function bareWrites(kubeconfig, count) {
  const config = readFileSync(kubeconfig, 'utf8')
  const server = /server: "([^"]*)"/.exec(config)[1]
  const authorization = `Bearer ${/token: "?([^}"\s]*)/.exec(config)[1]}`
  const ca = readFileSync(/certificate-authority: ([^}\s]*)/.exec(config)[1])
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca })
  const ask = async (method, path, body) => {
    const headers = { authorization, 'content-type': 'application/apply-patch+yaml' }
    const call = request(server + path, { method, headers, agent })
    call.end(body)
    const [response] = await once(call, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    JSON.parse(text)
    if (![200, 201, 404].includes(response.statusCode))
      throw new Error(`${response.statusCode} ${text}`)
  }
  const names = Array.from({ length: count }, (_, at) => `bare-${at}`)
  await lanes(
    names,
    async (name) => {
      const path = `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`
      await ask('GET', path)
      const metadata = { name, namespace: NAMESPACE, labels: { 'waybill.dev/managed': 'true' } }
      const object = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'Opaque',
        data: { k: 'dg==' },
      }
      await ask('PATCH', `${path}?fieldManager=bare&force=true`, JSON.stringify(object))
    },
    16,
  )
  agent.destroy()
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

/** Answers when each Secret was written. */
async function told(title, bed, act) {
  const offset = sizeOf(bed.audit)
  const result = await act()
  const entries = ownRequests(bed, offset)
  const report = JSON.parse(result.out)
  const outcomes = new Map()
  for (const { outcome } of report.results) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  console.log(`  ${title}: exit ${result.code}, ${figures(result)}`)
  console.log(
    `    ${pairs(outcomes)}; ${report.reads} reads, calls ${pairs(new Map(Object.entries(report.calls)))}`,
  )
  console.log(
    `    API requests ${entries.length}: ${pairs(byVerb(entries))}; ${result.connections} connections at once`,
  )
  const written = new Map(
    entries
      .filter(({ verb, objectRef }) => verb === 'patch' && objectRef.resource === 'secrets')
      .map(({ objectRef, stageTimestamp }) => [objectRef.name, Date.parse(stageTimestamp)]),
  )
  const lags = [...written.values()].map((atMs) => (atMs - result.startMs) / 1000)
  if (lags.length > 0) console.log(`    written after ${percentiles(lags)} of the run`)
  return written
}
