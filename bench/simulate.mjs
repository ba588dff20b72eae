// node bench/simulate.mjs [COUNT]: `waybill simulate` of 5,000 ExternalSecrets with three templates each, in one call, whole
// process, against a Go program that renders the same templates with text/template and Sprig (bench/go-templates), whole
// process, too. Ours reads manifests and fixtures, checks, fetches and plans besides; Go only renders. Runs are interleaved
// after a warm-up; figures are minima, which other work on the machine disturbs least, reported and never asserted (aim: within
// 5 times of Go). A run of one ExternalSecret tells the start from the rest; the template chunk is told by size and load time.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../scripts/build.mjs'
import { ensureInstalled } from '../scripts/ensure.mjs'

const ROUNDS = 5
const count = Number(process.argv[2] ?? 5000)

ensureInstalled()
const scratch = mkdtempSync(join(tmpdir(), 'waybill-simulate-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
await build(join(scratch, 'dist'))

/** What teams write: a URL, a file of settings, a list. Each ExternalSecret has texts of its own, so none is parsed once only. */
function templatesOf(i) {
  return {
    url: `postgres://{{ .user | urlquery }}:{{ .password | urlquery }}@db-${i}.internal:5432/app`,
    'settings.json': `{{ dict "name" "app-${i}" "user" .user "hosts" (.hosts | splitList ",") | toJson }}`,
    'app.conf': `# app-${i}
{{- range $at, $host := .hosts | splitList "," }}
host.{{ $at }} = {{ $host | upper | quote }}
{{- end }}
auth = {{ printf "%s:%s" .user .password | b64enc }}
{{ if contains "a" .password }}mode = {{ .password | trunc 4 | lower }}{{ else }}mode = plain{{ end }}
`,
  }
}

const dataOf = (i) => ({
  user: `user-${i}`,
  password: `pa55/${i * 7919}+word`,
  hosts: `a-${i}.internal,b-${i}.internal,c.internal`,
})

function externalSecret(i) {
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: `app-${i}`, namespace: 'shop' },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'SecretStore', name: 'vault' },
      target: { template: { data: templatesOf(i) } },
      dataFrom: [{ extract: { key: `app/${i}` } }],
    },
  }
}

const STORE = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: shop}
spec: {provider: {vault: {server: "https://vault.internal:8200", path: secret, version: v2, auth: {tokenSecretRef: {name: t, key: t}}}}}
`

/** Inputs of so many ExternalSecrets: `command` of ours, `jobs` for Go. */
function inputs(length) {
  const folder = join(scratch, String(length))
  mkdirSync(folder)
  const numbers = Array.from({ length }, (_, i) => i)
  const [manifests, fixtures, jobs] = ['manifests.yaml', 'fixtures.yaml', 'jobs.jsonl'].map(
    (name) => join(folder, name),
  )
  writeFileSync(
    manifests,
    [STORE, ...numbers.map((i) => `${yaml(externalSecret(i))}\n`)].join('---\n'),
  )
  const payloads = Object.fromEntries(numbers.map((i) => [`app/${i}`, { json: dataOf(i) }]))
  writeFileSync(fixtures, JSON.stringify({ stores: { 'SecretStore/vault': payloads } }))
  writeFileSync(
    jobs,
    numbers
      .map((i) => `${JSON.stringify({ data: dataOf(i), templates: templatesOf(i) })}\n`)
      .join(''),
  )
  const bundle = join(scratch, 'dist/waybill.cjs')
  return { command: [bundle, 'simulate', manifests, '--fixtures', fixtures, '-o', 'json'], jobs }
}

/** Block style, as people write it; texts as JSON, which is YAML. */
function yaml(value, indent = '') {
  return Object.entries(value)
    .map(([key, item]) => {
      if (Array.isArray(item))
        return `${indent}${key}:\n${indent}- ${yaml(item[0], `${indent}  `).trimStart()}`
      if (typeof item === 'object') return `${indent}${key}:\n${yaml(item, `${indent}  `)}`
      return `${indent}${key}: ${JSON.stringify(item)}`
    })
    .join('\n')
}

function measure(command, input) {
  const { stdout, status } = spawnSync('python3', ['bench/measure.py', input, ...command], {
    encoding: 'utf8',
  })
  const result = status === 0 ? JSON.parse(stdout) : { code: status }
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${command.join(' ')}`)
  return result
}

