// What a fresh clone lacks: the development packages, and a bundle that is newer than its sources.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs the locked packages when node_modules is missing or older than the lockfile. Throws when node_modules is a link: npm
 * would empty the folder behind it, which is another checkout's.
 */
export function ensureInstalled() {
  if (lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Error('node_modules is a symbolic link: remove the link, then run npm ci here')
  }
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
