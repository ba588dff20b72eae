// Compiles everything, then runs the compiled test files, one process a folder: half of the time of a process a file goes
// into starting it. `node --test` takes a directory on Node 20 only and globs on 22 and later only, a list of files everywhere.
//   node scripts/test.mjs [WORD…]     only files whose path holds one of the words
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, resolve } from 'node:path'
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
  const cores = availableParallelism()
  const { status, signal } = spawnSync(
    process.execPath,
    // One process per core: Node itself leaves one core idle, which of two is half of the machine.
    ['--test', '--test-reporter=spec', `--test-concurrency=${cores}`, ...groupsOf(files)],
    { stdio: 'inherit' },
  )
  process.exitCode = signal === null ? (status ?? 1) : 1
}

/** A file for each folder of unit tests that imports the tests in it; all other files run by themselves. */
function groupsOf(testFiles) {
  const folder = '.build/out/groups'
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const isUnit = (file) => file.startsWith(join(root, 'unit'))
  const byFolder = groupBy(testFiles.filter(isUnit), dirname)
  const groups = [...byFolder].map(([name, members]) => {
    const group = join(folder, `${name.slice(root.length + 1).replaceAll('/', '-')}.test.js`)
    const imports = members.map((member) => `import ${JSON.stringify(resolve(member))}\n`)
    writeFileSync(group, imports.join(''))
    return group
  })
  return [...groups, ...testFiles.filter((file) => !isUnit(file))]
}

function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