/** Undefined without Go. */
function buildGo() {
  const binary = join(scratch, 'go-templates')
  const { status, error } = spawnSync('go', ['build', '-o', binary, '.'], {
    cwd: 'bench/go-templates',
    stdio: ['ignore', 2, 2],
  })
  return error === undefined && status === 0 ? binary : undefined
}

/** Both must have made the same bytes, or the race says nothing. */
function assertSame(go) {
  const ours = spawnSync(process.execPath, [...command, '--reveal'], {
    maxBuffer: 2 ** 30,
  })
  const theirs = spawnSync(go, [], { input: readFileSync(jobs), maxBuffer: 2 ** 30 })
  const { results } = JSON.parse(ours.stdout)
  const lines = theirs.stdout.toString().trimEnd().split('\n')
  const differs = results.findIndex(({ secret }, at) => {
    const rendered = JSON.parse(lines[at])
    return Object.keys(rendered).some((key) => rendered[key] !== secret?.data[key])
  })
  if (differs >= 0 || results.length !== count) throw new Error(`app-${differs} differs from Go`)
}

/** Milliseconds that a process spends on the chunk alone. */
function loadTime(chunk) {
  const program = `const t = performance.now(); require(${JSON.stringify(chunk)}); console.log(performance.now() - t)`
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout)
}

const { command, jobs } = inputs(count)
const one = inputs(1)
const go = buildGo()
const racers = {
  'waybill simulate': () => measure([process.execPath, ...command], '-'),
  'one of them': () => measure([process.execPath, ...one.command], '-'),
}
if (go !== undefined) {
  assertSame(go)
  racers['go text/template'] = () => measure([go], jobs)
}
const samples = new Map(Object.keys(racers).map((name) => [name, []]))
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(racers)) {
    const result = run()
    if (round >= 0) samples.get(name).push(result)
  }
}
const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0]
console.log(
  `node ${process.version}, load ${load}: ${count} ExternalSecrets, ${3 * count} templates`,
)
const least = new Map()
for (const [name, runs] of samples) {
  const [wall, cpu, rss] = ['wall', 'cpu', 'rss'].map((what) =>
    Math.min(...runs.map((run) => run[what])),
  )
  least.set(name, { wall, cpu })
  console.log(
    `  ${name.padEnd(18)} wall ${wall.toFixed(2)} s  cpu ${cpu.toFixed(2)} s  rss ${(rss / 1024).toFixed(0)} MiB`,
  )
}
const [ours, start, theirs] = ['waybill simulate', 'one of them', 'go text/template'].map((name) =>
  least.get(name),
)
const each = (ours.cpu - start.cpu) / count
console.log(
  `  start ${(1000 * start.cpu).toFixed(0)} ms of CPU, then ${(1e6 * each).toFixed(0)} µs each; ${(count / ours.wall).toFixed(0)} ExternalSecrets/s`,
)
const chunk = join(scratch, 'dist/template.cjs')
const loads = Array.from({ length: 9 }, () => loadTime(chunk))
console.log(
  `  template chunk ${(statSync(chunk).size / 1000).toFixed(0)} KB, loaded in ${Math.min(...loads).toFixed(1)} ms`,
)
console.log(
  theirs === undefined
    ? '  no Go here: nothing to compare with'
    : `  waybill ÷ go: wall ${(ours.wall / theirs.wall).toFixed(2)}, cpu ${(ours.cpu / theirs.cpu).toFixed(2)} (aim ≤ 5)`,
)
