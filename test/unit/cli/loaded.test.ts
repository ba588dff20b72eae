import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'

// What the bundle loads, command by command: `generate` and `fn` run at every refresh of every Application.

const scratch = mkdtempSync(join(tmpdir(), 'waybill-loads-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

interface Loads {
  readonly code: number
  /** File names below dist/. */
  readonly chunks: readonly string[]
  readonly builtins: ReadonlySet<string>
}

function loads(args: readonly string[], input = ''): Loads {
  const record = join(scratch, 'loads.json')
  const { status, stderr } = spawnSync(
    process.execPath,
    ['-r', './test/unit/cli/record-loads.cjs', 'dist/waybill.cjs', ...args],
    { input, encoding: 'utf8', env: { PATH: process.env.PATH, RECORD_LOADS: record } },
  )
  const { files, builtins } = JSON.parse(readFileSync(record, 'utf8'))
  assert.notEqual(status, 70, stderr)
  return {
    code: status ?? -1,
    chunks: files
      .map((file: string) => basename(file))
      .filter((name: string) => name.endsWith('.cjs') && name !== 'record-loads.cjs')
      .sort(),
    builtins: new Set(builtins),
  }
}

const RESOURCE_LIST = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
items: []
functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {app: shop}}
`

const SOCKETS = ['net', 'tls', 'http', 'https', 'http2', 'dgram', 'dns']

const renders: readonly {
  readonly story: string
  readonly args: readonly string[]
  readonly input?: string
  readonly chunks: readonly string[]
}[] = [
  { story: '--version', args: ['--version'], chunks: ['waybill.cjs'] },
  { story: '--help', args: ['--help'], chunks: ['waybill.cjs'] },
  {
    story: 'generate',
    args: ['generate', 'examples/tutorial', '--app', 'shop'],
    chunks: ['waybill.cjs'],
  },
  { story: 'fn', args: ['fn'], input: RESOURCE_LIST, chunks: ['waybill.cjs'] },
  {
    story: 'validate',
    args: ['validate', 'examples/tutorial'],
    chunks: ['arguments.cjs', 'waybill.cjs'],
  },
]
for (const { story, args, input, chunks } of renders) {
  test(`${story} loads ${chunks.join(' and ')}, no SDK, and no module that could open a socket`, () => {
    const loaded = loads(args, input)
    assert.equal(loaded.code, 0)
    assert.deepEqual(loaded.chunks, chunks)
    // Reading a pipe on stdin loads `net` inside node itself; nothing of ours may ask for more.
    const bad = SOCKETS.filter((name) => loaded.builtins.has(name) && name !== 'net')
    assert.deepEqual(bad, [])
  })
}

test('--version does not load the YAML reader: nothing but the entry runs', () => {
  assert.equal(loads(['--version']).builtins.has('internal/crypto/hash'), false)
})

test('the bundle of render and validation stays below 250 KB', () => {
  assert.ok(
    statSync('dist/waybill.cjs').size <= 250_000,
    `${statSync('dist/waybill.cjs').size} bytes`,
  )
})
