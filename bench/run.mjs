// npm run bench [-- NAME…]: whole processes, every command once per round in shuffled order after a warm-up, medians, and
// ratios within this run. Goals: start-up S1, S2; streams T1, T2, M1, M2; false hits T5; size S4; reads Y1-Y5; loads G-30 to G-36 (on the test bed, minutes). Figures are reported, never asserted.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensureInstalled } from '../scripts/ensure.mjs'
import { documents } from './streams.mjs'

ensureInstalled()
await ensureBuilt()
const scratch = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

const NODE = process.execPath
const WAYBILL = ['dist/waybill.cjs']

function measure(command, input = '-') {
  const { stdout, status } = spawnSync('python3', ['bench/measure.py', input, ...command], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`measure failed: ${command.join(' ')}`)
  const result = JSON.parse(stdout)
  if (result.code !== 0) throw new Error(`exit ${result.code}: ${command.join(' ')}`)
  return result
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Runs every command `rounds` times, interleaved; gives the medians by name. */
function race(commands, rounds) {
  const samples = new Map(Object.keys(commands).map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    const order = Object.entries(commands).sort(() => Math.random() - 0.5)
    for (const [name, { command, input }] of order) {
      const result = measure(command, input)
      if (round >= 0) samples.get(name).push(result)
    }
  }
  return new Map(
    [...samples].map(([name, runs]) => [
      name,
      {
        wall: median(runs.map((r) => r.wall)),
        cpu: median(runs.map((r) => r.cpu)),
        rss: median(runs.map((r) => r.rss)),
      },
    ]),
  )
}

function stream(name, bytes, share) {
  const folder = join(scratch, name)
  mkdirSync(folder)
  const file = openSync(join(folder, 'stream.yaml'), 'w')
  for (const text of documents(bytes, share)) writeSync(file, text)
  closeSync(file)
  return folder
}

function crds() {
  const folder = join(scratch, 'crds')
  mkdirSync(folder)
  const files = readdirSync('test/eso-crds').filter((name) => name.endsWith('.yaml'))
  writeFileSync(
    join(folder, 'bundle.yaml'),
    files
      .map((name) => readFileSync(join('test/eso-crds', name), 'utf8').replace(/^(?!---)/, '---\n'))
      .join('\n'),
  )
  return folder
}

function report(title, medians, peer, rows) {
  console.log(`\n${title}`)
  const base = medians.get(peer)
  for (const [name, { wall, cpu, rss }] of medians) {
    const ratio =
      name === peer
        ? ''
        : `   × ${peer}: wall ${(wall / base.wall).toFixed(3)}, cpu ${(cpu / base.cpu).toFixed(3)}, rss ${(rss / base.rss).toFixed(3)}`
    console.log(
      `  ${name.padEnd(26)} wall ${(wall * 1000).toFixed(1).padStart(8)} ms  cpu ${(cpu * 1000).toFixed(1).padStart(8)} ms  rss ${(rss / 1024).toFixed(1).padStart(7)} MiB${ratio}`,
    )
  }
  for (const row of rows ?? []) console.log(`  ${row}`)
}

const PARSE_AND_DUMP = `const { loadAll, dump } = require('js-yaml'); const { readFileSync, writeSync } = require('node:fs')
for (const d of loadAll(readFileSync(process.argv[1], 'utf8'))) writeSync(1, '---\\n' + dump(d))`
const generate = (folder) => [NODE, ...WAYBILL, 'generate', folder, '--app', 'bench', '-n', 'shop']

const benches = {
  start() {
    const small = stream('s', 100_000, 0.014)
    const list = join(scratch, 'list.yaml')
    writeFileSync(
      list,
      `apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n${[
        ...documents(100_000, 0.014),
      ]
        .map(
          (text) =>
            `- ${text
              .replace(/^---\n(# .*\n)?/, '')
              .trimEnd()
              .replaceAll('\n', '\n  ')}\n`,
        )
        .join(
          '',
        )}functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {app: bench}}\n`,
    )
    const medians = race(
      {
        'node -e 0': { command: [NODE, '-e', '0'] },
        'waybill --version': { command: [NODE, ...WAYBILL, '--version'] },
        'waybill --help': { command: [NODE, ...WAYBILL, '--help'] },
        'generate 100 KB': { command: generate(small) },
        'fn 100 KB': { command: [NODE, ...WAYBILL, 'fn'], input: list },
        'validate 100 KB': { command: [NODE, ...WAYBILL, 'validate', small] },
      },
      15,
    )
    report('start-up (S1 ≤ 1.15, S2 ≤ 1.40, RSS ≤ 1.10)', medians, 'node -e 0')
  },
  streams() {
    for (const [name, bytes, rounds] of [
      ['10 MB', 10e6, 5],
      ['100 MB', 100e6, 3],
    ]) {
      const folder = stream(name, bytes, 0.02)
      const file = join(folder, 'stream.yaml')
      const medians = race(
        {
          'js-yaml loadAll+dump': { command: [NODE, '-e', PARSE_AND_DUMP, file] },
          'waybill generate': { command: generate(folder) },
          cat: { command: ['cat', file] },
          'node -e 0': { command: [NODE, '-e', '0'] },
        },
        rounds,
      )
      report(
        `${name}: ${statSync(file).size} bytes, 2 % ExternalSecrets (T1 ≤ ${name === '10 MB' ? '1/9 = 0.111' : '1/30 = 0.033'})`,
        medians,
        'js-yaml loadAll+dump',
      )
    }
  },
  'false-hits'() {
    const folder = crds()
    const medians = race(
      {
        'node -e 0': { command: [NODE, '-e', '0'] },
        'generate of 25 CRDs': { command: generate(folder) },
      },
      9,
    )
    report("ESO's own CRDs, all false hits (T5 ≤ 1.6)", medians, 'node -e 0')
  },
  async reads() {
    const { reads } = await import('./reads.mjs')
    await reads(scratch)
  },
  async loads() {
    const { loads } = await import('./loads.mjs')
    await loads(scratch, wanted.map(Number).filter(Number.isInteger))
  },
  size() {
    console.log('\nsizes (S4: waybill.cjs ≤ 250000)')
    for (const name of readdirSync('dist')
      .filter((file) => file.endsWith('.cjs'))
      .sort()) {
      console.log(`  ${name.padEnd(20)} ${statSync(join('dist', name)).size} bytes`)
    }
  },
}

const wanted = process.argv.slice(2)
console.log(`node ${process.version}, load ${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]}`)
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench()
}
