// The tiers with real programs: builds the test bed into its cache (about 22 minutes on a new machine, seconds after),
// then runs test/e2e one file after another.
//   node scripts/test-e2e.mjs [WORD…]     only files whose path holds one of the words
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.mjs'
import { ensureBuilt, ensureInstalled } from './ensure.mjs'

const words = process.argv.slice(2)

function need(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}

const isInstalled = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
if (!['redis-server', 'socat', 'jq', 'openssl'].every(isInstalled)) need('test/bed/bed', ['apt'])
need('test/bed/bed', ['parts'])

ensureInstalled()
compile('.build/e2e')
await ensureBuilt()
const root = '.build/e2e/test/e2e'
const files = readdirSync(root)
  .filter((name) => name.endsWith('.test.js'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join(root, name))
// What needs kustomize and helm is skipped where those are not installed: here they are.
files.push(
  '.build/e2e/test/scenarios/run.test.js',
  '.build/e2e/test/unit/handoff/controller-manifests.test.js',
)
const bin = spawnSync('test/bed/bed', ['bin'], { encoding: 'utf8' }).stdout.trim()
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files],
  { stdio: 'inherit', env: { ...process.env, WAYBILL_BED_BIN: bin } },
)
process.exitCode = status ?? 1
