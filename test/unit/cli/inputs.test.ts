import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { UsageError } from '../../../src/cli/exit.ts'
import { type Inputs, readInputs } from '../../../src/cli/inputs.ts'
import type { Stdin } from '../../../src/cli/io.ts'

const terminal: Stdin = { isPiped: false, read: () => Promise.reject(new Error('nobody types')) }
const piped: Stdin = { isPiped: true, read: async () => new TextEncoder().encode('piped') }

async function inDirectory(
  files: Readonly<Record<string, string>>,
  run: (cwd: string) => Promise<void>,
): Promise<void> {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-inputs-')))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true })
      writeFileSync(join(cwd, name), text)
    }
    await run(cwd)
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

function names({ inputs }: Inputs): string[] {
  return inputs.map(({ file }) => file)
}

const tree = {
  'app/b.yaml': 'b',
  'app/a.yml': 'a',
  'app/B.json': '{}',
  'app/notes.md': '-',
  'app/.hidden.yaml': '-',
  'app/.git/x.yaml': '-',
  'app/deep/er/c.yaml': 'c',
}

test('inputs: a directory is read recursively, in byte order, hidden names and other files skipped', () =>
  inDirectory(tree, async (cwd) => {
    const read = await readInputs(['app'], { cwd, stdin: terminal })
    assert.deepEqual(names(read), ['app/B.json', 'app/a.yml', 'app/b.yaml', 'app/deep/er/c.yaml'])
    assert.deepEqual(read.findings, [])
  }))

test('inputs: names of the current directory carry no prefix, a slash at the end changes nothing', () =>
  inDirectory(tree, async (cwd) => {
    const here = await readInputs(['.'], { cwd: join(cwd, 'app'), stdin: terminal })
    assert.deepEqual(names(here), ['B.json', 'a.yml', 'b.yaml', 'deep/er/c.yaml'])
    const slashed = await readInputs(['app/'], { cwd, stdin: terminal })
    assert.equal(names(slashed)[0], 'app/B.json')
  }))

test('inputs: a named file is read whatever its ending, operands keep their order', () =>
  inDirectory(tree, async (cwd) => {
    const read = await readInputs(['app/notes.md', 'app/a.yml'], { cwd, stdin: terminal })
    assert.deepEqual(names(read), ['app/notes.md', 'app/a.yml'])
  }))

test('inputs: standard input is read for -, and without operands when something is piped', async () => {
  for (const operands of [['-'], []]) {
    const { inputs } = await readInputs(operands, { cwd: '/', stdin: piped })
    assert.deepEqual(
      inputs.map(({ file, bytes }) => [file, String.fromCharCode(...bytes)]),
      [['<stdin>', 'piped']],
    )
  }
})

test('inputs: without operands on a terminal there is nothing to read', () =>
  assert.rejects(readInputs([], { cwd: '/', stdin: terminal }), UsageError))

test('inputs: a missing file is a finding and the others are still read', () =>
  inDirectory(tree, async (cwd) => {
    const read = await readInputs(['gone.yaml', 'app/a.yml'], { cwd, stdin: terminal })
    assert.deepEqual(names(read), ['app/a.yml'])
    assert.deepEqual(
      read.findings.map(({ rule, message }) => [rule, message]),
      [['unreadable-input', 'cannot read "gone.yaml": no such file or directory']],
    )
  }))

test('inputs: a symlink out of the directory is refused, also by way of a directory', () =>
  inDirectory({ 'root/a.yaml': 'a', 'outside/s.yaml': 'secret' }, async (cwd) => {
    symlinkSync('../outside/s.yaml', join(cwd, 'root/link.yaml'))
    symlinkSync('../outside', join(cwd, 'root/links'))
    const read = await readInputs(['root'], { cwd, stdin: terminal })
    assert.deepEqual(names(read), ['root/a.yaml'])
    assert.deepEqual(
      read.findings.map(({ at, message }) => [at.file, message.replace(/^.*: /, '')]),
      [
        ['root/link.yaml', 'a symlink leads out of the directory'],
        ['root/links', 'a symlink leads out of the directory'],
      ],
    )
  }))

test('inputs: a sibling whose name begins like the root is outside of it', () =>
  inDirectory({ 'root/a.yaml': 'a', 'root-2/s.yaml': 's' }, async (cwd) => {
    symlinkSync('../root-2/s.yaml', join(cwd, 'root/s.yaml'))
    const read = await readInputs(['root'], { cwd, stdin: terminal })
    assert.equal(read.findings.length, 1)
  }))

test('inputs: a mounted ConfigMap, whose files are links into a hidden directory, is read once', () =>
  inDirectory({ 'mount/..data_1/a.yaml': 'a' }, async (cwd) => {
    symlinkSync('..data_1', join(cwd, 'mount/..data'))
    symlinkSync('..data/a.yaml', join(cwd, 'mount/a.yaml'))
    const read = await readInputs(['mount'], { cwd, stdin: terminal })
    assert.deepEqual([names(read), read.findings], [['mount/a.yaml'], []])
  }))

test('inputs: a file that a link repeats counts once, under its own name', () =>
  inDirectory({ 'root/z.yaml': 'z' }, async (cwd) => {
    symlinkSync('z.yaml', join(cwd, 'root/a.yaml'))
    assert.deepEqual(names(await readInputs(['root'], { cwd, stdin: terminal })), ['root/z.yaml'])
  }))

test('inputs: a link to a directory above ends the walk', () =>
  inDirectory({ 'root/sub/a.yaml': 'a' }, async (cwd) => {
    symlinkSync('..', join(cwd, 'root/sub/up'))
    assert.deepEqual(names(await readInputs(['root'], { cwd, stdin: terminal })), [
      'root/sub/a.yaml',
    ])
  }))

test('inputs: the limit holds for all inputs together', () =>
  inDirectory({ 'a.yaml': 'x'.repeat(60), 'b.yaml': 'x'.repeat(60) }, async (cwd) => {
    const read = await readInputs(['.'], { cwd, stdin: terminal }, { bytesMax: 100 })
    assert.deepEqual(names(read), ['a.yaml'])
    assert.match(read.findings[0]?.message ?? '', /too large/)
  }))
