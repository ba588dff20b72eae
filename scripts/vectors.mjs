// npm run vectors -- FILE.jsonl…: runs vector files (test/vectors/README.md) against the product's own functions.
import { spawnSync } from 'node:child_process'
import { compile } from './compile.mjs'

compile('.build/vectors')
const { status } = spawnSync(
  process.execPath,
  ['.build/vectors/test/vector-runner/main.js', ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
