// What a fresh clone lacks: the development packages, and a bundle that is newer than its sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Installs the locked packages when node_modules is missing or older than the lockfile. */
export function ensureInstalled() {
  const stamp = 'node_modules/.package-lock.json'
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync('package-lock.json').mtimeMs) return
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm ci failed')
}

/** Builds dist/ unless it is newer than everything it is made of. */
export async function ensureBuilt() {
  const bundle = 'dist/waybill.cjs'
  if (existsSync(bundle) && newest('src') <= statSync(bundle).mtimeMs) return
  const { build } = await import('./build.mjs')
  await build()
}

function newest(folder) {
  let latest = 0
  for (const name of readdirSync(folder, { recursive: true })) {
    latest = Math.max(latest, statSync(join(folder, name)).mtimeMs)
  }
  return latest
}
