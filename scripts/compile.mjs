import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

/** Compiles src/ and test/ to .build/out; throws when a type does not hold. */
export function compile(outDir = '.build/out') {
  rmSync(outDir, { recursive: true, force: true })
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '--outDir', outDir],
    {
      stdio: 'inherit',
    },
  )
  if (status !== 0) throw new Error('tsc found errors')
}
