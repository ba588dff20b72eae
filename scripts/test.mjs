// Compiles everything, then runs the compiled test files as one list: `node --test` takes a directory on Node 20 only
// and globs on 22 and later only, a list of files everywhere.
//   node scripts/test.mjs [WORD…]     only files whose path holds one of the words
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.mjs'
import { ensureBuilt, ensureInstalled } from './ensure.mjs'

const words = process.argv.slice(2)
ensureInstalled()
compile()
await ensureBuilt()

const root = '.build/out/test'
const files = readdirSync(root, { recursive: true })
  .map((name) => join(root, name))
  .filter((name) => name.endsWith('.test.js') && !name.includes('/e2e/'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`)
  process.exitCode = 2
} else {
  const { status, signal } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=spec', ...files],
    { stdio: 'inherit' },
  )
  process.exitCode = signal === null ? (status ?? 1) : 1
}
