import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkSymlinks, confined, repositoryRoot } from '../../../src/render/confine.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-confine-')))
const root = join(scratch, 'repo')
const folder = join(root, 'apps/api')
mkdirSync(folder, { recursive: true })
writeFileSync(join(scratch, 'outside.yaml'), 'secret: 1\n')
writeFileSync(join(root, 'sibling.yaml'), 'a: 1\n')
writeFileSync(join(folder, 'own.yaml'), 'a: 1\n')
symlinkSync('../../sibling.yaml', join(folder, 'inner.yaml'))
symlinkSync('../../../outside.yaml', join(folder, 'outer.yaml'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const rows: readonly { readonly path: string; readonly answer: string | RegExp }[] = [
  { path: 'own.yaml', answer: 'repo/apps/api/own.yaml' },
  { path: '../../sibling.yaml', answer: 'repo/sibling.yaml' },
  { path: 'inner.yaml', answer: 'repo/sibling.yaml' },
  { path: 'outer.yaml', answer: /leads out of the repository/ },
  { path: '../../../outside.yaml', answer: /leads out of the repository/ },
  { path: '../../../absent.yaml', answer: /leads out of the repository/ },
  { path: '/etc/passwd', answer: /leads out of the repository/ },
  { path: 'absent.yaml', answer: /does not exist/ },
  { path: 'https://example.com/values.yaml', answer: /nothing is fetched/ },
]
for (const { path, answer } of rows) {
  test(`a tenant's ${path} ${answer instanceof RegExp ? answer.source : 'is read'}`, async () => {
    const found = confined(path, { folder, root })
    if (answer instanceof RegExp) await assert.rejects(found, answer)
    else assert.equal(await found, join(scratch, answer))
  })
}

test('the repository begins where the application’s path in it says', async () => {
  assert.equal(await repositoryRoot(folder, 'apps/api'), root)
  assert.equal(await repositoryRoot(folder, './apps/api/'), root)
})

test('a path that does not fit widens nothing', async () => {
  assert.equal(await repositoryRoot(folder, 'other/api'), folder)
  assert.equal(await repositoryRoot(folder, '../../..'), folder)
  assert.equal(await repositoryRoot(folder, undefined), folder)
})

test('a chart with a symlink out of the repository is refused', async () => {
  await assert.rejects(checkSymlinks(folder, root), /"outer.yaml" is a symlink that leads out/)
})

test('a chart with symlinks inside is fine', async () => {
  const chart = join(root, 'chart')
  mkdirSync(chart)
  symlinkSync('../sibling.yaml', join(chart, 'values.yaml'))
  await checkSymlinks(chart, root)
})
