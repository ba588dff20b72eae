// The long tier (minutes): what no push waits for.
//   npm run chaos [-- ROUNDS [SEED [WORD]]]    every target × fault × moment, cells that hold WORD only
//   npm run chaos -- soak [COUNT [controller]] G-35: memory and descriptors over 200,000 reconciles
//   npm run chaos -- kills [COUNT]             G-14: 2,000 times SIGKILL
import { spawnSync } from 'node:child_process'
import { compile } from './compile.mjs'
import { ensureBuilt, ensureInstalled } from './ensure.mjs'

const OUT = '.build/chaos'
const [first = '', ...rest] = process.argv.slice(2)
ensureInstalled()
compile(OUT)
await ensureBuilt()

const commands = {
  soak: ['--expose-gc', `${OUT}/test/chaos/soak.js`, ...rest],
  kills: ['--test', '--test-reporter=spec', `${OUT}/test/kills.test.js`],
}
const argv = commands[first] ?? [`${OUT}/test/chaos/run.js`, ...process.argv.slice(2)]
const env = first === 'kills' ? { ...process.env, WAYBILL_KILLS: rest[0] ?? '2000' } : process.env
const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit', env })
process.exitCode = status ?? 1
