import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

test('scripts: a linked node_modules is refused, and what it links to stays', (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'waybill-ensure-'))
  t.after(() => rmSync(scratch, { recursive: true, force: true }))
  const checkout = join(scratch, 'checkout')
  const other = join(scratch, 'other')
  mkdirSync(checkout)
  mkdirSync(other)
  writeFileSync(join(other, 'kept'), '')
  writeFileSync(join(checkout, 'package-lock.json'), '{}')
  symlinkSync(other, join(checkout, 'node_modules'))
  const script = pathToFileURL(resolve('scripts/ensure.mjs'))
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import { ensureInstalled } from '${script}'; ensureInstalled()`],
    // No npm on this path: were it called, this could not hurt anything.
    { cwd: checkout, env: { PATH: scratch }, encoding: 'utf8' },
  )
  assert.equal(status, 1)
  assert.match(stderr, /node_modules is a symbolic link: remove the link, then run npm ci here/)
  assert.ok(existsSync(join(other, 'kept')))
})
