// npm run fuzz:oracle [-- --seed N --count N --family NAME]: the product against the real Go engines (test/fuzz). Needs Go and
// its modules; nothing of it is part of the package or of `npm test`.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { compile } from './compile.mjs'

const out = '.build/fuzz'
const oracle = resolve('.build/fuzz-oracle')

// Addresses of a fixed length: a template can count the digits of one.
const env = { ...process.env, GOEXPERIMENT: 'norandomizedheapbase64' }
const built = spawnSync('go', ['build', '-buildvcs=false', '-o', oracle, '.'], {
  cwd: 'test/fuzz/oracle',
  env,
  stdio: ['ignore', 'inherit', 'inherit'],
})
if (built.error !== undefined) {
  console.error('npm run fuzz:oracle needs Go 1.26 or later on the PATH')
  process.exitCode = 2
} else if (built.status !== 0) {
  process.exitCode = 2
} else {
  compile(out)
  const { status } = spawnSync(
    process.execPath,
    [`${out}/test/fuzz/main.js`, '--oracle', oracle, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  )
  process.exitCode = status ?? 1
}
